#!/usr/bin/env python3
"""`make bench`: measures Landfall and its floors side by side, and says whether the ratios hold.

In each round every case has its turn, and in it every contestant: a slow moment of the machine meets all contestants of
a case, and a slow minute few rounds of any. The first round warms up and is not counted; the others give medians, of
seconds and of the ratios within each round. The intake of `landfall serve` is intake.py's.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import contestants
import generate
import intake
import measure
import report

ROOT = Path(__file__).resolve().parents[1]
RECORDS = {"flights": 336_776, "orders": 90_000}
SLICE = {"flights": 20_000, "orders": 5_000}
FORMATS = ["jsonl", "csv"]
INTAKE = "intake"
PARTS = [*RECORDS, INTAKE]


def build(tools_needed):
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    floor_target = target / "floor"
    cargo = ["cargo", "build", "--release", "--quiet"]
    if tools_needed:
        subprocess.run([*cargo, "-p", "landfall", "-p", "landfall-sim", "--bins"], cwd=ROOT, check=True)
    # From its own folder, where cargo finds the settings that let sonic-rs use all of this processor.
    floor_environment = {**os.environ, "CARGO_TARGET_DIR": str(floor_target)}
    subprocess.run([*cargo, "--locked"], cwd=ROOT / "bench/floor", env=floor_environment, check=True)
    return contestants.Tools(
        landfall=target / "release/landfall", s3_loopback=target / "release/s3-loopback",
        floor=floor_target / "release/floor", bench=ROOT / "bench", data=ROOT / "bench-data",
    )


def one_round(tools, source, file_format, with_landfall):
    """Each contestant of a case once. The order matters: the raw PUT sends the files that the folder run left."""
    runs = {
        "cat": contestants.cat(tools, source),
        "duckdb": contestants.duckdb(tools, source, file_format),
        "parse": contestants.parse(tools, source),
    }
    if with_landfall:
        runs["folder"] = contestants.load_to_folder(tools, source, file_format)
        runs["put"] = contestants.raw_put(tools, contestants.landed_files(tools))
        runs["s3"] = contestants.load_to_s3(tools, source, file_format)
    return runs


def measure_cases(tools, options):
    cases = [(name, file_format) for name in loads(options) for file_format in FORMATS]
    sources = {name: generate.ensure(tools.data, name, spaced=options.spaced and name == "flights")
               for name in loads(options)}
    rounds = {case: [] for case in cases}
    for number in range(1 + options.rounds):
        for name, file_format in cases:
            say(f"{name} {file_format}: " + (f"round {number} of {options.rounds}" if number else "warm-up"))
            rounds[name, file_format].append(one_round(tools, sources[name], file_format, options.landfall))
    return [summarise_case(case, sources[case[0]], rounds[case][1:]) for case in cases]


def summarise_case(case, source, rounds):
    name, file_format = case
    figures = {contestant: asdict(measure.summarise([runs[contestant] for runs in rounds])) for contestant in rounds[0]}
    seconds = [{contestant: run.seconds for contestant, run in runs.items()} for runs in rounds]
    return {"input": name, "format": file_format, "records": RECORDS[name], "input_bytes": source.stat().st_size,
            "contestants": figures, "rounds": seconds}


def measure_python_targets(tools, options):
    rates = {}
    for name in loads(options):
        source = generate.ensure(tools.data, name)
        for target in contestants.PYTHON_TARGETS:
            say(f"{target.name}: {SLICE[name]:,} records of {name}")
            rate = contestants.python_rate(tools, target, source, SLICE[name], 1 if options.quick else 3)
            rates.setdefault(name, {})[target.name] = rate
    return rates


def measure_tenfold(tools, cases):
    """The peak of one run over ten times the records, next to the peak of the plain runs."""
    for case in cases:
        say(f"{case['input']} {case['format']}: ten times the records")
        source = generate.ensure(tools.data, case["input"], times=10)
        case["tenfold_peak_bytes"] = contestants.load_to_folder(tools, source, case["format"]).peak_bytes


def loads(options):
    return [name for name in options.inputs if name != INTAKE]


def machine():
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{os.cpu_count()} cores, {memory_bytes / 2**30:.0f} GiB of memory"


def say(text):
    print(text, file=sys.stderr, flush=True)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="*", help="flights, orders, intake (default: all)")
    parser.add_argument("--quick", action="store_true", help="one counted round, no tenfold inputs")
    parser.add_argument("--rounds", type=int, help="counted rounds (default 11, with --quick 1)")
    parser.add_argument("--spaced", action="store_true", help="flights with the spaces that singer-python writes")
    parser.add_argument("--floors-only", dest="landfall", action="store_false", help="leave Landfall out")
    parser.add_argument("--write-docs", action="store_true", help="write docs/src/reference/speed.md")
    options = parser.parse_args()
    options.inputs = options.inputs or PARTS
    if unknown := set(options.inputs) - set(PARTS):
        parser.error(f"unknown input {sorted(unknown)[0]!r}: use flights, orders or intake")
    options.rounds = options.rounds or (1 if options.quick else 11)
    if options.write_docs and (options.quick or not options.landfall or options.inputs != PARTS):
        parser.error("--write-docs needs a whole run: leave out --quick, --floors-only and names of inputs")
    return options


def main():
    options = parse_options()
    tools = build(options.landfall)
    cases = measure_cases(tools, options)
    results = {"machine": machine(), "rounds": options.rounds, "cases": cases,
               "python_rates": measure_python_targets(tools, options)}
    if options.landfall and not options.quick:
        measure_tenfold(tools, cases)
    if options.landfall and INTAKE in options.inputs:
        results["intake"] = intake.measure_all(tools, options.quick)
    tools.empty_scratch()
    (tools.data / "last.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(report.terminal(results))
    if options.write_docs:
        (ROOT / "docs/src/reference/speed.md").write_text(report.page(results), encoding="utf-8")
    sys.exit(0 if report.all_hold(results) else 1)


if __name__ == "__main__":
    main()
