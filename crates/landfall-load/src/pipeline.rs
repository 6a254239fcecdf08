//! The way of a Singer stream: cut, prepare side by side, collect in order, load, hand back states.
//!
//! One thread, the conductor, owns all order: it cuts input into tasks, takes their results in input order, opens and
//! closes batches, and decides when a STATE may go out. Workers only turn lines into encoded runs; loads only write.

mod batch_files;
mod closing;
mod cutting;
mod merging;
mod messages;
mod open_sizes;
mod rejections;
mod tasks;

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use landfall_core::settings::BatchLimits;
use landfall_core::units::ByteCount;
use landfall_format::{KeySource, Naming};
use landfall_singer::StateTracker;

pub use batch_files::BatchFiles;
use closing::TableState;
use open_sizes::OpenSizes;
pub use rejections::RejectionGroup;
use rejections::Rejections;

use crate::clock::{Clock, LoadInstants, Sequencer};
use crate::cut::LineReader;
use crate::error::{LoadError, RunError};
use crate::loader::Loader;
use crate::prepare::Preparer;
use crate::report::LoadReport;
use crate::streams::{Mark, Streams};
use crate::webhook::LoadFacts;
use crate::workers::{Task, TaskResult, Workers};

/// What to do with records that can't be landed (rejects.md §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidRecords {
    /// Set them aside.
    Reject,
    /// End the run.
    Fail,
}

/// What the pipeline is told about its run.
#[derive(Debug, Clone)]
pub struct PipelineSettings {
    /// How objects are named and written.
    pub naming: Arc<Naming>,
    /// The bucket's name, for webhooks.
    pub bucket: String,
    /// When batches close.
    pub limits: BatchLimits,
    /// How much memory batches and input may hold in all.
    pub memory_budget: ByteCount,
    /// Whether records must conform to their schema.
    pub validates_records: bool,
    /// What to do with records that can't be landed.
    pub invalid_records: InvalidRecords,
    /// Whether ACTIVATE_VERSION means anything.
    pub processes_activate_version: bool,
    /// Threads that prepare records.
    pub workers: usize,
    /// Loads at the same time.
    pub loads_at_once: usize,
}

/// Who is told what happens.
pub trait Observer: Send + Sync {
    /// Something odd that does not stop the run.
    fn warn(&self, message: &str);
    /// Records of a stream were taken into its batch.
    fn prepared(&self, stream: &str, records: u64, record_bytes: u64);
    /// A load is done.
    fn loaded(&self, report: &LoadReport, facts: &LoadFacts);
    /// A load failed.
    fn failed(&self, table: &str, took: Duration, error: &LoadError);
}

/// What the pipeline works with.
pub struct PipelineParts {
    /// Settings.
    pub settings: PipelineSettings,
    /// Writes batches; `None` for a dry run, in which nothing is written and no state handed back.
    pub loader: Option<Arc<Loader>>,
    /// Load instants, shared with the loader.
    pub instants: Arc<LoadInstants>,
    /// Runs loads.
    pub runtime: tokio::runtime::Handle,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Makes sources of generated keys: the first for the names of loads, then one for each worker.
    pub keys: Box<dyn Fn() -> Box<dyn KeySource + Send> + Send>,
    /// Opens the files that BATCH messages name.
    pub files: Box<dyn BatchFiles>,
    /// Takes STATE values, one line each.
    pub output: Box<dyn Write + Send>,
    /// Is told what happens.
    pub observer: Arc<dyn Observer>,
}

/// What comes back to the conductor.
#[derive(Debug)]
pub(crate) enum Event {
    Prepared {
        task: u64,
        result: TaskResult,
    },
    Loaded {
        table: Arc<str>,
        outcome: Box<Result<LoadReport, LoadError>>,
        took: Duration,
    },
    WorkerDied,
    GivenUp,
}

/// Ends a [`Pipeline`] at once, from another thread.
#[derive(Debug, Clone)]
pub struct GiveUp(Sender<Event>);

impl GiveUp {
    /// Whatever the pipeline waits for, it ends with [`RunError::GivenUp`].
    pub fn give_up(&self) {
        // Nobody listens any more when the run has ended.
        let _ = self.0.send(Event::GivenUp);
    }
}

