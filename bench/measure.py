"""Runs one command and tells what it took: wall seconds, and the peak of its resident memory."""

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

WAKE_MEMORY = Path(__file__).with_name("wake_memory.py")


@dataclass(frozen=True)
class Run:
    """`peak_bytes` counts from the fork on, so it is never less than the bench itself holds (some 20 MiB)."""

    seconds: float
    peak_bytes: int
    stdout: str


def run(command, stdin=None, environment=None):
    """Runs `command` to its end; anything but exit 0 ends the bench with what the command said. Every program finds
    memory that the machine has at hand."""
    # A process of its own: what it holds would count as the peak of the program.
    subprocess.run([sys.executable, "-B", WAKE_MEMORY], check=True)
    with open(stdin or os.devnull, "rb") as source:
        started = time.perf_counter()
        child = subprocess.Popen(
            [str(word) for word in command], stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
        )
        stdout, stderr = child.stdout.read(), child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        told = stderr.decode("utf-8", "replace")[-2000:]
        sys.exit(f"{Path(str(command[0])).name} ended with {child.returncode}:\n{told}\ncommand: {command}")
    return Run(seconds, usage.ru_maxrss * 1024, stdout.decode("utf-8", "replace"))


@dataclass(frozen=True)
class Summary:
    """Several runs of one command: the median of their seconds, the largest of their peaks."""

    seconds: float
    fastest: float
    slowest: float
    peak_bytes: int


def summarise(runs):
    seconds = [run.seconds for run in runs]
    return Summary(statistics.median(seconds), min(seconds), max(seconds), max(run.peak_bytes for run in runs))
