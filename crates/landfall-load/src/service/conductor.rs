//! Who does what when.

mod answering;
mod catching_up;
mod expiring;
mod feeding;
mod handle;
mod starting;
mod trimming;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use landfall_bucket::Sleep;
use landfall_catalog::{Catalog, OpenLoad, Point, StoreError, TableId};
use landfall_core::intake::DecodeEntryError;
use landfall_core::json::JsonError;
use landfall_core::settings::BatchLimits;
use landfall_core::units::ByteCount;
use landfall_log::{Log, Partition, Position, ReadError};
use tokio::sync::mpsc::{Receiver, UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, watch};

use self::answering::Wish;
use self::feeding::ReadAhead;
pub use self::handle::ConductorHandle;
use super::keys::{EntryKeys, InstanceKeys};
use super::landing::{Lander, LandingFault};
use super::observer::ServiceObserver;
use super::places::{Places, Routes};
use super::steps::{Step, Steps};
use super::tables::{TableKey, TableWork};
use super::waiting::{Question, questions};
use crate::clock::Clock;
use crate::jitter::Jitter;
use crate::report::LoadReport;

/// The one partition of the embedded log.
const LOG_PARTITION: Partition = Partition::FIRST;
/// Read at once.
const CHUNK_BYTES: u64 = 4 << 20;
/// How often ages, waits and the log's room are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How often records are looked for that have waited too long.
const EXPIRE_EVERY: Duration = Duration::from_secs(10 * 60);
/// How long what comes in may gather before it is read: clients that push at the same time are not held up by a reader
/// that wakes for each of their commits.
const GATHER_FOR: Duration = Duration::from_millis(10);

/// What the service's loader is told.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// When batches close.
    pub limits: BatchLimits,
    /// How much memory batches may hold.
    pub memory_budget: ByteCount,
    /// Loads at the same time.
    pub loads_at_once: usize,
    /// How long records are kept that can't be loaded (operations.md §9).
    pub keep_unloaded: Duration,
}

/// What the service's loader works with.
pub struct ServiceParts {
    /// Settings.
    pub settings: ServiceSettings,
    /// Names the instance, for generated keys.
    pub instance: String,
    /// Where records wait.
    pub log: Arc<dyn Log>,
    /// The ledger.
    pub catalog: Arc<Catalog>,
    /// Opens destinations.
    pub places: Arc<dyn Places>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Waits.
    pub sleep: Arc<dyn Sleep>,
    /// Is told of durable steps.
    pub steps: Arc<dyn Steps>,
    /// Is told of loads.
    pub observer: Arc<dyn ServiceObserver>,
    /// Woken when a load may have left requests to hooks.
    pub notices: Arc<Notify>,
}

/// What comes back from a job.
pub(super) struct Landed {
    pub(super) table: TableKey,
    pub(super) outcome: Result<Option<LoadReport>, LandingFault>,
}

/// Goes over the log again for tables that were parked.
#[derive(Debug)]
struct CatchUp {
    at: Position,
    tables: HashSet<TableKey>,
}

/// Loads what is in the log (see the module's page).
pub struct Conductor {
    parts: ServiceParts,
    lander: Arc<Lander>,
    routes: Routes,
    keys: Box<dyn EntryKeys>,
    tables: HashMap<TableKey, TableWork>,
    /// What the ledger knows of tables that no record was read of yet.
    progress: HashMap<TableId, Point>,
    open_loads: HashMap<TableId, OpenLoad>,
    /// Tables of which the ledger may know more than this.
    unsure: HashSet<TableId>,
    /// Bytes that all tables hold.
    held: usize,
    /// The next entry to read.
    at: Position,
    read_ahead: Option<ReadAhead>,
    catch_up: Option<CatchUp>,
    queue: VecDeque<TableKey>,
    running: usize,
    freed: Position,
    landed: UnboundedReceiver<Landed>,
    landed_in: UnboundedSender<Landed>,
    handle: ConductorHandle,
    stop: watch::Receiver<bool>,
    asked: Receiver<Question>,
    wishes: Vec<Wish>,
    next_look: Duration,
    passes_over_losses: bool,
    next_expiry: Duration,
}

