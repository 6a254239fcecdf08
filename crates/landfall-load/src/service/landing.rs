//! One load, from the ledger to the bucket and back (loading.md §6). Every step is safe to repeat.

use std::sync::Arc;

use async_trait::async_trait;
use landfall_bucket::{BucketError, Reaction};
use landfall_catalog::{
    BookmarkRange, Catalog, Commit, Intent, LandedObject, LedgerError, LoadFacts as LedgerFacts, LoadId,
    ObjectKind, OpenLoad, Outcome, PlannedObject, Skip, SkipReason, StoreError, TableId,
};
use landfall_core::time::{Instant, Timestamp};
use landfall_core::units::{ByteCount, TableVersion};
use landfall_format::{ClosedBatch, FileFacts, FileKind, KeySource, RandomKeys};

use super::encoding;
use super::jobs::{ReadyLoad, ReadySkip};
use super::places::OpenPlace;
use super::steps::{Step, Steps};
use crate::clock::Clock;
use crate::error::{AccessError, LedgerFault, LoadError};
use crate::loader::{Load, Loader, NextInstant};
use crate::report::LoadReport;
use crate::webhook::{LoadFacts, hook_body};

/// What loads of the server work with.
pub(super) struct Lander {
    pub(super) catalog: Arc<Catalog>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) steps: Arc<dyn Steps>,
}

/// Code of loads that can never be done: [`LoadFault::code`](landfall_catalog::LoadFault::code) of their table.
pub const NEVER_LANDS: &str = "load_unsupported";
/// Code of loads that a fault of Landfall holds up.
pub const HELD_BY_LANDFALL: &str = "internal";

/// Why a load is not done.
#[derive(Debug)]
pub(super) enum LandingFault {
    /// The destination lets nobody in: the operator must act.
    Refused(LoadError),
    /// The destination can't be reached: it will pass.
    OutOfReach(LoadError),
    /// The bucket did not take an object: it will pass.
    NotTaken(LoadError),
    /// The bucket will never take an object of it, but takes those of others.
    Unwritable(LoadError),
    /// The log has lost some of its records, and it can't be made of others.
    Incomplete(String),
    /// Landfall itself failed: it will pass.
    Transient(String),
    /// What was known of the table no longer holds: look it up again.
    Outdated(String),
}

impl std::fmt::Display for LandingFault {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(error)
            | Self::OutOfReach(error)
            | Self::NotTaken(error)
            | Self::Unwritable(error) => error.fmt(out),
            Self::Incomplete(text) | Self::Transient(text) | Self::Outdated(text) => out.write_str(text),
        }
    }
}

impl LandingFault {
    /// What the bucket said, if it is the bucket's fault.
    pub(super) fn of_bucket(&self) -> Option<&LoadError> {
        let error = match self {
            Self::Refused(error)
            | Self::OutOfReach(error)
            | Self::NotTaken(error)
            | Self::Unwritable(error) => error,
            Self::Incomplete(_) | Self::Transient(_) | Self::Outdated(_) => return None,
        };
        match error {
            LoadError::Access { .. } | LoadError::Put { .. } => Some(error),
            LoadError::Ledger(_) | LoadError::Crowded { .. } => None,
        }
    }

    /// Its code, unless the bucket's answer says more.
    pub(super) fn code(&self) -> Option<&'static str> {
        match self {
            Self::Unwritable(_) | Self::Incomplete(_) => Some(NEVER_LANDS),
            Self::Transient(_) | Self::NotTaken(LoadError::Ledger(_)) => Some(HELD_BY_LANDFALL),
            Self::Refused(_) | Self::OutOfReach(_) | Self::NotTaken(_) | Self::Outdated(_) => None,
        }
    }
}

impl From<LedgerError> for LandingFault {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Store(fault) => Self::Transient(fault.to_string()),
            other => Self::Outdated(other.to_string()),
        }
    }
}

impl From<StoreError> for LandingFault {
    fn from(error: StoreError) -> Self {
        Self::Transient(error.to_string())
    }
}

