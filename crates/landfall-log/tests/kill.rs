//! A process that is killed while it appends has lost nothing it was told to be durable.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use landfall_core::units::ByteCount;
use landfall_log::{EmbeddedLog, EmbeddedLogSettings};
use support::{append, noise, read_all};

const APPENDERS: u64 = 16;

fn settings() -> EmbeddedLogSettings {
    EmbeddedLogSettings {
        segment: ByteCount::new(256 * 1024),
        ..EmbeddedLogSettings::default()
    }
}

/// What appender `appender` of some round appends as its entry `number`.
fn content(appender: u64, number: u64) -> Vec<u8> {
    let size = 100 + (number % 7) as usize * 700;
    [
        &appender.to_le_bytes()[..],
        &number.to_le_bytes()[..],
        &noise(number, size)[..],
    ]
    .concat()
}

/// Not a test: the process that is killed. It works in the folder it is started in.
#[test]
#[ignore = "started by the test below"]
fn child_that_appends_until_it_is_killed() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let log = Arc::new(EmbeddedLog::open_folder(Path::new("log"), settings()).unwrap());
        let appenders: Vec<_> = (0..APPENDERS)
            .map(|appender| {
                let log = Arc::clone(&log);
                tokio::spawn(async move {
                    for number in 0_u64.. {
                        let position = append(&log, content(appender, number)).await.unwrap();
                        let line = format!("\nacknowledged {position} {appender} {number}\n");
                        std::io::stdout().write_all(line.as_bytes()).unwrap();
                    }
                })
            })
            .collect();
        for appender in appenders {
            appender.await.unwrap();
        }
    });
}

#[tokio::test]
async fn a_process_killed_at_any_time_keeps_every_entry_it_acknowledged() {
    let root = tempfile::tempdir().unwrap();
    let mut acknowledged: Vec<(u64, Vec<u8>)> = Vec::new();
    for round in 0..5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "child_that_appends_until_it_is_killed",
                "--ignored",
                "--nocapture",
            ])
            .current_dir(root.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let before = acknowledged.len();
        let mut is_killed = false;
        while let Some(Ok(line)) = lines.next() {
            let words: Vec<&str> = line.split(' ').collect();
            if let ["acknowledged", position, appender, number] = words[..] {
                let content = content(appender.parse().unwrap(), number.parse().unwrap());
                acknowledged.push((position.parse().unwrap(), content));
            }
            if !is_killed && acknowledged.len() - before > 200 + round * 300 {
                child.kill().unwrap();
                is_killed = true;
            }
        }
        child.wait().unwrap();
        assert!(is_killed, "the child ended by itself in round {round}");
        let log = EmbeddedLog::open_folder(&root.path().join("log"), settings()).unwrap();
        assert_eq!(log.recovery().damages, [], "round {round}");
        let (entries, lost) = read_all(&log).await;
        assert!(lost.is_empty(), "round {round}: {lost:?}");
        for (position, content) in &acknowledged {
            assert_eq!(
                entries[*position as usize].bytes, *content,
                "round {round}, entry {position}"
            );
        }
        // Of those that were not acknowledged, each appender had one on its way.
        let unknown = entries.len() - acknowledged.len();
        assert!(
            unknown <= (round + 1) * APPENDERS as usize,
            "round {round}: {unknown} unknown entries"
        );
    }
}
