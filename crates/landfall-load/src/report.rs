//! What is told of a load (loading.md §10).

use std::time::Duration;

use landfall_core::time::Timestamp;

/// One object of a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// Its key.
    pub key: String,
    /// Rows, or rejected records.
    pub rows: u64,
    /// Its size.
    pub size_bytes: u64,
    /// Its CRC-32 (ISO-HDLC), where the upload needed it.
    pub crc32: Option<u32>,
}

/// A load that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadReport {
    /// The table, as received.
    pub table: String,
    /// The load instant.
    pub loaded_at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// Records landed.
    pub rows_landed: u64,
    /// Records set aside.
    pub rows_rejected: u64,
    /// How often each check failed: number in rejects.md §2, count.
    pub reasons: Vec<(&'static str, u64)>,
    /// The objects written, in the order of writing.
    pub files: Vec<FileReport>,
}

impl LoadReport {
    /// Bytes written.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size_bytes).sum()
    }
}
