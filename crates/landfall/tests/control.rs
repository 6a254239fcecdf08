//! `landfall destination` and `landfall source` against a running server, and what the server tells people by itself.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "a test whose world can't be built has failed"
)]

#[path = "support/listener.rs"]
mod listener;
#[path = "support/server.rs"]
mod server;
#[path = "control/sources.rs"]
mod sources;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::sync::mpsc::{Receiver, channel};

use listener::Listener;
use serde_json::{Value, json};
use server::{ADMIN_KEY, Server, Site, batch, request, wait_until};

const KEY: &str = "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].jsonl";

/// A call of the command line.
struct Called {
    code: i32,
    out: String,
    err: String,
}

fn call_at(address: &str, key: &str, arguments: &[&str]) -> Called {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_landfall"))
        .args(arguments)
        .env_clear()
        .env("LANDFALL_SERVER", address)
        .env("LANDFALL_KEY", key)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Called {
        code: status.code().unwrap(),
        out: text(stdout),
        err: text(stderr),
    }
}

fn call(server: &Server, arguments: &[&str]) -> Called {
    call_at(&format!("http://{}", server.address), ADMIN_KEY, arguments)
}

impl Called {
    #[track_caller]
    fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}

/// Makes a destination in the site's folder, and returns the name of its challenge file.
fn create(server: &Server, site: &Site) -> String {
    let root = format!("file://{}", site.bucket().parent().unwrap().display());
    let arguments = [
        "destination",
        "create",
        "--name",
        "Lake",
        "--bucket",
        "lake",
        "--format",
        "json",
        "--key",
        KEY,
        "--endpoint",
        &root,
    ];
    let made = call(server, &arguments).ended(0);
    assert!(
        made.out
            .starts_with("Destination 1 created (pending verification)."),
        "{}",
        made.out
    );
    assert!(made.out.contains("\"Version\": \"2012-10-17\""), "{}", made.out);
    assert!(made.out.contains("landfall destination check 1"), "{}", made.out);
    let name = made.out.lines().map(str::trim);
    let mut names = name.filter(|line| line.starts_with("stitch-challenge-file-"));
    names.next().unwrap().to_owned()
}

#[test]
fn a_destination_is_set_up_from_the_command_line_alone() {
    let site = Site::new();
    let server = site.start(&["--batch-wait-seconds", "1"]);
    let challenge = create(&server, &site);
    let check = call(&server, &["destination", "check", "1"]).ended(1);
    assert!(check.out.contains("head_bucket     ok\n"), "{}", check.out);
    assert!(
        check
            .out
            .contains("head_challenge  FAIL The challenge file is not in the folder "),
        "{}",
        check.out
    );
    assert!(
        check.out.contains("  Cause:  ") && check.out.contains("  Remedy: "),
        "{}",
        check.out
    );
    std::fs::write(site.bucket().join(&challenge), "").unwrap();
    let check = call(&server, &["destination", "check", "1"]).ended(0);
    assert!(
        check
            .out
            .ends_with("write_probe     ok\nSuccess! Destination 1 is active.\n"),
        "{}",
        check.out
    );
    let source = call(&server, &["source", "create", "import-api", "Shop", "--json"]).ended(0);
    let token = source.json()["access_token"].as_str().unwrap().to_owned();
    let pushed = request(
        &server.address,
        "POST",
        "/v2/import/batch",
        &token,
        &batch("orders", 1..3),
    );
    assert_eq!(pushed.unwrap().status, 201);
    wait_until("the records are in the bucket", || {
        site.lines("shop/orders").len() == 2
    });
    assert!(server.end().success());
}

