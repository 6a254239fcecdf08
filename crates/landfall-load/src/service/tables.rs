//! What the conductor knows of each table.

use std::sync::Arc;
use std::time::Duration;

use landfall_catalog::{Point, TableId};
use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::settings::FileFormat;
use landfall_core::time::Timestamp;
use landfall_format::Reason;
use landfall_log::Position;

use super::batch::OpenBatch;
use super::gather::Gatherer;
use super::jobs::Job;
use super::places::Rest;
use super::stock::Stock;

/// Names a table: its source, and its name as received.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct TableKey {
    pub(super) source: SourceId,
    pub(super) name: Arc<str>,
}

/// A table.
#[derive(Debug)]
pub(super) struct TableWork {
    pub(super) id: TableId,
    /// What keeps every record of it from being landed.
    pub(super) problem: Option<Reason>,
    pub(super) flow: Flow,
    pub(super) running: Option<RunningJob>,
    /// Whether it stands in the queue of tables with work.
    pub(super) is_queued: bool,
    /// Since its last load failed.
    pub(super) rest: Option<Rest>,
    pub(super) parked: Parked,
    /// Bytes of it that the sum over all tables has.
    pub(super) counted: usize,
}

/// What is known of records that are left in the log.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Parked {
    /// How many they are. Those that are gathered again are taken off.
    pub(super) stock: Stock,
    /// The last entry that has some.
    pub(super) last: Option<Position>,
    /// Whether it was said that they will be deleted.
    pub(super) is_announced: bool,
}

/// How its records come.
#[derive(Debug)]
pub(super) enum Flow {
    /// From the reader that all tables share.
    Live(Gatherer),
    /// From the reader that goes over the log again.
    CatchingUp(Gatherer),
    /// Not at all: they stay in the log.
    Parked {
        /// The first entry that may hold records not dealt with; none if none came since.
        from: Option<Position>,
    },
}

/// Work in progress.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunningJob {
    pub(super) first: Position,
    pub(super) bytes: usize,
    /// Its records.
    pub(super) stock: Stock,
    /// Where its records end.
    pub(super) through: Point,
    /// Where they go, and as what.
    pub(super) target: Option<(DestinationId, FileFormat)>,
}

impl TableWork {
    pub(super) fn new(id: TableId, problem: Option<Reason>, flow: Flow) -> Self {
        Self {
            id,
            problem,
            flow,
            running: None,
            is_queued: false,
            rest: None,
            parked: Parked::default(),
            counted: 0,
        }
    }

    /// The gatherer, unless it is parked.
    pub(super) fn gatherer(&mut self) -> Option<&mut Gatherer> {
        match &mut self.flow {
            Flow::Live(gatherer) | Flow::CatchingUp(gatherer) => Some(gatherer),
            Flow::Parked { .. } => None,
        }
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.gathered().map_or(0, Gatherer::held_bytes) + self.running.map_or(0, |job| job.bytes)
    }

    /// The first entry that is needed for it.
    pub(super) fn first_needed(&self) -> Option<Position> {
        let running = self.running.map(|job| job.first);
        let flow = match &self.flow {
            Flow::Live(gatherer) | Flow::CatchingUp(gatherer) => gatherer.first_needed(),
            Flow::Parked { from } => *from,
        };
        [running, flow].into_iter().flatten().min()
    }

    /// When the oldest record that is not landed was received, as far as is known.
    pub(super) fn waiting_since(&self) -> Option<Timestamp> {
        self.waiting().oldest()
    }

    /// All that is known of and not landed.
    pub(super) fn waiting(&self) -> Stock {
        let open = self.open_batch().map(OpenBatch::stock);
        [self.closed(), self.parked.stock]
            .into_iter()
            .chain(open)
            .collect()
    }

    /// What is closed and not landed.
    pub(super) fn closed(&self) -> Stock {
        let ready = self.gathered().into_iter().flat_map(|gatherer| &gatherer.ready);
        let running = self.running.map(|job| job.stock);
        ready.map(Job::stock).chain(running).collect()
    }

    /// The batch that takes more.
    pub(super) fn open_batch(&self) -> Option<&OpenBatch> {
        self.gathered()?.open.as_ref()
    }

    /// When the open batch closes by age. One that is made again closes where it did before.
    pub(super) fn closes_at(&self, wait: Duration, now: Timestamp, elapsed: Duration) -> Option<Timestamp> {
        let gatherer = self.gathered().filter(|gatherer| gatherer.again.is_none())?;
        Some(gatherer.open.as_ref()?.closes_at(wait, now, elapsed))
    }

    fn gathered(&self) -> Option<&Gatherer> {
        match &self.flow {
            Flow::Live(gatherer) | Flow::CatchingUp(gatherer) => Some(gatherer),
            Flow::Parked { .. } => None,
        }
    }

    /// Whether its records can't be loaded as it is: they stay in the log until they can be, or the last attempt failed.
    /// One more attempt is no news until it succeeds.
    pub(super) fn is_held(&self) -> bool {
        let is_parked = matches!(self.flow, Flow::Parked { .. }) && self.parked.stock.rows > 0;
        is_parked || self.rest.is_some()
    }

    /// Records of the entry at `position` stay in the log.
    pub(super) fn leave(&mut self, position: Position, stock: Stock) {
        self.parked.stock.add(stock);
        self.parked.last = self.parked.last.max(Some(position));
        if let Flow::Parked { from } = &mut self.flow {
            from.get_or_insert(position);
        }
    }

    /// Lets go of all that is gathered. What it held is read again from the log.
    pub(super) fn park(&mut self, here: Position) {
        let from = self.first_needed().map_or(here, |first| first.min(here));
        // What is running is counted by itself, and left behind if it fails.
        let ready = self.gathered().into_iter().flat_map(|gatherer| &gatherer.ready);
        let open = self.open_batch().map(OpenBatch::stock);
        let gathered: Stock = ready.map(Job::stock).chain(open).collect();
        self.parked.stock.add(gathered);
        self.parked.last = self.parked.last.max(Some(self.last_gathered().unwrap_or(from)));
        self.flow = Flow::Parked { from: Some(from) };
    }

    /// The last entry that was gathered from.
    fn last_gathered(&self) -> Option<Position> {
        let seen = self.gathered()?.seen;
        seen.map(|point| Position::new(point.position.as_u64()))
    }
}
