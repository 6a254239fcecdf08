//! An integration: how it stands, and what was loaded of each of its tables.

use askama::Template;
use axum::extract::{Path, Query};
use serde::Deserialize;

use super::list::Stats;
use super::source::{self, Head, SECTION, Source, Tab};
use crate::components::{Badge, Banner, Count, Moment, Tone};
use crate::frame::{Frame, Page, Shown};
use crate::link;
use crate::pages::destinations::Destination;

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
}

impl TableReport {
    /// Whether records came, and every one was set aside.
    fn is_all_rejected(&self) -> bool {
        self.status == "ok" && self.rows_loaded.is_none() && !self.rows_rejected.is_none()
    }

    fn badge(&self) -> Badge {
        if self.is_all_rejected() {
            return Badge::new(Tone::Bad, ALL_REJECTED);
        }
        match self.status.as_str() {
            "ok" => Badge::new(Tone::Good, "Up to date"),
            "loading" => Badge::new(Tone::Waiting, "Loading"),
            "error" => Badge::new(Tone::Bad, "Error"),
            other => Badge::new(Tone::Quiet, other),
        }
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
    range: Range,
    tables: Vec<TableReport>,
}

impl OverviewPage {
    fn status(&self) -> Badge {
        let (tone, text) = match self.stats.sync_status.as_str() {
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

/// `GET /integrations/{id}`.
pub(super) async fn show(page: Page, Path(id): Path<u32>, Query(asked): Query<Asked>) -> Shown {
    let source = source::read(&page, id).await?;
    let destinations: Vec<Destination> = page.api.get("/v4/destinations").await?;
    let range = Range::parse(&asked.range);
    let stats = page.api.get(&format!("/v4/sources/{id}/stats")).await?;
    let report = format!("/v4/sources/{id}/loading-report?range={}", range.as_str());
    crate::frame::show(&OverviewPage {
        frame: page
            .frame(&source.display_name, SECTION)
            .with_banner(banner(&asked.done)),
        head: source.head(Tab::Overview, &destinations),
        tables: page.api.get(&report).await?,
        source,
        stats,
        range,
    })
}
