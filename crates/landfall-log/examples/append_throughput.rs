//! How fast entries are appended, against plain writing and syncing of the same bytes:
//! `cargo run --release -p landfall-log --example append_throughput`.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use landfall_core::time::Timestamp;
use landfall_core::units::ByteCount;
use landfall_log::{EmbeddedLog, EmbeddedLogSettings, Log, LogKey, NewEntry, Partition, Position};

const TASKS: usize = 64;
const SMALL_BYTES: usize = 1000;
const SMALL_EACH: usize = 1500;
const LARGE_BYTES: usize = 4_000_000;
const LARGE_TASKS: usize = 8;
const LARGE_EACH: usize = 16;
const ROUNDS: usize = 3;

fn main() {
    let root = tempfile::tempdir_in(".").unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for round in 0..ROUNDS {
        let synced = plain(root.path(), SMALL_BYTES, 2000);
        let rate = 2000.0 / synced.as_secs_f64();
        println!("round {round}: 1 KB, write and sync of each: {rate:.0}/s");
        for (name, key) in [("plain", None), ("encrypted", Some(LogKey::new([1; 32])))] {
            let folder = root.path().join(format!("small-{round}-{name}"));
            let took = runtime.block_on(append(&folder, key, TASKS, SMALL_EACH, &records(SMALL_BYTES)));
            let appends = (TASKS * SMALL_EACH) as f64 / took.as_secs_f64();
            println!(
                "round {round}: 1 KB, {TASKS} tasks, {name}: {appends:.0}/s, {:.1} x",
                appends / rate
            );
        }
        let megabytes = (LARGE_BYTES * LARGE_TASKS * LARGE_EACH) as f64 / 1e6;
        let floor = megabytes / plain(root.path(), LARGE_BYTES, LARGE_TASKS * LARGE_EACH).as_secs_f64();
        println!("round {round}: 4 MB, write and sync of each: {floor:.0} MB/s");
        let contents = [
            ("records", records(LARGE_BYTES), None),
            ("noise", noise(LARGE_BYTES), None),
        ];
        let encrypted = (
            "records, encrypted",
            records(LARGE_BYTES),
            Some(LogKey::new([1; 32])),
        );
        for (name, content, key) in contents.into_iter().chain([encrypted]) {
            let folder = root.path().join(format!("large-{round}-{name}"));
            let took = runtime.block_on(append(&folder, key.clone(), LARGE_TASKS, LARGE_EACH, &content));
            let rate = megabytes / took.as_secs_f64();
            println!(
                "round {round}: 4 MB, {LARGE_TASKS} tasks, {name}: {rate:.0} MB/s, {:.2} x",
                rate / floor
            );
            let took = runtime.block_on(read(&folder, key));
            println!(
                "round {round}: 4 MB, read, {name}: {:.0} MB/s",
                megabytes / took.as_secs_f64()
            );
            std::fs::remove_dir_all(&folder).unwrap();
        }
    }
}

/// Writes and syncs the same bytes again and again.
fn plain(root: &Path, bytes: usize, times: usize) -> Duration {
    let mut file = tempfile::tempfile_in(root).unwrap();
    let content = noise(bytes);
    let started = Instant::now();
    for _ in 0..times {
        file.write_all(&content).unwrap();
        file.sync_data().unwrap();
    }
    started.elapsed()
}

async fn append(folder: &Path, key: Option<LogKey>, tasks: usize, each: usize, content: &Bytes) -> Duration {
    let settings = EmbeddedLogSettings {
        key,
        ..EmbeddedLogSettings::default()
    };
    let log = Arc::new(EmbeddedLog::open_folder(folder, settings).unwrap());
    let started = Instant::now();
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let (log, bytes) = (Arc::clone(&log), content.clone());
            let at = Timestamp::from_millis(0);
            tokio::spawn(async move {
                for _ in 0..each {
                    let bytes = bytes.clone();
                    log.append(Partition::FIRST, NewEntry { bytes, at })
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    started.elapsed()
}

async fn read(folder: &Path, key: Option<LogKey>) -> Duration {
    let settings = EmbeddedLogSettings {
        key,
        ..EmbeddedLogSettings::default()
    };
    let log = EmbeddedLog::open_folder(folder, settings).unwrap();
    let next = log.bounds(Partition::FIRST).await.unwrap().next;
    let started = Instant::now();
    let mut from = Position::FIRST;
    while from < next {
        let entries = log
            .read(Partition::FIRST, from, ByteCount::new(16 << 20))
            .await
            .unwrap();
        from = entries.last().unwrap().position.next();
    }
    started.elapsed()
}

/// Text as clients send it.
fn records(bytes: usize) -> Bytes {
    let record = |number: usize| {
        let (id, cents) = (number * 7919 % 1_000_003, number * 31_337 % 100_000);
        format!(
            "{{\"id\":{id},\"name\":\"customer {id}\",\"total\":\"{}.{:02}\",\"paid\":{}}},",
            cents / 100,
            cents % 100,
            id % 3 == 0
        )
    };
    let text: String = (0..bytes / 50 + 1).map(record).collect();
    Bytes::from(text.into_bytes()).slice(..bytes)
}

/// Bytes that do not compress.
fn noise(bytes: usize) -> Bytes {
    let step = |state: &u64| {
        let state = state ^ (state << 13);
        let state = state ^ (state >> 7);
        Some(state ^ (state << 17))
    };
    let states = std::iter::successors(Some(0x9e37_79b9_7f4a_7c15_u64), step);
    states.map(|state| (state >> 24) as u8).take(bytes).collect()
}
