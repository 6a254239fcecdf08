//! `/v3/destinations`: the old shape, for clients that were written for it (management-api.md §5.4).

use std::collections::BTreeMap;

use axum::extract::State;
use landfall_catalog::{ConnectionCheck, Destination, UnmappedSources};
use landfall_core::ids::DestinationId;
use landfall_core::settings::ChallengeKey;
use landfall_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::{Answer, ok};
use super::authentication::Caller;
use super::check_object::as_of;
use super::destination_body::{CreateBody, UpdateBody, read_connection};
use super::destination_rules::SENTINEL_KEY;
use super::destinations::{Changed, add, change, of_id};
use super::instant::Seconds;
use super::request::{JsonBody, Numbers};
use super::state::ManageState;

/// A destination in the old shape.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DestinationV3 {
    id: u32,
    #[serde(rename = "type")]
    destination_type: &'static str,
    created_at: Seconds,
    updated_at: Seconds,
    /// Texts, but for those that are `true` or `false`.
    #[schema(value_type = Object)]
    connection: BTreeMap<String, Value>,
    last_check: Option<CheckV3>,
}

/// The last connection check.
#[derive(Debug, Serialize, ToSchema)]
struct CheckV3 {
    error: bool,
    started_at: Seconds,
    completed_at: Option<Seconds>,
}

/// Properties that the old shape shows as `true` or `false`.
const BOOLEANS: [&str; 2] = ["csv_force_quote", "s3_force_path_style"];

impl DestinationV3 {
    fn new(destination: &Destination, generated: Option<&ChallengeKey>, now: Timestamp) -> Self {
        let shown = |(name, text): (&String, &String)| {
            let value = match text.as_str() {
                "true" if BOOLEANS.contains(&name.as_str()) => Value::Bool(true),
                "false" if BOOLEANS.contains(&name.as_str()) => Value::Bool(false),
                text => text.into(),
            };
            (name.clone(), value)
        };
        let mut connection: BTreeMap<String, Value> =
            destination.properties.open().iter().map(shown).collect();
        if let Some(challenge) = generated {
            connection.insert(SENTINEL_KEY.to_owned(), challenge.as_str().into());
        }
        Self {
            id: destination.id.as_u32(),
            destination_type: "s3",
            created_at: Seconds(destination.created_at),
            updated_at: Seconds(destination.updated_at),
            connection,
            last_check: destination
                .last_check
                .as_ref()
                .map(|check| check_v3(&as_of(check.clone(), now))),
        }
    }
}

fn check_v3(check: &ConnectionCheck) -> CheckV3 {
    CheckV3 {
        error: !check.errors.is_empty(),
        started_at: Seconds(check.started_at),
        completed_at: check.completed_at.map(Seconds),
    }
}

async fn show(state: &ManageState, (id, generated): Changed) -> Answer {
    let destination = of_id(state, id).await?;
    ok(&DestinationV3::new(&destination, generated.as_ref(), state.now()))
}

/// `POST /v3/destinations`.
pub(super) async fn create(State(state): State<ManageState>, caller: Caller, body: JsonBody) -> Answer {
    let body = CreateBody {
        name: None,
        description: None,
        properties: read_connection(&body)?,
        unmapped_sources: UnmappedSources::Map,
    };
    let changed = add(&state, &caller, body).await?;
    show(&state, changed).await
}

/// `GET /v3/destinations`.
pub(super) async fn list(State(state): State<ManageState>) -> Answer {
    let destinations = state.catalog().destinations().await?;
    let now = state.now();
    let object = |destination| DestinationV3::new(destination, None, now);
    ok(&destinations.iter().map(object).collect::<Vec<_>>())
}

/// `PUT /v3/destinations/{id}`.
pub(super) async fn update(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
    caller: Caller,
    body: JsonBody,
) -> Answer {
    let read = || {
        Ok(UpdateBody {
            name: None,
            description: None,
            properties: Some(read_connection(&body)?),
            pause: None,
        })
    };
    let changed = change(&state, &caller, DestinationId::new(id), read).await?;
    show(&state, changed).await
}
