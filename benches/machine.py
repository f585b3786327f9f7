"""What a measurement needs of the machine: its name, free ports, and what a process used."""

import atexit
import os
import pathlib
import socket
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


def line() -> str:
    """Processors, file system of the build, and how busy the machine is with other things."""
    model = next(
        (text.split(":", 1)[1].strip() for text in open("/proc/cpuinfo") if text.startswith("model name")),
        "unknown processor",
    )
    load = " ".join(f"{n:.1f}" for n in os.getloadavg())
    return f"{os.cpu_count()} processors, {model}; load before the run {load}"


def ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on now."""
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    free = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return free


def wait_for_port(port: int, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise SystemExit(f"nothing listens on port {port}")


def start(command: list, **more) -> subprocess.Popen:
    """A process that does not outlive this one."""
    process = subprocess.Popen(command, **more)
    atexit.register(lambda: process.poll() is None and process.terminate())
    return process


def cpu_seconds(process: int) -> float:
    """What a process and the children that it has waited for used so far."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(n) for n in fields[11:15]) / TICKS


def memory_mb(process: int) -> tuple[float, float]:
    """Resident now, and at most since the process began."""
    kept = {}
    for text in open(f"/proc/{process}/status"):
        key, _, value = text.partition(":")
        kept[key] = value
    return tuple(int(kept[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM"))


def table(head: list[str], rows: list[list]) -> str:
    """Markdown; the first column to the left, figures to the right."""
    ruled = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in [head, ruled, *rows])
