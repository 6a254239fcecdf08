//! Rows, read back from objects. Objects that are not whole fail the test.

use std::collections::BTreeMap;

use serde_json::Value;

use super::place::Objects;

/// A row: columns by name. Cells of CSV files are strings; empty ones are null.
pub type Row = BTreeMap<String, Value>;

/// The rows of an object.
#[track_caller]
pub fn rows(key: &str, content: &str) -> Vec<Row> {
    assert!(content.ends_with('\n'), "{key} breaks off: {content:?}");
    if key.ends_with(".csv") {
        csv_rows(key, content)
    } else {
        json_rows(key, content)
    }
}

fn json_rows(key: &str, content: &str) -> Vec<Row> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|fault| panic!("{key}: {fault}: {line}"));
    content.lines().map(parse).collect()
}

fn csv_rows(key: &str, content: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(content.as_bytes());
    let header = reader
        .headers()
        .unwrap_or_else(|fault| panic!("{key}: {fault}"))
        .clone();
    let cell = |cell: &str| if cell.is_empty() { Value::Null } else { cell.into() };
    let row = |row: csv::StringRecord| {
        header
            .iter()
            .map(str::to_owned)
            .zip(row.iter().map(cell))
            .collect()
    };
    reader
        .records()
        .map(|found| row(found.unwrap_or_else(|fault| panic!("{key}: {fault}"))))
        .collect()
}

/// All rows of the objects below a prefix, in the order of keys.
#[track_caller]
pub fn rows_below(objects: &Objects, prefix: &str) -> Vec<Row> {
    let below = objects.iter().filter(|(key, _)| key.starts_with(prefix));
    below.flat_map(|(key, content)| rows(key, content)).collect()
}

/// How many rows there are below each folder of an integration, headers not counted.
pub fn counts(objects: &Objects) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (key, content) in objects {
        let (folder, _) = key.rsplit_once('/').unwrap();
        *counts.entry(folder.to_owned()).or_default() += rows(key, content).len();
    }
    counts
}

/// The numbers of records of [`numbered_run`](super::lines::numbered_run), sorted, as often as they are there.
pub fn numbers(objects: &Objects) -> Vec<u64> {
    let is_root = |key: &str| !key.contains("/tags/") && !key.contains("/_sdc_rejected/");
    let roots = objects.iter().filter(|(key, _)| is_root(key));
    let mut numbers: Vec<u64> = roots
        .flat_map(|(key, content)| rows(key, content))
        .map(|row| number(&row))
        .collect();
    numbers.sort_unstable();
    numbers
}

/// The number of one record.
pub fn number(row: &Row) -> u64 {
    match &row["id"] {
        Value::String(cell) => cell.parse().unwrap(),
        value => value.as_u64().unwrap(),
    }
}
