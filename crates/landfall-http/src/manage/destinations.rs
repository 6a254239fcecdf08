//! `/v4/destinations` (management-api.md §5).

use axum::extract::State;
use landfall_catalog::{
    AccessEffect, Destination, DestinationChange, DestinationError, DestinationProperties, MappedSources,
    NewDestination, PropertiesChange,
};
use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::settings::ChallengeKey;
use landfall_setup::challenge;
use serde_json::{Map, Value};

use super::answer::{Answer, Refusal, ok, ok_empty};
use super::authentication::Caller;
use super::destination_body::{CreateBody, UpdateBody, invalid_properties};
use super::destination_object::{DestinationObject, card_of};
use super::destination_rules::{Judged, SENTINEL_KEY, access_effect, add_challenge, merge};
use super::request::{JsonBody, Numbers, Query, number};
use super::state::ManageState;
use super::types::{Progress, destination_card};

/// How often a change is tried again because another one came between reading and writing.
const MOST_TRIES: u32 = 5;

/// A destination that isn't deleted.
pub(super) async fn of_id(state: &ManageState, id: DestinationId) -> Result<Destination, Refusal> {
    let destination = state.catalog().destination(id).await?;
    destination
        .filter(|destination| destination.state.deleted_at().is_none())
        .ok_or_else(Refusal::not_found)
}

fn refuse(fault: DestinationError) -> Refusal {
    match fault {
        DestinationError::TooMany { .. } => Refusal::text("you are at your destination limit"),
        DestinationError::NameTaken(name) => {
            Refusal::coded("InvalidName", &format!("non-unique name ({name})"))
        }
        DestinationError::NotFound(_) => Refusal::text("invalid connection id"),
        DestinationError::Store(fault) => fault.into(),
        fault => Refusal::internal(&fault.to_string()),
    }
}

/// A destination that can be changed; 400 if there is none.
async fn live(state: &ManageState, id: DestinationId) -> Result<Destination, Refusal> {
    let destination = state.catalog().destination(id).await?;
    destination
        .filter(|destination| destination.state.deleted_at().is_none())
        .ok_or_else(|| refuse(DestinationError::NotFound(id)))
}

/// A destination that a request made or changed, with the challenge name if that was made too.
pub(super) type Changed = (DestinationId, Option<ChallengeKey>);

/// `POST /v4/destinations`.
pub(super) async fn create(State(state): State<ManageState>, caller: Caller, body: JsonBody) -> Answer {
    let (id, generated) = add(&state, &caller, CreateBody::read(&body)?).await?;
    show(&state, id, generated.as_ref()).await
}

/// Adds a destination, and checks it if its challenge file is there already.
pub(super) async fn add(
    state: &ManageState,
    caller: &Caller,
    body: CreateBody<'_>,
) -> Result<Changed, Refusal> {
    let nothing = DestinationProperties::default();
    let mut judged = merge(&nothing, body.properties, &state.parts.rules)
        .map_err(|problems| invalid_properties(&problems, destination_card(Progress::Form, |_| false)))?;
    let generated = add_challenge(&mut judged, || challenge::generate(state.random16()));
    let is_file_there = judged.properties.is_set(SENTINEL_KEY) && generated.is_none();
    let new = NewDestination {
        name: body.name,
        description: body.description,
        properties: judged.properties,
        form: judged.form,
        unmapped_sources: body.unmapped_sources,
        most_destinations: state.parts.rules.most_destinations,
    };
    let act = state.act(caller);
    let created = state
        .catalog()
        .create_destination(&new, act)
        .await
        .map_err(refuse)?;
    state.changed();
    if is_file_there && let Some(check) = state.wish_check(created.id).await.map_err(refuse)? {
        check.wait().await;
    }
    Ok((created.id, generated))
}

/// Answers with the destination as it is now.
async fn show(state: &ManageState, id: DestinationId, generated: Option<&ChallengeKey>) -> Answer {
    let destination = of_id(state, id).await?;
    let client = state.instance().await?.client_id;
    ok(&DestinationObject::new(
        &destination,
        client,
        generated,
        &state.parts.rules,
    ))
}

/// `GET /v4/destinations/{id}`.
pub(super) async fn get(State(state): State<ManageState>, Numbers([id]): Numbers<1>) -> Answer {
    show(&state, DestinationId::new(id), None).await
}

