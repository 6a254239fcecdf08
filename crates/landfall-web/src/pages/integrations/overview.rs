//! An integration: how it stands, and what was loaded of each of its tables.

use askama::Template;
use axum::extract::{Path, Query, State};
use landfall_core::time::Timestamp;
use serde::Deserialize;

use super::list::Stats;
use super::source::{self, Head, SECTION, Source, Tab};
use super::waiting::{Loaded, News, Prospect, WaitingRows};
use crate::components::{Badge, Banner, Count, Moment, Tone, Within};
use crate::frame::{Frame, Page, Shown};
use crate::link;
use crate::pages::destinations::Destination;
use crate::state::WebState;

/// The highest value of a replication key (operations.md §7).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Bookmark {
    pub(crate) key: String,
    pub(crate) value: String,
}

#[derive(Debug, Deserialize)]
struct SubTable {
    table: String,
    rows_loaded: Count,
}

/// What was loaded of a table (management-api.md §11).
#[derive(Debug, Deserialize)]
struct TableReport {
    table: String,
    bookmark: Option<Bookmark>,
    time_extracted: Option<String>,
    rows_loaded: Count,
    rows_rejected: Count,
    subtables: Vec<SubTable>,
    status: String,
    rows_waiting: Option<Count>,
}

impl TableReport {
    /// Whether records came, and every one was set aside.
    fn is_all_rejected(&self) -> bool {
        self.status == "ok" && self.rows_loaded.is_none() && !self.rows_rejected.is_none()
    }

    fn badge(&self) -> Badge {
        if self.is_all_rejected() && self.waiting().is_none() {
            return Badge::new(Tone::Bad, ALL_REJECTED);
        }
        match self.status.as_str() {
            "ok" if self.waiting().is_some() => Badge::new(Tone::Waiting, "Waiting to load"),
            "ok" => Badge::new(Tone::Good, "Up to date"),
            "loading" => Badge::new(Tone::Waiting, "Loading"),
            "error" => Badge::new(Tone::Bad, "Error"),
            other => Badge::new(Tone::Quiet, other),
        }
    }

    /// Rows that wait, if there are some.
    fn waiting(&self) -> Option<Count> {
        self.rows_waiting.filter(|rows| !rows.is_none())
    }

    fn href(&self, source: &Source) -> String {
        table_href(source, &self.table)
    }

    fn rejects_href(&self, source: &Source) -> String {
        rejects_href(source, &self.table)
    }

    /// As an instant, if it is one in UTC.
    fn extracted(&self) -> Option<Moment> {
        Moment::in_utc(self.time_extracted.as_deref()?)
    }
}

/// The page about a table.
pub(super) fn table_href(source: &Source, table: &str) -> String {
    format!("{}/tables/{}", source.href(), link::part(table))
}

/// The records of a table that were set aside.
pub(crate) fn rejects_href(source: &Source, table: &str) -> String {
    let path = format!("{}/rejects", source.href());
    link::with_query(&path, &[("table", Some(table))])
}

/// What is said of a table or a load of which nothing was landed.
pub(crate) const ALL_REJECTED: &str = "All rejected";

/// What rows are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    Day,
    ThisPeriod,
    PreviousPeriod,
}

impl Range {
    const ALL: [Self; 3] = [Self::Day, Self::ThisPeriod, Self::PreviousPeriod];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::ThisPeriod => "this_period",
            Self::PreviousPeriod => "previous_period",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Day => "24 hours",
            Self::ThisPeriod => "This period",
            Self::PreviousPeriod => "Previous period",
        }
    }

    fn parse(text: &str) -> Self {
        let named = Self::ALL.into_iter().find(|range| range.as_str() == text);
        named.unwrap_or(Self::Day)
    }
}

#[derive(Template)]
#[template(path = "integrations/overview.html")]
struct OverviewPage {
    frame: Frame,
    head: Head,
    source: Source,
    stats: Stats,
    waiting: WaitingRows,
    news: News,
    range: Range,
    tables: Vec<TableReport>,
}