#[test]
fn each_command_does_what_the_api_does() {
    let site = Site::new();
    let server = site.start(&[]);
    let challenge = create(&server, &site);
    let listed = call(&server, &["destination", "list"]).ended(0);
    assert!(
        listed.out.contains("pending verification") && listed.out.contains("Lake"),
        "{}",
        listed.out
    );
    let shown = call(&server, &["destination", "show", "1", "--json"])
        .ended(0)
        .json();
    assert_eq!(shown["properties"]["output_file_format"], "jsonl");
    assert!(!shown.to_string().contains(&challenge));
    let policy = call(
        &server,
        &["destination", "policy", "1", "--partition", "aws-cn", "--json"],
    )
    .ended(0);
    assert_eq!(policy.json()["partition"], "aws-cn");
    let renewed = call(&server, &["destination", "new-challenge", "1"]).ended(0);
    assert!(renewed.out.contains("stitch-challenge-file-") && !renewed.out.contains(&challenge));
    assert!(renewed.out.contains("touch "), "{}", renewed.out);
    let csv = KEY.replace("jsonl", "csv");
    let changes = [
        "destination",
        "update",
        "1",
        "--format",
        "csv",
        "--delimiter",
        "tab",
        "--key",
        &csv,
    ];
    call(&server, &changes).ended(0);
    let shown = call(&server, &["destination", "show", "1", "--json"]).json();
    assert_eq!(shown["properties"]["csv_delimiter"], "\\t");
    call(&server, &["destination", "pause", "1"]).ended(0);
    let paused = call(&server, &["destination", "show", "1"]).ended(0);
    assert!(paused.out.contains("paused"), "{}", paused.out);
    call(&server, &["destination", "resume", "1"]).ended(0);
    call(&server, &["destination", "delete", "1", "--sources", "pause"]).ended(2);
    call(&server, &["destination", "delete", "1", "--yes"]).ended(2);
    call(
        &server,
        &["destination", "delete", "1", "--yes", "--sources", "pause"],
    )
    .ended(0);
    assert_eq!(
        call(&server, &["destination", "list", "--json"]).json(),
        json!([])
    );
    let source = call(&server, &["source", "create", "import-api", "Shop"]).ended(0);
    assert!(
        source.out.contains("  at_") && source.out.contains("no destination yet"),
        "{}",
        source.out
    );
}

#[test]
fn what_is_wrong_is_told_by_exit_code_and_message() {
    let site = Site::new();
    let server = site.start(&[]);
    let good = call(&server, &["destination", "validate-key", KEY]).ended(0);
    assert!(good.out.contains("salesforce_prod/account/1_"), "{}", good.out);
    let bad = call(&server, &["destination", "validate-key", "my data"]).ended(2);
    assert!(bad.err.contains("[table_version]"), "{}", bad.err);
    let bad = call(&server, &["destination", "validate-key", "my data", "--json"]).ended(2);
    assert_eq!(bad.json()["valid"], false);
    let bucket = call(&server, &["destination", "create", "--bucket", "s3://lake"]).ended(2);
    assert!(bucket.err.contains("s3_bucket: "), "{}", bucket.err);
    let unknown = call(&server, &["destination", "check", "9"]).ended(2);
    assert_eq!(unknown.err, "invalid connection id\n");
    let secret = call(
        &server,
        &["destination", "create", "--bucket", "lake", "--auth", "static"],
    )
    .ended(2);
    assert!(secret.err.contains("AWS_ACCESS_KEY_ID"), "{}", secret.err);
    let address = format!("http://{}", server.address);
    let wrong = call_at(&address, "ac_wrong", &["destination", "list"]).ended(2);
    assert_eq!(wrong.err, "invalid or missing access token\n");
    call_at("http://192.0.2.1", ADMIN_KEY, &["destination", "list"]).ended(2);
    call_at(&address, "", &["destination", "list"]).ended(2);
    server.kill();
    let gone = call_at(&address, ADMIN_KEY, &["destination", "list"]).ended(3);
    assert!(gone.err.contains("can't be reached"), "{}", gone.err);
}

