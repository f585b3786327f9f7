"""Start, stop and memory.

usage: start.py RELANCE FOLDER MEMBERS RUNS

Start: from the process's beginning until `/readyz` says 200, with so many members in the store.
Stop: from SIGTERM until the process is gone, while notices leave over ten connections.
"""

import pathlib
import statistics
import sys
import time

import club
import machine

SENDING = 10_000


def main() -> None:
    relance, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    members, runs = int(sys.argv[3]), int(sys.argv[4])
    print(machine.line())
    rows = []
    (folder / "large").mkdir()
    large = club.Club(relance, folder / "large")
    sink = club.Sink(folder / "sink.log")
    large.send_to(sink.port, 10)
    large.cli("bench", "fill", "--members", str(members))
    large.start(None)
    large.stop()
    starts, cpu = [], []
    for _ in range(runs * 3):
        starts.append(large.start(None) * 1000)
        cpu.append(machine.cpu_seconds(large.daemon.pid) * 1000)
        time.sleep(1)
        idle = machine.memory_mb(large.daemon.pid)[0]
        large.stop()
    rows.append([f"start to ready, {members} members", f"{statistics.median(starts):.0f} ms",
                 f"{min(starts):.0f} to {max(starts):.0f}; {statistics.median(cpu):.0f} ms of CPU", "50 ms"])
    rows.append([f"resident when idle, {members} members", f"{idle:.0f} MB", "", "40 MB"])

    stops, peaks = [], []
    for run in range(runs):
        (folder / f"sending-{run}").mkdir()
        site = club.Club(relance, folder / f"sending-{run}")
        site.send_to(sink.port, 10)
        site.cli("bench", "fill", "--members", str(SENDING))
        site.start()
        sent = "SELECT count(*) FROM message WHERE state = 'sent'"
        while site.number(sent) < SENDING // 4:
            time.sleep(0.02)
        peaks.append(machine.memory_mb(site.daemon.pid)[1])
        stops.append(site.stop())
        if site.number(sent) == SENDING:
            raise SystemExit("everything was sent before the stop")
        if site.number("SELECT count(*) FROM message WHERE state IN ('sending', 'unknown')"):
            raise SystemExit("the stop left a message in doubt")
    rows.append(["stop while sending", f"{statistics.median(stops):.2f} s", f"{min(stops):.2f} to {max(stops):.2f}", "2 s"])
    rows.append(["most memory while sending", f"{statistics.median(peaks):.0f} MB", "", "60 MB"])
    print(f"\nmedian of {runs} runs, of {runs * 3} starts\n")
    print(machine.table(["", "median", "from, to", "goal"], rows))
    sink.close()


main()
