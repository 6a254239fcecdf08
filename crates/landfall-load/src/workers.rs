//! Cores that prepare groups side by side.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use landfall_format::Claims;

use crate::block::Group;
use crate::pipeline::Event;
use crate::prepare::{GroupFault, PreparedGroup, Preparer};

/// Groups to prepare, with the sub-table claims in force when they were cut.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) id: u64,
    pub(crate) groups: Vec<(Group, Arc<Claims>)>,
}

/// What became of the groups of a task, in their order.
pub(crate) type TaskResult = Vec<Result<PreparedGroup, GroupFault>>;

/// Threads that take tasks in turn and answer with an [`Event`].
pub(crate) struct Workers {
    tasks: Option<Sender<Arc<Task>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts `count` threads. `preparers` makes each its tools.
    pub(crate) fn start(
        count: usize,
        events: &Sender<Event>,
        preparers: impl Fn() -> Preparer,
    ) -> std::io::Result<Self> {
        let (tasks, receiver) = channel::<Arc<Task>>();
        let receiver = Arc::new(Mutex::new(receiver));
        let mut threads = Vec::with_capacity(count);
        for index in 0..count {
            let (receiver, events, preparer) = (receiver.clone(), events.clone(), preparers());
            let work = move || work(&receiver, &events, preparer);
            threads.push(
                std::thread::Builder::new()
                    .name(format!("prepare-{index}"))
                    .spawn(work)?,
            );
        }
        Ok(Self {
            tasks: Some(tasks),
            threads,
        })
    }

    /// Hands over a task. False if no worker is left.
    pub(crate) fn give(&self, task: Arc<Task>) -> bool {
        self.tasks.as_ref().is_some_and(|tasks| tasks.send(task).is_ok())
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.tasks = None;
        for thread in self.threads.drain(..) {
            // A worker that panicked has reported so by its missing answer.
            let _ = thread.join();
        }
    }
}

fn work(tasks: &Mutex<Receiver<Arc<Task>>>, events: &Sender<Event>, mut preparer: Preparer) {
    loop {
        let next = tasks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(task) = next else { return };
        let answer = Answer {
            events,
            task: task.id,
            is_given: false,
        };
        let result = task
            .groups
            .iter()
            .map(|(group, claims)| preparer.prepare(group, claims))
            .collect();
        drop(task);
        answer.give(result);
    }
}

/// Answers for a task, whatever happens: a panic must not leave the pipeline waiting.
struct Answer<'e> {
    events: &'e Sender<Event>,
    task: u64,
    is_given: bool,
}

impl Answer<'_> {
    fn give(mut self, result: TaskResult) {
        self.is_given = true;
        // Nobody listens any more when the run has ended.
        let _ = self.events.send(Event::Prepared {
            task: self.task,
            result,
        });
    }
}

impl Drop for Answer<'_> {
    fn drop(&mut self) {
        if !self.is_given {
            let _ = self.events.send(Event::WorkerDied);
        }
    }
}
