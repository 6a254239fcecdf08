//! `/v4/sources` (management-api.md §8).

use axum::extract::State;
use axum::http::HeaderMap;
use landfall_catalog::{Source, SourceError, SourceType};
use landfall_core::ids::SourceId;
use secrecy::ExposeSecret;

use super::answer::{Answer, Refusal, ok};
use super::authentication::Caller;
use super::request::{JsonBody, Numbers};
use super::source_body::{CreateBody, NameOrigin, read_change};
use super::source_object::SourceObject;
use super::state::ManageState;
use super::tokens;

fn unknown(id: SourceId) -> Refusal {
    Refusal::coded("InvalidId", &format!("source not found ({id})"))
}

/// A source, which may be deleted; 404 if there is none.
pub(super) async fn find_source(state: &ManageState, id: SourceId) -> Result<Source, Refusal> {
    let source = state.catalog().source(id).await?;
    source.ok_or_else(|| unknown(id).into_not_found())
}

/// A source that can be changed; 400 if there is none.
pub(super) async fn live_source(state: &ManageState, id: SourceId) -> Result<Source, Refusal> {
    let source = state.catalog().source(id).await?;
    source
        .filter(|source| source.deleted_at.is_none())
        .ok_or_else(|| unknown(id))
}

pub(super) fn refuse(fault: SourceError) -> Refusal {
    match fault {
        SourceError::DisplayNameTaken(name) | SourceError::NameTaken(name) => {
            Refusal::coded("InvalidName", &format!("non-unique name ({name})"))
        }
        SourceError::NotFound(id) => unknown(id),
        SourceError::UnknownDestination(id) => {
            Refusal::coded("InvalidDestination", &format!("destination not found ({id})"))
        }
        SourceError::Store(fault) => fault.into(),
        fault => Refusal::internal(&fault.to_string()),
    }
}

/// Answers with a source.
pub(super) async fn show(state: &ManageState, source: &Source) -> Answer {
    let client = state.instance().await?.client_id;
    ok(&SourceObject::new(source, client))
}

/// `GET /v4/sources`.
pub(super) async fn list(State(state): State<ManageState>) -> Answer {
    let sources = state.catalog().sources().await?;
    let client = state.instance().await?.client_id;
    let objects: Vec<SourceObject<'_>> = sources
        .iter()
        .map(|source| SourceObject::new(source, client))
        .collect();
    ok(&objects)
}

/// `GET /v4/sources/{id}`.
pub(super) async fn get(State(state): State<ManageState>, Numbers([id]): Numbers<1>) -> Answer {
    show(&state, &find_source(&state, SourceId::new(id)).await?).await
}

/// `POST /v4/sources`.
pub(super) async fn create(
    State(state): State<ManageState>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody,
) -> Answer {
    let CreateBody { new, name_origin } = CreateBody::read(&body)?;
    let created = state.catalog().create_source(&new, state.act(&caller)).await;
    let source = created.map_err(|fault| match (fault, name_origin) {
        (SourceError::NameTaken(name), NameOrigin::Derived) => {
            let derived = format!("{} -> {name}", new.display_name);
            let message = format!("non-unique name after deriving it from display_name ({derived})");
            Refusal::coded("InvalidName", &message)
        }
        (fault, _) => refuse(fault),
    })?;
    state.changed();
    if source.source_type != SourceType::IncomingWebhook {
        return show(&state, &source).await;
    }
    let (_, url) = tokens::add_url(&state, &caller, &headers, source.id).await?;
    let client = state.instance().await?.client_id;
    ok(&SourceObject::new(&source, client).with_url(url.expose_secret()))
}

/// `PUT /v4/sources/{id}`.
pub(super) async fn update(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
    caller: Caller,
    body: JsonBody,
) -> Answer {
    let id = SourceId::new(id);
    let stored = live_source(&state, id).await?;
    let change = read_change(&body, &stored)?;
    let act = state.act(&caller);
    let source = state
        .catalog()
        .update_source(id, &change, act)
        .await
        .map_err(refuse)?;
    state.changed();
    show(&state, &source).await
}

/// `DELETE /v4/sources/{id}`.
pub(super) async fn delete(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
    caller: Caller,
) -> Answer {
    let act = state.act(&caller);
    let deleted = state.catalog().delete_source(SourceId::new(id), act).await;
    let source = deleted.map_err(refuse)?;
    state.changed();
    show(&state, &source).await
}
