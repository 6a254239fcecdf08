//! What operators of `landfall serve` rely on: webhooks that survive kills, a log that can be encrypted, metrics.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a test whose world can't be built has failed"
)]

#[path = "support/server.rs"]
mod server;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use server::{Server, Site, batch, request, wait_until};

const PATIENCE: Duration = Duration::from_secs(20);

/// A receiver of webhooks that hears the first so-many requests and never answers them.
struct Receiving {
    address: SocketAddr,
    bodies: Receiver<String>,
}

impl Receiving {
    fn start(unanswered: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (heard, bodies) = channel();
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
                let Some(body) = read_body(&stream) else { continue };
                let _ = heard.send(body); // the test may be over
                if number < unanswered {
                    held.push(stream);
                } else {
                    let _ = (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                }
            }
        });
        Self { address, bodies }
    }

    fn next(&self) -> String {
        self.bodies.recv_timeout(PATIENCE).unwrap()
    }
}

fn read_body(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse().ok()?;
        }
        if line.trim_end().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

fn add_hook(server: &Server, receiving: &Receiving) {
    let url = format!("http://{}/hook", receiving.address);
    let hook = json!({"type": "post_load", "destination_id": 1, "config": {"url": url}});
    server
        .manage("POST", "/notifications/public/v1/api/hooks", Some(&hook))
        .ok();
}

fn push(server: &Server, token: &str, body: &str) {
    request(&server.address, "POST", "/v2/import/batch", token, body)
        .unwrap()
        .ok();
}

/// Runs a command on the site's data.
fn landfall(site: &Site, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_landfall"))
        .args(arguments)
        .env_clear()
        .env("LANDFALL_DATA_DIR", site.data())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

const QUICK: [&str; 5] = [
    "--batch-wait-seconds",
    "1",
    "--batch-size-rows",
    "5",
    "--allow-insecure-webhooks",
];

#[test]
fn a_webhook_whose_server_was_killed_before_it_was_marked_is_sent_again_and_none_is_lost() {
    let site = Site::new();
    let receiving = Receiving::start(1);
    let server = site.start(&QUICK);
    let token = server.set_up(&site);
    add_hook(&server, &receiving);
    push(&server, &token, &batch("orders", 0..10));
    let first = receiving.next();
    wait_until("both loads have landed", || site.lines("shop/orders").len() == 10);
    server.kill();
    let server = site.start(&QUICK);
    assert_eq!(receiving.next(), first, "it is told again");
    let second = receiving.next();
    let instant = |body: &str| -> String {
        let body: Value = serde_json::from_str(body).unwrap();
        body["minimum_sdc_batched_at"].as_str().unwrap().to_owned()
    };
    assert!(instant(&first) < instant(&second), "{first} {second}");
    assert!(server.end().success());
    let log: Value =
        serde_json::from_str(&said(&landfall(&site, &["hooks", "deliveries", "--json"]))).unwrap();
    let delivered: Vec<_> = log
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["delivered"].clone())
        .collect();
    assert_eq!(delivered, [true, true], "{log}");
}

#[test]
fn what_hooks_were_told_can_be_replayed_while_the_server_runs_and_while_it_does_not() {
    let site = Site::new();
    let receiving = Receiving::start(0);
    let server = site.start(&QUICK);
    let token = server.set_up(&site);
    add_hook(&server, &receiving);
    push(&server, &token, &batch("orders", 0..10));
    let told = [receiving.next(), receiving.next()];
    wait_until("both deliveries are noted", || {
        said(&landfall(&site, &["hooks", "deliveries"]))
            .matches("delivered")
            .count()
            == 2
    });
    let replayed = said(&landfall(
        &site,
        &["hooks", "replay", "--since", "2026-01-01", "--hook", "1"],
    ));
    assert!(replayed.contains("2 request(s) lined up again"), "{replayed}");
    assert_eq!([receiving.next(), receiving.next()], told);
    wait_until("they are noted", || {
        said(&landfall(&site, &["hooks", "deliveries"]))
            .matches("delivered")
            .count()
            == 4
    });
    assert!(server.end().success());
    let replayed = said(&landfall(
        &site,
        &["hooks", "replay", "--since", "2026-01-01T00:00:00Z"],
    ));
    assert!(replayed.contains("2 request(s)"), "{replayed}");
    let later = said(&landfall(&site, &["hooks", "replay", "--since", "2999-01-01"]));
    assert!(later.contains("0 request(s)"), "{later}");
    let server = site.start(&QUICK);
    assert_eq!([receiving.next(), receiving.next()], told);
    assert!(server.end().success());
    let unknown = landfall(
        &site,
        &["hooks", "replay", "--since", "2026-01-01", "--hook", "9"],
    );
    let complaint = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(
        !unknown.status.success() && complaint.contains("there is no hook 9"),
        "{complaint}"
    );
}

