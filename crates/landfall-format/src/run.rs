//! Encoded records that wait for their batch to close.

use std::collections::HashMap;
use std::sync::Arc;

use landfall_core::time::{Instant, Timestamp};

use crate::bookmark::BookmarkRange;
use crate::plan::TablePlan;
use crate::reject::{Reason, Rejects};
use crate::text_pool::TextPool;

/// A sub-table that a run has rows for: the object key it will have (with a fixed instant and version), and the array
/// that makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub(crate) key: String,
    pub(crate) source: String,
}

/// Which array owns which sub-table key. Two arrays never share one (rejects.md R7).
#[derive(Debug, Clone, Default)]
pub struct Claims {
    by_key: HashMap<String, String>,
}

impl Claims {
    /// Whether another array has that sub-table.
    #[must_use]
    pub fn contradict(&self, claim: &Claim) -> bool {
        self.by_key
            .get(&claim.key)
            .is_some_and(|source| *source != claim.source)
    }

    /// Whether the claim is known already.
    #[must_use]
    pub fn hold(&self, claim: &Claim) -> bool {
        self.by_key
            .get(&claim.key)
            .is_some_and(|source| *source == claim.source)
    }

    /// Gives the sub-table to the array, if nobody has it.
    pub fn insert(&mut self, claim: Claim) {
        self.by_key.entry(claim.key).or_insert(claim.source);
    }
}

/// The rows of one file of a run.
#[derive(Debug)]
pub(crate) struct RunTable {
    /// Array names below the table; empty for the table itself.
    pub(crate) path: Arc<[String]>,
    /// Columns of the rows, in order: the declared ones, then the others as they were first met.
    pub(crate) columns: Vec<Arc<str>>,
    pub(crate) declared: usize,
    /// From which row on rows have how many cells.
    pub(crate) widths: Vec<(u32, u32)>,
    /// JSONL: the record without its closing brace. CSV: level ids and cells, the delimiter after each.
    pub(crate) rows: TextPool,
    /// For each row of a sub-table, its record among the landed ones of the run.
    pub(crate) records: Vec<u32>,
}

/// Runs below this size are put together.
const SMALL_RUN_BYTES: usize = 64 << 10;

impl RunTable {
    /// Whether rows of both can stand in one list: the same columns, known from the first row on.
    fn is_like(&self, other: &Self) -> bool {
        self.path == other.path
            && self.declared == other.declared
            && self.columns == other.columns
            && self.widths.len() == 1
            && self.widths == other.widths
    }

    /// Memory beside its rows.
    fn frame_bytes(&self) -> usize {
        size_of::<Self>() + self.columns.capacity() * size_of::<Arc<str>>() + self.widths.capacity() * 8
    }

    pub(crate) fn new(path: Arc<[String]>, declared: &[Arc<str>], rows: TextPool) -> Self {
        Self {
            path,
            columns: declared.to_vec(),
            declared: declared.len(),
            widths: vec![(0, declared.len() as u32)],
            rows,
            records: Vec::new(),
        }
    }

    /// Notes that rows from `row` on have all columns known now.
    pub(crate) fn widen(&mut self, row: usize) {
        let width = self.columns.len() as u32;
        match self.widths.last_mut() {
            Some((from, last)) if *from as usize == row => *last = width,
            _ => self.widths.push((row as u32, width)),
        }
    }
}

/// When records were received: the same instant for many rows in a row.
#[derive(Debug, Default)]
pub(crate) struct Received {
    from: Vec<(u32, Timestamp)>,
}

impl Received {
    #[inline]
    fn push(&mut self, row: usize, at: Timestamp) {
        if self.from.last().is_none_or(|(_, last)| *last != at) {
            self.from.push((row as u32, at));
        }
    }

    /// Adds those of a run whose rows follow the first `rows`.
    fn append(&mut self, more: &Self, rows: usize) {
        for (from, at) in &more.from {
            self.push(rows + *from as usize, *at);
        }
    }

    /// When the record of `row` was received, and up to which row that holds.
    pub(crate) fn at(&self, row: usize) -> (Timestamp, usize) {
        let after = self.from.partition_point(|(from, _)| *from as usize <= row);
        let until = self
            .from
            .get(after)
            .map_or(usize::MAX, |(from, _)| *from as usize);
        (self.from[after - 1].1, until)
    }
}

/// Consecutive records of one table and version, checked and encoded. Only what depends on the load (its instant, the
/// final columns) is still open.
#[derive(Debug)]
pub struct EncodedRun {
    pub(crate) plan: Arc<TablePlan>,
    pub(crate) version: i64,
    /// The table's own rows first, then sub-tables in order of first appearance.
    pub(crate) tables: Vec<RunTable>,
    pub(crate) sequences: Vec<i64>,
    pub(crate) received: Received,
    /// One text for each landed record, empty where there is none; no text at all if no record has one.
    pub(crate) extracted: TextPool,
    pub(crate) max_extracted: Option<Instant>,
    /// For tables without key: one text for each landed record, empty where the record brings its own.
    pub(crate) generated_keys: TextPool,
    /// For records with sub-rows: the source key cells. One text for each landed record, once any has sub-rows.
    pub(crate) source_keys: TextPool,
    pub(crate) rejects: Rejects,
    pub(crate) bookmarks: Vec<Option<BookmarkRange>>,
    pub(crate) claims: Vec<Claim>,
    pub(crate) record_bytes: u64,
    pub(crate) has_non_finite: bool,
}