/// A step of the input, in order, once its tasks are prepared.
enum Step {
    /// A stretch of input began: what was known then, for reading it again.
    Task {
        task: Arc<Task>,
        origin: Origin,
        result: Option<TaskResult>,
    },
    /// Bytes of input that hold no record in a task of their own.
    Block(Arc<crate::block::Block>),
    State {
        at: u64,
        value: Vec<u8>,
    },
    Close {
        stream: Arc<str>,
    },
    Activate {
        stream: Arc<str>,
        version: i64,
    },
}

/// Where a task began, and what held there.
struct Origin {
    block: Arc<crate::block::Block>,
    start: usize,
    line: u64,
    streams: Mark,
    first_position: u64,
    sequencer: Sequencer,
}

/// Tasks given out ahead of the one that is merged next, at most, and bytes of input in them.
const TASKS_AHEAD: usize = 8;
const BYTES_AHEAD: usize = 16 << 20;

/// A run of the target. Feed it input with [`feed`](Self::feed), call [`tick`](Self::tick) when there is none, and end
/// it with [`finish`](Self::finish).
pub struct Pipeline {
    settings: PipelineSettings,
    loader: Option<Arc<Loader>>,
    instants: Arc<LoadInstants>,
    runtime: tokio::runtime::Handle,
    clock: Arc<dyn Clock>,
    files: Box<dyn BatchFiles>,
    output: Box<dyn Write + Send>,
    observer: Arc<dyn Observer>,
    keys: Box<dyn Fn() -> Box<dyn KeySource + Send> + Send>,
    load_ids: Box<dyn KeySource + Send>,

    events: Receiver<Event>,
    events_in: Sender<Event>,
    workers: Workers,

    // Cutting.
    lines: LineReader,
    streams: Streams,
    partial: Vec<u8>,
    next_line: u64,
    next_position: u64,
    sequencer: Sequencer,
    read_whole: HashSet<u64>,
    /// Input to be cut once more.
    again: Option<Vec<u8>>,
    warned: HashSet<String>,

    // Prepared in order.
    steps: VecDeque<Step>,
    next_task: u64,
    bytes_ahead: usize,

    // Batches and loads.
    tables: HashMap<Arc<str>, TableState>,
    states: StateTracker,
    waiting: VecDeque<(Arc<str>, closing::WaitingLoad)>,
    running: HashMap<Arc<str>, closing::RunningLoad>,
    open_bytes: usize,
    open_sizes: OpenSizes,
    loading_bytes: usize,
    /// Of them, what has not begun to load.
    waiting_bytes: usize,
    rejected: u64,
    rejections: Rejections,
    next_age_check: Duration,
}

impl Pipeline {
    /// Sets a run up.
    ///
    /// # Errors
    /// If threads can't be started.
    pub fn start(parts: PipelineParts) -> std::io::Result<Self> {
        let (events_in, events) = channel();
        let load_ids = (parts.keys)();
        let invalid_records = parts.settings.invalid_records;
        let preparers = || Preparer::new((parts.keys)(), invalid_records);
        let workers = Workers::start(parts.settings.workers, &events_in, preparers)?;
        let rejections = Rejections::new(parts.loader.is_none());
        let streams = Streams::new(parts.settings.naming.clone(), parts.settings.validates_records);
        Ok(Self {
            settings: parts.settings,
            loader: parts.loader,
            instants: parts.instants,
            runtime: parts.runtime,
            clock: parts.clock,
            files: parts.files,
            output: parts.output,
            observer: parts.observer,
            keys: parts.keys,
            load_ids,
            events,
            events_in,
            workers,
            lines: LineReader::default(),
            streams,
            partial: Vec::new(),
            next_line: 1,
            next_position: 0,
            sequencer: Sequencer::default(),
            read_whole: HashSet::new(),
            again: None,
            warned: HashSet::new(),
            steps: VecDeque::new(),
            next_task: 0,
            bytes_ahead: 0,
            tables: HashMap::new(),
            states: StateTracker::new(),
            waiting: VecDeque::new(),
            running: HashMap::new(),
            open_bytes: 0,
            open_sizes: OpenSizes::default(),
            loading_bytes: 0,
            waiting_bytes: 0,
            rejected: 0,
            rejections,
            next_age_check: Duration::ZERO,
        })
    }

    /// What ends the run at once.
    #[must_use]
    pub fn give_up(&self) -> GiveUp {
        GiveUp(self.events_in.clone())
    }

