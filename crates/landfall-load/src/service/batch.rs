//! The open batch of a table.

use std::sync::Arc;
use std::time::Duration;

use landfall_catalog::{Activation, OpenLoad, Point};
use landfall_core::time::Timestamp;
use landfall_format::{Claims, TableBatch};
use landfall_log::Position;

use super::jobs::{Extremes, ReadyLoad};
use super::point::range;

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
    /// Closes it. It holds a record, since it is made for one.
    pub(super) fn close(self, activation: Activation, opened: Option<OpenLoad>) -> Option<ReadyLoad> {
        Some(ReadyLoad {
            range: range(self.after, self.through),
            first: self.first,
            batch: Arc::new(self.batch.close()?),
            activation,
            extremes: self.extremes,
            opened,
        })
    }
}
