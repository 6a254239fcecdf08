//! Whether requests to the bucket are being repeated.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use landfall_bucket::{Sleep, TokioSleep};

/// Waits between repetitions, and remembers that there was one since the last load was done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Retries {
    are_under_way: Arc<AtomicBool>,
}

impl Retries {
    /// Whether a request was repeated since the last load was done.
    pub(super) fn are_under_way(&self) -> bool {
        self.are_under_way.load(Ordering::Relaxed)
    }

    /// A load is done.
    pub(super) fn end(&self) {
        self.are_under_way.store(false, Ordering::Relaxed);
    }
}

#[async_trait]
impl Sleep for Retries {
    async fn sleep(&self, wait: Duration) {
        self.are_under_way.store(true, Ordering::Relaxed);
        TokioSleep.sleep(wait).await;
    }
}
