//! The ledger, browsed: all recent loads, one load, the loads of a table on a day, and what was loaded over time (ext).

use axum::extract::{Path, State};
use landfall_catalog::{Attempt, LandedObject, LoadFilter, LoadId, LoadSeq, ObjectKind, SeriesStep};
use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, Refusal, ok};
use super::instant::{Day, Seconds, read_instant};
use super::load_object::{LedgerLoad, LoadDetail};
use super::request::{Query, number};
use super::sources::find_source;
use super::state::ManageState;

/// Loads in an answer.
const PAGE: u32 = 100;
/// Points of a chart.
const MOST_STEPS: i64 = 2_000;
/// Attempts of a day in an answer: one in every minute and a half.
const MOST_ATTEMPTS: usize = 1_000;

/// Loads, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LoadHistory<'a> {
    data: Vec<LedgerLoad<'a>>,
    /// What to give as `before` for those that follow; none if these were the last.
    next: Option<i64>,
}

/// `GET /v4/{client}/loads/history`.
pub(super) async fn history(
    State(state): State<ManageState>,
    Path(client): Path<String>,
    query: Query,
) -> Answer {
    if client != state.instance().await?.client_id.to_string() {
        return Err(Refusal::unauthorized());
    }
    let limit = query.limit(PAGE)?;
    let filter = LoadFilter {
        destination: id(&query, "destination_id")?.map(DestinationId::new),
        source: id(&query, "source_id")?.map(SourceId::new),
        table: None,
        before: query.before()?.map(LoadSeq::new),
    };
    let filter = match (query.value("table"), filter.source) {
        (None, _) => filter,
        (Some(table), Some(source)) => {
            let tables = state.catalog().tables(source).await?;
            let table = tables.into_iter().find(|found| found.name == table);
            let table = Some(table.ok_or_else(Refusal::not_found)?.id);
            LoadFilter { table, ..filter }
        }
        (Some(_), None) => {
            return Err(Refusal::coded(
                "InvalidFilter",
                "table needs a source_id beside it",
            ));
        }
    };
    let loads = state.catalog().loads(filter, limit).await?;
    let is_full = loads.len() >= limit as usize;
    ok(&LoadHistory {
        data: loads.iter().map(LedgerLoad::new).collect(),
        next: loads.last().filter(|_| is_full).map(|load| load.seq.number()),
    })
}

/// A number given for a name, if there is one.
fn id(query: &Query, name: &str) -> Result<Option<u32>, Refusal> {
    match query.value(name) {
        None => Ok(None),
        Some(text) => number(text)
            .map(Some)
            .ok_or_else(|| Refusal::coded("InvalidFilter", &format!("{name} must be a number"))),
    }
}

/// `GET /v4/loads/{load}`.
pub(super) async fn load(State(state): State<ManageState>, Path(id): Path<String>) -> Answer {
    let load = state.catalog().load(&LoadId::new(id)).await?;
    let load = load.ok_or_else(Refusal::not_found)?;
    let objects = state.catalog().load_objects(load.seq).await?;
    let bucket = bucket_of(&state, load.destination).await?;
    ok(&LoadDetail::new(&load, &objects, bucket.as_deref()))
}

/// The bucket of a destination, which may be deleted.
pub(super) async fn bucket_of(
    state: &ManageState,
    destination: DestinationId,
) -> Result<Option<String>, Refusal> {
    let destination = state.catalog().destination(destination).await?;
    Ok(destination.and_then(|destination| destination.properties.open().get("s3_bucket").cloned()))
}

/// An attempt to load a table.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttemptObject {
    started_at: Seconds,
    completed_at: Seconds,
    /// `success` or `error`.
    status: &'static str,
    bookmark: Option<HighestBookmark>,
    rows_loaded: u64,
    rows_rejected: u64,
    /// `bucket/key` of each object written.
    s3_objects: Vec<String>,
    error: Option<AttemptError>,
    /// The load, if there was one.
    load: Option<String>,
}

/// The highest value of a replication-key column.
#[derive(Debug, Serialize, ToSchema)]
struct HighestBookmark {
    key: String,
    value: String,
}

/// Why an attempt failed.
#[derive(Debug, Serialize, ToSchema)]
struct AttemptError {
    code: String,
    message: String,
}

/// `GET /v4/sources/{id}/loading-report/{table}`.
pub(super) async fn report_of_table(
    State(state): State<ManageState>,
    Path((source, table)): Path<(String, String)>,
    query: Query,
) -> Answer {
    let source = number(&source).ok_or_else(Refusal::not_found)?;
    let source = find_source(&state, SourceId::new(source)).await?;
    let day = match query.value("date") {
        None => Day::of(state.now()),
        Some(text) => Day::parse(text)
            .ok_or_else(|| Refusal::coded("InvalidDate", "date must be a day such as 2018-02-03"))?,
    };
    let tables = state.catalog().tables(source.id).await?;
    let table = tables.into_iter().find(|found| found.name == table);
    let table = table.ok_or_else(Refusal::not_found)?;
    let attempts = state.catalog().attempts(table.id, day.0).await?;
    let mut objects = Vec::with_capacity(attempts.len().min(MOST_ATTEMPTS));
    for attempt in attempts.into_iter().take(MOST_ATTEMPTS) {
        objects.push(attempt_object(&state, attempt).await?);
    }
    ok(&objects)
}

