//! The contract of [`Log`] in executable form, to be run against every implementation.

use std::collections::BTreeSet;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use async_trait::async_trait;
use bytes::Bytes;
use landfall_core::time::Timestamp;
use landfall_core::units::ByteCount;

use crate::error::{AppendError, FreeError, ReadError};
use crate::log::{Entry, Log, NewEntry, Partition, Position};

const ONE: Partition = Partition::FIRST;
const APPENDERS: u64 = 32;

/// Opens the log under test.
#[async_trait]
pub trait Opener: fmt::Debug + Send + Sync {
    /// Opens the log: a new one at first, later the same one again, after it was dropped.
    async fn open(&self) -> Arc<dyn Log>;
}

/// Runs the whole contract.
///
/// # Panics
/// At the first line of the contract that the log does not keep.
pub async fn suite(opener: &dyn Opener) {
    let log = opener.open().await;
    starts_empty(&*log).await;
    counts_entries(&*log).await;
    keeps_any_content(&*log).await;
    reads_as_much_as_is_asked_for(&*log).await;
    gives_every_appender_a_place_of_its_own(&log).await;
    wakes_who_waits(&*log).await;
    tells_the_end_from_beyond(&*log).await;
    knows_its_partitions(&*log).await;
    let before = everything(&*log).await;
    drop(log);
    let log = opener.open().await;
    keeps_everything_when_it_is_opened_again(&*log, &before).await;
    frees_what_it_is_told_to(&*log).await;
    drop(log);
    let log = opener.open().await;
    gives_no_position_twice(&*log, before.len() as u64).await;
}

/// An entry for tests.
#[must_use]
pub fn entry(bytes: impl Into<Bytes>, at_millis: i64) -> NewEntry {
    NewEntry {
        bytes: bytes.into(),
        at: Timestamp::from_millis(at_millis),
    }
}

/// Reads all entries that are kept.
///
/// # Panics
/// If one cannot be read, or there is a gap.
pub async fn everything(log: &dyn Log) -> Vec<Entry> {
    let bounds = log.bounds(ONE).await.expect("bounds");
    let mut entries: Vec<Entry> = Vec::new();
    let mut from = bounds.first;
    while from < bounds.next {
        let read = log.read(ONE, from, ByteCount::new(1000)).await.expect("an entry");
        assert!(!read.is_empty(), "there is an entry at {from}");
        for entry in read {
            assert_eq!(entry.position, from, "entries follow each other");
            from = from.next();
            entries.push(entry);
        }
    }
    entries
}

async fn append(log: &dyn Log, bytes: impl Into<Bytes>) -> Position {
    log.append(ONE, entry(bytes, 1000))
        .await
        .expect("the entry is appended")
}

async fn read_one(log: &dyn Log, position: Position) -> Entry {
    let read = log
        .read(ONE, position, ByteCount::new(0))
        .await
        .expect("an entry");
    assert_eq!(read.len(), 1, "one entry, however large");
    read.into_iter().next().expect("one entry")
}

async fn starts_empty(log: &dyn Log) {
    assert!(log.partitions() > 0);
    let bounds = log.bounds(ONE).await.expect("bounds");
    assert_eq!((bounds.first, bounds.next), (Position::FIRST, Position::FIRST));
    let read = log.read(ONE, Position::FIRST, ByteCount::new(1000)).await;
    assert_eq!(read.expect("nothing"), []);
    let usage = log.usage().await.expect("usage");
    assert_eq!(usage.oldest, None);
    assert!(usage.writable.is_ok());
}

async fn counts_entries(log: &dyn Log) {
    for number in 0..3 {
        let new = entry(format!("entry {number}"), 500 + number);
        let position = log.append(ONE, new).await.expect("the entry is appended");
        assert_eq!(position, Position::new(number.unsigned_abs()));
        let read = read_one(log, position).await;
        assert_eq!(
            read.bytes,
            format!("entry {number}"),
            "readable as soon as it is acknowledged"
        );
        assert_eq!(read.at, Timestamp::from_millis(500 + number));
    }
    let usage = log.usage().await.expect("usage");
    assert_eq!(usage.oldest, Some(Timestamp::from_millis(500)));
    assert!(usage.bytes.as_u64() > 0);
}

async fn keeps_any_content(log: &dyn Log) {
    let noise = (0..200_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 15) as u8);
    let contents = [vec![], vec![0], vec![b'a'; 100_000], noise.collect()];
    for content in contents {
        let position = append(log, content.clone()).await;
        assert_eq!(
            read_one(log, position).await.bytes,
            content,
            "{} bytes",
            content.len()
        );
    }
}

