//! What a table's records become, in their order: loads, and stretches that need none.

use std::sync::Arc;

use landfall_catalog::{Activation, LogRange, OpenLoad, Point};
use landfall_core::settings::FileFormat;
use landfall_core::time::Timestamp;
use landfall_core::units::TableVersion;
use landfall_format::{ClosedBatch, Naming};
use landfall_log::Position;

use super::stock::Stock;

/// Work that waits for its turn.
#[derive(Debug)]
pub(super) enum Job {
    Load(Box<ReadyLoad>),
    Skip(ReadySkip),
}

/// A closed batch.
#[derive(Debug)]
pub(super) struct ReadyLoad {
    pub(super) batch: Arc<ClosedBatch>,
    /// Records it holds, rejected ones too.
    pub(super) records: u64,
    pub(super) range: LogRange,
    /// The first entry it has records of.
    pub(super) first: Position,
    pub(super) activation: Activation,
    pub(super) extremes: Extremes,
    /// The load as the ledger has it, if it was opened before.
    pub(super) opened: Option<OpenLoad>,
}

impl ReadyLoad {
    /// Whether it was gathered for objects named and written like this. A load that is not in the ledger yet lands so or
    /// not at all: what lies in a bucket has the format and the keys of its destination.
    pub(super) fn is_for(&self, naming: &Naming) -> bool {
        **self.batch.plan().naming() == *naming
    }
}

/// An activation without records before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadySkip {
    pub(super) range: LogRange,
    pub(super) first: Position,
    pub(super) version: TableVersion,
}

/// The extremes of what a batch holds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extremes {
    pub(super) sequences: Option<(i64, i64)>,
    pub(super) received: Option<(Timestamp, Timestamp)>,
}

impl Extremes {
    pub(super) fn take(&mut self, sequence: i64, received_at: Timestamp) {
        widen(&mut self.sequences, sequence);
        widen(&mut self.received, received_at);
    }
}

pub(super) fn widen<T: Copy + Ord>(range: &mut Option<(T, T)>, value: T) {
    *range = Some(range.map_or((value, value), |(min, max)| (min.min(value), max.max(value))));
}

impl Job {
    /// The first entry that is needed until it is done.
    pub(super) fn first(&self) -> Position {
        match self {
            Self::Load(load) => load.first,
            Self::Skip(skip) => skip.first,
        }
    }

    /// Its records.
    pub(super) fn stock(&self) -> Stock {
        match self {
            Self::Load(load) => Stock::new(load.records, load.extremes.received),
            Self::Skip(_) => Stock::default(),
        }
    }

    /// What its objects hold.
    pub(super) fn format(&self) -> Option<FileFormat> {
        match self {
            Self::Load(load) => Some(load.batch.plan().naming().format),
            Self::Skip(_) => None,
        }
    }

    /// Where it ends.
    pub(super) fn through(&self) -> Point {
        match self {
            Self::Load(load) => load.range.through,
            Self::Skip(skip) => skip.range.through,
        }
    }

    /// Memory it holds.
    pub(super) fn allocated_bytes(&self) -> usize {
        match self {
            Self::Load(load) => load.batch.allocated_bytes(),
            Self::Skip(_) => 0,
        }
    }
}
