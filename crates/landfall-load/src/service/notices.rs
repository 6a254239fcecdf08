//! Post-load webhooks of the server: what the catalog has lined up is sent until it is heard (loading.md §8.3).
//!
//! Each request is sent by a task of its own, and the catalog hands out few of one hook at a time: a receiver that is
//! slow or dead holds up nobody but itself. A request is marked when its answer is there, so one that was under way
//! when the process died is sent again, and none is lost.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use landfall_bucket::Sleep;
use landfall_catalog::{Catalog, Delivery, Notice, StoreError};
use secrecy::ExposeSecret;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinError, JoinSet};

use crate::clock::Clock;
use crate::jitter::Jitter;
use crate::webhook::{HookClient, HookUrl, NoRootCertificates};

/// No answer within this is a failure.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Waits between the six tries.
const WAITS: [Duration; 5] = [
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(30 * 60),
];
/// Requests at the same time, of all hooks: a connection and a body of some kilobytes each.
const AT_ONCE: usize = 256;
/// A request belongs to whoever claimed it for this long. Should the clock leap over it, the hook may be told twice.
const LEASE: Duration = Duration::from_secs(120);
/// How often it is looked for requests that nobody told of, such as those that another process lined up again.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What deliveries work with.
pub struct NoticeParts {
    /// The outbox.
    pub catalog: Arc<Catalog>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Waits.
    pub sleep: Arc<dyn Sleep>,
    /// Spreads the waits between tries.
    pub jitter: Jitter,
    /// How long a hook may take to answer: [`ANSWER_WITHIN`].
    pub answer_within: Duration,
    /// Woken when there may be requests.
    pub news: Arc<Notify>,
    /// Is told of each delivery, once that is noted: `delivered`, `failed` or `given_up`.
    pub count: Box<dyn Fn(&'static str) + Send + Sync>,
}

/// Sends requests to hooks.
pub struct Notices {
    parts: NoticeParts,
    client: HookClient,
}

impl Notices {
    /// Prepares to send.
    ///
    /// # Errors
    /// Without root certificates no HTTPS hook can be trusted.
    pub fn new(parts: NoticeParts) -> Result<Self, NoRootCertificates> {
        Ok(Self {
            client: HookClient::with_tls(parts.answer_within)?,
            parts,
        })
    }

    /// Sends until `stop` turns true, then waits for the answers to what is under way. Trouble with the catalog only
    /// makes it wait.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let this = Arc::new(self);
        let mut sending = JoinSet::new();
        let mut has_released = false;
        while !*stop.borrow() {
            if !has_released {
                // What a process that died had claimed.
                has_released = this.note(this.parts.catalog.release_notices().await).is_some();
            }
            let wait = this.send_due(&mut sending).await;
            let wait = this.note(wait).unwrap_or(LOOK_EVERY);
            tokio::select! {
                _ = stop.changed() => {}
                Some(sent) = sending.join_next() => note_end(sent),
                () = this.parts.news.notified() => {}
                () = this.parts.sleep.sleep(wait) => {}
            }
        }
        while let Some(sent) = sending.join_next().await {
            note_end(sent);
        }
    }

    fn note<T>(&self, outcome: Result<T, StoreError>) -> Option<T> {
        outcome
            .inspect_err(|fault| tracing::warn!("webhooks wait: {fault}"))
            .ok()
    }

    /// Begins to send what is due, and returns how long there is nothing more to do.
    async fn send_due(self: &Arc<Self>, sending: &mut JoinSet<()>) -> Result<Duration, StoreError> {
        let catalog = &self.parts.catalog;
        let now = self.parts.clock.closing();
        let is_due = catalog.next_notice_at().await?.is_some_and(|due| due <= now);
        let room = AT_ONCE.saturating_sub(sending.len());
        if is_due && room > 0 {
            for notice in catalog.claim_notices(now, LEASE, room as u32).await? {
                let this = self.clone();
                sending.spawn(async move { this.send(&notice).await });
            }
        }
        // What is due and not claimed waits for others of its hook to be over.
        let next = catalog.next_notice_at().await?.filter(|due| *due > now);
        let until_next = next.map_or(i64::MAX, |due| due.as_millis().saturating_sub(now.as_millis()));
        let until_next = Duration::from_millis(u64::try_from(until_next).unwrap_or(0));
        Ok(until_next.min(LOOK_EVERY))
    }

    async fn send(&self, notice: &Notice) {
        let delivery = self.attempt(notice).await;
        let now = self.parts.clock.closing();
        let recorded = self
            .parts
            .catalog
            .record_delivery(notice.id, &delivery, now)
            .await;
        if let Err(fault) = recorded {
            tracing::warn!(
                "what came of a request to hook {} is not noted, so it is sent again: {fault}",
                notice.hook
            );
        }
        let name = match &delivery {
            Delivery::Delivered => "delivered",
            Delivery::Failed { reason, .. } => {
                tracing::warn!("webhook is sent again later: {reason}");
                "failed"
            }
            Delivery::GivenUp { reason } => {
                tracing::error!("Unable to Deliver Post Load Notification: {reason}");
                "given_up"
            }
        };
        (self.parts.count)(name);
    }

    async fn attempt(&self, notice: &Notice) -> Delivery {
        let Some(url) = HookUrl::parse(notice.url.expose_secret()) else {
            return Delivery::GivenUp {
                reason: format!("the URL of hook {} is none: replace it", notice.hook),
            };
        };
        let Err(fault) = self.client.post(&url, Bytes::from(notice.body.clone())).await else {
            return Delivery::Delivered;
        };
        let reason = format!("{url}: {fault}");
        match WAITS.get(notice.tries as usize) {
            Some(wait) => Delivery::Failed {
                reason,
                again_at: self.parts.clock.closing().plus(self.parts.jitter.at_least(*wait)),
            },
            None => Delivery::GivenUp { reason },
        }
    }
}

fn note_end(sent: Result<(), JoinError>) {
    if let Err(fault) = sent {
        tracing::error!(
            "a webhook is sent again later, after a fault of Landfall, please report it: {fault}"
        );
    }
}
