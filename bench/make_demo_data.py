#!/usr/bin/env python3
"""Writes crates/landfall/demo-data/sample.singer, the sample that `landfall demo` loads: an invented shop with about
1,000 records in two streams, five of them bad in five ways. Always the same bytes; `--check` only compares."""

import argparse
import json
import sys
from pathlib import Path

from generate import CITIES, Dice, FIRST_NAMES, LAST_NAMES, NULLABLE, ORDER_SCHEMA, array_schema
from generate import object_schema, order

SAMPLE = Path(__file__).parents[1] / "crates/landfall/demo-data/sample.singer"
ORDERS, CONTACTS, PAGE = 300, 700, 100

CONTACT_SCHEMA = {
    "type": "object",
    "properties": {
        "id": NULLABLE["integer"],
        "name": NULLABLE["string"],
        "email": NULLABLE["string"],
        "city": NULLABLE["string"],
        "is_subscriber": NULLABLE["boolean"],
        "updated_at": NULLABLE["date-time"],
        "phone_numbers": object_schema(mobile="string", office="string"),
        "personas": array_schema(object_schema(id="string", type="string")),
    },
}
PERSONAS = ["buyer", "reviewer", "wholesaler", "journalist"]


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def schema_line(stream, schema):
    return compact({"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": ["id"],
                    "bookmark_properties": ["updated_at"]})


def record_line(stream, record, second):
    """`record` is JSON text, so that a price stays `12.50`."""
    extracted = f"2025-01-02T06:{second // 60 % 60:02d}:{second % 60:02d}Z"
    return f'{{"type":"RECORD","stream":"{stream}","record":{record},"time_extracted":"{extracted}"}}'


def contact(dice, contact_id):
    first, last = dice.one_of(FIRST_NAMES), dice.one_of(LAST_NAMES)
    phones = {"mobile": f"+49 151 {1_000_000 + dice.below(9_000_000)}"}
    if dice.below(2):
        phones["office"] = f"+49 30 {100_000 + dice.below(900_000)}"
    personas = [{"id": f"{contact_id}-{place}", "type": dice.one_of(PERSONAS)} for place in range(dice.below(3))]
    return {
        "id": contact_id, "name": f"{first} {last}", "email": f"contact{contact_id}@shop.example",
        "city": dice.one_of(CITIES)[0], "is_subscriber": dice.below(3) > 0,
        "updated_at": f"2024-02-{1 + dice.below(28):02d}T{dice.below(24):02d}:{dice.below(60):02d}:00Z",
        "phone_numbers": phones if dice.below(8) else None, "personas": personas,
    }


def with_changes(record, **changes):
    """`record` with `changes`; a change to `...` removes the property."""
    changed = {**record, **changes}
    return {name: value for name, value in changed.items() if value is not ...}


def bad_orders(dice):
    """By place in the stream: each is a good order with one fault."""
    good = json.loads(order(dice, 99_001), parse_float=Price)
    item = good["line_items"][0]
    yield 60, with_changes(good, total_price="12,50")
    yield 140, with_changes(good, id=None)
    yield 230, with_changes(good, id=99_003, line_items=[with_changes(item, quantity=1.5)])


def bad_contacts(dice):
    good = contact(dice, 88_001)
    yield 210, with_changes(good, id=...)
    yield 480, with_changes(good, id=88_002, _sdc_sequence=1)


def stream_records(dice, count, first_id, make, bad):
    """`count` records as JSON text, with the bad ones in their places."""
    faulty = dict(bad)
    for place in range(count):
        if place in faulty:
            yield compact_text(faulty[place])
        yield make(dice, first_id + place)


def pages(records):
    """Runs of `PAGE` records, as a tap reads them from an API."""
    page = []
    for record in records:
        page.append(record)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


class Price(float):
    """A float that prints with two decimals."""

    def __repr__(self):
        return f"{float(self):.2f}"


def order_compact(dice, order_id):
    """`generate.order` without its spaces and escapes, prices still with two decimals."""
    return compact_text(json.loads(order(dice, order_id), parse_float=Price))


def compact_text(value):
    if isinstance(value, dict):
        return "{" + ",".join(f"{compact(name)}:{compact_text(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(compact_text, value)) + "]"
    return repr(value) if isinstance(value, Price) else compact(value)


def sample():
    dice = Dice(7)
    streams = {
        "contacts": stream_records(dice, CONTACTS, 1, lambda *at: compact(contact(*at)), bad_contacts(Dice(1))),
        "orders": stream_records(dice, ORDERS, 1001, order_compact, bad_orders(Dice(2))),
    }
    second, read = 0, dict.fromkeys(streams, 0)
    yield schema_line("contacts", CONTACT_SCHEMA)
    yield schema_line("orders", ORDER_SCHEMA)
    sources = {stream: pages(records) for stream, records in streams.items()}
    while sources:
        for stream in list(sources):
            page = next(sources[stream], None)
            if page is None:
                del sources[stream]
                continue
            for record in page:
                second += 1
                yield record_line(stream, record, second)
            read[stream] += len(page)
            yield compact({"type": "STATE", "value": {"bookmarks": {name: {"records": n} for name, n in read.items()}}})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the file is not what this makes")
    made = "".join(line + "\n" for line in sample()).encode("utf-8")
    if parser.parse_args().check:
        if SAMPLE.read_bytes() != made:
            sys.exit(f"{SAMPLE} is not what {Path(__file__).name} makes: run it without --check")
        return
    SAMPLE.parent.mkdir(parents=True, exist_ok=True)
    SAMPLE.write_bytes(made)


if __name__ == "__main__":
    main()
