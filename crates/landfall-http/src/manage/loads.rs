//! `GET /v4/{client}/loads` and the loading report of a source (management-api.md §11).

use std::time::Duration;

use axum::extract::{Path, State};
use landfall_catalog::{LoadFault, StreamLoad, Table, TableReport, TableStatus};
use landfall_core::ids::SourceId;
use landfall_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, Refusal, ok};
use super::instant::Seconds;
use super::request::{Numbers, Query};
use super::sources::find_source;
use super::state::ManageState;

const PAGE: u32 = 100;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const WINDOW_DAYS: u32 = 60;
/// A billing period (operations.md §7).
const PERIOD_DAYS: u32 = 30;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LoadPage)]
pub(super) struct Page<'a> {
    data: Vec<LoadObject<'a>>,
    page: u32,
    total: u64,
    links: Links,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
struct Links {
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct LoadObject<'a> {
    stitch_client_id: u32,
    source_name: &'a str,
    stream_name: &'a str,
    last_batch_loaded_at: Option<Seconds>,
    error_state: Option<ErrorState<'a>>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ErrorState<'a> {
    notification_data: NotificationData<'a>,
    exception_chain: [ExceptionLink; 1],
}

#[derive(Debug, Serialize, ToSchema)]
struct NotificationData<'a> {
    message: &'static str,
    exception_message: &'static str,
    warehouse_error_code: Option<&'static str>,
    error: &'static str,
    new_column: Option<&'static str>,
    status: &'static str,
    warehouse_sql_state: Option<&'static str>,
    action: &'static str,
    warehouse_message: &'a str,
    column: Option<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ExceptionLink {
    class: &'static str,
    message: &'static str,
    chain_sequence_num: u32,
    action: &'static str,
}

/// What fails is the way to the bucket: what is wrong with records is set aside, and fails no load.
const ACTION: &str = "get-connection";
const ACTION_MESSAGE: &str = "establish a connection to your destination";

fn error_state(fault: &LoadFault) -> ErrorState<'_> {
    ErrorState {
        notification_data: NotificationData {
            message: ACTION_MESSAGE,
            exception_message: ACTION_MESSAGE,
            warehouse_error_code: None,
            error: "LOADER_WAREHOUSE_ERROR",
            new_column: None,
            status: "ERROR",
            warehouse_sql_state: None,
            action: ACTION,
            warehouse_message: &fault.message,
            column: None,
        },
        exception_chain: [ExceptionLink {
            class: "landfall.S3Error",
            message: ACTION_MESSAGE,
            chain_sequence_num: 0,
            action: ACTION,
        }],
    }
}

fn load_object(load: &StreamLoad, client: u32) -> LoadObject<'_> {
    LoadObject {
        stitch_client_id: client,
        source_name: &load.source_name,
        stream_name: &load.stream_name,
        last_batch_loaded_at: load.last_batch_loaded_at.map(Seconds),
        error_state: load.error.as_ref().map(error_state),
    }
}

fn read_page(query: &Query) -> Result<u32, Refusal> {
    let number = match query.value("page") {
        None => return Ok(1),
        Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.trim_start_matches('0').parse::<u64>().ok()
        }
        Some(_) => None,
    };
    let page = number.map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    page.ok_or_else(|| Refusal::coded("InvalidPage", "page must be a positive integer"))
}

fn links(path: &str, page: u32, total: u64) -> Links {
    let pages = total.div_ceil(PAGE.into());
    let link = |page: u64| format!("{path}?page={page}");
    let page = u64::from(page);
    Links {
        next: (page < pages).then(|| link(page + 1)),
        previous: (pages > 1 && page > 1).then(|| link((page - 1).min(pages))),
    }
}