impl Lander {
    /// Lands a batch: opens it in the ledger unless it is, writes its objects, commits it.
    pub(super) async fn land(
        self: &Arc<Self>,
        table: TableId,
        place: &Arc<OpenPlace>,
        ready: &ReadyLoad,
    ) -> Result<LoadReport, LandingFault> {
        let started_at = self.clock.closing();
        let opened = match &ready.opened {
            Some(opened) => {
                check_same(opened, ready)?;
                opened.clone()
            }
            None => self.open(table, place, ready).await?,
        };
        self.steps.done(Step::Opened).await;
        let ledger = LedgerInstants {
            catalog: self.catalog.clone(),
            clock: self.clock.clone(),
            batch: ready.batch.clone(),
            steps: self.steps.clone(),
        };
        let loader = Loader::sharing(place.place.bucket.clone(), place.access.clone(), Arc::new(ledger))
            .keeping_checksums()
            .telling(self.steps.clone());
        let load = Load {
            batch: ready.batch.clone(),
            loaded_at: opened.loaded_at,
            load_id: opened.intent.id.as_str().to_owned(),
        };
        let report = match loader.load(&load).await {
            Ok(report) => report,
            Err(error) => {
                // The next load asks first whether it is this table or the destination.
                place.access.forget().await;
                return Err(judge(error));
            }
        };
        self.steps.done(Step::Put).await;
        let outcome = self
            .outcome(table, place, ready, &opened, &report, started_at)
            .await?;
        let commit = Commit {
            id: opened.intent.id,
            outcome,
        };
        self.catalog.commit_load(&commit).await?;
        self.steps.done(Step::Committed).await;
        Ok(report)
    }

    async fn open(
        &self,
        table: TableId,
        place: &OpenPlace,
        ready: &ReadyLoad,
    ) -> Result<OpenLoad, LandingFault> {
        let batch = &ready.batch;
        let name = RandomKeys::default().next_key();
        let intent = Intent {
            id: LoadId::new(String::from_utf8_lossy(&name)),
            destination: place.destination,
            table,
            version: TableVersion::new(batch.version()),
            range: ready.range,
            records: batch.rows_landed() + batch.rows_rejected(),
            activation: ready.activation,
            encoding: encoding::to_stored(batch.plan().naming()),
        };
        let plan = |loaded_at| planned_objects(batch, loaded_at);
        Ok(self
            .catalog
            .open_load(&intent, &plan, self.clock.closing())
            .await?)
    }

    /// Moves a table past an activation that no record came before.
    pub(super) async fn skip(&self, table: TableId, skip: ReadySkip) -> Result<(), LandingFault> {
        let skip = Skip {
            table,
            range: skip.range,
            reason: SkipReason::Activated(skip.version),
        };
        self.catalog.skip(&skip, self.clock.closing()).await?;
        self.steps.done(Step::Skipped).await;
        Ok(())
    }

    async fn outcome(
        &self,
        table: TableId,
        place: &OpenPlace,
        ready: &ReadyLoad,
        opened: &OpenLoad,
        report: &LoadReport,
        started_at: Timestamp,
    ) -> Result<Outcome, LandingFault> {
        let batch = &ready.batch;
        let bucket = place.place.bucket.name();
        let facts = LoadFacts::of(batch, bucket, report.loaded_at, opened.new_version);
        let bookmarks: Vec<BookmarkRange> = facts
            .bookmarks
            .iter()
            .map(|bookmark| BookmarkRange {
                column: bookmark.column.clone(),
                min_and_max: bookmark.min_and_max.clone(),
            })
            .collect();
        let before = self
            .catalog
            .table(table)
            .await?
            .and_then(|table| table.highest_bookmark);
        Ok(Outcome {
            objects: landed_objects(batch, report),
            rows_landed: report.rows_landed,
            rows_rejected: report.rows_rejected,
            highest_bookmark: highest(before, &bookmarks),
            facts: LedgerFacts {
                reasons: report
                    .reasons
                    .iter()
                    .map(|(reason, count)| ((*reason).to_owned(), *count))
                    .collect(),
                sequences: ready.extremes.sequences,
                received: ready.extremes.received,
                bookmarks,
                max_extracted: batch.max_extracted().map(Instant::to_utc_text),
            },
            started_at,
            done_at: self.clock.closing(),
            hook_body: Some(hook_body(&facts)),
        })
    }
}

