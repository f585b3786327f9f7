"""A site to measure: config made from the sample, members, the daemon on it, and where its mail goes.

The calendar travels, so that a season's first notice can be had at once; everything is on loopback.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import time
import tomllib
import urllib.request

import machine

BASE_URL = "https://renew.cip.example.ca"
# A second before the first association’s notice is due: earlier than a store is made nothing fires.
AT_NOTICE = "2026-11-02T13:59:59Z"
BEFORE_NOTICE = "2026-11-01T12:00:00Z"


class Sink:
    """Postfix's smtp-sink; keeps each mail in a file where `folder` is given."""

    def __init__(self, log: pathlib.Path, folder: pathlib.Path | None = None):
        (self.port,) = machine.ports(1)
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        keep = []
        if folder is not None:
            folder.mkdir()
            folder.chmod(0o777)
            keep = ["-d", f"{folder}/%M."]
        self.folder = folder
        self.process = machine.start(
            ["smtp-sink", *user, *keep, f"127.0.0.1:{self.port}", "1000"], stderr=open(log, "w")
        )
        machine.wait_for_port(self.port)

    def rest(self) -> None:
        """It keeps nothing that it would have to work off."""

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


class Club:
    """One association of the sample with its calendar, in a folder of its own."""

    def __init__(self, relance: str, folder: pathlib.Path):
        self.relance, self.folder = relance, folder
        self.config, self.state = folder / "config", folder / "state"
        shutil.copytree("config", self.config)
        self.web, self.admin = machine.ports(2)
        self.daemon: subprocess.Popen | None = None
        self._keep_first_association()
        self.set("web", "listen", f"127.0.0.1:{self.web}")
        self.set("admin", "listen", f"127.0.0.1:{self.admin}")
        self.set("inbox", "source", "none")
        self.set("mail", "bounce_domain", "bounce.test")
        self.set("mail", "reply_domain", "reply.test")
        self.set("web", "client_requests_per_minute", 1_000_000)
        self.set("web", "token_requests_per_minute", 1_000_000)

    def set(self, section: str, key: str, value) -> None:
        """Sets one key of relance.toml, whether or not it stands there."""
        path = self.config / "relance.toml"
        text = path.read_text()
        head, begin, rest = text.partition(f"\n[{section}]\n")
        if not begin:
            raise SystemExit(f"relance.toml has no [{section}]")
        end = re.search(r"^\[", rest, re.M)
        end = end.start() if end else len(rest)
        own = re.sub(rf"^{key} = .*\n", "", rest[:end], flags=re.M)
        path.write_text(f"{head}{begin}{key} = {json.dumps(value)}\n{own}{rest[end:]}")
        tomllib.loads(path.read_text())

    def send_to(self, port: int, connections: int) -> None:
        for key, value in (("transport", "smtp"), ("host", "127.0.0.1"), ("tls", "none"),
                           ("port", port), ("connections", connections)):
            self.set("smtp", key, value)

    def cli(self, *args: str) -> str:
        done = subprocess.run(
            [self.relance, *args, "--config", self.config, "--state", self.state],
            stdout=subprocess.PIPE, text=True,
        )
        if done.returncode:
            raise SystemExit(f"relance {' '.join(args)}: status {done.returncode}")
        return done.stdout

    def start(self, clock: str | None = AT_NOTICE, ready: tuple[int, ...] = (200,)) -> float:
        """Starts the daemon, by its own calendar or by the machine's (none); seconds until it says
        that it is ready, or answers otherwise with one of `ready` (503: its relay is down, say)."""
        begun = time.monotonic()
        calendar = ["--clock", clock] if clock else []
        self.daemon = machine.start(
            [self.relance, "run", *calendar, "--config", self.config, "--state", self.state],
            stdout=open(self.folder / "daemon.log", "w"), stderr=subprocess.STDOUT,
        )
        while True:
            if self.daemon.poll() is not None:
                raise SystemExit((self.folder / "daemon.log").read_text()[-2000:])
            try:
                if self.ask_admin("/readyz")[0] in ready:
                    return time.monotonic() - begun
            except OSError:
                pass
            time.sleep(0.001)

    def stop(self) -> float:
        """SIGTERM; seconds until the process is gone."""
        begun = time.monotonic()
        self.daemon.terminate()
        if self.daemon.wait():
            raise SystemExit("the daemon did not end well")
        self.daemon = None
        return time.monotonic() - begun

    def ask_admin(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()

    def number(self, sql: str) -> int:
        """The one number that a query gives, read beside the daemon."""
        import sqlite3

        with sqlite3.connect(f"file:{self.state}/relance.db?mode=ro", uri=True, timeout=30) as db:
            return db.execute(sql).fetchone()[0]

    def wait_for(self, sql: str, number: int, seconds: float = 900) -> float:
        """Waits until a query gives that number; seconds that it took."""
        begun = time.monotonic()
        while self.number(sql) != number:
            if time.monotonic() - begun > seconds:
                raise SystemExit(f"waited in vain for {number} from {sql}")
            time.sleep(0.05)
        return time.monotonic() - begun

    def _keep_first_association(self) -> None:
        for file, array, key in (
            ("associations.toml", "association", "code"),
            ("schedules.toml", "schedule", "association"),
            ("schedules.toml", "digest", None),
        ):
            path = self.config / file
            parts = re.split(rf"^(?=\[\[(?!{array}\.))", path.read_text(), flags=re.M)
            kept = [
                part for part in parts
                if not part.startswith(f"[[{array}]]\n")
                or key and re.search(rf'^{key} = "CIP"$', part, re.M)
            ]
            path.write_text("".join(kept))
            tomllib.loads(path.read_text())


def links(mails: list[pathlib.Path]) -> list[str]:
    """The path of each mail's own link, from the quoted-printable text as it stands in the file."""
    found = []
    for mail in mails:
        text = mail.read_bytes().replace(b"=\r\n", b"").replace(b"=\n", b"")
        match = re.search(rb"https://[a-z.]+(/r/[A-Za-z0-9_-]{40})", text)
        if match:
            found.append(match[1].decode())
    return found


def noticed(relance: str, folder: pathlib.Path, members: int) -> tuple[Club, list[pathlib.Path]]:
    """A club whose members all have their notice, stopped; and the notices as the sink kept them."""
    folder.mkdir()
    club = Club(relance, folder)
    sink = Sink(folder / "sink.log", folder / "notices")
    club.send_to(sink.port, 10)
    club.cli("bench", "fill", "--members", str(members))
    club.start()
    club.wait_for("SELECT count(*) FROM message WHERE state = 'sent'", members)
    club.stop()
    sink.close()
    return club, sorted(sink.folder.iterdir())


def report(notice: pathlib.Path, n: int) -> bytes:
    """What a mail server writes about a notice to an address that is dead, the notice within."""
    text = notice.read_bytes().replace(b"\r\n", b"\n")
    kept = {}
    for line in text.split(b"\n\n", 1)[0].split(b"\n"):
        key, _, value = line.partition(b": ")
        kept.setdefault(key, value.strip().strip(b"<>").decode("latin-1"))
    sender = re.search(r"<?([^<>\s]+@[^<>\s]+)>?", kept[b"X-Mail-Args"])[1]
    recipient = re.search(r"<?([^<>\s]+@[^<>\s]+)>?", kept[b"X-Rcpt-Args"])[1]
    mail = text[text.index(b"\nReceived:") + 1:] if b"\nReceived:" in text else text
    head = (
        f"Return-Path: <>\nDelivered-To: {sender}\n"
        f"Received: by mx.relance.test (Postfix)\n\tid {n:010X}; Mon,  2 Nov 2026 09:31:00 -0500 (EST)\n"
        f"Date: Mon,  2 Nov 2026 09:31:00 -0500 (EST)\n"
        f"From: MAILER-DAEMON@mx.members.example (Mail Delivery System)\n"
        f"Subject: Undelivered Mail Returned to Sender\nTo: {sender}\nAuto-Submitted: auto-replied\n"
        f"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"b{n}\"\n"
        f"Message-Id: <report-{n}@mx.members.example>\n\n"
        f"--b{n}\nContent-Description: Notification\nContent-Type: text/plain; charset=us-ascii\n\n"
        f"The mail could not be delivered.\n\n<{recipient}>: host mx.members.example said: 550 5.1.1 No such\n"
        f"    user (in reply to RCPT TO command)\n\n"
        f"--b{n}\nContent-Description: Delivery report\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.relance.test\nArrival-Date: Mon,  2 Nov 2026 09:30:00 -0500 (EST)\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\n"
        f"Remote-MTA: dns; mx.members.example\nDiagnostic-Code: smtp; 550 5.1.1 No such user\n\n"
        f"--b{n}\nContent-Description: Undelivered Message\nContent-Type: message/rfc822\n\n"
    )
    return (head.encode() + mail + f"\n--b{n}--\n".encode()).replace(b"\n", b"\r\n")
