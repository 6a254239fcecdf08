//! A table of an integration: every attempt to load it, day by day (operations.md §7).

use askama::Template;
use axum::extract::{Path, Query, State};
use landfall_core::time::{Instant, Timestamp};
use serde::Deserialize;

use super::overview::{ALL_REJECTED, Bookmark, rejects_href, table_href};
use super::source::{self, SECTION, Source};
use crate::api::ApiError;
use crate::components::{Badge, Count, Mark, Moment, Strip, Tone, Took};
use crate::frame::{Frame, Page, Shown, show};
use crate::state::WebState;

const DAY_MILLIS: i64 = 86_400_000;
const MINUTE_MILLIS: i64 = 60_000;

/// Why an attempt failed.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct AttemptError {
    pub(crate) code: String,
    pub(crate) message: String,
}

/// An attempt to load a table (management-api.md §11).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) started_at: Moment,
    pub(crate) completed_at: Moment,
    status: String,
    bookmark: Option<Bookmark>,
    rows_loaded: Count,
    rows_rejected: Count,
    s3_objects: Vec<String>,
    pub(crate) error: Option<AttemptError>,
    pub(crate) load: Option<String>,
}

impl Attempt {
    fn is_good(&self) -> bool {
        self.status == "success"
    }

    fn is_all_rejected(&self) -> bool {
        self.is_good() && self.rows_loaded.is_none() && !self.rows_rejected.is_none()
    }

    fn badge(&self) -> Badge {
        if self.is_all_rejected() {
            Badge::new(Tone::Bad, ALL_REJECTED)
        } else if self.is_good() {
            Badge::new(Tone::Good, "Success")
        } else {
            Badge::new(Tone::Bad, "Error")
        }
    }

    fn millis(&self) -> Option<(i64, i64)> {
        let at = |moment: &Moment| moment.timestamp().map(Timestamp::as_millis);
        Some((at(&self.started_at)?, at(&self.completed_at)?))
    }

    /// Instants are told in whole seconds.
    fn took(&self) -> String {
        let millis = self.millis().map_or(0, |(start, end)| end.saturating_sub(start));
        match u64::try_from(millis).unwrap_or(0) {
            0 => "< 1 s".to_owned(),
            millis @ 1..60_000 => format!("{} s", millis / 1_000),
            millis => Took::from_millis(millis).to_string(),
        }
    }

    fn mark(&self) -> Option<Mark> {
        let (start, end) = self.millis()?;
        let minutes = |millis: i64| u32::try_from(millis / MINUTE_MILLIS).unwrap_or(0);
        let time = self.started_at.clock_seconds();
        let outcome = match &self.error {
            None => format!("{} loaded", self.rows_loaded.of("row")),
            Some(error) => error.message.clone(),
        };
        Some(Mark {
            minute: minutes(start.rem_euclid(DAY_MILLIS)),
            minutes: minutes(end.saturating_sub(start)),
            is_good: self.is_good(),
            title: format!("{time} UTC, {}: {outcome}", self.took()),
        })
    }
}

#[derive(Template)]
#[template(path = "integrations/table.html")]
struct TablePage {
    frame: Frame,
    source: Source,
    table: String,
    day: Day,
    today: Day,
    attempts: Vec<Attempt>,
    strip: Strip,
}

impl TablePage {
    fn href(&self, day: Day) -> String {
        format!("{}?date={day}", table_href(&self.source, &self.table))
    }

    fn rejects_href(&self) -> String {
        rejects_href(&self.source, &self.table)
    }

    fn rows(&self) -> Count {
        Count(self.attempts.iter().map(|one| one.rows_loaded.0).sum())
    }
}

/// A day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(i64);

impl Day {
    pub(crate) fn of(at: Timestamp) -> Self {
        Self(at.as_millis().div_euclid(DAY_MILLIS))
    }

    fn parse(text: &str) -> Option<Self> {
        let is_day = text.len() == "YYYY-MM-DD".len();
        let start = is_day.then(|| Instant::parse(format!("{text}T00:00:00Z").as_bytes()))??;
        Some(Self::of(start.timestamp()))
    }

    pub(crate) fn start(self) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_mul(DAY_MILLIS))
    }

    pub(crate) fn before(self, days: i64) -> Self {
        Self(self.0.saturating_sub(days))
    }

    fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Those from this one to another, the later one too; not more than a week.
    pub(crate) fn until(self, last: Self) -> impl Iterator<Item = Self> {
        (self.0..=last.0.min(self.0.saturating_add(6))).map(Self)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.start().render();
        out.write_str(&String::from_utf8_lossy(&text[.."YYYY-MM-DD".len()]))
    }
}

/// The attempts of a table on a day. A table that was never loaded has none.
pub(crate) async fn attempts(
    page: &Page,
    source: u32,
    table: &str,
    day: Day,
) -> Result<Vec<Attempt>, ApiError> {
    let table = crate::link::part(table);
    page.api
        .get(&format!("/v4/sources/{source}/loading-report/{table}?date={day}"))
        .await
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    date: String,
}

/// `GET /integrations/{id}/tables/{table}`.
pub(super) async fn show_table(
    State(state): State<WebState>,
    page: Page,
    Path((id, table)): Path<(u32, String)>,
    Query(asked): Query<Asked>,
) -> Shown {
    let source = source::read(&page, id).await?;
    let today = Day::of(state.now());
    let day = Day::parse(&asked.date).unwrap_or(today).min(today);
    let attempts = attempts(&page, id, &table, day).await?;
    let failed = attempts.iter().filter(|one| !one.is_good()).count() as u64;
    let total = Count(attempts.len() as u64);
    show(&TablePage {
        frame: page.frame(&format!("{table}, {}", source.display_name), SECTION),
        strip: Strip {
            label: format!("{} on {day}, {} failed", total.of("attempt"), Count(failed)),
            marks: attempts.iter().filter_map(Attempt::mark).collect(),
        },
        source,
        table,
        day,
        today,
        attempts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_written_and_counted() {
        let day = Day::parse("2024-02-28").unwrap();
        assert_eq!(day.next().to_string(), "2024-02-29");
        assert_eq!(day.before(59).to_string(), "2023-12-31");
        assert_eq!(day.until(day.next()).count(), 2);
        assert_eq!(day.until(Day(i64::MAX)).count(), 7, "no more than a week");
        for text in ["", "2024-2-28", "2024-02-30", "today"] {
            assert_eq!(Day::parse(text), None, "{text:?}");
        }
    }
}