/// A load is made again from the very records that it was opened for, or not at all.
fn check_same(opened: &OpenLoad, ready: &ReadyLoad) -> Result<(), LandingFault> {
    let intent = &opened.intent;
    let records = ready.batch.rows_landed() + ready.batch.rows_rejected();
    if intent.range == ready.range && intent.records == records {
        return Ok(());
    }
    Err(LandingFault::Incomplete(format!(
        "load {} was opened for {} records, of which the log has lost some, and can't be made of others: delete its \
         destination and connect the bucket anew to give it up",
        intent.id, intent.records
    )))
}

/// The table's highest bookmark, of its first bookmark column.
fn highest(
    before: Option<landfall_catalog::Bookmark>,
    bookmarks: &[BookmarkRange],
) -> Option<landfall_catalog::Bookmark> {
    let range = bookmarks.first()?;
    let (_, max) = range.min_and_max.as_ref()?;
    let is_higher = before.as_ref().is_none_or(|before| {
        before.column != range.column || landfall_format::BookmarkValue::is_above(max, &before.value)
    });
    if !is_higher {
        return before;
    }
    Some(landfall_catalog::Bookmark {
        column: range.column.clone(),
        value: max.clone(),
    })
}

fn kind_of(file: &FileFacts) -> ObjectKind {
    match file.kind {
        FileKind::Rejects => ObjectKind::Rejects,
        FileKind::Table(_) if file.path.is_empty() => ObjectKind::Root,
        FileKind::Table(_) => ObjectKind::SubTable(file.path.join("__")),
    }
}

fn planned_objects(batch: &ClosedBatch, loaded_at: Timestamp) -> Vec<PlannedObject> {
    let files = batch.files();
    let planned = files.iter().map(|file| PlannedObject {
        kind: kind_of(file),
        key: batch.key(file, loaded_at).to_string(),
    });
    planned.collect()
}

/// Reports list files in the order in which batches do.
fn landed_objects(batch: &ClosedBatch, report: &LoadReport) -> Vec<LandedObject> {
    let files = batch.files();
    let landed = files.iter().zip(&report.files).map(|(file, found)| LandedObject {
        kind: kind_of(file),
        key: found.key.clone(),
        rows: found.rows,
        size: ByteCount::new(found.size_bytes),
        checksum: found
            .crc32
            .map_or_else(String::new, |crc32| format!("crc32:{crc32:08x}")),
    });
    landed.collect()
}

fn judge(error: LoadError) -> LandingFault {
    match reaction(&error) {
        Reaction::Retry if matches!(error, LoadError::Access { .. }) => LandingFault::OutOfReach(error),
        Reaction::Retry => LandingFault::NotTaken(error),
        Reaction::Stop if matches!(error, LoadError::Put { .. }) => LandingFault::Unwritable(error),
        Reaction::AskOperator | Reaction::Stop => LandingFault::Refused(error),
    }
}

fn reaction(error: &LoadError) -> Reaction {
    let of = |error: &BucketError| error.reaction();
    match error {
        LoadError::Access { source, .. } => match source {
            AccessError::ChallengeMissing(_) => Reaction::AskOperator,
            AccessError::Bucket(error) => of(error),
        },
        LoadError::Put { source, .. } => of(source),
        LoadError::Ledger(_) | LoadError::Crowded { .. } => Reaction::Retry,
    }
}

/// The next instant of a load that the ledger knows.
struct LedgerInstants {
    catalog: Arc<Catalog>,
    clock: Arc<dyn Clock>,
    batch: Arc<ClosedBatch>,
    steps: Arc<dyn Steps>,
}

#[async_trait]
impl NextInstant for LedgerInstants {
    async fn next_instant(&self, load: &Load) -> Result<Timestamp, LoadError> {
        let plan = |loaded_at| planned_objects(&self.batch, loaded_at);
        let id = LoadId::new(load.load_id.clone());
        let replanned = self.catalog.replan_load(&id, &plan, self.clock.closing()).await;
        match replanned {
            Ok(load) => {
                self.steps.done(Step::Moved).await;
                Ok(load.loaded_at)
            }
            Err(fault) => Err(LoadError::Ledger(LedgerFault(fault.to_string()))),
        }
    }
}
