//! `/notifications/public/v1/api/custom-emails`: addresses that all mail goes to (management-api.md §12.2).

use axum::extract::State;
use landfall_catalog::{CustomEmail, CustomEmailError, EmailId, Switch};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::answer::{Answer, Refusal, ok};
use super::authentication::Caller;
use super::instant::{Seconds, is_timestamp};
use super::request::{JsonBody, Numbers};
use super::state::ManageState;

/// The longest address that mail servers take (RFC 5321 §4.5.3).
const LONGEST_ADDRESS: usize = 254;

/// An address.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CustomEmailObject<'a> {
    id: u32,
    client_id: u32,
    email_address: &'a str,
    created_at: Seconds,
    disabled_at: Option<Seconds>,
}

/// Since when nothing is sent to an address.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DisabledAt {
    disabled_at: Option<Seconds>,
}

impl<'a> CustomEmailObject<'a> {
    fn new(email: &'a CustomEmail, client: u32) -> Self {
        Self {
            id: email.id.number(),
            client_id: client,
            email_address: &email.address,
            created_at: Seconds(email.created_at),
            disabled_at: email.disabled_at.map(Seconds),
        }
    }
}

/// Whether a text can be the address of a mailbox: something, an `@`, and a host name. Whether mail arrives there shows
/// when it is sent.
pub(super) fn is_address(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else {
        return false;
    };
    let is_plain = text
        .chars()
        .all(|letter| letter.is_ascii_graphic() && !"()<>[]:;,\\\"".contains(letter));
    let is_dotted = |part: &str| part.split('.').all(|atom| !atom.is_empty());
    let is_host = host
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let is_short = text.len() <= LONGEST_ADDRESS && local.len() <= 64;
    is_short && is_plain && is_host && !local.contains('@') && is_dotted(local) && is_dotted(host)
}

fn refuse(fault: CustomEmailError) -> Refusal {
    match fault {
        CustomEmailError::TooMany => Refusal::only_message(
            "Account not authorized to create additional custom notification email addresses.",
        ),
        CustomEmailError::NotFound(_) => Refusal::status_not_found(),
        CustomEmailError::Store(fault) => fault.into(),
        fault => Refusal::internal(&fault.to_string()),
    }
}

/// `POST …/custom-emails`.
pub(super) async fn create(State(state): State<ManageState>, caller: Caller, body: JsonBody) -> Answer {
    let address = body
        .only(&["email_address"])
        .and_then(|body| body.get("email_address")?.as_str())
        .filter(|address| is_address(address))
        .ok_or_else(|| {
            let message = json!({"email_address": "Required. Must be valid email address format."});
            Refusal::only_message_of(&message)
        })?;
    let act = state.act(&caller);
    let created = state.catalog().create_custom_email(address, act).await;
    let email = created.map_err(refuse)?;
    let client = state.instance().await?.client_id.as_u32();
    ok(&CustomEmailObject::new(&email, client))
}

/// `GET …/custom-emails`.
pub(super) async fn list(State(state): State<ManageState>) -> Answer {
    let emails = state.catalog().custom_emails().await?;
    let client = state.instance().await?.client_id.as_u32();
    let object = |email| CustomEmailObject::new(email, client);
    ok(&emails.iter().map(object).collect::<Vec<_>>())
}

/// What a body asks for: any timestamp disables now.
fn read_switch(body: &JsonBody) -> Result<Switch, Refusal> {
    let given = body
        .only(&["disabled_at"])
        .and_then(|body| body.get("disabled_at"));
    match given {
        Some(Value::Null) => Ok(Switch::On),
        Some(Value::String(text)) if is_timestamp(text) => Ok(Switch::Off),
        other => Err(Refusal::disabled_at(other.unwrap_or(&Value::Null))),
    }
}

/// `PUT …/custom-emails/{id}`.
pub(super) async fn switch(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
    caller: Caller,
    body: JsonBody,
) -> Answer {
    let to = read_switch(&body)?;
    let act = state.act(&caller);
    let switched = state
        .catalog()
        .switch_custom_email(EmailId::new(id), to, act)
        .await;
    let email = switched.map_err(refuse)?;
    ok(&DisabledAt {
        disabled_at: email.disabled_at.map(Seconds),
    })
}

/// `DELETE …/custom-emails/{id}`: answers with the number of addresses that were removed.
pub(super) async fn delete(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
    caller: Caller,
) -> Answer {
    let act = state.act(&caller);
    match state.catalog().delete_custom_email(EmailId::new(id), act).await {
        Ok(()) => ok(&[1]),
        Err(CustomEmailError::NotFound(_)) => ok(&[0]),
        Err(fault) => Err(refuse(fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_mailbox_at_a_host() {
        let cases = [
            ("ops@example.com", true),
            ("first.last+tag@mail.example.com", true),
            ("ops@localhost", true),
            ("", false),
            ("ops", false),
            ("@example.com", false),
            ("ops@", false),
            ("a@b@example.com", false),
            ("ops@example..com", false),
            (".ops@example.com", false),
            ("ops@example.com\r\nBcc: x@example.com", false),
            ("Ops <ops@example.com>", false),
            ("ops @example.com", false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_address(text), expected, "{text:?}");
        }
    }
}
