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
    /// When that one is deleted unloaded, once that is near; see [`announced_for`].
    pub deleted_at: Option<Timestamp>,
    /// How many records wait: in the open batch, in closed ones and in the running load, and those that are left in the
    /// log.
    pub rows: u64,
    /// When the latest of them was received.
    pub last_received: Option<Timestamp>,
    /// Records of them that are in closed batches or in the running load.
    pub rows_closed: u64,
    /// When the open batch closes by age, at the latest; none if none is open.
    pub closes_at: Option<Timestamp>,
    /// Whether it waits for a destination that can be loaded to.
    pub is_held: bool,
}

/// All that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// Tables that records were accepted of since the start.
    pub tables: Vec<WaitingTable>,
    /// Whether the log holds more that was not read yet, so that what is counted is the least that waits.
    pub has_unread: bool,
}

/// What became of the wish to load a source's records now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoadingNow {
    /// Records that are on their way.
    pub rows: u64,
    /// Tables they are of.
    pub tables: u64,
    /// Records that stay in the log until their destination can be loaded to.
    pub rows_held: u64,
}

/// The longest time before they are deleted that records are announced (operations.md §1).
const ANNOUNCED_FOR: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// How long before they are deleted records are announced that are kept for `keep`: three days, or half of it where that
/// is less, since what has just come in is no news.
#[must_use]
pub fn announced_for(keep: Duration) -> Duration {
    ANNOUNCED_FOR.min(keep / 2)
}

/// When records that wait `since` then and are kept for `keep` are deleted, if that is near at `now`.
pub(super) fn near_deletion(since: Timestamp, keep: Duration, now: Timestamp) -> Option<Timestamp> {
    (since.plus(keep - announced_for(keep)) <= now).then(|| since.plus(keep))
}

/// What the loader is asked, and where its answer is waited for.
#[derive(Debug)]
pub(super) enum Question {
    /// What waits?
    Waiting(oneshot::Sender<Backlog>),
    /// Close the open batches of a source, with all that was accepted by now.
    LoadNow(SourceId, oneshot::Sender<LoadingNow>),
}

/// Questions at the same time: those who ask are few, and one too many goes without an answer.
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
    /// The answer; none if the loader has ended or does not answer in time.
    pub(super) async fn ask<A>(&self, question: impl FnOnce(oneshot::Sender<A>) -> Question) -> Option<A> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(question(answer)).ok()?;
        tokio::time::timeout(ANSWER_WITHIN, answered).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deletion_is_announced_three_days_before_or_half_way() {
        const HOUR: u64 = 60 * 60;
        let cases = [(30 * 24, 27 * 24), (6 * 24, 3 * 24), (5 * 24, 60), (24, 12)];
        for (kept, announced) in cases {
            let hours = |hours: u64| Duration::from_secs(hours * HOUR);
            let since = Timestamp::from_millis(1_700_000_000_000);
            let just_before = since.plus(hours(announced) - Duration::from_millis(1));
            assert_eq!(near_deletion(since, hours(kept), just_before), None, "{kept} h");
            let near = near_deletion(since, hours(kept), since.plus(hours(announced)));
            assert_eq!(near, Some(since.plus(hours(kept))), "{kept} h");
        }
    }
}