fn days_before(at: Timestamp, days: u32) -> Timestamp {
    let millis = i64::try_from((DAY * days).as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(at.as_millis().saturating_sub(millis))
}

/// `GET /v4/{client}/loads`.
pub(super) async fn list(
    State(state): State<ManageState>,
    Path(client): Path<String>,
    query: Query,
) -> Answer {
    let own = state.instance().await?.client_id.as_u32();
    if client != own.to_string() {
        return Err(Refusal::unauthorized());
    }
    let page = read_page(&query)?;
    let since = days_before(state.now(), WINDOW_DAYS);
    let offset = (page - 1).saturating_mul(PAGE);
    let found = state.catalog().stream_loads(since, offset, PAGE).await?;
    ok(&Page {
        data: found.loads.iter().map(|load| load_object(load, own)).collect(),
        page,
        total: found.total,
        links: links(&format!("/v4/{own}/loads"), page, found.total),
    })
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TableReportObject)]
pub(super) struct ReportObject<'a> {
    table: &'a str,
    bookmark: Option<BookmarkObject<'a>>,
    time_extracted: Option<&'a str>,
    rows_loaded: u64,
    rows_rejected: u64,
    subtables: Vec<SubTableObject<'a>>,
    status: &'static str,
    /// Received and not loaded yet; null if the loader does not answer.
    rows_waiting: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct BookmarkObject<'a> {
    key: &'a str,
    value: &'a str,
}

#[derive(Debug, Serialize, ToSchema)]
struct SubTableObject<'a> {
    table: &'a str,
    rows_loaded: u64,
}

fn report_object(report: &TableReport, rows_waiting: Option<u64>) -> ReportObject<'_> {
    ReportObject {
        table: &report.table.name,
        bookmark: report
            .table
            .highest_bookmark
            .as_ref()
            .map(|bookmark| BookmarkObject {
                key: &bookmark.column,
                value: &bookmark.value,
            }),
        time_extracted: report.time_extracted.as_deref(),
        rows_loaded: report.rows_loaded,
        rows_rejected: report.rows_rejected,
        subtables: report
            .sub_tables
            .iter()
            .map(|(table, rows)| SubTableObject {
                table,
                rows_loaded: *rows,
            })
            .collect(),
        status: match report.status {
            TableStatus::Ok => "ok",
            TableStatus::Loading => "loading",
            TableStatus::Error => "error",
        },
        rows_waiting,
    }
}

/// The span of a report, its end not included.
fn read_range(query: &Query, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let end = now.next();
    match query.value("range") {
        None | Some("24h") => Some((days_before(now, 1), end)),
        Some("this_period") => Some((days_before(now, PERIOD_DAYS), end)),
        Some("previous_period") => Some((days_before(now, 2 * PERIOD_DAYS), days_before(now, PERIOD_DAYS))),
        Some(_) => None,
    }
}

/// `GET /v4/sources/{id}/loading-report`.
pub(super) async fn report(
    State(state): State<ManageState>,
    Numbers([source]): Numbers<1>,
    query: Query,
) -> Answer {
    let (from, until) = read_range(&query, state.now()).ok_or_else(|| {
        Refusal::coded(
            "InvalidRange",
            "range must be 24h, this_period or previous_period",
        )
    })?;
    let source = find_source(&state, SourceId::new(source)).await?;
    let reports = state.catalog().loading_report(source.id, from, until).await?;
    let backlog = state.parts.loader.backlog().await;
    let waiting = |table: &Table| backlog.as_ref().map(|backlog| backlog.rows_of(table));
    let objects = reports
        .iter()
        .map(|report| report_object(report, waiting(&report.table)));
    ok(&objects.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_pages_that_there_are() {
        let cases = [
            (1, 0, None, None),
            (1, 100, None, None),
            (1, 237, Some(2), None),
            (2, 237, Some(3), Some(1)),
            (3, 237, None, Some(2)),
            (9, 237, None, Some(3)),
        ];
        for (page, total, next, previous) in cases {
            let link = |page: i32| format!("/v4/1/loads?page={page}");
            let expected = Links {
                next: next.map(link),
                previous: previous.map(link),
            };
            assert_eq!(
                links("/v4/1/loads", page, total),
                expected,
                "page {page} of {total}"
            );
        }
    }
}
