#!/usr/bin/env python3
"""Writes the sample mails, made as long as usual reports and answers, into a folder.

usage: mails.py SAMPLES FOLDER BYTES

Mails of about 9 KB from public collections are a third header: each server on the way adds its
trace, signatures and filter results. The rest of their length is what is returned or quoted. So
each sample gets trace fields of that share, and below its text lines of a notice: as they were
sent where a server returns them, marked with `>` where a person quotes them. They stand in the
last part of a mail with parts. The X-Expect lines of the tests are taken out.
"""
import hashlib
import pathlib
import re
import sys

HEADER_SHARE = 0.3
# As it was sent, and as a mail program quotes it.
SENT = (
    b"Bonjour, votre adh=C3=A9sion est =C3=A0 renouveler d=E2=80=99ici au 31 d=C3=\n"
    b"=A9cembre. Utilisez votre lien personnel :\n"
    b"https://renew.cip.example.ca/r/lien-personnel-de-quarante-caracteres\n"
    b"\n"
    b"<p style=3D\"margin:0 0 16px\">Hello, your membership is due for renewal.</p>\n"
    b"<p><a href=3D\"https://renew.cip.example.ca/r/lien-personnel\">Renew</a></p>\n"
).splitlines(keepends=True)
QUOTED = (
    b"> Bonjour, votre adhesion est a renouveler avant la fin de l'annee. Utilisez\n"
    b"> votre lien personnel:\n"
    b"> https://renew.cip.example.ca/r/lien-personnel-de-quarante-caracteres\n"
    b">\n"
    b"> Hello, your membership is due for renewal.\n"
).splitlines(keepends=True)


def signature(seed, octets):
    """Folded lines of base64, as a signature has them."""
    text = "".join(hashlib.sha512(f"{seed}/{n}".encode()).hexdigest() for n in range(octets // 128 + 1))
    return "\n\t".join(text[at:at + 70] for at in range(0, octets, 70))


def trace(octets):
    """Fields that servers on the way add, of about that length."""
    fields, length, n = [], 0, 0
    while length < octets:
        n += 1
        for field in (
            f"Received: from out{n}.example.net (out{n}.example.net [192.0.2.{n}])\n"
            f"\tby in{n}.example.org with ESMTPS id {signature(n, 16)}\n"
            f"\t(version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384);\n\tMon, 2 Nov 2026 09:00:0{n % 10} -0500\n",
            f"ARC-Seal: i={n}; a=rsa-sha256; t=1793628000; cv=none; d=example.net; s=arc;\n"
            f"\tb={signature(n + 100, 344)}\n",
            f"X-Filter-Report-{n}: score=0.1 required=6.31 tests=[DKIM_SIGNED=0.1,\n\tSPF_PASS=-0.001]\n",
            f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; s=s{n};\n"
            f"\th=from:to:subject:date:message-id; bh={signature(n + 200, 44)};\n"
            f"\tb={signature(n + 300, 344)}\n",
        ):
            if length < octets:
                fields.append(field)
                length += len(field)
    return "".join(fields).encode()


def below(octets, notice):
    lines, length = [], 0
    while length < octets:
        lines.append(notice[len(lines) % len(notice)])
        length += len(lines[-1])
    return b"".join(lines)


def main():
    samples, folder, length = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
    folder.mkdir(parents=True)
    for count, sample in enumerate(sorted(samples.rglob("*.eml"))):
        mail = sample.read_bytes().replace(b"\r\n", b"\n")
        mail = re.sub(rb"\A(X-Expect-[^\n]*\n( [^\n]*\n)*)+", b"", mail)
        header = re.search(rb"\n\n|\Z", mail).start()
        mail = trace(HEADER_SHARE * length - header) + mail
        reported = re.search(rb"^(Content-Type: multipart/report|From:.*(daemon|postmaster))", mail, re.M | re.I)
        end = re.search(rb"\n--[^\n]+--\s*\Z", mail)
        at = end.start() + 1 if end else len(mail)
        more = below(length - len(mail), SENT if reported else QUOTED)
        mail = mail[:at] + b"\n" + more + mail[at:]
        (folder / f"{count:03}.eml").write_bytes(mail.replace(b"\n", b"\r\n"))


main()
