//! `landfall serve` without room for more: it refuses with 503, keeps all that it acknowledged, and goes on by itself
//! when there is room (operations.md §9).
#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a test whose world can't be built has failed"
)]

#[path = "support/random.rs"]
#[allow(dead_code, reason = "each test file takes what it needs")]
mod random;
#[path = "support/server.rs"]
mod server;

use std::path::PathBuf;

use random::Random;
use serde_json::{Value, json};
use server::{Server, Site, request, wait_until};

const LIMITS: [&str; 4] = ["--batch-size-rows", "40", "--batch-wait-seconds", "1"];

/// Pushes records whose content can't be compressed, and counts them.
struct Pushes {
    token: String,
    random: Random,
    record_bytes: usize,
    next: u64,
    acknowledged: Vec<u64>,
}

impl Pushes {
    fn new(token: String, record_bytes: usize) -> Self {
        Self {
            token,
            random: Random::seeded(9),
            record_bytes,
            next: 0,
            acknowledged: Vec::new(),
        }
    }

    /// Pushes ten records, and returns the status of the answer.
    fn push(&mut self, server: &Server) -> u16 {
        let ids: Vec<u64> = (self.next..self.next + 10).collect();
        self.next += 10;
        let messages: Vec<Value> = ids
            .iter()
            .map(|id| {
                let noise =
                    (0..self.record_bytes / 16).map(|_| format!("{:016x}", self.random.below(u64::MAX)));
                let data = json!({"id": id, "noise": noise.collect::<String>()});
                json!({"action": "upsert", "sequence": id, "data": data})
            })
            .collect();
        let schema = json!({"properties": {"id": {"type": "integer"}}});
        let body =
            json!({"table_name": "orders", "schema": schema, "messages": messages, "key_names": ["id"]});
        let answer = server.push(&self.token, &body.to_string()).unwrap();
        match answer.status {
            201 | 202 => self.acknowledged.extend(ids),
            503 => assert!(answer.body.contains("Service Unavailable"), "{answer:?}"),
            _ => panic!("{answer:?}"),
        }
        answer.status
    }

    fn push_until_refused(&mut self, server: &Server) {
        let refused = (0..1_000).any(|_| self.push(server) == 503);
        assert!(refused, "it took {} records", self.acknowledged.len());
    }

    #[track_caller]
    fn assert_landed_once(&self, site: &Site) {
        assert_eq!(landed(site), self.acknowledged);
        let report = site.verify();
        assert_eq!(report["clean"], true, "{report}");
        assert_eq!(
            report["tables"][0]["accepted"],
            self.acknowledged.len(),
            "{report}"
        );
    }
}

fn landed(site: &Site) -> Vec<u64> {
    let lines = site.lines("shop");
    let mut ids: Vec<u64> = lines.iter().map(|line| line["id"].as_u64().unwrap()).collect();
    ids.sort_unstable();
    ids
}

/// Where the bucket is while nobody finds it.
fn away(site: &Site) -> PathBuf {
    site.bucket().with_file_name("away")
}

/// Fills a server that can't reach its bucket, restarts it, and gives the bucket back.
fn fill_and_recover(site: &Site, record_bytes: usize, start: impl Fn() -> Server, is_shown: bool) {
    let server = start();
    let mut pushes = Pushes::new(server.set_up(site), record_bytes);
    assert_eq!(pushes.push(&server), 201);
    std::fs::rename(site.bucket(), away(site)).unwrap();
    pushes.push_until_refused(&server);
    assert_eq!(pushes.push(&server), 503, "it does not forget that it is full");
    let ready = || request(&server.address, "GET", "/readyz", "", "").unwrap();
    if is_shown {
        assert_eq!(ready().status, 503, "{:?}", ready());
        assert!(
            ready().body.contains("of the 65536 bytes it may take"),
            "{:?}",
            ready()
        );
    }
    let health = request(&server.address, "GET", "/healthz", "", "").unwrap();
    assert_eq!(health.status, 200, "{health:?}");
    server.kill();
    let server = start();
    if is_shown {
        assert_eq!(pushes.push(&server), 503, "it is as full as before");
    }
    std::fs::rename(away(site), site.bucket()).unwrap();
    server.check_destination();
    wait_until("what it kept is landed", || landed(site) == pushes.acknowledged);
    wait_until("there is room again", || pushes.push(&server) == 201);
    assert!(server.end().success());
    pushes.assert_landed_once(site);
}

#[test]
fn a_log_at_its_budget_refuses_until_its_destination_is_back() {
    let site = Site::new();
    let limits = [LIMITS.as_slice(), &["--log-budget-bytes", "65536"]].concat();
    fill_and_recover(&site, 64, || site.start(&limits), true);
}

#[test]
fn a_disk_that_takes_no_more_makes_it_refuse_and_what_it_acknowledged_is_kept() {
    let site = Site::new();
    fill_and_recover(
        &site,
        40_000,
        || site.start_with_small_files(6 << 10, &LIMITS),
        false,
    );
}

#[test]
fn a_limit_on_file_sizes_that_leaves_no_room_to_start_is_told() {
    let site = Site::new();
    let ended = std::process::Command::new("bash")
        .args([
            "-c",
            "ulimit -f 1; exec \"$@\"",
            "bash",
            env!("CARGO_BIN_EXE_landfall"),
        ])
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(site.data().with_file_name("limited"))
        .output()
        .unwrap();
    let log = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{log}");
    assert!(log.contains("CRITICAL ") && log.contains("ulimit -f"), "{log}");
}
