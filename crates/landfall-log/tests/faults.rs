//! Disks that fail, fill up, or are slow.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::io::ErrorKind;
use std::sync::Arc;

use landfall_core::units::ByteCount;
use landfall_log::conformance::everything;
use landfall_log::sim::{SimDisk, SimOperation};
use landfall_log::{AppendError, EmbeddedLogSettings, Log, Shortage, Unwritable};
use support::{ONE, append, noise, open, read_all, segment_names, small};

#[tokio::test]
async fn sixty_four_appenders_share_a_sync() {
    let disk = SimDisk::new();
    let log = Arc::new(open(&disk, EmbeddedLogSettings::default()));
    disk.hold_syncs();
    let before = disk.syncs();
    let spawn = |number| {
        let log = Arc::clone(&log);
        tokio::spawn(async move { append(&log, noise(number, 1000)).await.unwrap() })
    };
    let first = spawn(0);
    while disk.syncs() == before {
        tokio::task::yield_now().await;
    }
    let others: Vec<_> = (1..64).map(spawn).collect();
    // Enough turns for each of them to queue: nothing in an append waits before that.
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
    disk.release_syncs();
    first.await.unwrap();
    for other in others {
        other.await.unwrap();
    }
    assert_eq!(
        disk.syncs() - before,
        2,
        "one for the first entry, one for all that came in the meantime"
    );
    assert_eq!(everything(&*log).await.len(), 64);
}

#[tokio::test]
async fn nothing_can_be_read_before_it_is_durable() {
    let disk = SimDisk::new();
    let log = Arc::new(open(&disk, small()));
    disk.hold_syncs();
    let before = disk.syncs();
    let appending = tokio::spawn({
        let log = Arc::clone(&log);
        async move { append(&log, noise(0, 10)).await }
    });
    while disk.syncs() == before {
        tokio::task::yield_now().await;
    }
    assert_eq!(everything(&*log).await, []);
    disk.release_syncs();
    appending.await.unwrap().unwrap();
    assert_eq!(everything(&*log).await.len(), 1);
}

#[tokio::test]
async fn too_much_at_once_is_refused_at_once() {
    let disk = SimDisk::new();
    let settings = EmbeddedLogSettings {
        queue: ByteCount::new(10_000),
        most_entry: ByteCount::new(50_000),
        ..small()
    };
    let log = Arc::new(open(&disk, settings));
    disk.hold_syncs();
    let before = disk.syncs();
    let appending = tokio::spawn({
        let log = Arc::clone(&log);
        async move { append(&log, noise(0, 40_000)).await }
    });
    while disk.syncs() == before {
        tokio::task::yield_now().await;
    }
    let busy = append(&log, noise(1, 10)).await.unwrap_err();
    assert!(matches!(busy, AppendError::Busy { .. }), "{busy}");
    let large = append(&log, noise(1, 50_001)).await.unwrap_err();
    assert!(matches!(large, AppendError::TooLarge { .. }), "{large}");
    disk.release_syncs();
    appending
        .await
        .unwrap()
        .expect("an entry larger than the queue fits into an empty one");
    append(&log, noise(1, 10)).await.expect("there is room again");
}

#[tokio::test]
async fn a_full_budget_refuses_until_entries_are_freed() {
    let settings = EmbeddedLogSettings {
        budget: Some(ByteCount::new(40_000)),
        ..small()
    };
    let log = open(&SimDisk::new(), settings);
    for round in 0..5 {
        let mut appended = 0;
        let refusal = loop {
            match append(&log, noise(appended, 1000)).await {
                Ok(_) => appended += 1,
                Err(refusal) => break refusal,
            }
        };
        assert!(
            matches!(refusal, AppendError::Full(Shortage::Budget { .. })),
            "{refusal}"
        );
        assert!((30..38).contains(&appended), "round {round}: {appended} entries");
        let usage = log.usage().await.unwrap();
        assert!(
            usage.bytes.as_u64() <= 38_000 && usage.bytes.as_u64() > 36_000,
            "{usage:?}"
        );
        assert!(matches!(usage.writable, Err(Unwritable::Full(_))), "{usage:?}");
        // Whatever is in the segment that is written to: freeing all makes room.
        let next = log.bounds(ONE).await.unwrap().next;
        log.free(ONE, next).await.unwrap();
        let usage = log.usage().await.unwrap();
        assert!(usage.bytes.as_u64() < 6000, "round {round}");
        assert!(usage.writable.is_ok(), "round {round}: {usage:?}");
    }
}

#[tokio::test]
async fn a_file_system_short_of_space_refuses_until_there_is_some() {
    let disk = SimDisk::new();
    let settings = EmbeddedLogSettings {
        reserve: ByteCount::new(1000),
        ..small()
    };
    let log = open(&disk, settings);
    disk.claim_free(Some(1100));
    let refusal = append(&log, noise(0, 100)).await.unwrap_err();
    assert!(
        matches!(refusal, AppendError::Full(Shortage::FileSystem { .. })),
        "{refusal}"
    );
    append(&log, noise(0, 10))
        .await
        .expect("a smaller entry has room");
    disk.claim_free(Some(999));
    let usage = log.usage().await.unwrap();
    assert!(matches!(usage.writable, Err(Unwritable::Full(_))), "{usage:?}");
    disk.claim_free(None);
    append(&log, noise(1, 100)).await.expect("there is room again");
    assert!(log.usage().await.unwrap().writable.is_ok());
}

