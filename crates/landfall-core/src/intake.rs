//! Accepted requests: what intake hands to the log, and the loader takes out of it.
//!
//! A request is accepted as a whole or not at all, so it is one entry of the log, whatever tables it is for. In it,
//! records of one table are kept in their order, as [`AcceptedPart`]s that share version, keys and schema.

mod codec;

use std::ops::Range;

use crate::ids::SourceId;
use crate::time::Timestamp;
use crate::units::TableVersion;

pub use codec::{DecodeEntryError, decode, encode};

/// A request that passed every check of import-api.md. Before it is durable its parts own their texts; those that come
/// out of the log point into their entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedRequest<T = String> {
    /// The source whose token or URL it came with.
    pub source: SourceId,
    /// When it was accepted: `_sdc_received_at` of all its records.
    pub received_at: Timestamp,
    /// What it holds.
    pub parts: Vec<AcceptedPart<T>>,
}

/// Consecutive records of one table in a request, which share version, keys, bookmark columns and schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedPart<T = String> {
    /// The table's name as received.
    pub table: String,
    /// The version its records carry.
    pub version: TableVersion,
    /// Key columns; none for a keyless table.
    pub key_names: Vec<String>,
    /// Columns whose extremes are reported.
    pub bookmark_names: Vec<String>,
    /// The text of the JSON Schema that the records came with, if any.
    pub schema: Option<String>,
    /// The records, one after the other.
    pub items: Vec<AcceptedItem>,
    /// The text that the items point into. It may hold more than they do, such as the whole body of the request.
    pub text: T,
}

impl AcceptedRequest<&str> {
    /// The request with texts of its own.
    #[must_use]
    pub fn into_owned(self) -> AcceptedRequest {
        let owned = |part: AcceptedPart<&str>| AcceptedPart {
            text: part.text.to_owned(),
            table: part.table,
            version: part.version,
            key_names: part.key_names,
            bookmark_names: part.bookmark_names,
            schema: part.schema,
            items: part.items,
        };
        AcceptedRequest {
            source: self.source,
            received_at: self.received_at,
            parts: self.parts.into_iter().map(owned).collect(),
        }
    }
}

impl<T> AcceptedPart<T> {
    /// How many records it holds.
    #[must_use]
    pub fn records(&self) -> usize {
        let is_record = |item: &&AcceptedItem| matches!(item, AcceptedItem::Record(_));
        self.items.iter().filter(is_record).count()
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcceptedItem {
    /// A record to land.
    Record(AcceptedRecord),
    /// All data of the part's version has arrived (import-api.md §13).
    ActivateVersion,
}

/// A record to land. Ranges are of bytes of [`AcceptedPart::text`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedRecord {
    /// `_sdc_sequence`.
    pub sequence: i64,
    /// The `time_extracted` as sent: a string's content without quotes, where it was sent and can be read as an
    /// instant.
    pub extracted_at: Option<Range<usize>>,
    /// The record: a JSON object.
    pub data: Range<usize>,
}
