//! Records that waited too long are announced, then deleted and counted as lost (operations.md §9).

use std::collections::HashMap;
use std::time::Duration;

use landfall_catalog::{FailedAttempt, LedgerError, LoadFault, Point, Skip, SkipReason, TableId};
use landfall_core::intake::{AcceptedItem, AcceptedRequest, decode};
use landfall_core::time::Timestamp;
use landfall_core::units::ByteCount;
use landfall_log::Position;

use super::{CHUNK_BYTES, Conductor, ConductorError, EntryFault, LOG_PARTITION};
use crate::service::observer::{ExpiringRecords, LostRecords};
use crate::service::point::{point, range};
use crate::service::stock::Stock;
use crate::service::tables::{Flow, TableKey};
use crate::service::waiting::near_deletion;

/// What is over of one table.
#[derive(Debug)]
struct Loss {
    table: TableId,
    /// Where the last stretch ends.
    seen: Option<Point>,
    /// Records since.
    records: u64,
    /// Where they end.
    through: Option<Point>,
    skips: Vec<Skip>,
}

impl Loss {
    fn new(table: TableId, seen: Option<Point>) -> Self {
        Self {
            table,
            seen,
            records: 0,
            through: None,
            skips: Vec::new(),
        }
    }

    fn lost(&self) -> u64 {
        let records = self.skips.iter().map(|skip| match skip.reason {
            SkipReason::Lost { records } => records,
            SkipReason::Activated(_) => 0,
        });
        records.sum()
    }

    fn push(&mut self, through: Point, reason: SkipReason) {
        let range = range(self.seen, through);
        let table = self.table;
        self.skips.push(Skip { table, range, reason });
        self.seen = Some(through);
    }

    /// Ends a stretch of records.
    fn close(&mut self) {
        if let Some(through) = self.through.take() {
            let records = std::mem::take(&mut self.records);
            self.push(through, SkipReason::Lost { records });
        }
    }
}

impl Conductor {
    /// Announces what is soon to be deleted, and gives up what has waited too long.
    pub(super) async fn expire(&mut self) -> Result<(), ConductorError> {
        let keep = self.parts.settings.keep_unloaded;
        let now = self.parts.clock.closing();
        let old = before(now, keep);
        let parked = self.tables.iter().filter_map(|(key, table)| match table.flow {
            Flow::Parked { from: Some(from) } if table.running.is_none() => {
                let since = table.waiting_since()?;
                near_deletion(since, keep, now).map(|_| (key.clone(), from, since))
            }
            Flow::Parked { .. } | Flow::Live(_) | Flow::CatchingUp(_) => None,
        });
        let parked: Vec<(TableKey, Position, Timestamp)> = parked.collect();
        let mut expired = HashMap::new();
        let mut first = self.at;
        for (key, from, since) in parked {
            if since <= old {
                first = first.min(from);
                expired.insert(key.clone(), from);
            }
            self.announce(&key, since).await?;
        }
        if expired.is_empty() {
            return Ok(());
        }
        let mut losses = HashMap::new();
        for key in expired.into_keys() {
            let Some(id) = self.tables.get(&key).map(|table| table.id) else {
                continue;
            };
            self.look_up(id).await?;
            losses.insert(key, Loss::new(id, self.progress.get(&id).copied()));
        }
        let end = self.collect_losses(first, old, &mut losses).await?;
        for (key, loss) in losses {
            self.give_up(&key, loss, end).await?;
        }
        Ok(())
    }

    async fn announce(&mut self, key: &TableKey, since: Timestamp) -> Result<(), ConductorError> {
        let source = self.source_name(key.source).await?;
        let Some(table) = self
            .tables
            .get_mut(key)
            .filter(|table| !table.parked.is_announced)
        else {
            return Ok(());
        };
        table.parked.is_announced = true;
        self.parts.observer.expiring(&ExpiringRecords {
            source: &source,
            table: &key.name,
            since,
            deleted_at: since.plus(self.parts.settings.keep_unloaded),
        });
        Ok(())
    }

