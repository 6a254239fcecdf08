//! Stretches of a table's log that need no load.

use landfall_core::time::Timestamp;
use landfall_core::units::TableVersion;

use super::LedgerError;
use super::commit::move_on;
use super::open::{check_next, find_table};
use crate::catalog::Catalog;
use crate::ids::{LoadId, LoadSeq, TableId};
use crate::position::LogRange;
use crate::store::{Session, args, day_of};

/// A stretch of a table's log that is dealt with without a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skip {
    /// The table.
    pub table: TableId,
    /// The stretch.
    pub range: LogRange,
    /// Why it needs no load.
    pub reason: SkipReason,
}

/// Why a stretch needs no load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// It holds nothing but the activation of a version; the next load of that carries it (loading.md §8.4).
    Activated(TableVersion),
    /// Retention took records that were never loaded (operations.md §9).
    Lost {
        /// How many.
        records: u64,
    },
}

impl Catalog {
    /// Moves a table past a stretch that needs no load.
    ///
    /// # Errors
    /// [`LedgerError::UnknownTable`], [`LedgerError::TableBusy`], [`LedgerError::NotNext`], [`LedgerError::Backward`].
    pub async fn skip(&self, skip: &Skip, now: Timestamp) -> Result<(), LedgerError> {
        let mut session = self.store.write().await?;
        pass(&mut session, skip, now).await?;
        Ok(session.commit().await?)
    }

    /// Moves a table past records that are never loaded, and whatever lies between them. An open load of it is given
    /// up: what it had already written stays in the bucket, and belongs to nobody.
    ///
    /// # Errors
    /// As [`Catalog::skip`], and then nothing was changed.
    pub async fn lose(&self, table: TableId, skips: &[Skip], now: Timestamp) -> Result<(), LedgerError> {
        let mut session = self.store.write().await?;
        session
            .run(
                "UPDATE loads SET state = 'abandoned', done_at = $2 WHERE table_id = $1 AND state = 'open'",
                args![table, now],
            )
            .await?;
        for skip in skips {
            pass(&mut session, skip, now).await?;
        }
        Ok(session.commit().await?)
    }
}

async fn pass(session: &mut Session, skip: &Skip, now: Timestamp) -> Result<(), LedgerError> {
    let table = find_table(session, skip.table).await?;
    check_next(session, skip.table, &skip.range).await?;
    let (lost, activated) = match skip.reason {
        SkipReason::Activated(version) => (0, Some(version)),
        SkipReason::Lost { records } => (records, None),
    };
    let seq = LoadSeq::new(session.next_number("load").await?);
    let version = activated.or(table.active_version).unwrap_or_default();
    session
            .run(
                "INSERT INTO loads (seq, id, state, source_id, table_id, version, log_partition, from_position, \
                 from_ordinal, to_position, to_ordinal, records, activates, new_version, load_instant, plan, \
                 opened_at, done_at, day, records_lost) \
                 VALUES ($1, $2, 'skipped', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, '', $13, $13, $14, $11)",
                args![
                    seq,
                    &LoadId::new(format!("skip-{seq}")),
                    table.source,
                    skip.table,
                    version,
                    skip.range.partition,
                    skip.range.after.map(|point| point.position),
                    skip.range.after.map(|point| point.ordinal),
                    skip.range.through.position,
                    skip.range.through.ordinal,
                    lost,
                    activated.is_some(),
                    now,
                    day_of(now),
                ],
            )
            .await?;
    move_on(session, skip.table, &skip.range).await?;
    if let Some(version) = activated {
        session
            .run(
                "UPDATE tables SET active_version = $1 WHERE id = $2",
                args![version, skip.table],
            )
            .await?;
    }
    Ok(())
}
