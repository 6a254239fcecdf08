//! Lines of the audit log in words: who is meant, what they did, and with what.

use serde::Deserialize;

use crate::api::{Api, ApiError};
use crate::components::Moment;
use crate::pages::destinations::Destination;
use crate::pages::integrations::Source;

/// A line, as the management API has it.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    pub(super) at: Moment,
    who: String,
    pub(super) action: String,
    subject: String,
    pub(super) changes: Vec<Change>,
}

/// A field that was altered.
#[derive(Debug, Deserialize)]
pub(super) struct Change {
    field: String,
    secret: bool,
    from: Option<String>,
    to: Option<String>,
}

impl Change {
    pub(super) fn field(&self) -> &str {
        &self.field
    }

    /// From what to what.
    pub(super) fn words(&self) -> String {
        match (&self.from, &self.to) {
            (None, None) if self.secret => "changed (secret)".to_owned(),
            (None, None) => "changed".to_owned(),
            (Some(from), Some(to)) => format!("{from} → {to}"),
            (None, Some(to)) => format!("set to {to}"),
            (Some(from), None) => format!("{from} taken away"),
        }
    }
}

impl Line {
    /// What was done.
    pub(super) fn deed(&self) -> &'static str {
        let (thing, deed) = self.action.split_once('.').unwrap_or_default();
        match (thing, deed) {
            ("source", "create") => "Added an integration",
            ("source", "update") => "Changed an integration",
            ("source", "load") => "Had an integration loaded",
            ("source", "delete") => "Deleted an integration",
            ("token", "create") => "Made a token",
            ("token", "revoke") => "Revoked a token",
            ("destination", "create") => "Added a destination",
            ("destination", "update") => "Changed a destination",
            ("destination", "delete") => "Removed a destination",
            ("access_key", "create") => "Made an access key",
            ("user", "create") => "Added a user",
            ("user", "role") => "Changed a role",
            ("user", "password") => "Changed a password",
            ("user", "delete") => "Removed a user",
            ("session", "open") => "Signed in",
            ("session", "refused") => "Failed to sign in",
            ("session", "end") => "Signed out",
            ("session", "end_all") => "Signed out everywhere",
            ("notification", "dismiss") => "Dismissed a notification",
            ("hook" | "event_hook", "create") => "Added a webhook",
            ("custom_email", "create") => "Added a recipient",
            (_, "enable") => "Enabled",
            (_, "disable") => "Disabled",
            (_, "create") => "Added",
            (_, "update") => "Changed",
            (_, "delete") => "Deleted",
            _ => "Changed",
        }
    }
}

#[derive(Debug, Deserialize)]
struct Key {
    id: u32,
    key_last4: String,
    description: String,
}

/// What was changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) text: String,
    /// Its page.
    pub(super) href: Option<String>,
}

/// What things are called now. Those that are gone are told by their numbers.
#[derive(Debug)]
pub(super) struct Names {
    sources: Vec<Source>,
    destinations: Vec<Destination>,
    keys: Vec<Key>,
}

impl Names {
    pub(super) async fn read(api: &Api) -> Result<Self, ApiError> {
        Ok(Self {
            sources: api.get("/v4/sources").await?,
            destinations: api.get("/v4/destinations").await?,
            keys: api.get("/v4/access-keys").await?,
        })
    }

    /// Who did it: programs by what their key is for.
    pub(super) fn who(&self, line: &Line) -> String {
        let key = line.who.strip_prefix("access key ").and_then(|id| self.key(id));
        key.unwrap_or_else(|| line.who.clone())
    }

    fn key(&self, id: &str) -> Option<String> {
        let key = self.keys.iter().find(|key| key.id.to_string() == id)?;
        Some(format!("access key {} (…{})", key.description, key.key_last4))
    }

    fn source(&self, id: &str) -> Option<Subject> {
        let source = self.sources.iter().find(|source| source.id.to_string() == id)?;
        Some(Subject {
            text: source.display_name.clone(),
            href: Some(source.href()),
        })
    }

    fn destination(&self, id: &str) -> Option<Subject> {
        let found = self.destinations.iter().find(|one| one.id.to_string() == id)?;
        Some(Subject {
            text: found.name.clone(),
            href: Some(found.href()),
        })
    }

    /// What it was done with.
    pub(super) fn subject(&self, line: &Line) -> Subject {
        let (thing, _) = line.action.split_once('.').unwrap_or_default();
        let id = line.subject.as_str();
        let numbered = |noun: &str, href: &str| Subject {
            text: format!("{noun} no. {id}"),
            href: Some(href.to_owned()),
        };
        let plain = |text: String| Subject { text, href: None };
        match thing {
            "source" => self
                .source(id)
                .unwrap_or_else(|| plain(format!("integration no. {id}"))),
            "destination" => self
                .destination(id)
                .unwrap_or_else(|| plain(format!("destination no. {id}"))),
            "token" => {
                let (source, token) = id.split_once('/').unwrap_or((id, ""));
                match self.source(source) {
                    Some(of) => Subject {
                        text: format!("no. {token} of {}", of.text),
                        ..of
                    },
                    None => plain(format!("no. {token} of integration no. {source}")),
                }
            }
            "access_key" => match self.key(id) {
                Some(text) => Subject {
                    text,
                    href: Some("/settings/access-keys".to_owned()),
                },
                None => plain(format!("access key no. {id}")),
            },
            "hook" => numbered("post-load webhook", "/settings/webhooks"),
            "event_hook" => numbered("event webhook", "/settings/event-webhooks"),
            "custom_email" => numbered("recipient", "/settings/mail"),
            "notification" => numbered("notification", "/notifications"),
            _ => plain(line.subject.clone()),
        }
    }
}
