//! Batches close and become loads; loads end and release states.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use landfall_format::{Claims, ClosedBatch, TableBatch};
use landfall_singer::Position;

use super::{Event, Pipeline};
use crate::error::{LoadError, RunError};
use crate::loader::Load;
use crate::report::LoadReport;
use crate::webhook::LoadFacts;

/// Records and bytes of a batch.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fill {
    pub(super) records: u64,
    pub(super) bytes: u64,
}

/// What is known of a table in this run.
#[derive(Debug, Default)]
pub(super) struct TableState {
    pub(super) open: Option<OpenBatch>,
    /// What is cut but not merged, for the batch that will be open then.
    pub(super) ahead: Fill,
    pub(super) claims: Arc<Claims>,
    active_version: Option<i64>,
    /// The active version whose next load is to say that it is new.
    announced: Option<i64>,
}

/// A batch that takes records.
#[derive(Debug)]
pub(super) struct OpenBatch {
    pub(super) batch: TableBatch,
    pub(super) first: Position,
    pub(super) opened_at: Duration,
}

/// A closed batch that waits for its turn.
#[derive(Debug)]
pub(super) struct WaitingLoad {
    load: Load,
    first: Position,
    new_version: bool,
}

/// A load in progress.
#[derive(Debug)]
pub(super) struct RunningLoad {
    first: Position,
    bytes: usize,
    facts: LoadFactsSource,
}

/// Answers for a load, whatever happens: a panic must not leave the pipeline waiting.
struct LoadAnswer {
    events: Sender<Event>,
    is_given: bool,
}

impl LoadAnswer {
    fn give(&mut self, event: Event) {
        self.is_given = true;
        // Nobody listens any more when the run has ended.
        let _ = self.events.send(event);
    }
}

impl Drop for LoadAnswer {
    fn drop(&mut self) {
        if !self.is_given {
            let _ = self.events.send(Event::WorkerDied);
        }
    }
}

#[derive(Debug)]
struct LoadFactsSource {
    batch: Arc<ClosedBatch>,
    new_version: bool,
}

impl TableState {
    /// What is ahead was given up: only what is merged counts.
    pub(super) fn forget_ahead(&mut self) {
        let open = self.open.as_ref();
        self.ahead = Fill {
            records: open.map_or(0, |open| open.batch.records()),
            bytes: open.map_or(0, |open| open.batch.record_bytes()),
        };
    }
}

impl Pipeline {
    /// Closes the stream's batch, if it holds records, and starts its load as soon as its turn comes.
    pub(super) fn close_batch(&mut self, stream: &str) -> Result<(), RunError> {
        self.close(stream, false)
    }

    /// Closes the stream's batch for a reason that cutting did not see: what is cut ahead fills another batch now.
    pub(super) fn close_early(&mut self, stream: &str) -> Result<(), RunError> {
        if let Some(table) = self.tables.get_mut(stream)
            && let Some(open) = &table.open
        {
            table.ahead.records = table.ahead.records.saturating_sub(open.batch.records());
            table.ahead.bytes = table.ahead.bytes.saturating_sub(open.batch.record_bytes());
        }
        self.close_batch(stream)
    }

    fn close(&mut self, stream: &str, activates: bool) -> Result<(), RunError> {
        let Some(table) = self.tables.get_mut(stream) else {
            return Ok(());
        };
        let Some(OpenBatch { batch, first, .. }) = table.open.take() else {
            return Ok(());
        };
        self.open_bytes = self.open_bytes.saturating_sub(batch.allocated_bytes());
        self.open_sizes.remove(stream, batch.allocated_bytes());
        let Some(closed) = batch.close() else {
            self.states.finish_batch(first);
            return Ok(());
        };
        let mut new_version = activates;
        if table.announced == Some(closed.version()) {
            table.announced = None;
            new_version = true;
        }
        self.rejected += closed.rows_rejected();
        self.rejections.count(stream, closed.reasons());
        self.loading_bytes += closed.allocated_bytes();
        self.waiting_bytes += closed.allocated_bytes();
        let loaded_at = self.instants.next(self.clock.closing());
        let load = Load {
            batch: Arc::new(closed),
            loaded_at,
            load_id: self.load_id(),
        };
        self.waiting.push_back((
            stream.into(),
            WaitingLoad {
                load,
                first,
                new_version,
            },
        ));
        self.start_loads()
    }

    fn load_id(&mut self) -> String {
        String::from_utf8_lossy(&self.load_ids.next_key()).into_owned()
    }

    /// Starts loads whose table has none running, in the order of closing. There may be thousands waiting, so this looks
    /// no further than it must.
    fn start_loads(&mut self) -> Result<(), RunError> {
        while self.running.len() < self.settings.loads_at_once {
            let next = self
                .waiting
                .iter()
                .position(|(stream, _)| !self.running.contains_key(stream));
            let Some((stream, waiting)) = next.and_then(|index| self.waiting.remove(index)) else {
                break;
            };
            self.start_load(stream, waiting)?;
        }
        Ok(())
    }

