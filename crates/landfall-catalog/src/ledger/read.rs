//! Reading the ledger.

use std::time::Duration;

use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::time::Timestamp;
use landfall_core::units::{ByteCount, TableVersion};

use super::open::read_range;
use super::{LandedObject, LoadFacts, ObjectKind};
use crate::catalog::Catalog;
use crate::error::StoreError;
use crate::ids::{LoadId, LoadSeq, TableId};
use crate::position::LogRange;
use crate::store::{Arg, Row, args};

/// How a load stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadState {
    /// On its way, or to be tried again.
    Open,
    /// In the bucket.
    Done,
    /// Given up with its destination.
    Abandoned,
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadRecord {
    /// Its place in the ledger.
    pub seq: LoadSeq,
    /// Its name.
    pub id: LoadId,
    /// How it stands.
    pub state: LoadState,
    /// Where to.
    pub destination: DestinationId,
    /// The source.
    pub source: SourceId,
    /// The source's stored name.
    pub source_name: String,
    /// The table.
    pub table: TableId,
    /// The table's name, as received.
    pub table_name: String,
    /// Version of the records.
    pub version: TableVersion,
    /// Where they were in the log.
    pub range: LogRange,
    /// How many they are.
    pub records: u64,
    /// Whether the load switched the table to a new version.
    pub new_version: bool,
    /// The load instant.
    pub loaded_at: Timestamp,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was done, or given up.
    pub done_at: Option<Timestamp>,
    /// How long it took, once done.
    pub took: Option<Duration>,
    /// Records landed.
    pub rows_landed: u64,
    /// Records rejected.
    pub rows_rejected: u64,
    /// Bytes written.
    pub size: ByteCount,
    /// What was in it, once done.
    pub facts: Option<LoadFacts>,
}

/// Which loads are asked for: those that match all that is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoadFilter {
    /// To this destination.
    pub destination: Option<DestinationId>,
    /// Of this source.
    pub source: Option<SourceId>,
    /// Of this table.
    pub table: Option<TableId>,
    /// Older than this one.
    pub before: Option<LoadSeq>,
}

const COLUMNS: &str = "l.seq, l.id, l.state, l.destination_id, l.source_id, l.table_id, l.version, l.log_partition, \
     l.from_position, l.from_ordinal, l.to_position, l.to_ordinal, l.records, l.new_version, l.load_instant, \
     l.opened_at, l.done_at, l.duration_ms, l.rows_landed, l.rows_rejected, l.object_bytes, l.facts, \
     s.name AS source_name, t.name AS table_name";
const TABLES: &str = "loads l JOIN sources s ON s.id = l.source_id JOIN tables t ON t.id = l.table_id";

fn read(row: &Row) -> Result<LoadRecord, StoreError> {
    let facts = row.opt_text("facts")?;
    Ok(LoadRecord {
        seq: row.seq("seq")?,
        id: row.load_id("id")?,
        state: match row.text("state")?.as_str() {
            "open" => LoadState::Open,
            "done" => LoadState::Done,
            "abandoned" => LoadState::Abandoned,
            other => return Err(StoreError::damaged(format!("{other:?} is no state of a load"))),
        },
        destination: row.destination("destination_id")?,
        source: row.source("source_id")?,
        source_name: row.text("source_name")?,
        table: row.table("table_id")?,
        table_name: row.text("table_name")?,
        version: row.version("version")?,
        range: read_range(row)?,
        records: row.count("records")?,
        new_version: row.flag("new_version")?,
        loaded_at: row.time("load_instant")?,
        opened_at: row.time("opened_at")?,
        done_at: row.opt_time("done_at")?,
        took: match row.opt_int("duration_ms")? {
            Some(_) => Some(Duration::from_millis(row.count("duration_ms")?)),
            None => None,
        },
        rows_landed: row.count("rows_landed")?,
        rows_rejected: row.count("rows_rejected")?,
        size: ByteCount::new(row.count("object_bytes")?),
        facts: facts.as_deref().map(LoadFacts::from_stored).transpose()?,
    })
}

pub(crate) fn read_object(row: &Row) -> Result<LandedObject, StoreError> {
    Ok(LandedObject {
        kind: ObjectKind::from_parts(&row.text("kind")?, row.opt_text("sub_table")?)?,
        key: row.text("object_key")?,
        rows: row.count("object_rows")?,
        size: ByteCount::new(row.count("object_bytes")?),
        checksum: row.text("checksum")?,
    })
}

impl Catalog {
    /// At most `limit` loads, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn loads(&self, filter: LoadFilter, limit: u32) -> Result<Vec<LoadRecord>, StoreError> {
        let mut sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE l.state <> 'skipped'");
        let mut values: Vec<Arg<'_>> = Vec::new();
        let conditions = [
            ("l.destination_id =", filter.destination.map(Arg::from)),
            ("l.source_id =", filter.source.map(Arg::from)),
            ("l.table_id =", filter.table.map(Arg::from)),
            ("l.seq <", filter.before.map(Arg::from)),
        ];
        for (condition, value) in conditions {
            if let Some(value) = value {
                values.push(value);
                sql.push_str(&format!(" AND {condition} ${}", values.len()));
            }
        }
        values.push(limit.into());
        sql.push_str(&format!(" ORDER BY l.seq DESC LIMIT ${}", values.len()));
        let mut session = self.store.read().await?;
        let rows = session.rows(&sql, &values).await?;
        rows.iter().map(read).collect()
    }

    /// A load.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load(&self, id: &LoadId) -> Result<Option<LoadRecord>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE l.id = $1 AND l.state <> 'skipped'");
        let row = session.row(&sql, args![id]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The load at a place in the ledger.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load_at(&self, seq: LoadSeq) -> Result<Option<LoadRecord>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE l.seq = $1 AND l.state <> 'skipped'");
        let row = session.row(&sql, args![seq]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The objects of a load, in the order of writing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load_objects(&self, load: LoadSeq) -> Result<Vec<LandedObject>, StoreError> {
        let sql = "SELECT kind, sub_table, object_key, object_rows, object_bytes, checksum FROM load_objects \
                   WHERE load_seq = $1 ORDER BY number";
        let mut session = self.store.read().await?;
        let rows = session.rows(sql, args![load]).await?;
        rows.iter().map(read_object).collect()
    }
}
