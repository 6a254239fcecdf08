//! What the conductor knows of each table.

use std::sync::Arc;

use landfall_catalog::{Point, TableId};
use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::settings::FileFormat;
use landfall_core::time::Timestamp;
use landfall_format::Reason;
use landfall_log::Position;

use super::gather::Gatherer;
use super::jobs::Job;
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
    pub(super) parked: Parked,
    /// Bytes of it that the sum over all tables has.
    pub(super) counted: usize,
}

/// What is known of records that are left in the log.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Parked {
    /// When the first of them was received.
    pub(super) since: Option<Timestamp>,
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
    /// When the oldest of its records was received.
    pub(super) since: Option<Timestamp>,
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

    /// When the oldest record that is not landed was received, as far as is known.
    pub(super) fn waiting_since(&self) -> Option<Timestamp> {
        let gathered = match &self.flow {
            Flow::Live(gatherer) | Flow::CatchingUp(gatherer) => oldest_of(gatherer),
            Flow::Parked { .. } => None,
        };
        let running = self.running.and_then(|job| job.since);
        [running, gathered, self.parked.since].into_iter().flatten().min()
    }

    /// Records of the entry at `position` stay in the log.
    pub(super) fn leave(&mut self, position: Position, received_at: Timestamp) {
        let since = self.parked.since.get_or_insert(received_at);
        *since = received_at.min(*since);
        self.parked.last = self.parked.last.max(Some(position));
        if let Flow::Parked { from } = &mut self.flow {
            from.get_or_insert(position);
        }
    }

    /// Lets go of all that is gathered. What it held is read again from the log.
    pub(super) fn park(&mut self, here: Position) {
        let from = self.first_needed().map_or(here, |first| first.min(here));
        self.parked.since = self.waiting_since();
        self.parked.last = self.parked.last.max(Some(self.last_gathered().unwrap_or(from)));
        self.flow = Flow::Parked { from: Some(from) };
    }

    /// The last entry that was gathered from.
    fn last_gathered(&self) -> Option<Position> {
        let seen = match &self.flow {
            Flow::Live(gatherer) | Flow::CatchingUp(gatherer) => gatherer.seen,
            Flow::Parked { .. } => None,
        };
        seen.map(|point| Position::new(point.position.as_u64()))
    }
}

fn oldest_of(gatherer: &Gatherer) -> Option<Timestamp> {
    let open = gatherer.open.as_ref().map(|open| open.first_received);
    gatherer.ready.iter().filter_map(Job::since).chain(open).min()
}
