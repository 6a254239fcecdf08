//! Requests that end in no page of their own.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use landfall_catalog::{Reaction, StoreError};

use crate::api::ApiError;
use crate::frame::{Frame, Section};
use crate::password::Busy;
use crate::visit::Visit;

/// Why there is no page. Handlers return it with `?`; [`show_in`] makes a page of it.
#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// Nobody is signed in: they sign in first, and come back.
    SignIn { back: String },
    /// There is no user yet.
    FirstRun,
    /// There is no such page, or no longer such a thing.
    NotFound,
    /// A viewer wants to change something.
    Forbidden,
    /// A form that no page of ours sent, or one from before the session began.
    ForeignForm,
    /// A form that can't be read.
    BadForm,
    /// Too much to do.
    Busy,
    /// The management API refused, and the page has no form to say it in.
    Refused(String),
    /// It is not the reader's fault.
    Internal,
}

impl Trouble {
    /// Trouble of ours, which the log tells in full.
    pub(crate) fn internal(fault: &str) -> Self {
        tracing::error!("a page was not served: {fault}");
        Self::Internal
    }

    fn describe(&self) -> (StatusCode, &str, &str) {
        match self {
            Self::SignIn { .. } | Self::FirstRun => (StatusCode::UNAUTHORIZED, "Sign in", "Sign in first."),
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "Page not found",
                "There is nothing at this address. It may have been deleted, or the address has a misprint.",
            ),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "Only for administrators",
                "Your account may look at everything, but change nothing. Ask an administrator.",
            ),
            Self::ForeignForm => (
                StatusCode::FORBIDDEN,
                "The form has expired",
                "You signed in or out since the page was opened, or the form came from another site. \
                 Go back, load the page again and repeat what you did.",
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
            Self::Refused(message) => (StatusCode::BAD_REQUEST, "That did not work", message),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something broke on our side",
                "The log of the server says what. Nothing you did is lost; try again.",
            ),
        }
    }
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
        match error.status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::FORBIDDEN => Self::Forbidden,
            status if status.is_server_error() => Self::internal(&error.to_string()),
            _ => Self::Refused(error.message),
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
}

/// The page for `trouble`.
pub(crate) fn show(visit: &Visit, trouble: Trouble) -> Response {
    match &trouble {
        Trouble::SignIn { back } if back == "/" => return Redirect::to("/sign-in").into_response(),
        Trouble::SignIn { back } => {
            let back = askama::filters::urlencode_strict(back).map(|back| back.to_string());
            return Redirect::to(&format!("/sign-in?back={}", back.unwrap_or_default())).into_response();
        }
        Trouble::FirstRun => return Redirect::to("/setup").into_response(),
        _ => {}
    }
    let (status, title, message) = trouble.describe();
    let page = TroublePage {
        frame: Frame::new(visit, title, Section::None),
        message,
    };
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => (status, [(header::CONTENT_TYPE, "text/plain")], message.to_owned()).into_response(),
    }
}

/// Puts the page for trouble in the place of an answer that has some.
pub(crate) fn show_in(visit: &Visit, mut answer: Response) -> Response {
    match answer.extensions_mut().remove::<Trouble>() {
        Some(trouble) => show(visit, trouble),
        None => answer,
    }
}