#[test]
fn an_event_hook_hears_that_a_destination_fails_and_that_it_is_back() {
    let site = Site::new();
    let server = site.start(&["--allow-insecure-webhooks"]);
    let challenge = create(&server, &site);
    let file = site.bucket().join(challenge);
    std::fs::write(&file, "").unwrap();
    call(&server, &["destination", "check", "1"]).ended(0);
    let hook = Listener::start();
    let body =
        json!({"url": hook.url("/events"), "events": ["destination.failing", "destination.recovered"]});
    let made = server.manage("POST", "/v4/event-hooks", Some(&body)).ok().json();
    let secret = made["secret"].as_str().unwrap();
    let mut heard = Vec::new();
    std::fs::remove_file(&file).unwrap();
    call(&server, &["destination", "check", "1"]).ended(1);
    wait_until("the hook hears of the failure", || {
        heard.extend(hook.posted());
        heard.len() == 1
    });
    let failing = &heard[0];
    assert_eq!(failing.body["event"], "destination.failing");
    assert_eq!(failing.body["destination_id"], 1);
    assert_eq!(failing.body["resolved"], false);
    assert!(
        failing.head.contains(&"user-agent: landfallevents".to_owned()),
        "{:?}",
        failing.head
    );
    let signature = failing
        .head
        .iter()
        .find_map(|line| line.strip_prefix("x-landfall-signature: sha256="));
    let text = failing.body.to_string();
    assert_eq!(signature.unwrap().len(), 64, "{text} is signed with {secret}");
    let listed = server.manage("GET", "/v4/notifications", None).ok().json();
    assert_eq!(listed["data"][0]["event"], "destination.failing");
    std::fs::write(&file, "").unwrap();
    call(&server, &["destination", "check", "1"]).ended(0);
    wait_until("the hook hears of the recovery", || {
        heard.extend(hook.posted());
        heard.len() == 2
    });
    assert_eq!(heard[1].body["event"], "destination.recovered");
    assert_eq!(heard[1].body["resolved"], true);
    let listed = server.manage("GET", "/v4/notifications", None).ok().json();
    assert_eq!(listed["data"], json!([]));
}

/// Takes one mail, and hands over all that was said to it.
fn mail_server() -> (u16, Receiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, mails) = channel();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut answers = stream.try_clone().unwrap();
        let mut said = Vec::new();
        let mut is_mail = false;
        answers.write_all(b"220 mail.test ESMTP\r\n").unwrap();
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let answer: &[u8] = match line.split(' ').next().unwrap_or_default() {
                "." if is_mail => {
                    is_mail = false;
                    b"250 taken\r\n"
                }
                _ if is_mail => b"",
                "DATA" => {
                    is_mail = true;
                    b"354 go on\r\n"
                }
                "QUIT" => b"221 bye\r\n",
                _ => b"250 mail.test\r\n",
            };
            let is_last = line == "QUIT";
            said.push(line);
            if answers.write_all(answer).is_err() || is_last {
                break;
            }
        }
        let _ = sender.send(said);
    });
    (port, mails)
}

#[test]
fn a_test_mail_arrives_at_the_mail_server() {
    let site = Site::new();
    let server = site.start(&[]);
    let (port, mails) = mail_server();
    let smtp = json!({"smtp": {
        "host": "127.0.0.1", "port": port, "security": "none", "from": "landfall@example.com",
    }});
    server
        .manage("PUT", "/v4/notification-settings", Some(&smtp))
        .ok();
    let to = json!({"email_address": "ops@example.com"});
    let sent = server
        .manage("POST", "/v4/notification-settings/test", Some(&to))
        .ok()
        .json();
    assert_eq!(sent, json!({"delivered": true, "failure": null}));
    assert!(server.end().success());
    let said = mails.recv().unwrap();
    for expected in [
        "MAIL FROM:<landfall@example.com>",
        "RCPT TO:<ops@example.com>",
        "Subject: Landfall Notification - Test",
    ] {
        assert!(
            said.iter().any(|line| line.starts_with(expected)),
            "{expected} in {said:?}"
        );
    }
}
