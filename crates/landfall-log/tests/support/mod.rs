//! What the tests of the embedded log share.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::sync::Arc;

use landfall_core::units::ByteCount;
use landfall_log::conformance::entry;
use landfall_log::sim::SimDisk;
use landfall_log::{
    AppendError, EmbeddedLog, EmbeddedLogSettings, Entry, Log, Partition, Position, ReadError,
};

pub(crate) const ONE: Partition = Partition::FIRST;

/// Settings with small segments, so that a few entries make several.
pub(crate) fn small() -> EmbeddedLogSettings {
    EmbeddedLogSettings {
        segment: ByteCount::new(4096),
        reserve: ByteCount::new(0),
        ..EmbeddedLogSettings::default()
    }
}

pub(crate) fn open(disk: &SimDisk, settings: EmbeddedLogSettings) -> EmbeddedLog {
    EmbeddedLog::open(Arc::new(disk.clone()), settings).unwrap()
}

/// Bytes that do not compress.
pub(crate) fn noise(number: u64, bytes: usize) -> Vec<u8> {
    let seed = number
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(0x1234_5678_9abc_def1);
    let step =
        |state: &u64| Some(state ^ (state << 13) ^ ((state ^ (state << 13)) >> 7)).map(|s| s ^ (s << 17));
    std::iter::successors(Some(seed), step)
        .skip(8)
        .map(|state| (state >> 32) as u8)
        .take(bytes)
        .collect()
}

pub(crate) async fn append(log: &EmbeddedLog, bytes: Vec<u8>) -> Result<Position, AppendError> {
    log.append(ONE, entry(bytes, 0)).await
}

/// Every entry that can be read, and every position that cannot.
pub(crate) async fn read_all(log: &dyn Log) -> (Vec<Entry>, Vec<Position>) {
    let bounds = log.bounds(ONE).await.unwrap();
    let (mut entries, mut lost) = (Vec::new(), Vec::new());
    let mut from = bounds.first;
    while from < bounds.next {
        match log.read(ONE, from, ByteCount::new(500)).await {
            Ok(read) => {
                assert!(!read.is_empty(), "nothing at {from} of {bounds:?}");
                from = read.last().unwrap().position.next();
                entries.extend(read);
            }
            Err(ReadError::Damaged(damage)) => {
                assert_eq!(damage.lost.start, from, "{damage}");
                while from < damage.lost.end {
                    lost.push(from);
                    from = from.next();
                }
            }
            Err(other) => panic!("{other}"),
        }
    }
    (entries, lost)
}

/// The names of the segments, in order.
pub(crate) fn segment_names(disk: &SimDisk) -> Vec<String> {
    use landfall_log::Disk;
    let mut names: Vec<_> = disk
        .list()
        .unwrap()
        .into_iter()
        .filter(|name| name.ends_with(".log"))
        .collect();
    names.sort();
    names
}
