"""From the results of the intake bench: the ratios, whether they hold, and the tables for people."""

import statistics

from tables import MIB, at_least, at_most, markdown, text_table

NAMES = {"landfall": "Landfall", "swallow": "a server that only reads", "sync": "write + fsync, one thread",
         "parse": "sonic-rs, one core"}
FLOORS = ("swallow", "sync", "parse")
FIGURE_HEADS = ("bodies", "clients", "program", "requests/s", "MB/s", "p50 ms", "p99 ms", "refused", "peak MiB")
GATE_HEADS = ("bodies", "ratio", "value", "limit", "holds")


def gates(case):
    """`(what, value, limit, holds)` for each promise about bodies of this size."""
    figures = case["contestants"]
    landfall = figures["landfall"]
    slowest = min(FLOORS, key=lambda name: figures[name]["per_second"])
    found = []
    if case["size"] == "4 MB":
        what = f"MB/s ÷ slowest floor ({NAMES[slowest]})"
        found.append(at_least(what, ratio(landfall, figures[slowest]), 0.5))
    if case["size"] == "1 KB":
        found.append(at_least("requests/s ÷ one fsync per request", ratio(landfall, figures["sync"]), 5))
    # Loading runs beside the intake. What is left after the last request is the batches that were open then.
    found.append(at_most("until all is loaded ÷ intake", landfall["end_to_end"], 1.25))
    found.append(at_most("peak memory, MiB", landfall["peak_bytes"] / MIB, 400))
    found.append(at_most("runs that `verify` finds fault with", 0 if landfall["whole"] else 1, 0))
    return found


def ratio(figures, floor):
    """The median of the ratios of each round: what slows a round down, a disk above all, slows both of its rates."""
    return statistics.median(rate / of for rate, of in zip(figures["rates"], floor["rates"], strict=True))


def all_hold(results):
    return all(holds for case in results["cases"] for *_, holds in gates(case))


def figure_rows(results):
    for case in results["cases"]:
        for name, figures in case["contestants"].items():
            rate = figures["per_second"]
            waits = [f"{figures[name]:.2f}" if name in figures else "" for name in ("p50_ms", "p99_ms")]
            clients = str(case["clients"]) if "p50_ms" in figures else "1"
            refused = f"{figures['refused']:,}" if "refused" in figures else ""
            peak = f"{figures['peak_bytes'] / MIB:,.0f}" if "peak_bytes" in figures else ""
            yield (case["size"], clients, NAMES[name], f"{rate:,.0f}", f"{rate * case['body_bytes'] / 1e6:,.1f}",
                   *waits, refused, peak)


def gate_rows(results):
    for case in results["cases"]:
        for what, value, limit, holds in gates(case):
            yield case["size"], what, f"{value:.2f}", limit, "PASS" if holds else "FAIL"


def terminal_blocks(results):
    told = f"intake: median of {results['rounds']} rounds of {results['seconds']} s"
    return [told, text_table(FIGURE_HEADS, figure_rows(results)), text_table(GATE_HEADS, gate_rows(results))]


def section(results):
    """The part of docs/src/reference/speed.md."""
    return f"""
## Intake

`landfall serve` with its data in a folder, loading into a folder, while clients on the same machine push batches of
records of some 200 bytes, each over a connection of its own that waits for the answer. An answer 201 means that the
batch is on the disk. Median of {results['rounds']} rounds of {results['seconds']} s, each with a new server; ratios are
those of one round to itself, their median again.

{markdown(FIGURE_HEADS, figure_rows(results))}

{markdown(GATE_HEADS, gate_rows(results))}

*Until all is loaded* is the time from the first push until the server, told to end with the last answer, has loaded all
that it accepted and is gone. `landfall verify` then holds the records that were acknowledged against the bucket.
"""
