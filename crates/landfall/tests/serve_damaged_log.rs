//! `landfall serve` on a log whose files were damaged: what was never acknowledged is cut off, and what was is never
//! dropped in silence.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a test whose world can't be built has failed"
)]

#[path = "support/server.rs"]
mod server;

use std::path::PathBuf;

#[cfg(debug_assertions)]
use server::wait_until;
use server::{Server, Site, batch};

const LIMITS: [&str; 4] = ["--batch-size-rows", "1000", "--batch-wait-seconds", "1"];
/// What an unfinished write leaves behind a segment that holds this.
type TornEnd = fn(&[u8]) -> Vec<u8>;

/// The header of a segment, and that of a frame.
const SEGMENT_HEADER: usize = 64;
const FRAME_HEADER: usize = 56;

/// A server that was killed when it had acknowledged 30 records, in three requests, and landed none.
fn killed_before_loading() -> (Site, String) {
    let site = Site::new();
    let server = site.start(&["--batch-wait-seconds", "300"]);
    let token = server.set_up(&site);
    for first in [0, 10, 20] {
        push(&server, &token, first);
    }
    server.kill();
    assert!(landed(&site).is_empty(), "its batch was open");
    (site, token)
}

fn push(server: &Server, token: &str, first: u64) {
    server
        .push(token, &batch("orders", first..first + 10))
        .unwrap()
        .ok();
}

fn landed(site: &Site) -> Vec<u64> {
    let lines = site.lines("shop");
    let mut ids: Vec<u64> = lines.iter().map(|line| line["id"].as_u64().unwrap()).collect();
    ids.sort_unstable();
    ids
}

/// The segment with entries, and what it holds.
fn segment(site: &Site) -> (PathBuf, Vec<u8>) {
    let files = std::fs::read_dir(site.data().join("log")).unwrap();
    let segments = files.map(|file| file.unwrap().path());
    let mut segments: Vec<PathBuf> = segments.filter(|path| path.extension().is_some()).collect();
    segments.sort();
    let newest = segments.pop().unwrap();
    let content = std::fs::read(&newest).unwrap();
    assert!(
        content.len() > SEGMENT_HEADER + 3 * FRAME_HEADER,
        "{newest:?} holds the entries"
    );
    (newest, content)
}

/// Starts it, pushes ten more, and has all loaded.
fn load_all(site: &Site, token: &str, more: &[&str]) {
    let server = site.start(&[LIMITS.as_slice(), more].concat());
    push(&server, token, 30);
    assert!(server.end().success());
}

#[test]
fn an_unfinished_end_is_cut_off_and_nothing_acknowledged_is_lost() {
    let torn_ends: [TornEnd; 4] = [
        |_| b"LFfr and then the power went".to_vec(),
        |_| vec![0; 4096],
        |segment| segment[SEGMENT_HEADER..SEGMENT_HEADER + FRAME_HEADER + 5].to_vec(),
        |segment| [&segment[SEGMENT_HEADER..], &[7; 100]].concat(),
    ];
    for (case, torn) in torn_ends.iter().enumerate() {
        let (site, token) = killed_before_loading();
        let (path, content) = segment(&site);
        std::fs::write(&path, [content.clone(), torn(&content)].concat()).unwrap();
        load_all(&site, &token, &[]);
        assert_eq!(landed(&site), (0..40).collect::<Vec<_>>(), "case {case}");
        let report = site.verify();
        assert_eq!(report["clean"], true, "case {case}: {report}");
    }
}

