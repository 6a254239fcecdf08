//! Tables: what is known of each, and how far it is dealt with.

use landfall_core::ids::SourceId;
use landfall_core::time::Timestamp;
use landfall_core::units::TableVersion;

use crate::catalog::Catalog;
use crate::error::StoreError;
use crate::ids::{Partition, TableId};
use crate::position::{Point, Position};
use crate::store::{Row, Session, args};
use crate::stored::{StoredHighest, from_json, to_json};

/// A table of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its number.
    pub id: TableId,
    /// The source.
    pub source: SourceId,
    /// Its name as received.
    pub name: String,
    /// Its name in object keys.
    pub cleaned_name: String,
    /// The version that readers should read, once one was activated.
    pub active_version: Option<TableVersion>,
    /// Records landed, ever.
    pub rows_landed: u64,
    /// Records rejected, ever.
    pub rows_rejected: u64,
    /// The highest bookmark landed.
    pub highest_bookmark: Option<Bookmark>,
    /// When a load of it was last done.
    pub last_load_at: Option<Timestamp>,
    /// When one was last tried.
    pub last_attempt_at: Option<Timestamp>,
    /// Why the last attempt failed, if it did.
    pub last_error: Option<LoadFault>,
}

/// A replication-key column and a value of it, as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bookmark {
    /// The column.
    pub column: String,
    /// The value.
    pub value: String,
}

/// Why a load failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadFault {
    /// Code of setup-flow.md §6.3, or another stable word.
    pub code: String,
    /// What to tell.
    pub message: String,
}

/// How far a table is dealt with in one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The table.
    pub table: TableId,
    /// The partition.
    pub partition: Partition,
    /// All its records at or before this are landed, rejected or given up.
    pub landed_through: Point,
}

/// What [`Catalog::ensure_table`] found or made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnsuredTable {
    /// The table.
    pub table: Table,
    /// Another table of the source that had the same cleaned name first: this one's records collide (rejects.md §2).
    pub collides_with: Option<String>,
}

const COLUMNS: &str = "id, source_id, name, cleaned_name, active_version, rows_landed, rows_rejected, \
     highest_bookmark, last_load_at, last_attempt_at, last_error_code, last_error_message";

pub(crate) fn read(row: &Row) -> Result<Table, StoreError> {
    Ok(Table {
        id: row.table("id")?,
        source: row.source("source_id")?,
        name: row.text("name")?,
        cleaned_name: row.text("cleaned_name")?,
        active_version: row.opt_version("active_version")?,
        rows_landed: row.count("rows_landed")?,
        rows_rejected: row.count("rows_rejected")?,
        highest_bookmark: row
            .opt_text("highest_bookmark")?
            .as_deref()
            .map(Bookmark::from_stored)
            .transpose()?,
        last_load_at: row.opt_time("last_load_at")?,
        last_attempt_at: row.opt_time("last_attempt_at")?,
        last_error: read_fault(row, "last_error_code", "last_error_message")?,
    })
}

pub(crate) fn read_fault(row: &Row, code: &str, message: &str) -> Result<Option<LoadFault>, StoreError> {
    let fault = row.opt_text(code)?.map(|code| {
        let message = row.opt_text(message)?.unwrap_or_default();
        Ok(LoadFault { code, message })
    });
    fault.transpose()
}

impl Bookmark {
    pub(crate) fn to_stored(&self) -> String {
        to_json(&StoredHighest::V1 {
            column: self.column.clone(),
            value: self.value.clone(),
        })
    }

    fn from_stored(text: &str) -> Result<Self, StoreError> {
        let StoredHighest::V1 { column, value } = from_json(text, "a table's highest bookmark")?;
        Ok(Self { column, value })
    }
}

