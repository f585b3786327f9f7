"""Durable commits a second, as Relance makes them: SQLite, WAL, synchronous=FULL, a row each.

usage: commits.py FOLDER SECONDS    (FOLDER lies on the disk in question)
"""

import os
import sqlite3
import sys
import tempfile
import time

# About as long as a message's row in the outbox.
ROW = b"x" * 300


def rate(folder: str, seconds: float) -> float:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        db = sqlite3.connect(os.path.join(place, "commits.db"), isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE message (id INTEGER PRIMARY KEY, body BLOB) STRICT")
        count = 0
        start = time.monotonic()
        while time.monotonic() - start < seconds:
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO message (body) VALUES (?)", (ROW,))
            db.execute("COMMIT")
            count += 1
        took = time.monotonic() - start
        db.close()
        return count / took


if __name__ == "__main__":
    print(round(rate(sys.argv[1], float(sys.argv[2]))))
