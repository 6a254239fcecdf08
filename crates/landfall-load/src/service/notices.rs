//! Post-load webhooks of the server: what the catalog has lined up is sent until it is heard (loading.md §8.3).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use landfall_bucket::Sleep;
use landfall_catalog::{Catalog, Delivery, Notice, StoreError};
use secrecy::ExposeSecret;
use tokio::sync::{Notify, watch};

use crate::clock::Clock;
use crate::webhook::{HookClient, HookUrl, NoRootCertificates};

/// No answer within this is a failure.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Waits between the six tries.
const WAITS: [Duration; 5] = [
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(30 * 60),
];
/// Requests at the same time.
const AT_ONCE: u32 = 16;
/// A request belongs to whoever claimed it for this long.
const LEASE: Duration = Duration::from_secs(120);
/// How often it is looked for requests that nobody told of.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What deliveries work with.
pub struct NoticeParts {
    /// The outbox.
    pub catalog: Arc<Catalog>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Waits.
    pub sleep: Arc<dyn Sleep>,
    /// Woken when there may be requests.
    pub news: Arc<Notify>,
    /// Is told of each delivery: `delivered`, `failed` or `given_up`.
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
            parts,
            client: HookClient::with_tls(ANSWER_WITHIN)?,
        })
    }

    /// Sends until `stop` turns true.
    ///
    /// # Errors
    /// [`StoreError`] when the outbox can't be read at the start.
    pub async fn run(self, mut stop: watch::Receiver<bool>) -> Result<(), StoreError> {
        self.parts.catalog.release_notices().await?;
        loop {
            if *stop.borrow() {
                return Ok(());
            }
            let sent = match self.send_due().await {
                Ok(sent) => sent,
                Err(fault) => {
                    tracing::warn!("webhooks wait: {fault}");
                    0
                }
            };
            if sent > 0 {
                continue;
            }
            tokio::select! {
                _ = stop.changed() => {}
                () = self.parts.news.notified() => {}
                () = self.parts.sleep.sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Sends what is due, and returns how much that was.
    async fn send_due(&self) -> Result<usize, StoreError> {
        let now = self.parts.clock.closing();
        let due = self.parts.catalog.claim_notices(now, LEASE, AT_ONCE).await?;
        let outcomes = join_all(due.iter().map(|notice| self.send(notice))).await;
        outcomes.into_iter().collect::<Result<Vec<()>, StoreError>>()?;
        Ok(due.len())
    }

    async fn send(&self, notice: &Notice) -> Result<(), StoreError> {
        let delivery = self.attempt(notice).await;
        let (name, reason) = match &delivery {
            Delivery::Delivered => ("delivered", None),
            Delivery::Failed { reason, .. } => ("failed", Some(reason)),
            Delivery::GivenUp { reason } => ("given_up", Some(reason)),
        };
        (self.parts.count)(name);
        match (&delivery, reason) {
            (Delivery::GivenUp { .. }, Some(reason)) => {
                tracing::error!("Unable to Deliver Post Load Notification: {reason}");
            }
            (_, Some(reason)) => tracing::warn!("webhook is sent again later: {reason}"),
            (_, None) => {}
        }
        self.parts
            .catalog
            .record_delivery(notice.id, &delivery, self.parts.clock.closing())
            .await
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
                again_at: self.parts.clock.closing().plus(*wait),
            },
            None => Delivery::GivenUp { reason },
        }
    }
}
