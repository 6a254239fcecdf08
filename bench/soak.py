#!/usr/bin/env python3
"""`make soak`: pushes to `landfall serve` for minutes, kills it at random moments, and accounts for every record.

Each record has a number of its own that is sent once. When all is over, the server is told to end (SIGTERM), and then:
every record that was acknowledged is in the bucket once, in the folder of its table, with the content it was sent with;
no record is there twice; `landfall verify --read` finds the ledger, the log and the bucket in agreement.

What is random comes from --seed, which is printed. The moments of the kills still depend on the machine: a seed repeats
the same plan, not the same run.
"""

import argparse
import gzip
import http.client
import json
import os
import random
import shutil
import sys
import threading
import time
from pathlib import Path

from service import Site

ROOT = Path(__file__).resolve().parents[1]
TABLES = 5
LIMITS = ["--batch-wait-seconds", "1", "--batch-size-rows", "20000"]
SHOWN = 5


class Account:
    """Which numbers were given out, and which the server took. Shared by all clients."""

    def __init__(self):
        self.lock = threading.Lock()
        self.next = 0
        self.acknowledged = []
        self.unknown = 0
        self.refused = 0
        self.faults = []

    def take(self, count):
        with self.lock:
            first = self.next
            self.next += count
            return range(first, first + count)

    def note(self, numbers, status):
        """What became of a batch; no status if nobody knows."""
        with self.lock:
            if status in (201, 202):
                self.acknowledged.append(numbers)
            elif status == 503:
                self.refused += len(numbers)
            else:
                self.unknown += len(numbers)
                if status is not None:
                    self.faults.append(f"a push was answered {status}")


class Client(threading.Thread):
    """Pushes batches of random sizes over one connection, and goes on with the next when it is cut off."""

    def __init__(self, account, rng, token, where, pause):
        super().__init__(daemon=True)
        self.account, self.rng, self.token, self.where, self.pause = account, rng, token, where, pause
        self.ending = threading.Event()
        self.connection = None

    def run(self):
        try:
            while not self.ending.is_set():
                self.push_once()
                self.ending.wait(self.rng.expovariate(1 / self.pause))
        except Exception as error:  # a client that dies in silence would make a soak of nothing
            self.account.faults.append(f"a client ended with {error!r}")

    def push_once(self):
        numbers = self.account.take(self.rng.choice((1, 10, 100, 1000, 5000)))
        body = batch(numbers)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if self.rng.random() < 0.3:
            body, headers["Content-Encoding"] = gzip.compress(body, 1), "gzip"
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.where[0], timeout=60)
            self.connection.request("POST", "/v2/import/batch", body, headers)
            answer = self.connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.connection = None
            self.account.note(numbers, None)
            self.ending.wait(0.02)
            return
        self.account.note(numbers, answer.status)


def data_of(number):
    return {"id": number, "name": f"record {number}", "tags": [number % 7, {"odd": bool(number % 2)}]}


def batch(numbers):
    # One table for each request, found again from the number of any of its records.
    table = f"orders_{numbers.start % TABLES}"
    messages = [{"action": "upsert", "sequence": number, "data": {**data_of(number), "table": table}} for number in numbers]
    schema = {"properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "tags": {"type": "array"},
                             "table": {"type": "string"}}}
    return json.dumps({"table_name": table, "key_names": ["id"], "schema": schema, "messages": messages}).encode()


def disturb(site, server, rng, where, end):
    """Kills and restarts until the time is over; returns the last server and how many it killed."""
    kills = early = 0
    while True:
        lives = rng.choice((rng.uniform(0.05, 1), rng.uniform(1, 4), rng.uniform(3, 12)))
        if time.monotonic() + lives >= end:
            time.sleep(max(0, end - time.monotonic()))
            return server, kills, early
        time.sleep(lives)
        server.kill()
        kills += 1
        while rng.random() < 0.25:
            # A crash while it recovers from the crash before.
            server = site.start(*LIMITS, listen=where[0])
            time.sleep(rng.uniform(0, 0.15))
            server.kill()
            early += 1
        server = site.start(*LIMITS, listen=where[0]).wait_until_ready()


