//! Requests that end in no page of their own.

use std::borrow::Cow;

use askama::Template;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use landfall_catalog::{Reaction, StoreError};

use crate::api::ApiError;
use crate::frame::{Frame, Section, html_of};
use crate::link;
use crate::password::Busy;
use crate::visit::Visit;
use crate::words::sentence;

/// Tells the sign-in page that what led there was not done.
const UNDONE: &str = "undone";

/// Why there is no page. Handlers return it with `?`; [`show_in`] makes a page of it.
#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// Nobody is signed in: they sign in first, and come back.
    SignIn { back: String },
    /// Nobody is signed in any more, and a form was sent: it did nothing. They sign in, and come back to its page.
    SignInAgain {
        /// The page that has the form.
        back: String,
    },
    /// There is no user yet.
    FirstRun,
    /// There is no such page, or no longer such a thing.
    NotFound,
    /// A viewer wants to change something.
    Forbidden,
    /// A form from before the session began, or without its token.
    ExpiredForm,
    /// A form without a word of which page it is from.
    FormFromNowhere,
    /// A form of a page at another address than this server's.
    ForeignForm {
        /// Where the browser says the page is.
        from: String,
        /// Where this server is reached, as far as it knows.
        here: String,
    },
    /// A thing that was deleted, and can't be changed any more.
    Deleted(Deleted),
    /// An address that only forms are sent to, or only pages are read from.
    WrongMethod {
        /// The page to go to instead.
        page: String,
    },
    /// A draft of the wizard that is not kept, or not any more.
    UnknownDraft {
        /// Where another one is begun.
        anew: String,
    },
    /// A draft of the wizard that has become a destination.
    DraftIsStored { id: u32 },
    /// A form that can't be read.
    BadForm,
    /// Too much to do.
    Busy,
    /// The management API refused, and the page has no form to say it in.
    Refused(String),
    /// It is not the reader's fault.
    Internal,
}

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deleted {
    Integration,
    Destination,
}

impl Trouble {
    /// Trouble of ours, which the log tells in full.
    pub(crate) fn internal(fault: &str) -> Self {
        tracing::error!("a page was not served: {fault}");
        Self::Internal
    }

    fn describe(&self) -> (StatusCode, &'static str, Cow<'_, str>) {
        let (status, title, text) = match self {
            Self::ForeignForm { from, here } => {
                let text = format!(
                    "Your browser says that the form was sent from {from}, but this server is {here}. Open the pages at \
                     that address. If a proxy stands in between, let it pass on the header Host, or set public_url to \
                     the address that browsers use."
                );
                return (
                    StatusCode::FORBIDDEN,
                    "The form came from another site",
                    text.into(),
                );
            }
            Self::Refused(message) => return (StatusCode::BAD_REQUEST, "That did not work", message.into()),
            other => other.describe_fixed(),
        };
        (status, title, text.into())
    }

