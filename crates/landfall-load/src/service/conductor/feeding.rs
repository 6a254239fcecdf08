//! Entries of the log are handed to their tables.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use landfall_catalog::{Activation, LogLoss, Position as LedgerPosition};
use landfall_core::clean_name::clean_name;
use landfall_core::ids::SourceId;
use landfall_core::intake::{AcceptedRequest, decode};
use landfall_core::units::ByteCount;
use landfall_format::Reason;
use landfall_log::{Damage, Entry, Log, Position, ReadError};
use tokio::task::JoinHandle;

use super::{CHUNK_BYTES, Conductor, ConductorError, EntryFault, LOG_PARTITION};
use crate::service::gather::{EntryFacts, GatherRules, Gatherer, PartAt};
use crate::service::places::Route;
use crate::service::point::PARTITION;
use crate::service::steps::Step;
use crate::service::stock::{Stock, rows_after};
use crate::service::tables::{Flow, TableKey, TableWork};
use crate::streams::is_reserved;

/// Which of the two readers an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    Live,
    Again,
}

/// The entries after those at hand, read while these are encoded.
#[derive(Debug)]
pub(super) struct ReadAhead {
    from: Position,
    reading: JoinHandle<Result<Vec<Entry>, ReadError>>,
}

impl ReadAhead {
    /// Begins to read what follows `entries`, if they are so many that more is likely to be there.
    fn start(log: &Arc<dyn Log>, entries: &[Entry]) -> Option<Self> {
        let bytes: usize = entries.iter().map(|entry| entry.bytes.len()).sum();
        if (bytes as u64) < CHUNK_BYTES / 2 {
            return None;
        }
        let from = entries.last()?.position.next();
        let log = log.clone();
        let reading =
            tokio::spawn(async move { log.read(LOG_PARTITION, from, ByteCount::new(CHUNK_BYTES)).await });
        Some(Self { from, reading })
    }

    /// What was read. Where nothing was there yet, or reading failed, the log is asked again.
    async fn take(self, conductor: &Conductor) -> Result<(Position, Vec<Entry>), ConductorError> {
        match self.reading.await {
            Ok(Ok(entries)) if self.from == conductor.at && !entries.is_empty() => Ok((self.from, entries)),
            _ => conductor.read(conductor.at).await,
        }
    }
}

impl Conductor {
    /// Reads on. False at the end of the log.
    pub(super) async fn read_live(&mut self) -> Result<bool, ConductorError> {
        let (at, entries) = match self.read_ahead.take() {
            Some(ahead) => ahead.take(self).await?,
            None => self.read(self.at).await?,
        };
        self.at = at;
        self.read_ahead = ReadAhead::start(&self.parts.log, &entries);
        let has_read = !entries.is_empty();
        if !has_read {
            self.handle.has_read_all.store(true, Ordering::Relaxed);
        }
        for entry in entries {
            self.at = entry.position.next();
            self.feed(&entry, Reader::Live).await?;
        }
        Ok(has_read)
    }

    /// Reads on for tables that catch up. False if there is nothing to read, or none does.
    pub(super) async fn read_again(&mut self) -> Result<bool, ConductorError> {
        let Some(from) = self.catch_up.as_ref().map(|catch_up| catch_up.at) else {
            return Ok(false);
        };
        let (from, mut entries) = if from < self.at {
            self.read(from).await?
        } else {
            (from, Vec::new())
        };
        entries.retain(|entry| entry.position < self.at);
        if let Some(catch_up) = &mut self.catch_up {
            catch_up.at = from;
        }
        for entry in &entries {
            self.feed(entry, Reader::Again).await?;
            if let Some(catch_up) = &mut self.catch_up {
                catch_up.at = entry.position.next();
            }
        }
        self.join_readers();
        Ok(true)
    }

