//! What the cases of the specification leave out: the ways that input is handed over, and buckets that misbehave.
#![allow(clippy::unwrap_used, reason = "a test that can't set itself up has failed")]

mod support;

use std::io::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use support::world::{Feeding, Outcome, World};

const SCHEMA: &str = r#"{"type":"SCHEMA","stream":"t","key_properties":["id"],"schema":{"properties":{}}}"#;

fn run(world: &World, lines: &[&str]) -> Outcome {
    world.run(Feeding::Flowing(&[lines.join("\n").into_bytes()]))
}

fn with(settings: serde_json::Value) -> World {
    let mut all = json!({"integration_name": "demo"});
    all.as_object_mut()
        .unwrap()
        .extend(settings.as_object().unwrap().clone());
    World {
        settings: all,
        ..World::default()
    }
}

/// `key: content` of each object in order of upload, cut at the system columns.
fn shown(outcome: &Outcome) -> Vec<String> {
    let content = |content: &[u8]| {
        let text = String::from_utf8(content.to_vec()).unwrap();
        let lines = text.lines().map(|line| {
            line.split(",\"_sdc_received_at\"")
                .next()
                .unwrap_or_default()
                .to_owned()
        });
        lines.collect::<Vec<_>>().join(" ")
    };
    outcome
        .objects
        .iter()
        .map(|(key, bytes)| format!("{key}: {}", content(bytes)))
        .collect()
}

/// Their checksums are put together from stretches; the bucket holds them against the content.
#[test]
fn large_files_have_the_checksum_of_their_content() {
    let text = "x".repeat(1_000);
    let record = |id: u32| {
        format!(
            r#"{{"type":"RECORD","stream":"t","record":{{"id":{id},"text":"{text}","tags":["{text}"]}}}}"#
        )
    };
    let mut pieces = vec![format!("{SCHEMA}\n").into_bytes()];
    for first in (0..9_000).step_by(150) {
        let lines: Vec<String> = (first..first + 150).map(record).collect();
        pieces.push(format!("{}\n", lines.join("\n")).into_bytes());
    }
    for format in ["jsonl", "csv"] {
        let outcome = with(json!({"output_file_format": format})).run(Feeding::Flowing(&pieces));
        assert_eq!(outcome.result.unwrap().records, 9_000, "{format}");
        let large = outcome
            .objects
            .iter()
            .filter(|(_, content)| content.len() > 8 << 20);
        assert!(large.count() > 0, "{format}");
    }
}

#[test]
fn white_space_before_a_record_is_no_part_of_it() {
    // The second line begins like the first, so its beginning is known.
    let lines = [
        SCHEMA,
        r#"{"type":"RECORD","stream":"t","record":{"id":1}}"#,
        r#"{"type":"RECORD","stream":"t","record":  {"id":2}}"#,
    ];
    let outcome = run(&World::default(), &lines);
    assert_eq!(
        shown(&outcome),
        ["demo/t/0_1700000000123.jsonl: {\"id\":1 {\"id\":2"]
    );
}

#[test]
fn names_that_never_repeat_are_landed_all_the_same() {
    let record = |id: usize| {
        let names: Vec<String> = (0..40_000)
            .map(|name| format!("\"n{id}_{name}\":{name}"))
            .collect();
        let version = id / 2;
        format!(
            r#"{{"type":"RECORD","stream":"t","record":{{"id":{id},{}}},"version":{version}}}"#,
            names.join(",")
        )
    };
    let lines: Vec<Vec<u8>> = std::iter::once(SCHEMA.to_owned())
        .chain((0..6).map(record))
        .map(|line| format!("{line}\n").into_bytes())
        .collect();
    for format in ["jsonl", "csv"] {
        let outcome = with(json!({"output_file_format": format})).run(Feeding::Flowing(&lines));
        outcome.result.unwrap();
        assert_eq!(outcome.objects.len(), 3, "{format}: one object for each version");
    }
}

