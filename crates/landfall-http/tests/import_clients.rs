//! The clients that people use, unmodified, from PyPI.
#![allow(clippy::unwrap_used, reason = "a test that can't set itself up has failed")]

mod support;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use landfall_core::intake::AcceptedItem;
use support::{Server, World, settings};

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

fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // It may end before it has read everything.
        scope.spawn(move || drop(stdin.write_all(input.as_bytes())));
        child.wait_with_output().unwrap()
    })
}

/// The stored records of each table, in order: sequence and text.
fn stored(server: &Server) -> BTreeMap<String, Vec<(i64, String)>> {
    let mut tables: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    for part in server.world.stored().iter().flat_map(|request| &request.parts) {
        let records = tables.entry(part.table.clone()).or_default();
        for item in &part.items {
            if let AcceptedItem::Record(record) = item {
                records.push((record.sequence, part.text[record.data.clone()].to_owned()));
            }
        }
    }
    tables
}

const STREAMS: [&str; 3] = ["users", "orders", "größen"];
const RECORDS: usize = 4_000;

/// What a tap sends of the record `id`, and target-stitch sends on, apart from white space and escapes.
fn record(id: usize) -> String {
    let padding = "x".repeat(id % 2_000);
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

fn target_stitch(server: &Server, token: &str, lines: &str) -> Output {
    let url = format!("http://{}/v2/import/batch", server.address);
    let config = serde_json::json!({
        "client_id": 7723,
        "token": token,
        "small_batch_url": url,
        "big_batch_url": url,
        "batch_size_preferences": {},
        "turbo_boost_factor": 2,
        "disable_collection": true,
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    std::fs::write(&path, config.to_string()).unwrap();
    run(
        Command::new(program("target-stitch")).arg("--config").arg(&path),
        lines,
    )
}

#[test]
fn target_stitch_delivers_every_value_of_several_streams() {
    let server = Server::start(World::new(), settings());
    let ended = target_stitch(&server, "at_S1", &singer_lines());
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    let states = String::from_utf8(ended.stdout).unwrap();
    let last: serde_json::Value = serde_json::from_str(states.lines().last().unwrap()).unwrap();
    assert_eq!(
        last,
        serde_json::json!({"done": "größen"}),
        "STATE is written once all is accepted"
    );
    let stored = stored(&server);
    assert_eq!(
        stored.keys().map(String::as_str).collect::<Vec<_>>(),
        ["größen", "orders", "users"]
    );
    for (table, mut records) in stored {
        // Several requests are on their way at once; the sequence tells the order.
        records.sort();
        assert_eq!(records.len(), RECORDS, "{table}");
        for (id, (sequence, text)) in records.iter().enumerate() {
            assert_eq!(sequence.to_string().len(), 19);
            let (found, sent): (serde_json::Value, serde_json::Value) = (
                serde_json::from_str(text).unwrap(),
                serde_json::from_str(&record(id)).unwrap(),
            );
            assert_eq!(found, sent, "{table} {id}");
            assert!(text.contains("12345678901234567.123456789"), "{text}");
            assert!(text.contains(&format!("{id}.10")), "{text}");
        }
    }
    let requests = server.world.stored();
    assert!(
        requests.len() > STREAMS.len(),
        "large streams come in several requests"
    );
    let activations = requests
        .iter()
        .flat_map(|request| &request.parts)
        .flat_map(|part| &part.items);
    let activations = activations
        .filter(|item| **item == AcceptedItem::ActivateVersion)
        .count();
    assert_eq!(activations, STREAMS.len());
    for part in requests.iter().flat_map(|request| &request.parts) {
        assert_eq!(
            (&*part.key_names, &*part.bookmark_names),
            (&["id".to_owned()][..], &["at".to_owned()][..])
        );
        assert_eq!(part.version.as_i64(), 1_565_880_017);
    }
}

#[test]
fn target_stitch_says_why_it_was_refused() {
    let server = Server::start(World::new(), settings());
    let ended = target_stitch(&server, "at_PAUSED", &singer_lines());
    assert!(!ended.status.success());
    let log = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(log.contains("Error persisting data to Stitch: 401"), "{log}");
    assert!(log.contains("Connection is not active."), "{log}");
}

/// The Transit library inside stitchclient 1.0.1 names classes where Python 3.10 and later no longer have them: whoever
/// uses it there puts them back, as the first line does.
const PUSH: &str = r#"
import collections, collections.abc; collections.__dict__.update({name: value for name, value in vars(collections.abc).items() if name[0].isupper()})
import sys, uuid, datetime, decimal
from stitchclient.client import Client
url, token = sys.argv[1], sys.argv[2]
utc = datetime.timezone.utc
with Client(7723, token, table_name="events", key_names=["id"], override_stitch_url=url, callback_function=lambda batch: None) as client:
    for i in range(5000):
        client.push({
            "action": "upsert",
            "sequence": 1565880017000000000 + i,
            "data": {
                "id": i, "name": "Zoë 😀 %d" % i, "huge": 2**63 - 1, "larger": 2**70, "ratio": i / 4, "none": None, "yes": True,
                "at": datetime.datetime(2018, 4, 30, 17, 0, 0, 123000, tzinfo=utc), "dec": decimal.Decimal("1.10"), "not": float("nan"),
                "uuid": uuid.UUID("531a379e-31bb-4ce1-8690-158dceb64be6"), "set": {7}, "list": [1, "~tilde", "^hat"], "map": {"deep key": {"x": []}},
                "text " + "x" * (i % 50): "~:not a keyword",
            },
        })
    client.push({"action": "switch_view", "sequence": 9, "table_name": "events", "table_version": 3})
"#;

fn push(server: &Server, token: &str) -> Output {
    let url = format!("http://{}/v2/import/push", server.address);
    run(
        Command::new(program("python")).args(["-c", PUSH, &url, token]),
        "",
    )
}

#[test]
fn stitchclient_delivers_every_value_of_every_type() {
    let server = Server::start(World::new(), settings());
    let ended = push(&server, "at_S1");
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    let stored = stored(&server);
    let records = &stored["events"];
    assert_eq!(records.len(), 5_000);
    for (id, (sequence, text)) in records.iter().enumerate() {
        assert_eq!(*sequence, 1_565_880_017_000_000_000 + i64::try_from(id).unwrap());
        let ratio = serde_json::json!(id as f64 / 4.0);
        let last = "x".repeat(id % 50);
        let expected = format!(
            r#"{{"id":{id},"name":"Zoë 😀 {id}","huge":9223372036854775807,"larger":1180591620717411303424,"ratio":{ratio},"none":null,"yes":true,"at":"2018-04-30T17:00:00.123Z","dec":1.10,"not":null,"uuid":"531a379e-31bb-4ce1-8690-158dceb64be6","set":[7],"list":[1,"~tilde","^hat"],"map":{{"deep key":{{"x":[]}}}},"text {last}":"~:not a keyword"}}"#
        );
        assert_eq!(*text, expected, "{id}");
    }
    let last = server.world.stored().pop().unwrap().parts.pop().unwrap();
    assert_eq!(
        (last.version.as_i64(), last.items.last()),
        (3, Some(&AcceptedItem::ActivateVersion))
    );
}

#[test]
fn stitchclient_says_why_it_was_refused() {
    let server = Server::start(World::new(), settings());
    let ended = push(&server, "at_REV");
    assert!(!ended.status.success());
    let log = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(
        log.contains("Not Authorized") || log.contains("onnection"),
        "{log}"
    );
}
