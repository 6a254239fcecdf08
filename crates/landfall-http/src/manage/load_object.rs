//! A load as answers show it: what was in it, and what became of it.

use landfall_catalog::{LandedObject, LoadFacts, LoadRecord, LoadState, ObjectKind};
use serde::Serialize;
use utoipa::ToSchema;

use super::instant::Seconds;

/// A line of the ledger.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LedgerLoad<'a> {
    id: &'a str,
    /// Its place in the ledger.
    number: i64,
    /// `open` (on its way), `done`, or `abandoned` with its destination.
    state: &'static str,
    source_id: u32,
    source_name: &'a str,
    table: &'a str,
    table_version: i64,
    destination_id: u32,
    /// Whether it switched the table to a new version.
    new_version: bool,
    records: u64,
    rows_loaded: u64,
    rows_rejected: u64,
    /// Bytes of all its objects.
    bytes: u64,
    /// The instant in its keys and rows.
    loaded_at: Seconds,
    opened_at: Seconds,
    completed_at: Option<Seconds>,
    duration_ms: Option<u64>,
    time_extracted: Option<&'a str>,
    bookmarks: Vec<BookmarkSpan<'a>>,
    reject_reasons: Vec<ReasonCount<'a>>,
    /// Smallest and largest `_sdc_sequence`.
    sequences: Option<[i64; 2]>,
}

/// A replication-key column, with its extremes.
#[derive(Debug, Serialize, ToSchema)]
struct BookmarkSpan<'a> {
    key: &'a str,
    min_value: Option<&'a str>,
    max_value: Option<&'a str>,
}

/// How many records a check set aside.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReasonCount<'a> {
    /// The check, such as `R3`.
    pub(super) code: &'a str,
    pub(super) records: u64,
}

/// An object in the bucket.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LoadedObject<'a> {
    /// `root`, `sub_table` or `rejects`.
    kind: &'static str,
    sub_table: Option<&'a str>,
    bucket: Option<&'a str>,
    key: &'a str,
    rows: u64,
    bytes: u64,
    checksum: &'a str,
}

/// A load with its objects.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LoadDetail<'a> {
    #[serde(flatten)]
    load: LedgerLoad<'a>,
    objects: Vec<LoadedObject<'a>>,
}

impl<'a> LedgerLoad<'a> {
    pub(super) fn new(load: &'a LoadRecord) -> Self {
        let facts = load.facts.as_ref();
        Self {
            id: load.id.as_str(),
            number: load.seq.number(),
            state: match load.state {
                LoadState::Open => "open",
                LoadState::Done => "done",
                LoadState::Abandoned => "abandoned",
            },
            source_id: load.source.as_u32(),
            source_name: &load.source_name,
            table: &load.table_name,
            table_version: load.version.as_i64(),
            destination_id: load.destination.as_u32(),
            new_version: load.new_version,
            records: load.records,
            rows_loaded: load.rows_landed,
            rows_rejected: load.rows_rejected,
            bytes: load.size.as_u64(),
            loaded_at: Seconds(load.loaded_at),
            opened_at: Seconds(load.opened_at),
            completed_at: load.done_at.map(Seconds),
            duration_ms: load
                .took
                .map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
            time_extracted: facts.and_then(|facts| facts.max_extracted.as_deref()),
            bookmarks: facts.map(bookmarks).unwrap_or_default(),
            reject_reasons: facts.map(reasons).unwrap_or_default(),
            sequences: facts
                .and_then(|facts| facts.sequences)
                .map(|(min, max)| [min, max]),
        }
    }
}

fn bookmarks(facts: &LoadFacts) -> Vec<BookmarkSpan<'_>> {
    facts
        .bookmarks
        .iter()
        .map(|range| BookmarkSpan {
            key: &range.column,
            min_value: range.min_and_max.as_ref().map(|(min, _)| min.as_str()),
            max_value: range.min_and_max.as_ref().map(|(_, max)| max.as_str()),
        })
        .collect()
}

fn reasons(facts: &LoadFacts) -> Vec<ReasonCount<'_>> {
    facts
        .reasons
        .iter()
        .map(|(code, records)| ReasonCount {
            code,
            records: *records,
        })
        .collect()
}

impl<'a> LoadedObject<'a> {
    pub(super) fn new(object: &'a LandedObject, bucket: Option<&'a str>) -> Self {
        let (kind, sub_table) = match &object.kind {
            ObjectKind::Root => ("root", None),
            ObjectKind::SubTable(name) => ("sub_table", Some(name.as_str())),
            ObjectKind::Rejects => ("rejects", None),
        };
        Self {
            kind,
            sub_table,
            bucket,
            key: &object.key,
            rows: object.rows,
            bytes: object.size.as_u64(),
            checksum: &object.checksum,
        }
    }
}

impl<'a> LoadDetail<'a> {
    pub(super) fn new(load: &'a LoadRecord, objects: &'a [LandedObject], bucket: Option<&'a str>) -> Self {
        Self {
            load: LedgerLoad::new(load),
            objects: objects
                .iter()
                .map(|object| LoadedObject::new(object, bucket))
                .collect(),
        }
    }
}
