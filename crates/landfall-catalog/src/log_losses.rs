//! What the log has lost, where its loss was accepted.

use landfall_core::time::Timestamp;

use crate::catalog::Catalog;
use crate::error::StoreError;
use crate::ids::Partition;
use crate::position::Position;
use crate::store::{Row, args};

/// Entries of the log that can't be read any more and were given up. How many records they held, and of which tables,
/// nobody can tell: some of them may have landed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLoss {
    /// The partition.
    pub partition: Partition,
    /// The first entry of them.
    pub first: Position,
    /// The last one.
    pub last: Position,
    /// When their loss was accepted first.
    pub accepted_at: Timestamp,
}

impl LogLoss {
    /// How many entries they are, each of them a request that was acknowledged.
    #[must_use]
    pub fn entries(&self) -> u64 {
        (self.last.as_u64() - self.first.as_u64()).saturating_add(1)
    }
}

fn read(row: &Row) -> Result<LogLoss, StoreError> {
    Ok(LogLoss {
        partition: row.partition("log_partition")?,
        first: row.position("first_position")?,
        last: row.position("last_position")?,
        accepted_at: row.time("accepted_at")?,
    })
}

const COLUMNS: &str = "log_partition, first_position, last_position, accepted_at";

impl Catalog {
    /// Notes that entries of the log are given up. Noting them again, or more around them, counts none of them twice.
    /// True if some were not noted before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record_log_loss(&self, loss: &LogLoss) -> Result<bool, StoreError> {
        let mut session = self.store.write().await?;
        // What overlaps or touches it becomes one line with it.
        let sql = format!(
            "DELETE FROM log_losses WHERE log_partition = $1 AND first_position - 1 <= $3 AND last_position + 1 >= $2 \
             RETURNING {COLUMNS}"
        );
        let rows = session
            .rows(&sql, args![loss.partition, loss.first, loss.last])
            .await?;
        let known = rows
            .iter()
            .map(read)
            .collect::<Result<Vec<LogLoss>, StoreError>>()?;
        let whole = known.iter().fold(*loss, |whole, one| LogLoss {
            partition: whole.partition,
            first: whole.first.min(one.first),
            last: whole.last.max(one.last),
            accepted_at: whole.accepted_at.min(one.accepted_at),
        });
        if known.as_slice() == [whole] {
            return Ok(false); // nothing new: the transaction is rolled back
        }
        session
            .run(
                "INSERT INTO log_losses (log_partition, first_position, last_position, accepted_at) \
                 VALUES ($1, $2, $3, $4)",
                args![whole.partition, whole.first, whole.last, whole.accepted_at],
            )
            .await?;
        session.commit().await?;
        Ok(true)
    }

    /// All that was given up of the log, in its order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn log_losses(&self) -> Result<Vec<LogLoss>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = format!("SELECT {COLUMNS} FROM log_losses ORDER BY log_partition, first_position");
        let rows = session.rows(&sql, args![]).await?;
        rows.iter().map(read).collect()
    }
}
