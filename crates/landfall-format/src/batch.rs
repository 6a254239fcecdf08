//! Runs collected to a batch, and the files a closed batch makes (loading.md §3).

use std::collections::HashMap;
use std::sync::Arc;

use landfall_core::object_key::ObjectKey;
use landfall_core::settings::FileFormat;
use landfall_core::time::{Instant, Timestamp};

use crate::bookmark::BookmarkRange;
use crate::content::FileContent;
use crate::csv::{ColumnLayout, CsvStyle};
use crate::plan::{GENERATED_KEY, TablePlan};
use crate::reject::ReasonCounts;
use crate::run::{EncodedRun, RunTable};
use crate::system::RowColumns;

/// An open batch: consecutive records of one table and version.
#[derive(Debug)]
pub struct TableBatch {
    runs: Vec<EncodedRun>,
    version: i64,
    records: u64,
    record_bytes: u64,
    allocated_bytes: usize,
}

impl TableBatch {
    /// An empty batch for records of `version`.
    #[must_use]
    pub fn new(version: i64) -> Self {
        Self {
            runs: Vec::new(),
            version,
            records: 0,
            record_bytes: 0,
            allocated_bytes: 0,
        }
    }

    /// Adds a run; its version is the batch's.
    pub fn push(&mut self, run: EncodedRun) {
        debug_assert_eq!(run.version(), self.version, "a batch holds one version");
        self.records += run.records();
        self.record_bytes += run.record_bytes();
        let Some(last) = self.runs.last_mut() else {
            self.allocated_bytes += run.allocated_bytes();
            self.runs.push(run);
            return;
        };
        let before = last.allocated_bytes();
        match last.absorb(run) {
            Ok(()) => {
                self.allocated_bytes = (self.allocated_bytes + last.allocated_bytes()).saturating_sub(before)
            }
            Err(run) => {
                self.allocated_bytes += run.allocated_bytes();
                self.runs.push(*run);
            }
        }
    }

    /// Table version of its records.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Records in it, rejected ones included.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Bytes of record JSON in it.
    #[must_use]
    pub fn record_bytes(&self) -> u64 {
        self.record_bytes
    }

    /// Memory it holds.
    #[must_use]
    pub fn allocated_bytes(&self) -> usize {
        self.allocated_bytes
    }

    /// Closes the batch. `None` if it holds no record: an empty batch makes no load.
    #[must_use]
    pub fn close(self) -> Option<ClosedBatch> {
        (self.records > 0).then(|| ClosedBatch::new(self.runs, self.version, self.allocated_bytes))
    }
}

/// The rows of one file: which table of which run, in order.
#[derive(Debug)]
pub(crate) struct FileTable {
    pub(crate) path: Arc<[String]>,
    pub(crate) parts: Vec<(usize, usize)>,
    pub(crate) layout: ColumnLayout,
    rows: u64,
}

/// One of the files of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// The rows of the table, or of the sub-table with that number, counted from 1 in order of first appearance.
    Table(usize),
    /// The rejected records.
    Rejects,
}

/// What a file of a batch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFacts {
    /// Which file.
    pub kind: FileKind,
    /// Array names below the table; empty for the table's own file and the rejects.
    pub path: Arc<[String]>,
    /// Rows, or rejected records.
    pub rows: u64,
}

/// A batch that takes no more records. It is written for any load instant, as often as needed, with the same bytes.
#[derive(Debug)]
pub struct ClosedBatch {
    pub(crate) runs: Vec<EncodedRun>,
    pub(crate) tables: Vec<FileTable>,
    pub(crate) row_columns: RowColumns,
    version: i64,
    allocated_bytes: usize,
}

impl ClosedBatch {
    fn new(runs: Vec<EncodedRun>, version: i64, allocated_bytes: usize) -> Self {
        let mut tables = collect_tables(&runs);
        for table in &mut tables {
            let parts = table.parts.iter().map(|(run, table)| &runs[*run].tables[*table]);
            table.layout = ColumnLayout::of(parts);
        }
        let is_keyless = runs.first().is_some_and(|run| run.plan.keys().is_empty());
        let has_key_column = tables
            .first()
            .is_some_and(|root| root.layout.position(GENERATED_KEY).is_some());
        let row_columns = RowColumns {
            extracted_at: runs.iter().any(|run| run.extracted.used_bytes() > 0),
            generated_key: is_keyless && !has_key_column,
        };
        Self {
            runs,
            tables,
            row_columns,
            version,
            allocated_bytes,
        }
    }

    /// The plan of its first records: all of its plans share naming, table and keys.
    #[must_use]
    pub fn plan(&self) -> &Arc<TablePlan> {
        // A closed batch has at least one record, hence a run.
        &self.runs[0].plan
    }

