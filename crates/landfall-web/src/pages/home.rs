//! The start page: how things stand, or how to begin.

use askama::Template;
use serde::Deserialize;

use crate::components::{Badge, Moment};
use crate::frame::{Frame, Page, Section, Shown, show};
use crate::pages::destinations::Destination;

/// A source, as far as this page shows it (management-api.md §8.1).
#[derive(Debug, Deserialize)]
struct Source {
    display_name: String,
    #[serde(rename = "type")]
    source_type: String,
    destination_id: Option<u32>,
    paused_at: Option<Moment>,
    system_paused_at: Option<Moment>,
    created_at: Moment,
}

impl Source {
    fn badge(&self) -> Badge {
        Badge::of_source(self.paused_at.is_some() || self.system_paused_at.is_some())
    }

    fn type_name(&self) -> &str {
        match self.source_type.as_str() {
            "import_api" => "Import API",
            "webhook.incoming-webhook" => "Webhook",
            other => other,
        }
    }
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    lead: String,
    destinations: Vec<Destination>,
    sources: Vec<Source>,
}

impl HomePage {
    fn count_sources(&self, destination: &Destination) -> String {
        let of_it = |source: &&Source| source.destination_id == Some(destination.id);
        match self.sources.iter().filter(of_it).count() {
            0 => "No integration loads into it yet".to_owned(),
            1 => "1 integration".to_owned(),
            many => format!("{many} integrations"),
        }
    }
}

/// `GET /`.
pub(crate) async fn show_home(page: Page) -> Shown {
    let destinations: Vec<Destination> = page.api.get("/v4/destinations").await?;
    let failing = destinations
        .iter()
        .filter(|one| one.status() == "failing")
        .count();
    let lead = match (destinations.len(), failing) {
        (0, _) => "Nothing is connected yet.".to_owned(),
        (_, 0) => "No destination needs your attention.".to_owned(),
        (_, 1) => "One destination needs your attention.".to_owned(),
        (_, many) => format!("{many} destinations need your attention."),
    };
    show(&HomePage {
        frame: page.frame("Home", Section::Home),
        lead,
        destinations,
        sources: page.api.get("/v4/sources").await?,
    })
}
