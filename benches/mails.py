#!/usr/bin/env python3
"""Writes the sample mails, padded to the length of a usual report or answer, into a folder.

usage: mails.py SAMPLES FOLDER BYTES

What is returned or quoted in a mail is what makes it long: lines are added to the last part of a
mail with parts, and below the text of any other. The X-Expect lines of the tests are taken out.
"""
import pathlib
import re
import sys

LINE = b"> Votre adhesion est a renouveler: https://renew.cip.example.ca/r/lien-personnel\n"

samples, folder, length = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
folder.mkdir(parents=True)
count = 0
for sample in sorted(samples.rglob("*.eml")):
    mail = sample.read_bytes().replace(b"\r\n", b"\n")
    mail = re.sub(rb"\A(X-Expect-[^\n]*\n( [^\n]*\n)*)+", b"", mail)
    lines = max(0, length - len(mail)) // len(LINE)
    end = re.search(rb"\n--[^\n]+--\s*\Z", mail)
    at = end.start() + 1 if end else len(mail)
    mail = mail[:at] + b"\n" + LINE * lines + mail[at:]
    (folder / f"{count:03}.eml").write_bytes(mail.replace(b"\n", b"\r\n"))
    count += 1