async fn attempt_object(state: &ManageState, attempt: Attempt) -> Result<AttemptObject, Refusal> {
    let load = match attempt.load {
        Some(seq) => state.catalog().load_at(seq).await?,
        None => None,
    };
    // What a failed attempt belongs to may have landed since: its objects are those of a later attempt.
    let landed = load.as_ref().filter(|_| attempt.error.is_none());
    let s3_objects = match landed {
        None => Vec::new(),
        Some(load) => {
            let bucket = bucket_of(state, load.destination).await?.unwrap_or_default();
            let written = state.catalog().load_objects(load.seq).await?;
            let holds_rows = |object: &&LandedObject| object.kind != ObjectKind::Rejects;
            let name = |object: &LandedObject| format!("{bucket}/{}", object.key);
            written.iter().filter(holds_rows).map(name).collect()
        }
    };
    let highest = attempt.facts.iter().flat_map(|facts| &facts.bookmarks).next();
    let bookmark = highest.and_then(|range| {
        let (_, max) = range.min_and_max.as_ref()?;
        Some(HighestBookmark {
            key: range.column.clone(),
            value: max.clone(),
        })
    });
    Ok(AttemptObject {
        started_at: Seconds(attempt.started_at),
        completed_at: Seconds(attempt.completed_at),
        status: if attempt.error.is_some() {
            "error"
        } else {
            "success"
        },
        bookmark,
        rows_loaded: attempt.rows_loaded,
        rows_rejected: attempt.rows_rejected,
        s3_objects,
        error: attempt.error.map(|fault| AttemptError {
            code: fault.code,
            message: fault.message,
        }),
        load: load.map(|load| load.id.as_str().to_owned()),
    })
}

/// What was loaded over time.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Series {
    /// `hour` or `day`, in UTC.
    step: &'static str,
    data: Vec<SeriesPoint>,
}

/// What was loaded in one hour or day.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
struct SeriesPoint {
    start: Seconds,
    rows_loaded: u64,
    rows_rejected: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Hour,
    Day,
}

impl Step {
    fn millis(self) -> i64 {
        match self {
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
        }
    }
}

/// Span and step of a chart: the last 24 hours by the hour, unless something else is asked for.
fn read_span(query: &Query, now: Timestamp) -> Result<(Timestamp, Timestamp, Step), Refusal> {
    let refusal = |message| Refusal::coded("InvalidRange", message);
    let step = match query.value("step") {
        None | Some("hour") => Step::Hour,
        Some("day") => Step::Day,
        Some(_) => return Err(refusal("step must be hour or day")),
    };
    let instant = |name: &str| match query.value(name) {
        None => Ok(None),
        Some(text) => read_instant(text)
            .map(Some)
            .ok_or_else(|| refusal("from and to must be timestamps such as 2026-01-05T10:00:00Z, or days")),
    };
    let until = instant("to")?.unwrap_or_else(|| now.next());
    let day_before = Timestamp::from_millis(until.as_millis().saturating_sub(Step::Day.millis()));
    let from = instant("from")?.unwrap_or(day_before);
    let steps = until.as_millis().saturating_sub(from.as_millis()) / step.millis();
    if until < from || steps > MOST_STEPS {
        return Err(refusal("from must be before to, with at most 2000 steps between"));
    }
    Ok((from, until, step))
}

/// Every step of the span, also those in which nothing was loaded.
fn fill(found: &[SeriesStep], (from, until): (Timestamp, Timestamp), step: Step) -> Vec<SeriesPoint> {
    let first = from.as_millis().div_euclid(step.millis());
    let last = (until.as_millis() - 1).div_euclid(step.millis());
    let point = |index: i64| {
        let start = Timestamp::from_millis(index * step.millis());
        let loaded = found.iter().find(|found| found.start == start);
        SeriesPoint {
            start: Seconds(start),
            rows_loaded: loaded.map_or(0, |loaded| loaded.rows_landed),
            rows_rejected: loaded.map_or(0, |loaded| loaded.rows_rejected),
        }
    };
    (first..=last).map(point).collect()
}

/// `GET /v4/series`.
pub(super) async fn series(State(state): State<ManageState>, query: Query) -> Answer {
    let (from, until, step) = read_span(&query, state.now())?;
    let source = match id(&query, "source_id")? {
        None => None,
        Some(source) => Some(find_source(&state, SourceId::new(source)).await?.id),
    };
    let found = state
        .catalog()
        .loaded_series(source, (from, until), step.millis())
        .await?;
    ok(&Series {
        step: match step {
            Step::Hour => "hour",
            Step::Day => "day",
        },
        data: fill(&found, (from, until), step),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_a_point_for_every_step_of_its_span() {
        let hour = |hour: i64| Timestamp::from_millis(hour * 3_600_000);
        let found = [SeriesStep {
            start: hour(2),
            rows_landed: 5,
            rows_rejected: 1,
        }];
        let points = fill(&found, (hour(1), hour(4)), Step::Hour);
        let expected: Vec<(Timestamp, u64)> = vec![(hour(1), 0), (hour(2), 5), (hour(3), 0)];
        let rows: Vec<(Timestamp, u64)> = points
            .iter()
            .map(|point| (point.start.0, point.rows_loaded))
            .collect();
        assert_eq!(rows, expected);
        assert!(fill(&found, (hour(1), hour(1)), Step::Hour).len() <= 1);
    }
}
