//! `landfall serve` with a store that speaks S3 and fails as S3 does, killed in between: every record lands once.
#![cfg(debug_assertions)]
#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a test whose world can't be built has failed"
)]

#[path = "support/server.rs"]
mod server;
mod support;

use landfall_sim::{Fault, FaultRule, Occurrence, RequestKind};
use serde_json::{Value, json};
use server::{Server, Site, batch, wait_until};
use support::place::BUCKET;
use support::{Place, Store};

const LIMITS: [&str; 4] = ["--batch-size-rows", "10", "--batch-wait-seconds", "1"];
const TABLES: [&str; 3] = ["orders", "customers", "items"];

fn set_up(server: &Server, store: &Store) -> String {
    let settings = store.settings();
    let mut properties = json!({
        "output_file_format": "jsonl",
        "s3_key_format_string": "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].jsonl",
    });
    for name in [
        "s3_bucket",
        "s3_endpoint_url",
        "aws_auth_mode",
        "aws_access_key_id",
        "aws_secret_access_key",
    ] {
        properties[name] = settings[name].clone();
    }
    let challenge = server.create_destination(&properties);
    store.server().place(BUCKET, &challenge, b"");
    server.check_destination();
    server.set_up_source()
}

/// Pushes ten records into each table. False if it died over that.
fn push(server: &Server, token: &str, first: u64, acknowledged: &mut Vec<u64>) -> bool {
    for (index, table) in TABLES.iter().enumerate() {
        let first = first + 10 * index as u64;
        match server.push(token, &batch(table, first..first + 10)) {
            Ok(answer) => {
                answer.ok();
                acknowledged.extend(first..first + 10);
            }
            Err(_) => return false,
        }
    }
    true
}

fn landed(store: &Store) -> Vec<u64> {
    let objects = store.objects();
    let of_shop = objects.iter().filter(|(key, _)| key.starts_with("shop/"));
    let rows = of_shop.flat_map(|(_, text)| text.lines());
    let mut ids: Vec<u64> = rows
        .map(|row| {
            serde_json::from_str::<Value>(row).unwrap()["id"]
                .as_u64()
                .unwrap()
        })
        .collect();
    ids.sort_unstable();
    ids
}

fn killed_at(step: &str, site: &Site, token: &str, first: u64, acknowledged: &mut Vec<u64>) {
    let mut server = site.start_with(&LIMITS, &[("LANDFALL_TEST_KILL_AFTER", step)]);
    push(&server, token, first, acknowledged);
    wait_until(step, || server.ended().is_some());
}

/// Every other request of a kind fails, each in another way: the next one comes a second later.
fn each_in_turn(kind: RequestKind) -> Vec<FaultRule> {
    let faults = [
        Fault::ResetAfter,
        Fault::internal_error(),
        Fault::slow_down(),
        Fault::ResetBefore,
        Fault::ResetAfter,
    ];
    let rules = faults.into_iter().enumerate().map(|(index, fault)| FaultRule {
        kind,
        occurrence: Occurrence::Nth(2 * index + 1),
        fault,
    });
    rules.collect()
}

/// Kills at each of three steps while requests of a kind fail, and accounts for all records.
fn land_over_failing(kind: RequestKind) {
    let (site, store) = (Site::new(), Store::new());
    let mut acknowledged = Vec::new();
    let server = site.start(&LIMITS);
    let token = set_up(&server, &store);
    server.kill();
    store.server().script(each_in_turn(kind));
    for (life, step) in ["opened:2", "object_put:1", "committed:1"].iter().enumerate() {
        killed_at(step, &site, &token, 100 * life as u64, &mut acknowledged);
    }
    let server = site.start(&LIMITS);
    assert!(push(&server, &token, 300, &mut acknowledged));
    wait_until("all is landed", || {
        let landed = landed(&store);
        acknowledged.iter().all(|id| landed.binary_search(id).is_ok())
    });
    assert!(server.end().success());
    let landed = landed(&store);
    assert!(
        landed.windows(2).all(|pair| pair[0] < pair[1]),
        "landed twice: {landed:?}"
    );
    let report = site.verify();
    assert_eq!(report["clean"], true, "{report}");
    assert_eq!(report["buckets"][0]["foreign"], json!([]), "{report}");
}

#[test]
fn every_record_lands_once_though_puts_fail_and_the_server_is_killed() {
    land_over_failing(RequestKind::PutObject);
}

#[test]
fn every_record_lands_once_though_checks_fail_and_the_server_is_killed() {
    land_over_failing(RequestKind::HeadObject);
}
