//! A load: its objects, what was in it, and what went wrong on its way.

use askama::Template;
use axum::extract::{Path, State};
use serde::Deserialize;

use super::load::Load;
use crate::components::{Count, Moment, Size};
use crate::frame::{Frame, Page, Section, Shown, show};
use crate::link;
use crate::pages::destinations::Destination;
use crate::pages::integrations::{Attempt, Day, Source, attempts};
use crate::state::WebState;
use crate::trouble::Trouble;

#[derive(Debug, Deserialize)]
struct Object {
    kind: String,
    sub_table: Option<String>,
    bucket: Option<String>,
    key: String,
    rows: Count,
    bytes: Size,
    checksum: String,
}

impl Object {
    fn kind(&self) -> String {
        match (self.kind.as_str(), &self.sub_table) {
            ("root", _) => "Table".to_owned(),
            (_, Some(sub_table)) => format!("Sub-table {sub_table}"),
            ("rejects", None) => "Rejected records".to_owned(),
            (other, None) => other.to_owned(),
        }
    }
}

#[derive(Debug, Deserialize)]
struct Detail {
    #[serde(flatten)]
    load: Load,
    objects: Vec<Object>,
}

#[derive(Template)]
#[template(path = "loads/detail.html")]
struct DetailPage {
    frame: Frame,
    load: Load,
    objects: Vec<Object>,
    /// None if it is gone from the list, as deleted ones are.
    destination: Option<Destination>,
    source: Source,
    failed: Vec<Attempt>,
}

impl DetailPage {
    fn table_href(&self) -> String {
        format!("{}/tables/{}", self.source.href(), link::part(&self.load.table))
    }

    fn count_objects(&self) -> String {
        Count(self.objects.len() as u64).of("object")
    }
}

/// The failed attempts of a load, of its first week: of one that takes longer, notifications tell.
async fn failed_attempts(state: &WebState, page: &Page, load: &Load) -> Result<Vec<Attempt>, Trouble> {
    let Some(opened) = load.opened_at.timestamp() else {
        return Ok(Vec::new());
    };
    let ended = load.completed_at.as_ref().and_then(Moment::timestamp);
    let last = Day::of(ended.unwrap_or_else(|| state.now()));
    let mut failed = Vec::new();
    for day in Day::of(opened).until(last) {
        let of_day = attempts(page, load.source_id, &load.table, day).await?;
        let of_load = of_day
            .into_iter()
            .filter(|one| one.error.is_some() && one.load.as_deref() == Some(load.id.as_str()));
        failed.extend(of_load);
    }
    Ok(failed)
}

/// `GET /loads/{load}`.
pub(super) async fn detail(State(state): State<WebState>, page: Page, Path(id): Path<String>) -> Shown {
    let Detail { load, objects } = page.api.get(&format!("/v4/loads/{}", link::part(&id))).await?;
    let source = page.api.get(&format!("/v4/sources/{}", load.source_id)).await?;
    let destinations: Vec<Destination> = page.api.get("/v4/destinations").await?;
    let destination = destinations.into_iter().find(|one| one.id == load.destination_id);
    show(&DetailPage {
        frame: page.frame(&format!("Load of {}", load.table), Section::Loads),
        failed: failed_attempts(&state, &page, &load).await?,
        destination,
        load,
        objects,
        source,
    })
}
