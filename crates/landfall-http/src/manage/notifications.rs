//! The list of what is wrong now, and how people are told (management-api.md §12.3, operations.md §1).

use axum::extract::State;
use landfall_catalog::{Condition, ConditionId, NotificationSettings, Smtp, SmtpSecurity};
use landfall_core::ids::{DestinationId, SourceId};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::answer::{Answer, Refusal, ok, ok_empty};
use super::authentication::Caller;
use super::custom_emails::is_address;
use super::event_hooks::TestResult;
use super::instant::Seconds;
use super::messenger::test_mail;
use super::request::{JsonBody, Numbers};
use super::state::ManageState;

/// Lines of what is over.
const MOST_RESOLVED: u32 = 20;

/// What is wrong now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NotificationList<'a> {
    data: Vec<NotificationObject<'a>>,
    /// Whether anybody gets mail: a mail server is set, and an address is enabled.
    mail: bool,
}

/// Something that is wrong now.
#[derive(Debug, Serialize, ToSchema)]
struct NotificationObject<'a> {
    id: i64,
    event: &'static str,
    /// `warning`, `critical`, `delay` or `info`.
    level: &'static str,
    title: String,
    about: &'a str,
    destination_id: Option<u32>,
    source_id: Option<u32>,
    tables: &'a [String],
    message: &'a str,
    raw_error: Option<&'a str>,
    raised_at: Seconds,
}

/// What was wrong lately.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ResolvedList<'a> {
    data: Vec<ResolvedObject<'a>>,
}

/// Something that was wrong.
#[derive(Debug, Serialize, ToSchema)]
struct ResolvedObject<'a> {
    #[serde(flatten)]
    notification: NotificationObject<'a>,
    resolved_at: Option<Seconds>,
}

fn object(condition: &Condition) -> NotificationObject<'_> {
    let finding = &condition.finding;
    NotificationObject {
        id: condition.id.number(),
        event: finding.event.as_str(),
        level: finding.event.level().as_str(),
        title: finding.event.subject(&finding.about),
        about: &finding.about,
        destination_id: finding.destination.map(DestinationId::as_u32),
        source_id: finding.source.map(SourceId::as_u32),
        tables: &finding.tables,
        message: &finding.message,
        raw_error: finding.raw_error.as_deref(),
        raised_at: Seconds(condition.raised_at),
    }
}

/// `GET /v4/notifications`.
pub(super) async fn list(State(state): State<ManageState>) -> Answer {
    let conditions = state.catalog().notifications().await?;
    let emails = state.catalog().custom_emails().await?;
    let has_server = state.catalog().notification_settings().await?.smtp.is_some();
    ok(&NotificationList {
        data: conditions.iter().map(object).collect(),
        mail: has_server && emails.iter().any(|email| email.disabled_at.is_none()),
    })
}

/// `GET /v4/notifications/resolved`.
pub(super) async fn resolved(State(state): State<ManageState>) -> Answer {
    let conditions = state.catalog().resolved_notifications(MOST_RESOLVED).await?;
    let line = |condition| ResolvedObject {
        notification: object(condition),
        resolved_at: condition.resolved_at.map(Seconds),
    };
    ok(&ResolvedList {
        data: conditions.iter().map(line).collect(),
    })
}

/// `POST /v4/notifications/{id}/dismiss`.
pub(super) async fn dismiss(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
    caller: Caller,
) -> Answer {
    let act = state.act(&caller);
    let id = ConditionId::new(id.into());
    if state.catalog().dismiss_notification(id, act).await? {
        ok_empty()
    } else {
        Err(Refusal::not_found())
    }
}

/// How people are told.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NotificationSettingsObject<'a> {
    /// Whether raw errors stay out of mail and event webhooks.
    suppress_raw_errors: bool,
    /// Rows that are meant to be replicated in 30 days; none for no budget.
    row_budget: Option<u64>,
    /// Days without a load after which `instance.idle` is raised; none for never.
    idle_days: Option<u32>,
    smtp: Option<SmtpObject<'a>>,
}

/// A server that takes mail.
#[derive(Debug, Serialize, ToSchema)]
struct SmtpObject<'a> {
    host: &'a str,
    port: u16,
    /// `starttls`, `tls` or `none`.
    security: &'static str,
    username: Option<&'a str>,
    password_provided: bool,
    from: &'a str,
}

