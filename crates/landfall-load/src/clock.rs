//! Time, as the pipeline needs it.

use landfall_core::time::Timestamp;

/// What the time is, asked where it matters. The binary passes in the system's clock, tests pass in theirs.
pub trait Clock: Send + Sync {
    /// Nanoseconds since the epoch: asked when records are received.
    fn receiving_nanos(&self) -> i64;

    /// Asked when a batch is closed.
    fn closing(&self) -> Timestamp;

    /// Time since some fixed moment, which never goes back: asked for the age of batches.
    fn elapsed(&self) -> std::time::Duration;
}

/// Gives out `_sdc_sequence` numbers: epoch nanoseconds, strictly increasing (files.md §3).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sequencer {
    last: i64,
}

impl Sequencer {
    /// The first number for records received at `now_nanos`; [`take`](Self::take) uses up the numbers from it on.
    pub(crate) fn first(&self, now_nanos: i64) -> i64 {
        now_nanos.max(self.last + 1)
    }

    /// Uses up `count` numbers from `first` on.
    pub(crate) fn take(&mut self, first: i64, count: u64) {
        if count > 0 {
            self.last = first.saturating_add(i64::try_from(count - 1).unwrap_or(i64::MAX));
        }
    }
}

/// Gives out load instants: whole milliseconds, strictly increasing (loading.md §3).
#[derive(Debug)]
pub struct LoadInstants {
    last: std::sync::Mutex<Option<Timestamp>>,
}

impl Default for LoadInstants {
    fn default() -> Self {
        Self {
            last: std::sync::Mutex::new(None),
        }
    }
}

impl LoadInstants {
    /// The next instant: now, or right after the last one if that is later.
    pub fn next(&self, now: Timestamp) -> Timestamp {
        let mut last = self
            .last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let next = last.map_or(now, |last| now.max(last.next()));
        *last = Some(next);
        next
    }
}
