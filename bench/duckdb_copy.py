#!/usr/bin/env python3
"""What DuckDB needs for the same job: reads Singer lines, adds the system columns, writes one JSONL or CSV file.

    duckdb_copy.py INPUT jsonl|csv OUTPUT

Every choice is the one that favours DuckDB: types declared, not guessed; system columns constant but for the
sequence; in CSV objects become columns, and arrays stay JSON text in a cell, since DuckDB has no sub-files.
Records stay in order, as Landfall's do. Prints the seconds of the query alone, without Python's start.
"""

import json
import sys
import time

import duckdb

SCALARS = {"integer": "BIGINT", "number": "DOUBLE", "string": "VARCHAR", "boolean": "BOOLEAN"}
SYSTEM_COLUMNS = """
    strftime(now(), '%Y-%m-%dT%H:%M:%S.%gZ') AS _sdc_received_at,
    strftime(now(), '%Y-%m-%dT%H:%M:%S.%gZ') AS _sdc_batched_at,
    0 AS _sdc_table_version,
    1700000000000000000 + row_number() OVER () AS _sdc_sequence"""


def kind_of(schema):
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return next(kind for kind in kinds if kind != "null")


def sql_type(schema, arrays_as_json):
    kind = kind_of(schema)
    if kind == "object":
        members = (f'"{name}" {sql_type(member, arrays_as_json)}' for name, member in schema["properties"].items())
        return f"STRUCT({', '.join(members)})"
    if kind == "array":
        return "JSON" if arrays_as_json else sql_type(schema["items"], arrays_as_json) + "[]"
    return SCALARS[kind]


def flat_column(name, schema):
    """`record.x`, or for an object its members, each a column of its own as in Landfall's CSV."""
    if kind_of(schema) != "object":
        return f'record."{name}"'
    return ", ".join(f'record."{name}"."{member}" AS "{name}__{member}"' for member in schema["properties"])


def query(source, file_format, target):
    with open(source, encoding="utf-8") as lines:
        schema = json.loads(next(lines))["schema"]
    as_csv = file_format == "csv"
    columns = (
        ", ".join(flat_column(name, member) for name, member in schema["properties"].items()) if as_csv else "record.*"
    )
    options = "FORMAT csv, HEADER" if as_csv else "FORMAT json"
    return f"""
        COPY (SELECT {columns}, {SYSTEM_COLUMNS}
              FROM read_json('{source}', format = 'newline_delimited',
                             columns = {{type: 'VARCHAR', record: '{sql_type(schema, as_csv)}'}})
              WHERE type = 'RECORD')
        TO '{target}' ({options})"""


def main():
    source, file_format, target = sys.argv[1:]
    statement = query(source, file_format, target)
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    started = time.perf_counter()
    connection.execute(statement)
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main()
