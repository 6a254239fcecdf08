//! Destinations.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Query;
use serde::Deserialize;

use crate::components::{Badge, Banner, Empty, Moment};
use crate::frame::{Frame, Page, Section, Shown, show};
use crate::words::sentence;

/// Why a destination fails (management-api.md §5.1).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Failure {
    /// What the bucket said.
    pub(crate) message: String,
    cause: Option<String>,
    remedy: Option<String>,
    /// When it is tried again by itself; none while it is paused.
    pub(crate) next_check_at: Option<Moment>,
}

impl Failure {
    /// In a sentence: the cause, or else what the bucket said.
    pub(crate) fn cause(&self) -> String {
        sentence(self.cause.as_deref().unwrap_or(&self.message))
    }

    pub(crate) fn remedy(&self) -> &str {
        self.remedy
            .as_deref()
            .unwrap_or("Look up the message in the log of the server, and check the settings.")
    }
}

/// A destination, as far as pages show it (management-api.md §5.1).
#[derive(Debug, Deserialize)]
pub(crate) struct Destination {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    landfall_status: String,
    landfall_failure: Option<Failure>,
    properties: BTreeMap<String, String>,
    created_at: Moment,
}

impl Destination {
    /// `landfall_status` (setup-flow.md §8).
    pub(crate) fn status(&self) -> &str {
        &self.landfall_status
    }

    /// Why it fails, if it does.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        self.landfall_failure.as_ref()
    }

    pub(crate) fn badge(&self) -> Badge {
        Badge::of_destination(&self.landfall_status)
    }

    pub(crate) fn bucket(&self) -> &str {
        self.properties.get("s3_bucket").map_or("", String::as_str)
    }

    /// Its page.
    pub(crate) fn href(&self) -> String {
        format!("/destinations/{}", self.id)
    }

    fn format(&self) -> &'static str {
        match self.properties.get("output_file_format").map(String::as_str) {
            Some("csv") => "CSV",
            Some("jsonl") => "JSON",
            _ => "",
        }
    }
}

#[derive(Template)]
#[template(path = "destinations.html")]
struct DestinationsPage {
    frame: Frame,
    destinations: Vec<Destination>,
    empty: Empty,
}

/// What was done before.
#[derive(Deserialize)]
pub(crate) struct Told {
    #[serde(default)]
    done: String,
}

/// `GET /destinations`.
pub(crate) async fn list(page: Page, Query(told): Query<Told>) -> Shown {
    let banner = match told.done.as_str() {
        "removed" => Some(Banner::done("The destination is removed.")),
        "removed-and-paused" => Some(Banner::warning(
            "The destination is removed, and its integrations are paused: pushes to them are refused with 401 until \
             you resume them. What was accepted before waits; the next destination that you connect takes it over.",
        )),
        _ => None,
    };
    let frame = page.frame("Destinations", Section::Destinations);
    let what = "A destination is a bucket, or a folder, that data is loaded into.";
    let empty = if frame.is_admin() {
        let how = "Connecting one takes a few minutes.";
        Empty::new("No destination yet", &format!("{what} {how}"))
            .with_action("/destinations/new", "Add a destination")
    } else {
        Empty::new(
            "No destination yet",
            &format!("{what} An administrator can connect one."),
        )
    };
    show(&DestinationsPage {
        frame: frame.with_banner(banner),
        destinations: page.api.get("/v4/destinations").await?,
        empty,
    })
}