fn settings_object(settings: &NotificationSettings) -> NotificationSettingsObject<'_> {
    NotificationSettingsObject {
        suppress_raw_errors: settings.suppress_raw_errors,
        row_budget: settings.row_budget,
        idle_days: settings.idle_days,
        smtp: settings.smtp.as_ref().map(|smtp| SmtpObject {
            host: &smtp.host,
            port: smtp.port,
            security: smtp.security.as_str(),
            username: smtp.username.as_deref(),
            password_provided: smtp.password.is_some(),
            from: &smtp.from,
        }),
    }
}

/// `GET /v4/notification-settings`.
pub(super) async fn settings(State(state): State<ManageState>) -> Answer {
    ok(&settings_object(&state.catalog().notification_settings().await?))
}

/// Why settings can't be these: the field, and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fault {
    field: &'static str,
    message: &'static str,
}

fn fault(field: &'static str, message: &'static str) -> Fault {
    Fault { field, message }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        let errors = json!({fault.field: [fault.message]});
        Self::with_data("InvalidBody", json!({"message": fault.message, "errors": errors}))
    }
}

/// Ten years.
const MOST_IDLE_DAYS: u64 = 3_650;

/// The settings after a change: what is absent stays.
fn merge(stored: NotificationSettings, body: &Map<String, Value>) -> Result<NotificationSettings, Fault> {
    let mut settings = stored;
    if let Some(given) = body.get("suppress_raw_errors") {
        settings.suppress_raw_errors = given.as_bool().ok_or(fault(
            "suppress_raw_errors",
            "suppress_raw_errors must be true or false",
        ))?;
    }
    if let Some(given) = body.get("row_budget") {
        settings.row_budget = match given {
            Value::Null => None,
            given => {
                let rows = given.as_u64().filter(|rows| (1..=i64::MAX as u64).contains(rows));
                let refusal = fault("row_budget", "row_budget must be a whole number from 1, or null");
                Some(rows.ok_or(refusal)?)
            }
        };
    }
    if let Some(given) = body.get("idle_days") {
        settings.idle_days = match given {
            Value::Null => None,
            given => {
                let days = given.as_u64().filter(|days| (1..=MOST_IDLE_DAYS).contains(days));
                let refusal = fault(
                    "idle_days",
                    "idle_days must be a whole number of days from 1 to 3650, or null",
                );
                Some(days.ok_or(refusal)? as u32)
            }
        };
    }
    if let Some(given) = body.get("smtp") {
        settings.smtp = match given {
            Value::Null => None,
            given => Some(read_smtp(given, settings.smtp.as_ref())?),
        };
    }
    Ok(settings)
}

const SMTP_KEYS: [&str; 6] = ["host", "port", "security", "username", "password", "from"];

/// A text of `given`, if it has one.
fn smtp_text(given: &Map<String, Value>, name: &'static str) -> Result<Option<String>, Fault> {
    match given.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.is_empty() && !text.contains(char::is_control) => {
            Ok(Some(text.clone()))
        }
        Some(_) => Err(fault(name, "the values of smtp must be texts, and port a number")),
    }
}

fn smtp_port(given: &Map<String, Value>, security: SmtpSecurity) -> Result<u16, Fault> {
    let Some(port) = given.get("port") else {
        return Ok(standard_port(security));
    };
    port.as_u64()
        .and_then(|port| u16::try_from(port).ok())
        .filter(|port| *port > 0)
        .ok_or(fault("port", "port must be a number from 1 to 65535"))
}

/// A mail server, as a whole. A password that isn't given stays, as long as host and user do.
fn read_smtp(given: &Value, stored: Option<&Smtp>) -> Result<Smtp, Fault> {
    let given = given
        .as_object()
        .filter(|given| given.keys().all(|key| SMTP_KEYS.contains(&key.as_str())))
        .ok_or(fault(
            "smtp",
            "smtp may only have host, port, security, username, password and from",
        ))?;
    let is_host = |host: &String| host.len() <= 253 && !host.contains([' ', '/', '@']);
    let host = smtp_text(given, "host")?
        .filter(is_host)
        .ok_or(fault("host", "smtp needs a host: the name of the mail server"))?;
    let from = smtp_text(given, "from")?
        .filter(|from| is_address(from))
        .ok_or(fault(
            "from",
            "smtp needs a from: the address that mail comes from",
        ))?;
    let security = match smtp_text(given, "security")? {
        None => SmtpSecurity::StartTls,
        Some(spelling) => SmtpSecurity::from_spelling(&spelling)
            .ok_or(fault("security", "security must be starttls, tls or none"))?,
    };
    let username = smtp_text(given, "username")?;
    let kept = stored
        .filter(|stored| stored.host == host && stored.username == username)
        .and_then(|stored| stored.password.clone());
    let password = match given.get("password") {
        None => kept,
        Some(_) => smtp_text(given, "password")?.map(SecretString::from),
    };
    Ok(Smtp {
        port: smtp_port(given, security)?,
        host,
        security,
        username,
        password,
        from,
    })
}

