//! Delivery of post-load webhooks to a real server on this machine (loading.md §8.2, §8.3).

// A test that can't go on says so by panicking.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "support/hook_server.rs"]
mod hook_server;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use hook_server::{Seen, Server};
use landfall_bucket::Sleep;
use landfall_load::{HookFailure, HookFault, HookParts, HookSender, HookTiming, Hooks};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// Takes no time, and remembers what it was asked for.
#[derive(Debug, Default)]
struct Waits(Mutex<Vec<u64>>);

#[async_trait]
impl Sleep for Waits {
    async fn sleep(&self, wait: Duration) {
        self.0.lock().unwrap().push(wait.as_secs());
        tokio::task::yield_now().await;
    }
}

/// A sender and what it did.
struct Bench {
    sender: HookSender,
    waits: Arc<Waits>,
    failures: Arc<Mutex<Vec<HookFailure>>>,
}

impl Bench {
    fn new(urls: &[String]) -> Self {
        Self::answered_within(urls, Duration::from_secs(30))
    }

    fn answered_within(urls: &[String], answer_within: Duration) -> Self {
        let waits: Arc<Waits> = Arc::default();
        let failures: Arc<Mutex<Vec<HookFailure>>> = Arc::default();
        let reported = failures.clone();
        let parts = HookParts {
            runtime: Handle::current(),
            timing: HookTiming {
                answer_within,
                ..HookTiming::STAND_ALONE
            },
            sleep: waits.clone(),
            report: Box::new(move |failure| reported.lock().unwrap().push(failure.clone())),
        };
        let hooks = Hooks::parse(urls.iter().map(String::as_str)).unwrap();
        Self {
            sender: HookSender::new(hooks, parts).unwrap(),
            waits,
            failures,
        }
    }

    fn waits(&self) -> Vec<u64> {
        self.waits.0.lock().unwrap().clone()
    }

