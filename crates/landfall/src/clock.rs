//! The system's clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use landfall_core::time::Timestamp;
use landfall_load::Clock;

/// Reads the system's clock.
#[derive(Debug)]
pub(crate) struct SystemClock {
    started: Instant,
}

impl SystemClock {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that is passed in")]
    fn receiving_nanos(&self) -> i64 {
        // A clock set before 1970 counts as 1970; 64 bits last until 2262.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    }

    fn closing(&self) -> Timestamp {
        Timestamp::from_millis(self.receiving_nanos() / 1_000_000)
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}