    /// Table version of its records.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Memory it holds.
    #[must_use]
    pub fn allocated_bytes(&self) -> usize {
        self.allocated_bytes
    }

    /// Records that land.
    #[must_use]
    pub fn rows_landed(&self) -> u64 {
        self.runs.iter().map(|run| run.landed() as u64).sum()
    }

    /// Records that are set aside.
    #[must_use]
    pub fn rows_rejected(&self) -> u64 {
        self.runs.iter().map(|run| run.rejects.len() as u64).sum()
    }

    /// How often each check failed.
    #[must_use]
    pub fn reasons(&self) -> ReasonCounts {
        let mut counts = ReasonCounts::default();
        for run in &self.runs {
            counts.merge(run.rejects.counts());
        }
        counts
    }

    /// The latest `time_extracted` of the records that land.
    #[must_use]
    pub fn max_extracted(&self) -> Option<Instant> {
        self.runs
            .iter()
            .filter_map(|run| run.max_extracted)
            .max_by_key(|instant| instant.as_nanos())
    }

    /// For each bookmark column, the range of its values in the records that land.
    #[must_use]
    pub fn bookmarks(&self) -> Vec<(&str, Option<BookmarkRange>)> {
        let mut ranges: Vec<(&str, Option<BookmarkRange>)> = self
            .plan()
            .bookmarks()
            .iter()
            .map(|name| (name.as_str(), None))
            .collect();
        for run in &self.runs {
            for ((_, range), more) in ranges.iter_mut().zip(&run.bookmarks) {
                if let Some(more) = more {
                    BookmarkRange::merge(range, more);
                }
            }
        }
        ranges
    }

    /// The table and its sub-tables that have rows, in order of first appearance.
    pub fn tables(&self) -> impl Iterator<Item = FileFacts> + '_ {
        self.tables.iter().enumerate().map(|(index, table)| FileFacts {
            kind: FileKind::Table(index),
            path: table.path.clone(),
            rows: table.rows,
        })
    }

    /// Its files, in the order of upload: sub-files, then the rejects, then the table's own file (loading.md §3).
    #[must_use]
    pub fn files(&self) -> Vec<FileFacts> {
        let mut tables = self.tables();
        let root = tables.next();
        let mut files: Vec<FileFacts> = tables.collect();
        let rejected = self.rows_rejected();
        if rejected > 0 {
            files.push(FileFacts {
                kind: FileKind::Rejects,
                path: Arc::from([]),
                rows: rejected,
            });
        }
        files.extend(root);
        files
    }

    /// The object key of a file for a load instant.
    #[must_use]
    pub fn key(&self, file: &FileFacts, loaded_at: Timestamp) -> ObjectKey {
        let plan = self.plan();
        match file.kind {
            FileKind::Rejects => plan.naming().rejects_key(plan.table(), self.version, loaded_at),
            FileKind::Table(_) => {
                let path = std::iter::once(plan.table()).chain(file.path.iter().map(String::as_str));
                plan.naming()
                    .key(&path.collect::<Vec<_>>(), self.version, loaded_at)
            }
        }
    }

    /// The content of a file for a load instant.
    #[must_use]
    pub fn content(self: &Arc<Self>, file: FileKind, loaded_at: Timestamp) -> FileContent {
        FileContent::new(self.clone(), file, loaded_at)
    }

    pub(crate) fn style(&self) -> Option<CsvStyle> {
        match self.plan().format() {
            FileFormat::Jsonl => None,
            FileFormat::Csv {
                delimiter,
                force_quote,
            } => Some(CsvStyle {
                delimiter: delimiter.as_byte(),
                force_quote,
            }),
        }
    }
}

fn collect_tables(runs: &[EncodedRun]) -> Vec<FileTable> {
    let mut tables: Vec<FileTable> = Vec::new();
    let mut index_of: HashMap<Arc<[String]>, usize> = HashMap::new();
    for (run_index, run) in runs.iter().enumerate() {
        for (table_index, table) in run.tables.iter().enumerate() {
            let index = *index_of.entry(table.path.clone()).or_insert_with(|| {
                tables.push(FileTable::new(table));
                tables.len() - 1
            });
            tables[index].parts.push((run_index, table_index));
            tables[index].rows += table.rows.len() as u64;
        }
    }
    // Rows of the same record are all in one run, so the table itself comes before its sub-tables.
    tables
}

impl FileTable {
    fn new(table: &RunTable) -> Self {
        Self {
            path: table.path.clone(),
            parts: Vec::new(),
            layout: ColumnLayout::default(),
            rows: 0,
        }
    }
}
