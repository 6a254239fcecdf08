//! The newest entries, as they were appended: a reader that keeps up needs neither the disk nor to unpack them again.

use std::collections::VecDeque;

use crate::log::{Entry, Position};

/// Entries in order and without gaps, up to the end of the log. Those that were read are let go of, and the oldest ones
/// when there are too many.
#[derive(Debug)]
pub(crate) struct Tail {
    entries: VecDeque<Entry>,
    bytes: usize,
    most_bytes: usize,
}

impl Tail {
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            bytes: 0,
            most_bytes,
        }
    }

    /// Adds an entry that is durable now.
    pub(crate) fn push(&mut self, entry: Entry) {
        let follows = |last: &Entry| last.position.next() == entry.position;
        if !self.entries.back().is_none_or(follows) {
            self.clear();
        }
        self.bytes += cost(&entry);
        self.entries.push_back(entry);
        while self.bytes > self.most_bytes {
            self.pop();
        }
    }

    /// The entries from `from` on, as many as `most_bytes` hold but at least one; none if `from` is not here. They and
    /// all before them are let go of.
    pub(crate) fn take(&mut self, from: Position, most_bytes: u64) -> Vec<Entry> {
        let is_here = self.entries.front().is_some_and(|first| first.position <= from);
        while is_here && self.entries.front().is_some_and(|first| first.position < from) {
            self.pop();
        }
        let mut taken = Vec::new();
        let mut taken_bytes = 0;
        while is_here && let Some(entry) = self.entries.front() {
            taken_bytes += entry.bytes.len() as u64;
            if taken_bytes > most_bytes && !taken.is_empty() {
                break;
            }
            taken.extend(self.pop());
        }
        taken
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        self.bytes -= cost(&entry);
        Some(entry)
    }
}

/// What an entry takes of the memory for the tail.
fn cost(entry: &Entry) -> usize {
    entry.bytes.len() + size_of::<Entry>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use landfall_core::time::Timestamp;

    fn entry(position: u64, bytes: usize) -> Entry {
        Entry {
            position: Position::new(position),
            at: Timestamp::from_millis(0),
            bytes: Bytes::from(vec![position as u8; bytes]),
        }
    }

    fn positions(entries: &[Entry]) -> Vec<u64> {
        entries.iter().map(|entry| entry.position.as_u64()).collect()
    }

    #[test]
    fn what_was_taken_is_gone() {
        let mut tail = Tail::new(1 << 20);
        (1..=5).for_each(|number| tail.push(entry(number, 100)));
        assert_eq!(positions(&tail.take(Position::new(2), 250)), [2, 3]);
        assert_eq!(positions(&tail.take(Position::new(3), 150)), [0_u64; 0]);
        assert_eq!(positions(&tail.take(Position::new(5), 0)), [5]);
        assert_eq!(positions(&tail.take(Position::new(6), 100)), [0_u64; 0]);
        assert_eq!(tail.bytes, 0);
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let mut tail = Tail::new(4 * (100 + size_of::<Entry>()));
        (1..=6).for_each(|number| tail.push(entry(number, 100)));
        assert_eq!(positions(&tail.take(Position::new(2), 1000)), [0_u64; 0]);
        assert_eq!(positions(&tail.take(Position::new(3), 1000)), [3, 4, 5, 6]);
        tail.push(entry(7, 10_000));
        assert_eq!(
            positions(&tail.take(Position::new(7), 1000)),
            [0_u64; 0],
            "larger than all there is"
        );
    }

    #[test]
    fn a_gap_ends_what_is_before_it() {
        let mut tail = Tail::new(1 << 20);
        tail.push(entry(1, 10));
        tail.push(entry(3, 10));
        assert_eq!(positions(&tail.take(Position::new(1), 1000)), [0_u64; 0]);
        assert_eq!(positions(&tail.take(Position::new(3), 1000)), [3]);
    }
}
