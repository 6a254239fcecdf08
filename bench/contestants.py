"""The commands that `make bench` measures, each as a function that does the work once and returns a `measure.Run`."""

import json
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import measure

BUCKET = "bench"
CREDENTIALS = {"aws_auth_mode": "static", "aws_access_key_id": "AKIDSIMULATED", "aws_secret_access_key": "simulated-secret"}


@dataclass(frozen=True)
class Tools:
    """Where the programs and the scratch folder are."""

    landfall: Path
    s3_loopback: Path
    floor: Path
    bench: Path
    data: Path

    @property
    def scratch(self):
        return self.data / "scratch"

    @property
    def folder_bucket(self):
        return self.scratch / BUCKET

    def empty_scratch(self):
        """Removes what the last run wrote, and lets the disk come to rest: what one program leaves unwritten is not to
        be paid by the next one that syncs. Outside every measurement."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.folder_bucket.mkdir(parents=True)
        os.sync()


# --- Landfall ----------------------------------------------------------------------------------------------------

def load(tools, source, file_format, endpoint, extra=None):
    """`landfall load` of `source`; checks that the last line of its stdout is the input's last STATE."""
    settings = {"s3_bucket": BUCKET, "integration_name": "bench", "s3_endpoint_url": endpoint,
                "output_file_format": file_format, **(extra or {})}
    path = tools.data / "settings.json"
    path.write_text(json.dumps(settings), encoding="utf-8")
    run = measure.run([tools.landfall, "load", "--quiet", "--config", path], stdin=source)
    expected = json.loads(last_line(source))["value"]
    if not run.stdout.strip() or json.loads(run.stdout.splitlines()[-1]) != expected:
        raise SystemExit(f"landfall load of {source.name}: the last line of stdout is not the input's last STATE")
    return run


def load_to_folder(tools, source, file_format):
    tools.empty_scratch()
    return load(tools, source, file_format, f"file://{tools.scratch}")


def load_to_s3(tools, source, file_format):
    with s3_server(tools) as endpoint:
        return load(tools, source, file_format, endpoint, CREDENTIALS)


def landed_files(tools):
    return sorted(path for path in tools.folder_bucket.rglob("*") if path.is_file())


# --- floors ------------------------------------------------------------------------------------------------------

def cat(_tools, source):
    return measure.run(["sh", "-c", 'cat "$1" > /dev/null', "sh", source])


def parse(tools, source):
    return measure.run([tools.floor, "parse", source])


def raw_put(tools, files):
    """PUTs `files` over one plain connection to the server that Landfall's S3 runs go to."""
    with s3_server(tools) as endpoint:
        return measure.run([tools.floor, "put", f"{endpoint}/{BUCKET}/raw", *files])


def duckdb(tools, source, file_format):
    """DuckDB's copy of the same records; its seconds are those of the query, without Python's start."""
    target = tools.scratch / f"duckdb.{file_format}"
    tools.empty_scratch()
    run = measure.run([tools.data / "venv-duckdb/bin/python", tools.bench / "duckdb_copy.py", source, file_format, target])
    return replace(run, seconds=float(run.stdout))


# --- Python targets ----------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class PythonTarget:
    name: str
    program: str
    settings: dict
    validates: bool


# The first is the one that `make bench` judges by: built on the Meltano SDK as maintained targets are, and like
# Landfall it validates each record. The second validates nothing; it is the fastest that PyPI had, and only shown.
PYTHON_TARGETS = [
    PythonTarget("meltanolabs-target-csv", "target-csv", {"output_path": "{scratch}"}, validates=True),
    PythonTarget("target-s3-jsonl", "target-s3-jsonl", validates=False, settings={
        "local": True, "work_dir": "{scratch}", "s3_bucket": BUCKET, "path_template": "{{stream}}.jsonl"}),
]


def python_rate(tools, target, source, records, repeats):
    """Records per second of a Python target, from a slice of `source` and without the program's start."""
    part = tools.data / "slice.singer"
    program = tools.data / f"venv-{target.name}" / "bin" / target.program
    settings = tools.data / "python-target.json"
    filled = {name: value.format(scratch=tools.scratch) if isinstance(value, str) else value
              for name, value in target.settings.items()}
    settings.write_text(json.dumps(filled), encoding="utf-8")

    def seconds(count):
        write_slice(source, part, count)
        runs = []
        for _ in range(repeats):
            tools.empty_scratch()
            runs.append(measure.run([program, "--config", settings], stdin=part))
        return measure.summarise(runs).seconds

    return records / (seconds(records + 1) - seconds(1))


def write_slice(source, target, records):
    """The SCHEMA and the first `records` records of `source`."""
    with open(source, "rb") as lines, open(target, "wb") as part:
        for _, line in zip(range(1 + records), lines):
            part.write(line)


# --- S3 ----------------------------------------------------------------------------------------------------------

@contextmanager
def s3_server(tools):
    """A fresh S3 server on loopback for each run. It checks and confirms checksums, and forgets contents: it shares the
    cores with the program that is measured, and touching memory to keep them took it most of its time."""
    port = free_port()
    server = subprocess.Popen([tools.s3_loopback, str(port), BUCKET, "--forget"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, server, patience_seconds=10):
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise SystemExit(f"s3-loopback did not listen on port {port} within {patience_seconds} s")


def last_line(path):
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - 65_536))
        return file.read().splitlines()[-1]