#[tokio::test]
async fn a_write_that_runs_out_of_space_is_rolled_back() {
    let disk = SimDisk::new();
    let log = open(&disk, small());
    append(&log, noise(0, 100)).await.unwrap();
    let name = segment_names(&disk)[0].clone();
    let size = disk.content(&name).len();
    disk.set_capacity(Some(size as u64 + 50));
    disk.claim_free(Some(u64::MAX));
    let refusal = append(&log, noise(1, 100)).await.unwrap_err();
    assert!(
        matches!(refusal, AppendError::Full(Shortage::Refused)),
        "{refusal}"
    );
    assert_eq!(disk.content(&name).len(), size, "what was written of it is gone");
    disk.set_capacity(None);
    append(&log, noise(2, 100)).await.unwrap();
    let contents: Vec<_> = everything(&log)
        .await
        .into_iter()
        .map(|entry| entry.bytes)
        .collect();
    assert_eq!(contents, [noise(0, 100), noise(2, 100)]);
    let (after_crash, lost) = read_all(&open(&disk.copy(), small())).await;
    assert_eq!((after_crash.len(), lost.len()), (2, 0));
}

#[tokio::test]
async fn a_new_segment_that_finds_no_space_is_made_later() {
    let disk = SimDisk::new();
    let log = open(&disk, small());
    append(&log, noise(0, 5000)).await.unwrap();
    disk.fail_next(SimOperation::Create, ErrorKind::StorageFull);
    let refusal = append(&log, noise(1, 100)).await.unwrap_err();
    assert!(
        matches!(refusal, AppendError::Full(Shortage::Refused)),
        "{refusal}"
    );
    append(&log, noise(2, 100)).await.unwrap();
    assert_eq!(segment_names(&disk).len(), 2);
}

#[tokio::test]
async fn a_failed_write_is_rolled_back_and_the_log_goes_on() {
    let disk = SimDisk::new();
    let log = open(&disk, small());
    disk.fail_next(SimOperation::Write, ErrorKind::Other);
    let refusal = append(&log, noise(0, 100)).await.unwrap_err();
    assert!(matches!(refusal, AppendError::Io(_)), "{refusal}");
    append(&log, noise(1, 100)).await.unwrap();
    assert_eq!(everything(&log).await[0].bytes, noise(1, 100));
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_appended_until_the_log_is_opened_anew() {
    let cases = [
        (SimOperation::Sync, 100, "a sync"),
        (SimOperation::SyncNames, 5000, "the sync of a new segment's name"),
        (SimOperation::Cut, 100, "the cut after a failed write"),
    ];
    for (operation, bytes, case) in cases {
        let disk = SimDisk::new();
        let log = open(&disk, small());
        append(&log, noise(0, bytes)).await.unwrap();
        disk.fail_next(operation, ErrorKind::Other);
        if operation == SimOperation::Cut {
            disk.fail_next(SimOperation::Write, ErrorKind::Other);
        }
        let refusal = append(&log, noise(1, 100)).await.unwrap_err();
        assert!(matches!(refusal, AppendError::Io(_)), "{case}: {refusal}");
        let refusal = append(&log, noise(2, 100)).await.unwrap_err();
        assert!(matches!(refusal, AppendError::ReadOnly(_)), "{case}: {refusal}");
        let usage = log.usage().await.unwrap();
        assert!(
            matches!(usage.writable, Err(Unwritable::ReadOnly(_))),
            "{case}: {usage:?}"
        );
        assert_eq!(
            everything(&log).await.len(),
            1,
            "{case}: what was acknowledged is still read"
        );
        drop(log);
        let reopened = open(&disk, small());
        append(&reopened, noise(3, 100)).await.expect(case);
        let seen = everything(&reopened).await;
        // The one that failed may have come through, once. What is readable now survives a power cut, although the
        // failed sync has given it up.
        for seed in 0..8 {
            let after = open(&disk.after_power_cut(seed), small());
            assert_eq!(everything(&after).await, seen, "{case}");
        }
    }
}

#[tokio::test]
async fn a_segment_that_cannot_be_deleted_is_deleted_later() {
    let disk = SimDisk::new();
    let log = open(&disk, small());
    for number in 0..20 {
        append(&log, noise(number, 1000)).await.unwrap();
    }
    let next = log.bounds(ONE).await.unwrap().next;
    disk.fail_next(SimOperation::Remove, ErrorKind::Other);
    log.free(ONE, next).await.unwrap_err();
    let kept = everything(&log).await;
    assert_eq!(kept.len(), 20);
    log.free(ONE, next).await.unwrap();
    assert_eq!(everything(&log).await, []);
    assert_eq!(segment_names(&disk).len(), 1);
}

#[tokio::test]
async fn a_closed_log_refuses_and_wakes_who_waits() {
    let log = Arc::new(open(&SimDisk::new(), small()));
    let waiting = tokio::spawn({
        let log = Arc::clone(&log);
        async move { log.wait_for(ONE, landfall_log::Position::FIRST).await }
    });
    tokio::task::yield_now().await;
    log.close().await;
    waiting.await.unwrap().unwrap_err();
    let refusal = append(&log, noise(0, 1)).await.unwrap_err();
    assert!(matches!(refusal, AppendError::Closed), "{refusal}");
    assert!(matches!(
        log.usage().await.unwrap().writable,
        Err(Unwritable::Closed)
    ));
}
