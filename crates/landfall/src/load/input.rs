//! Input is read ahead by a thread of its own, so that reading, cutting and loading overlap.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::descriptor;

/// Read ahead at most.
const AHEAD_BYTES: usize = 1 << 20;
/// Read at once; small enough to stay in the processor's cache until it is taken.
const READ_BYTES: usize = 512 << 10;
/// Input that is worth taking without waiting for more. Less is put together.
const WORTH_TAKING_BYTES: usize = 128 << 10;
/// How long a little input waits for company: it bounds how many small pieces batches are made of.
const GATHER: Duration = Duration::from_millis(20);

/// Where input comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A file, a pipe or a terminal.
    Descriptor(OwnedFd),
    /// What the program brings along.
    Bytes(&'static [u8]),
}

impl Source {
    /// Appends what there is to `block`, as far as it has room; 0 at the end.
    fn read(&mut self, block: &mut Vec<u8>) -> std::io::Result<usize> {
        match self {
            Self::Descriptor(file) => descriptor::read(file, block),
            Self::Bytes(bytes) => {
                let (now, later) = bytes.split_at(bytes.len().min(READ_BYTES));
                block.extend_from_slice(now);
                *bytes = later;
                Ok(now.len())
            }
        }
    }
}

#[derive(Debug, Default)]
struct State {
    /// Whole lines, or parts of a line longer than what is read ahead.
    blocks: VecDeque<Vec<u8>>,
    /// Bytes in them.
    bytes: usize,
    end: Option<std::io::Result<()>>,
    is_stopped: bool,
}

impl State {
    /// Puts a block behind the others. Gives back one whose bytes were added to the last of them.
    fn push(&mut self, block: Vec<u8>) -> Option<Vec<u8>> {
        self.bytes += block.len();
        if let Some(last) = self.blocks.back_mut()
            && last.len() < WORTH_TAKING_BYTES
            && block.len() <= last.capacity() - last.len()
        {
            last.extend_from_slice(&block);
            return Some(block);
        }
        self.blocks.push_back(block);
        None
    }
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The input of a run.
#[derive(Debug)]
pub(crate) struct Input {
    shared: Arc<Shared>,
}

/// Stops an [`Input`].
#[derive(Debug, Clone)]
pub(crate) struct StopHandle {
    shared: Arc<Shared>,
}

/// What there is to read.
#[derive(Debug)]
pub(crate) enum Taken {
    /// Some bytes.
    Bytes(Vec<u8>),
    /// Nothing yet.
    Nothing,
    /// The end.
    End,
    /// A signal ended the input, after whole lines.
    Stopped,
}

impl Input {
    /// Starts reading.
    ///
    /// # Errors
    /// If the thread can't be started.
    pub(crate) fn start(source: Source) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let reader = shared.clone();
        // Nobody waits for the thread: a read that never returns must not hold up the end of the run.
        std::thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || read_ahead(source, &reader))?;
        Ok(Self { shared })
    }

    pub(crate) fn stop_handle(&self) -> StopHandle {
        StopHandle {
            shared: self.shared.clone(),
        }
    }

    /// Takes what was read, waiting up to `patience` for it.
    ///
    /// # Errors
    /// If reading failed.
    pub(crate) fn take(&self, patience: Duration) -> std::io::Result<Taken> {
        let deadline = Instant::now() + patience;
        let mut state = self.shared.lock();
        while state.blocks.is_empty() && state.end.is_none() && !state.is_stopped {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Taken::Nothing);
            }
            state = self.wait(state, left);
        }
        let gathered = Instant::now() + GATHER;
        while state.bytes < WORTH_TAKING_BYTES && state.end.is_none() && !state.is_stopped {
            let left = gathered.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.wait(state, left);
        }
        if let Some(block) = state.blocks.pop_front() {
            state.bytes -= block.len();
            self.shared.changed.notify_all();
            return Ok(Taken::Bytes(block));
        }
        if state.is_stopped && state.end.is_none() {
            return Ok(Taken::Stopped);
        }
        match state.end.take() {
            Some(Err(error)) => Err(error),
            Some(Ok(())) => Ok(Taken::End),
            None => Ok(Taken::Nothing),
        }
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>, patience: Duration) -> MutexGuard<'s, State> {
        let waited = self.shared.changed.wait_timeout(state, patience);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl StopHandle {
    /// Ends the input after what was read so far.
    pub(crate) fn stop(&self) {
        self.shared.lock().is_stopped = true;
        self.shared.changed.notify_all();
    }
}

fn read_ahead(mut source: Source, shared: &Shared) {
    let mut block = Vec::with_capacity(READ_BYTES);
    loop {
        match source.read(&mut block) {
            Err(error) => return end(shared, block, Err(error)),
            Ok(0) => return end(shared, block, Ok(())),
            Ok(_) => {}
        }
        // The beginning of the next line stays here, so that nobody has to put the halves together again. A signal may
        // end the input in the middle of a line: what was read of it is no line.
        let whole = match memchr::memrchr(b'\n', &block) {
            Some(last) => last + 1,
            None if block.len() >= AHEAD_BYTES => block.len(),
            None => {
                block.reserve(READ_BYTES);
                continue;
            }
        };
        let rest = block.split_off(whole);
        let mut state = shared.lock();
        while state.bytes >= AHEAD_BYTES && !state.is_stopped {
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.is_stopped {
            return;
        }
        let mut next = state.push(block).unwrap_or_default();
        drop(state);
        shared.changed.notify_all();
        next.clear();
        next.reserve(rest.len() + READ_BYTES);
        next.extend_from_slice(&rest);
        block = next;
    }
}

/// Hands over what is left.
fn end(shared: &Shared, rest: Vec<u8>, outcome: std::io::Result<()>) {
    let mut state = shared.lock();
    if !rest.is_empty() {
        state.push(rest);
    }
    state.end = Some(outcome);
    drop(state);
    shared.changed.notify_all();
}
