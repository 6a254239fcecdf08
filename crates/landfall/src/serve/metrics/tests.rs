use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// A sample of the text form: name, labels, value.
#[derive(Debug, PartialEq)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// Reads the text form of Prometheus, version 0.0.4: types by name, and all samples. Whatever it can't read, panics.
fn parse(text: &str) -> (BTreeMap<String, String>, Vec<Sample>) {
    let (mut types, mut samples) = (BTreeMap::new(), Vec::new());
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            assert!(
                help.split_once(' ').is_some_and(|(_, help)| !help.is_empty()),
                "{line}"
            );
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert_eq!(
                types.insert(name.to_owned(), kind.to_owned()),
                None,
                "{name} twice"
            );
        } else {
            let sample = parse_sample(line);
            assert!(types.contains_key(&sample.name), "no type before {line}");
            samples.push(sample);
        }
    }
    (types, samples)
}

fn parse_sample(line: &str) -> Sample {
    let name: String = line
        .chars()
        .take_while(|char| char.is_ascii_alphanumeric() || *char == '_')
        .collect();
    let mut rest = &line[name.len()..];
    let mut labels = BTreeMap::new();
    if let Some(after) = rest.strip_prefix('{') {
        rest = after;
        while !rest.starts_with('}') {
            rest = rest.trim_start_matches(',');
            let (label, after) = rest.split_once("=\"").unwrap();
            let (mut value, mut chars) = (String::new(), after.char_indices());
            rest = loop {
                match chars.next().unwrap() {
                    (index, '"') => break &after[index + 1..],
                    (_, '\\') => value.push(match chars.next().unwrap().1 {
                        'n' => '\n',
                        other => other,
                    }),
                    (_, char) => value.push(char),
                }
            };
            labels.insert(label.to_owned(), value);
        }
        rest = &rest[1..];
    }
    let value = rest.strip_prefix(' ').unwrap().parse().unwrap();
    Sample { name, labels, value }
}

fn gauge(family: Family, labels: &[(&str, &str)], value: f64) -> Gauge {
    Gauge {
        family,
        labels: render_labels(labels),
        value,
    }
}

/// Metrics of a server at which everything has happened.
fn busy(table_labels: TableLabels) -> String {
    let metrics = Arc::new(Metrics::new(table_labels));
    metrics.answered("batch", 201);
    metrics.accepted(SourceId::new(7), 12, 340);
    metrics.refused();
    metrics.delivered("delivered");
    let counter = LoadCounter(metrics.clone());
    for table in ["orders", "a \"quoted\" \\ name\nof two lines"] {
        metrics.add_of_table(Family::LoadRows, "shop", table, 5);
        metrics.add_of_table(Family::RejectedRows, "shop", table, 1);
        counter.lost(&LostRecords {
            source: "shop",
            table,
            records: 3,
        });
    }
    metrics.add(
        Family::LoadObjects,
        &[("destination", "1"), ("format", "jsonl")],
        2,
    );
    counter.failed(&FailedLoad {
        destination: Some(landfall_core::ids::DestinationId::new(1)),
        source: "shop",
        table: "orders",
        code: "no_such_bucket",
        message: "An error occurred (404)",
    });
    let lag = Gauge {
        family: Family::LoadLag,
        labels: metrics.table_labels("shop", "orders"),
        value: 1.5,
    };
    let gauges = [
        gauge(Family::JournalBytes, &[], 4096.0),
        gauge(Family::JournalOldest, &[], 0.25),
        lag,
        gauge(
            Family::DestinationState,
            &[("destination", "1"), ("state", "active")],
            1.0,
        ),
    ];
    metrics.render(&gauges, |_| "shop".to_owned())
}

/// What operations.md §10 asks for, and what there is besides.
const EXPECTED: [(&str, &str, &[&str]); 15] = [
    ("landfall_import_requests_total", "counter", &["endpoint", "code"]),
    ("landfall_import_records_total", "counter", &["source"]),
    ("landfall_import_bytes_total", "counter", &[]),
    ("landfall_import_refused_total", "counter", &[]),
    ("landfall_journal_bytes", "gauge", &[]),
    ("landfall_journal_oldest_seconds", "gauge", &[]),
    (
        "landfall_load_objects_total",
        "counter",
        &["destination", "format"],
    ),
    ("landfall_load_rows_total", "counter", &["source", "table"]),
    ("landfall_rejected_rows_total", "counter", &["source", "table"]),
    ("landfall_lost_records_total", "counter", &["source", "table"]),
    (
        "landfall_load_failures_total",
        "counter",
        &["destination", "code"],
    ),
    ("landfall_load_lag_seconds", "gauge", &["source", "table"]),
    ("landfall_destination_state", "gauge", &["destination", "state"]),
    ("landfall_tap_jobs_total", "counter", &["source", "result"]),
    ("landfall_hook_deliveries_total", "counter", &["result"]),
];

#[test]
fn every_metric_has_its_name_its_type_and_its_labels() {
    let (types, samples) = parse(&busy(TableLabels::Shown));
    assert_eq!(types.len(), EXPECTED.len());
    for (name, kind, labels) in EXPECTED {
        assert_eq!(types[name], kind, "{name}");
        let of_name: Vec<_> = samples.iter().filter(|sample| sample.name == name).collect();
        let is_sampled = name != "landfall_tap_jobs_total"; // there are no taps in a server yet
        assert_eq!(!of_name.is_empty(), is_sampled, "{name}");
        for sample in of_name {
            let found: BTreeSet<&str> = sample.labels.keys().map(String::as_str).collect();
            assert_eq!(found, labels.iter().copied().collect(), "{sample:?}");
        }
    }
    let rows = samples
        .iter()
        .filter(|sample| sample.name == "landfall_load_rows_total");
    let tables: BTreeSet<&str> = rows.map(|sample| sample.labels["table"].as_str()).collect();
    assert_eq!(tables, ["orders", "a \"quoted\" \\ name\nof two lines"].into());
}

#[test]
fn tables_can_be_left_out_and_their_numbers_are_summed() {
    let (_, samples) = parse(&busy(TableLabels::Hidden));
    assert!(samples.iter().all(|sample| !sample.labels.contains_key("table")));
    let rows: Vec<_> = samples
        .iter()
        .filter(|sample| sample.name == "landfall_load_rows_total")
        .collect();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].labels["source"].as_str(), rows[0].value), ("shop", 10.0));
}
