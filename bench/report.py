"""From the results of a bench run: the ratios, whether they hold, and the tables for people."""

import statistics

import intake_report
import wake_memory
from contestants import PYTHON_TARGETS
from tables import MIB, at_least, at_most, markdown, text_table

NAMES = {
    "cat": "cat > /dev/null", "parse": "sonic-rs, one core", "duckdb": "DuckDB → folder",
    "folder": "Landfall → folder", "put": "raw PUT", "s3": "Landfall → S3",
}


def gates(case, python_rates):
    """`(what, value, limit, holds)` for each promise that `case` has figures for."""
    figures = case["contestants"]
    if "folder" not in figures:
        return []
    folder, s3 = figures["folder"], figures["s3"]
    python_rate = python_rates[case["input"]][PYTHON_TARGETS[0].name]

    def median(ratio):
        return statistics.median(ratio(seconds) for seconds in case["rounds"])

    found = [
        at_most("folder ÷ DuckDB", median(lambda seconds: seconds["folder"] / seconds["duckdb"]), 0.5),
        at_most("folder ÷ one-core parse", median(lambda seconds: seconds["folder"] / seconds["parse"]), 1.5),
        at_most("S3 ÷ larger of folder and raw PUT",
                median(lambda seconds: seconds["s3"] / max(seconds["folder"], seconds["put"])), 1.3),
        at_least(f"rate ÷ {PYTHON_TARGETS[0].name}", case["records"] / folder["seconds"] / python_rate, 100),
        at_most("peak memory, MiB", max(folder["peak_bytes"], s3["peak_bytes"]) / MIB, 300),
    ]
    if "tenfold_peak_bytes" in case:
        found.append(at_most("peak of tenfold input ÷ peak", case["tenfold_peak_bytes"] / folder["peak_bytes"], 1.15))
    return found


def all_hold(results):
    loads = all(holds for case in results["cases"] for *_, holds in gates(case, results["python_rates"]))
    return loads and ("intake" not in results or intake_report.all_hold(results["intake"]))


def figure_rows(results):
    for case in results["cases"]:
        for contestant, figures in case["contestants"].items():
            seconds = figures["seconds"]
            yield (f"{case['input']} {case['format']}", NAMES[contestant], f"{seconds:.2f}",
                   f"{figures['fastest']:.2f}–{figures['slowest']:.2f}", f"{case['input_bytes'] / 1e6 / seconds:,.0f}",
                   f"{case['records'] / seconds:,.0f}", f"{figures['peak_bytes'] / MIB:,.0f}")


def gate_rows(results):
    for case in results["cases"]:
        for what, value, limit, holds in gates(case, results["python_rates"]):
            yield f"{case['input']} {case['format']}", what, f"{value:.2f}", limit, "PASS" if holds else "FAIL"


def python_rows(results):
    for name, rates in results["python_rates"].items():
        for target in PYTHON_TARGETS:
            yield name, target.name, f"{rates[target.name]:,.0f}", "yes" if target.validates else "no"


FIGURE_HEADS = ("input", "program", "seconds", "range", "MB/s of input", "records/s", "peak MiB")
GATE_HEADS = ("input", "ratio", "value", "limit", "holds")
PYTHON_HEADS = ("input", "Python target", "records/s", "validates")


def terminal(results):
    blocks = [f"{results['machine']}; median of {results['rounds']} rounds after a warm-up"]
    for heads, rows in ((FIGURE_HEADS, figure_rows), (PYTHON_HEADS, python_rows), (GATE_HEADS, gate_rows)):
        if table := text_table(heads, rows(results)):
            blocks.append(table)
    if "intake" in results:
        blocks.extend(intake_report.terminal_blocks(results["intake"]))
    return "\n\n".join(blocks)


def page(results):
    """docs/src/reference/speed.md."""
    intake = intake_report.section(results["intake"]) if "intake" in results else ""
    return f"""# Speed

<!-- Written by `make bench-docs` (bench/run.py --write-docs). Don't edit: measure again. -->

Measured on {results['machine']}; median of {results['rounds']} rounds after a warm-up, every program of a case once
in each round, and every case once before the next round. `make bench` repeats it. Inputs: `bench/generate.py`.

{markdown(FIGURE_HEADS, figure_rows(results))}

*Seconds* are wall time from the start of the process to its end; DuckDB's are those of its query alone. DuckDB has two
threads, declared types and one output file; in CSV it keeps arrays as JSON text where Landfall writes sub-files.
Landfall syncs each file to the disk before it calls it landed, DuckDB doesn't. The S3 server runs on the same cores: it
checks and confirms the checksum of each object, and keeps no contents. Before each program starts, another touches
{wake_memory.WOKEN_BYTES >> 20} MiB of memory and gives it back: what the host of a virtual machine took back while
nothing ran would otherwise be paid for by whichever program touches it next.

## What must hold

Ratios are those of one round to itself, their median again.

{markdown(GATE_HEADS, gate_rows(results))}

## Python targets

{markdown(PYTHON_HEADS, python_rows(results))}

The rate is that of a slice of the input, without the time the program needs to start.
{intake}"""
