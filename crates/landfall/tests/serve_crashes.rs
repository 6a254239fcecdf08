//! `landfall serve`, killed right after each of its durable steps: what it acknowledged is in the bucket once, and what
//! it did not acknowledge at most once.
#![cfg(debug_assertions)]
#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a test whose world can't be built has failed"
)]

#[path = "support/numbered_orders.rs"]
mod numbered_orders;
#[path = "support/server.rs"]
mod server;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::{Arc, Mutex};

use numbered_orders::NumberedOrders;
use serde_json::{Value, json};
use server::{Server, Site, wait_until};

/// Each push is a load of its own.
const LIMITS: [&str; 4] = ["--batch-size-rows", "3", "--batch-wait-seconds", "1"];
const KILL_AFTER: &str = "LANDFALL_TEST_KILL_AFTER";
const SIGKILL: i32 = 9;

/// A site whose destination takes CSV, so that loads have several objects, and a token.
fn site_for_orders() -> (Site, String) {
    let site = Site::new();
    let server = site.start(&LIMITS);
    server.set_up_destination_for(&site, "csv");
    let token = server.set_up_source();
    server.kill();
    (site, token)
}

/// A life in which four batches are pushed. It ends at `point`, or is ended when all is landed without its being passed.
fn live_until(point: &str, site: &Site, token: &str, orders: &mut NumberedOrders) {
    let mut server = site.start_with(&LIMITS, &[(KILL_AFTER, point)]);
    orders.push_some(4, &server, token);
    wait_until("it dies, or lands everything", || {
        server.ended().is_some() || orders.are_landed(site)
    });
}

/// As [`live_until`], where it must die: it is given more until it does.
#[track_caller]
fn die_at(point: &str, site: &Site, token: &str, orders: &mut NumberedOrders) {
    let mut server = site.start_with(&LIMITS, &[(KILL_AFTER, point)]);
    orders.push_some(4, &server, token);
    let mut ended = None;
    wait_until(point, || {
        ended = server.ended();
        if ended.is_none() && orders.are_landed(site) {
            orders.push(&server, token);
        }
        ended.is_some()
    });
    assert_eq!(ended.and_then(|status| status.signal()), Some(SIGKILL), "{point}");
}

#[track_caller]
fn assert_unchanged(before: &BTreeMap<String, String>, site: &Site, point: &str) {
    let after = site.objects();
    for (key, content) in before {
        assert_eq!(after.get(key), Some(content), "{point}: {key} changed");
    }
}

/// Kills a server after the `count`th passing of a step and the next one at its first, starts it once more, and accounts
/// for all records.
fn crash_twice(step: &str, counts: &[u64]) {
    for count in counts {
        let point = format!("{step}:{count}");
        let (site, token) = site_for_orders();
        let mut orders = NumberedOrders::default();
        die_at(&point, &site, &token, &mut orders);
        let before = site.objects();
        live_until(&format!("{step}:1"), &site, &token, &mut orders);
        assert_unchanged(&before, &site, &point);
        let server = site.start(&LIMITS);
        assert!(orders.push(&server, &token), "{point}: it goes on");
        assert!(server.end().success(), "{point}");
        assert_unchanged(&before, &site, &point);
        let report = orders.assert_landed_once(&site, &point);
        assert_eq!(report["buckets"][0]["foreign"], json!([]), "{point}");
    }
}

#[test]
fn killed_between_log_and_answer() {
    crash_twice("appended", &[1, 2, 4]);
}

#[test]
fn killed_when_a_table_was_met() {
    crash_twice("met", &[1, 2]);
}

#[test]
fn killed_when_a_load_was_opened() {
    crash_twice("opened", &[1, 2, 3, 4]);
}

#[test]
fn killed_between_the_objects_of_a_load() {
    crash_twice("object_put", &[1, 2, 3, 4, 7]);
}

#[test]
fn killed_between_the_last_object_and_the_commit() {
    crash_twice("put", &[1, 2, 3, 4]);
}

#[test]
fn killed_when_a_load_was_committed() {
    crash_twice("committed", &[1, 2, 3, 4]);
}

#[test]
fn killed_when_an_activation_was_passed() {
    crash_twice("skipped", &[1]);
}

#[test]
fn killed_between_noting_what_is_done_and_freeing_the_log() {
    crash_twice("noted", &[1, 2]);
}

#[test]
fn killed_when_the_log_was_freed() {
    crash_twice("freed", &[1, 2]);
}

