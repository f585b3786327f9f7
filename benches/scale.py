"""How Relance grows with the member list, beside what SQLite alone needs for the same, in one go.

import    a list taken in; beside `sqlite3`'s own .import of the same file into one bare table
forecast  whom each step of the whole season would reach, for seven associations; beside one
          count(*) with the same join over the same store
plan      one step counted, gated and planned for members of one association; beside the same
          count(*)
memory    the daemon on such a store, once it is ready and has nothing to do

usage: scale.py RELANCE WORK PART [MEMBERS...]    (PART: one of these, or growth for all of them at
1,000, 10,000, 100,000 and 1,000,000 members, which also draws benches/results/growth.svg)
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import growth
import machine
import members

SIZES = (1_000, 10_000, 100_000, 1_000_000)
PARTS = ("import", "forecast", "plan", "memory")
# Noon before the sample's first step.
START = "2026-11-01T12:00:00Z"
COUNT = (
    "SELECT count(*) FROM membership m JOIN person p ON p.id = m.person"
    " WHERE m.missing = 0 AND p.email IS NOT NULL"
)
# After it is ready: what a start leaves behind is done then.
IDLE_S = 5


class Used:
    """What a child used: seconds by the wall and of processors, and its peak of memory."""

    def __init__(self, command: list[str], **more):
        self.begun = time.monotonic()
        child = subprocess.Popen(command, stdout=subprocess.PIPE, **more)
        self.said = child.stdout.read().decode()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        self.wall = time.monotonic() - self.begun
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak_mb = usage.ru_maxrss / 1024
        if child.returncode != 0:
            sys.exit(f"{command}: exit {child.returncode}\n{self.said}")

    def __str__(self) -> str:
        return f"{self.wall:.2f} / {self.cpu:.2f}"


def config(work: pathlib.Path) -> pathlib.Path:
    """The sample config, rehearsing: nothing leaves the machine."""
    folder = work / "config"
    if folder.exists():
        return folder
    shutil.copytree("config", folder)
    web, admin = machine.ports(2)
    file = folder / "relance.toml"
    text = file.read_text()
    for old, new in (
        ('listen = "127.0.0.1:8080"', f'listen = "127.0.0.1:{web}"'),
        ("\n[admin]\n", f'\n[admin]\nlisten = "127.0.0.1:{admin}"\n'),
        ('transport = "smtp"', f'transport = "maildir"\nmaildir = "{work}/outgoing"'),
        ('source = "imap"', 'source = "none"'),
    ):
        if text.count(old) != 1:
            sys.exit(f"config/relance.toml: {old} is not there once")
        text = text.replace(old, new)
    file.write_text(text)
    return folder


class Scale:
    """One size: a list, and the store that comes of it."""

    def __init__(self, relance: str, work: pathlib.Path, size: int):
        self.relance, self.size = relance, size
        self.config = config(work)
        self.folder = work / f"of-{size}"
        self.folder.mkdir()
        self.list = self.folder / "members.csv"
        self.state = self.folder / "state"
        members.write(self.list, size)

    def cli(self, *words: str) -> list[str]:
        return [self.relance, *words, "--config", str(self.config), "--state", str(self.state)]

    def taken(self) -> None:
        if not self.state.exists():
            Used(self.cli("import", str(self.list)))

    def count(self) -> Used:
        """One count over the store, by SQLite's own program."""
        return Used(["sqlite3", "-readonly", str(self.state / "relance.db"), COUNT])

    def measure_import(self) -> dict:
        bare = self.folder / "bare.db"
        other = Used(["sqlite3", str(bare), ".mode csv", f".import {self.list} member"])
        ours = Used(self.cli("import", str(self.list)))
        bare.unlink()
        return {
            "relance": str(ours), "sqlite3 .import": str(other), "times": times(ours, other),
            "peak MB": f"{ours.peak_mb:.0f}", "cpu": ours.cpu,
        }

    def measure_forecast(self) -> dict:
        self.taken()
        other, ours = self.count(), Used(self.cli("forecast"))
        return {
            "relance": str(ours), "one count": str(other), "times": times(ours, other),
            "peak MB": f"{ours.peak_mb:.0f}", "cpu": ours.cpu,
        }

    def measure_plan(self) -> dict:
        self.taken()
        planned = self.folder / "planned"
        words = ["bench", "plan", "--members", str(self.size)]
        run = Used([self.relance, *words, "--config", str(self.config), "--state", str(planned)])
        shutil.rmtree(planned)
        said = json.loads(run.said)
        other = self.count()
        return {
            "forecast": f"{said['forecast_s']:.2f} / {said['forecast_cpu_s']:.2f}",
            "plan": f"{said['whole_s']:.2f} / {said['whole_cpu_s']:.2f}",
            "one count": str(other),
            "times": f"{said['whole_cpu_s'] / max(other.cpu, 0.001):.0f}",
            "longest write ms": f"{said['write_ms_max']:.1f}",
            "peak MB": f"{said['peak_mb']}", "cpu": said["whole_cpu_s"],
        }

    def measure_memory(self) -> dict:
        self.taken()
        # A copy: what has run with a travelling calendar stays a simulation.
        copy = self.folder / "running"
        shutil.copytree(self.state, copy)
        command = [self.relance, "run", "--clock", START, "--config", str(self.config), "--state", str(copy)]
        begun = time.monotonic()
        with open(self.folder / "log", "w") as log:
            daemon = subprocess.Popen(command, stdout=log, stderr=log)
            try:
                self.wait_until_ready(daemon)
                ready = time.monotonic() - begun
                ready_cpu = machine.cpu_seconds(daemon.pid)
                time.sleep(IDLE_S)
                used = machine.cpu_seconds(daemon.pid)
                now, peak = machine.memory_mb(daemon.pid)
            finally:
                daemon.send_signal(signal.SIGTERM)
                daemon.wait()
        shutil.rmtree(copy)
        return {
            "ready after": f"{ready:.2f} / {ready_cpu:.2f}", "resident MB": f"{now:.1f}", "peak MB": f"{peak:.1f}",
            f"cpu s of {IDLE_S} idle": f"{used - ready_cpu:.2f}", "cpu": ready_cpu, "mb": now,
        }

    def wait_until_ready(self, daemon: subprocess.Popen) -> None:
        text = (self.config / "relance.toml").read_text()
        address = text.split("\n[admin]\n", 1)[1].split('"')[1]
        while daemon.poll() is None:
            try:
                urllib.request.urlopen(f"http://{address}/readyz", timeout=5).close()
                return
            except urllib.error.HTTPError as not_ready:
                not_ready.close()
                time.sleep(0.01)
            except OSError:
                time.sleep(0.01)
        sys.exit(f"the daemon ended: {(self.folder / 'log').read_text()[-2000:]}")


def times(ours: Used, other: Used) -> str:
    return f"{ours.cpu / max(other.cpu, 0.001):.1f}"


def table(name: str, rows: list[tuple[int, dict]]) -> str:
    head = ["members", *(key for key in rows[0][1] if key not in ("cpu", "mb"))]
    cells = [[f"{size:,}", *(row[key] for key in head[1:])] for size, row in rows]
    return f"{name}: seconds are wall / processor, times compares the latter\n\n{machine.table(head, cells)}\n"


if __name__ == "__main__":
    relance, work, part = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    sizes = [int(word) for word in sys.argv[4:]] or (SIZES if part == "growth" else SIZES[-1:])
    parts = PARTS if part == "growth" else (part,)
    print(machine.line(), "\n", sep="", flush=True)
    found = {name: [] for name in parts}
    for size in sizes:
        scale = Scale(relance, work, size)
        for name in parts:
            found[name].append((size, getattr(scale, f"measure_{name}")()))
        shutil.rmtree(scale.folder)
    for name, rows in found.items():
        print(table(name, rows))
    if part == "growth":
        growth.draw(found, pathlib.Path("benches/results"))