impl Catalog {
    /// The table of that name, made if there is none yet.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Refused`] if there is no such source.
    pub async fn ensure_table(
        &self,
        source: SourceId,
        name: &str,
        cleaned_name: &str,
        now: Timestamp,
    ) -> Result<EnsuredTable, StoreError> {
        let mut session = self.store.read().await?;
        let mut found = find_by_name(&mut session, source, name).await?;
        drop(session);
        if found.is_none() {
            let mut session = self.store.write().await?;
            insert(&mut session, source, name, cleaned_name, now).await?;
            session.commit().await?;
        }
        let mut session = self.store.read().await?;
        if found.is_none() {
            found = find_by_name(&mut session, source, name).await?;
        }
        let table = found.ok_or_else(|| StoreError::damaged("a table vanished"))?;
        let sql = "SELECT name FROM tables WHERE source_id = $1 AND cleaned_name = $2 AND id < $3 ORDER BY id LIMIT 1";
        let first = session
            .row(sql, args![source, &table.cleaned_name, table.id])
            .await?;
        let collides_with = first.map(|row| row.text("name")).transpose()?;
        Ok(EnsuredTable { table, collides_with })
    }

    /// A table.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn table(&self, id: TableId) -> Result<Option<Table>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = format!("SELECT {COLUMNS} FROM tables WHERE id = $1");
        let row = session.row(&sql, args![id]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The tables of a source, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tables(&self, source: SourceId) -> Result<Vec<Table>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = format!("SELECT {COLUMNS} FROM tables WHERE source_id = $1 ORDER BY name");
        let rows = session.rows(&sql, args![source]).await?;
        rows.iter().map(read).collect()
    }

    /// How far a table is dealt with, in each partition it has been in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn progress(&self, table: TableId) -> Result<Vec<Progress>, StoreError> {
        let sql = "SELECT table_id, log_partition, position, ordinal FROM progress WHERE table_id = $1 \
                   ORDER BY log_partition";
        let mut session = self.store.read().await?;
        let rows = session.rows(sql, args![table]).await?;
        rows.iter().map(read_progress).collect()
    }

    /// How far every table is dealt with: what a loader needs to know when it starts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all_progress(&self) -> Result<Vec<Progress>, StoreError> {
        let sql = "SELECT table_id, log_partition, position, ordinal FROM progress ORDER BY log_partition, table_id";
        let mut session = self.store.read().await?;
        let rows = session.rows(sql, args![]).await?;
        rows.iter().map(read_progress).collect()
    }

    /// When anything was last loaded, of any table that ever was; none if nothing was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_load_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = "SELECT MAX(last_load_at) AS last_load_at FROM tables";
        session.only(sql, args![]).await?.opt_time("last_load_at")
    }

    /// Notes that a partition of the log holds nothing that is needed at or before `position`. Never goes back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn raise_low_water(&self, partition: Partition, position: Position) -> Result<(), StoreError> {
        let mut session = self.store.write().await?;
        session
            .run(
                "INSERT INTO partitions (log_partition, low_water) VALUES ($1, $2) \
                 ON CONFLICT (log_partition) DO UPDATE SET low_water = excluded.low_water \
                 WHERE partitions.low_water < excluded.low_water",
                args![partition, position],
            )
            .await?;
        session.commit().await
    }

    /// The low-water mark of every partition that has one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn low_waters(&self) -> Result<Vec<(Partition, Position)>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = "SELECT log_partition, low_water FROM partitions ORDER BY log_partition";
        let rows = session.rows(sql, args![]).await?;
        rows.iter()
            .map(|row| Ok((row.partition("log_partition")?, row.position("low_water")?)))
            .collect()
    }
}

fn read_progress(row: &Row) -> Result<Progress, StoreError> {
    Ok(Progress {
        table: row.table("table_id")?,
        partition: row.partition("log_partition")?,
        landed_through: row.point("position", "ordinal")?,
    })
}

async fn find_by_name(
    session: &mut Session,
    source: SourceId,
    name: &str,
) -> Result<Option<Table>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM tables WHERE source_id = $1 AND name = $2");
    let row = session.row(&sql, args![source, name]).await?;
    row.as_ref().map(read).transpose()
}

async fn insert(
    session: &mut Session,
    source: SourceId,
    name: &str,
    cleaned_name: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    if find_by_name(session, source, name).await?.is_some() {
        return Ok(()); // somebody else was faster
    }
    let id = TableId::new(session.next_id("table").await?);
    session
        .run(
            "INSERT INTO tables (id, source_id, name, cleaned_name, created_at) VALUES ($1, $2, $3, $4, $5)",
            args![id, source, name, cleaned_name, now],
        )
        .await?;
    Ok(())
}
