//! `/v4/event-hooks`: webhooks that are told of events (management-api.md §12.3, operations.md §2).

use std::collections::BTreeSet;
use std::time::Duration;

use axum::extract::State;
use landfall_catalog::{Event, EventHook, EventHookError, EventHookId, NewEventHook};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::access_keys::read_switch;
use super::answer::{Answer, Refusal, ok};
use super::authentication::Caller;
use super::hooks::read_url;
use super::instant::Seconds;
use super::messenger::test_event_body;
use super::minted::Minted;
use super::request::{JsonBody, Numbers};
use super::state::ManageState;

/// A day: later, an event is no news.
const LONGEST_DELAY_SECONDS: u64 = 24 * 60 * 60;

/// An event hook. Its secret is shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventHookObject<'a> {
    id: u32,
    client_id: u32,
    url: &'a str,
    events: Vec<&'static str>,
    delay_seconds: u64,
    created_at: Seconds,
    modified_at: Seconds,
    disabled_at: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

/// Whether a test message was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TestResult {
    pub(super) delivered: bool,
    /// Why not, if so.
    pub(super) failure: Option<String>,
}

impl TestResult {
    pub(super) fn of(outcome: Result<(), String>) -> Self {
        Self {
            delivered: outcome.is_ok(),
            failure: outcome.err(),
        }
    }
}

impl<'a> EventHookObject<'a> {
    fn new(hook: &'a EventHook, client: u32) -> Self {
        Self {
            id: hook.id.number(),
            client_id: client,
            url: hook.url.expose_secret(),
            events: hook.events.iter().map(|event| event.as_str()).collect(),
            delay_seconds: hook.delay.as_secs(),
            created_at: Seconds(hook.created_at),
            modified_at: Seconds(hook.modified_at),
            disabled_at: hook.disabled_at.map(Seconds),
            secret: None,
        }
    }
}

fn refuse(fault: EventHookError) -> Refusal {
    match fault {
        EventHookError::TooMany => Refusal::only_message("You have exceeded the limit of 10 hooks."),
        EventHookError::NotFound(_) => Refusal::only_code("NotFound"),
        EventHookError::Store(fault) => fault.into(),
        fault => Refusal::internal(&fault.to_string()),
    }
}

/// URL, events and delay of a body of POST.
fn read_body(body: &JsonBody) -> Option<(&str, BTreeSet<Event>, Duration)> {
    let body = body.only(&["url", "events", "delay_seconds"])?;
    let url = body.get("url")?.as_str()?;
    let events = body.get("events")?.as_array()?;
    let events: Option<BTreeSet<Event>> = events
        .iter()
        .map(|event| Event::from_spelling(event.as_str()?))
        .collect();
    let delay = match body.get("delay_seconds") {
        None => 0,
        Some(delay) => delay.as_u64().filter(|delay| *delay <= LONGEST_DELAY_SECONDS)?,
    };
    let events = events.filter(|events| !events.is_empty())?;
    Some((url, events, Duration::from_secs(delay)))
}

/// `POST /v4/event-hooks`.
pub(super) async fn create(State(state): State<ManageState>, caller: Caller, body: JsonBody) -> Answer {
    let (url, events, delay) =
        read_body(&body).ok_or_else(|| Refusal::data_first("InvalidBody", "Invalid POST body"))?;
    let url =
        read_url(url, &state.parts.rules).ok_or_else(|| Refusal::data_first("InvalidBody", "Invalid URI"))?;
    let minted = Minted::hook_secret(state.parts.entropy.as_ref());
    let new = NewEventHook {
        url,
        secret: minted.text().clone(),
        events,
        delay,
    };
    let act = state.act(&caller);
    let hook = state
        .catalog()
        .create_event_hook(&new, act)
        .await
        .map_err(refuse)?;
    let client = state.instance().await?.client_id.as_u32();
    ok(&EventHookObject {
        secret: Some(minted.text().expose_secret()),
        ..EventHookObject::new(&hook, client)
    })
}

/// `GET /v4/event-hooks`.
pub(super) async fn list(State(state): State<ManageState>) -> Answer {
    let hooks = state.catalog().event_hooks().await?;
    let client = state.instance().await?.client_id.as_u32();
    let object = |hook| EventHookObject::new(hook, client);
    ok(&hooks.iter().map(object).collect::<Vec<_>>())
}

/// `PUT /v4/event-hooks/{id}`.
pub(super) async fn switch(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
    caller: Caller,
    body: JsonBody,
) -> Answer {
    let to = read_switch(&body).ok_or_else(|| {
        Refusal::data_first("InvalidBody", "PUT body must only contain boolean 'enable' key")
    })?;
    let act = state.act(&caller);
    let switched = state
        .catalog()
        .switch_event_hook(EventHookId::new(id), to, act)
        .await;
    let hook = switched.map_err(refuse)?;
    let client = state.instance().await?.client_id.as_u32();
    ok(&EventHookObject::new(&hook, client))
}

/// `DELETE /v4/event-hooks/{id}`.
pub(super) async fn delete(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
    caller: Caller,
) -> Answer {
    let act = state.act(&caller);
    let deleted = state.catalog().delete_event_hook(EventHookId::new(id), act).await;
    deleted.map_err(refuse)?;
    ok(&Value::Null)
}

/// `POST /v4/event-hooks/{id}/test`: sends a test message now.
pub(super) async fn test(State(state): State<ManageState>, Numbers([id]): Numbers<1>) -> Answer {
    let hooks = state.catalog().event_hooks().await?;
    let hook = hooks.iter().find(|hook| hook.id.number() == id);
    let hook = hook.ok_or_else(|| Refusal::only_code("NotFound"))?;
    let body = test_event_body(state.instance().await?.client_id, state.now());
    let sent = state.parts.messenger.post(&hook.url, &hook.secret, &body).await;
    ok(&TestResult::of(sent))
}
