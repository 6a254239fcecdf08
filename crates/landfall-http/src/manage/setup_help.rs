//! What the set-up pages need besides: judging a form without storing it, watching a check, filling a bucket folder.

use std::collections::BTreeMap;

use axum::extract::State;
use landfall_catalog::DestinationProperties;
use landfall_core::ids::DestinationId;
use landfall_core::settings::Endpoint;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::{Answer, Refusal, ok, ok_empty};
use super::check_object::{CheckObject, as_of};
use super::check_progress::{BucketKind, StepObject};
use super::checks::incomplete;
use super::destination_body::{LONGEST_DESCRIPTION_CHARS, LONGEST_NAME_CHARS};
use super::destination_rules::{Problems, merge, settings_of};
use super::destinations::of_id;
use super::request::{JsonBody, Numbers};
use super::state::ManageState;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Judgement<'a> {
    valid: bool,
    /// Messages by property.
    errors: &'a BTreeMap<String, Vec<String>>,
}

/// `POST /v4/destinations/validate`: everything that is wrong with a body of `POST /v4/destinations`, or with a change
/// of the destination `id`, by property. Nothing is stored.
pub(super) async fn validate(State(state): State<ManageState>, body: JsonBody) -> Answer {
    let refusal = || {
        Refusal::coded(
            "InvalidBody",
            "POST body may only include an id, a name, a description and a map of properties",
        )
    };
    let body = body
        .only(&["id", "name", "description", "properties"])
        .ok_or_else(refusal)?;
    let given = body
        .get("properties")
        .and_then(Value::as_object)
        .ok_or_else(refusal)?;
    let id = body
        .get("id")
        .and_then(Value::as_u64)
        .and_then(|id| u32::try_from(id).ok());
    let id = id.map(DestinationId::new);
    let stored = match id {
        Some(id) => of_id(&state, id).await?.properties,
        None => DestinationProperties::default(),
    };
    let mut problems = match merge(&stored, given, &state.parts.rules) {
        Ok(_) => Problems::default(),
        Err(problems) => problems,
    };
    if let Some(name) = body.get("name").and_then(Value::as_str) {
        if name.trim().is_empty() || name.chars().count() > LONGEST_NAME_CHARS {
            problems.add(
                "name",
                format!("name must have 1 to {LONGEST_NAME_CHARS} characters"),
            );
        }
        let others = state.catalog().destinations().await?;
        let is_other = |other: &&landfall_catalog::Destination| {
            Some(other.id) != id && other.state.deleted_at().is_none() && other.name == name
        };
        if others.iter().find(is_other).is_some() {
            problems.add("name", format!("non-unique name ({name})"));
        }
    }
    let description = body.get("description").and_then(Value::as_str);
    if description.is_some_and(|text| text.chars().count() > LONGEST_DESCRIPTION_CHARS) {
        let message = format!("description must have at most {LONGEST_DESCRIPTION_CHARS} characters");
        problems.add("description", message);
    }
    let errors = problems.by_property();
    ok(&Judgement {
        valid: errors.is_empty(),
        errors,
    })
}

/// `POST /v4/destinations/{id}/challenge-file`: for folder buckets, makes the folder and the challenge file in it.
pub(super) async fn make_challenge_file(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
) -> Answer {
    let destination = of_id(&state, DestinationId::new(id)).await?;
    let settings = settings_of(&destination.properties, &state.parts.rules).ok_or_else(incomplete)?;
    match state.parts.checker.make_challenge_file(&settings).await {
        Ok(()) => ok_empty(),
        Err(message) => Err(Refusal::coded("NotMade", &message)),
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlaceDefaults {
    /// Where bucket folders would be.
    folder: Option<String>,
}

/// `GET /v4/destinations/place-defaults`: what this instance proposes.
pub(super) async fn place_defaults(State(state): State<ManageState>) -> Answer {
    let folder = state.parts.checker.default_folder();
    ok(&PlaceDefaults {
        folder: folder.map(|folder| folder.display().to_string()),
    })
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProgressObject<'a> {
    #[serde(flatten)]
    check: CheckObject<'a>,
    steps: Vec<StepObject>,
}

/// `GET /v4/destinations/{id}/check-progress`: the last connection check, with its steps as they end.
pub(super) async fn progress(State(state): State<ManageState>, Numbers([id]): Numbers<1>) -> Answer {
    let id = DestinationId::new(id);
    let destination = of_id(&state, id).await?;
    let check = destination.last_check.ok_or_else(Refusal::not_found)?;
    let check = as_of(check, state.now());
    let settings = settings_of(&destination.properties, &state.parts.rules);
    let endpoint = settings.and_then(|settings| settings.access.endpoint);
    let kind = match endpoint {
        Some(Endpoint::Folder(_)) => BucketKind::Folder,
        Some(Endpoint::Url(_)) | None => BucketKind::Store,
    };
    ok(&ProgressObject {
        steps: state.progresses.steps(id, &check, kind),
        check: CheckObject::new(&check),
    })
}
