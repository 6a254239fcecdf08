//! Watches over the server, and tells people of what is wrong (operations.md §1, §2).

mod findings;
mod outgoing;
mod snapshot;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use landfall_bucket::{Sleep, TokioSleep};
use landfall_catalog::{
    Announcement, AnnouncementEnd, Catalog, Delivery, NotificationSettings, Recipient, StoreError,
};
use landfall_core::ids::ClientId;
use landfall_core::time::Timestamp;
use landfall_core::units::ByteCount;
use landfall_http::manage::{Messenger, RawErrors, event_body, event_mail};
use landfall_load::Clock;
use landfall_load::service::ConductorHandle;
use landfall_log::Log;
use tokio::sync::watch;

use super::oversized::Oversized;
pub(crate) use findings::day_of;
use findings::findings;
pub(crate) use outgoing::Outgoing;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Messages sent in one go.
const AT_ONCE: u32 = 20;
/// Waits between the six tries, as for post-load webhooks.
const WAITS_SECONDS: [u64; 5] = [10, 30, 2 * 60, 10 * 60, 30 * 60];

/// What it takes to watch, and to tell.
pub(crate) struct Events {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) log_budget: Option<ByteCount>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) messenger: Arc<dyn Messenger>,
    pub(crate) client: ClientId,
    /// When the instance was made.
    pub(crate) created_at: Timestamp,
    pub(crate) loading: ConductorHandle,
    pub(crate) oversized: Arc<Oversized>,
    /// When it was last looked.
    pub(crate) looked_at: Option<Timestamp>,
}

impl Events {
    /// Watches and tells until `stop` turns true. What could not be told by then is told after the next start.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(fault) = self.look().await {
                tracing::warn!("events wait: {fault}");
            }
            tokio::select! {
                _ = stop.changed() => {}
                () = TokioSleep.sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn look(&mut self) -> Result<(), StoreError> {
        let now = self.clock.closing();
        let settings = self.catalog.notification_settings().await?;
        let snapshot = self.snapshot(&settings, now).await?;
        self.catalog
            .settle_conditions(&findings(&snapshot, now), now)
            .await?;
        self.looked_at = Some(now);
        for due in self.catalog.due_announcements(now, AT_ONCE).await? {
            let delivery = self.tell(&due, &settings).await;
            self.catalog.record_announcement(due.number, &delivery).await?;
        }
        Ok(())
    }

    async fn tell(&self, due: &Announcement, settings: &NotificationSettings) -> Delivery {
        let raw_errors = RawErrors::of_setting(settings.suppress_raw_errors);
        let sent = match (&due.to, &settings.smtp) {
            (Recipient::Hook { url, secret }, _) => {
                let body = event_body(due, self.client, raw_errors);
                self.messenger.post(url, secret, &body).await
            }
            (Recipient::Mail(to), Some(server)) => {
                self.messenger
                    .mail(server, &event_mail(due, to, raw_errors))
                    .await
            }
            (Recipient::Mail(_), None) => {
                return Delivery::GivenUp {
                    reason: "mail is off: set a mail server".to_owned(),
                };
            }
        };
        let Err(reason) = sent else {
            return Delivery::Delivered;
        };
        let end = match due.end {
            AnnouncementEnd::Raised => "raised",
            AnnouncementEnd::Resolved => "resolved",
        };
        let event = due.condition.finding.event.as_str();
        match WAITS_SECONDS.get(due.tries as usize) {
            Some(seconds) => {
                tracing::warn!("{event} ({end}) is told again later: {reason}");
                Delivery::Failed {
                    reason,
                    again_at: self.clock.closing().plus(Duration::from_secs(*seconds)),
                }
            }
            None => {
                tracing::error!("{event} ({end}) could not be told: {reason}");
                Delivery::GivenUp { reason }
            }
        }
    }
}
