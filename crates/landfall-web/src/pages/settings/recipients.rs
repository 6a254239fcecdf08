//! Addresses that all mail goes to, and trying the mail server (management-api.md §12.2).

use axum::extract::{Form, Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::event_hooks::TestResult;
use super::mail::{PATH, Typed, done, mail_page};
use super::refused::refused;
use super::row_act::RowAct;
use crate::components::{Badge, Banner, Moment, RowActions, Tone};
use crate::frame::{Frame, Page, Shown, show_again};
use crate::state::WebState;
use crate::words::sentence;

/// Where they are in the management API.
pub(super) const API: &str = "/notifications/public/v1/api/custom-emails";

/// An address that all mail goes to.
#[derive(Debug, Deserialize)]
pub(super) struct Recipient {
    id: u32,
    pub(super) email_address: String,
    pub(super) created_at: Moment,
    disabled_at: Option<Moment>,
}

impl Recipient {
    fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }

    pub(super) fn badge(&self) -> Badge {
        if self.is_enabled() {
            Badge::new(Tone::Good, "Enabled")
        } else {
            Badge::new(Tone::Quiet, "Disabled")
        }
    }

    pub(super) fn actions(&self, frame: &Frame) -> RowActions {
        RowActions {
            base: format!("{PATH}/recipients/{}", self.id),
            csrf: frame.csrf().to_owned(),
            name: self.email_address.clone(),
            is_enabled: self.is_enabled(),
            warning: "No more mail goes to it.",
        }
    }
}

#[derive(Deserialize)]
pub(super) struct AddressForm {
    #[serde(default)]
    email_address: String,
}

/// `POST /settings/mail/recipients`.
pub(super) async fn add(page: Page, Form(form): Form<AddressForm>) -> Shown {
    let address = form.email_address.trim();
    let body = json!({"email_address": address});
    let Err(error) = page.api.post::<Value>(API, &body).await else {
        return done("added");
    };
    refused(&error)?;
    let recipients: Vec<Recipient> = page.api.get(API).await?;
    let problem = if recipients.len() >= landfall_catalog::MOST_CUSTOM_EMAILS as usize {
        "There are ten addresses already: delete one first."
    } else {
        "Enter a valid address, such as ops@example.com."
    };
    let typed = Typed {
        email: address.to_owned(),
        problems: vec![("email_address", problem.to_owned())],
        ..Typed::default()
    };
    show_again(&mail_page(&page, typed).await?)
}

/// `POST /settings/mail/recipients/{id}/{act}`.
pub(super) async fn act(
    State(state): State<WebState>,
    page: Page,
    Path((id, act)): Path<(u32, String)>,
) -> Shown {
    let act = RowAct::parse(&act)?;
    let now = state.now().render();
    let switch = |to: bool| {
        let at = (!to).then(|| String::from_utf8_lossy(&now).into_owned());
        json!({"disabled_at": at})
    };
    match act.run_with(&page, &format!("{API}/{id}"), switch).await? {
        Ok(()) => done(act.done()),
        Err(problem) => {
            let mut shown = mail_page(&page, Typed::default()).await?;
            shown.frame.banner = Some(Banner::error(problem));
            show_again(&shown)
        }
    }
}

#[derive(Deserialize)]
pub(super) struct TestForm {
    #[serde(default)]
    test_address: String,
}

/// `POST /settings/mail/test`.
pub(super) async fn test(page: Page, Form(form): Form<TestForm>) -> Shown {
    let address = form.test_address.trim();
    let sent = page
        .api
        .post::<TestResult>(
            "/v4/notification-settings/test",
            &json!({"email_address": address}),
        )
        .await;
    let problem = match sent {
        Ok(result) if result.delivered => return done("tested"),
        Ok(result) => {
            let why = sentence(&result.failure.unwrap_or_default());
            format!("The mail server did not take it. {why}")
        }
        Err(error) if error.code.as_deref() == Some("MailIsOff") => {
            let mut shown = mail_page(&page, Typed::default()).await?;
            shown.frame.banner = Some(Banner::error("There is no mail server yet: save one first."));
            return show_again(&shown);
        }
        Err(error) => match (error.code.as_deref(), refused(&error)?) {
            (Some("InvalidBody"), _) => "Enter a valid address, such as ops@example.com.".to_owned(),
            (_, message) => message,
        },
    };
    let typed = Typed {
        test: address.to_owned(),
        problems: vec![("test_address", problem)],
        ..Typed::default()
    };
    show_again(&mail_page(&page, typed).await?)
}