    fn start_load(&mut self, stream: Arc<str>, waiting: WaitingLoad) -> Result<(), RunError> {
        let WaitingLoad {
            load,
            first,
            new_version,
        } = waiting;
        let bytes = load.batch.allocated_bytes();
        self.waiting_bytes = self.waiting_bytes.saturating_sub(bytes);
        let Some(loader) = self.loader.clone() else {
            // A dry run ends here: nothing is written, so nothing is done that a state could vouch for.
            self.loading_bytes = self.loading_bytes.saturating_sub(bytes);
            return Ok(());
        };
        let facts = LoadFactsSource {
            batch: load.batch.clone(),
            new_version,
        };
        self.running
            .insert(stream.clone(), RunningLoad { first, bytes, facts });
        let mut answer = LoadAnswer {
            events: self.events_in.clone(),
            is_given: false,
        };
        self.runtime.spawn(async move {
            let started = Instant::now();
            let outcome = Box::new(loader.load(&load).await);
            drop(load);
            answer.give(Event::Loaded {
                table: stream,
                outcome,
                took: started.elapsed(),
            });
        });
        Ok(())
    }

    pub(super) fn finish_load(
        &mut self,
        stream: &Arc<str>,
        outcome: Result<LoadReport, LoadError>,
        took: Duration,
    ) -> Result<(), RunError> {
        let Some(RunningLoad { first, bytes, facts }) = self.running.remove(stream) else {
            return Ok(());
        };
        self.loading_bytes = self.loading_bytes.saturating_sub(bytes);
        match outcome {
            Ok(report) => {
                let bucket = &self.settings.bucket;
                let facts = LoadFacts::of(&facts.batch, bucket, report.loaded_at, facts.new_version);
                self.observer.loaded(&report, &facts);
                self.states.finish_batch(first);
                self.release_states()?;
                self.start_loads()
            }
            Err(error) => {
                self.observer.failed(stream, took, &error);
                Err(error.into())
            }
        }
    }

    /// Hands back the latest state whose records are all in the bucket.
    pub(super) fn release_states(&mut self) -> Result<(), RunError> {
        if self.loader.is_none() {
            return Ok(());
        }
        let Some(mut state) = self.states.release() else {
            return Ok(());
        };
        state.push(b'\n');
        self.output
            .write_all(&state)
            .and_then(|()| self.output.flush())
            .map_err(RunError::Output)
    }

    /// A version of a table is complete (loading.md §8.4).
    pub(super) fn activate(&mut self, stream: &str, version: i64) -> Result<(), RunError> {
        let Some(table) = self.tables.get_mut(stream) else {
            let table = TableState {
                active_version: Some(version),
                announced: Some(version),
                ..Default::default()
            };
            self.tables.insert(stream.into(), table);
            return Ok(());
        };
        let is_switch = table.active_version != Some(version);
        table.active_version = Some(version);
        let is_waiting = table
            .open
            .as_ref()
            .is_some_and(|open| open.batch.version() == version);
        if is_switch {
            table.announced = (!is_waiting).then_some(version);
        }
        self.close(stream, is_switch && is_waiting)
    }

    pub(super) fn close_all(&mut self) -> Result<(), RunError> {
        let mut open: Vec<(Position, Arc<str>)> = self
            .open_batches()
            .map(|(name, open)| (open.first, name))
            .collect();
        open.sort();
        open.into_iter()
            .try_for_each(|(_, stream)| self.close_batch(&stream))
    }

    fn open_batches(&self) -> impl Iterator<Item = (Arc<str>, &OpenBatch)> {
        self.tables
            .iter()
            .filter_map(|(name, table)| Some((name.clone(), table.open.as_ref()?)))
    }

    /// Closes batches whose first record is old enough.
    pub(super) fn close_old_batches(&mut self) -> Result<(), RunError> {
        let now = self.clock.elapsed();
        if now < self.next_age_check {
            return Ok(());
        }
        self.next_age_check = now + AGE_CHECK_EVERY;
        let wait = self.settings.limits.wait;
        let is_old = |open: &OpenBatch| now.saturating_sub(open.opened_at) >= wait;
        let old: Vec<Arc<str>> = self
            .open_batches()
            .filter(|(_, open)| is_old(open))
            .map(|(name, _)| name)
            .collect();
        old.into_iter().try_for_each(|stream| self.close_early(&stream))
    }

    /// Keeps memory within the budget. Open batches hold three eighths of it at most: beyond that the largest is
    /// closed. Input waits while open batches and loads together hold more than that, or while a sixteenth of it waits
    /// for its turn: so memory does not grow with the input where writing is slower than reading. The rest is for
    /// input and for what is being encoded and sent.
    pub(super) fn keep_budget(&mut self) -> Result<(), RunError> {
        let room = self.settings.memory_budget.as_u64() as usize / 8 * 3;
        loop {
            if self.open_bytes > room {
                let Some(stream) = self.open_sizes.largest() else {
                    return Ok(());
                };
                self.close_early(&stream)?;
                continue;
            }
            let is_crowded = self.open_bytes + self.loading_bytes > room || self.waiting_bytes > room / 16;
            if !is_crowded || self.running.is_empty() {
                return Ok(());
            }
            self.wait_for_event(Duration::MAX)?;
        }
    }
}

/// How often the age of batches is looked at.
const AGE_CHECK_EVERY: Duration = Duration::from_millis(50);
