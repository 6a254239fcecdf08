//! What there is to see of the server.

use std::time::Duration;

use landfall_catalog::{NotificationSettings, Source, StoreError};
use landfall_core::ids::SourceId;
use landfall_core::time::Timestamp;

use super::Events;
use super::findings::{DAY_MILLIS, ExpiringTable, PERIOD_DAYS, Snapshot, TableState, day_of};

/// The check that records over 20 MB fail (rejects.md §2).
const TOO_LARGE: &str = "R1";
/// Loads are noted as done a little after the time that is noted with them.
const NOTED_WITHIN: Duration = Duration::from_secs(5 * 60);

impl Events {
    pub(super) async fn snapshot(
        &self,
        settings: &NotificationSettings,
        now: Timestamp,
    ) -> Result<Snapshot, StoreError> {
        let today = day_of(now);
        let used = self.catalog.usage(today - PERIOD_DAYS + 1, today).await?;
        let mut sources = self.catalog.sources().await?;
        sources.retain(|source| source.deleted_at.is_none());
        let mut tables = Vec::new();
        for source in &sources {
            for table in self.catalog.tables(source.id).await? {
                let of_today = used
                    .iter()
                    .find(|used| used.table == table.id && used.day == today);
                tables.push(TableState {
                    source_name: source.display_name.clone(),
                    destination: source.destination,
                    rejected_today: of_today.map_or(0, |used| used.rows_rejected),
                    table,
                });
            }
        }
        let last_load_at = self.catalog.last_load_at().await?;
        Ok(Snapshot {
            destinations: self.catalog.destinations().await?,
            deaf_hooks: self.catalog.deaf_hooks().await?,
            rows_used: used.iter().map(|used| used.rows_replicated).sum(),
            row_budget: settings.row_budget,
            idle_days: settings.idle_days,
            active_at: last_load_at.unwrap_or(self.created_at),
            log_bytes: self.log.usage().await.ok().map(|usage| usage.bytes),
            log_budget: self.log_budget,
            expiring: self.expiring(&sources).await,
            too_large: self.too_large_records(now).await?,
            refused: self.refused_requests(&sources, now),
            open: self.catalog.open_findings().await?,
            tables,
        })
    }

    /// Tables whose records are soon deleted; none if the loader does not know yet.
    async fn expiring(&self, sources: &[Source]) -> Option<Vec<ExpiringTable>> {
        let waiting = self.loading.all_waiting().await?;
        let expiring = waiting.into_iter().filter_map(|table| {
            Some(ExpiringTable {
                source: name_of(sources, table.source)?,
                since: table.since?,
                deleted_at: table.deleted_at?,
                name: table.table.to_string(),
            })
        });
        Some(expiring.collect())
    }

    /// Tables of which records were rejected as too large since the last look, as far as that was today.
    async fn too_large_records(&self, now: Timestamp) -> Result<Vec<landfall_catalog::TableId>, StoreError> {
        let today = day_of(now);
        let midnight = Timestamp::from_millis(today * DAY_MILLIS);
        let since = self.looked_at.map_or(midnight, |looked| {
            let before = looked.min(now).as_millis() - NOTED_WITHIN.as_millis() as i64;
            Timestamp::from_millis(before)
        });
        self.catalog.tables_rejecting(TOO_LARGE, since, today).await
    }

    /// Webhook sources of which a request was refused today as too large.
    fn refused_requests(&self, sources: &[Source], now: Timestamp) -> Vec<(SourceId, String)> {
        let refused = self.oversized.on(day_of(now));
        let named = refused.into_iter().filter_map(|source| name_of(sources, source));
        named.collect()
    }
}

/// A source with its name for people; none if it is deleted.
fn name_of(sources: &[Source], id: SourceId) -> Option<(SourceId, String)> {
    let source = sources.iter().find(|source| source.id == id)?;
    Some((id, source.display_name.clone()))
}
