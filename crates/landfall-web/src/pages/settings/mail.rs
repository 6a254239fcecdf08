//! Mail: the server it is handed to, who gets it, and what it says (operations.md §1).

use askama::Template;
use axum::extract::{Form, Query};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Told;
use super::recipients::{API as RECIPIENTS_API, Recipient};
use super::refused::refused;
use super::tabs::{Tab, Tabs};
use crate::api::ApiError;
use crate::components::{Banner, Field, Select};
use crate::frame::{Frame, Page, Section, Shown, show, show_again};
use crate::trouble::Trouble;
use crate::words::sentence;

pub(super) const PATH: &str = "/settings/mail";
const API: &str = "/v4/notification-settings";

/// A mail server, without its password.
#[derive(Debug, Clone, Deserialize)]
struct Smtp {
    host: String,
    port: u16,
    security: String,
    username: Option<String>,
    password_provided: bool,
    from: String,
}

#[derive(Debug, Deserialize)]
struct MailSettings {
    suppress_raw_errors: bool,
    row_budget: Option<u64>,
    idle_days: Option<u32>,
    smtp: Option<Smtp>,
}

#[derive(Template)]
#[template(path = "settings/mail.html")]
pub(super) struct MailPage {
    pub(super) frame: Frame,
    tabs: Tabs,
    settings: MailSettings,
    recipients: Vec<Recipient>,
    host: Field,
    port: Field,
    security: Select,
    username: Field,
    password: Field,
    from: Field,
    hides_raw_errors: bool,
    row_budget: Field,
    idle_days: Field,
    email: Field,
    test: Field,
}

/// What was typed into one of the forms, and what is wrong with it.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) server: Option<ServerForm>,
    pub(super) messages: Option<MessagesForm>,
    /// An address to add.
    pub(super) email: String,
    /// An address to test.
    pub(super) test: String,
    pub(super) problems: Vec<(&'static str, String)>,
}

impl Typed {
    fn problem(&self, field: &str) -> Option<String> {
        let found = self.problems.iter().find(|(name, _)| *name == field);
        found.map(|(_, problem)| problem.clone())
    }
}

#[derive(Default, Deserialize)]
pub(super) struct ServerForm {
    #[serde(default)]
    host: String,
    #[serde(default)]
    port: String,
    #[serde(default)]
    security: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    from: String,
}

impl From<&Smtp> for ServerForm {
    fn from(smtp: &Smtp) -> Self {
        Self {
            host: smtp.host.clone(),
            port: smtp.port.to_string(),
            security: smtp.security.clone(),
            username: smtp.username.clone().unwrap_or_default(),
            password: String::new(),
            from: smtp.from.clone(),
        }
    }
}

impl ServerForm {
    /// As the API takes it. What is left empty is not given: a password stays, a port is the usual one.
    fn body(&self) -> Value {
        let mut smtp = Map::new();
        let texts = [
            ("host", self.host.trim()),
            ("security", &self.security),
            ("username", self.username.trim()),
            ("password", &self.password),
            ("from", self.from.trim()),
        ];
        for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            smtp.insert(name.to_owned(), text.into());
        }
        let port = self.port.trim();
        if !port.is_empty() {
            // What is no number is left for the API to refuse.
            let number = port.parse::<u64>().map_or_else(|_| port.into(), Value::from);
            smtp.insert("port".to_owned(), number);
        }
        json!({"smtp": smtp})
    }
}

#[derive(Default, Deserialize)]
pub(super) struct MessagesForm {
    #[serde(default)]
    suppress_raw_errors: Option<String>,
    #[serde(default)]
    row_budget: String,
    #[serde(default)]
    idle_days: String,
}

/// A number as it was typed; what is none is left to the API to refuse.
fn number(text: &str) -> Value {
    let text = text.trim();
    match text.parse::<u64>() {
        Ok(number) => Value::from(number),
        Err(_) if text.is_empty() => Value::Null,
        Err(_) => Value::from(text),
    }
}

fn server_fields(form: &ServerForm, has_password: bool, typed: &Typed) -> [Field; 5] {
    let password_help = if has_password {
        "Leave it empty to keep the one that is stored. For another server or user name, enter it again."
    } else {
        "Only if the server asks for one."
    };
    [
        Field::text("host", "Server")
            .help("Such as smtp.example.com.")
            .value(&form.host)
            .error(typed.problem("host"))
            .required(),
        Field::text("port", "Port (optional)")
            .help("Usually 587 for STARTTLS, 465 for TLS, 25 without.")
            .value(&form.port)
            .error(typed.problem("port")),
        Field::text("username", "User name (optional)")
            .value(&form.username)
            .error(typed.problem("username")),
        Field::password("password", "Password")
            .optional()
            .help(password_help)
            .autocomplete("new-password")
            .error(typed.problem("password")),
        Field::text("from", "Sender")
            .help("The address that mail comes from.")
            .value(&form.from)
            .error(typed.problem("from"))
            .required(),
    ]
}

fn security_field(form: &ServerForm, typed: &Typed) -> Select {
    let option = |value: &str, text: &str| (value.to_owned(), text.to_owned());
    let options = vec![
        option("starttls", "STARTTLS: begins in plain, then encrypted"),
        option("tls", "TLS from the start"),
        option("none", "None: mail and password can be read on their way"),
    ];
    Select::new("security", "Encryption", options)
        .chosen(&form.security)
        .error(typed.problem("security"))
}

