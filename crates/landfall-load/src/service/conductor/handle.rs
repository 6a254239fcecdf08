//! Talking to the loader while it runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use landfall_core::ids::SourceId;
use landfall_core::units::ByteCount;
use tokio::sync::{Notify, watch};

use crate::service::waiting::{Asking, Backlog, LoadingNow, Question, WaitingTable};

/// Talks to a running [`Conductor`](super::Conductor).
#[derive(Debug, Clone)]
pub struct ConductorHandle {
    pub(super) wake: Arc<Notify>,
    pub(super) stop: watch::Sender<bool>,
    pub(super) asking: Asking,
    pub(super) most_held: Arc<AtomicUsize>,
    pub(super) has_read_all: Arc<AtomicBool>,
}

impl ConductorHandle {
    /// Something was changed that loading depends on.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// All tables that records were accepted of since the start, and since when some wait; none if the loader does not
    /// answer in time.
    pub async fn waiting(&self) -> Option<Vec<WaitingTable>> {
        Some(self.backlog().await?.tables)
    }

    /// The same, with whether that is all.
    pub async fn backlog(&self) -> Option<Backlog> {
        self.asking.ask(Question::Waiting).await
    }

    /// Has the open batches of a source closed and loaded now, with all that was accepted by now; none if the loader does
    /// not answer in time.
    pub async fn load_now(&self, source: SourceId) -> Option<LoadingNow> {
        self.asking.ask(|answer| Question::LoadNow(source, answer)).await
    }

    /// The same, but none before the loader has come to the end of the log since the start: what it has not read yet may
    /// wait, too.
    pub async fn all_waiting(&self) -> Option<Vec<WaitingTable>> {
        match self.has_read_all.load(Ordering::Relaxed) {
            true => self.waiting().await,
            false => None,
        }
    }

    /// The most that batches held at one time since the start.
    #[must_use]
    pub fn most_held(&self) -> ByteCount {
        ByteCount::new(self.most_held.load(Ordering::Relaxed) as u64)
    }

    /// Takes in what is in the log, loads what can be loaded, and ends.
    pub fn drain(&self) {
        self.stop.send_replace(true);
        self.wake.notify_one();
    }
}
