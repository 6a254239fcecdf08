//! `/v4/access-keys` (management-api.md §2).

use axum::extract::State;
use landfall_catalog::{AccessKey, AccessKeyError, AccessKeyId, NewAccessKey, Switch};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::{Answer, Refusal, ok, ok_empty};
use super::authentication::Caller;
use super::instant::Seconds;
use super::minted::Minted;
use super::request::{JsonBody, Numbers};
use super::state::ManageState;

const LONGEST_DESCRIPTION_CHARS: usize = 200;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccessKeyObject<'a> {
    id: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key: Option<&'a str>,
    key_last4: &'a str,
    description: &'a str,
    /// As in the audit log, such as `user anna`.
    created_by: &'a str,
    created_at: Seconds,
    status: &'static str,
}

impl<'a> AccessKeyObject<'a> {
    fn new(key: &'a AccessKey) -> Self {
        Self {
            id: key.id.number(),
            access_key: None,
            key_last4: &key.last4,
            description: &key.description,
            created_by: &key.created_by,
            created_at: Seconds(key.created_at),
            status: match key.disabled_at {
                None => "enabled",
                Some(_) => "disabled",
            },
        }
    }
}

fn refuse(fault: AccessKeyError) -> Refusal {
    match fault {
        AccessKeyError::TooMany => Refusal::coded("KeyLimitExceeded", "at most 10 access keys are allowed"),
        AccessKeyError::LastKey(_) => Refusal::coded(
            "LastKey",
            "the last enabled access key cannot be disabled or deleted",
        ),
        AccessKeyError::NotFound(id) => Refusal::coded("InvalidId", &format!("access key not found ({id})")),
        AccessKeyError::Store(fault) => fault.into(),
        fault => Refusal::internal(&fault.to_string()),
    }
}

fn read_description(body: &JsonBody) -> Option<&str> {
    let description = body.only(&["description"])?.get("description")?.as_str()?;
    let chars = description.chars().count();
    (1..=LONGEST_DESCRIPTION_CHARS)
        .contains(&chars)
        .then_some(description)
}

/// What a body that is nothing but `{"enable": true}` or `false` asks for.
pub(super) fn read_switch(body: &JsonBody) -> Option<Switch> {
    match body.only(&["enable"])?.get("enable")? {
        Value::Bool(true) => Some(Switch::On),
        Value::Bool(false) => Some(Switch::Off),
        _ => None,
    }
}

/// `POST /v4/access-keys`.
pub(super) async fn create(State(state): State<ManageState>, caller: Caller, body: JsonBody) -> Answer {
    let description = read_description(&body).ok_or_else(|| {
        let message = "POST body may only include a description of 1 to 200 characters";
        Refusal::coded("InvalidBody", message)
    })?;
    let minted = Minted::access_key(state.parts.entropy.as_ref());
    let new = NewAccessKey {
        digest: minted.digest(),
        last4: minted.last4(),
        description,
    };
    let act = state.act(&caller);
    let key = state
        .catalog()
        .create_access_key(new, act)
        .await
        .map_err(refuse)?;
    ok(&AccessKeyObject {
        access_key: Some(minted.text().expose_secret()),
        ..AccessKeyObject::new(&key)
    })
}

/// `GET /v4/access-keys`.
pub(super) async fn list(State(state): State<ManageState>) -> Answer {
    let keys = state.catalog().access_keys().await?;
    ok(&keys.iter().map(AccessKeyObject::new).collect::<Vec<_>>())
}

/// `PUT /v4/access-keys/{id}`.
pub(super) async fn switch(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
    caller: Caller,
    body: JsonBody,
) -> Answer {
    let to = read_switch(&body)
        .ok_or_else(|| Refusal::coded("InvalidBody", "PUT body must only contain boolean 'enable' key"))?;
    let act = state.act(&caller);
    let switched = state
        .catalog()
        .switch_access_key(AccessKeyId::new(id), to, act)
        .await;
    ok(&AccessKeyObject::new(&switched.map_err(refuse)?))
}

/// `DELETE /v4/access-keys/{id}`.
pub(super) async fn delete(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
    caller: Caller,
) -> Answer {
    let act = state.act(&caller);
    let deleted = state.catalog().delete_access_key(AccessKeyId::new(id), act).await;
    deleted.map_err(refuse)?;
    ok_empty()
}
