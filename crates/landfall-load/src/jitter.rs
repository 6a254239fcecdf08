//! Waits that are not all the same.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Spreads waits, so that what failed together does not come back together (loading.md §7). The same seed gives the
/// same waits; each process should have its own.
#[derive(Debug)]
pub struct Jitter {
    state: AtomicU64,
}

/// Of which parts the spread of a wait is a whole number.
const PARTS: u64 = 1 << 20;
/// The step of splitmix64.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Jitter {
    /// Waits that follow from `seed`.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self {
            state: AtomicU64::new(seed),
        }
    }

    /// A wait from half of `wait` to all of it: for waits that are the longest to be waited.
    pub(crate) fn at_most(&self, wait: Duration) -> Duration {
        wait - self.part_of(wait / 2)
    }

    /// A wait from `wait` to a tenth more: for waits that are the shortest to be waited.
    pub(crate) fn at_least(&self, wait: Duration) -> Duration {
        wait + self.part_of(wait / 10)
    }

    fn part_of(&self, most: Duration) -> Duration {
        let part = self.next() % PARTS;
        let nanos = most.as_nanos() * u128::from(part) / u128::from(PARTS);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// splitmix64, of which each state gives one number.
    fn next(&self) -> u64 {
        let state = self.state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(60);

    #[test]
    fn a_seed_gives_the_same_waits_each_time_and_another_one_gives_others() {
        let waits = |seed| {
            let jitter = Jitter::seeded(seed);
            (0..20).map(|_| jitter.at_most(WAIT)).collect::<Vec<_>>()
        };
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
    }

    #[test]
    fn waits_are_spread_over_all_that_is_allowed_and_nothing_else() {
        let jitter = Jitter::seeded(7);
        let shorter: Vec<Duration> = (0..1_000).map(|_| jitter.at_most(WAIT)).collect();
        let longer: Vec<Duration> = (0..1_000).map(|_| jitter.at_least(WAIT)).collect();
        let seconds = Duration::from_secs;
        assert!(
            shorter
                .iter()
                .all(|wait| (seconds(30)..=seconds(60)).contains(wait))
        );
        assert!(
            longer
                .iter()
                .all(|wait| (seconds(60)..=seconds(66)).contains(wait))
        );
        for (low, high) in [(30, 33), (57, 60)] {
            assert!(
                shorter
                    .iter()
                    .any(|wait| (seconds(low)..seconds(high)).contains(wait))
            );
        }
        assert!(longer.iter().any(|wait| *wait > seconds(65)));
    }

    #[test]
    fn no_wait_stays_none() {
        assert_eq!(Jitter::seeded(1).at_most(Duration::ZERO), Duration::ZERO);
        assert_eq!(Jitter::seeded(1).at_least(Duration::ZERO), Duration::ZERO);
    }
}
