//! The stand-alone target's cases, run through the pipeline.
#![allow(clippy::unwrap_used, reason = "a test that can't read its cases has failed")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write;

use landfall_load::RunError;
use serde_json::Value;
use support::bucket::Object;
use support::cases::{cases, lines, name, text, upload_orders, write_files};
use support::world::{Feeding, Outcome, World};

/// Runs a case line by line: every load is finished before the next line is read.
fn run_by_line(case: &Value) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    write_files(case, dir.path());
    let mut pieces: Vec<Vec<u8>> = lines(case, dir.path())
        .into_iter()
        .map(|line| (line + "\n").into_bytes())
        .collect();
    let ends_without_line_feed = name(case) == "last line without a line feed";
    if let (true, Some(last)) = (ends_without_line_feed, pieces.last_mut()) {
        last.pop();
    }
    World::of(case).run(Feeding::Settled(&pieces))
}

/// Runs a case with several workers and all input in one piece.
fn run_in_one_piece(case: &Value) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    write_files(case, dir.path());
    let input: String = lines(case, dir.path())
        .into_iter()
        .map(|line| line + "\n")
        .collect();
    let world = World::of(case);
    // Workers take keys from the list as they come.
    let workers = if world.uuids.is_empty() { 3 } else { 1 };
    World { workers, ..world }.run(Feeding::Flowing(&[input.into_bytes()]))
}

/// Names what differs, with the beginnings of what does.
fn compare_objects(found: &[Object], expected: &[(String, String)], report: &mut String) {
    let keys = |objects: Vec<&String>| objects.into_iter().cloned().collect::<Vec<_>>().join(", ");
    let found_keys = keys(found.iter().map(|(key, _)| key).collect());
    let expected_keys = keys(expected.iter().map(|(key, _)| key).collect());
    if found_keys != expected_keys {
        let _ = writeln!(
            report,
            "  keys in order of upload\n    expected {expected_keys}\n    found    {found_keys}"
        );
    }
    for (key, content) in found {
        let found = String::from_utf8_lossy(content);
        match expected.iter().find(|(expected, _)| expected == key) {
            Some((_, expected)) => compare_text(key, &found, expected, report),
            None => compare_text(key, &found, "", report),
        }
    }
}

fn compare_text(key: &str, found: &str, expected: &str, report: &mut String) {
    if found == expected {
        return;
    }
    let shown = |line: Option<&str>| {
        line.map_or_else(|| "nothing".to_owned(), |line| line.chars().take(600).collect())
    };
    let (mut found_lines, mut expected_lines) = (found.split_inclusive('\n'), expected.split_inclusive('\n'));
    let mut number = 0;
    loop {
        number += 1;
        let (found, expected) = (found_lines.next(), expected_lines.next());
        if found != expected || found.is_none() {
            let (found, expected) = (shown(found), shown(expected));
            let _ = writeln!(
                report,
                "  {key}, line {number}\n    expected {expected:?}\n    found    {found:?}"
            );
            return;
        }
    }
}

fn expected_objects(case: &Value, order: &[String]) -> Vec<(String, String)> {
    order
        .iter()
        .map(|key| (key.clone(), text(&case["expect"]["objects"][key])))
        .collect()
}

