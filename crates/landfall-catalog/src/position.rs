//! Places in the log.

use crate::ids::Partition;

/// Number of an entry of the log, within its partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(i64);

impl Position {
    /// The entry of that number, held to 2⁶³ − 1, which no log reaches.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        if number > i64::MAX as u64 {
            Self(i64::MAX)
        } else {
            Self(number as i64)
        }
    }

    /// The number.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0 as u64
    }

    pub(crate) const fn as_i64(self) -> i64 {
        self.0
    }
}

/// A place in a partition: an entry, and how far in it, as the loader counts the records of one table in an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    /// The entry.
    pub position: Position,
    /// The last record within it, in the loader's count; [`Point::END`] for all of it.
    pub ordinal: u32,
}

impl Point {
    /// The ordinal that stands for the end of an entry.
    pub const END: u32 = u32::MAX;

    /// The end of an entry.
    #[must_use]
    pub const fn end_of(position: Position) -> Self {
        Self {
            position,
            ordinal: Self::END,
        }
    }
}

/// Consecutive records of one table in one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogRange {
    /// The partition.
    pub partition: Partition,
    /// Where the range begins, which it doesn't include; the beginning of the table's log if none.
    pub after: Option<Point>,
    /// Where it ends, which it includes.
    pub through: Point,
}

impl LogRange {
    /// Whether it ends after it begins.
    #[must_use]
    pub fn is_forward(&self) -> bool {
        self.after.is_none_or(|after| after < self.through)
    }
}