#[test]
fn killed_when_a_load_has_made_way_for_an_object_of_somebody_else() {
    let (site, token) = site_for_orders();
    let mut orders = NumberedOrders::default();
    die_at("object_put:1", &site, &token, &mut orders);
    let is_of_load = |key: &&String| key.starts_with("shop/");
    let key = site.objects().keys().find(is_of_load).unwrap().clone();
    std::fs::write(site.bucket().join(&key), "somebody else was here\n").unwrap();
    die_at("moved:1", &site, &token, &mut orders);
    let server = site.start(&LIMITS);
    assert!(orders.push(&server, &token));
    assert!(server.end().success());
    let foreign = std::fs::remove_file(site.bucket().join(&key));
    assert!(foreign.is_ok(), "what is somebody else's stays");
    orders.assert_landed_once(&site, "moved:1");
}

#[test]
fn killed_when_a_failed_load_was_noted() {
    let (site, token) = site_for_orders();
    let challenge = site.objects().into_keys().next().unwrap();
    std::fs::remove_file(site.bucket().join(&challenge)).unwrap();
    let mut orders = NumberedOrders::default();
    die_at("failed:1", &site, &token, &mut orders);
    assert_eq!(
        site.objects().len(),
        0,
        "nothing is written without the challenge"
    );
    let server = site.start(&LIMITS);
    assert_eq!(server.destination_status(), "failing");
    assert!(orders.push(&server, &token), "it is held");
    std::fs::write(site.bucket().join(&challenge), "").unwrap();
    server.check_destination();
    wait_until("all is landed", || orders.are_landed(&site));
    assert!(server.end().success());
    orders.assert_landed_once(&site, "failed:1");
}

/// Kills the server that sends it the first request, and answers the later ones.
struct DeadlyHook {
    address: std::net::SocketAddr,
    victim: Arc<Mutex<Option<u32>>>,
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl DeadlyHook {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let hook = Self {
            address: listener.local_addr().unwrap(),
            victim: Arc::default(),
            bodies: Arc::default(),
        };
        let (victim, bodies) = (hook.victim.clone(), hook.bodies.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                serve_hook(stream, &victim, &bodies);
            }
        });
        hook
    }
}

fn serve_hook(mut stream: std::net::TcpStream, victim: &Mutex<Option<u32>>, bodies: &Mutex<Vec<Value>>) {
    use std::io::Write;
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let lines: Vec<String> = reader
        .by_ref()
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    let length = lines
        .iter()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    bodies
        .lock()
        .unwrap()
        .push(serde_json::from_slice(&body).unwrap());
    if let Some(process) = victim.lock().unwrap().take() {
        let killed = Command::new("kill")
            .args(["-KILL", &process.to_string()])
            .status();
        assert!(killed.unwrap().success());
        return;
    }
    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

fn with_hooks(site: &Site, point: &str) -> Server {
    let limits = [LIMITS.as_slice(), &["--allow-insecure-webhooks"]].concat();
    site.start_with(&limits, &[(KILL_AFTER, point)])
}

#[test]
fn killed_before_and_while_a_hook_is_told_every_load_is_still_told() {
    let (site, token) = site_for_orders();
    let hook = DeadlyHook::start();
    let mut orders = NumberedOrders::default();
    let mut server = with_hooks(&site, "committed:1");
    let made = json!({"type": "post_load", "destination_id": 1, "config": {"url": format!("http://{}/", hook.address)}});
    server
        .manage("POST", "/notifications/public/v1/api/hooks", Some(&made))
        .ok();
    orders.push(&server, &token);
    wait_until("it dies with the commit", || server.ended().is_some());
    assert_eq!(hook.bodies.lock().unwrap().len(), 0, "nobody was told");
    // Started anew, it tells of the load that was committed, and dies before it hears the answer.
    let victim = hook.victim.clone();
    let mut waiting = victim.lock().unwrap();
    let mut server = with_hooks(&site, "");
    *waiting = Some(server.process_id());
    drop(waiting);
    wait_until("it dies while it tells", || server.ended().is_some());
    let server = with_hooks(&site, "");
    wait_until("the load is told again", || {
        hook.bodies.lock().unwrap().len() >= 2
    });
    assert!(server.end().success());
    orders.assert_landed_once(&site, "hook");
    let bodies = hook.bodies.lock().unwrap();
    assert_eq!(bodies[0], bodies[1], "the same request");
    assert_eq!(bodies[0]["tables"][0]["num_rows"], 3, "{}", bodies[0]);
}
