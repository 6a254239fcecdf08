//! What waits, as whoever watches the loader asks.

use std::sync::Arc;
use std::time::Duration;

use landfall_core::ids::SourceId;
use landfall_core::time::Timestamp;
use tokio::sync::{mpsc, oneshot};

/// A table that records were accepted of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingTable {
    /// The source.
    pub source: SourceId,
    /// The table, as received.
    pub table: Arc<str>,
    /// When the oldest of its records that wait was received; none if none does.
    pub since: Option<Timestamp>,
}

/// An answer that is waited for.
pub(super) type Question = oneshot::Sender<Vec<WaitingTable>>;

/// Questions at the same time: those who scrape metrics are few, and one too many goes without an answer.
const MOST_QUESTIONS: usize = 8;
/// The loader reads some megabytes between two looks at who asks.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Asks the loader.
#[derive(Debug, Clone)]
pub(super) struct Asking(mpsc::Sender<Question>);

pub(super) fn questions() -> (Asking, mpsc::Receiver<Question>) {
    let (asking, asked) = mpsc::channel(MOST_QUESTIONS);
    (Asking(asking), asked)
}

impl Asking {
    /// All tables; none if the loader has ended or does not answer in time.
    pub(super) async fn ask(&self, wake: impl FnOnce()) -> Option<Vec<WaitingTable>> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(answer).ok()?;
        wake();
        tokio::time::timeout(ANSWER_WITHIN, answered).await.ok()?.ok()
    }
}
