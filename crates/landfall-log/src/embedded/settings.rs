//! Settings of the embedded log.

use landfall_core::units::ByteCount;

use super::payload::LogKey;
use super::room::Room;
use crate::log::Position;

const MEBIBYTE: u64 = 1024 * 1024;
/// Below this, a segment's header and the making of it cost more than its entries.
const LEAST_SEGMENT_BYTES: u64 = 4096;
/// Sizes in a frame have 32 bits. Compression and encryption may add a little.
const MOST_ENTRY_BYTES: u64 = 2048 * MEBIBYTE;

/// How the embedded log works.
#[derive(Debug, Clone)]
pub struct EmbeddedLogSettings {
    /// From which size on a segment gets no more entries: 64 MiB. At most an eighth of the budget.
    pub segment: ByteCount,
    /// How much may wait to be written, in memory: 64 MiB. What is more is refused as
    /// [`Busy`](crate::AppendError::Busy).
    pub queue: ByteCount,
    /// How much of what was just written is kept in memory for the reader that comes next: 16 MiB.
    pub tail: ByteCount,
    /// The largest entry: 64 MiB, three times the largest request (import-api.md §4).
    pub most_entry: ByteCount,
    /// How much the log may take on disk: no limit. At 95 % of it appends are refused.
    pub budget: Option<ByteCount>,
    /// How much the file system must have left: 256 MiB.
    pub reserve: ByteCount,
    /// The position that no new entry stands before: 0. Give the reader's checkpoint. A disk that did not keep what it
    /// had synced may have lost the last entries, and if their positions were given again, the reader would take the
    /// new entries for ones it has read.
    pub next_at_least: Position,
    /// What entries are encrypted with: nothing.
    pub key: Option<LogKey>,
}

impl Default for EmbeddedLogSettings {
    fn default() -> Self {
        Self {
            segment: ByteCount::new(64 * MEBIBYTE),
            queue: ByteCount::new(64 * MEBIBYTE),
            tail: ByteCount::new(16 * MEBIBYTE),
            most_entry: ByteCount::new(64 * MEBIBYTE),
            budget: None,
            reserve: ByteCount::new(256 * MEBIBYTE),
            next_at_least: Position::FIRST,
            key: None,
        }
    }
}

impl EmbeddedLogSettings {
    /// Small enough for several segments within the budget: only whole ones can be deleted.
    pub(crate) fn effective_segment_bytes(&self) -> u64 {
        let most = self.budget.map_or(u64::MAX, |budget| budget.as_u64() / 8);
        self.segment.as_u64().min(most).max(LEAST_SEGMENT_BYTES)
    }

    pub(crate) fn effective_most_entry_bytes(&self) -> u64 {
        self.most_entry.as_u64().min(MOST_ENTRY_BYTES)
    }

    pub(crate) fn room(&self) -> Room {
        Room {
            budget: self.budget,
            reserve: self.reserve,
        }
    }
}