def count_landed(site, account):
    """How often each number landed, and what is wrong with what landed."""
    times, wrong = bytearray(account.next), []
    for path in (path for path in site.bucket.glob("shop/**/*") if path.is_file()):
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                number = row["id"]
                times[number] = min(255, times[number] + 1)
                sent = data_of(number)
                if any(row.get(name) != value for name, value in sent.items()) or row["table"] != path.parent.name:
                    wrong.append(f"record {number} in {path.relative_to(site.bucket)} is not what was sent: {line[:200]}")
    return times, wrong


def findings(site, account):
    """Everything that is wrong, one text each, and how many records landed."""
    report = site.verify("--read")
    problems = list(account.faults) + [f"verify: {problem}" for problem in report["problems"]]
    if not report["clean"] and not report["problems"]:
        problems.append("verify: not clean")
    waiting = sum(table["waiting"] or 0 for table in report["tables"])
    if waiting:
        problems.append(f"verify: {waiting:,} records still wait in the log after an orderly end")
    times, wrong = count_landed(site, account)
    problems += wrong
    landed = len(times) - times.count(0)
    told = sum(table["landed"] or 0 for table in report["tables"])
    if told != sum(times):
        problems.append(f"the ledger says that {told:,} rows landed, the bucket holds {sum(times):,}")
    doubled = [number for number, count in enumerate(times) if count > 1]
    lost = [number for numbers in account.acknowledged for number in numbers if times[number] == 0]
    if doubled:
        problems.append(f"{len(doubled):,} records landed more than once: {doubled[:SHOWN]}")
    if lost:
        problems.append(f"{len(lost):,} records were acknowledged and are lost: {lost[:SHOWN]}")
    return problems, landed, report


def soak(options):
    rng = random.Random(options.seed)
    site = Site(options.landfall.resolve(), options.folder.resolve())
    site.clear()
    server = site.start(*LIMITS).wait_until_ready()
    token, where, account = server.set_up(site), [server.address], Account()
    clients = [Client(account, random.Random(rng.random()), token, where, options.pause) for _ in range(options.clients)]
    for client in clients:
        client.start()
    server, kills, early = disturb(site, server, rng, where, time.monotonic() + options.minutes * 60)
    for client in clients:
        client.ending.set()
    for client in clients:
        client.join()
    peak = server.end()
    acknowledged = sum(map(len, account.acknowledged))
    problems, landed, report = findings(site, account)
    objects = sum(bucket["objects"] for bucket in report["buckets"])
    print(f"{options.clients} clients sent {account.next:,} records: {acknowledged:,} acknowledged, "
          f"{account.unknown:,} cut off, {account.refused:,} refused")
    print(f"{kills} kills, {early} more during a restart; the last server held {peak / 2**20:,.0f} MiB at most")
    print(f"{landed:,} records landed in {objects:,} objects")
    if acknowledged == 0 or kills == 0:
        problems.append("nothing was tested: soak for longer (--minutes)")
    return site, problems


def parse_options():
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5, help="how long (default 5)")
    parser.add_argument("--seed", type=int, default=None, help="repeats the plan of another soak (default: a new one)")
    parser.add_argument("--clients", type=int, default=6, help="how many push at the same time (default 6)")
    parser.add_argument("--pause", type=float, default=0.05, help="mean seconds between two pushes of one (default 0.05)")
    parser.add_argument("--landfall", type=Path, default=target / "release/landfall", help="the program to soak")
    parser.add_argument("--folder", type=Path, default=ROOT / "bench-data/soak", help="scratch; emptied first")
    options = parser.parse_args()
    options.seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    if not options.landfall.exists():
        parser.error(f"there is no {options.landfall}: `make build` builds it")
    return options


def main():
    options = parse_options()
    print(f"soak of {options.minutes:g} minutes, --seed {options.seed}", flush=True)
    site, problems = soak(options)
    for problem in problems[:50]:
        print(f"WRONG: {problem}")
    if problems:
        sys.exit(f"{len(problems)} thing(s) wrong; everything is left in {site.folder}")
    shutil.rmtree(site.folder)
    print("every acknowledged record landed once, no record landed twice, verify --read is clean")


if __name__ == "__main__":
    main()
