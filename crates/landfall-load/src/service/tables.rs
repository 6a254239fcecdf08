//! What the conductor knows of each table.

use std::sync::Arc;

use landfall_catalog::TableId;
use landfall_core::ids::{DestinationId, SourceId};
use landfall_format::Reason;
use landfall_log::Position;

use super::gather::Gatherer;
use super::places::Rest;

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
    pub(super) destination: Option<DestinationId>,
}

impl TableWork {
    /// The gatherer, unless it is parked.
    pub(super) fn gatherer(&mut self) -> Option<&mut Gatherer> {
        match &mut self.flow {
            Flow::Live(gatherer) | Flow::CatchingUp(gatherer) => Some(gatherer),
            Flow::Parked { .. } => None,
        }
    }

    pub(super) fn held_bytes(&self) -> usize {
        let flow = match &self.flow {
            Flow::Live(gatherer) | Flow::CatchingUp(gatherer) => gatherer.held_bytes(),
            Flow::Parked { .. } => 0,
        };
        flow + self.running.map_or(0, |job| job.bytes)
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

    /// Lets go of all that is gathered. What it held is read again from the log.
    pub(super) fn park(&mut self, here: Position) {
        let from = self.first_needed().map_or(here, |first| first.min(here));
        self.flow = Flow::Parked { from: Some(from) };
    }
}
