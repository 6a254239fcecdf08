//! What is old is forgotten (operations.md §9).

use std::sync::Arc;
use std::time::Duration;

use landfall_bucket::Sleep;
use landfall_catalog::{Catalog, Retention, StoreError};
use landfall_core::time::Timestamp;
use landfall_load::Clock;
use tokio::sync::watch;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How often it is looked for what is old.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);
/// Forgotten at once: a few milliseconds, in which nobody else can write.
const AT_ONCE: u32 = 500;

/// How many days things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeepDays {
    /// Loading reports: 60.
    pub(crate) reports: u32,
    /// Requests to hooks, and the log of their deliveries: 30.
    pub(crate) deliveries: u32,
    /// Lines of the ledger, with their objects: 365. Their sums are kept for ever.
    pub(crate) ledger: u32,
    /// The audit log: 365.
    pub(crate) audit: u32,
    /// Records that can't be loaded: 30.
    pub(crate) unloaded: u32,
}

impl Default for KeepDays {
    fn default() -> Self {
        Self {
            reports: 60,
            deliveries: 30,
            ledger: 365,
            audit: 365,
            unloaded: 30,
        }
    }
}

impl KeepDays {
    /// How long records are kept that can't be loaded.
    pub(crate) fn unloaded(&self) -> Duration {
        DAY * self.unloaded
    }

    /// What is old at `now`.
    fn before(&self, now: Timestamp) -> Retention {
        let before = |days: u32| {
            let millis = i64::try_from((DAY * days).as_millis()).unwrap_or(i64::MAX);
            Timestamp::from_millis(now.as_millis().saturating_sub(millis))
        };
        Retention {
            attempts_before: before(self.reports),
            loads_before: before(self.ledger),
            deliveries_before: before(self.deliveries),
            audit_before: before(self.audit),
        }
    }
}

/// What the job works with.
pub(crate) struct Forgetting {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sleep: Arc<dyn Sleep>,
    pub(crate) keep: KeepDays,
}

impl Forgetting {
    /// Forgets what gets old until `stop` turns true.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(fault) = self.forget(&stop).await {
                tracing::warn!("old reports and deliveries are forgotten later: {fault}");
            }
            tokio::select! {
                _ = stop.changed() => {}
                () = self.sleep.sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn forget(&self, stop: &watch::Receiver<bool>) -> Result<(), StoreError> {
        let retention = self.keep.before(self.clock.closing());
        while !*stop.borrow() {
            let forgotten = self.catalog.forget(&retention, AT_ONCE).await?;
            if forgotten.is_nothing() {
                break;
            }
            tracing::debug!(
                "forgot {} attempts, {} loads, {} deliveries and {} lines of the audit log",
                forgotten.attempts,
                forgotten.loads,
                forgotten.deliveries,
                forgotten.audit
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