    /// Goes over the log from `first` to the first entry that is younger than `old`, and returns that one's place and
    /// time, as far as there is one that was read by now.
    async fn collect_losses(
        &self,
        first: Position,
        old: Timestamp,
        losses: &mut HashMap<TableKey, Loss>,
    ) -> Result<Option<(Position, Timestamp)>, ConductorError> {
        let mut at = first;
        while at < self.at {
            let entries = self
                .parts
                .log
                .read(LOG_PARTITION, at, ByteCount::new(CHUNK_BYTES))
                .await?;
            for entry in entries.iter().filter(|entry| entry.position < self.at) {
                let position = entry.position;
                let request = decode(&entry.bytes).map_err(|fault| ConductorError::Entry {
                    position,
                    fault: EntryFault::Undecodable(fault),
                })?;
                if request.received_at > old {
                    return Ok(Some((position, request.received_at)));
                }
                collect(position, &request, losses);
                at = position.next();
            }
            if entries.is_empty() {
                break;
            }
        }
        Ok(None)
    }

    /// Moves a table past what is lost of it. What is left begins at `end`.
    async fn give_up(
        &mut self,
        key: &TableKey,
        mut loss: Loss,
        end: Option<(Position, Timestamp)>,
    ) -> Result<(), ConductorError> {
        loss.close();
        let (table, lost, through) = (loss.table, loss.lost(), loss.seen);
        // A load that also has younger records waits until all of it is old: perhaps it is in the bucket.
        let is_whole = |load: &landfall_catalog::OpenLoad| Some(load.intent.range.through) <= through;
        if self.open_loads.get(&table).is_some_and(|load| !is_whole(load)) {
            return Ok(());
        }
        let now = self.parts.clock.closing();
        if !loss.skips.is_empty() {
            match self.parts.catalog.lose(table, &loss.skips, now).await {
                Ok(()) => {}
                Err(LedgerError::Store(fault)) => return Err(fault.into()),
                Err(fault) => {
                    tracing::error!(table.name = %key.name, "old records stay in the log: {fault}");
                    self.unsure.insert(table);
                    return Ok(());
                }
            }
            self.open_loads.remove(&table);
            if let Some(through) = through {
                self.progress.insert(table, through);
            }
        }
        if let Some(work) = self.tables.get_mut(key) {
            let left = end.filter(|(position, _)| work.parked.last >= Some(*position));
            work.flow = Flow::Parked {
                from: left.map(|(position, _)| position),
            };
            work.parked.stock = match left {
                Some((_, since)) => Stock {
                    rows: work.parked.stock.rows.saturating_sub(lost),
                    received: work
                        .parked
                        .stock
                        .latest()
                        .map(|latest| (since, latest.max(since))),
                },
                None => Stock::default(),
            };
        }
        if lost > 0 {
            self.report_loss(key, table, lost).await?;
        }
        Ok(())
    }

    async fn report_loss(&self, key: &TableKey, table: TableId, lost: u64) -> Result<(), ConductorError> {
        let now = self.parts.clock.closing();
        let days = self.parts.settings.keep_unloaded.as_secs() / (24 * 60 * 60);
        let fault = LoadFault {
            code: "records_lost".to_owned(),
            message: format!("{lost} record(s) could not be loaded for {days} days and were deleted"),
        };
        let attempt = FailedAttempt {
            table,
            load: None,
            started_at: now,
            failed_at: now,
            fault,
        };
        self.parts.catalog.fail_attempts(&[attempt]).await?;
        self.parts.observer.lost(&LostRecords {
            source: &self.source_name(key.source).await?,
            table: &key.name,
            records: lost,
        });
        Ok(())
    }
}

/// Adds the items of an entry to what is lost of their tables.
fn collect(position: Position, request: &AcceptedRequest<&str>, losses: &mut HashMap<TableKey, Loss>) {
    let mut ordinals: HashMap<&str, u32> = HashMap::new();
    for part in &request.parts {
        let ordinal = ordinals.entry(&part.table).or_default();
        let first = *ordinal;
        *ordinal += part.items.len() as u32;
        let key = TableKey {
            source: request.source,
            name: part.table.as_str().into(),
        };
        let Some(loss) = losses.get_mut(&key) else {
            continue;
        };
        for (item, here) in part.items.iter().zip(first..) {
            let here = point(position, here);
            if loss.seen.is_some_and(|seen| here <= seen) {
                continue;
            }
            match item {
                AcceptedItem::Record(_) => {
                    loss.records += 1;
                    loss.through = Some(here);
                }
                AcceptedItem::ActivateVersion => {
                    loss.close();
                    loss.push(here, SkipReason::Activated(part.version));
                }
            }
        }
    }
}

fn before(now: Timestamp, by: Duration) -> Timestamp {
    let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(now.as_millis().saturating_sub(millis))
}
