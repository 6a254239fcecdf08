//! All loads, newest first.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::load::{History, Load, history};
use crate::components::Empty;
use crate::frame::{Frame, Page, Section, Shown, show};
use crate::link;
use crate::pages::integrations::Source;
use crate::state::WebState;
use crate::trouble::Trouble;

const PAGE: &str = "50";

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    integration: String,
    #[serde(default)]
    table: String,
    #[serde(default)]
    before: String,
}

/// A text that is not empty.
fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

impl Asked {
    fn is_filtered(&self) -> bool {
        given(&self.integration).is_some() || given(&self.table).is_some()
    }

    fn href(&self, before: Option<&str>) -> String {
        link::with_query(
            "/loads",
            &[
                ("integration", given(&self.integration)),
                ("table", given(&self.table)),
                ("before", before),
            ],
        )
    }
}

#[derive(Template)]
#[template(path = "loads/list.html")]
struct ListPage {
    frame: Frame,
    asked: Asked,
    sources: Vec<Source>,
    loads: Vec<Load>,
    newest: Option<String>,
    older: Option<String>,
    problem: Option<&'static str>,
    empty: Empty,
}

impl ListPage {
    fn name_of<'a>(&'a self, load: &'a Load) -> &'a str {
        let source = self.sources.iter().find(|source| source.id == load.source_id);
        source.map_or(&load.source_name, |source| &source.display_name)
    }

    fn is_chosen(&self, source: &Source) -> bool {
        self.asked.integration == source.id.to_string()
    }
}

fn empty(asked: &Asked) -> Empty {
    if asked.is_filtered() {
        Empty::new(
            "No load like that",
            "Nothing was loaded that fits. Loads are kept for 60 days.",
        )
        .with_action("/loads", "Show all loads")
    } else {
        Empty::new(
            "No load yet",
            "Records are gathered into batches. A batch that is full, or old enough, becomes one load: its objects \
             are written to the bucket once, and listed here with their checksums.",
        )
    }
}

/// `GET /loads`.
pub(super) async fn list(State(state): State<WebState>, page: Page, Query(asked): Query<Asked>) -> Shown {
    let sources: Vec<Source> = page.api.get("/v4/sources").await?;
    let needs_source = given(&asked.table).is_some() && given(&asked.integration).is_none();
    let filter = [
        ("source_id", given(&asked.integration)),
        ("table", given(&asked.table).filter(|_| !needs_source)),
        ("before", given(&asked.before)),
        ("limit", Some(PAGE)),
    ];
    let found = match history(&state, &page, &filter).await {
        // There is no such table.
        Err(Trouble::NotFound) => History {
            data: Vec::new(),
            next: None,
        },
        found => found?,
    };
    show(&ListPage {
        frame: page.frame("Loads", Section::Loads),
        sources,
        newest: given(&asked.before).map(|_| asked.href(None)),
        older: found.next.map(|next| asked.href(Some(&next.to_string()))),
        problem: needs_source.then_some("Choose the integration that the table belongs to."),
        empty: empty(&asked),
        loads: found.data,
        asked,
    })
}
