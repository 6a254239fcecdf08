//! Who may open a log, and how fast it opens.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use landfall_core::units::ByteCount;
use landfall_log::conformance::everything;
use landfall_log::sim::SimDisk;
use landfall_log::{EmbeddedLog, EmbeddedLogSettings, Log, LogKey, OpenError, ReadError};
use support::{ONE, append, noise, open, segment_names, small};

fn with_key(byte: u8) -> EmbeddedLogSettings {
    EmbeddedLogSettings {
        key: Some(LogKey::new([byte; 32])),
        ..small()
    }
}

#[tokio::test]
async fn a_second_opener_is_told_who_has_the_log() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("data").join("log");
    let log = EmbeddedLog::open_folder(&folder, small()).unwrap();
    let refusal = EmbeddedLog::open_folder(&folder, small()).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        format!(
            "{folder:?} is in use by process {}: stop it first, or choose another folder",
            std::process::id()
        )
    );
    drop(log);
    EmbeddedLog::open_folder(&folder, small()).expect("the first one is gone");
}

#[tokio::test]
async fn only_the_owner_can_read_the_log() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("log");
    let log = EmbeddedLog::open_folder(&folder, small()).unwrap();
    append(&log, noise(0, 5000)).await.unwrap();
    append(&log, noise(0, 10)).await.unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    std::fs::write(&file, "").unwrap();
    let folder = file.join("log");
    let refusal = EmbeddedLog::open_folder(&folder, small()).unwrap_err();
    let expected = format!("cannot use the folder {folder:?}: check that it may be written to");
    assert_eq!(refusal.to_string(), expected);
}

#[tokio::test]
async fn an_encrypted_log_opens_with_its_key_only() {
    let disk = SimDisk::new();
    let log = open(&disk, with_key(1));
    append(
        &log,
        b"a very secret text, a very secret text, a very secret text".to_vec(),
    )
    .await
    .unwrap();
    drop(log);
    let name = segment_names(&disk)[0].clone();
    assert!(!disk.content(&name).windows(6).any(|window| window == b"secret"));
    let refusal = EmbeddedLog::open(Arc::new(disk.clone()), with_key(2)).unwrap_err();
    assert!(
        matches!(&refusal, OpenError::WrongKey { segment } if *segment == name),
        "{refusal}"
    );
    let refusal = EmbeddedLog::open(Arc::new(disk.clone()), small()).unwrap_err();
    assert!(
        matches!(&refusal, OpenError::KeyMissing { segment } if *segment == name),
        "{refusal}"
    );
    assert_eq!(everything(&open(&disk, with_key(1))).await.len(), 1);
}

#[tokio::test]
async fn a_key_can_be_given_to_a_log_that_had_none() {
    let disk = SimDisk::new();
    append(&open(&disk, small()), noise(0, 100)).await.unwrap();
    append(&open(&disk, with_key(1)), noise(1, 100)).await.unwrap();
    let contents: Vec<_> = everything(&open(&disk, with_key(1)))
        .await
        .into_iter()
        .map(|entry| entry.bytes)
        .collect();
    assert_eq!(contents, [noise(0, 100), noise(1, 100)]);
    // Without it the plain entries are read as before, and the last segment says what is missing.
    let refusal = EmbeddedLog::open(Arc::new(disk.clone()), small()).unwrap_err();
    assert!(matches!(refusal, OpenError::KeyMissing { .. }), "{refusal}");
}

#[tokio::test]
async fn an_encrypted_segment_in_the_middle_asks_for_its_key_when_it_is_read() {
    let disk = SimDisk::new();
    append(&open(&disk, small()), noise(0, 100)).await.unwrap();
    append(&open(&disk, with_key(1)), noise(1, 100)).await.unwrap();
    append(&open(&disk, with_key(1)), noise(2, 100)).await.unwrap();
    landfall_log::Disk::remove(&disk, &segment_names(&disk)[2]).unwrap();
    disk.edit(&segment_names(&disk)[1], |bytes| bytes.truncate(64));
    // Emptied, the encrypted segment is replaced by a plain one only if its key is there.
    let refusal = EmbeddedLog::open(Arc::new(disk.clone()), small()).unwrap_err();
    assert!(matches!(refusal, OpenError::KeyMissing { .. }), "{refusal}");
    let log = open(&disk, with_key(1));
    let beyond = log
        .read(ONE, landfall_log::Position::new(2), ByteCount::new(1))
        .await
        .unwrap_err();
    assert!(matches!(beyond, ReadError::Beyond { .. }), "{beyond}");
}

#[tokio::test]
async fn opening_again_and_again_without_entries_leaves_one_file() {
    let disk = SimDisk::new();
    for _ in 0..3 {
        drop(open(&disk, small()));
        assert_eq!(segment_names(&disk), ["00000000000000000000.log"]);
    }
    append(&open(&disk, small()), noise(0, 10)).await.unwrap();
    for _ in 0..3 {
        let log = open(&disk, small());
        assert_eq!(everything(&log).await.len(), 1);
        assert_eq!(segment_names(&disk).len(), 2);
    }
}

#[tokio::test]
async fn large_entries_pass_through() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("log");
    let log = EmbeddedLog::open_folder(&folder, EmbeddedLogSettings::default()).unwrap();
    let content = noise(5, 20_000_000);
    for _ in 0..2 {
        append(&log, content.clone()).await.unwrap();
    }
    append(&log, vec![b' '; 20_000_000]).await.unwrap();
    assert!(
        log.usage().await.unwrap().bytes.as_u64() < 41_000_000,
        "blanks compress"
    );
    drop(log);
    let log = EmbeddedLog::open_folder(&folder, EmbeddedLogSettings::default()).unwrap();
    let entries = everything(&log).await;
    assert_eq!(entries.len(), 3);
    assert!(entries[1].bytes == content && entries[2].bytes == vec![b' '; 20_000_000]);
}
