//! Webhook sources of which requests were refused as too large, for those who watch over the server.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use landfall_core::ids::SourceId;

/// The last day on which a request of each source was refused.
#[derive(Debug, Default)]
pub(crate) struct Oversized(Mutex<BTreeMap<SourceId, i64>>);

impl Oversized {
    /// One was, on a day counted from 1970-01-01.
    pub(crate) fn note(&self, source: SourceId, day: i64) {
        let mut days = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        days.insert(source, day);
    }

    /// Sources of which one was on that day.
    pub(crate) fn on(&self, day: i64) -> Vec<SourceId> {
        let days = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let on_that = days.iter().filter(|(_, last)| **last == day);
        on_that.map(|(source, _)| *source).collect()
    }
}