    /// Reads entries from `from` on, or from behind what is lost there where losses are accepted, and says from where.
    async fn read(&self, mut from: Position) -> Result<(Position, Vec<Entry>), ConductorError> {
        loop {
            let most = ByteCount::new(CHUNK_BYTES);
            match self.parts.log.read(LOG_PARTITION, from, most).await {
                Ok(entries) => return Ok((from, entries)),
                Err(ReadError::Damaged(damage)) if self.passes_over_losses => {
                    self.note_loss(from, &damage).await?;
                    from = damage.lost.end;
                }
                Err(fault) => return Err(fault.into()),
            }
        }
    }

    /// Notes which entries from `from` on are passed over, before they are: the books show what is missing.
    async fn note_loss(&self, from: Position, damage: &Damage) -> Result<(), ConductorError> {
        let (start, end) = (damage.lost.start.max(from), damage.lost.end);
        let segment = &damage.segment;
        tracing::error!(
            log.segment = segment,
            "entries {start} up to, not including, {end} are given up, as was asked for: {segment} has lost them"
        );
        let loss = LogLoss {
            partition: PARTITION,
            first: LedgerPosition::new(start.as_u64()),
            last: LedgerPosition::new(end.as_u64() - 1),
            accepted_at: self.parts.clock.closing(),
        };
        self.parts.catalog.record_log_loss(&loss).await?;
        Ok(())
    }

    async fn feed(&mut self, entry: &Entry, reader: Reader) -> Result<(), ConductorError> {
        let position = entry.position;
        let unreadable = |fault: EntryFault| ConductorError::Entry { position, fault };
        let request = decode(&entry.bytes).map_err(|fault| unreadable(fault.into()))?;
        let now = self.parts.clock.elapsed();
        let route = self.routes.find(request.source, now).await?;
        let mut ordinals: HashMap<&str, u32> = HashMap::new();
        for (index, part) in request.parts.iter().enumerate() {
            let ordinal = ordinals.entry(&part.table).or_default();
            let at = PartAt {
                part,
                index: index as u32,
                first_ordinal: *ordinal,
            };
            *ordinal += part.items.len() as u32;
            self.feed_part(entry.position, &request, at, route.as_ref(), reader)
                .await?;
        }
        Ok(())
    }

    async fn feed_part(
        &mut self,
        position: Position,
        request: &AcceptedRequest<&str>,
        at: PartAt<'_>,
        route: Option<&Route>,
        reader: Reader,
    ) -> Result<(), ConductorError> {
        let key = TableKey {
            source: request.source,
            name: Arc::from(at.part.table.as_str()),
        };
        if !self.tables.contains_key(&key) {
            let table = self.meet(&key, position, route).await?;
            self.tables.insert(key.clone(), table);
        }
        let Some(table) = self.tables.get_mut(&key) else {
            return Ok(());
        };
        let left = |seen| Stock::of_entry(rows_after(seen, position, at), request.received_at);
        let gatherer = match (&mut table.flow, reader) {
            (Flow::Live(gatherer), Reader::Live) | (Flow::CatchingUp(gatherer), Reader::Again) => gatherer,
            (Flow::Parked { .. }, Reader::Live) => {
                let landed = self.progress.get(&table.id).copied();
                table.leave(position, left(landed));
                return Ok(());
            }
            (Flow::CatchingUp(gatherer), Reader::Live) => {
                // Nothing but counted: the other reader comes by here, too.
                let stock = left(gatherer.seen);
                table.parked.stock.add(stock);
                return Ok(());
            }
            (Flow::Live(_) | Flow::Parked { .. }, Reader::Again) => return Ok(()),
        };
        let seen = gatherer.seen;
        let Some(route) = route else {
            table.park(position);
            let stock = match reader {
                Reader::Live => left(seen),
                Reader::Again => Stock::of_entry(0, request.received_at), // counted when they were left
            };
            table.leave(position, stock);
            self.recount(&key);
            return Ok(());
        };
        gatherer.rename(&route.naming);
        let entry = EntryFacts {
            position,
            received_at: request.received_at,
        };
        let mut rules = GatherRules {
            limits: self.parts.settings.limits,
            keys: &mut *self.keys,
            now: self.parts.clock.elapsed(),
        };
        let taken = gatherer.take(entry, at, &mut rules);
        taken.map_err(|fault| ConductorError::Entry {
            position,
            fault: fault.into(),
        })?;
        if reader == Reader::Again {
            table.parked.stock.remove(rows_after(seen, position, at));
        }
        self.line_up(&key);
        Ok(())
    }