/// A source without a destination: what is pushed stays in the log.
fn set_up_held(server: &Server) -> String {
    let source = json!({"type": "import_api", "display_name": "Held"});
    server.manage("POST", "/v4/sources", Some(&source)).ok();
    let token = server.manage("POST", "/v4/sources/1/tokens", None).ok().json();
    token["access_token"].as_str().unwrap().to_owned()
}

fn secret(text: &str) -> String {
    json!({
        "table_name": "orders",
        "schema": {"properties": {"id": {"type": "string"}}},
        "messages": [{"action": "upsert", "sequence": 1, "data": {"id": text}}],
        "key_names": ["id"],
    })
    .to_string()
}

/// Whether any file of the log holds a text, and that only its owner can read it.
fn is_on_disk(log: &Path, text: &str) -> bool {
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(log), 0o700);
    let files = std::fs::read_dir(log).unwrap().map(|entry| entry.unwrap().path());
    let mut has_text = false;
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        let bytes = std::fs::read(&file).unwrap();
        has_text |= bytes.windows(text.len()).any(|window| window == text.as_bytes());
    }
    has_text
}

#[test]
fn with_a_key_nothing_of_the_records_is_on_disk_and_nobody_starts_without_it() {
    let site = Site::new();
    let key = site.write("log.key", &"5f".repeat(32));
    let other = site.write("other.key", &"60".repeat(32));
    let server = site.start(&[]);
    let token = set_up_held(&server);
    push(&server, &token, &secret("zanzibar-in-the-clear"));
    server.kill();
    let log = site.data().join("log");
    assert!(
        is_on_disk(&log, "zanzibar-in-the-clear"),
        "what is written without a key stays as it is"
    );
    let server = site.start(&["--log-key-file", &key]);
    push(&server, &token, &secret("timbuktu-under-a-key"));
    assert!(!is_on_disk(&log, "timbuktu"));
    server.kill();
    assert!(!is_on_disk(&log, "timbuktu"));
    let cases = [
        (
            vec!["serve"],
            "the log is encrypted, and there is no key: set LANDFALL_LOG_KEY or log_key_file",
        ),
        (
            vec!["serve", "--log-key-file", &other],
            "the log is encrypted with another key than that of",
        ),
        (
            vec!["serve", "--log-key-file", "/nowhere"],
            "give the path of a file with the key",
        ),
        (vec!["verify"], "the log is encrypted, and there is no key"),
    ];
    for (arguments, complaint) in cases {
        let refused = landfall(&site, &arguments);
        let text = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(
            !refused.status.success() && text.contains(complaint),
            "{arguments:?}: {text}"
        );
    }
    let verified = landfall(&site, &["verify", "--json", "--log-key-file", &key]);
    let report: Value = serde_json::from_str(&said(&verified)).unwrap();
    assert_eq!(report["tables"][0]["waiting"], 2, "{report}");
    let server = site.start(&["--log-key-file", &key, "--batch-wait-seconds", "1"]);
    server.set_up_destination(&site);
    let mapped = json!({"destination_id": 1});
    server.manage("PUT", "/v4/sources/1", Some(&mapped)).ok();
    wait_until("old and new records have landed", || {
        site.lines("held/orders").len() == 2
    });
    assert!(server.end().success());
    // As the handbook says to change the key.
    let verified = said(&landfall(&site, &["verify", "--log-key-file", &key]));
    assert!(verified.contains("waiting 0"), "{verified}");
    std::fs::remove_dir_all(&log).unwrap();
    let server = site.start(&["--log-key-file", &other]);
    push(&server, &token, &secret("samarkand-under-another"));
    assert!(server.end().success());
    assert_eq!(site.lines("held/orders").len(), 3);
}

