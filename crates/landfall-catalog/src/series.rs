//! What was loaded over time, for charts, and what waits to be.

use landfall_core::ids::SourceId;
use landfall_core::time::Timestamp;

use crate::catalog::Catalog;
use crate::error::StoreError;
use crate::store::{Arg, Row, args};

/// What was loaded in one step of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesStep {
    /// Where the step begins.
    pub start: Timestamp,
    /// Records landed.
    pub rows_landed: u64,
    /// Records rejected.
    pub rows_rejected: u64,
}

/// How the loading of a source stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceBacklog {
    /// Records of loads that are on their way.
    pub rows: u64,
    /// Tables that have such a load.
    pub tables: u64,
    /// When the last record was received of those that were loaded.
    pub last_received_at: Option<Timestamp>,
    /// Records landed since an instant.
    pub rows_landed_since: u64,
    /// Records rejected since then.
    pub rows_rejected_since: u64,
}

impl Catalog {
    /// What was loaded from one instant to before another, of one source or of all, in steps of `step_millis`. Steps in
    /// which nothing was loaded are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn loaded_series(
        &self,
        source: Option<SourceId>,
        (from, until): (Timestamp, Timestamp),
        step_millis: i64,
    ) -> Result<Vec<SeriesStep>, StoreError> {
        let mut values: Vec<Arg<'_>> = vec![step_millis.into(), from.into(), until.into()];
        let of_source = match source {
            None => "",
            Some(source) => {
                values.push(source.into());
                " AND source_id = $4"
            }
        };
        let sql = format!(
            "SELECT done_at / $1 * $1 AS start, CAST(SUM(rows_landed) AS BIGINT) AS landed, \
             CAST(SUM(rows_rejected) AS BIGINT) AS rejected FROM loads \
             WHERE done_at >= $2 AND done_at < $3 AND state = 'done'{of_source} GROUP BY 1 ORDER BY 1"
        );
        let mut session = self.store.read().await?;
        let rows = session.rows(&sql, &values).await?;
        let step = |row: &Row| {
            Ok(SeriesStep {
                start: row.time("start")?,
                rows_landed: row.count("landed")?,
                rows_rejected: row.count("rejected")?,
            })
        };
        rows.iter().map(step).collect()
    }

    /// How the loading of a source stands; what landed or was rejected is counted from `since` on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn source_backlog(
        &self,
        source: SourceId,
        since: Timestamp,
    ) -> Result<SourceBacklog, StoreError> {
        let mut session = self.store.read().await?;
        let open = session
            .only(
                "SELECT CAST(COALESCE(SUM(records), 0) AS BIGINT) AS records, COUNT(DISTINCT table_id) AS tables \
                 FROM loads WHERE state = 'open' AND source_id = $1",
                args![source],
            )
            .await?;
        let done = session
            .only(
                "SELECT CAST(COALESCE(SUM(rows_landed), 0) AS BIGINT) AS landed, \
                 CAST(COALESCE(SUM(rows_rejected), 0) AS BIGINT) AS rejected FROM loads \
                 WHERE source_id = $1 AND done_at >= $2 AND state = 'done'",
                args![source, since],
            )
            .await?;
        // `facts` is a stored form; its second number of `received` is the last receipt.
        let received = session
            .only(
                "SELECT MAX(json_extract(l.facts, '$.received[1]')) AS received FROM tables t \
                 JOIN loads l ON l.seq = t.last_load_seq WHERE t.source_id = $1",
                args![source],
            )
            .await?;
        Ok(SourceBacklog {
            rows: open.count("records")?,
            tables: open.count("tables")?,
            last_received_at: received.opt_time("received")?,
            rows_landed_since: done.count("landed")?,
            rows_rejected_since: done.count("rejected")?,
        })
    }
}