    /// Puts a table with work in the queue.
    pub(super) fn line_up(&mut self, key: &TableKey) {
        self.recount(key);
        let Some(table) = self.tables.get_mut(key) else {
            return;
        };
        let has_work = table
            .gatherer()
            .is_some_and(|gatherer| !gatherer.ready.is_empty());
        if has_work && !table.is_queued && table.running.is_none() {
            table.is_queued = true;
            self.queue.push_back(key.clone());
        }
    }

    /// A table of which a record was read for the first time.
    async fn meet(
        &mut self,
        key: &TableKey,
        position: Position,
        route: Option<&Route>,
    ) -> Result<TableWork, ConductorError> {
        let cleaned = clean_name(&key.name).into_owned();
        let now = self.parts.clock.closing();
        let found = self
            .parts
            .catalog
            .ensure_table(key.source, &key.name, &cleaned, now)
            .await?;
        self.step(Step::Met).await;
        let problem = if is_reserved(&key.name) || is_reserved(&cleaned) {
            Some(Reason::ReservedTable {
                table: key.name.to_string(),
            })
        } else {
            found.collides_with.map(|_| Reason::TableCollision { cleaned })
        };
        let id = found.table.id;
        let flow = match route {
            Some(route) if !self.open_loads.contains_key(&id) => Flow::Live(Gatherer::new(
                &key.name,
                problem.clone(),
                route.naming.clone(),
                self.progress.get(&id).copied(),
                None,
            )),
            _ => Flow::Parked { from: Some(position) },
        };
        Ok(TableWork::new(id, problem, flow))
    }

    /// Closes batches whose first record is old enough, or that are open as long: the clock may have been set back.
    pub(super) fn close_due(&mut self) {
        let elapsed = self.parts.clock.elapsed();
        let longest = self.parts.settings.limits.wait;
        let now = self.parts.clock.closing().as_millis();
        let wait = i64::try_from(self.parts.settings.limits.wait.as_millis()).unwrap_or(i64::MAX);
        self.close_where(|gatherer| {
            gatherer.open.as_ref().is_some_and(|open| {
                now.saturating_sub(open.first_received.as_millis()) >= wait
                    || elapsed.saturating_sub(open.opened_at) >= longest
            })
        });
    }

    /// Closes the batches of one source.
    pub(super) fn close_of(&mut self, source: SourceId) {
        self.close_keyed(|key, gatherer| key.source == source && gatherer.open.is_some());
    }

    /// Closes all batches.
    pub(super) fn close_all(&mut self) {
        self.close_where(|gatherer| gatherer.open.is_some());
    }

    pub(super) fn close_largest(&mut self) {
        let size = |gatherer: &Gatherer| {
            gatherer
                .open
                .as_ref()
                .map_or(0, |open| open.batch.allocated_bytes())
        };
        let sizes = self
            .tables
            .values_mut()
            .filter_map(TableWork::gatherer)
            .filter(|gatherer| gatherer.again.is_none())
            .map(|gatherer| size(gatherer));
        let largest = sizes.max().unwrap_or(0);
        if largest > 0 {
            self.close_where(|gatherer| size(gatherer) == largest);
        }
    }

    fn close_where(&mut self, is_due: impl Fn(&Gatherer) -> bool) {
        self.close_keyed(|_, gatherer| is_due(gatherer));
    }

    /// A batch that is made again closes where it closed before, and nowhere else.
    fn close_keyed(&mut self, is_due: impl Fn(&TableKey, &Gatherer) -> bool) {
        let mut closed = Vec::new();
        for (key, table) in &mut self.tables {
            let due = table
                .gatherer()
                .filter(|gatherer| gatherer.again.is_none() && is_due(key, gatherer));
            if let Some(gatherer) = due {
                gatherer.close(Activation::Stays);
                closed.push(key.clone());
            }
        }
        closed.iter().for_each(|key| self.line_up(key));
    }
}