/// `GET /v4/destinations`.
pub(super) async fn list(State(state): State<ManageState>, query: Query) -> Answer {
    if !query.has_only(&["source_id", "destination_id"]) {
        return Err(Refusal::text(
            "GET may only include the params: source_id and/or destination_id",
        ));
    }
    let mut destinations = state.catalog().destinations().await?;
    if let Some(id) = query.value("destination_id") {
        let id = number(id).map(DestinationId::new);
        destinations.retain(|destination| Some(destination.id) == id);
    }
    if let Some(source) = query.value("source_id") {
        let mapped = match number(source) {
            Some(source) => state.catalog().destination_of(SourceId::new(source)).await?,
            None => None,
        };
        destinations.retain(|destination| mapped.as_ref().is_some_and(|mapped| mapped.id == destination.id));
    }
    let client = state.instance().await?.client_id;
    let objects: Vec<DestinationObject<'_>> = destinations
        .iter()
        .map(|destination| DestinationObject::new(destination, client, None, &state.parts.rules))
        .collect();
    ok(&objects)
}

/// `PUT /v4/destinations/{id}`.
pub(super) async fn update(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
    caller: Caller,
    body: JsonBody,
) -> Answer {
    let read = || UpdateBody::read(&body);
    let (id, generated) = change(&state, &caller, DestinationId::new(id), read).await?;
    show(&state, id, generated.as_ref()).await
}

/// Changes a destination, and checks it if need be. The body is read once it is known that there is a destination.
pub(super) async fn change<'a>(
    state: &ManageState,
    caller: &Caller,
    id: DestinationId,
    read: impl Fn() -> Result<UpdateBody<'a>, Refusal>,
) -> Result<Changed, Refusal> {
    for _ in 0..MOST_TRIES {
        let stored = live(state, id).await?;
        let body = read()?;
        let merged = match body.properties {
            Some(given) => Some(merge_into(state, &stored, given)?),
            None => None,
        };
        let (properties, generated) = merged.unzip();
        let generated = generated.flatten();
        let must_be_checked = generated.is_none() && properties.as_ref().is_some_and(asks_for_check);
        let change = DestinationChange {
            name: body.name,
            description: body.description,
            properties,
            pause: body.pause,
        };
        let act = state.act(caller);
        match state.catalog().update_destination(id, &change, act).await {
            Err(DestinationError::ChangedMeanwhile(_)) => {}
            Err(fault) => return Err(refuse(fault)),
            Ok(_) => {
                state.changed();
                if must_be_checked {
                    state.start_check(id).await.map_err(refuse)?;
                }
                return Ok((id, generated));
            }
        }
    }
    Err(refuse(DestinationError::ChangedMeanwhile(id)))
}

fn asks_for_check(change: &PropertiesChange) -> bool {
    change.access == AccessEffect::Changed
}

/// The properties after a change, and the challenge name if one had to be made.
fn merge_into(
    state: &ManageState,
    stored: &Destination,
    given: &Map<String, Value>,
) -> Result<(PropertiesChange, Option<ChallengeKey>), Refusal> {
    let mut judged: Judged = merge(&stored.properties, given, &state.parts.rules)
        .map_err(|problems| invalid_properties(&problems, card_of(stored)))?;
    let generated = add_challenge(&mut judged, || challenge::generate(state.random16()));
    let change = PropertiesChange {
        access: access_effect(&stored.properties, &judged.properties),
        form: judged.form,
        properties: judged.properties,
        read_revision: stored.revision,
    };
    Ok((change, generated))
}

/// `DELETE /v4/destinations/{id}`.
pub(super) async fn delete(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
    query: Query,
    caller: Caller,
) -> Answer {
    let sources = match query.value("sources") {
        None | Some("pause") => MappedSources::Pause,
        Some("delete") => MappedSources::Delete,
        Some(_) => return Err(Refusal::coded("InvalidBody", "sources must be pause or delete")),
    };
    let (act, number) = (state.act(&caller), DestinationId::new(id));
    match state.catalog().delete_destination(number, sources, act).await {
        Ok(()) => {
            state.changed();
            ok_empty()
        }
        Err(DestinationError::NotFound(_)) => {
            let client = state.instance().await?.client_id;
            let message = format!("Unable to locate dest ({id}) for client ({client}) to delete");
            Err(Refusal::text(&message))
        }
        Err(fault) => Err(refuse(fault)),
    }
}
