//! `/notifications/public/v1/api/hooks`: post-load webhooks (management-api.md §12.1).

use axum::extract::State;
use landfall_catalog::{Hook, HookError, HookId};
use landfall_core::ids::{ClientId, DestinationId};
use landfall_core::settings::{RawSettings, TargetSettings, WebhookUrl};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::access_keys::read_switch;
use super::answer::{Answer, Refusal, ok};
use super::authentication::Caller;
use super::destination_rules::InstanceRules;
use super::instant::Seconds;
use super::request::{JsonBody, Numbers};
use super::state::ManageState;

/// The URL belongs to the object (management-api.md §12.1). Keys in it are the user's own to see again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HookObject<'a> {
    id: u32,
    client_id: u32,
    #[serde(rename = "type")]
    hook_type: &'static str,
    version: u32,
    destination_id: u32,
    config: Config<'a>,
    created_at: Seconds,
    modified_at: Seconds,
    disabled_at: Option<Seconds>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HookConfig)]
struct Config<'a> {
    url: &'a str,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HookList<'a> {
    post_load: Vec<HookObject<'a>>,
}

impl<'a> HookObject<'a> {
    fn new(hook: &'a Hook, client: ClientId) -> Self {
        Self {
            id: hook.id.number(),
            client_id: client.as_u32(),
            hook_type: "post_load",
            version: 1,
            destination_id: hook.destination.as_u32(),
            config: Config {
                url: hook.url.expose_secret(),
            },
            created_at: Seconds(hook.created_at),
            modified_at: Seconds(hook.modified_at),
            disabled_at: hook.disabled_at.map(Seconds),
        }
    }
}

fn invalid_body() -> Refusal {
    Refusal::data_first("InvalidBody", "Invalid POST body")
}

pub(super) fn refuse(fault: HookError) -> Refusal {
    match fault {
        HookError::TooMany => Refusal::only_message("You have exceeded the limit of 10 hooks."),
        HookError::NotFound(_) => Refusal::only_code("NotFound"),
        HookError::UnknownDestination(_) => invalid_body(),
        HookError::Store(fault) => fault.into(),
        fault => Refusal::internal(&fault.to_string()),
    }
}

/// Destination and URL of a body of POST.
fn read_body(body: &JsonBody) -> Option<(DestinationId, &str)> {
    let body = body.only(&["type", "destination_id", "config"])?;
    let is_post_load = body.get("type")?.as_str()? == "post_load";
    let destination = u32::try_from(body.get("destination_id")?.as_u64()?).ok()?;
    let config = body.get("config")?.as_object()?;
    let url = config.get("url").and_then(Value::as_str)?;
    let is_sound = is_post_load && config.len() == 1;
    is_sound.then_some((DestinationId::new(destination), url))
}

/// The URL, if the rule of the setting `post_load_webhooks` takes it.
pub(super) fn read_url(text: &str, rules: &InstanceRules) -> Option<SecretString> {
    let settings = json!({
        "s3_bucket": "any", "integration_name": "any",
        "post_load_webhooks": [text], "allow_insecure_webhooks": rules.allow_insecure_webhooks,
    });
    let mut raw = RawSettings::default();
    raw.add_object(settings.as_object()?.clone());
    let (settings, _) = TargetSettings::parse(raw).ok()?;
    let url = settings.post_load_webhooks.first().map(WebhookUrl::as_str)?;
    Some(url.to_owned().into())
}

/// `POST …/hooks`.
pub(super) async fn create(State(state): State<ManageState>, caller: Caller, body: JsonBody) -> Answer {
    let (destination, url) = read_body(&body).ok_or_else(invalid_body)?;
    let url =
        read_url(url, &state.parts.rules).ok_or_else(|| Refusal::data_first("InvalidBody", "Invalid URI"))?;
    let act = state.act(&caller);
    let created = state.catalog().create_hook(destination, &url, act).await;
    let hook = created.map_err(refuse)?;
    state.changed();
    show(&state, &hook).await
}

async fn show(state: &ManageState, hook: &Hook) -> Answer {
    let client = state.instance().await?.client_id;
    ok(&HookObject::new(hook, client))
}

/// `GET …/hooks`.
pub(super) async fn list(State(state): State<ManageState>) -> Answer {
    let hooks = state.catalog().hooks().await?;
    let client = state.instance().await?.client_id;
    let post_load = hooks.iter().map(|hook| HookObject::new(hook, client)).collect();
    ok(&HookList { post_load })
}

/// `PUT …/hooks/{id}`.
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
    let switched = state.catalog().switch_hook(HookId::new(id), to, act).await;
    let hook = switched.map_err(refuse)?;
    state.changed();
    show(&state, &hook).await
}

/// `DELETE …/hooks/{id}`.
pub(super) async fn delete(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
    caller: Caller,
) -> Answer {
    let act = state.act(&caller);
    let deleted = state.catalog().delete_hook(HookId::new(id), act).await;
    deleted.map_err(refuse)?;
    state.changed();
    ok(&())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_is_called_over_https_unless_the_instance_allows_more() {
        let strict = InstanceRules::default();
        let lax = InstanceRules {
            allow_insecure_webhooks: true,
            ..strict
        };
        let cases = [
            ("https://example.com/hook?key=1", &strict, true),
            ("http://example.com/hook", &strict, false),
            ("http://127.0.0.1/hook", &strict, false),
            ("http://example.com/hook", &lax, true),
            ("example.com", &lax, false),
            ("", &lax, false),
        ];
        for (url, rules, expected) in cases {
            assert_eq!(read_url(url, rules).is_some(), expected, "{url:?}");
        }
    }
}