    /// Trouble that is always told with the same words.
    fn describe_fixed(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::SignIn { .. } | Self::SignInAgain { .. } | Self::FirstRun => {
                (StatusCode::UNAUTHORIZED, "Sign in", "Sign in first.")
            }
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "Page not found",
                "There is nothing at this address. It may have been deleted, or the address has a misprint.",
            ),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "Only for administrators",
                "This is for changes, and your account may look at everything but change nothing. Ask an administrator to \
                 do it: the list of users says who they are.",
            ),
            Self::ExpiredForm => (
                StatusCode::FORBIDDEN,
                "The form has expired",
                "You signed in or out since the page was opened. Go back, load the page again and repeat what you did.",
            ),
            Self::FormFromNowhere => (
                StatusCode::FORBIDDEN,
                "The form does not say where it is from",
                "Browsers name the page that a form was sent from in the header Origin, by which Landfall knows its own \
                 pages. It is missing here: an extension, a privacy setting or a proxy has removed it. Let it pass for \
                 this address, or use another browser.",
            ),
            Self::Deleted(Deleted::Integration) => (
                StatusCode::GONE,
                "This integration was deleted",
                "Somebody deleted it since you opened the page: nothing of it can be changed any more. What was loaded \
                 stays in the bucket, and in the history.",
            ),
            Self::Deleted(Deleted::Destination) => (
                StatusCode::GONE,
                "This destination was removed",
                "Somebody removed it since you opened the page: nothing of it can be changed any more. Objects in the \
                 bucket stay.",
            ),
            Self::WrongMethod { .. } => (
                StatusCode::METHOD_NOT_ALLOWED,
                "There is no page at this address",
                "Forms are sent here, but there is nothing to look at. Nothing was changed.",
            ),
            Self::UnknownDraft { .. } | Self::DraftIsStored { .. } => (
                StatusCode::GONE,
                "This draft is no longer there",
                "What was typed is kept until you sign out, the server is started anew, or many other drafts were begun \
                 since. Nothing of it was stored.",
            ),
            Self::BadForm => (
                StatusCode::BAD_REQUEST,
                "The form could not be read",
                "Go back, load the page again and repeat what you did.",
            ),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Too much at once",
                "Many people sign in right now. Try again in a moment.",
            ),
            Self::Internal | Self::ForeignForm { .. } | Self::Refused(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something broke on our side",
                "The log of the server says what. Nothing you did is lost; try again.",
            ),
        }
    }

    /// Where to go on from the request for `path`, and what the button says.
    fn way_on(&self, path: &str) -> (Cow<'_, str>, &'static str) {
        let (page, label) = match self {
            Self::Refused(_) | Self::ExpiredForm | Self::BadForm => {
                let page = page_of_form(path);
                if page != "/" && page != path {
                    return (page.into(), "Go back to the page");
                }
                ("/", "Go to the start page")
            }
            Self::Deleted(Deleted::Integration) => ("/integrations", "Show all integrations"),
            Self::Deleted(Deleted::Destination) => ("/destinations", "Show all destinations"),
            Self::Forbidden => ("/settings/users", "See who is an administrator"),
            Self::UnknownDraft { anew } => (anew.as_str(), "Begin anew"),
            Self::WrongMethod { page } if page != "/" => (page.as_str(), "Go to the page with the form"),
            _ => ("/", "Go to the start page"),
        };
        (page.into(), label)
    }
}

/// What the API no longer has, if that is why it refused a change.
fn deleted(error: &ApiError) -> Option<Deleted> {
    let is_change = error.method != Method::GET && error.status == StatusCode::BAD_REQUEST;
    let is_of_source = error.path.starts_with("/v4/sources/");
    let is_of_destination = error.path.starts_with("/v4/destinations/");
    match (error.code.as_deref(), error.message.as_str()) {
        (Some("InvalidId"), message) if is_change && is_of_source && message.starts_with("source not") => {
            Some(Deleted::Integration)
        }
        (None, message)
            if is_change
                && is_of_destination
                && (message == "invalid connection id" || message.starts_with("Unable to locate dest")) =>
        {
            Some(Deleted::Destination)
        }
        _ => None,
    }
}

/// The page that has the form which is sent to `path`: as it is, or the nearest one above.
pub(crate) fn page_of_form(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match parts.as_slice() {
        ["integrations"] => "/integrations/new".to_owned(),
        ["integrations", id, "load"] => format!("/integrations/{id}"),
        ["integrations", id, "tokens", ..] => format!("/integrations/{id}/connect"),
        [
            "integrations",
            id,
            "pause" | "resume" | "rename" | "destination" | "delete",
        ] => {
            format!("/integrations/{id}/settings")
        }
        ["destinations", id, "setup", "challenge" | "check"] => format!("/destinations/{id}/setup/verify"),
        ["destinations", id, "setup", "validate"] => format!("/destinations/{id}/setup/settings"),
        ["destinations", "new", "validate"] => "/destinations/new/settings".to_owned(),
        ["destinations", "key-preview"] => "/destinations".to_owned(),
        ["destinations", id, "check" | "pause" | "resume"] => format!("/destinations/{id}"),
        // These have their form themselves.
        ["destinations", ..] | ["setup" | "sign-in"] => path.to_owned(),
        ["settings", "users", id, _] => format!("/settings/users/{id}"),
        ["settings", "webhooks", id, "replay"] => format!("/settings/webhooks/{id}"),
        ["settings", tab, ..] => format!("/settings/{tab}"),
        ["notifications", ..] => "/notifications".to_owned(),
        ["account", ..] | ["sign-out"] => "/account".to_owned(),
        _ => "/".to_owned(),
    }
}