/// Why the loader ends early.
#[derive(Debug, thiserror::Error)]
pub enum ConductorError {
    /// The log can't be read.
    #[error("reading the log: {0}")]
    Log(#[from] ReadError),
    /// The catalog failed.
    #[error("{0}")]
    Catalog(#[from] StoreError),
    /// An entry does not say what intake accepts. It is not passed over, since the log would then forget it.
    #[error("entry {position} of the log can't be loaded: {fault}")]
    Entry {
        /// Where it stands.
        position: Position,
        /// What is wrong with it.
        fault: EntryFault,
    },
}

/// What is wrong with an entry of the log.
#[derive(Debug, thiserror::Error)]
pub enum EntryFault {
    /// Its bytes can't be read.
    #[error(transparent)]
    Undecodable(#[from] DecodeEntryError),
    /// A record is no JSON.
    #[error("a record is no JSON ({0}): this is a fault of Landfall, please report it")]
    Record(#[from] JsonError),
}

impl Conductor {
    /// Takes up where the last one ended.
    ///
    /// # Errors
    /// [`ConductorError`].
    pub async fn start(parts: ServiceParts) -> Result<Self, ConductorError> {
        let lander = Lander {
            catalog: parts.catalog.clone(),
            clock: parts.clock.clone(),
            steps: parts.steps.clone(),
        };
        let first = parts.log.bounds(LOG_PARTITION).await?.first;
        let low_waters = parts.catalog.low_waters().await?;
        let low_water = low_waters
            .first()
            .map(|(_, low)| Position::new(low.as_u64()).next());
        let at = low_water.map_or(first, |low| low.max(first));
        let progress = parts.catalog.all_progress().await?;
        let (landed_in, landed) = unbounded_channel();
        let (stop_sender, stop) = watch::channel(false);
        let (asking, asked) = questions();
        let mut conductor = Self {
            lander: Arc::new(lander),
            routes: Routes::new(parts.catalog.clone(), parts.places.clone()),
            keys: Box::new(InstanceKeys::new(&parts.instance)),
            tables: HashMap::new(),
            progress: progress
                .into_iter()
                .map(|one| (one.table, one.landed_through))
                .collect(),
            open_loads: HashMap::new(),
            unsure: HashSet::new(),
            held: 0,
            at,
            read_ahead: None,
            catch_up: None,
            queue: VecDeque::new(),
            running: 0,
            freed: at,
            landed,
            landed_in,
            handle: ConductorHandle {
                wake: Arc::new(Notify::new()),
                stop: stop_sender,
                asking,
                most_held: Arc::default(),
                has_read_all: Arc::default(),
            },
            stop,
            asked,
            wishes: Vec::new(),
            next_look: Duration::ZERO,
            passes_over_losses: false,
            next_expiry: Duration::ZERO,
            parts,
        };
        let open = conductor.parts.catalog.open_loads().await?;
        conductor.open_loads = open.into_iter().map(|load| (load.intent.table, load)).collect();
        Ok(conductor)
    }

    /// Generated keys of the caller's making.
    #[must_use]
    pub fn with_keys(self, keys: Box<dyn EntryKeys>) -> Self {
        Self { keys, ..self }
    }

    /// Goes on behind entries that the log has lost, instead of ending there: their records land nowhere.
    #[must_use]
    pub fn passing_over_losses(self) -> Self {
        Self {
            passes_over_losses: true,
            ..self
        }
    }

    /// Spreads the waits after failures as `jitter` says, and not as every other server does.
    #[must_use]
    pub fn with_jitter(mut self, jitter: Jitter) -> Self {
        self.routes.jitter = jitter;
        self
    }

    /// To talk to it while it runs.
    #[must_use]
    pub fn handle(&self) -> ConductorHandle {
        self.handle.clone()
    }

    /// Loads until it is told to drain. Everything it learns of single tables and destinations is dealt with; what ends
    /// it is trouble with the log or the catalog.
    ///
    /// # Errors
    /// [`ConductorError`]; starting anew goes on where this ended.
    pub async fn run(mut self) -> Result<(), ConductorError> {
        // What the ledger has landed, the log may still hold: a segment goes only when all of it is landed.
        self.trim(self.freed).await;
        loop {
            while let Ok(landed) = self.landed.try_recv() {
                self.take(landed).await?;
            }
            while let Ok(question) = self.asked.try_recv() {
                self.answer(question).await?;
            }
            if self.routes.refresh() {
                self.next_look = Duration::ZERO;
                // A destination that was deleted took its open loads with it.
                self.unsure.extend(self.open_loads.keys().copied());
                self.tables.values_mut().for_each(|table| table.rest = None);
            }
            let now = self.parts.clock.elapsed();
            if now >= self.next_look {
                self.next_look = now + LOOK_EVERY;
                self.look_around(now).await?;
            }
            self.start_jobs().await?;
            let has_room = self.has_room();
            if self.hurry(has_room) {
                continue;
            }
            let may_finish = has_room || self.is_stuck();
            if (has_room && self.read_live().await?) | (may_finish && self.read_again().await?) {
                continue;
            }
            if *self.stop.borrow() && self.is_drained().await? {
                self.free().await?;
                return Ok(());
            }
            if self.catch_up.is_none() || !has_room {
                self.wait(has_room).await?;
            }
        }
    }

    async fn look_around(&mut self, now: Duration) -> Result<(), ConductorError> {
        debug_assert_eq!(
            self.held,
            self.tables.values().map(TableWork::held_bytes).sum::<usize>(),
            "every change of a table is counted"
        );
        self.close_due();
        if now >= self.next_expiry {
            self.next_expiry = now + EXPIRE_EVERY;
            self.expire().await?;
        }
        self.unpark(now).await?;
        self.free().await
    }

    /// Whether batches may take more. Where they hold much, the largest is closed.
    fn has_room(&mut self) -> bool {
        let budget = self.parts.settings.memory_budget.as_u64() as usize;
        if self.held > budget / 2 && self.running == 0 && self.queue.is_empty() {
            self.close_largest();
        }
        self.held <= budget
    }

    /// Takes note of what a table holds now.
    pub(super) fn recount(&mut self, key: &TableKey) {
        if let Some(table) = self.tables.get_mut(key) {
            let held = table.held_bytes();
            self.held = self.held.saturating_sub(table.counted) + held;
            table.counted = held;
            self.handle.most_held.fetch_max(self.held, Ordering::Relaxed);
        }
    }

    /// Waits until something happens.
    async fn wait(&mut self, has_room: bool) -> Result<(), ConductorError> {
        let now = self.parts.clock.elapsed();
        let patience = self.next_look.saturating_sub(now).max(Duration::from_millis(1));
        let log = self.parts.log.clone();
        let sleep = &self.parts.sleep;
        let at = self.at;
        let more = async {
            log.wait_for(LOG_PARTITION, at).await?;
            sleep.sleep(GATHER_FOR).await;
            Ok::<_, ReadError>(())
        };
        tokio::select! {
            landed = self.landed.recv() => {
                if let Some(landed) = landed {
                    self.take(landed).await?;
                }
            }
            more = more, if has_room => more?,
            question = self.asked.recv() => {
                if let Some(question) = question {
                    self.answer(question).await?;
                }
            }
            () = self.handle.wake.notified() => self.next_look = Duration::ZERO,
            () = self.parts.sleep.sleep(patience) => {}
        }
        Ok(())
    }

    /// Whether all that can be loaded is.
    async fn is_drained(&mut self) -> Result<bool, ConductorError> {
        let end = self.parts.log.bounds(LOG_PARTITION).await?.next;
        if self.at >= end && self.catch_up.is_none() {
            self.unpark(self.parts.clock.elapsed()).await?;
        }
        // What was changed before the end was asked for counts.
        if self.at < end || self.catch_up.is_some() || self.routes.are_stale() {
            return Ok(false);
        }
        self.close_all();
        self.start_jobs().await?;
        // What was gathered for another destination than it goes to now is read again.
        self.unpark(self.parts.clock.elapsed()).await?;
        Ok(self.running == 0 && self.queue.is_empty() && self.catch_up.is_none())
    }

    pub(super) async fn step(&self, step: Step) {
        self.parts.steps.done(step).await;
    }
}
