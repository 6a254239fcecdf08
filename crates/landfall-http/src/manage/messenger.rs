//! How messages leave the instance, and what they say (operations.md §1, §2).

use std::fmt;

use async_trait::async_trait;
use landfall_catalog::{Announcement, AnnouncementEnd, Condition, Event, EventLevel, Smtp};
use landfall_core::ids::{ClientId, DestinationId, SourceId};
use landfall_core::time::Timestamp;
use secrecy::SecretString;
use serde::Serialize;

use super::instant::Seconds;

/// Sends mail, and requests to event hooks.
#[async_trait]
pub trait Messenger: fmt::Debug + Send + Sync {
    /// Hands a mail to a server.
    ///
    /// # Errors
    /// What the server said, or why there was none.
    async fn mail(&self, server: &Smtp, mail: &Mail) -> Result<(), String>;

    /// Posts a body, signed with `secret`.
    ///
    /// # Errors
    /// Why it was not taken.
    async fn post(&self, url: &SecretString, secret: &SecretString, body: &str) -> Result<(), String>;
}

/// A mail, in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Where it goes.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

/// Whether raw errors may leave the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawErrors {
    /// They are told.
    Told,
    /// They are seen in the application alone.
    Suppressed,
}

impl RawErrors {
    /// What the setting `suppress_raw_errors` means.
    #[must_use]
    pub fn of_setting(suppress: bool) -> Self {
        if suppress { Self::Suppressed } else { Self::Told }
    }

    fn filter(self, raw_error: Option<&str>) -> Option<&str> {
        raw_error.filter(|_| self == Self::Told)
    }
}

#[derive(Serialize)]
struct EventBody<'a> {
    version: &'static str,
    event: &'static str,
    level: &'static str,
    occurred_at: Seconds,
    client_id: u32,
    destination_id: Option<u32>,
    source_id: Option<u32>,
    tables: &'a [String],
    message: &'a str,
    raw_error: Option<&'a str>,
    resolved: bool,
}

/// What a message tells: the event, and when it was.
fn told(announcement: &Announcement) -> (Event, Timestamp, bool) {
    let condition = &announcement.condition;
    let event = condition.finding.event;
    match announcement.end {
        AnnouncementEnd::Raised => (event, condition.raised_at, false),
        AnnouncementEnd::Resolved => (
            event.recovery().unwrap_or(event),
            condition.resolved_at.unwrap_or(condition.raised_at),
            true,
        ),
    }
}

/// The body that event hooks get (operations.md §2).
#[must_use]
pub fn event_body(announcement: &Announcement, client: ClientId, raw_errors: RawErrors) -> String {
    let finding = &announcement.condition.finding;
    let (event, at, resolved) = told(announcement);
    let body = EventBody {
        version: "1.0",
        event: event.as_str(),
        level: event.level().as_str(),
        occurred_at: Seconds(at),
        client_id: client.as_u32(),
        destination_id: finding.destination.map(DestinationId::as_u32),
        source_id: finding.source.map(SourceId::as_u32),
        tables: &finding.tables,
        message: &finding.message,
        raw_error: raw_errors.filter(finding.raw_error.as_deref()),
        resolved,
    };
    serde_json::to_string(&body).expect("it has text for keys")
}

/// What a test of an event hook says.
#[must_use]
pub fn test_event_body(client: ClientId, at: Timestamp) -> String {
    let body = EventBody {
        version: "1.0",
        event: "test",
        level: EventLevel::Info.as_str(),
        occurred_at: Seconds(at),
        client_id: client.as_u32(),
        destination_id: None,
        source_id: None,
        tables: &[],
        message: "A test of this webhook: nothing has happened",
        raw_error: None,
        resolved: false,
    };
    serde_json::to_string(&body).expect("it has text for keys")
}

const SUBJECT_PREFIX: &str = "Landfall Notification - ";

/// The mail of a message. Nothing in it can begin a header of its own: subjects are one line.
#[must_use]
pub fn event_mail(announcement: &Announcement, to: &str, raw_errors: RawErrors) -> Mail {
    let Condition { finding, .. } = &announcement.condition;
    let (event, at, resolved) = told(announcement);
    let about = if resolved {
        finding.event.subject(&finding.about)
    } else {
        finding.about.clone()
    };
    let subject: String = format!("{SUBJECT_PREFIX}{}", event.subject(&about))
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    let stamp = String::from_utf8_lossy(&at.render()).into_owned();
    let mut text = if resolved {
        format!("This is over since {stamp}: {}\n", finding.message)
    } else {
        format!("{}\n\nSince {stamp}.\n", finding.message)
    };
    if !finding.tables.is_empty() {
        text.push_str(&format!("\nTables: {}\n", finding.tables.join(", ")));
    }
    if let Some(raw_error) = raw_errors.filter(finding.raw_error.as_deref()) {
        text.push_str(&format!("\nWhat was answered:\n{raw_error}\n"));
    }
    Mail {
        to: to.to_owned(),
        subject,
        text,
    }
}

/// The mail of a test.
#[must_use]
pub fn test_mail(to: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: format!("{SUBJECT_PREFIX}Test"),
        text: "A test of the mail settings: nothing has happened.\n".to_owned(),
    }
}

#[cfg(test)]
mod tests;
