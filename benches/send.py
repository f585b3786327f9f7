"""Sending: compose, sign, commit and deliver, beside a load generator with no state at all.

usage: send.py RELANCE FOLDER MESSAGES RUNS [postfix]

The relay is Postfix's smtp-sink, or with `postfix` a Postfix of its own that throws mail away. The
references are measured in turn with Relance, so that a slow minute of the machine falls on all:

  smtp-source  Postfix's load generator, to the same relay, over as many connections
  commits      durable SQLite commits a second on the same disk, one row each: every message takes
               part in one commit for its end and its successor's start; one commit may serve all
               connections
"""

import json
import pathlib
import resource
import statistics
import subprocess
import sys
import time

import club
import commits
import machine
import mta

CONNECTIONS = (1, 4, 10, 20)
# A notice in two languages, text and HTML, is about as long.
MESSAGE_BYTES = 12_000
COMMIT_SECONDS = 1


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def source(port: int, messages: int, connections: int) -> dict:
    cpu, begun = children_cpu(), time.monotonic()
    subprocess.run(
        ["smtp-source", "-d", "-s", str(connections), "-m", str(messages), "-l", str(MESSAGE_BYTES),
         "-f", "a@bounce.test", "-t", "b@discard.test", f"127.0.0.1:{port}"],
        check=True,
    )
    took = time.monotonic() - begun
    return {"per_s": messages / took, "cpu_ms": (children_cpu() - cpu) * 1000 / messages}


def relance(program: str, port: int, messages: int, connections: int, state: pathlib.Path) -> dict:
    done = subprocess.run(
        [program, "bench", "send", "--config", "config", "--messages", str(messages),
         "--connections", str(connections), "--to", f"127.0.0.1:{port}",
         "--domain", "discard.test", "--state", state],
        check=True, stdout=subprocess.PIPE,
    )
    said = json.loads(done.stdout)
    if said["messages"] != messages:
        raise SystemExit(f"relance sent {said['messages']} of {messages} messages")
    return {**said, "cpu_ms": said["cpu_s"] * 1000 / messages}


def main() -> None:
    program, folder, messages, runs = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    print(machine.line())
    if "postfix" in sys.argv[5:]:
        relay, name = mta.Postfix(folder / "postfix"), "Postfix, discard:"
    else:
        relay, name = club.Sink(folder / "sink.log"), "smtp-sink"
    print(f"\n{messages} notices of about {MESSAGE_BYTES} octets a run to {name}; median of {runs}\n")
    rows = []
    for connections in CONNECTIONS:
        ours, theirs, durable = [], [], []
        for run in range(runs):
            theirs.append(source(relay.port, messages, connections))
            relay.rest()
            durable.append(commits.rate(str(folder), COMMIT_SECONDS))
            state = folder / f"state-{connections}-{run}"
            ours.append(relance(program, relay.port, messages, connections, state))
            relay.rest()
        middle = lambda kept, key: statistics.median(run[key] for run in kept)
        rate, reference = middle(ours, "per_s"), middle(theirs, "per_s")
        committed = statistics.median(durable)
        rows.append([
            connections, f"{rate:.0f}", f"{reference:.0f}", f"{committed:.0f}",
            f"{rate / reference:.2f}", f"{rate / min(reference, committed):.2f}",
            f"{middle(ours, 'cpu_ms'):.2f}", f"{middle(theirs, 'cpu_ms'):.2f}",
            f"{middle(ours, 'peak_mb'):.0f}",
        ])
    relay.close()
    print(machine.table(
        ["connections", "relance msg/s", "smtp-source msg/s", "commits/s", "of smtp-source",
         "of the lesser", "relance CPU ms/msg", "smtp-source CPU ms/msg", "peak MB"], rows))


main()
