//! The durable steps of the server, for tests that end the process after each.

use async_trait::async_trait;

/// What has just been made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// An accepted request is in the log; its client has no answer yet.
    Appended,
    /// A table that was not known before has its place in the catalog.
    Met,
    /// The load was opened in the ledger.
    Opened,
    /// One of its objects is in the bucket.
    ObjectPut,
    /// All of its objects are.
    Put,
    /// The load was given another instant, because somebody else's object has one of its keys.
    Moved,
    /// It was committed, with the requests to hooks.
    Committed,
    /// An activation that no record came before was passed.
    Skipped,
    /// It was noted that a load failed.
    Failed,
    /// It was noted how far all is dealt with; the log still has it.
    Noted,
    /// The log was allowed to forget.
    Freed,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Appended,
        Self::Met,
        Self::Opened,
        Self::ObjectPut,
        Self::Put,
        Self::Moved,
        Self::Committed,
        Self::Skipped,
        Self::Failed,
        Self::Noted,
        Self::Freed,
    ];

    /// What every load comes by, in this order.
    pub const OF_A_LOAD: [Self; 6] = [
        Self::Opened,
        Self::ObjectPut,
        Self::Put,
        Self::Committed,
        Self::Noted,
        Self::Freed,
    ];

    /// Its name for those who start a process.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Appended => "appended",
            Self::Met => "met",
            Self::Opened => "opened",
            Self::ObjectPut => "object_put",
            Self::Put => "put",
            Self::Moved => "moved",
            Self::Committed => "committed",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Noted => "noted",
            Self::Freed => "freed",
        }
    }
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