    /// Takes input, in pieces of any length. Waits while memory or loads are full.
    ///
    /// # Errors
    /// [`RunError`] ends the run.
    pub fn feed(&mut self, input: Vec<u8>) -> Result<(), RunError> {
        self.cut_input(input)?;
        self.advance()
    }

    /// Does what is due when no input comes: takes results in, closes batches that are old enough. Waits up to
    /// `patience` for something to happen.
    ///
    /// # Errors
    /// [`RunError`] ends the run.
    pub fn tick(&mut self, patience: Duration) -> Result<(), RunError> {
        self.wait_for_event(patience)?;
        self.advance()
    }

    /// How long [`tick`](Self::tick) may wait before a batch is old enough to close; `None` without open batches.
    #[must_use]
    pub fn next_due(&self) -> Option<Duration> {
        let now = self.clock.elapsed();
        let open = self.tables.values().filter_map(|table| table.open.as_ref());
        open.map(|open| (open.opened_at + self.settings.limits.wait).saturating_sub(now))
            .min()
    }

    /// Forgets the line whose end has not been read: the input was stopped in the middle of it.
    pub fn drop_unfinished_line(&mut self) {
        self.partial.clear();
    }

    /// Ends the input: everything is loaded and the last state handed back.
    ///
    /// # Errors
    /// [`RunError`] if that fails.
    pub fn finish(mut self) -> Result<RunSummary, RunError> {
        self.cut_rest()?;
        self.settle_steps()?;
        self.close_all()?;
        while !self.running.is_empty() || !self.waiting.is_empty() {
            self.wait_for_event(Duration::MAX)?;
        }
        self.release_states()?;
        Ok(RunSummary {
            rejected: self.rejected,
            records: self.next_position,
            rejections: self.rejections.into_list(),
        })
    }

    /// Waits until all input so far is merged and no load is waiting or running. Batches stay open.
    ///
    /// # Errors
    /// [`RunError`] ends the run.
    pub fn settle(&mut self) -> Result<(), RunError> {
        self.settle_steps()?;
        while !self.running.is_empty() || !self.waiting.is_empty() {
            self.wait_for_event(Duration::MAX)?;
        }
        Ok(())
    }

    fn settle_steps(&mut self) -> Result<(), RunError> {
        loop {
            self.merge_ready()?;
            self.cut_again()?;
            if self.steps.is_empty() {
                return Ok(());
            }
            self.wait_for_event(Duration::MAX)?;
        }
    }

    /// Takes in what has come back, without waiting.
    fn advance(&mut self) -> Result<(), RunError> {
        while let Ok(event) = self.events.try_recv() {
            self.take_event(event)?;
        }
        self.merge_ready()?;
        self.cut_again()?;
        self.close_old_batches()?;
        self.keep_budget()
    }

    fn wait_for_event(&mut self, patience: Duration) -> Result<(), RunError> {
        let event = if patience == Duration::MAX {
            self.events.recv().map_err(|_| RunError::WorkerDied)?
        } else {
            match self.events.recv_timeout(patience) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => return Err(RunError::WorkerDied),
            }
        };
        self.take_event(event)
    }

    fn take_event(&mut self, event: Event) -> Result<(), RunError> {
        match event {
            Event::Prepared { task, result } => {
                self.keep_result(task, result);
                Ok(())
            }
            Event::Loaded { table, outcome, took } => self.finish_load(&table, *outcome, took),
            Event::WorkerDied => Err(RunError::WorkerDied),
            Event::GivenUp => Err(RunError::GivenUp),
        }
    }

    /// Keeps a result until its turn. Results of tasks that were given up are dropped.
    fn keep_result(&mut self, id: u64, found: TaskResult) {
        let step = self.steps.iter_mut().find_map(|step| match step {
            Step::Task { task, result, .. } if task.id == id => Some(result),
            _ => None,
        });
        if let Some(result) = step {
            *result = Some(found);
        }
    }

    /// Warns once for each text.
    fn warn_once(&mut self, message: String) {
        if !self.warned.contains(&message) {
            self.observer.warn(&message);
            self.warned.insert(message);
        }
    }
}

/// What a finished run amounts to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunSummary {
    /// Records read.
    pub records: u64,
    /// Records set aside.
    pub rejected: u64,
    /// Of a dry run, why: for each stream and check. Others have told it load by load.
    pub rejections: Vec<RejectionGroup>,
}
