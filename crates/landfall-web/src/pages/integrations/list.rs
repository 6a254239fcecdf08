//! All integrations.

use askama::Template;
use axum::extract::Query;
use serde::Deserialize;

use super::source::{SECTION, Source};
use crate::components::{Banner, Count, Empty, Moment};
use crate::frame::{Frame, Page, Shown, show};
use crate::pages::destinations::Destination;

/// How a source stands (management-api.md §11).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Stats {
    pub(crate) sync_status: String,
    pub(crate) last_rows_received: Option<Moment>,
    pub(crate) rows_to_be_loaded: Count,
    pub(crate) tables_to_be_loaded: Count,
    pub(crate) has_unread: bool,
    pub(crate) rows_held: Count,
    pub(crate) next_load_at: Option<Moment>,
    pub(crate) rows_loaded_today: Count,
    pub(crate) rows_rejected_today: Count,
    pub(crate) last_table_loaded: Option<String>,
    pub(crate) last_table_loaded_at: Option<Moment>,
}

struct Line {
    source: Source,
    /// Its name, and its page.
    destination: Option<(String, String)>,
    stats: Stats,
}

#[derive(Template)]
#[template(path = "integrations/list.html")]
struct ListPage {
    frame: Frame,
    lines: Vec<Line>,
    empty: Empty,
}

#[derive(Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    done: String,
}

fn empty(is_admin: bool) -> Empty {
    let text = "An integration is where data comes from: programs that push to the Import API, or a service that \
        calls a webhook. Each has a folder of its own in the bucket, and tokens of its own.";
    let empty = Empty::new("No integration yet", text);
    if is_admin {
        empty.with_action("/integrations/new", "Add an integration")
    } else {
        empty
    }
}

/// `GET /integrations`.
pub(super) async fn list(page: Page, Query(told): Query<Told>) -> Shown {
    let sources: Vec<Source> = page.api.get("/v4/sources").await?;
    let destinations: Vec<Destination> = page.api.get("/v4/destinations").await?;
    let mut lines = Vec::new();
    for source in sources.into_iter().filter(|source| !source.is_deleted()) {
        let stats = page.api.get(&format!("/v4/sources/{}/stats", source.id)).await?;
        let destination = destinations
            .iter()
            .find(|one| Some(one.id) == source.destination_id);
        lines.push(Line {
            destination: destination.map(|one| (one.name.clone(), one.href())),
            source,
            stats,
        });
    }
    lines.sort_by_key(|line| line.source.display_name.to_lowercase());
    let banner = (told.done == "deleted").then(|| Banner::done("The integration is deleted."));
    let frame = page.frame("Integrations", SECTION).with_banner(banner);
    show(&ListPage {
        empty: empty(frame.is_admin()),
        frame,
        lines,
    })
}
