//! What can go wrong with a log.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use landfall_core::units::ByteCount;

use crate::log::{Partition, Position};

/// The disk refused an operation.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {file:?}: check the disk that holds it")]
pub struct DiskError {
    /// What was tried, as in "write to".
    pub doing: &'static str,
    /// With which file.
    pub file: String,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

impl DiskError {
    /// For `map_err`.
    pub(crate) fn of(doing: &'static str, file: &str) -> impl FnOnce(io::Error) -> Arc<Self> {
        move |source| {
            Arc::new(Self {
                doing,
                file: file.to_owned(),
                source,
            })
        }
    }

    /// Whether it says that there is no room.
    pub(crate) fn is_full(&self) -> bool {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        // A limit on the size of files (`ulimit -f`) is room that the system does not give either.
        matches!(self.source.kind(), StorageFull | QuotaExceeded | FileTooLarge)
    }
}

/// Why there is no room. Appends work again as soon as there is some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Shortage {
    /// 95 % of the disk budget are used.
    #[error(
        "the log takes {} of the {} bytes it may take: let its destinations catch up, or raise the budget",
        used.as_u64(), budget.as_u64()
    )]
    Budget {
        /// What it takes.
        used: ByteCount,
        /// What it may take.
        budget: ByteCount,
    },
    /// The file system is almost full.
    #[error(
        "the log's file system has {} bytes left, and {} stay in reserve: free some space",
        left.as_u64(), reserve.as_u64()
    )]
    FileSystem {
        /// What is left.
        left: ByteCount,
        /// What has to be left.
        reserve: ByteCount,
    },
    /// The file system refused a write for want of space or quota.
    #[error(
        "the log's file system has no room for this entry: free some space, or raise the limit on file sizes (ulimit -f) if there is one"
    )]
    Refused,
}

/// Why an entry was not appended. Except for [`AppendError::Io`] it is certain that it was not.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Too much waits to be written. Trying again soon will do.
    #[error(
        "{} bytes already wait to be written, of {} at most: try again in a moment",
        waiting.as_u64(), most.as_u64()
    )]
    Busy {
        /// What waits.
        waiting: ByteCount,
        /// What may wait.
        most: ByteCount,
    },
    /// There is no room. Trying again later will do.
    #[error(transparent)]
    Full(#[from] Shortage),
    /// The disk failed, or did not promise that this entry is durable.
    #[error("the entry may not be durable")]
    Io(#[source] Arc<DiskError>),
    /// The disk failed earlier, and what it says is no longer believed. The log has to be opened anew.
    #[error("the log takes no entries since its disk failed: check the disk, then restart")]
    ReadOnly(#[source] Arc<DiskError>),
    /// No log of this kind takes an entry of this size.
    #[error("an entry of {} bytes is more than the log takes at once: {} at most", bytes.as_u64(), most.as_u64())]
    TooLarge {
        /// Its size.
        bytes: ByteCount,
        /// The largest size.
        most: ByteCount,
    },
    /// The log does not have that partition.
    #[error("the log has no partition {0}")]
    NoPartition(Partition),
    /// The log was closed.
    #[error("the log is closed")]
    Closed,
}

/// Why appends are refused whatever they hold.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unwritable {
    /// There is no room.
    #[error(transparent)]
    Full(#[from] Shortage),
    /// The disk failed.
    #[error("the log takes no entries since its disk failed: check the disk, then restart")]
    ReadOnly(#[source] Arc<DiskError>),
    /// The log was closed.
    #[error("the log is closed")]
    Closed,
}

/// Entries that were durable once and cannot be read any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{segment:?} is damaged at byte {offset}, entries {} up to, not including, {} are lost: restore the file from a copy, \
     or accept the loss and go on behind it",
    lost.start, lost.end
)]
pub struct Damage {
    /// The file.
    pub segment: String,
    /// Where in the file the damage starts.
    pub offset: u64,
    /// The positions that cannot be read.
    pub lost: Range<Position>,
}

/// Why nothing was read.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Entries up to `first` have been freed.
    #[error("entry {asked} was freed: the first one kept is {first}")]
    Freed {
        /// The position asked for.
        asked: Position,
        /// The first one that can be read.
        first: Position,
    },
    /// There has never been such an entry. A reader that asks for it has read another log, or this one has lost files.
    #[error("entry {asked} does not exist, the next one will be {next}: was the log's folder replaced?")]
    Beyond {
        /// The position asked for.
        asked: Position,
        /// The next one to be given.
        next: Position,
    },
    /// The entry is lost.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The entry is encrypted with another key.
    #[error("{segment:?} is encrypted with another key: give the key it was written with")]
    WrongKey {
        /// The file.
        segment: String,
    },
    /// The entry is encrypted, and no key was given.
    #[error("{segment:?} is encrypted: give the key it was written with")]
    KeyMissing {
        /// The file.
        segment: String,
    },
    /// The disk failed.
    #[error(transparent)]
    Io(#[from] Arc<DiskError>),
    /// The log does not have that partition.
    #[error("the log has no partition {0}")]
    NoPartition(Partition),
    /// The log was closed.
    #[error("the log is closed")]
    Closed,
}

/// Why entries were not freed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum FreeError {
    /// There have never been so many entries. Whoever frees them has read another log, or this one has lost files.
    #[error(
        "entries before {asked} cannot be freed, the next one will be {next}: was the log's folder replaced?"
    )]
    Beyond {
        /// The position asked for.
        asked: Position,
        /// The next one to be given.
        next: Position,
    },
    /// The disk failed.
    #[error(transparent)]
    Io(#[from] Arc<DiskError>),
    /// The log does not have that partition.
    #[error("the log has no partition {0}")]
    NoPartition(Partition),
    /// The log was closed.
    #[error("the log is closed")]
    Closed,
}