fn standard_port(security: SmtpSecurity) -> u16 {
    match security {
        SmtpSecurity::Tls => 465,
        SmtpSecurity::StartTls => 587,
        SmtpSecurity::None => 25,
    }
}

/// `PUT /v4/notification-settings`.
pub(super) async fn update(State(state): State<ManageState>, caller: Caller, body: JsonBody) -> Answer {
    let refusal = |message: &str| Refusal::coded("InvalidBody", message);
    let body = body
        .only(&["suppress_raw_errors", "row_budget", "idle_days", "smtp"])
        .ok_or_else(|| {
            refusal("PUT body may only include suppress_raw_errors, row_budget, idle_days and smtp")
        })?;
    let stored = state.catalog().notification_settings().await?;
    let settings = merge(stored, body)?;
    let act = state.act(&caller);
    state.catalog().set_notification_settings(&settings, act).await?;
    ok(&settings_object(&settings))
}

/// `POST /v4/notification-settings/test`: sends a test mail now.
pub(super) async fn test(State(state): State<ManageState>, body: JsonBody) -> Answer {
    let to = body
        .only(&["email_address"])
        .and_then(|body| body.get("email_address")?.as_str())
        .filter(|address| is_address(address))
        .ok_or_else(|| {
            Refusal::coded(
                "InvalidBody",
                "POST body must have an email_address that mail can go to",
            )
        })?;
    let settings = state.catalog().notification_settings().await?;
    let smtp = settings.smtp.ok_or_else(|| {
        Refusal::coded(
            "MailIsOff",
            "there is no mail server: set smtp in /v4/notification-settings first",
        )
    })?;
    let sent = state.parts.messenger.mail(&smtp, &test_mail(to)).await;
    ok(&TestResult::of(sent))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn smtp(given: Value, stored: Option<&Smtp>) -> Result<Smtp, Fault> {
        read_smtp(&given, stored)
    }

    #[test]
    fn a_password_stays_as_long_as_it_is_for_the_same_user_of_the_same_server() {
        let first = json!({"host": "mail.test", "username": "u", "password": "p", "from": "l@mail.test"});
        let stored = smtp(first, None).unwrap();
        assert_eq!((stored.port, stored.security), (587, SmtpSecurity::StartTls));
        let again = json!({"host": "mail.test", "username": "u", "from": "other@mail.test"});
        let kept = smtp(again, Some(&stored)).unwrap().password.unwrap();
        assert_eq!(kept.expose_secret(), "p");
        for elsewhere in [
            json!({"host": "evil.test", "username": "u", "from": "l@mail.test"}),
            json!({"host": "mail.test", "username": "v", "from": "l@mail.test"}),
            json!({"host": "mail.test", "username": "u", "password": null, "from": "l@mail.test"}),
        ] {
            assert!(
                smtp(elsewhere.clone(), Some(&stored)).unwrap().password.is_none(),
                "{elsewhere}"
            );
        }
    }

    #[test]
    fn a_mail_server_that_cannot_be_one_is_refused() {
        let refused = [
            json!("mail.test"),
            json!({"from": "l@mail.test"}),
            json!({"host": "mail.test"}),
            json!({"host": "mail.test", "from": "nobody"}),
            json!({"host": "mail.test", "from": "l@mail.test", "port": 0}),
            json!({"host": "mail.test", "from": "l@mail.test", "port": "25"}),
            json!({"host": "mail.test", "from": "l@mail.test", "security": "ssl"}),
            json!({"host": "mail.test", "from": "l@mail.test", "more": 1}),
            json!({"host": "a\r\nb", "from": "l@mail.test"}),
        ];
        for given in refused {
            assert!(smtp(given.clone(), None).is_err(), "{given}");
        }
    }
}