async fn reads_as_much_as_is_asked_for(log: &dyn Log) {
    let first = append(log, vec![b'0'; 100]).await;
    for digit in [b'1', b'2', b'3'] {
        append(log, vec![digit; 100]).await;
    }
    for (most, entries) in [(0, 1), (99, 1), (100, 1), (250, 2), (300, 3)] {
        let read = log.read(ONE, first, ByteCount::new(most)).await.expect("entries");
        assert!(
            !read.is_empty() && read.len() <= entries,
            "{} entries in {most} bytes",
            read.len()
        );
        for (entry, place) in read.iter().zip(0..) {
            assert_eq!(entry.position, first.plus(place), "most: {most}");
        }
        let again = log.read(ONE, first, ByteCount::new(most)).await.expect("entries");
        assert!(
            read.iter().zip(&again).all(|(one, other)| one == other),
            "most: {most}"
        );
    }
}

async fn gives_every_appender_a_place_of_its_own(log: &Arc<dyn Log>) {
    let before = log.bounds(ONE).await.expect("bounds").next;
    let appenders: Vec<_> = (0..APPENDERS)
        .map(|number| {
            let log = Arc::clone(log);
            tokio::spawn(async move { (append(&*log, format!("appender {number}")).await, number) })
        })
        .collect();
    let mut places = BTreeSet::new();
    for appender in appenders {
        let (position, number) = appender.await.expect("the appender is done");
        places.insert(position);
        assert_eq!(
            read_one(&**log, position).await.bytes,
            format!("appender {number}")
        );
    }
    let expected: BTreeSet<_> = (0..APPENDERS).map(|number| before.plus(number)).collect();
    assert_eq!(places, expected);
}

async fn wakes_who_waits(log: &dyn Log) {
    let next = log.bounds(ONE).await.expect("bounds").next;
    log.wait_for(ONE, Position::FIRST)
        .await
        .expect("there is such an entry");
    let mut waits = pin!(log.wait_for(ONE, next));
    let is_pending = poll_fn(|context| Poll::Ready(waits.as_mut().poll(context).is_pending())).await;
    assert!(is_pending, "there is no entry at {next} yet");
    append(log, "wake up").await;
    waits.await.expect("there is an entry now");
    assert_eq!(read_one(log, next).await.bytes, "wake up");
}

async fn tells_the_end_from_beyond(log: &dyn Log) {
    let next = log.bounds(ONE).await.expect("bounds").next;
    let read = log.read(ONE, next, ByteCount::new(1000)).await;
    assert_eq!(read.expect("the end"), []);
    let read = log.read(ONE, next.next(), ByteCount::new(1000)).await;
    assert!(matches!(read, Err(ReadError::Beyond { .. })), "{read:?}");
    let freed = log.free(ONE, next.next()).await;
    assert!(matches!(freed, Err(FreeError::Beyond { .. })), "{freed:?}");
}

async fn knows_its_partitions(log: &dyn Log) {
    let other = Partition::new(log.partitions());
    let appended = log.append(other, entry("x", 0)).await;
    assert!(
        matches!(appended, Err(AppendError::NoPartition(_))),
        "{appended:?}"
    );
    let read = log.read(other, Position::FIRST, ByteCount::new(1)).await;
    assert!(matches!(read, Err(ReadError::NoPartition(_))), "{read:?}");
    let waited = log.wait_for(other, Position::FIRST).await;
    assert!(matches!(waited, Err(ReadError::NoPartition(_))), "{waited:?}");
    let bounds = log.bounds(other).await;
    assert!(matches!(bounds, Err(ReadError::NoPartition(_))), "{bounds:?}");
    let freed = log.free(other, Position::FIRST).await;
    assert!(matches!(freed, Err(FreeError::NoPartition(_))), "{freed:?}");
}

async fn keeps_everything_when_it_is_opened_again(log: &dyn Log, before: &[Entry]) {
    assert_eq!(everything(log).await, before);
}

async fn frees_what_it_is_told_to(log: &dyn Log) {
    let before = everything(log).await;
    let next = log.bounds(ONE).await.expect("bounds").next;
    let middle = Position::new(next.as_u64() / 2);
    for position in [Position::FIRST, middle, middle, Position::FIRST] {
        log.free(ONE, position).await.expect("freed, or nothing to do");
        let first = log.bounds(ONE).await.expect("bounds").first;
        assert!(
            first <= middle,
            "nothing from {middle} on was freed, but {first} comes first"
        );
    }
    let kept = everything(log).await;
    assert!(before.ends_with(&kept) && kept.len() as u64 >= next.as_u64() - middle.as_u64());
    let first = log.bounds(ONE).await.expect("bounds").first;
    if first > Position::FIRST {
        let read = log.read(ONE, Position::FIRST, ByteCount::new(1)).await;
        assert!(matches!(read, Err(ReadError::Freed { .. })), "{read:?}");
    }
    log.free(ONE, next).await.expect("all is freed");
    assert_eq!(log.usage().await.expect("usage").oldest, None, "nothing waits");
}

async fn gives_no_position_twice(log: &dyn Log, entries: u64) {
    let position = append(log, "one more").await;
    assert_eq!(position, Position::new(entries));
    assert_eq!(read_one(log, position).await.bytes, "one more");
}
