//! Usage and the summary of a source (management-api.md §11, operations.md §7, §8).

use std::collections::BTreeMap;

use axum::extract::State;
use landfall_catalog::{Source, SourceBacklog, Table, TableId};
use landfall_core::ids::SourceId;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, Refusal, ok};
use super::instant::{Day, Seconds};
use super::loading::WaitingRows;
use super::request::{Numbers, Query};
use super::sources::find_source;
use super::state::ManageState;

/// A period is 30 days (operations.md §7).
const PERIOD_DAYS: i64 = 30;
/// Days that are asked for at most.
const MOST_DAYS: i64 = 366;

/// Rows replicated.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsageReport {
    from: Day,
    to: Day,
    rows_replicated: u64,
    rows_rejected: u64,
    /// One for each source, table or day, whatever `group` asks for.
    data: Vec<UsageLine>,
}

/// What a source, a table or a day replicated.
#[derive(Debug, Serialize, ToSchema)]
struct UsageLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    source_id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<Day>,
    rows_replicated: u64,
    rows_rejected: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Source,
    Table,
    Day,
}

/// What one line is about; in the order of the answer.
type Subject = (Option<SourceId>, Option<TableId>, Option<i64>);

fn read_days(query: &Query, today: Day) -> Result<(Day, Day), Refusal> {
    let refusal = || {
        Refusal::coded(
            "InvalidRange",
            "from and to must be days such as 2026-01-05, at most a year apart and in order",
        )
    };
    let day = |name: &str, otherwise: Day| match query.value(name) {
        None => Ok(otherwise),
        Some(text) => Day::parse(text).ok_or_else(refusal),
    };
    let to = day("to", today)?;
    let from = day("from", Day(to.0 - PERIOD_DAYS + 1))?;
    let is_sound = from.0 <= to.0 && to.0 - from.0 < MOST_DAYS;
    is_sound.then_some((from, to)).ok_or_else(refusal)
}

/// `GET /v4/usage`.
pub(super) async fn usage(State(state): State<ManageState>, query: Query) -> Answer {
    let (from, to) = read_days(&query, Day::of(state.now()))?;
    let group = match query.value("group") {
        Some("source") => Group::Source,
        Some("table") => Group::Table,
        None | Some("day") => Group::Day,
        Some(_) => {
            return Err(Refusal::coded(
                "InvalidGroup",
                "group must be source, table or day",
            ));
        }
    };
    let mut sums: BTreeMap<Subject, (u64, u64)> = BTreeMap::new();
    for used in state.catalog().usage(from.0, to.0).await? {
        let subject = match group {
            Group::Source => (Some(used.source), None, None),
            Group::Table => (Some(used.source), Some(used.table), None),
            Group::Day => (None, None, Some(used.day)),
        };
        let sum = sums.entry(subject).or_default();
        sum.0 += used.rows_replicated;
        sum.1 += used.rows_rejected;
    }
    let names = names(&state, group).await?;
    let line = |(subject, sums): (&Subject, &(u64, u64))| names.line(*subject, *sums);
    ok(&UsageReport {
        from,
        to,
        rows_replicated: sums.values().map(|sum| sum.0).sum(),
        rows_rejected: sums.values().map(|sum| sum.1).sum(),
        data: sums.iter().map(line).collect(),
    })
}

/// What sources and tables are called.
#[derive(Default)]
struct Names {
    sources: BTreeMap<SourceId, String>,
    tables: BTreeMap<TableId, String>,
}

async fn names(state: &ManageState, group: Group) -> Result<Names, Refusal> {
    let mut names = Names::default();
    if group == Group::Day {
        return Ok(names);
    }
    for source in state.catalog().sources().await? {
        if group == Group::Table {
            let tables = state.catalog().tables(source.id).await?;
            names
                .tables
                .extend(tables.into_iter().map(|table| (table.id, table.name)));
        }
        names.sources.insert(source.id, source.name);
    }
    Ok(names)
}

