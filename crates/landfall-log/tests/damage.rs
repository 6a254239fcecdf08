//! What a crash or a bad disk leaves of a log.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use landfall_log::sim::SimDisk;
use landfall_log::{EmbeddedLog, EmbeddedLogSettings, Log, OpenError, Position};
use std::sync::Arc;
use support::{append, noise, open, read_all, segment_names, small};

/// A log of `entries` entries whose process has not ended well, and the entries.
async fn crashed(entries: u64, bytes: usize) -> (SimDisk, Vec<Vec<u8>>) {
    let disk = SimDisk::new();
    let log = open(&disk, small());
    let mut contents = Vec::new();
    for number in 0..entries {
        let content = noise(number, bytes);
        append(&log, content.clone()).await.unwrap();
        contents.push(content);
    }
    (disk.copy(), contents)
}

#[tokio::test]
async fn a_log_cut_anywhere_in_its_last_frames_has_exactly_the_whole_entries() {
    let (disk, contents) = crashed(6, 50).await;
    let name = segment_names(&disk).pop().unwrap();
    let size = disk.content(&name).len();
    let frame = 56 + 50;
    for cut in size - 3 * frame..=size {
        let disk = disk.copy();
        disk.edit(&name, |bytes| bytes.truncate(cut));
        let log = open(&disk, small());
        let (entries, lost) = read_all(&log).await;
        let whole = (cut - 64) / frame;
        assert_eq!(entries.len(), whole, "cut at {cut}");
        assert!(lost.is_empty(), "cut at {cut}");
        assert!(
            entries
                .iter()
                .zip(&contents)
                .all(|(entry, content)| entry.bytes == content)
        );
        let torn = log.recovery().torn.as_ref().map_or(0, |torn| torn.bytes);
        assert_eq!(torn, ((cut - 64) % frame) as u64, "cut at {cut}");
        let position = append(&log, noise(99, 50)).await.unwrap();
        assert_eq!(position, Position::new(whole as u64), "cut at {cut}");
    }
}

