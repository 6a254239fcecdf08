//! Loading reports and usage (loading.md §10, operations.md §7 and §8, management-api.md §11).

use std::collections::BTreeMap;

use landfall_core::ids::SourceId;
use landfall_core::time::Timestamp;

use crate::catalog::Catalog;
use crate::error::StoreError;
use crate::ids::{LoadSeq, TableId};
use crate::ledger::LoadFacts;
use crate::store::{Arg, Row, Session, args};
use crate::tables::{self, LoadFault, Table};

/// The last attempt of a table, of which `GET /v4/{client}/loads` tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamLoad {
    /// The source's stored name.
    pub source_name: String,
    /// The table's name, as received.
    pub stream_name: String,
    /// When a batch was last loaded; none while the table is in error.
    pub last_batch_loaded_at: Option<Timestamp>,
    /// Why the last attempt failed, if it did.
    pub error: Option<LoadFault>,
}

/// A page of [`StreamLoad`]s, and how many there are in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamLoadPage {
    /// The page.
    pub loads: Vec<StreamLoad>,
    /// All there are.
    pub total: u64,
}

/// What was loaded of a table in a span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableReport {
    /// The table.
    pub table: Table,
    /// Rows of the table itself.
    pub rows_loaded: u64,
    /// Records rejected.
    pub rows_rejected: u64,
    /// Records that could not be loaded in time and were deleted (operations.md §9).
    pub records_lost: u64,
    /// Rows of each sub-table.
    pub sub_tables: BTreeMap<String, u64>,
    /// The largest `time_extracted` of the last load.
    pub time_extracted: Option<String>,
    /// How the table stands now.
    pub status: TableStatus,
}

/// How a table stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableStatus {
    /// The last attempt succeeded.
    Ok,
    /// A load is on its way.
    Loading,
    /// The last attempt failed.
    Error,
}

/// An attempt to load a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its number; later ones are greater.
    pub number: i64,
    /// The load, if it had been opened and is still in the ledger.
    pub load: Option<LoadSeq>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was over.
    pub completed_at: Timestamp,
    /// Rows of the table itself; 0 if it failed.
    pub rows_loaded: u64,
    /// Records rejected; 0 if it failed.
    pub rows_rejected: u64,
    /// What was in the load; none if it failed.
    pub facts: Option<LoadFacts>,
    /// Why it failed, if it did.
    pub error: Option<LoadFault>,
}

/// Rows that a table replicated in a UTC day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The source.
    pub source: SourceId,
    /// The table.
    pub table: TableId,
    /// The day, counted from 1970-01-01.
    pub day: i64,
    /// Rows replicated, those of sub-tables included.
    pub rows_replicated: u64,
    /// Records rejected, which are no usage.
    pub rows_rejected: u64,
}

impl Catalog {
    /// The last attempts since an instant, by stream, then source.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stream_loads(
        &self,
        since: Timestamp,
        offset: u32,
        limit: u32,
    ) -> Result<StreamLoadPage, StoreError> {
        let mut session = self.store.read().await?;
        let total = session
            .only(
                "SELECT COUNT(*) AS total FROM tables WHERE last_attempt_at >= $1",
                args![since],
            )
            .await?;
        let rows = session
            .rows(
                "SELECT s.name AS source_name, t.name AS stream_name, t.last_load_at, t.last_error_code, \
                 t.last_error_message FROM tables t JOIN sources s ON s.id = t.source_id \
                 WHERE t.last_attempt_at >= $1 ORDER BY t.name, s.name, t.id LIMIT $2 OFFSET $3",
                args![since, limit, offset],
            )
            .await?;
        let stream_load = |row: &Row| {
            let error = tables::read_fault(row, "last_error_code", "last_error_message")?;
            let last_load_at = row.opt_time("last_load_at")?;
            Ok(StreamLoad {
                source_name: row.text("source_name")?,
                stream_name: row.text("stream_name")?,
                last_batch_loaded_at: last_load_at.filter(|_| error.is_none()),
                error,
            })
        };
        Ok(StreamLoadPage {
            loads: rows.iter().map(stream_load).collect::<Result<_, StoreError>>()?,
            total: total.count("total")?,
        })
    }

    /// What was loaded of each table of a source from one instant to before another, by table name. Tables without a
    /// load in that span are in it with no rows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn loading_report(
        &self,
        source: SourceId,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<TableReport>, StoreError> {
        let tables = self.tables(source).await?.into_iter();
        let mut reports: BTreeMap<TableId, TableReport> = tables
            .map(|table| (table.id, TableReport::without_loads(table)))
            .collect();
        let mut session = self.store.read().await?;
        add_sums(&mut session, &mut reports, args![source, from, until]).await?;
        add_present(&mut session, &mut reports, source).await?;
        let mut reports: Vec<TableReport> = reports.into_values().collect();
        reports.sort_by(|one, other| one.table.name.cmp(&other.table.name));
        Ok(reports)
    }

    /// The attempts to load a table in a UTC day, counted from 1970-01-01, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn attempts(&self, table: TableId, day: i64) -> Result<Vec<Attempt>, StoreError> {
        let mut session = self.store.read().await?;
        let rows = session
            .rows(
                "SELECT a.id, a.load_seq, a.started_at, a.completed_at, a.error_code, a.error_message, l.facts, \
                 COALESCE(l.rows_landed, 0) AS landed, COALESCE(l.rows_rejected, 0) AS rejected \
                 FROM attempts a LEFT JOIN loads l ON l.seq = a.load_seq AND a.error_code IS NULL \
                 WHERE a.table_id = $1 AND a.day = $2 ORDER BY a.id DESC",
                args![table, day],
            )
            .await?;
        let attempt = |row: &Row| {
            let facts = row.opt_text("facts")?;
            Ok(Attempt {
                number: row.int("id")?,
                load: row.opt_int("load_seq")?.map(LoadSeq::new),
                started_at: row.time("started_at")?,
                completed_at: row.time("completed_at")?,
                rows_loaded: row.count("landed")?,
                rows_rejected: row.count("rejected")?,
                facts: facts.as_deref().map(LoadFacts::from_stored).transpose()?,
                error: tables::read_fault(row, "error_code", "error_message")?,
            })
        };
        rows.iter().map(attempt).collect()
    }

    /// What each table replicated on each day from one to another, both included, counted from 1970-01-01.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn usage(&self, from_day: i64, to_day: i64) -> Result<Vec<Usage>, StoreError> {
        let mut session = self.store.read().await?;
        let rows = session
            .rows(
                "SELECT t.source_id, u.table_id, u.day, u.rows_replicated, u.rows_rejected \
                 FROM usage u JOIN tables t ON t.id = u.table_id WHERE u.day >= $1 AND u.day <= $2 \
                 ORDER BY u.day, t.source_id, u.table_id",
                args![from_day, to_day],
            )
            .await?;
        let usage = |row: &Row| {
            Ok(Usage {
                source: row.source("source_id")?,
                table: row.table("table_id")?,
                day: row.int("day")?,
                rows_replicated: row.count("rows_replicated")?,
                rows_rejected: row.count("rows_rejected")?,
            })
        };
        rows.iter().map(usage).collect()
    }

    /// The table of a source that was loaded last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_loaded_table(&self, source: SourceId) -> Result<Option<Table>, StoreError> {
        let tables = self.tables(source).await?;
        let loaded = tables.into_iter().filter(|table| table.last_load_at.is_some());
        Ok(loaded.max_by_key(|table| table.last_load_at))
    }
}

