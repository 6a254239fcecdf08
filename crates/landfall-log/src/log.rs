//! The contract of a durable log.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use landfall_core::time::Timestamp;
use landfall_core::units::ByteCount;

use crate::error::{AppendError, FreeError, ReadError, Unwritable};

/// One of the sequences that a log consists of. Entries of one partition have an order, entries of different ones have
/// none: whoever needs an order puts everything it concerns into one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(u32);

impl Partition {
    /// The partition that every log has.
    pub const FIRST: Self = Self(0);

    /// The partition with that number, counted from 0.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The place of an entry in its partition. The first entry ever is at 0, each further one at the next number, and no
/// number is given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

impl Position {
    /// Where the first entry of a partition stands.
    pub const FIRST: Self = Self(0);

    /// The position with that number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The position that follows.
    #[must_use]
    pub const fn next(self) -> Self {
        self.plus(1)
    }

    /// The position that many entries later.
    #[must_use]
    pub const fn plus(self, entries: u64) -> Self {
        Self(self.0.saturating_add(entries))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// An entry to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// What it says. The log does not look into it.
    pub bytes: Bytes,
    /// When it came, by the caller's clock. Only [`Usage::oldest`] depends on it.
    pub at: Timestamp,
}

/// An entry as it was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub position: Position,
    /// The time it was appended with.
    pub at: Timestamp,
    /// What it says.
    pub bytes: Bytes,
}

/// What a partition holds: the positions from `first`, included, to `next`, not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The first position that can still be read.
    pub first: Position,
    /// The position that the next entry will have.
    pub next: Position,
}

/// How a log is doing: what `/readyz`, `landfall_journal_bytes` and `landfall_journal_oldest_seconds` are made from
/// (operations.md §10).
#[derive(Debug, Clone)]
pub struct Usage {
    /// What all partitions take on disk.
    pub bytes: ByteCount,
    /// What they may take, if that is limited. At 95 % of it appends are refused (operations.md §9).
    pub budget: Option<ByteCount>,
    /// The time of the oldest entry that was not freed; none if nothing waits.
    pub oldest: Option<Timestamp>,
    /// Whether an append has a chance, and why not.
    pub writable: Result<(), Unwritable>,
}

/// A durable, ordered log of entries in one or more partitions.
///
/// Implemented by [`EmbeddedLog`](crate::EmbeddedLog) (segment files on one machine);
/// `conformance::suite` is the contract in executable form.
#[async_trait]
pub trait Log: fmt::Debug + Send + Sync {
    /// How many partitions there are: those from 0 to one less than this. At least one.
    fn partitions(&self) -> u32;

    /// Appends an entry whole, and returns only when it would survive a power cut.
    ///
    /// Appends that run at the same time share the cost of making them durable; their order is not defined. An
    /// append that returned before another one started stands before it. Room is not waited for: where there is none,
    /// the answer is an error at once.
    ///
    /// # Errors
    /// See [`AppendError`]. The entry has not been acknowledged and may be appended again. After [`AppendError::Io`],
    /// and when the future is dropped before it is done, the entry may nevertheless be in the log, once.
    async fn append(&self, partition: Partition, entry: NewEntry) -> Result<Position, AppendError>;

    /// Reads entries from `from` on, in order and without a gap: as many as are together at most `most` bytes long,
    /// but at least one if there is one. There may be more behind them. At the end of the partition nothing is read.
    ///
    /// Every call returns the same entries, and only entries that would survive a power cut.
    ///
    /// # Errors
    /// [`ReadError::Freed`] below [`Bounds::first`], [`ReadError::Beyond`] past [`Bounds::next`],
    /// [`ReadError::Damaged`] if the entry at `from` is lost.
    async fn read(
        &self,
        partition: Partition,
        from: Position,
        most: ByteCount,
    ) -> Result<Vec<Entry>, ReadError>;

    /// Returns as soon as there is an entry at `position`, which may be at once.
    ///
    /// # Errors
    /// [`ReadError::Closed`] when there will never be one.
    async fn wait_for(&self, partition: Partition, position: Position) -> Result<(), ReadError>;

    /// What the partition holds.
    ///
    /// # Errors
    /// Where the store cannot be asked.
    async fn bounds(&self, partition: Partition) -> Result<Bounds, ReadError>;

    /// Allows the log to forget the entries before `before`. Freeing twice is allowed and does nothing.
    ///
    /// Room is given back in larger pieces, so freed entries may stay readable for a while, and more of them after a
    /// restart: what was freed is not remembered, only what was deleted.
    ///
    /// # Errors
    /// [`FreeError::Beyond`] past [`Bounds::next`]. After any other error, freeing again goes on where this call
    /// stopped.
    async fn free(&self, partition: Partition, before: Position) -> Result<(), FreeError>;

    /// How the log is doing.
    ///
    /// # Errors
    /// Where the store cannot be asked.
    async fn usage(&self) -> Result<Usage, ReadError>;
}
