//! When remembered answers about tokens have to be forgotten.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A number that changes with every change to what authentication answers, before the changing call returns.
///
/// If the caller of a change goes away while it is being committed, nobody knows when it takes effect. Until the next
/// change begins, which the database puts after it, every reading is then a new number: nothing counts as remembered.
#[derive(Debug, Default)]
pub(crate) struct Generation {
    number: AtomicU64,
    is_unsettled: AtomicBool,
}

/// A change that is being committed. Dropped without [`Change::settled`], its outcome is unknown.
pub(super) struct Change<'a> {
    generation: &'a Generation,
}

impl Generation {
    /// The number of now. Read it before asking what to remember; what was remembered under another number no longer
    /// counts.
    pub(crate) fn current(&self) -> u64 {
        if self.is_unsettled.load(Ordering::SeqCst) {
            self.number.fetch_add(1, Ordering::SeqCst) + 1
        } else {
            self.number.load(Ordering::SeqCst)
        }
    }

    pub(super) fn begin_change(&self) -> Change<'_> {
        self.is_unsettled.store(true, Ordering::SeqCst);
        Change { generation: self }
    }

    /// Nothing is being committed.
    pub(super) fn settle(&self) {
        if self.is_unsettled.load(Ordering::SeqCst) {
            self.number.fetch_add(1, Ordering::SeqCst);
            self.is_unsettled.store(false, Ordering::SeqCst);
        }
    }
}

impl Change<'_> {
    pub(super) fn settled(self) {
        self.generation.settle();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_is_over_leaves_a_new_number() {
        let generation = Generation::default();
        let before = generation.current();
        generation.begin_change().settled();
        assert_ne!(generation.current(), before);
        assert_eq!(generation.current(), generation.current());
    }

    #[test]
    fn nothing_counts_as_remembered_while_a_change_is_under_way() {
        let generation = Generation::default();
        let _never_told = generation.begin_change();
        let first = generation.current();
        assert_ne!(generation.current(), first);
        generation.settle();
        let settled = generation.current();
        assert!(settled > first);
        assert_eq!(generation.current(), settled);
    }
}
