"""Taking in what came back, from a real Dovecot, beside a client that only fetches it.

usage: inbound.py RELANCE FOLDER REPORTS RUNS

Each report is about a notice that this state sent. Relance: from its start until every report is
read, attributed, applied and committed. Reference: python's imaplib asks for size, arrival and
octets of each mail in turn, and keeps nothing.
"""

import imaplib
import pathlib
import shutil
import statistics
import sys
import time

import club
import machine
import mta


def fetch(dovecot: mta.Dovecot, count: int) -> tuple[float, float]:
    """Seconds, and processor seconds of this side."""
    begun, cpu = time.monotonic(), time.process_time()
    with imaplib.IMAP4("127.0.0.1", dovecot.port) as imap:
        imap.login(mta.ACCOUNT, mta.PASSWORD)
        imap.select("INBOX", readonly=True)
        uids = imap.uid("SEARCH", "ALL")[1][0].split()
        if len(uids) != count:
            raise SystemExit(f"{len(uids)} of {count} reports are in the mailbox")
        for uid in uids:
            imap.uid("FETCH", uid, "(RFC822.SIZE INTERNALDATE BODY.PEEK[])")
    return time.monotonic() - begun, time.process_time() - cpu


def main() -> None:
    relance, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    reports, runs = int(sys.argv[3]), int(sys.argv[4])
    print(machine.line())
    # A dead address among four: more, and the fault would be sought elsewhere.
    site, notices = club.noticed(relance, folder / "club", reports * 4)
    dovecot = mta.Dovecot(folder / "dovecot")
    for key, value in (("source", "imap"), ("host", "127.0.0.1"), ("port", dovecot.port), ("tls", "none"),
                       ("username", mta.ACCOUNT), ("password_file", str(folder / "password"))):
        site.set("inbox", key, value)
    (folder / "password").write_text(mta.PASSWORD)
    (folder / "password").chmod(0o600)
    # What lay in a mailbox before the first contact is left alone.
    site.start()
    site.stop()
    octets = 0
    for n, notice in enumerate(notices[:reports]):
        mail = club.report(notice, n)
        octets += len(mail)
        dovecot.deliver(f"report-{n}", mail)
    (closed,) = machine.ports(1)
    site.send_to(closed, 1)
    before = folder / "before"
    site.state.rename(before)
    ours, theirs = [], []
    for _ in range(runs):
        theirs.append(fetch(dovecot, reports))
        shutil.rmtree(site.state, ignore_errors=True)
        shutil.copytree(before, site.state, ignore=shutil.ignore_patterns("*.sock"))
        begun = time.monotonic()
        # The relay is down, and what the desk is told waits.
        site.start(ready=(200, 503))
        site.wait_for("SELECT count(*) FROM inbound WHERE outcome = 'bounced-hard'", reports)
        took = time.monotonic() - begun
        ours.append((took, machine.cpu_seconds(site.daemon.pid), machine.memory_mb(site.daemon.pid)[1]))
        site.stop()
    middle = lambda kept, at: statistics.median(run[at] for run in kept)
    print(f"\n{reports} reports of {octets // reports} octets from Dovecot; median of {runs}\n")
    print(machine.table(
        ["", "seconds", "mails/s", "CPU ms a mail", "peak MB"],
        [["relance: fetch, read, apply, commit", f"{middle(ours, 0):.1f}", f"{reports / middle(ours, 0):.0f}",
          f"{middle(ours, 1) * 1000 / reports:.2f}", f"{middle(ours, 2):.0f}"],
         ["imaplib: fetch", f"{middle(theirs, 0):.1f}", f"{reports / middle(theirs, 0):.0f}",
          f"{middle(theirs, 1) * 1000 / reports:.2f}", "-"],
         ["relance to imaplib", f"{middle(ours, 0) / middle(theirs, 0):.2f}", "", "", ""]]))
    dovecot.close()


main()
