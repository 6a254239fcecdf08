//! A stretch of input, cut into lines and sorted by stream.

use std::sync::Arc;

use landfall_core::time::Timestamp;
use landfall_singer::RecordFacts;

use crate::cut::record_bytes;
use crate::streams::StreamPlan;

/// Bytes of input: whole lines, or whole lines of a BATCH file.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) bytes: Vec<u8>,
    /// Number of its first line.
    pub(crate) first_line: u64,
}

/// Where a record stands in its block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordLine {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Where the record begins.
    pub(crate) record: u32,
    /// How many records of the block come before it.
    pub(crate) ordinal: u32,
    /// Number of the line in the block.
    pub(crate) line: u32,
    pub(crate) facts: LineFacts,
}

/// How to learn what a line says beside its record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LineFacts {
    /// It is known: nothing after the record matters.
    Known(RecordFacts),
    /// The keys before the record said this; the rest of the line may say more.
    Prefix(RecordFacts),
}

/// When the records of a block were received.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receipt {
    pub(crate) at: Timestamp,
    /// `_sdc_sequence` of the block's first record; later ones follow without gap.
    pub(crate) first_sequence: i64,
    /// Position in the input of the block's first record.
    pub(crate) first_position: u64,
}

/// Records of one stream in a block that go to one batch, unless their versions say otherwise.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) stream: Arc<StreamPlan>,
    pub(crate) block: Arc<Block>,
    pub(crate) receipt: Receipt,
    pub(crate) lines: Vec<RecordLine>,
    /// Whether the lines are bare records, of a BATCH file.
    pub(crate) is_bare: bool,
    /// Bytes of record JSON, as far as they can be told before reading.
    pub(crate) record_bytes: u64,
}

impl Group {
    /// Bytes of record JSON in one of its lines, as far as they can be told before reading.
    pub(crate) fn record_bytes_of(&self, line: &RecordLine) -> u64 {
        let bytes = &self.block.bytes[line.start as usize..line.end as usize];
        let record = (line.record - line.start) as usize;
        if self.is_bare {
            (bytes.len() - record) as u64
        } else {
            record_bytes(bytes, record)
        }
    }
}
