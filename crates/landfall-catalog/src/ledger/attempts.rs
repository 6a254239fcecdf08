//! Loads that were tried in vain (loading.md §10: one entry for each attempt).

use landfall_core::time::Timestamp;

use crate::catalog::Catalog;
use crate::error::StoreError;
use crate::ids::{LoadSeq, TableId};
use crate::store::{args, day_of};
use crate::tables::LoadFault;

/// An attempt that failed. It counts no rows and tells no hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedAttempt {
    /// The table that waits.
    pub table: TableId,
    /// The load, if it had been opened.
    pub load: Option<LoadSeq>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it failed.
    pub failed_at: Timestamp,
    /// Why.
    pub fault: LoadFault,
}

impl Catalog {
    /// Records attempts that failed, all at once: a destination that can't be reached fails many tables.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn fail_attempts(&self, attempts: &[FailedAttempt]) -> Result<(), StoreError> {
        let mut session = self.store.write().await?;
        for attempt in attempts {
            let number = session.next_number("attempt").await?;
            session
                .run(
                    "INSERT INTO attempts (id, table_id, load_seq, started_at, completed_at, day, error_code, \
                     error_message) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    args![
                        number,
                        attempt.table,
                        attempt.load,
                        attempt.started_at,
                        attempt.failed_at,
                        day_of(attempt.failed_at),
                        &attempt.fault.code,
                        &attempt.fault.message,
                    ],
                )
                .await?;
            session
                .run(
                    "UPDATE tables SET last_attempt_at = $1, last_error_code = $2, last_error_message = $3 \
                     WHERE id = $4",
                    args![
                        attempt.failed_at,
                        &attempt.fault.code,
                        &attempt.fault.message,
                        attempt.table
                    ],
                )
                .await?;
        }
        session.commit().await
    }
}
