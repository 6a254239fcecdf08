//! Forgetting what is old (operations.md §9).

use landfall_core::time::Timestamp;

use crate::catalog::Catalog;
use crate::error::StoreError;
use crate::store::{Session, args};

/// What is old: all that was over before these instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Of loading reports.
    pub attempts_before: Timestamp,
    /// Of the ledger's lines, with their objects. Their sums stay.
    pub loads_before: Timestamp,
    /// Of requests to hooks, and of their delivery log.
    pub deliveries_before: Timestamp,
    /// Of the audit log.
    pub audit_before: Timestamp,
}

/// How much was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// Attempts of loading reports.
    pub attempts: u64,
    /// Lines of the ledger.
    pub loads: u64,
    /// Requests and lines of the delivery log.
    pub deliveries: u64,
    /// Lines of the audit log.
    pub audit: u64,
}

impl Forgotten {
    /// Whether nothing was left to forget.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Lines of the ledger that are old, and follow no line of their table and partition that isn't: what is kept of a
/// table stays one chain.
const OLD_LOADS: &str = "SELECT l.seq FROM loads l WHERE l.done_at < $1 AND l.state <> 'open' AND NOT EXISTS \
     (SELECT 1 FROM loads e WHERE e.table_id = l.table_id AND e.log_partition = l.log_partition AND e.seq < l.seq \
     AND (e.done_at IS NULL OR e.done_at >= $1)) ORDER BY l.seq LIMIT $2";

impl Catalog {
    /// Forgets at most `most` things of each kind, oldest first, so that it never holds others up for long: call it
    /// until nothing is left.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self, retention: &Retention, most: u32) -> Result<Forgotten, StoreError> {
        let mut session = self.store.write().await?;
        let attempts = session
            .run(
                "DELETE FROM attempts WHERE id IN (SELECT id FROM attempts WHERE completed_at < $1 ORDER BY id LIMIT $2)",
                args![retention.attempts_before, most],
            )
            .await?;
        let loads = forget_loads(&mut session, retention.loads_before, most).await?;
        let mut deliveries = 0;
        for sql in [
            "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE tried_at < $1 ORDER BY id LIMIT $2)",
            "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE finished_at IS NOT NULL \
             AND finished_at < $1 ORDER BY id LIMIT $2)",
        ] {
            deliveries += session.run(sql, args![retention.deliveries_before, most]).await?;
        }
        let audit = session
            .run(
                "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < $1 ORDER BY id LIMIT $2)",
                args![retention.audit_before, most],
            )
            .await?;
        session.commit().await?;
        Ok(Forgotten {
            attempts,
            loads,
            deliveries,
            audit,
        })
    }
}

/// Moves old lines of the ledger into the sums of their table and partition.
async fn forget_loads(session: &mut Session, before: Timestamp, most: u32) -> Result<u64, StoreError> {
    let old = session.rows(OLD_LOADS, args![before, most]).await?;
    for row in &old {
        let seq = row.int("seq")?;
        session
            .run(
                "UPDATE progress SET pruned_position = l.to_position, pruned_ordinal = l.to_ordinal, \
                 pruned_records = pruned_records + l.records, pruned_landed = pruned_landed + l.rows_landed, \
                 pruned_rejected = pruned_rejected + l.rows_rejected, pruned_lost = pruned_lost + l.records_lost \
                 FROM loads l WHERE l.seq = $1 AND l.state <> 'abandoned' \
                 AND progress.table_id = l.table_id AND progress.log_partition = l.log_partition",
                args![seq],
            )
            .await?;
        session
            .run("DELETE FROM loads WHERE seq = $1", args![seq])
            .await?;
    }
    Ok(u64::try_from(old.len()).unwrap_or(u64::MAX))
}
