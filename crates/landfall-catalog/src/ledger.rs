//! The ledger of loads (loading.md §6): each is opened with all that fixes its objects, and closed once.
//!
//! ```text
//! open_load ──► open ──► commit_load ──► done
//!                │ ▲
//!                │ └─ replan_load: another instant, since foreign objects are in the way
//!                └──► abandoned: its destination was deleted ──► done, if it lands before its records go elsewhere
//! ```
//!
//! A table has at most one open load. Loads of a table follow each other in each partition of the log without gap or
//! overlap: a load, or a skip, begins where the last one ended. That is checked here, whatever the loader thinks.

mod attempts;
mod commit;
mod open;
mod read;
mod skip;

use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::time::Timestamp;
use landfall_core::units::{ByteCount, TableVersion};
use thiserror::Error;

pub use attempts::FailedAttempt;
pub use commit::{Commit, Committed};
pub use open::PlanObjects;
pub(crate) use open::read_range;
pub(crate) use read::read_object;
pub use read::{LoadFilter, LoadRecord, LoadState};
pub use skip::{Skip, SkipReason};

use crate::error::StoreError;
use crate::ids::{LoadId, LoadSeq, TableId};
use crate::position::{LogRange, Point};
use crate::stored::{StoredPlan, StoredPlannedObject, from_json, to_json};
use crate::tables::Bookmark;

/// A load to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Names it. Opening the same one again gives what was opened.
    pub id: LoadId,
    /// Where to.
    pub destination: DestinationId,
    /// The table.
    pub table: TableId,
    /// Version of its records.
    pub version: TableVersion,
    /// Where they are in the log.
    pub range: LogRange,
    /// How many they are.
    pub records: u64,
    /// Whether an activation of the version ends the range.
    pub activation: Activation,
    /// All else that fixes the bytes of its objects, such as the format, as the loader writes and reads it.
    pub encoding: String,
}

/// Whether a load's version becomes the active one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// It doesn't, by this load.
    Stays,
    /// It does.
    Activates,
}

/// A load that was opened and isn't done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenLoad {
    /// Its place in the ledger.
    pub seq: LoadSeq,
    /// What it was opened with.
    pub intent: Intent,
    /// The source of the table.
    pub source: SourceId,
    /// The load instant: of all its keys and rows.
    pub loaded_at: Timestamp,
    /// Whether it switches the table to a new version (loading.md §8.4).
    pub new_version: bool,
    /// Its objects.
    pub objects: Vec<PlannedObject>,
    /// When it was opened.
    pub opened_at: Timestamp,
}

/// What an object of a load is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectKind {
    /// The table's own.
    Root,
    /// That of a sub-table, of which this is the name.
    SubTable(String),
    /// That of rejected records.
    Rejects,
}

/// An object that a load is to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its key.
    pub key: String,
}

/// An object that a load wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LandedObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its key.
    pub key: String,
    /// Its rows, or rejected records.
    pub rows: u64,
    /// Its size.
    pub size: ByteCount,
    /// Its checksum, as the bucket confirmed it.
    pub checksum: String,
}

/// What was in a load.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoadFacts {
    /// How often each check failed: number in rejects.md §2, count.
    pub reasons: Vec<(String, u64)>,
    /// Smallest and largest `_sdc_sequence`.
    pub sequences: Option<(i64, i64)>,
    /// Smallest and largest `_sdc_received_at`.
    pub received: Option<(Timestamp, Timestamp)>,
    /// The replication-key columns, in their order.
    pub bookmarks: Vec<BookmarkRange>,
    /// The largest `time_extracted`.
    pub max_extracted: Option<String>,
}

/// The extremes of a replication-key column in a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookmarkRange {
    /// The column.
    pub column: String,
    /// Its smallest and largest value, as received; none if it had none but nulls.
    pub min_and_max: Option<(String, String)>,
}

