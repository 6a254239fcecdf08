//! Which STATE may be handed back, and when (loading.md §5).

use std::collections::{BTreeMap, VecDeque};

/// A place in the input: how many records came before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

/// How many pending states are kept. Beyond it, older ones give way; never the newest.
const MOST_PENDING: usize = 1_024;

/// Holds back each STATE until every record before it, of every stream, is in the bucket.
#[derive(Debug, Default)]
pub struct StateTracker {
    pending: VecDeque<(Position, Vec<u8>)>,
    /// First records of batches that are not done, with how many batches begin there.
    open: BTreeMap<Position, usize>,
    last_released: Vec<u8>,
}

impl StateTracker {
    /// A tracker that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A batch holds records from `first` on that are not in the bucket yet.
    pub fn begin_batch(&mut self, first: Position) {
        *self.open.entry(first).or_default() += 1;
    }

    /// The batch that began at `first` is in the bucket.
    pub fn finish_batch(&mut self, first: Position) {
        if let Some(count) = self.open.get_mut(&first) {
            *count -= 1;
            if *count == 0 {
                self.open.remove(&first);
            }
        }
    }

    /// A STATE arrived after all records before `at`. Empty values are as if not sent.
    pub fn receive(&mut self, at: Position, value: Vec<u8>) {
        if value.is_empty() {
            return;
        }
        if let Some(newest) = self.pending.back_mut()
            && newest.0 == at
        {
            // Nothing came in between: the later one stands for both.
            newest.1 = value;
            return;
        }
        if self.pending.len() >= MOST_PENDING {
            self.thin();
        }
        self.pending.push_back((at, value));
    }

    /// Drops every second pending state, keeping the newest.
    fn thin(&mut self) {
        let last = self.pending.len() - 1;
        let mut index = 0;
        self.pending.retain(|_| {
            let is_kept = index == last || index % 2 == 1;
            index += 1;
            is_kept
        });
    }

    /// The latest state whose records are all in the bucket, if it is one to hand back now. It and all earlier ones are
    /// forgotten.
    pub fn release(&mut self) -> Option<Vec<u8>> {
        let first_open = self.open.keys().next().copied();
        let releasable = |at: Position| first_open.is_none_or(|first| at <= first);
        let mut latest = None;
        while self.pending.front().is_some_and(|(at, _)| releasable(*at)) {
            latest = self.pending.pop_front();
        }
        let (_, value) = latest?;
        if value == self.last_released {
            return None;
        }
        self.last_released.clone_from(&value);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_waits_for_every_stream() {
        let mut states = StateTracker::new();
        states.begin_batch(Position(0)); // a1
        states.receive(Position(1), b"s1".to_vec());
        states.begin_batch(Position(2)); // b1
        states.receive(Position(3), b"s2".to_vec());
        assert_eq!(states.release(), None);
        states.finish_batch(Position(0));
        assert_eq!(states.release(), Some(b"s1".to_vec()));
        states.finish_batch(Position(2));
        assert_eq!(states.release(), Some(b"s2".to_vec()));
        assert_eq!(states.release(), None);
    }

    #[test]
    fn thinning_keeps_the_newest() {
        let mut states = StateTracker::new();
        states.begin_batch(Position(0));
        for at in 1..10_000 {
            states.receive(Position(at), at.to_string().into_bytes());
        }
        states.finish_batch(Position(0));
        assert_eq!(states.release(), Some(b"9999".to_vec()));
    }

    #[test]
    fn an_equal_state_is_not_repeated() {
        let mut states = StateTracker::new();
        states.receive(Position(0), b"1".to_vec());
        assert_eq!(states.release(), Some(b"1".to_vec()));
        states.receive(Position(5), b"1".to_vec());
        assert_eq!(states.release(), None);
    }
}
