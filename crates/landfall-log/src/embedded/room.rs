//! Whether there is room for more.

use landfall_core::units::ByteCount;

use crate::error::Shortage;

/// How much the log may take, and must leave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    pub(crate) budget: Option<ByteCount>,
    pub(crate) reserve: ByteCount,
}

impl Room {
    /// Why `more` bytes do not fit into a log that takes `used`, on a file system that has `left`.
    pub(crate) fn shortage(&self, used: u64, left: u64, more: u64) -> Option<Shortage> {
        if let Some(budget) = self.budget
            && used.saturating_add(more) > ninety_five_percent(budget.as_u64())
        {
            let used = ByteCount::new(used);
            return Some(Shortage::Budget { used, budget });
        }
        let is_short = left.saturating_sub(more) < self.reserve.as_u64();
        is_short.then_some(Shortage::FileSystem {
            left: ByteCount::new(left),
            reserve: self.reserve,
        })
    }
}

/// Where intake answers 503 (operations.md §9).
fn ninety_five_percent(bytes: u64) -> u64 {
    bytes - bytes.div_ceil(20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_ends_at_95_percent_of_the_budget_and_at_the_reserve() {
        let room = Room {
            budget: Some(ByteCount::new(1000)),
            reserve: ByteCount::new(100),
        };
        let cases = [
            (900, 500, 50, None),
            (
                900,
                500,
                51,
                Some("the log takes 900 of the 1000 bytes it may take"),
            ),
            (
                951,
                500,
                0,
                Some("the log takes 951 of the 1000 bytes it may take"),
            ),
            (0, 150, 50, None),
            (
                0,
                150,
                51,
                Some("the log's file system has 150 bytes left, and 100 stay in reserve"),
            ),
        ];
        for (used, left, more, expected) in cases {
            let shortage = room
                .shortage(used, left, more)
                .map(|shortage| shortage.to_string());
            let is_expected = match (&shortage, expected) {
                (Some(shortage), Some(expected)) => shortage.starts_with(expected),
                (shortage, expected) => shortage.is_none() && expected.is_none(),
            };
            assert!(is_expected, "used {used}, left {left}, more {more}: {shortage:?}");
        }
    }
}
