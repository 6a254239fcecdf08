//! What became of the requests to a post-load webhook, and sending them again (ext; operations.md §3).

use axum::extract::State;
use landfall_catalog::{DeliveryRecord, HookId};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, Refusal, ok};
use super::authentication::Caller;
use super::hooks::refuse;
use super::instant::{Seconds, read_instant};
use super::request::{JsonBody, Numbers, Query};
use super::state::ManageState;

/// Lines in an answer.
const PAGE: u32 = 100;

/// Tries to deliver requests to a hook, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeliveryLog<'a> {
    data: Vec<DeliveryLine<'a>>,
    /// What to give as `before` for those that follow; none if these were the last.
    next: Option<i64>,
}

/// A try to deliver a request.
#[derive(Debug, Serialize, ToSchema)]
struct DeliveryLine<'a> {
    id: i64,
    /// The request; its tries share it.
    request_id: i64,
    load: &'a str,
    table_id: u32,
    /// The how-manieth try it was, from 1.
    attempt: u32,
    tried_at: Seconds,
    delivered: bool,
    /// Why it failed, if it did.
    failure: Option<&'a str>,
}

/// How many requests are sent again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Replayed {
    requests: u64,
}

fn line(record: &DeliveryRecord) -> DeliveryLine<'_> {
    DeliveryLine {
        id: record.number,
        request_id: record.notice.number(),
        load: record.load.as_str(),
        table_id: record.table.number(),
        attempt: record.attempt,
        tried_at: Seconds(record.tried_at),
        delivered: record.failure.is_none(),
        failure: record.failure.as_deref(),
    }
}

/// `GET …/hooks/{id}/deliveries`.
pub(super) async fn list(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
    query: Query,
) -> Answer {
    let (id, limit) = (HookId::new(id), query.limit(PAGE)?);
    if !state.catalog().hooks().await?.iter().any(|hook| hook.id == id) {
        return Err(Refusal::not_found());
    }
    let records = state.catalog().deliveries(id, query.before()?, limit).await?;
    let is_full = records.len() >= limit as usize;
    ok(&DeliveryLog {
        data: records.iter().map(line).collect(),
        next: records.last().filter(|_| is_full).map(|record| record.number),
    })
}

/// `POST …/hooks/{id}/replay`.
pub(super) async fn replay(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
    caller: Caller,
    body: JsonBody,
) -> Answer {
    let since = body
        .only(&["since"])
        .and_then(|body| body.get("since")?.as_str())
        .and_then(read_instant)
        .ok_or_else(|| {
            let message = "POST body must have a timestamp or a day since";
            Refusal::data_first("InvalidBody", message)
        })?;
    let act = state.act(&caller);
    let replayed = state
        .catalog()
        .replay_notices(HookId::new(id), since, act.at)
        .await;
    let requests = replayed.map_err(refuse)?;
    state
        .catalog()
        .record_audit(act, "hook.replay", &id.to_string())
        .await?;
    state.changed();
    ok(&Replayed { requests })
}