impl Names {
    fn line(&self, (source, table, day): Subject, (replicated, rejected): (u64, u64)) -> UsageLine {
        UsageLine {
            source_id: source.map(SourceId::as_u32),
            source_name: source.and_then(|source| self.sources.get(&source).cloned()),
            table: table.and_then(|table| self.tables.get(&table).cloned()),
            day: day.map(Day),
            rows_replicated: replicated,
            rows_rejected: rejected,
        }
    }
}

/// The summary tiles of a source.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SourceStats {
    /// Of taps alone.
    last_sync_started: Option<Seconds>,
    /// Of taps alone.
    last_sync_completed: Option<Seconds>,
    /// `pending`, `in_progress`, `succeeded`, `failed` or `not_syncing`.
    sync_status: &'static str,
    /// Of taps alone.
    next_sync: Option<Seconds>,
    /// When the last record was received, loaded or not.
    last_rows_received: Option<Seconds>,
    /// Received and not loaded yet.
    rows_to_be_loaded: u64,
    tables_to_be_loaded: u64,
    /// Whether more wait than were counted: the loader has not read them yet, or does not answer.
    has_unread: bool,
    /// Of `rows_to_be_loaded`, those that wait for a destination that can be loaded to.
    rows_held: u64,
    /// When the next batch is closed and loaded by itself, at the latest.
    next_load_at: Option<Seconds>,
    /// Since 00:00 UTC.
    rows_loaded_today: u64,
    /// Since 00:00 UTC: set aside, with their reasons.
    rows_rejected_today: u64,
    last_table_loaded: Option<String>,
    last_table_loaded_at: Option<Seconds>,
}

fn sync_status(source: &Source, is_loading: bool, tables: &[Table]) -> &'static str {
    let rests = source.paused_at.is_some()
        || source.system_paused_at.is_some()
        || source.deleted_at.is_some()
        || source.destination.is_none();
    if rests {
        "not_syncing"
    } else if tables.iter().any(|table| table.last_error.is_some()) {
        "failed"
    } else if is_loading {
        "in_progress"
    } else if tables.iter().any(|table| table.last_load_at.is_some()) {
        "succeeded"
    } else {
        "pending"
    }
}

/// What the ledger knows to wait, where the loader does not answer.
fn as_noted(backlog: &SourceBacklog) -> WaitingRows {
    WaitingRows {
        rows: backlog.rows,
        tables: backlog.tables,
        rows_closed: backlog.rows,
        has_unread: true,
        ..WaitingRows::default()
    }
}

/// `GET /v4/sources/{id}/stats`.
pub(super) async fn stats(State(state): State<ManageState>, Numbers([id]): Numbers<1>) -> Answer {
    let source = find_source(&state, SourceId::new(id)).await?;
    let today = Day::of(state.now()).start();
    let backlog = state.catalog().source_backlog(source.id, today).await?;
    let waiting = state.waiting(Some(source.id)).await?;
    let is_loading = waiting.map_or(backlog.tables, |waiting| waiting.rows_closed) > 0;
    let waiting = waiting.unwrap_or_else(|| as_noted(&backlog));
    let tables = state.catalog().tables(source.id).await?;
    let last = tables
        .iter()
        .filter(|table| table.last_load_at.is_some())
        .max_by_key(|table| table.last_load_at);
    ok(&SourceStats {
        last_sync_started: None,
        last_sync_completed: None,
        sync_status: sync_status(&source, is_loading, &tables),
        next_sync: None,
        last_rows_received: backlog.last_received_at.max(waiting.last_received).map(Seconds),
        rows_to_be_loaded: waiting.rows,
        tables_to_be_loaded: waiting.tables,
        has_unread: waiting.has_unread,
        rows_held: waiting.rows_held,
        next_load_at: waiting.next_load_at.map(Seconds),
        rows_loaded_today: backlog.rows_landed_since,
        rows_rejected_today: backlog.rows_rejected_since,
        last_table_loaded: last.map(|table| table.name.clone()),
        last_table_loaded_at: last.and_then(|table| table.last_load_at).map(Seconds),
    })
}