impl TableReport {
    fn without_loads(table: Table) -> Self {
        Self {
            rows_loaded: 0,
            rows_rejected: 0,
            records_lost: 0,
            sub_tables: BTreeMap::new(),
            time_extracted: None,
            status: match table.last_error {
                Some(_) => TableStatus::Error,
                None => TableStatus::Ok,
            },
            table,
        }
    }
}

/// Adds what landed in a span; `span` is the source, its begin and its end.
async fn add_sums(
    session: &mut Session,
    reports: &mut BTreeMap<TableId, TableReport>,
    span: &[Arg<'_>],
) -> Result<(), StoreError> {
    let sums = "SELECT table_id, CAST(SUM(rows_landed) AS BIGINT) AS landed, \
                CAST(SUM(rows_rejected) AS BIGINT) AS rejected, CAST(SUM(records_lost) AS BIGINT) AS lost FROM loads \
                WHERE source_id = $1 AND done_at >= $2 AND done_at < $3 AND state IN ('done', 'skipped') \
                GROUP BY table_id";
    for row in session.rows(sums, span).await? {
        if let Some(report) = reports.get_mut(&row.table("table_id")?) {
            report.rows_loaded = row.count("landed")?;
            report.rows_rejected = row.count("rejected")?;
            report.records_lost = row.count("lost")?;
        }
    }
    let sub_sums = "SELECT l.table_id, o.sub_table, CAST(SUM(o.object_rows) AS BIGINT) AS landed \
                    FROM loads l JOIN load_objects o ON o.load_seq = l.seq \
                    WHERE l.source_id = $1 AND l.done_at >= $2 AND l.done_at < $3 AND o.kind = 'sub_table' \
                    GROUP BY l.table_id, o.sub_table";
    for row in session.rows(sub_sums, span).await? {
        if let Some(report) = reports.get_mut(&row.table("table_id")?) {
            report
                .sub_tables
                .insert(row.text("sub_table")?, row.count("landed")?);
        }
    }
    Ok(())
}

/// Adds the last load of each table, and whether one is on its way.
async fn add_present(
    session: &mut Session,
    reports: &mut BTreeMap<TableId, TableReport>,
    source: SourceId,
) -> Result<(), StoreError> {
    let last = "SELECT l.table_id, l.facts FROM tables t JOIN loads l ON l.seq = t.last_load_seq \
                WHERE t.source_id = $1";
    for row in session.rows(last, args![source]).await? {
        if let Some(report) = reports.get_mut(&row.table("table_id")?) {
            report.time_extracted = LoadFacts::from_stored(&row.text("facts")?)?.max_extracted;
        }
    }
    let open = "SELECT l.table_id FROM tables t JOIN loads l ON l.table_id = t.id AND l.state = 'open' \
                WHERE t.source_id = $1";
    for row in session.rows(open, args![source]).await? {
        match reports.get_mut(&row.table("table_id")?) {
            Some(report) if report.status == TableStatus::Ok => report.status = TableStatus::Loading,
            _ => {}
        }
    }
    Ok(())
}