/// What came of a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What was written.
    pub objects: Vec<LandedObject>,
    /// Records landed.
    pub rows_landed: u64,
    /// Records rejected.
    pub rows_rejected: u64,
    /// What was in it.
    pub facts: LoadFacts,
    /// The table's highest bookmark, this load included.
    pub highest_bookmark: Option<Bookmark>,
    /// When it began.
    pub started_at: Timestamp,
    /// When its last object was acknowledged.
    pub done_at: Timestamp,
    /// What hooks are told; none if there is nothing to tell.
    pub hook_body: Option<String>,
}

/// Why the ledger stays as it is.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// No such table.
    #[error("there is no table {0}: make it before its first load")]
    UnknownTable(TableId),
    /// No such load.
    #[error("there is no load {0}: open it first")]
    UnknownLoad(LoadId),
    /// The load is done.
    #[error("load {0} is done: nothing is left to do")]
    AlreadyDone(LoadId),
    /// The load was given up, with its destination.
    #[error("load {0} was given up because its destination was deleted: open another one")]
    Abandoned(LoadId),
    /// The name stands for another load.
    #[error("load {0} was opened for other records: give this one another name")]
    OtherRecords(LoadId),
    /// The table has an open load.
    #[error("table {table} has the open load {load}: finish that first")]
    TableBusy {
        /// The table.
        table: TableId,
        /// Its open load.
        load: LoadId,
    },
    /// The range doesn't follow the last one of its table.
    #[error(
        "the range of table {table} begins after {found:?}, but the last one ended at {expected:?}: begin there"
    )]
    NotNext {
        /// The table.
        table: TableId,
        /// Where the last range ended.
        expected: Option<Point>,
        /// Where this one begins.
        found: Option<Point>,
    },
    /// The range ends before it begins.
    #[error("the range {0:?} ends before it begins: give it in log order")]
    Backward(LogRange),
    /// The source's data goes elsewhere by now.
    #[error("source {source_id} does not load to destination {destination}: look up where it loads to")]
    NotMapped {
        /// The source.
        source_id: SourceId,
        /// The destination of the intent.
        destination: DestinationId,
    },
    /// Records went missing, or came from nowhere.
    #[error(
        "load {id} has {records} records, but {landed} landed and {rejected} were rejected: they must add up"
    )]
    CountsDiffer {
        /// The load.
        id: LoadId,
        /// What it was opened with.
        records: u64,
        /// What landed.
        landed: u64,
        /// What was rejected.
        rejected: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ObjectKind {
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::SubTable(_) => "sub_table",
            Self::Rejects => "rejects",
        }
    }

    pub(crate) fn sub_table(&self) -> Option<&str> {
        match self {
            Self::SubTable(name) => Some(name),
            Self::Root | Self::Rejects => None,
        }
    }

    pub(crate) fn from_parts(kind: &str, sub_table: Option<String>) -> Result<Self, StoreError> {
        match (kind, sub_table) {
            ("root", None) => Ok(Self::Root),
            ("sub_table", Some(name)) => Ok(Self::SubTable(name)),
            ("rejects", None) => Ok(Self::Rejects),
            _ => Err(StoreError::damaged(format!("{kind:?} is no kind of an object"))),
        }
    }
}

/// The stored form of a plan.
fn plan_to_stored(encoding: &str, objects: &[PlannedObject]) -> String {
    let object = |object: &PlannedObject| StoredPlannedObject {
        kind: object.kind.as_str().to_owned(),
        sub_table: object.kind.sub_table().map(str::to_owned),
        key: object.key.clone(),
    };
    to_json(&StoredPlan::V1 {
        encoding: encoding.to_owned(),
        objects: objects.iter().map(object).collect(),
    })
}

fn plan_from_stored(text: &str) -> Result<(String, Vec<PlannedObject>), StoreError> {
    let StoredPlan::V1 { encoding, objects } = from_json(text, "the plan of a load")?;
    let object = |object: StoredPlannedObject| {
        Ok(PlannedObject {
            kind: ObjectKind::from_parts(&object.kind, object.sub_table)?,
            key: object.key,
        })
    };
    let objects: Result<_, StoreError> = objects.into_iter().map(object).collect();
    Ok((encoding, objects?))
}
