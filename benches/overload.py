"""Everything at once: notices leave, reports come back, and members renew.

usage: overload.py RELANCE FOLDER NOTICES CLIENTS REPORTS

The clients ask for their page and post its form, over 100 connections; each request comes for a
client of its own. The reports lie in a Maildir from one moment on.
"""

import os
import pathlib
import sys
import threading
import time

import club
import machine
import web

CONNECTIONS = 100
QUERY_OPEN = "SELECT count(*) FROM message WHERE state IN ('queued', 'sending', 'deferred')"


def main() -> None:
    relance, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    notices, clients, reports = (int(n) for n in sys.argv[3:6])
    print(machine.line())
    (folder / "club").mkdir()
    site = club.Club(relance, folder / "club")
    sink = club.Sink(folder / "sink.log", folder / "notices")
    incoming = folder / "incoming"
    for part in ("new", "cur", "tmp"):
        (incoming / part).mkdir(parents=True)
    site.send_to(sink.port, 10)
    site.set("inbox", "source", "maildir")
    site.set("inbox", "maildir", str(incoming))
    site.cli("bench", "fill", "--members", str(notices))
    begun = time.monotonic()
    site.start()
    first = clients + reports
    # A quarter more: the last files may still be written.
    while len(os.listdir(sink.folder)) < first * 5 // 4:
        time.sleep(0.05)
    kept = sorted(sink.folder.iterdir(), key=lambda path: path.stat().st_mtime)[:first]
    filled = web.forms(site.web, club.links(kept[:clients]))
    for n, notice in enumerate(kept[clients:]):
        mail = club.report(notice, n)
        (incoming / "tmp" / f"{n}").write_bytes(mail)
        os.rename(incoming / "tmp" / f"{n}", incoming / "new" / f"{n}")
    still = site.number(QUERY_OPEN)
    taken = {}

    def read_all() -> None:
        came = time.monotonic()
        site.wait_for("SELECT count(*) FROM inbound WHERE outcome = 'bounced-hard'", reports)
        taken["seconds"] = time.monotonic() - came

    reading = threading.Thread(target=read_all)
    reading.start()
    lines = [line for form in filled for line in ("GET " + form.split(" ")[1], form)]
    said = web.load(relance, site.web, folder, lines, CONNECTIONS)
    after = site.number(QUERY_OPEN)
    answered = site.number("SELECT count(*) FROM ledger WHERE kind = 'answered'")
    reading.join()
    site.wait_for(QUERY_OPEN, 0)
    took = time.monotonic() - begun
    cpu, (_, peak) = machine.cpu_seconds(site.daemon.pid), machine.memory_mb(site.daemon.pid)
    site.cli("audit", "verify")
    accepted = said["statuses"].get("303", 0)
    site.stop()
    sink.close()
    print(f"\n{notices} notices, {clients} clients over {CONNECTIONS} connections, {reports} reports\n")
    print(machine.table(["", "seen", "goal"], [
        ["pages and forms a second", f"{said['per_s']:.0f}", ""],
        ["of them p50 / p99 / max ms", f"{said['p50_ms']:.0f} / {said['p99_ms']:.0f} / {said['max_ms']:.0f}", "p99 50"],
        ["forms accepted / in the ledger", f"{accepted} / {answered}", "equal"],
        ["messages that waited before / after the clients", f"{still} / {after}", ""],
        ["reports taken in, a second", f"{reports / taken['seconds']:.0f}", ""],
        ["everything done after", f"{took:.0f} s, {cpu:.0f} s of CPU", ""],
        ["most memory", f"{peak:.0f} MB", "120 MB"],
    ]))
    if accepted != answered:
        raise SystemExit("a form that was accepted is not in the ledger")


main()
