//! Input is read ahead by a thread of its own, so that reading, cutting and loading overlap.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Read ahead at most.
const AHEAD_BYTES: usize = 1 << 20;
/// Read at once; small enough to stay in the processor's cache until it is taken.
const READ_BYTES: usize = 256 << 10;
/// Input that is worth taking without waiting for more.
const WORTH_TAKING_BYTES: usize = 128 << 10;
/// How long a little input waits for company: it bounds how many small pieces batches are made of.
const GATHER: Duration = Duration::from_millis(20);

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    end: Option<std::io::Result<()>>,
    is_stopped: bool,
}

impl State {
    /// Takes whole lines, and leaves the beginning of the next: so nobody has to put the halves together again. A line
    /// longer than what is read ahead is taken in parts.
    fn take_lines(&mut self) -> Vec<u8> {
        let whole = match memchr::memrchr(b'\n', &self.bytes) {
            Some(last) if self.end.is_none() => last + 1,
            _ => self.bytes.len(),
        };
        let mut rest = Vec::new();
        if whole < self.bytes.len() {
            rest.reserve_exact(AHEAD_BYTES + READ_BYTES);
            rest.extend_from_slice(&self.bytes[whole..]);
        }
        let mut lines = std::mem::replace(&mut self.bytes, rest);
        lines.truncate(whole);
        lines
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
    pub(crate) fn start(source: Box<dyn Read + Send>) -> std::io::Result<Self> {
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
        while state.bytes.is_empty() && state.end.is_none() && !state.is_stopped {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Taken::Nothing);
            }
            state = self.wait(state, left);
        }
        let gathered = Instant::now() + GATHER;
        while state.bytes.len() < WORTH_TAKING_BYTES && state.end.is_none() && !state.is_stopped {
            let left = gathered.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.wait(state, left);
        }
        if state.is_stopped && state.end.is_none() {
            // A signal comes in the middle of a line: what was read of it is no line.
            let whole = memchr::memrchr(b'\n', &state.bytes).map_or(0, |last| last + 1);
            state.bytes.truncate(whole);
            if whole == 0 {
                return Ok(Taken::Stopped);
            }
        }
        if !state.bytes.is_empty() {
            let bytes = state.take_lines();
            self.shared.changed.notify_all();
            return Ok(Taken::Bytes(bytes));
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

fn read_ahead(mut source: Box<dyn Read + Send>, shared: &Shared) {
    let mut piece = vec![0; READ_BYTES];
    loop {
        let read = match source.read(&mut piece) {
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return end(shared, Err(error)),
        };
        if read == 0 {
            return end(shared, Ok(()));
        }
        let mut state = shared.lock();
        while state.bytes.len() >= AHEAD_BYTES && !state.is_stopped {
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.is_stopped {
            return;
        }
        if state.bytes.capacity() == 0 && read == READ_BYTES {
            state.bytes.reserve_exact(AHEAD_BYTES + READ_BYTES);
        }
        state.bytes.extend_from_slice(&piece[..read]);
        drop(state);
        shared.changed.notify_all();
    }
}

fn end(shared: &Shared, outcome: std::io::Result<()>) {
    shared.lock().end = Some(outcome);
    shared.changed.notify_all();
}
