//! The clients that people use, unmodified, from PyPI, through the whole of `landfall serve`: every value that they push
//! is in the bucket.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a test whose world can't be built has failed"
)]

#[path = "support/server.rs"]
mod server;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use server::{Server, Site};

/// Small enough for several objects of each table.
const LIMITS: [&str; 6] = [
    "--batch-size-rows",
    "700",
    "--batch-wait-seconds",
    "1",
    "--client-id",
    "7723",
];

/// A program of the environment that `make test-deps` installs.
#[track_caller]
fn program(name: &str) -> PathBuf {
    let repository = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.venv");
    let environment = std::env::var_os("LANDFALL_TEST_VENV").map_or_else(repository, PathBuf::from);
    let program = environment.join("import-clients/bin").join(name);
    assert!(
        program.exists(),
        "{} is missing: run `make test-deps`, which installs it",
        program.display()
    );
    program
}

#[track_caller]
fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let ended = std::thread::scope(|scope| {
        // It may end before it has read everything.
        scope.spawn(move || drop(stdin.write_all(input.as_bytes())));
        child.wait_with_output().unwrap()
    });
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    ended
}

/// The rows of each table as they stand in its objects, in the order of the load instants.
fn rows(site: &Site) -> BTreeMap<String, Vec<String>> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, text) in site.objects() {
        if let Some((table, _)) = key.strip_prefix("shop/").and_then(|key| key.split_once('/')) {
            let rows = tables.entry(table.to_owned()).or_default();
            rows.extend(text.lines().map(str::to_owned));
        }
    }
    tables
}

