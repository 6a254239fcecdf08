//! The durable steps of a load, for tests that end the process after each.

use async_trait::async_trait;

/// What has just been made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The load was opened in the ledger.
    Opened,
    /// Its objects are in the bucket.
    Put,
    /// It was committed, with the requests to hooks.
    Committed,
    /// The log was allowed to forget.
    Freed,
}

impl Step {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Opened, Self::Put, Self::Committed, Self::Freed];
}

/// Is told of each step.
#[async_trait]
pub trait Steps: Send + Sync {
    /// A step is done. What this never returns from, never happened for those who come after.
    async fn done(&self, step: Step);
}

/// Does nothing.
#[derive(Debug)]
pub struct Uninterrupted;

#[async_trait]
impl Steps for Uninterrupted {
    async fn done(&self, _step: Step) {}
}
