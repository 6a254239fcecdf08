//! However input is cut into pieces and shared among workers, the same objects come out.
#![allow(clippy::unwrap_used, reason = "a test that can't set itself up has failed")]

mod support;

use std::collections::BTreeMap;

use landfall_core::time::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::json;
use support::bucket::Object;
use support::world::{Feeding, Outcome, World};

/// A value of a record, as JSON text. Small alphabets, so that records have places in common and some collide.
fn value() -> impl Strategy<Value = String> {
    let scalar = select(vec![
        "null",
        "true",
        "1",
        "-0",
        "12.50",
        "1e5",
        "NaN",
        "\"\"",
        "\"x\"",
        "\" a,b\"",
        "\"q\\\"\\n\"",
        "\"\\u0000\"",
        "\"\\ud83d\\ude00\\udc00\"",
        "\"é\"",
        "{}",
        "[]",
        "[ ]",
    ]);
    scalar.prop_map(str::to_owned).prop_recursive(3, 12, 3, |inner| {
        let list = vec(inner.clone(), 0..3).prop_map(|values| format!("[{}]", values.join(",")));
        prop_oneof![list, object(inner)]
    })
}

fn object(values: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let names = select(vec![
        "a",
        "b",
        "a__b",
        "a b",
        "a!b",
        "value",
        "\\u0061",
        "_sdc_sequence",
        "__sdc_primary_key",
    ]);
    let spaces = select(vec!["", "", "", " ", "\t"]);
    let member =
        (names, values, spaces).prop_map(|(name, value, space)| format!("\"{name}\":{space}{value}"));
    vec(member, 0..4).prop_map(|members| format!("{{{}}}", members.join(",")))
}

fn record() -> impl Strategy<Value = String> {
    let id = select(vec!["1", "1", "2", "\"three\"", "null", "[1]"]);
    (id, object(value())).prop_map(|(id, rest)| match rest.as_str() {
        "{}" => format!("{{\"id\":{id}}}"),
        rest => format!("{{\"id\":{id},{}", &rest[1..]),
    })
}

fn stream() -> impl Strategy<Value = &'static str> {
    select(vec!["s", "s", "s", "t", "keyless", "s!", "_sdc_x"])
}

fn schema_line() -> impl Strategy<Value = String> {
    let schemas = select(vec![
        r#"{"properties":{}}"#,
        r#"{"properties":{"id":{"type":["integer","string","null"]}}}"#,
        r#"{"properties":{"b":{"type":"array","items":{"type":"object","properties":{"a":{}}}},"a":{"type":"object","properties":{"b":{"type":"string"}}}}}"#,
    ]);
    (stream(), schemas).prop_map(|(stream, schema)| schema_text(stream, schema))
}