#[tokio::test]
async fn a_flipped_byte_loses_the_entry_it_is_in_and_is_reported_and_nothing_else_changes() {
    let (disk, contents) = crashed(73, 60).await;
    let names = segment_names(&disk);
    assert!(names.len() > 2, "{names:?}");
    for name in &names[1..] {
        let is_last = name == names.last().unwrap();
        let size = disk.content(name).len();
        for offset in 0..size {
            let disk = disk.copy();
            disk.edit(name, |bytes| bytes[offset] ^= 0x40);
            let log = match EmbeddedLog::open(Arc::new(disk.clone()), small()) {
                Ok(log) => log,
                Err(OpenError::Unreadable { segment }) if is_last && offset < 64 => {
                    assert_eq!(&segment, name);
                    continue;
                }
                Err(other) => panic!("{name} at {offset}: {other}"),
            };
            let (entries, lost) = read_all(&log).await;
            for entry in &entries {
                let number = entry.position.as_u64() as usize;
                assert_eq!(entry.bytes, contents[number], "{name} at {offset}");
            }
            // The last entry may have been a write that never was acknowledged: nothing tells.
            let is_in_last_frame = is_last && offset >= size - 56 - 60;
            let torn = usize::from(is_in_last_frame);
            assert_eq!(
                log.recovery().torn.is_some(),
                is_in_last_frame,
                "{name} at {offset}"
            );
            assert_eq!(
                entries.len() + lost.len() + torn,
                contents.len(),
                "{name} at {offset}"
            );
            let is_reported_at_open = !log.recovery().damages.is_empty();
            assert_eq!(
                is_reported_at_open,
                is_last && !is_in_last_frame,
                "{name} at {offset}"
            );
            if offset >= 64 {
                assert_eq!(lost.len() + torn, 1, "{name} at {offset}: {lost:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_log_that_was_closed_has_no_torn_tail_whatever_is_damaged() {
    let disk = SimDisk::new();
    let log = open(&disk, small());
    append(&log, noise(1, 60)).await.unwrap();
    append(&log, noise(2, 60)).await.unwrap();
    log.close().await;
    drop(log);
    let name = segment_names(&disk).pop().unwrap();
    let size = disk.content(&name).len();
    for offset in 64..size - 56 {
        let disk = disk.copy();
        disk.edit(&name, |bytes| bytes[offset] ^= 1);
        let log = open(&disk, small());
        assert_eq!(log.recovery().torn, None, "at {offset}");
        let (entries, lost) = read_all(&log).await;
        assert_eq!((entries.len(), lost.len()), (1, 1), "at {offset}");
    }
}

#[tokio::test]
async fn damage_names_the_file_the_place_and_the_entries() {
    let (disk, _) = crashed(80, 60).await;
    let name = segment_names(&disk).remove(1);
    disk.edit(&name, |bytes| bytes[64 + 10] ^= 1);
    let log = open(&disk, small());
    let first: u64 = name.strip_suffix(".log").unwrap().parse().unwrap();
    let refusal = log
        .read(
            support::ONE,
            Position::new(first),
            landfall_core::units::ByteCount::new(1),
        )
        .await
        .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        format!(
            "{name:?} is damaged at byte 64, entries {first} up to, not including, {} are lost: restore the file from a \
             copy, or accept the loss and go on behind it",
            first + 1
        )
    );
}

#[tokio::test]
async fn a_missing_or_shortened_segment_is_damage() {
    let (disk, contents) = crashed(80, 60).await;
    let names = segment_names(&disk);
    let first = |name: &String| name.strip_suffix(".log").unwrap().parse::<usize>().unwrap();
    let in_second = first(&names[2]) - first(&names[1]);
    let shortened = disk.copy();
    shortened.edit(&names[1], |bytes| bytes.truncate(64));
    let missing = disk.copy();
    landfall_log::Disk::remove(&missing, &names[1]).unwrap();
    for disk in [shortened, missing] {
        let (entries, lost) = read_all(&open(&disk, small())).await;
        assert_eq!(lost.len(), in_second);
        assert_eq!(entries.len() + lost.len(), contents.len());
    }
}

#[tokio::test]
async fn entries_that_look_like_frames_are_not_taken_for_some() {
    let (other, _) = crashed(3, 60).await;
    let frames = other.content(&segment_names(&other)[0])[64..].to_vec();
    let disk = SimDisk::new();
    let log = open(&disk, small());
    for number in 50..53 {
        // So much noise that the entry is not compressed.
        append(&log, [frames.clone(), noise(number, 3000)].concat())
            .await
            .unwrap();
    }
    let stored = disk.content(&segment_names(&disk)[0]);
    assert!(stored.windows(frames.len()).any(|window| window == frames));
    let disk = disk.copy();
    let name = segment_names(&disk)[0].clone();
    disk.edit(&name, |bytes| bytes[64] ^= 1);
    let (entries, lost) = read_all(&open(&disk, small())).await;
    assert_eq!(lost, [Position::FIRST]);
    assert_eq!(
        entries
            .iter()
            .map(|entry| entry.position.as_u64())
            .collect::<Vec<_>>(),
        [1, 2]
    );
}

#[tokio::test]
async fn a_power_cut_at_any_time_keeps_what_was_acknowledged() {
    for seed in 0..200_u64 {
        let disk = SimDisk::new();
        let log = Arc::new(open(&disk, small()));
        let acknowledged = 5 + seed % 60;
        for number in 0..acknowledged {
            append(&log, noise(number, 300)).await.unwrap();
        }
        // Some more are on their way: written, but the sync never comes back.
        disk.hold_syncs();
        let syncs = disk.syncs();
        let on_the_way: Vec<_> = (acknowledged..acknowledged + 5)
            .map(|number| {
                let log = Arc::clone(&log);
                tokio::spawn(async move { append(&log, noise(number, 300)).await })
            })
            .collect();
        while disk.syncs() == syncs {
            tokio::task::yield_now().await;
        }
        let after = disk.after_power_cut(seed);
        disk.release_syncs();
        for append in on_the_way {
            append.await.unwrap().unwrap();
        }
        let reopened = open(&after, small());
        assert_eq!(reopened.recovery().damages, [], "seed {seed}");
        // What is readable now must stay, whatever happens next.
        let twice = open(&after.after_power_cut(seed + 1), small());
        for log in [&reopened, &twice] {
            let (entries, lost) = read_all(log).await;
            assert!(lost.is_empty(), "seed {seed}: {lost:?}");
            assert!(
                entries.len() as u64 >= acknowledged,
                "seed {seed}: {} entries",
                entries.len()
            );
            for entry in &entries {
                assert_eq!(entry.bytes, noise(entry.position.as_u64(), 300), "seed {seed}");
            }
        }
        assert_eq!(read_all(&reopened).await, read_all(&twice).await, "seed {seed}");
    }
}

#[tokio::test]
async fn positions_that_were_read_once_are_not_given_again() {
    let (disk, _) = crashed(5, 60).await;
    let name = segment_names(&disk).pop().unwrap();
    let all_lost = SimDisk::new();
    disk.edit(&name, |bytes| bytes.truncate(64 + 3 * (56 + 60)));
    for (disk, kept) in [(disk, 3), (all_lost, 0)] {
        let settings = || EmbeddedLogSettings {
            next_at_least: Position::new(5),
            ..small()
        };
        let log = open(&disk, settings());
        assert_eq!(
            log.recovery().missing,
            Some(Position::new(kept)..Position::new(5))
        );
        assert_eq!(append(&log, noise(5, 60)).await.unwrap(), Position::new(5));
        drop(log);
        let log = open(&disk, settings());
        assert_eq!(log.recovery().missing, None);
        let (entries, lost) = read_all(&log).await;
        assert_eq!(entries.len() as u64, kept + 1);
        let expected: Vec<_> = if kept == 0 {
            vec![]
        } else {
            vec![Position::new(3), Position::new(4)]
        };
        assert_eq!(lost, expected);
    }
}