#[test]
fn infinities_outside_of_records_are_no_json_however_the_line_begins() {
    let faulty = r#"{"type":"RECORD","stream":"t","record":{"id":NaN},"time_extracted":NaN}"#;
    let known = r#"{"type":"RECORD","stream":"t","record":{"id":1}}"#;
    for lines in [vec![SCHEMA, faulty], vec![SCHEMA, known, faulty]] {
        let error = run(&World::default(), &lines).result.unwrap_err().to_string();
        assert_eq!(
            error,
            format!("Line {}: unable to parse as JSON: {faulty}", lines.len())
        );
    }
}

#[test]
fn keys_that_are_absent_are_the_same_as_none() {
    let lines = [
        r#"{"type":"SCHEMA","stream":"t","schema":{"properties":{}}}"#,
        r#"{"type":"RECORD","stream":"t","record":{"id":1}}"#,
        r#"{"type":"SCHEMA","stream":"t","key_properties":[],"schema":{"properties":{}}}"#,
        r#"{"type":"RECORD","stream":"t","record":{"id":2}}"#,
    ];
    assert_eq!(run(&World::default(), &lines).objects.len(), 1);
}

#[test]
fn a_batch_has_its_fill_of_bytes_of_its_own_version() {
    let record = |version: i64, id: i64| {
        format!(r#"{{"type":"RECORD","stream":"t","record":{{"id":{id}}},"version":{version}}}"#)
    };
    let lines = [
        SCHEMA.to_owned(),
        record(1, 1),
        record(2, 2),
        record(2, 3),
        record(2, 4),
        record(2, 5),
    ];
    let lines: Vec<Vec<u8>> = lines.into_iter().map(|line| (line + "\n").into_bytes()).collect();
    let world = with(json!({"batch_size_bytes": 24}));
    for outcome in [
        world.run(Feeding::Settled(&lines)),
        world.run(Feeding::Flowing(&[lines.concat()])),
    ] {
        let expected = [
            "demo/t/1_1700000000123.jsonl: {\"id\":1",
            "demo/t/2_1700000000124.jsonl: {\"id\":2 {\"id\":3 {\"id\":4",
            "demo/t/2_1700000000125.jsonl: {\"id\":5",
        ];
        assert_eq!(shown(&outcome), expected);
    }
}

#[test]
fn names_too_long_for_a_folder_are_rejected() {
    let name = "n".repeat(256);
    let schema = SCHEMA.replace("\"t\"", &format!("\"{name}\""));
    let record = format!(r#"{{"type":"RECORD","stream":"{name}","record":{{"id":1}}}}"#);
    let world = World {
        max_key_part_bytes: Some(255),
        ..World::default()
    };
    assert_eq!(
        run(&World::default(), &[&schema, &record])
            .result
            .unwrap()
            .rejected,
        0
    );
    assert_eq!(run(&world, &[&schema, &record]).result.unwrap().rejected, 1);
}

#[test]
fn an_array_in_an_array_is_the_property_value_of_an_element() {
    let lines = [
        SCHEMA,
        r#"{"type":"RECORD","stream":"t","record":{"id":1,"a":[[1],{"value":[2]}]}}"#,
    ];
    let outcome = run(&with(json!({"output_file_format": "csv"})), &lines);
    assert_eq!(outcome.result.unwrap().rejected, 0);
    let inner = outcome
        .objects
        .iter()
        .find(|(key, _)| key.starts_with("demo/t/a/value/"))
        .unwrap();
    let rows = String::from_utf8(inner.1.clone()).unwrap();
    let cells: Vec<&str> = rows
        .lines()
        .map(|line| line.split(",2023").next().unwrap())
        .collect();
    let header = cells[0].split(",_sdc_received_at").next().unwrap();
    assert_eq!(
        (header, &cells[1..]),
        (
            "_sdc_source_key_id,_sdc_level_0_id,_sdc_level_1_id,value",
            &["1,0,0,1", "1,1,0,2"][..]
        )
    );
}

#[test]
fn batch_files_of_many_pieces_are_read_whole() {
    let dir = tempfile::tempdir().unwrap();
    let records: String = (0..200_000).map(|id| format!("{{\"id\":{id}}}\r\n\n")).collect();
    let records = records.trim_end();
    let path = dir.path().join("records.gz");
    let mut file =
        flate2::write::GzEncoder::new(std::fs::File::create(&path).unwrap(), flate2::Compression::fast());
    file.write_all(records.as_bytes()).unwrap();
    file.finish().unwrap();
    let path = path.to_str().unwrap();
    let batch = format!(
        r#"{{"type":"BATCH","stream":"t","encoding":{{"format":"jsonl","compression":"gzip"}},"manifest":["file://{path}"]}}"#
    );
    let world = World {
        workers: 3,
        ..with(json!({"batch_size_rows": 150_000}))
    };
    let outcome = run(&world, &[SCHEMA, &batch, r#"{"type":"STATE","value":1}"#]);
    assert_eq!(outcome.result.unwrap().records, 200_000);
    let lines: Vec<usize> = outcome
        .objects
        .iter()
        .map(|(_, content)| content.split(|byte| *byte == b'\n').count() - 1)
        .collect();
    assert_eq!((lines, outcome.stdout.as_str()), (vec![150_000, 50_000], "1\n"));
}

#[test]
fn after_a_failed_load_no_state_comes() {
    let lines = [
        SCHEMA,
        r#"{"type":"STATE","value":0}"#,
        r#"{"type":"RECORD","stream":"t","record":{"id":1}}"#,
        r#"{"type":"STATE","value":1}"#,
    ];
    let world = World {
        broken: Some("demo/t/".to_owned()),
        ..World::default()
    };
    let outcome = run(&world, &lines);
    assert!(outcome.result.is_err());
    assert_eq!(outcome.stdout, "0\n");
}

/// A record of one of three streams, or a state whose value is the number of records before it.
fn steps() -> impl Strategy<Value = Vec<Option<&'static str>>> {
    vec(select(vec![Some("a"), Some("b"), Some("c"), None]), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_state_comes_when_its_records_are_in_the_bucket(
        steps in steps(),
        rows in 1..5_u64,
        slow in select(vec![None, Some("demo/a/"), Some("demo/b/"), Some("000_")]),
        piece_bytes in 50..3000_usize,
    ) {
        let mut input: String =
            ["a", "b", "c"].map(|stream| SCHEMA.replace("\"t\"", &format!("\"{stream}\"")) + "\n").concat();
        let mut records = 0;
        for step in steps {
            input += &match step {
                Some(stream) => format!("{{\"type\":\"RECORD\",\"stream\":\"{stream}\",\"record\":{{\"id\":{records}}}}}\n"),
                None => format!("{{\"type\":\"STATE\",\"value\":{records}}}\n"),
            };
            records += usize::from(step.is_some());
        }
        let pieces: Vec<Vec<u8>> = input.as_bytes().chunks(piece_bytes).map(<[u8]>::to_vec).collect();
        let world = with(json!({"batch_size_rows": rows}));
        let outcome = World { workers: 2, slow: slow.map(str::to_owned), ..world }.run(Feeding::Flowing(&pieces));
        prop_assert!(outcome.result.is_ok());
        let mut last = None;
        for (state, objects) in outcome.stdout.lines().zip(&outcome.objects_at_line) {
            let state: usize = state.parse().unwrap();
            prop_assert!(last < Some(state), "states come in the order of the input, each once");
            last = Some(state);
            let contents: Vec<u8> = outcome.objects[..*objects].iter().flat_map(|(_, content)| content.clone()).collect();
            let contents = String::from_utf8(contents).unwrap();
            for id in 0..state {
                let record = format!("{{\"id\":{id},");
                prop_assert!(contents.contains(&record), "record {} is not in the bucket before state {}", id, state);
            }
        }
        let newest = input.lines().rev().find_map(|line| line.strip_prefix("{\"type\":\"STATE\",\"value\":"));
        prop_assert_eq!(outcome.stdout.lines().last(), newest.map(|value| value.trim_end_matches('}')));
    }
}