/// Ends the server, and has `landfall verify` add up that so many records landed.
#[track_caller]
fn end_with(site: &Site, server: Server, records: usize) -> Value {
    assert!(server.end().success());
    let report = site.verify();
    assert_eq!(report["clean"], true, "{report}");
    let tables = report["tables"].as_array().unwrap();
    let count = |what: &str| {
        tables
            .iter()
            .map(|table| table[what].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(
        (count("landed"), count("rejected")),
        (records as u64, 0),
        "{report}"
    );
    report
}

const STREAMS: [&str; 3] = ["users", "orders", "Line Items"];
const RECORDS: usize = 4_000;

/// What a tap sends of the record `id`.
fn record(id: usize) -> String {
    let padding = "x".repeat(id % 500);
    format!(
        r#"{{"id":{id},"name":"Zoë 😀 {id}","amount":{id}.10,"big":12345678901234567.123456789,"at":"2024-03-01T12:34:56.789Z","nested":{{"tags":["a",null,true],"pad":"{padding}"}},"none":null}}"#
    )
}

fn singer_lines() -> String {
    let schema = r#"{"type":"object","properties":{"id":{"type":"integer"},"name":{"type":["null","string"]},"amount":{"type":["null","number"],"multipleOf":0.01},"big":{"type":"number"},"at":{"type":["null","string"],"format":"date-time"},"nested":{"type":"object","properties":{}},"none":{"type":["null","string"]}}}"#;
    let mut lines = String::new();
    for stream in STREAMS {
        lines.push_str(&format!("{{\"type\":\"SCHEMA\",\"stream\":\"{stream}\",\"schema\":{schema},\"key_properties\":[\"id\"],\"bookmark_properties\":[\"at\"]}}\n"));
        for id in 0..RECORDS {
            lines.push_str(&format!("{{\"type\":\"RECORD\",\"stream\":\"{stream}\",\"version\":1565880017,\"record\":{},\"time_extracted\":\"2024-03-01T12:00:00.000000Z\"}}\n", record(id)));
        }
        lines.push_str(&format!(
            "{{\"type\":\"ACTIVATE_VERSION\",\"stream\":\"{stream}\",\"version\":1565880017}}\n"
        ));
        lines.push_str(&format!(
            "{{\"type\":\"STATE\",\"value\":{{\"done\":\"{stream}\"}}}}\n"
        ));
    }
    lines
}

fn target_stitch(site: &Site, server: &Server, token: &str) -> Output {
    let url = format!("http://{}/v2/import/batch", server.address);
    let config = json!({
        "client_id": 7723,
        "token": token,
        "small_batch_url": url,
        "big_batch_url": url,
        "batch_size_preferences": {},
        "turbo_boost_factor": 2,
        "disable_collection": true,
    });
    let path = site.write("target-stitch.json", &config.to_string());
    run(
        Command::new(program("target-stitch")).arg("--config").arg(path),
        &singer_lines(),
    )
}

#[test]
fn target_stitch_has_every_value_of_several_streams_in_the_bucket() {
    let site = Site::new();
    let server = site.start(&LIMITS);
    let token = server.set_up(&site);
    let ended = target_stitch(&site, &server, &token);
    let states = String::from_utf8(ended.stdout).unwrap();
    let last: Value = serde_json::from_str(states.lines().last().unwrap()).unwrap();
    assert_eq!(last, json!({"done": "Line Items"}));
    end_with(&site, server, STREAMS.len() * RECORDS);
    let tables = rows(&site);
    assert_eq!(
        tables.keys().collect::<Vec<_>>(),
        ["Line_Items", "orders", "users"]
    );
    for (table, rows) in tables {
        // Several requests are on their way at once: the order is that of arrival.
        let mut by_id: BTreeMap<u64, (Value, String)> = BTreeMap::new();
        for row in rows {
            let value: Value = serde_json::from_str(&row).unwrap();
            let doubled = by_id.insert(value["id"].as_u64().unwrap(), (value, row));
            assert!(doubled.is_none(), "{table}: {doubled:?}");
        }
        assert_eq!(by_id.len(), RECORDS, "{table}");
        for (id, (found, text)) in &by_id {
            let sent: Value = serde_json::from_str(&record(*id as usize)).unwrap();
            for (name, value) in sent.as_object().unwrap() {
                assert_eq!(found[name], *value, "{table} {id} {name}");
            }
            assert!(text.contains("12345678901234567.123456789"), "{text}");
            assert!(text.contains(&format!("{id}.10")), "{text}");
            assert_eq!(found["_sdc_table_version"], 1_565_880_017, "{text}");
            assert_eq!(found["_sdc_sequence"].to_string().len(), 19, "{text}");
        }
    }
}

/// The Transit library inside stitchclient 1.0.1 names classes where Python 3.10 and later no longer have them: whoever
/// uses it there puts them back, as the first line does.
const PUSH: &str = r#"
import collections, collections.abc; collections.__dict__.update({name: value for name, value in vars(collections.abc).items() if name[0].isupper()})
import sys, uuid, datetime, decimal
from stitchclient.client import Client
url, token = sys.argv[1], sys.argv[2]
utc = datetime.timezone.utc
with Client(7723, token, key_names=["id"], override_stitch_url=url, callback_function=lambda batch: None) as client:
    for i in range(6000):
        client.push({
            "action": "upsert",
            "sequence": 1565880017000000000 + i,
            "table_name": ["events", "clicks", "views"][i % 3],
            "data": {
                "id": i, "name": "Zoë 😀 %d" % i, "huge": 2**63 - 1, "larger": 2**70, "ratio": i / 4, "none": None, "yes": True,
                "at": datetime.datetime(2018, 4, 30, 17, 0, 0, 123000, tzinfo=utc), "dec": decimal.Decimal("1.10"), "not": float("nan"),
                "uuid": uuid.UUID("531a379e-31bb-4ce1-8690-158dceb64be6"), "set": {7}, "list": [1, "~tilde", "^hat"], "map": {"deep key": {"x": []}},
                "text " + "x" * (i % 50): "~:not a keyword",
            },
        })
"#;

#[test]
fn stitchclient_has_every_value_of_every_type_in_the_bucket() {
    let site = Site::new();
    let server = site.start(&LIMITS);
    let token = server.set_up(&site);
    let url = format!("http://{}/v2/import/push", server.address);
    run(
        Command::new(program("python")).args(["-c", PUSH, &url, &token]),
        "",
    );
    end_with(&site, server, 6_000);
    let tables = rows(&site);
    assert_eq!(tables.keys().collect::<Vec<_>>(), ["clicks", "events", "views"]);
    for (table, first) in [("events", 0_u32), ("clicks", 1), ("views", 2)] {
        let rows = &tables[table];
        assert_eq!(rows.len(), 2_000, "{table}");
        // One client pushes one request after the other: the rows are in its order.
        for (id, row) in (first..6_000).step_by(3).zip(rows) {
            let ratio = json!(f64::from(id) / 4.0);
            let last = "x".repeat(id as usize % 50);
            let expected = format!(
                r#"{{"id":{id},"name":"Zoë 😀 {id}","huge":9223372036854775807,"larger":1180591620717411303424,"ratio":{ratio},"none":null,"yes":true,"at":"2018-04-30T17:00:00.123Z","dec":1.10,"not":null,"uuid":"531a379e-31bb-4ce1-8690-158dceb64be6","set":[7],"list":[1,"~tilde","^hat"],"map":{{"deep key":{{"x":[]}}}},"text {last}":"~:not a keyword","#
            );
            assert!(row.starts_with(&expected), "{table} {id}: {row}");
            let found: Value = serde_json::from_str(row).unwrap();
            assert_eq!(
                found["_sdc_sequence"],
                1_565_880_017_000_000_000 + u64::from(id),
                "{row}"
            );
        }
    }
}