impl OverviewPage {
    fn status(&self) -> Badge {
        if matches!(
            self.stats.sync_status.as_str(),
            "pending" | "succeeded" | "not_syncing"
        ) {
            match self.waiting.prospect {
                Prospect::By(_) => return Badge::new(Tone::Waiting, "Waiting to load"),
                Prospect::Held(_) => return Badge::new(Tone::Waiting, "Held up"),
                Prospect::Loading | Prospect::Nothing => {}
            }
        }
        let (tone, text) = match self.stats.sync_status.as_str() {
            "pending" if self.stats.has_unread => (Tone::Waiting, "Being read"),
            "pending" => (Tone::Quiet, "Nothing received yet"),
            "in_progress" => (Tone::Waiting, "Loading"),
            "succeeded" => (Tone::Good, "Up to date"),
            "failed" => (Tone::Bad, "Failing"),
            "not_syncing" => (Tone::Quiet, "Not loading"),
            other => (Tone::Quiet, other),
        };
        Badge::new(tone, text)
    }

    fn in_all(&self) -> Count {
        Count(self.tables.iter().map(|table| table.rows_loaded.0).sum())
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    range: String,
    #[serde(default)]
    done: String,
}

fn banner(done: &str) -> Option<Banner> {
    let text = match done {
        "loading" => "Loading was asked for. How much still waits is told below.",
        "paused" => "Paused: pushes are refused. What was received goes on loading.",
        "resumed" => "Resumed: data is taken again.",
        "renamed" => "The name is changed. The folder stays.",
        "moved" => {
            "The destination is changed, from the next load on. After a switch from another one the integration is \
             paused until you resume it."
        }
        _ => return None,
    };
    Some(Banner::done(text))
}

/// What waits, and what becomes of it.
fn waiting(stats: &Stats, source: &Source, destination: Option<&Destination>, now: Timestamp) -> WaitingRows {
    let is_held = stats.rows_held == stats.rows_to_be_loaded;
    let prospect = match (&stats.next_load_at, destination) {
        _ if stats.rows_to_be_loaded.is_none() => Prospect::Nothing,
        (_, None) if is_held && source.is_deleted() => Prospect::Held(
            "the integration was deleted without a destination, so this is never loaded".to_owned(),
        ),
        (_, None) if is_held => Prospect::Held("waiting for a destination".to_owned()),
        (_, Some(one)) if is_held => Prospect::Held(match one.status() {
            "active" => format!("{} does not answer, and is tried again by itself", one.name),
            "paused" => format!("waiting until {} is resumed", one.name),
            _ => format!("waiting until {} works", one.name),
        }),
        (Some(at), _) => Prospect::By(Within::new(at.clone(), now)),
        (None, _) => Prospect::Loading,
    };
    WaitingRows {
        rows: stats.rows_to_be_loaded,
        tables: stats.tables_to_be_loaded,
        has_unread: stats.has_unread,
        prospect,
    }
}

/// `GET /integrations/{id}`.
pub(super) async fn show(
    State(state): State<WebState>,
    page: Page,
    Path(id): Path<u32>,
    Query(asked): Query<Asked>,
) -> Shown {
    let source = source::read(&page, id).await?;
    let destinations: Vec<Destination> = page.api.get("/v4/destinations").await?;
    let range = Range::parse(&asked.range);
    let stats: Stats = page.api.get(&format!("/v4/sources/{id}/stats")).await?;
    let report = format!("/v4/sources/{id}/loading-report?range={}", range.as_str());
    let destination = destinations
        .iter()
        .find(|one| Some(one.id) == source.destination_id);
    let waiting = waiting(&stats, &source, destination, state.now());
    crate::frame::show(&OverviewPage {
        news: waiting.news(Loaded {
            landed: stats.rows_loaded_today,
            rejected: stats.rows_rejected_today,
            place: destination.map_or("", Destination::bucket),
            rejects: "see Rejected records",
        }),
        waiting,
        frame: page
            .frame(&source.display_name, SECTION)
            .with_banner(banner(&asked.done)),
        head: source.head(&page, Tab::Overview, &destinations),
        tables: page.api.get(&report).await?,
        source,
        stats,
        range,
    })
}
