//! Which open batch holds the most memory.

use std::collections::BTreeSet;
use std::sync::Arc;

/// The open batches of thousands of tables in the order of their sizes, so that closing the largest does not look at
/// all of them.
#[derive(Debug, Default)]
pub(super) struct OpenSizes {
    by_size: BTreeSet<(usize, Arc<str>)>,
}

impl OpenSizes {
    /// The batch of `table`, which held `before` bytes, holds `after` now. One that held none is new.
    pub(super) fn change(&mut self, table: &Arc<str>, before: usize, after: usize) {
        if before != after || before == 0 {
            self.by_size.remove(&(before, table.clone()));
            self.by_size.insert((after, table.clone()));
        }
    }

    /// The batch of `table`, which holds `bytes`, is closed.
    pub(super) fn remove(&mut self, table: &str, bytes: usize) {
        self.by_size.remove(&(bytes, table.into()));
    }

    /// The table whose batch holds the most.
    pub(super) fn largest(&self) -> Option<Arc<str>> {
        self.by_size.last().map(|(_, table)| table.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_is_known_while_batches_grow_shrink_and_close() {
        let mut sizes = OpenSizes::default();
        let [a, b]: [Arc<str>; 2] = ["a".into(), "b".into()];
        sizes.change(&a, 0, 10);
        sizes.change(&b, 0, 20);
        assert_eq!(sizes.largest(), Some(b.clone()));
        sizes.change(&a, 10, 30);
        assert_eq!(sizes.largest(), Some(a.clone()));
        // Putting runs together may free memory.
        sizes.change(&a, 30, 15);
        assert_eq!(sizes.largest(), Some(b.clone()));
        sizes.remove("b", 20);
        assert_eq!(sizes.largest(), Some(a));
        sizes.remove("a", 15);
        assert_eq!(sizes.largest(), None);
    }
}
