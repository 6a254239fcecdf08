//! The start page: how things stand, what needs attention, and how to begin.

mod attention;
mod checklist;
mod rows;

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use attention::{HeldRows, Matter, NotificationList};
use checklist::{FirstRows, Step};
use landfall_core::time::Timestamp;
use rows::Range;

use crate::api::ApiError;
use crate::components::{Count, Moment, RowsChart, Size, Within};
use crate::frame::{Frame, Page, Section, Shown, show};
use crate::pages::destinations::Destination;
use crate::pages::integrations::{Loaded, News, Prospect, Source, Stats, WaitingRows};
use crate::pages::loads::{Load, history};
use crate::state::WebState;

/// What is received and not loaded yet (`GET /v4/buffer`).
#[derive(Debug, Deserialize)]
struct Buffer {
    oldest_at: Option<Moment>,
    bytes: Size,
    budget_bytes: Option<Size>,
    rows: Option<Count>,
    tables: Option<Count>,
    has_unread: bool,
    next_load_at: Option<Moment>,
}

#[derive(Template)]
#[template(path = "home/home.html")]
struct HomePage {
    frame: Frame,
    lead: String,
    matters: Vec<Matter>,
    /// What is to be done before the first rows are in a bucket; none if that is so.
    steps: Vec<Step>,
    destinations: Vec<Destination>,
    sources: Vec<Source>,
    loads: Vec<Load>,
    buffer: Buffer,
    /// What waits, if the loader says so.
    waiting: Option<WaitingRows>,
    news: Option<News>,
    rows_today: Count,
    rejected_today: Count,
    range: Range,
    chart: RowsChart,
}

impl HomePage {
    fn count_sources(&self, destination: &Destination) -> String {
        let of_it = |source: &&Source| source.destination_id == Some(destination.id);
        match self.sources.iter().filter(of_it).count() as u64 {
            0 => "No integration loads into it yet".to_owned(),
            number => Count(number).of("integration"),
        }
    }

    fn name_of<'a>(&'a self, load: &'a Load) -> &'a str {
        let source = self.sources.iter().find(|source| source.id == load.source_id);
        source.map_or(&load.source_name, |source| &source.display_name)
    }

    /// What waits, if it was counted.
    fn counted(&self) -> Option<&WaitingRows> {
        self.waiting.as_ref().filter(|waiting| !waiting.is_none())
    }

    /// What the latest load says of itself.
    fn last_loaded(&self) -> Option<&Moment> {
        self.loads.iter().find_map(|load| load.completed_at.as_ref())
    }
}

/// What waits of all integrations; none if the loader does not say.
fn waiting(buffer: &Buffer, now: Timestamp) -> Option<WaitingRows> {
    let rows = buffer.rows?;
    let prospect = match &buffer.next_load_at {
        _ if rows.is_none() => Prospect::Nothing,
        Some(at) => Prospect::By(Within::new(at.clone(), now)),
        // Each integration's page says what holds up what.
        None => Prospect::Loading,
    };
    Some(WaitingRows {
        rows,
        tables: buffer.tables.unwrap_or_default(),
        has_unread: buffer.has_unread,
        prospect,
    })
}

/// What waits for a destination that can be loaded to, by source: of deleted ones, too.
async fn held_rows(page: &Page, sources: &[Source], buffer: &Buffer) -> Result<Vec<HeldRows>, ApiError> {
    let mut held = Vec::new();
    let does_wait = buffer.rows.is_none_or(|rows| !rows.is_none());
    for source in sources.iter().filter(|_| does_wait) {
        let stats: Stats = page.api.get(&format!("/v4/sources/{}/stats", source.id)).await?;
        if !stats.rows_held.is_none() {
            held.push(HeldRows {
                source_id: source.id,
                destination_id: source.destination_id,
                rows: stats.rows_held,
            });
        }
    }
    Ok(held)
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    range: String,
}

fn lead(matters: &[Matter], steps: &[Step]) -> String {
    match (matters.len(), steps.is_empty()) {
        (0, false) => "A few steps, and your data is in your bucket.".to_owned(),
        (0, true) => "All is well.".to_owned(),
        (1, _) => "One thing needs your attention.".to_owned(),
        (many, _) => format!("{many} things need your attention."),
    }
}

/// `GET /`.
pub(crate) async fn show_home(
    State(state): State<WebState>,
    page: Page,
    Query(asked): Query<Asked>,
) -> Shown {
    let destinations: Vec<Destination> = page.api.get("/v4/destinations").await?;
    let sources: Vec<Source> = page.api.get("/v4/sources").await?;
    let buffer: Buffer = page.api.get("/v4/buffer").await?;
    let held = held_rows(&page, &sources, &buffer).await?;
    let notices: NotificationList = page.api.get("/v4/notifications").await?;
    let loads = history(&state, &page, &[("limit", Some("5"))]).await?.data;
    let matters = attention::matters(notices, &destinations, &sources, &held);
    let sources: Vec<Source> = sources
        .into_iter()
        .filter(|source| !source.is_deleted())
        .collect();
    let has_loaded = loads.iter().any(|load| load.completed_at.is_some());
    let waiting = waiting(&buffer, state.now());
    let first_rows = FirstRows::new(has_loaded, buffer.oldest_at.is_some(), waiting.as_ref());
    let steps = checklist::steps(&destinations, &sources, &first_rows);
    let range = Range::parse(&asked.range);
    let today = rows::read(&page.api, Range::Today, state.now()).await?;
    let points = rows::read(&page.api, range, state.now()).await?;
    let rows_today = Count(today.iter().map(|point| point.landed.0).sum());
    let rejected_today = Count(today.iter().map(|point| point.rejected.0).sum());
    let place = match destinations.as_slice() {
        [only] => only.bucket(),
        _ => "",
    };
    show(&HomePage {
        news: waiting.as_ref().map(|waiting| {
            waiting.news(Loaded {
                landed: rows_today,
                rejected: rejected_today,
                place,
                rejects: "",
            })
        }),
        waiting,
        frame: page.frame("Home", Section::Home),
        lead: lead(&matters, &steps),
        matters,
        steps,
        destinations,
        sources,
        loads,
        buffer,
        rows_today,
        rejected_today,
        range,
        chart: rows::chart(range, points),
    })
}
