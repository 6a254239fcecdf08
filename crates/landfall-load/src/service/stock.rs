//! How much waits.

use landfall_catalog::Point;
use landfall_core::intake::AcceptedItem;
use landfall_core::time::Timestamp;
use landfall_log::Position;

use super::gather::PartAt;
use super::jobs::widen;
use super::point::point;

/// Records that wait: how many, and when the first and the last of them were received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Stock {
    pub(super) rows: u64,
    pub(super) received: Option<(Timestamp, Timestamp)>,
}

impl Stock {
    pub(super) fn new(rows: u64, received: Option<(Timestamp, Timestamp)>) -> Self {
        Self { rows, received }
    }

    /// Records of one entry.
    pub(super) fn of_entry(rows: u64, received_at: Timestamp) -> Self {
        Self::new(rows, Some((received_at, received_at)))
    }

    pub(super) fn add(&mut self, other: Self) {
        self.rows += other.rows;
        if let Some((oldest, latest)) = other.received {
            widen(&mut self.received, oldest);
            widen(&mut self.received, latest);
        }
    }

    /// So many of them wait elsewhere now.
    pub(super) fn remove(&mut self, rows: u64) {
        self.rows = self.rows.saturating_sub(rows);
    }

    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.received.map(|(oldest, _)| oldest)
    }

    pub(super) fn latest(&self) -> Option<Timestamp> {
        self.received.map(|(_, latest)| latest)
    }
}

impl FromIterator<Stock> for Stock {
    fn from_iter<I: IntoIterator<Item = Self>>(stocks: I) -> Self {
        let mut sum = Self::default();
        stocks.into_iter().for_each(|stock| sum.add(stock));
        sum
    }
}

/// How many records a part of the entry at `position` has after what was `seen` of its table.
pub(super) fn rows_after(seen: Option<Point>, position: Position, at: PartAt<'_>) -> u64 {
    let items = at.part.items.iter().zip(at.first_ordinal..);
    let is_new = |ordinal| seen.is_none_or(|seen| seen < point(position, ordinal));
    items
        .filter(|(item, ordinal)| matches!(item, AcceptedItem::Record(_)) && is_new(*ordinal))
        .count() as u64
}