impl EncodedRun {
    pub(crate) fn new(plan: Arc<TablePlan>, version: i64) -> Self {
        let bookmarks = vec![None; plan.bookmarks().len()];
        Self {
            plan,
            version,
            tables: Vec::new(),
            sequences: Vec::new(),
            received: Received::default(),
            extracted: TextPool::default(),
            max_extracted: None,
            generated_keys: TextPool::default(),
            source_keys: TextPool::default(),
            rejects: Rejects::default(),
            bookmarks,
            claims: Vec::new(),
            record_bytes: 0,
            has_non_finite: false,
        }
    }

    /// Table version of all its records.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// The plan its records were encoded by.
    #[must_use]
    pub fn plan(&self) -> &Arc<TablePlan> {
        &self.plan
    }

    /// Records read: landed and rejected ones.
    #[must_use]
    pub fn records(&self) -> u64 {
        (self.sequences.len() + self.rejects.len()) as u64
    }

    /// Bytes of record JSON as received.
    #[must_use]
    pub fn record_bytes(&self) -> u64 {
        self.record_bytes
    }

    /// Memory it holds, in bytes.
    #[must_use]
    pub fn allocated_bytes(&self) -> usize {
        let table_bytes = |table: &RunTable| {
            table.frame_bytes() + table.rows.allocated_bytes() + table.records.capacity() * size_of::<u32>()
        };
        let tables: usize = size_of::<Self>() + self.tables.iter().map(table_bytes).sum::<usize>();
        tables
            + self.sequences.capacity() * 8
            + self.extracted.allocated_bytes()
            + self.generated_keys.allocated_bytes()
            + self.source_keys.allocated_bytes()
            + self.rejects.pool().allocated_bytes()
    }

    /// The sub-tables it has rows for.
    #[must_use]
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// The first reason of each check that rejected a record, in order of arrival.
    #[must_use]
    pub fn first_rejections(&self) -> &[Reason] {
        self.rejects.firsts()
    }

    /// Whether a bare `NaN` or infinity was read as null.
    #[must_use]
    pub fn has_non_finite(&self) -> bool {
        self.has_non_finite
    }

    pub(crate) fn landed(&self) -> usize {
        self.sequences.len()
    }

    /// Takes what every landed record has; its rows are written already or follow.
    pub(crate) fn push_record(&mut self, received_at: Timestamp, sequence: i64, extracted: Option<Instant>) {
        let row = self.landed();
        self.received.push(row, received_at);
        self.sequences.push(sequence);
        if let Some(instant) = extracted {
            while self.extracted.len() < row {
                self.extracted.close_text();
            }
            instant.write_utc(self.extracted.open_text());
            self.extracted.close_text();
            if self
                .max_extracted
                .is_none_or(|max| max.as_nanos() < instant.as_nanos())
            {
                self.max_extracted = Some(instant);
            }
        }
    }

    /// `_sdc_extracted_at` of a landed record, empty if it has none.
    pub(crate) fn extracted_at(&self, record: usize) -> &[u8] {
        if record < self.extracted.len() {
            self.extracted.get(record)
        } else {
            &[]
        }
    }

    /// The generated key of a landed record, empty if it has none.
    pub(crate) fn generated_key(&self, record: usize) -> &[u8] {
        if record < self.generated_keys.len() {
            self.generated_keys.get(record)
        } else {
            &[]
        }
    }

    /// Takes in a run that follows, if both are small and alike: input that comes in drops, or from thousands of tables
    /// in turn, would otherwise leave more frames than rows. Gives the run back if they are not.
    pub(crate) fn absorb(&mut self, more: Self) -> Result<(), Box<Self>> {
        let is_small = self.allocated_bytes() < SMALL_RUN_BYTES && more.allocated_bytes() < SMALL_RUN_BYTES;
        let is_alike = Arc::ptr_eq(&self.plan, &more.plan)
            && self.tables.len() == more.tables.len()
            && self
                .tables
                .iter()
                .zip(&more.tables)
                .all(|(ours, theirs)| ours.is_like(theirs));
        if !is_small || !is_alike {
            return Err(Box::new(more));
        }
        let landed = self.landed();
        for (ours, theirs) in self.tables.iter_mut().zip(&more.tables) {
            ours.rows.append(&theirs.rows);
            ours.records
                .extend(theirs.records.iter().map(|record| record + landed as u32));
        }
        self.received.append(&more.received, landed);
        self.sequences.extend_from_slice(&more.sequences);
        for (ours, theirs) in [
            (&mut self.extracted, &more.extracted),
            (&mut self.generated_keys, &more.generated_keys),
            (&mut self.source_keys, &more.source_keys),
        ] {
            if theirs.len() > 0 {
                ours.pad(landed);
                ours.append(theirs);
            }
        }
        self.max_extracted = [self.max_extracted, more.max_extracted]
            .into_iter()
            .flatten()
            .max_by_key(|instant| instant.as_nanos());
        self.rejects.append(more.rejects);
        for (ours, theirs) in self.bookmarks.iter_mut().zip(&more.bookmarks) {
            if let Some(theirs) = theirs {
                BookmarkRange::merge(ours, theirs);
            }
        }
        self.record_bytes += more.record_bytes;
        self.has_non_finite |= more.has_non_finite;
        Ok(())
    }

    /// Gives back memory that growing left over.
    pub(crate) fn shrink(&mut self) {
        for table in &mut self.tables {
            table.rows.shrink();
            table.records.shrink_to_fit();
        }
        self.rejects.shrink();
        self.extracted.shrink();
        self.generated_keys.shrink();
        self.source_keys.shrink();
        self.sequences.shrink_to_fit();
    }
}