    fn failures(&self) -> Vec<HookFailure> {
        self.failures.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn a_request_is_what_stitch_sends() {
    let server = Server::answering(&["204 No Content"]).await;
    let bench = Bench::new(&[server.url("/hook?token=abc")]);
    bench.sender.enqueue("t", r#"{"version":"1.0"}"#.to_owned());
    bench.sender.drain().await;
    let headers = [
        ("User-Agent", "StitchLoadingWebhook"),
        ("Content-Type", "application/json"),
        ("Host", &server.address.to_string()),
        ("Content-Length", "17"),
    ];
    let expected = Seen {
        line: "POST /hook?token=abc HTTP/1.1".to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        body: r#"{"version":"1.0"}"#.to_owned(),
    };
    assert_eq!(server.seen(), [expected]);
    assert_eq!(bench.waits(), Vec::<u64>::new());
    assert_eq!(bench.failures(), []);
}

#[tokio::test]
async fn user_info_is_sent_and_not_shown() {
    let server = Server::answering(&["200 OK"]).await;
    let url = format!("http://user:pass@{}/", server.address);
    let bench = Bench::new(&[url]);
    bench.sender.enqueue("t", "{}".to_owned());
    bench.sender.drain().await;
    let seen = server.seen();
    assert!(
        seen[0]
            .headers
            .contains(&("Authorization".to_owned(), "Basic dXNlcjpwYXNz".to_owned())),
        "{seen:?}"
    );
}

#[tokio::test]
async fn a_failed_try_is_repeated_with_the_same_body() {
    for first in [
        "500 Internal Server Error",
        "404 Not Found",
        "301 Moved Permanently\r\nLocation: /there",
        "304 Not Modified",
    ] {
        let answers: &'static [&'static str] = Box::leak(Box::new([first, "201 Created"]));
        let server = Server::answering(answers).await;
        let bench = Bench::new(&[server.url("/here")]);
        bench.sender.enqueue("t", "{}".to_owned());
        bench.sender.drain().await;
        let lines: Vec<String> = server.seen().into_iter().map(|seen| seen.line).collect();
        assert_eq!(lines, ["POST /here HTTP/1.1"; 2], "{first}");
        assert_eq!(server.bodies(), ["{}"; 2], "{first}");
        assert_eq!((bench.waits(), bench.failures()), (vec![1], vec![]), "{first}");
    }
}

#[tokio::test]
async fn after_six_tries_one_failure_is_reported_and_the_next_request_goes_on() {
    let server = Server::answering(&["503 Service Unavailable"]).await;
    let bench = Bench::new(&[server.url("/hook?token=abc")]);
    bench.sender.enqueue("orders", "1".to_owned());
    bench.sender.enqueue("orders", "2".to_owned());
    bench.sender.drain().await;
    assert_eq!(
        server.bodies(),
        ["1", "1", "1", "1", "1", "1", "2", "2", "2", "2", "2", "2"]
    );
    assert_eq!(bench.waits(), [1, 2, 4, 8, 16, 1, 2, 4, 8, 16]);
    let url = bench.failures()[0].url.clone();
    assert!(
        url.starts_with(&format!("http://{} (hook ", server.address)),
        "{url}"
    );
    let failure = HookFailure {
        url: url.clone(),
        table: "orders".to_owned(),
        fault: HookFault::Status(503),
    };
    assert_eq!(bench.failures(), [failure.clone(), failure.clone()]);
    let message = format!(
        "unable to deliver the post-load notification of orders to {url}: it answered 503: check that the URL answers 2xx"
    );
    assert_eq!(failure.to_string(), message);
}

#[tokio::test]
async fn a_server_that_is_gone_is_a_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let bench = Bench::new(std::slice::from_ref(&url));
    bench.sender.enqueue("t", "{}".to_owned());
    bench.sender.drain().await;
    let failures = bench.failures();
    let HookFault::Connection(reason) = &failures[0].fault else {
        panic!("{failures:?}")
    };
    assert!(reason.starts_with("Connection refused"), "{reason}");
    assert_eq!(
        (
            failures.len(),
            bench.waits().len(),
            failures[0].url.starts_with(url.trim_end_matches('/'))
        ),
        (1, 5, true)
    );
}

#[tokio::test]
async fn no_answer_in_time_is_a_failure() {
    let server = Server::start(|_, _| Box::pin(async { None })).await;
    let answer_within = Duration::from_millis(50);
    let bench = Bench::answered_within(&[server.url("/")], answer_within);
    bench.sender.enqueue("t", "{}".to_owned());
    bench.sender.drain().await;
    assert_eq!(server.bodies().len(), 6);
    assert_eq!(bench.failures()[0].fault, HookFault::NoAnswer(answer_within));
    assert_eq!(bench.failures()[0].fault.to_string(), "no answer within 0.05 s");
}

/// The first request of table a is answered only once b and the other hook have had all of theirs: if they waited for
/// it, this test would not end.
#[tokio::test]
async fn a_table_keeps_its_order_while_other_tables_and_hooks_go_on() {
    let others_done = Arc::new(Semaphore::new(0));
    let gate = others_done.clone();
    let slow = Server::start(move |seen, before| {
        let gate = gate.clone();
        Box::pin(async move {
            if seen.body.starts_with('b') {
                gate.add_permits(1);
            } else if before < 3 {
                let _all = gate.acquire_many(7).await.unwrap();
                return Some("500 Internal Server Error");
            }
            Some("200 OK")
        })
    })
    .await;
    let gate = others_done.clone();
    let quick = Server::start(move |_, _| {
        gate.add_permits(1);
        Box::pin(async { Some("200 OK") })
    })
    .await;
    let bench = Bench::new(&[slow.url("/"), quick.url("/")]);
    for body in ["a1", "a2", "b1", "a3", "b2"] {
        bench.sender.enqueue(&body[..1], body.to_owned());
    }
    bench.sender.drain().await;
    let of_table = |bodies: Vec<String>, table: &str| -> Vec<String> {
        bodies
            .into_iter()
            .filter(|body| body.starts_with(table))
            .collect()
    };
    assert_eq!(of_table(slow.bodies(), "a"), ["a1", "a1", "a2", "a3"]);
    assert_eq!(of_table(slow.bodies(), "b"), ["b1", "b2"]);
    assert_eq!(of_table(quick.bodies(), "a"), ["a1", "a2", "a3"]);
    assert_eq!(of_table(quick.bodies(), "b"), ["b1", "b2"]);
    assert_eq!(bench.failures(), []);
}

#[tokio::test]
async fn a_table_is_served_again_after_its_lane_was_empty() {
    let server = Server::answering(&["200 OK"]).await;
    let bench = Bench::new(&[server.url("/")]);
    for body in ["1", "2", "3"] {
        bench.sender.enqueue("t", body.to_owned());
        bench.sender.drain().await;
    }
    assert_eq!(server.bodies(), ["1", "2", "3"]);
}

#[tokio::test]
async fn what_a_hook_has_no_room_for_is_reported_at_once() {
    let server = Server::start(|_, _| Box::pin(async { None })).await;
    let bench = Bench::new(&[server.url("/")]);
    let mib = 1024 * 1024;
    for number in 0..9 {
        bench.sender.enqueue("t", "x".repeat(mib));
        assert_eq!(bench.failures().len(), usize::from(number == 8), "{number}");
    }
    assert_eq!(bench.failures()[0].fault, HookFault::Crowded(8 * mib));
}

/// One table waits for an answer, its next notice and another table's behind it.
#[tokio::test]
async fn whatever_is_undelivered_when_nobody_waits_any_longer_is_reported_once() {
    let asked = Arc::new(Semaphore::new(0));
    let gate = asked.clone();
    let server = Server::start(move |_, _| {
        gate.add_permits(1);
        Box::pin(async { None })
    })
    .await;
    let bench = Bench::new(&[server.url("/")]);
    for (table, body) in [("a", "1"), ("a", "2"), ("b", "3")] {
        bench.sender.enqueue(table, body.to_owned());
    }
    bench
        .sender
        .drain_until(async {
            let _both_tables = asked.acquire_many(2).await.unwrap();
        })
        .await;
    let mut failures: Vec<_> = bench
        .failures()
        .into_iter()
        .map(|failure| (failure.table, failure.fault))
        .collect();
    failures.sort_by(|one, other| one.0.cmp(&other.0));
    let cut_short = |table: &str| (table.to_owned(), HookFault::CutShort);
    assert_eq!(failures, ["a", "a", "b"].map(cut_short));
}

#[tokio::test]
async fn without_hooks_there_is_nothing_to_wait_for() {
    let bench = Bench::new(&[]);
    bench.sender.enqueue("t", "{}".to_owned());
    bench.sender.drain().await;
    assert_eq!(bench.failures(), []);
}

/// The loader's conductor is a plain thread.
#[test]
fn a_thread_without_a_runtime_can_enqueue() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (server, bench) = runtime.block_on(async {
        let server = Server::answering(&["200 OK"]).await;
        let bench = Bench::new(&[server.url("/")]);
        (server, bench)
    });
    bench.sender.enqueue("t", "{}".to_owned());
    runtime.block_on(bench.sender.drain());
    assert_eq!(server.bodies(), ["{}"]);
}

/// Otherwise a fault in a report would keep the run from ending.
#[tokio::test]
async fn a_report_that_panics_does_not_keep_the_others_waiting() {
    let server = Server::answering(&["500 Internal Server Error"]).await;
    let parts = HookParts {
        runtime: Handle::current(),
        timing: HookTiming::STAND_ALONE,
        sleep: Arc::new(Waits::default()),
        report: Box::new(|_| panic!("a report that panics")),
    };
    let url = server.url("/");
    let sender = HookSender::new(Hooks::parse([url.as_str()]).unwrap(), parts).unwrap();
    sender.enqueue("t", "1".to_owned());
    sender.enqueue("t", "2".to_owned());
    sender.drain().await;
    assert_eq!(server.bodies(), ["1"; 6]);
}