/// Where people sign in, to come back to a page of ours; and what it says of a form that was sent.
fn sign_in(back: &str, undone: Option<&str>) -> Response {
    let back = Some(back).filter(|back| *back != "/");
    let path = link::with_query("/sign-in", &[("back", back), (UNDONE, undone)]);
    Redirect::to(&path).into_response()
}

impl From<StoreError> for Trouble {
    fn from(fault: StoreError) -> Self {
        match fault.reaction() {
            Reaction::Retry => tracing::warn!("a page was not served: {fault}"),
            Reaction::AskOperator | Reaction::Stop => {
                tracing::error!(cause = ?fault, "a page was not served: {fault}");
            }
        }
        Self::Internal
    }
}

impl From<ApiError> for Trouble {
    fn from(error: ApiError) -> Self {
        if let Some(deleted) = deleted(&error) {
            return Self::Deleted(deleted);
        }
        match error.status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::FORBIDDEN => Self::Forbidden,
            status if status.is_server_error() => Self::internal(&error.to_string()),
            _ => Self::Refused(sentence(&error.message)),
        }
    }
}

impl From<Busy> for Trouble {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl From<askama::Error> for Trouble {
    fn from(fault: askama::Error) -> Self {
        Self::internal(&fault.to_string())
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let mut answer = self.describe().0.into_response();
        answer.extensions_mut().insert(self);
        answer
    }
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct TroublePage<'a> {
    frame: Frame,
    message: &'a str,
    /// Where to go on, and what the button says.
    way_on: (Cow<'a, str>, &'static str),
}

/// The page for `trouble`.
pub(crate) fn show(visit: &Visit, trouble: Trouble) -> Response {
    match &trouble {
        Trouble::SignIn { back } => return sign_in(back, None),
        Trouble::SignInAgain { back } => return sign_in(back, Some("form")),
        Trouble::DraftIsStored { id } => {
            let screen = match visit.path.split('?').next().unwrap_or_default() {
                "/destinations/new/key" => "key",
                _ => "settings",
            };
            let path = format!("/destinations/{id}/setup/{screen}");
            return Redirect::to(&path).into_response();
        }
        Trouble::FirstRun => return Redirect::to("/setup").into_response(),
        _ => {}
    }
    let (status, title, message) = trouble.describe();
    let page = TroublePage {
        frame: Frame::new(visit, title, Section::None),
        message: &message,
        way_on: trouble.way_on(visit.path.split('?').next().unwrap_or_default()),
    };
    match html_of(&page) {
        Ok(html) => (status, html).into_response(),
        Err(_) => (
            status,
            [(header::CONTENT_TYPE, "text/plain")],
            message.into_owned(),
        )
            .into_response(),
    }
}

/// Puts the page for trouble in the place of an answer that has some.
pub(crate) fn show_in(visit: &Visit, mut answer: Response) -> Response {
    match answer.extensions_mut().remove::<Trouble>() {
        Some(trouble) => show(visit, trouble),
        // The router answers these itself, with an empty body.
        None if answer.status() == StatusCode::METHOD_NOT_ALLOWED => {
            let path = visit.path.split('?').next().unwrap_or_default();
            let page = page_of_form(path);
            let mut told = show(visit, Trouble::WrongMethod { page });
            if let Some(allow) = answer.headers_mut().remove(header::ALLOW) {
                told.headers_mut().insert(header::ALLOW, allow);
            }
            told
        }
        None => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::{Trouble, page_of_form};

    /// Each address that forms are sent to, and the page that has the form. `tests/authorisation.rs` asks all of them.
    const FORMS: [(&str, &str); 48] = [
        ("/setup", "/setup"),
        ("/sign-in", "/sign-in"),
        ("/sign-out", "/account"),
        ("/theme", "/"),
        ("/account/password", "/account"),
        ("/account/sign-out-everywhere", "/account"),
        ("/notifications/3/dismiss", "/notifications"),
        ("/integrations", "/integrations/new"),
        ("/integrations/3/load", "/integrations/3"),
        ("/integrations/3/tokens", "/integrations/3/connect"),
        ("/integrations/3/tokens/3/revoke", "/integrations/3/connect"),
        ("/integrations/3/pause", "/integrations/3/settings"),
        ("/integrations/3/resume", "/integrations/3/settings"),
        ("/integrations/3/rename", "/integrations/3/settings"),
        ("/integrations/3/destination", "/integrations/3/settings"),
        ("/integrations/3/delete", "/integrations/3/settings"),
        ("/destinations/new/settings", "/destinations/new/settings"),
        ("/destinations/new/validate", "/destinations/new/settings"),
        ("/destinations/new/key", "/destinations/new/key"),
        ("/destinations/key-preview", "/destinations"),
        ("/destinations/3/setup/settings", "/destinations/3/setup/settings"),
        ("/destinations/3/setup/validate", "/destinations/3/setup/settings"),
        ("/destinations/3/setup/key", "/destinations/3/setup/key"),
        ("/destinations/3/setup/challenge", "/destinations/3/setup/verify"),
        ("/destinations/3/setup/check", "/destinations/3/setup/verify"),
        ("/destinations/3/edit", "/destinations/3/edit"),
        ("/destinations/3/check", "/destinations/3"),
        ("/destinations/3/pause", "/destinations/3"),
        ("/destinations/3/resume", "/destinations/3"),
        ("/destinations/3/remove", "/destinations/3/remove"),
        ("/settings/access-keys", "/settings/access-keys"),
        ("/settings/access-keys/3/act", "/settings/access-keys"),
        ("/settings/users", "/settings/users"),
        ("/settings/users/3/role", "/settings/users/3"),
        ("/settings/users/3/password", "/settings/users/3"),
        ("/settings/users/3/remove", "/settings/users/3"),
        ("/settings/webhooks", "/settings/webhooks"),
        ("/settings/webhooks/3/replay", "/settings/webhooks/3"),
        ("/settings/webhooks/3/act", "/settings/webhooks"),
        ("/settings/event-webhooks", "/settings/event-webhooks"),
        ("/settings/event-webhooks/3/test", "/settings/event-webhooks"),
        ("/settings/event-webhooks/3/act", "/settings/event-webhooks"),
        ("/settings/mail/server", "/settings/mail"),
        ("/settings/mail/off", "/settings/mail"),
        ("/settings/mail/messages", "/settings/mail"),
        ("/settings/mail/test", "/settings/mail"),
        ("/settings/mail/recipients", "/settings/mail"),
        ("/settings/mail/recipients/3/act", "/settings/mail"),
    ];

    #[test]
    fn every_form_has_a_page() {
        for (form, page) in FORMS {
            assert_eq!(page_of_form(form), page, "{form}");
        }
    }

    #[test]
    fn what_was_refused_leads_back_to_the_page_that_has_the_form() {
        let refused = Trouble::Refused("No.".to_owned());
        let cases = [
            (&refused, "/integrations/3/pause", "/integrations/3/settings"),
            (&refused, "/destinations/3/check", "/destinations/3"),
            (&refused, "/theme", "/"),
            (&refused, "/settings/mail", "/"),
            (
                &Trouble::ExpiredForm,
                "/integrations/3/rename",
                "/integrations/3/settings",
            ),
            (&Trouble::NotFound, "/integrations/3/pause", "/"),
        ];
        for (trouble, path, page) in cases {
            assert_eq!(trouble.way_on(path).0, page, "{path}");
        }
    }
}