/// The page, with what was typed into the form that was refused.
pub(super) async fn mail_page(page: &Page, typed: Typed) -> Result<MailPage, Trouble> {
    let settings: MailSettings = page.api.get(API).await?;
    let stored = settings.smtp.as_ref().map(ServerForm::from).unwrap_or_default();
    let server = typed.server.as_ref().unwrap_or(&stored);
    let has_password = settings.smtp.as_ref().is_some_and(|smtp| smtp.password_provided);
    let [host, port, username, password, from] = server_fields(server, has_password, &typed);
    let budget = settings
        .row_budget
        .map(|rows| rows.to_string())
        .unwrap_or_default();
    let idle = settings
        .idle_days
        .map(|days| days.to_string())
        .unwrap_or_default();
    let messages = typed.messages.as_ref();
    Ok(MailPage {
        frame: page.frame("Mail", Section::Settings),
        tabs: Tabs::new(Tab::Mail),
        recipients: page.api.get(RECIPIENTS_API).await?,
        host,
        port,
        security: security_field(server, &typed),
        username,
        password,
        from,
        hides_raw_errors: messages.map_or(settings.suppress_raw_errors, |form| {
            form.suppress_raw_errors.is_some()
        }),
        row_budget: Field::text("row_budget", "Row budget (optional)")
            .help("Rows in 30 days. You are told at 70, 90 and 100 % of it; nothing is stopped.")
            .value(messages.map_or(&budget, |form| &form.row_budget))
            .error(typed.problem("row_budget")),
        idle_days: Field::text("idle_days", "Days without a load (optional)")
            .help("You are told once nothing was loaded for so many days, such as 40; nothing is stopped.")
            .value(messages.map_or(&idle, |form| &form.idle_days))
            .error(typed.problem("idle_days")),
        email: Field::text("email_address", "Address")
            .value(&typed.email)
            .error(typed.problem("email_address"))
            .required(),
        test: Field::text("test_address", "Send a test message to")
            .value(&typed.test)
            .error(typed.problem("test_address"))
            .required(),
        settings,
    })
}

/// `GET /settings/mail`.
pub(super) async fn form(page: Page, Query(told): Query<Told>) -> Shown {
    let mut shown = mail_page(&page, Typed::default()).await?;
    shown.frame.banner = told.banner(&[
        ("server", "The mail server is saved."),
        ("off", "Mail is off. The mail server is forgotten."),
        ("messages", "Saved."),
        (
            "tested",
            "The mail server took the test message. Look whether it arrived.",
        ),
        ("added", "The address is added."),
        ("enabled", "The address is enabled."),
        ("disabled", "The address is disabled."),
        ("deleted", "The address is deleted."),
    ]);
    if told.done == "server-without-password" {
        let text =
            "The mail server is saved, without a password: the stored one was for another server or user.";
        shown.frame.banner = Some(Banner::warning(text));
    }
    show(&shown)
}

/// Goes back to the page, which says what was done.
pub(super) fn done(what: &str) -> Shown {
    Ok(Redirect::to(&format!("{PATH}?done={what}")).into_response())
}

/// What the API has against the values of the page's fields.
fn problems(error: &ApiError, fields: &[&'static str]) -> Vec<(&'static str, String)> {
    let of_field = |field: &&'static str| {
        let texts = error.fields.get(*field)?;
        Some((*field, sentence(&texts.join(" "))))
    };
    fields.iter().filter_map(of_field).collect()
}

/// Shows a form again that the API refused: what fits no field is said above.
async fn show_refused(page: &Page, error: &ApiError, fields: &[&'static str], typed: Typed) -> Shown {
    let message = refused(error)?;
    let problems = problems(error, fields);
    let banner = problems.is_empty().then(|| Banner::error(message));
    let mut shown = mail_page(page, Typed { problems, ..typed }).await?;
    shown.frame.banner = banner;
    show_again(&shown)
}

/// `POST /settings/mail/server`.
pub(super) async fn save_server(page: Page, Form(form): Form<ServerForm>) -> Shown {
    let before: MailSettings = page.api.get(API).await?;
    let had_password = before.smtp.is_some_and(|smtp| smtp.password_provided);
    match page.api.put::<MailSettings>(API, &form.body()).await {
        Ok(after) => {
            let has_password = after.smtp.is_some_and(|smtp| smtp.password_provided);
            let is_lost = had_password && !has_password;
            done(if is_lost {
                "server-without-password"
            } else {
                "server"
            })
        }
        Err(error) => {
            let fields = ["host", "port", "security", "username", "password", "from"];
            let typed = Typed {
                server: Some(form),
                ..Typed::default()
            };
            show_refused(&page, &error, &fields, typed).await
        }
    }
}

/// `POST /settings/mail/off`.
pub(super) async fn turn_off(page: Page) -> Shown {
    let _: Value = page.api.put(API, &json!({"smtp": null})).await?;
    done("off")
}

/// `POST /settings/mail/messages`.
pub(super) async fn save_messages(page: Page, Form(form): Form<MessagesForm>) -> Shown {
    let body = json!({
        "suppress_raw_errors": form.suppress_raw_errors.is_some(),
        "row_budget": number(&form.row_budget),
        "idle_days": number(&form.idle_days),
    });
    let error = match page.api.put::<Value>(API, &body).await {
        Ok(_) => return done("messages"),
        Err(error) => error,
    };
    let hints = [
        ("row_budget", "Enter a whole number of rows from 1, or nothing."),
        (
            "idle_days",
            "Enter a whole number of days from 1 to 3650, or nothing.",
        ),
    ];
    let refused = hints
        .iter()
        .filter(|(field, _)| error.fields.contains_key(*field));
    let problems: Vec<_> = refused
        .map(|(field, hint)| (*field, (*hint).to_owned()))
        .collect();
    if problems.is_empty() {
        return Err(error.into());
    }
    let typed = Typed {
        messages: Some(form),
        problems,
        ..Typed::default()
    };
    show_again(&mail_page(&page, typed).await?)
}
