//! What is told of a load.

use landfall_core::time::{Instant, Timestamp};
use landfall_format::ClosedBatch;

/// What a post-load webhook tells of a load that is done (loading.md §8.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadFacts {
    /// The bucket's name.
    pub bucket: String,
    /// The integration's stored name.
    pub integration_name: String,
    /// The table, as received.
    pub table: String,
    /// Version of the batch.
    pub table_version: i64,
    /// The load instant, which is every row's `_sdc_batched_at`.
    pub loaded_at: Timestamp,
    /// Whether the load switched the table to a new version (loading.md §8.4).
    pub new_version: bool,
    /// Key columns; empty if the table has no key.
    pub key_names: Vec<String>,
    /// Records landed; 0 if all were rejected.
    pub num_rows: u64,
    /// Records rejected.
    pub num_rows_rejected: u64,
    /// Key of the table's own object, if there is one.
    pub root_key: Option<String>,
    /// Sub-tables with rows in this load, in order of first appearance.
    pub sub_tables: Vec<SubTableFacts>,
    /// The replication-key columns, in their order.
    pub bookmarks: Vec<BookmarkFacts>,
    /// The largest `time_extracted` of the records landed, in UTC.
    pub max_time_extracted: Option<String>,
}

/// What is told of a sub-table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubTableFacts {
    /// Array names below the table, outermost first.
    pub path: Vec<String>,
    /// Key of its object.
    pub key: String,
    /// Rows landed.
    pub num_rows: u64,
}

/// What is told of a replication-key column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookmarkFacts {
    /// The column.
    pub column: String,
    /// Its smallest and largest value in the records landed, as received; `None` if it had none but nulls.
    pub min_and_max: Option<(String, String)>,
}

impl LoadFacts {
    /// What is told of `batch`, loaded to `bucket` at `loaded_at`.
    #[must_use]
    pub fn of(batch: &ClosedBatch, bucket: &str, loaded_at: Timestamp, new_version: bool) -> Self {
        let plan = batch.plan();
        let (mut root_key, mut sub_tables) = (None, Vec::new());
        for file in batch.tables().filter(|file| file.rows > 0) {
            let key = batch.key(&file, loaded_at).to_string();
            if file.path.is_empty() {
                root_key = Some(key);
            } else {
                sub_tables.push(SubTableFacts {
                    path: file.path.to_vec(),
                    key,
                    num_rows: file.rows,
                });
            }
        }
        Self {
            bucket: bucket.to_owned(),
            integration_name: plan.naming().integration.clone(),
            table: plan.table().to_owned(),
            table_version: batch.version(),
            loaded_at,
            new_version,
            key_names: plan.keys().to_vec(),
            num_rows: batch.rows_landed(),
            num_rows_rejected: batch.rows_rejected(),
            root_key,
            sub_tables,
            bookmarks: bookmarks(batch),
            max_time_extracted: batch.max_extracted().map(Instant::to_utc_text),
        }
    }
}

fn bookmarks(batch: &ClosedBatch) -> Vec<BookmarkFacts> {
    let ranges = batch.bookmarks().into_iter();
    let facts = ranges.map(|(column, range)| BookmarkFacts {
        column: column.to_owned(),
        min_and_max: range.map(|range| (range.min().text().to_owned(), range.max().text().to_owned())),
    });
    facts.collect()
}
