//! The open batch of a table.

use std::sync::Arc;
use std::time::Duration;

use landfall_catalog::{Activation, OpenLoad, Point};
use landfall_core::time::Timestamp;
use landfall_format::{Claims, TableBatch};
use landfall_log::Position;

use super::jobs::{Extremes, ReadyLoad};
use super::point::range;
use super::stock::Stock;

/// Records that wait for more of their like.
#[derive(Debug)]
pub(super) struct OpenBatch {
    pub(super) batch: TableBatch,
    pub(super) keys: Vec<String>,
    /// Where the table's last range ended.
    pub(super) after: Option<Point>,
    pub(super) through: Point,
    /// The first entry it has records of, and when that was received.
    pub(super) first: Position,
    pub(super) first_received: Timestamp,
    /// When it was begun, by the clock that never goes back.
    pub(super) opened_at: Duration,
    pub(super) extremes: Extremes,
    /// Which arrays have which sub-tables.
    pub(super) claims: Arc<Claims>,
}

impl OpenBatch {
    /// Its records.
    pub(super) fn stock(&self) -> Stock {
        Stock::new(self.batch.records(), self.extremes.received)
    }

    /// When it closes by age. If the clock was set back since its first record came, the time that it is open counts.
    pub(super) fn closes_at(&self, wait: Duration, now: Timestamp, elapsed: Duration) -> Timestamp {
        if self.first_received <= now {
            return self.first_received.plus(wait);
        }
        let open_for = elapsed.saturating_sub(self.opened_at);
        now.plus(wait.saturating_sub(open_for))
    }

    /// Closes it. It holds a record, since it is made for one.
    pub(super) fn close(self, activation: Activation, opened: Option<OpenLoad>) -> Option<ReadyLoad> {
        Some(ReadyLoad {
            records: self.batch.records(),
            range: range(self.after, self.through),
            first: self.first,
            batch: Arc::new(self.batch.close()?),
            activation,
            extremes: self.extremes,
            opened,
        })
    }
}
