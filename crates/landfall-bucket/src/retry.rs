//! The one place where requests are repeated.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use tracing::warn;

use crate::error::{BucketError, Reaction};

/// Waits. Passed in, so that tests need no time.
#[async_trait]
pub trait Sleep: fmt::Debug + Send + Sync {
    /// Returns after `wait`.
    async fn sleep(&self, wait: Duration);
}

/// Waits by the runtime's timer.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioSleep;

#[async_trait]
impl Sleep for TokioSleep {
    #[expect(clippy::disallowed_methods, reason = "this is what is passed in")]
    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }
}

/// How often a request that failed for a passing reason is sent again, and after which waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// One wait before each repetition; empty for none.
    pub waits: Vec<Duration>,
}

impl RetryPolicy {
    /// The stand-alone target's: 1, 2, 4, 8 s (`loading.md` §7).
    #[must_use]
    pub fn standalone() -> Self {
        Self {
            waits: [1, 2, 4, 8].map(Duration::from_secs).to_vec(),
        }
    }

    /// The set-up check's: three repetitions (`setup-flow.md` §6.2).
    #[must_use]
    pub fn check() -> Self {
        Self {
            waits: [1, 1, 2].map(Duration::from_secs).to_vec(),
        }
    }

    /// Sends a request until it is answered, fails for a lasting reason, or the waits are used up.
    pub(crate) async fn run<T, Sending>(
        &self,
        sleep: &dyn Sleep,
        mut send: impl FnMut() -> Sending,
    ) -> Result<T, BucketError>
    where
        Sending: Future<Output = Result<T, BucketError>>,
    {
        for wait in &self.waits {
            match send().await {
                Err(fault) if fault.reaction() == Reaction::Retry => {
                    warn!(error = %fault, "the bucket did not answer as it should, trying again in {wait:?}");
                    sleep.sleep(*wait).await;
                }
                answer => return answer,
            }
        }
        send().await
    }
}
