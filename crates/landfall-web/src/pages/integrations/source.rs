//! A source, and what all pages about one have in common.

use std::collections::BTreeMap;

use askama::Template;
use serde::Deserialize;

use super::snippets;
use crate::components::{Badge, Moment, Tone};
use crate::frame::{Page, Section};
use crate::pages::destinations::Destination;
use crate::trouble::Trouble;

/// A source, as far as pages show it (management-api.md §8.1).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Source {
    pub(crate) id: u32,
    /// The folder that its data lands in.
    pub(crate) name: String,
    pub(crate) display_name: String,
    #[serde(rename = "type")]
    source_type: String,
    pub(crate) destination_id: Option<u32>,
    /// While it has none: the one it was taken off.
    #[serde(default)]
    pub(crate) left_destination_id: Option<u32>,
    pub(crate) stitch_client_id: u32,
    #[serde(default)]
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) paused_at: Option<Moment>,
    pub(crate) system_paused_at: Option<Moment>,
    pub(crate) deleted_at: Option<Moment>,
    pub(crate) created_at: Moment,
    /// Only in the answer that made it.
    #[serde(default)]
    pub(crate) webhook_url: Option<String>,
}

/// Where the data of a source goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Mapped,
    /// Nowhere: it was given no destination, or was taken off one by hand.
    Unmapped,
    /// Nowhere, since its destination was removed; nobody has resumed it since.
    Removed,
}

impl Source {
    pub(crate) fn standing(&self) -> Standing {
        // Of one that was paused by a removal, nothing says where it was; of one that was taken off, it does.
        let is_left = self.system_paused_at.is_some() && self.left_destination_id.is_none();
        match self.destination_id {
            Some(_) => Standing::Mapped,
            None if is_left => Standing::Removed,
            None => Standing::Unmapped,
        }
    }

    pub(crate) fn badge(&self) -> Badge {
        if self.deleted_at.is_some() {
            Badge::new(Tone::Quiet, "Deleted")
        } else if self.is_paused() {
            Badge::of_source(true)
        } else if self.destination_id.is_none() {
            Badge::new(Tone::Waiting, "No destination")
        } else {
            Badge::of_source(false)
        }
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused_at.is_some() || self.system_paused_at.is_some()
    }

    /// Whether Landfall pauses it when it goes to any destination but one: where its data went until now.
    pub(crate) fn is_paused_by_moving(&self) -> bool {
        self.destination_id.or(self.left_destination_id).is_some()
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }

    pub(crate) fn is_webhook(&self) -> bool {
        self.source_type == "webhook.incoming-webhook"
    }

    pub(crate) fn type_name(&self) -> &str {
        match self.source_type.as_str() {
            "import_api" => "Import API",
            "webhook.incoming-webhook" => "Incoming webhook",
            other => other,
        }
    }

    /// The field that a webhook's records are told apart by, if it was named.
    pub(crate) fn key_field(&self) -> Option<&str> {
        self.properties.get("webhookz_primary_key").map(String::as_str)
    }

    /// A record to begin with.
    pub(crate) fn first_record(&self) -> String {
        snippets::first_record(self.key_field())
    }

    pub(crate) fn href(&self) -> String {
        format!("/integrations/{}", self.id)
    }

    /// Where its tokens are in the management API: webhooks have addresses instead.
    pub(crate) fn tokens_path(&self) -> String {
        let kind = if self.is_webhook() {
            "webhook-urls"
        } else {
            "tokens"
        };
        format!("/v4/sources/{}/{kind}", self.id)
    }

    /// What clients do with it.
    pub(crate) fn pushes(&self) -> &'static str {
        if self.is_webhook() { "calls" } else { "pushes" }
    }

    /// What its tokens are called.
    pub(crate) fn token_noun(&self) -> &'static str {
        if self.is_webhook() { "address" } else { "token" }
    }

    /// What stands above every page about it.
    pub(crate) fn head(&self, page: &Page, tab: Tab, destinations: &[Destination]) -> Head {
        let destination = destinations
            .iter()
            .find(|one| Some(one.id) == self.destination_id);
        Head {
            source: self.clone(),
            destination: destination.map(|one| {
                let badge = (one.status() != "active").then(|| one.badge());
                (one.name.clone(), one.href(), badge)
            }),
            tab,
            csrf: page.signed_in.is_admin().then(|| page.signed_in.csrf.clone()),
        }
    }
}

/// Reads a source. There is no page for what can't be a number.
pub(super) async fn read(page: &Page, id: u32) -> Result<Source, Trouble> {
    Ok(page.api.get(&format!("/v4/sources/{id}")).await?)
}

/// The section that all these pages belong to.
pub(super) const SECTION: Section = Section::Integrations;

/// The pages about one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Overview,
    Rejects,
    Connect,
    Settings,
}

impl Tab {
    const SHOWN: [(Self, &'static str, &'static str); 4] = [
        (Self::Overview, "Overview", ""),
        (Self::Rejects, "Rejected records", "/rejects"),
        (Self::Connect, "Connect", "/connect"),
        (Self::Settings, "Settings", "/settings"),
    ];
}

/// Title, state and tabs of the pages about one source.
#[derive(Debug, Clone, Template)]
#[template(path = "integrations/head.html")]
pub(crate) struct Head {
    source: Source,
    /// Its name, its page, and its state if that matters.
    destination: Option<(String, String, Option<Badge>)>,
    tab: Tab,
    /// For the forms of administrators; viewers find none.
    csrf: Option<String>,
}

impl Head {
    /// The token of the button that resumes it, on the pages that have no other such button.
    fn resume(&self) -> Option<&str> {
        self.csrf.as_deref().filter(|_| self.tab != Tab::Settings)
    }

    /// Where its data goes while it has no destination.
    fn nowhere(&self) -> &'static str {
        match (self.source.standing(), self.source.is_paused()) {
            (Standing::Removed, _) => "Its destination was removed: what was accepted before waits",
            (Standing::Mapped | Standing::Unmapped, true) => "No destination: what was accepted before waits",
            (Standing::Mapped | Standing::Unmapped, false) => {
                "No destination: what arrives is kept, and waits for one"
            }
        }
    }

    /// Why Landfall paused it.
    fn why_paused(&self) -> &'static str {
        match self.source.standing() {
            Standing::Removed => "because its destination was removed",
            Standing::Unmapped => "because its destination changed",
            Standing::Mapped => "because its destination changed or was removed",
        }
    }

    /// What becomes of what was accepted before it was paused.
    fn accepted(&self) -> &'static str {
        match self.source.standing() {
            Standing::Mapped => "What was accepted before is loaded.",
            Standing::Unmapped => "What was accepted before waits for a destination, until retention ends.",
            Standing::Removed => {
                "What was accepted before waits for another destination, until retention ends."
            }
        }
    }

    fn tabs(&self) -> impl Iterator<Item = (String, &'static str, bool)> {
        let base = self.source.href();
        Tab::SHOWN
            .into_iter()
            .map(move |(tab, text, path)| (format!("{base}{path}"), text, tab == self.tab))
    }
}

impl askama::filters::HtmlSafe for Head {}
