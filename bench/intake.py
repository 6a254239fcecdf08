#!/usr/bin/env python3
"""The intake part of `make bench`: clients that push batches to `landfall serve`, and the floors, in the same run.

As in run.py every contestant of a case runs once per round, in turn. A server is new in each round: its intake begins
with an empty log, and its loading is done when it has ended in order. `python3 bench/intake.py` runs this part alone.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import intake_report
from service import Site

ROOT = Path(__file__).resolve().parents[1]
MOST_RECORDS = 20_000  # of one batch


@dataclass(frozen=True)
class Size:
    name: str
    bytes: int
    clients: int


SIZES = [Size("1 KB", 1_000, 64), Size("100 KB", 100_000, 16), Size("4 MB", 4_000_000, 4)]


def batch(body_bytes):
    """A batch of about `body_bytes`, of records of some 200 bytes, and how many records it holds."""
    head = {"table_name": "orders", "key_names": ["id"], "schema": {"properties": {
        "id": {"type": "integer"}, "customer": {"type": "string"}, "city": {"type": ["string", "null"]},
        "total": {"type": "number"}, "paid": {"type": "boolean"},
        "placed_at": {"type": "string", "format": "date-time"}, "note": {"type": "string"}}}}
    # With `messages` last a server can judge records as it meets them.
    text = json.dumps(head, separators=(",", ":"))[:-1] + ',"messages":['
    records = []
    room = body_bytes - len(text) - 2
    while len(records) < MOST_RECORDS:
        message = json.dumps(record(len(records)), separators=(",", ":"))
        room -= len(message) + 1
        if room < 0 and records:
            break
        records.append(message)
    return text + ",".join(records) + "]}", len(records)


def record(number):
    data = {"id": number, "customer": f"C-{number * 7919 % 100_000:05}", "city": None if number % 9 == 0 else "Tromsø",
            "total": round(number * 37 % 99_991 / 100, 2), "paid": number % 3 != 0,
            "placed_at": f"2024-05-{1 + number % 28:02}T{number % 24:02}:15:00Z", "note": "ring twice, it is slow"}
    return {"action": "upsert", "sequence": 1_700_000_000_000 + number, "data": data}


def told(command):
    """Runs a command of `floor` and returns what it printed."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]} {command[1]} ended with {done.returncode}")
    return json.loads(done.stdout)


def push_to_landfall(tools, body, records, size, seconds):
    """One server from its start to its end: what its clients saw, what it took, and whether all of it landed."""
    site = Site(tools.landfall, tools.data / "intake")
    site.clear()
    server = site.start().wait_until_ready()
    token = server.set_up(site)
    seen = told([tools.floor, "push", server.address, token, body, size.clients, seconds])
    pushed = time.perf_counter()
    seen["peak_bytes"] = server.end()
    seen["end_to_end_seconds"] = seen["seconds"] + time.perf_counter() - pushed
    report = site.verify()
    landed = sum(table["landed"] or 0 for table in report["tables"])
    seen["records"] = seen["count"] * records
    seen["whole"] = report["clean"] and landed == seen["records"]
    if not seen["whole"]:
        say(f"accepted {seen['records']:,} records, landed {landed:,}: {'; '.join(report['problems'])}")
    site.clear()
    return seen


def push_to_swallow(tools, body, size, seconds):
    """The same clients against a server that only reads."""
    server = subprocess.Popen([tools.floor, "swallow", "127.0.0.1:0"], stdout=subprocess.PIPE)
    try:
        address = server.stdout.readline().decode().strip()
        return told([tools.floor, "push", address, "none", body, size.clients, seconds])
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def sync(tools, body, seconds):
    target = tools.data / "sync-floor"
    try:
        return told([tools.floor, "sync", target, body, seconds])
    finally:
        target.unlink(missing_ok=True)


def measure_size(tools, size, rounds, seconds):
    text, records = batch(size.bytes)
    body = tools.data / "intake-body.json"
    body.write_text(text, encoding="utf-8")
    counted = []
    for number in range(rounds):
        say(f"intake of {size.name}: round {number + 1} of {rounds}")
        counted.append({
            "landfall": push_to_landfall(tools, body, records, size, seconds),
            "swallow": push_to_swallow(tools, body, size, max(1, seconds // 3)),
            "sync": sync(tools, body, max(1, seconds // 3)),
            "parse": told([tools.floor, "parse-body", body, max(1, seconds // 3)]),
        })
    body.unlink()
    contestants = {name: summarise([runs[name] for runs in counted]) for name in counted[0]}
    return {"size": size.name, "clients": size.clients, "body_bytes": len(text.encode()), "records": records,
            "contestants": contestants}


def summarise(runs):
    """Medians of what is a rate or a wait; the worst of what is a promise."""
    median = {name: statistics.median(run[name] for run in runs) for name in ("p50_ms", "p99_ms") if name in runs[0]}
    median["rates"] = [run["count"] / run["seconds"] for run in runs]
    median["per_second"] = statistics.median(median["rates"])
    if "peak_bytes" in runs[0]:
        median["peak_bytes"] = max(run["peak_bytes"] for run in runs)
        median["refused"] = sum(run["refused"] for run in runs)
        median["end_to_end"] = statistics.median(run["end_to_end_seconds"] / run["seconds"] for run in runs)
        median["whole"] = all(run["whole"] for run in runs)
    return median


def measure_all(tools, quick):
    """The results of all sizes, as run.py keeps and reports them."""
    rounds, seconds = (1, 4) if quick else (3, 9)
    tools.data.mkdir(exist_ok=True)
    return {"rounds": rounds, "seconds": seconds, "cases": [measure_size(tools, size, rounds, seconds) for size in SIZES]}


def say(text):
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Tools:
    """What `measure_all` needs of contestants.Tools."""

    landfall: Path
    floor: Path
    data: Path


def main():
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--landfall", type=Path, default=target / "release/landfall", help="the program to measure")
    parser.add_argument("--floor", type=Path, default=target / "floor/release/floor", help="the program of bench/floor")
    options = parser.parse_args()
    for program in (options.landfall, options.floor):
        if not program.exists():
            parser.error(f"there is no {program}: `make bench` builds it")
    results = measure_all(Tools(options.landfall.resolve(), options.floor, ROOT / "bench-data"), options.quick)
    print("\n\n".join(intake_report.terminal_blocks(results)))
    sys.exit(0 if intake_report.all_hold(results) else 1)


if __name__ == "__main__":
    main()
