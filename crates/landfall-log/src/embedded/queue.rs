//! What waits for the writer: entries, and requests to start a new segment. Bounded by bytes.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use bytes::Bytes;
use landfall_core::time::Timestamp;
use landfall_core::units::ByteCount;
use tokio::sync::oneshot;

use super::format::FRAME_HEADER_BYTES;
use super::lock;
use super::payload::SealedEntry;
use crate::error::{AppendError, DiskError};
use crate::log::Position;

/// Room in the queue. Given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    queue: Arc<Queue>,
    bytes: u64,
}

impl Reservation {
    /// Gives back what is more than `bytes`.
    pub(crate) fn shrink_to(&mut self, bytes: u64) {
        let spare = self.bytes.saturating_sub(bytes);
        self.bytes -= spare;
        lock(&self.queue.state).reserved_bytes -= spare;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        lock(&self.queue.state).reserved_bytes -= self.bytes;
    }
}

/// An entry that waits to be written.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) entry: SealedEntry,
    /// The entry as it was appended.
    pub(crate) plain: Bytes,
    pub(crate) at: Timestamp,
    pub(crate) answer: oneshot::Sender<Result<Position, AppendError>>,
    /// Held until the entry is written.
    pub(crate) reservation: Reservation,
}

impl Waiting {
    pub(crate) fn frame_bytes(&self) -> u64 {
        FRAME_HEADER_BYTES as u64 + self.entry.payload.len() as u64
    }

    /// Answers whoever waits, if somebody still does.
    pub(crate) fn answer(self, result: Result<Position, AppendError>) {
        drop(self.reservation);
        let _ = self.answer.send(result);
    }
}

/// Somebody who waits for a new segment to be started.
pub(crate) type RollAnswer = oneshot::Sender<Result<(), Arc<DiskError>>>;

/// All that waits.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) entries: Vec<Waiting>,
    pub(crate) rolls: Vec<RollAnswer>,
}

#[derive(Debug, Default)]
struct State {
    work: Work,
    reserved_bytes: u64,
    is_closed: bool,
}

/// The queue.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    most_bytes: u64,
}

impl Queue {
    pub(crate) fn new(most: ByteCount) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            most_bytes: most.as_u64(),
        }
    }

    /// Takes room for an entry, which an empty queue always has.
    pub(crate) fn reserve(self: &Arc<Self>, bytes: u64) -> Result<Reservation, AppendError> {
        let mut state = lock(&self.state);
        if state.is_closed {
            return Err(AppendError::Closed);
        }
        if state.reserved_bytes > 0 && state.reserved_bytes + bytes > self.most_bytes {
            return Err(AppendError::Busy {
                waiting: ByteCount::new(state.reserved_bytes),
                most: ByteCount::new(self.most_bytes),
            });
        }
        state.reserved_bytes += bytes;
        drop(state);
        let queue = Arc::clone(self);
        Ok(Reservation { queue, bytes })
    }

    pub(crate) fn push(&self, waiting: Waiting) {
        let mut state = lock(&self.state);
        if state.is_closed {
            drop(state);
            return waiting.answer(Err(AppendError::Closed));
        }
        state.work.entries.push(waiting);
        self.changed.notify_one();
    }

    /// Asks for a new segment. A closed queue drops the answer.
    pub(crate) fn ask_to_roll(&self, answer: RollAnswer) {
        let mut state = lock(&self.state);
        if !state.is_closed {
            state.work.rolls.push(answer);
            self.changed.notify_one();
        }
    }

    /// Takes nothing more in. What waits is still worked on.
    pub(crate) fn close(&self) {
        lock(&self.state).is_closed = true;
        self.changed.notify_one();
    }

    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.state).is_closed
    }

    /// Waits for work and takes all of it; none when the queue is closed and empty.
    pub(crate) fn take(&self) -> Option<Work> {
        let mut state = lock(&self.state);
        loop {
            if !state.work.entries.is_empty() || !state.work.rolls.is_empty() {
                return Some(std::mem::take(&mut state.work));
            }
            if state.is_closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
