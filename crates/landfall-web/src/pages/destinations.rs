//! Destinations.

use std::collections::BTreeMap;

use askama::Template;
use serde::Deserialize;

use crate::components::{Badge, Empty, Moment};
use crate::frame::{Frame, Page, Section, Shown, show};

/// A destination, as far as pages show it (management-api.md §5.1).
#[derive(Debug, Deserialize)]
pub(crate) struct Destination {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    landfall_status: String,
    properties: BTreeMap<String, String>,
    created_at: Moment,
}

impl Destination {
    /// `landfall_status` (setup-flow.md §8).
    pub(crate) fn status(&self) -> &str {
        &self.landfall_status
    }

    pub(crate) fn badge(&self) -> Badge {
        Badge::of_destination(&self.landfall_status)
    }

    pub(crate) fn bucket(&self) -> &str {
        self.properties.get("s3_bucket").map_or("", String::as_str)
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

/// `GET /destinations`.
pub(crate) async fn list(page: Page) -> Shown {
    let frame = page.frame("Destinations", Section::Destinations);
    let how = if frame.is_admin() {
        "Connect one through the management API."
    } else {
        "An administrator can connect one."
    };
    let what = "A destination is a bucket, or a folder, that data is loaded into.";
    show(&DestinationsPage {
        frame,
        destinations: page.api.get("/v4/destinations").await?,
        empty: Empty::new("No destination yet", &format!("{what} {how}")),
    })
}
