//! The log forgets what nobody needs.

use landfall_catalog::Position as LedgerPosition;
use landfall_log::Position;

use super::{Conductor, ConductorError, LOG_PARTITION};
use crate::service::point::PARTITION;
use crate::service::steps::Step;
use crate::service::tables::TableWork;

impl Conductor {
    /// The first entry that somebody needs.
    fn first_needed(&self) -> Position {
        let tables = self.tables.values().filter_map(TableWork::first_needed);
        let again = self.catch_up.as_ref().map(|catch_up| catch_up.at);
        tables
            .chain(again)
            .min()
            .map_or(self.at, |first| first.min(self.at))
    }

    /// Notes how far all is dealt with, and lets the log forget it.
    pub(super) async fn free(&mut self) -> Result<(), ConductorError> {
        let first = self.first_needed();
        if first <= self.freed {
            return Ok(());
        }
        let last_done = LedgerPosition::new(first.as_u64() - 1);
        self.parts.catalog.raise_low_water(PARTITION, last_done).await?;
        self.step(Step::Noted).await;
        self.trim(first).await;
        self.freed = first;
        self.step(Step::Freed).await;
        Ok(())
    }

    /// Lets the log forget what is before `first`.
    pub(super) async fn trim(&self, first: Position) {
        if let Err(fault) = self.parts.log.free(LOG_PARTITION, first).await {
            tracing::warn!("the log keeps what is landed for now: {fault}");
        }
    }
}