#[test]
fn damage_to_what_was_acknowledged_is_told_at_start_and_nothing_is_dropped_until_that_is_accepted() {
    let (site, token) = killed_before_loading();
    let (path, content) = segment(&site);
    let mut damaged = content.clone();
    damaged[SEGMENT_HEADER + FRAME_HEADER + 10] ^= 0x10;
    std::fs::write(&path, &damaged).unwrap();
    for _ in 0..2 {
        let said = site.start_in_vain(&LIMITS);
        let name = path.file_name().unwrap().to_str().unwrap();
        for part in [
            name,
            "entries 0 up to, not including, 1",
            "from a copy",
            "--accept-log-loss",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    assert!(landed(&site).is_empty());
    // With the copy, everything is there.
    std::fs::write(&path, &content).unwrap();
    load_all(&site, &token, &[]);
    assert_eq!(landed(&site), (0..40).collect::<Vec<_>>());
    assert_eq!(site.verify()["clean"], true);
}

#[test]
fn a_loss_that_is_accepted_costs_what_is_lost_and_nothing_else() {
    let (site, token) = killed_before_loading();
    let (path, mut content) = segment(&site);
    content[SEGMENT_HEADER + FRAME_HEADER + 10] ^= 0x10;
    std::fs::write(&path, &content).unwrap();
    load_all(&site, &token, &["--accept-log-loss"]);
    assert_eq!(landed(&site), (10..40).collect::<Vec<_>>());
    let lost = |report: &serde_json::Value| {
        let losses = report["log_losses"].as_array().unwrap();
        let range =
            |loss: &serde_json::Value| ["first", "last", "entries"].map(|name| loss[name].as_u64().unwrap());
        losses.iter().map(range).collect::<Vec<_>>()
    };
    let report = site.verify();
    assert_eq!(report["clean"], true, "{report}");
    assert_eq!(lost(&report), [[0, 0, 1]], "{report}");
    let note = report["notes"][0].as_str().unwrap();
    assert!(
        note.starts_with("1 entry(s) of the log (0 to 0) were lost"),
        "{note}"
    );
    // From now on it is as before, and the loss stays in the books.
    let server = site.start(&LIMITS);
    push(&server, &token, 40);
    assert!(server.end().success());
    assert_eq!(landed(&site), (10..50).collect::<Vec<_>>());
    assert_eq!(lost(&site.verify()), [[0, 0, 1]]);
}

#[test]
#[cfg(debug_assertions)]
fn a_log_that_lost_what_a_table_had_landed_does_not_take_new_records_for_those() {
    let (site, token) = killed_before_loading();
    let mut server = site.start_with(&LIMITS, &[("LANDFALL_TEST_KILL_AFTER", "committed:1")]);
    wait_until("it dies before it notes that all is landed", || {
        server.ended().is_some()
    });
    assert_eq!(landed(&site).len(), 30);
    std::fs::remove_dir_all(site.data().join("log")).unwrap();
    // The first start in vain leaves a log that begins behind what is lost.
    for _ in 0..2 {
        let said = site.start_in_vain(&LIMITS);
        assert!(said.contains("has lost what was acknowledged"), "{said}");
    }
    load_all(&site, &token, &["--accept-log-loss"]);
    assert_eq!(landed(&site), (0..40).collect::<Vec<_>>());
    // The server can't know that they had landed: nothing had noted it.
    let losses = site.verify()["log_losses"].clone();
    assert_eq!(
        (&losses[0]["first"], &losses[0]["last"]),
        (&0.into(), &2.into()),
        "{losses}"
    );
}

#[test]
#[cfg(debug_assertions)]
fn a_load_whose_records_are_lost_is_made_of_no_others_and_given_up_with_its_destination() {
    let (site, token) = killed_before_loading();
    let mut server = site.start_with(&LIMITS, &[("LANDFALL_TEST_KILL_AFTER", "opened:1")]);
    wait_until("it dies when the load is opened", || server.ended().is_some());
    std::fs::remove_dir_all(site.data().join("log")).unwrap();
    let server = site.start(&[LIMITS.as_slice(), &["--accept-log-loss"]].concat());
    push(&server, &token, 30);
    server.push(&token, &batch("returns", 100..110)).unwrap().ok();
    wait_until("the other table lands", || {
        landed(&site) == (100..110).collect::<Vec<_>>()
    });
    let report = || {
        let tables = server.manage("GET", "/metrics", None).body;
        tables
            .lines()
            .any(|line| line.starts_with("landfall_load_failures_total") && !line.ends_with(" 0"))
    };
    wait_until("its failure is counted", report);
    server.manage("DELETE", "/v4/destinations/1", None).ok();
    server.connect(&site, "jsonl", 2);
    let mapped = serde_json::json!({"destination_id": 2});
    server.manage("PUT", "/v4/sources/1", Some(&mapped)).ok();
    wait_until("what came later lands", || landed(&site).len() == 20);
    assert!(server.end().success());
    assert_eq!(landed(&site), (30..40).chain(100..110).collect::<Vec<_>>());
    assert_eq!(site.verify()["clean"], true, "{}", site.verify());
}