#[test]
fn metrics_name_sources_and_tables_as_long_as_they_are_wanted() {
    let site = Site::new();
    let server = site.start(&["--batch-wait-seconds", "1"]);
    let token = server.set_up(&site);
    push(&server, &token, &batch("orders", 0..3));
    wait_until("the load is counted", || {
        metrics(&server).contains("landfall_load_rows_total{")
    });
    let shown = metrics(&server);
    for line in [
        "landfall_import_records_total{source=\"shop\"} 3",
        "landfall_load_rows_total{source=\"shop\",table=\"orders\"} 3",
        "landfall_load_objects_total{destination=\"1\",format=\"jsonl\"} 1",
        "landfall_load_lag_seconds{source=\"shop\",table=\"orders\"} 0",
        "landfall_destination_state{destination=\"1\",state=\"active\"} 1",
    ] {
        assert!(shown.lines().any(|found| found == line), "{line} in {shown}");
    }
    assert!(server.end().success());
    let server = site.start(&["--batch-wait-seconds", "1", "--metrics-without-tables"]);
    push(&server, &token, &batch("orders", 3..6));
    wait_until("the load is counted", || {
        metrics(&server).contains("landfall_load_rows_total{")
    });
    assert!(!metrics(&server).contains("table="));
    assert!(server.end().success());
}

fn metrics(server: &Server) -> String {
    request(&server.address, "GET", "/metrics", "", "")
        .unwrap()
        .ok()
        .body
}

#[test]
fn a_request_to_a_webhook_that_is_too_large_is_on_the_list_of_what_is_wrong() {
    let site = Site::new();
    let server = site.start(&[]);
    let source = json!({"type": "webhook.incoming-webhook", "display_name": "Clicks"});
    let made = server.manage("POST", "/v4/sources", Some(&source)).ok().json();
    let url = made["webhook_url"].as_str().unwrap();
    let path = url.strip_prefix(&format!("http://{}", server.address)).unwrap();
    let body = format!("{{\"text\":\"{}\"}}", "x".repeat(20_000_000));
    let refused = request(&server.address, "POST", path, "", &body);
    // The server may close the connection before all is sent.
    assert!(refused.is_err() || refused.is_ok_and(|answer| answer.status == 413));
    let notifications = || server.manage("GET", "/v4/notifications", None).ok().json();
    wait_until("it is told", || {
        !notifications()["data"].as_array().unwrap().is_empty()
    });
    let told = notifications();
    assert_eq!(told["data"][0]["event"], "record.too_large", "{told}");
    assert_eq!(told["data"][0]["tables"], json!(["data"]), "{told}");
    assert!(server.end().success());
}

#[test]
fn a_bucket_that_cannot_be_looked_into_keeps_verify_from_no_other() {
    let site = Site::new();
    let server = site.start(&["--batch-wait-seconds", "1"]);
    let token = server.set_up(&site);
    push(&server, &token, &batch("orders", 0..3));
    let root = site.bucket().parent().unwrap().to_str().unwrap().to_owned();
    server.create_destination(&json!({
        "s3_bucket": "nowhere",
        "output_file_format": "jsonl",
        "s3_key_format_string": "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].jsonl",
        "s3_endpoint_url": format!("file://{root}"),
    }));
    let mapped = json!({"type": "import_api", "display_name": "Later", "destination_id": 2});
    server.manage("POST", "/v4/sources", Some(&mapped)).ok();
    assert!(server.end().success());

    let verified = landfall(&site, &["verify"]);
    let text = String::from_utf8_lossy(&verified.stdout);
    assert!(verified.status.success(), "{text}");
    assert!(
        text.contains("bucket lake: 1 object(s) in the ledger, 0 missing")
            && text.contains("bucket nowhere: could not be looked into, and nothing has landed there"),
        "{text}"
    );

    std::fs::rename(site.bucket(), site.bucket().with_extension("gone")).unwrap();
    let verified = landfall(&site, &["verify"]);
    let text = String::from_utf8_lossy(&verified.stdout);
    assert!(!verified.status.success(), "{text}");
    assert!(text.contains("lake"), "{text}");
}

#[test]
fn a_table_whose_name_hides_something_is_verified_under_a_name_that_shows_it() {
    let site = Site::new();
    let server = site.start_with(&["--batch-wait-seconds", "1"], &[]);
    let token = server.set_up(&site);
    push(&server, &token, &batch("or\u{202e}ders", 0..3));
    assert!(server.end().success());
    let verified = landfall(&site, &["verify"]);
    let text = String::from_utf8_lossy(&verified.stdout);
    assert!(verified.status.success(), "{text}");
    assert!(
        text.contains("or⟨U+202E⟩ders: accepted 3") && !text.contains('\u{202e}'),
        "{text}"
    );
    let verified = landfall(&site, &["verify", "--json"]);
    let text = String::from_utf8_lossy(&verified.stdout);
    assert!(!text.contains('\u{202e}'), "{text}");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["tables"][0]["table"], "or\u{202e}ders");
}