/// Cases of files: every object to the byte.
fn check_files(vectors: &str) {
    let mut report = String::new();
    for (case, order) in cases(vectors).iter().zip(upload_orders(vectors)) {
        if case["input"].get("singer").is_none() {
            continue; // It comes in through the Import API.
        }
        let outcome = run_by_line(case);
        let mut problems = String::new();
        if let Err(error) = &outcome.result {
            let _ = writeln!(problems, "  ended with: {error}");
        }
        compare_objects(&outcome.objects, &expected_objects(case, &order), &mut problems);
        note(case, "by line", &problems, &mut report);
        if is_the_same_in_one_piece(case) && !has_limit(case) {
            check_in_one_piece(case, outcome, &mut report);
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

fn note(case: &Value, how: &str, problems: &str, report: &mut String) {
    if !problems.is_empty() {
        let _ = writeln!(report, "case \"{}\", {how}\n{problems}", name(case));
    }
}

/// Whether the way the input is handed over can't show in the objects: the clock stands still.
fn is_the_same_in_one_piece(case: &Value) -> bool {
    ["received_ms", "load_ms"]
        .iter()
        .all(|list| support::cases::readings(case, list).is_none_or(|readings| readings.len() <= 1))
}

/// The same input in one piece gives the same objects. Tables may load side by side, so only the order of uploads and
/// which generated key went where may differ.
fn check_in_one_piece(case: &Value, by_line: Outcome, report: &mut String) {
    let outcome = run_in_one_piece(case);
    let sorted = |mut objects: Vec<Object>| {
        objects.sort();
        objects
    };
    let expected: Vec<(String, String)> = sorted(by_line.objects)
        .into_iter()
        .map(|(key, content)| (key, String::from_utf8_lossy(&content).into_owned()))
        .collect();
    let mut problems = String::new();
    compare_objects(&sorted(outcome.objects), &expected, &mut problems);
    if outcome.stdout.lines().last() != by_line.stdout.lines().last() {
        let _ = writeln!(
            problems,
            "  last state: {:?} by line, {:?} in one piece",
            by_line.stdout, outcome.stdout
        );
    }
    let ends = [&by_line.result, &outcome.result]
        .map(|result| result.as_ref().map_err(RunError::to_string).cloned());
    if ends[0] != ends[1] {
        let _ = writeln!(
            problems,
            "  ended with {:?} by line, {:?} in one piece",
            ends[0], ends[1]
        );
    }
    note(case, "in one piece", &problems, report);
}

/// Rows below each folder: lines, without the header in CSV.
fn rows(objects: &[Object]) -> BTreeMap<String, u64> {
    let mut rows = BTreeMap::new();
    for (key, content) in objects {
        let folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
        let lines = content.iter().filter(|byte| **byte == b'\n').count() as u64;
        let header = u64::from(key.ends_with(".csv"));
        *rows.entry(format!("{folder}/")).or_default() += lines - header;
    }
    rows
}

fn expected_rows(case: &Value) -> BTreeMap<String, u64> {
    let rows = case["expect"]["rows"].as_object().unwrap();
    rows.iter()
        .map(|(folder, rows)| (folder.clone(), rows.as_u64().unwrap()))
        .collect()
}

/// Cases of runs: exit code, states, reason of the end, rows landed.
fn check_runs(vectors: &str) {
    let mut report = String::new();
    for case in &cases(vectors) {
        let outcome = run_by_line(case);
        let mut problems = String::new();
        check_run(case, &outcome, &mut problems);
        note(case, "by line", &problems, &mut report);
        if case["expect"]["exit_code"] == 0 && is_the_same_in_one_piece(case) && !has_limit(case) {
            check_in_one_piece(case, outcome, &mut report);
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

/// With small batches of several tables, instants and states depend on when loads happen to end.
fn has_limit(case: &Value) -> bool {
    ["batch_size_rows", "batch_size_bytes"]
        .iter()
        .any(|limit| case["settings"].get(limit).is_some())
}

fn check_run(case: &Value, outcome: &Outcome, problems: &mut String) {
    let expect = &case["expect"];
    let states: Vec<&str> = expect["stdout"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    let found: Vec<&str> = outcome.stdout.lines().collect();
    if found != states {
        let _ = writeln!(
            problems,
            "  states\n    expected {states:?}\n    found    {found:?}"
        );
    }
    let is_dry = case.get("args").is_some();
    let exit_code = match &outcome.result {
        Ok(summary) => i64::from(is_dry && summary.rejected > 0),
        Err(_) => 1,
    };
    if expect["exit_code"] != exit_code {
        let _ = writeln!(
            problems,
            "  expected exit code {}, ended with {:?}",
            expect["exit_code"], outcome.result
        );
    }
    let fatal = outcome
        .result
        .as_ref()
        .err()
        .map(|error| format!("CRITICAL {error}"));
    let last = expect.get("stderr_last").and_then(Value::as_str);
    // Where the system's own words are part of it, the case does not give the end.
    if last.is_some() && fatal.as_deref() != last {
        let _ = writeln!(problems, "  end\n    expected {last:?}\n    found    {fatal:?}");
    }
    if rows(&outcome.objects) != expected_rows(case) {
        let (expected, found) = (expected_rows(case), rows(&outcome.objects));
        let _ = writeln!(
            problems,
            "  rows\n    expected {expected:?}\n    found    {found:?}"
        );
    }
}

macro_rules! files {
    ($($test:ident: $file:literal;)*) => { $(
        #[test]
        fn $test() {
            check_files(include_str!(concat!("vectors/files/", $file)));
        }
    )* };
}

macro_rules! runs {
    ($($test:ident: $file:literal;)*) => { $(
        #[test]
        fn $test() {
            check_runs(include_str!(concat!("vectors/singer/", $file)));
        }
    )* };
}

files! {
    cells_are_written_as_specified: "cells.json";
    arrays_become_sub_files: "csv-arrays.json";
    objects_become_columns: "csv-objects.json";
    keys_are_kept_or_generated: "keys.json";
    large_records_are_landed_or_cut: "large.json";
    names_are_cleaned_in_keys: "names-and-templates.json";
    invalid_records_are_set_aside: "rejects.json";
    worked_examples_come_out_to_the_byte: "spec-examples.json";
    system_columns_are_right: "system-columns.json";
}

runs! {
    states_go_out_when_their_records_are_loaded: "state.json";
    batch_files_are_read: "batch.json";
    faulty_input_ends_the_run: "fatal.json";
    odd_input_is_tolerated: "tolerated.json";
    a_dry_run_writes_nothing: "dry-run.json";
}
