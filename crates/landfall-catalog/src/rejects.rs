//! Loads that set records aside, for those who want to see which and why.

use landfall_core::ids::SourceId;
use landfall_core::time::Timestamp;

use crate::catalog::Catalog;
use crate::error::StoreError;
use crate::ids::TableId;
use crate::ledger::{LandedObject, LoadRecord, ObjectKind};
use crate::store::{Arg, Row, args};

/// A load that rejected records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedLoad {
    /// The load.
    pub load: LoadRecord,
    /// The object that holds the rejected records.
    pub object: Option<LandedObject>,
}

/// Loads that rejected records, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedLoads {
    /// The loads.
    pub loads: Vec<RejectedLoad>,
    /// Whether there are older ones.
    pub has_more: bool,
}

impl Catalog {
    /// The newest `limit` loads of a source that rejected records, of one table or of all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rejected_loads(
        &self,
        source: SourceId,
        table: Option<&str>,
        limit: u32,
    ) -> Result<RejectedLoads, StoreError> {
        let mut values: Vec<Arg<'_>> = vec![source.into(), limit.saturating_add(1).into()];
        let of_table = match table {
            None => "",
            Some(table) => {
                values.push(table.into());
                " AND t.name = $3"
            }
        };
        let sql = format!(
            "SELECT l.seq FROM loads l JOIN tables t ON t.id = l.table_id WHERE l.source_id = $1 \
             AND l.state = 'done' AND l.rows_rejected > 0{of_table} ORDER BY l.seq DESC LIMIT $2"
        );
        let mut session = self.store.read().await?;
        let rows = session.rows(&sql, &values).await?;
        drop(session);
        let has_more = rows.len() > limit as usize;
        let mut loads = Vec::with_capacity(rows.len());
        for row in rows.iter().take(limit as usize) {
            loads.extend(self.rejected_load(row).await?);
        }
        Ok(RejectedLoads { loads, has_more })
    }

    /// Tables of which loads that ended on a day, and not before `since`, rejected records by the check with that number
    /// of rejects.md §2.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tables_rejecting(
        &self,
        reason: &str,
        since: Timestamp,
        day: i64,
    ) -> Result<Vec<TableId>, StoreError> {
        // `facts` is a stored form; its `reasons` are pairs of a number and a count.
        let sql = "SELECT DISTINCT table_id FROM loads WHERE done_at >= $1 AND day = $2 AND state = 'done' \
                   AND rows_rejected > 0 AND EXISTS (SELECT 1 FROM json_each(facts, '$.reasons') AS reason \
                   WHERE json_extract(reason.value, '$[0]') = $3) ORDER BY table_id";
        let mut session = self.store.read().await?;
        let rows = session.rows(sql, args![since, day, reason]).await?;
        rows.iter().map(|row| row.table("table_id")).collect()
    }

    async fn rejected_load(&self, row: &Row) -> Result<Option<RejectedLoad>, StoreError> {
        let seq = row.seq("seq")?;
        // Retention may have taken it in the meantime.
        let load = self.load_at(seq).await?;
        let Some(load) = load else {
            return Ok(None);
        };
        let objects = self.load_objects(seq).await?;
        let object = objects
            .into_iter()
            .find(|object| object.kind == ObjectKind::Rejects);
        Ok(Some(RejectedLoad { load, object }))
    }
}