fn schema_text(stream: &str, schema: &str) -> String {
    let keys = if stream == "keyless" { "[]" } else { "[\"id\"]" };
    format!(r#"{{"type":"SCHEMA","stream":"{stream}","key_properties":{keys},"schema":{schema}}}"#)
}

/// A RECORD, in the ways that taps write it, and in some that only faults and malice explain.
fn record_line() -> impl Strategy<Value = String> {
    let starts = select(vec![
        r#"{"type":"RECORD","stream":"#,
        r#"{"type": "RECORD", "stream": "#,
        r#"{"type":"RECORD","version":2,"stream":"#,
        r#"{"time_extracted":"2018-11-02T22:57:04.8Z","type":"record","stream":"#,
    ]);
    let gaps = select(vec![",\"record\":", ",\"record\": ", ", \"record\": "]);
    let tails = prop_oneof![
        8 => Just("}"),
        6 => select(vec![
            " }",
            ",\"version\":1}",
            ",\"version\":2}",
            ", \"time_extracted\": \"2018-11-02T17:57:04-05:00\"}",
            ",\"time_extracted\":\"never\"}",
            ",\"extra\":{\"record\":{}}}",
        ]),
        1 => select(vec![
            ",\"stream\":\"t\"}",
            ",\"record\":{\"id\":7}}",
            ",\"type\":\"STATE\",\"value\":7}",
            ",\"type\":\"SCHEMA\",\"key_properties\":[],\"schema\":{\"properties\":{\"z\":{\"type\":\"string\"}}}}",
            ",\"type\":\"ACTIVATE_VERSION\",\"version\":2}",
            ",\"type\":\"other\"}",
            ",\"type\":\"BATCH\",\"encoding\":{\"format\":\"jsonl\"},\"manifest\":[]}",
        ]),
    ];
    (starts, stream(), gaps, record(), tails)
        .prop_map(|(start, stream, gap, record, tail)| format!("{start}\"{stream}\"{gap}{record}{tail}"))
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        20 => record_line(),
        2 => schema_line(),
        2 => (0..9).prop_map(|value| format!("{{\"type\":\"STATE\",\"value\":{value}}}")),
        1 => (stream(), 1..3).prop_map(|(stream, version)| {
            format!(r#"{{"type":"ACTIVATE_VERSION","stream":"{stream}","version":{version}}}"#)
        }),
        1 => select(vec!["", " \r", "{\"type\":\"LOG\"}"]).prop_map(str::to_owned),
    ]
}

/// Whole inputs: every stream is described first.
fn input() -> impl Strategy<Value = String> {
    vec(line(), 1..40).prop_map(|lines| {
        let described =
            ["s", "t", "keyless", "s!", "_sdc_x"].map(|stream| schema_text(stream, r#"{"properties":{}}"#));
        let lines: Vec<String> = described.into_iter().chain(lines).collect();
        lines.join("\n")
    })
}

fn world() -> impl Strategy<Value = World> {
    let formats = select(vec!["jsonl", "csv"]);
    let rows = select(vec![1, 2, 3, 7, 1000]);
    let bytes = select(vec![1, 40, 100, 1_000_000]);
    let templates = select(vec![
        "[integration_name]/[table_name]/[table_version]_[timestamp_loaded]",
        "[integration_name]-[table_name]-[table_version]_[timestamp_loaded]",
    ]);
    let on_invalid = select(vec!["reject", "reject", "reject", "fail"]);
    (formats, rows, bytes, templates, on_invalid, any::<bool>()).prop_map(
        |(format, rows, bytes, template, on_invalid, quotes)| World {
            settings: json!({
                "integration_name": "demo", "output_file_format": format, "batch_size_rows": rows,
                "batch_size_bytes": bytes, "s3_key_format_string": template, "on_invalid_record": on_invalid,
                "csv_force_quote": quotes.to_string(),
            }),
            ..World::default()
        },
    )
}

fn by_line(world: &World, input: &str) -> Outcome {
    let pieces: Vec<Vec<u8>> = input
        .split_inclusive('\n')
        .map(|line| line.as_bytes().to_vec())
        .collect();
    world.run(Feeding::Settled(&pieces))
}

fn in_pieces(input: &[u8], cuts: &[Index]) -> Vec<Vec<u8>> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
    at.extend([0, input.len()]);
    at.sort_unstable();
    at.windows(2)
        .map(|pair| input[pair[0]..pair[1]].to_vec())
        .collect()
}

/// The contents of each table's files in the order of loading, without the instants: which load came first among
/// tables is left open.
fn files(objects: &[Object]) -> BTreeMap<String, Vec<String>> {
    let mut files: BTreeMap<String, BTreeMap<i64, String>> = BTreeMap::new();
    for (key, content) in objects {
        let (start, rest) = key.rsplit_once('_').unwrap();
        let (instant, extension) = rest.split_once('.').unwrap();
        let instant: i64 = instant.parse().unwrap();
        let batched_at = Timestamp::from_millis(instant).to_string();
        let content = String::from_utf8(content.clone())
            .unwrap()
            .replace(&batched_at, "T");
        // Tables share the folder of rejects: each line names its own.
        let table = content
            .split(",\"reason\":")
            .next()
            .filter(|_| key.contains("_sdc_rejected"))
            .unwrap_or_default();
        files
            .entry(format!("{start}.{extension} {table}"))
            .or_default()
            .insert(instant, content);
    }
    files
        .into_iter()
        .map(|(key, contents)| (key, contents.into_values().collect()))
        .collect()
}

/// How a run ended. Where invalid records are fatal, a collision of sub-tables with those of records that other workers
/// hold is seen late: another invalid record of the same stretch may be named instead.
fn end(outcome: &Outcome, world: &World) -> String {
    let is_late =
        world.settings["on_invalid_record"] == "fail" && world.settings["output_file_format"] == "csv";
    match &outcome.result {
        Err(_) if is_late => "some fault".to_owned(),
        Ok(summary) => format!("{} records, {} rejected", summary.records, summary.rejected),
        Err(error) => error.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_and_workers_do_not_show(
        world in world(),
        input in input(),
        cuts in vec(any::<Index>(), 0..4),
        workers in 1..4_usize,
    ) {
        let expected = by_line(&world, &input);
        let world = World { workers, ..world };
        let found = world.run(Feeding::Flowing(&in_pieces(input.as_bytes(), &cuts)));
        prop_assert_eq!(end(&found, &world), end(&expected, &world));
        if expected.result.is_ok() {
            prop_assert_eq!(files(&found.objects), files(&expected.objects));
            prop_assert_eq!(found.stdout.lines().last(), expected.stdout.lines().last());
        }
    }

    #[test]
    fn faulty_input_ends_the_same_way_in_any_pieces(
        world in world(),
        input in input(),
        faults in vec((any::<Index>(), any::<u8>(), any::<bool>()), 1..4),
        cuts in vec(any::<Index>(), 0..3),
    ) {
        let mut input = input.into_bytes();
        for (at, byte, inserts) in faults {
            let at = at.index(input.len());
            if inserts { input.insert(at, byte) } else { input[at] = byte }
        }
        let lines: Vec<Vec<u8>> = input.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        let expected = world.run(Feeding::Settled(&lines));
        let world = World { workers: 2, ..world };
        let found = world.run(Feeding::Flowing(&in_pieces(&input, &cuts)));
        prop_assert_eq!(end(&found, &world), end(&expected, &world));
    }

    #[test]
    fn arbitrary_bytes_end_a_run_in_good_order(input in vec(any::<u8>(), 0..200)) {
        let _ = World::default().run(Feeding::Flowing(&[input]));
    }
}
