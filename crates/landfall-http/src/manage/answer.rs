//! What requests are answered with: JSON, and the error forms of management-api.md §1.2.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use landfall_catalog::{Reaction, StoreError};
use serde::Serialize;

/// The answer to a request, or why there is none.
pub(super) type Answer = Result<Response, Refusal>;

/// A request that is not served.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    body: String,
}

#[derive(Serialize)]
struct Message<'a> {
    message: &'a str,
}

/// `{"error":"Code","data":{"message":"…"}}`.
#[derive(Serialize)]
struct Coded<'a, D> {
    error: &'a str,
    data: D,
}

/// The same the other way round, as the documentation shows it for hooks.
#[derive(Serialize)]
struct DataFirst<'a> {
    data: Message<'a>,
    error: &'a str,
}

#[derive(Serialize)]
struct OnlyError<D> {
    error: D,
}

/// Success: 200 and JSON.
pub(super) fn ok(value: &impl Serialize) -> Answer {
    Ok(respond(StatusCode::OK, to_json(value)))
}

/// `{}`, the answer of calls that remove something.
pub(super) fn ok_empty() -> Answer {
    Ok(respond(StatusCode::OK, "{}".to_owned()))
}

/// Success: 200 and what is JSON already.
pub(super) fn ok_text(json: String) -> Response {
    respond(StatusCode::OK, json)
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("answers are structures with text for keys")
}

fn respond(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

impl Refusal {
    fn new(status: StatusCode, body: &impl Serialize) -> Self {
        Self {
            status,
            body: to_json(body),
        }
    }

    /// 400 with a JSON string, as destinations have it.
    pub(super) fn text(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, &message)
    }

    /// 400 with a code and a message, as sources have it.
    pub(super) fn coded(code: &str, message: &str) -> Self {
        Self::with_data(code, Message { message })
    }

    /// 400 with a code and more than a message.
    pub(super) fn with_data(code: &str, data: impl Serialize) -> Self {
        Self::new(StatusCode::BAD_REQUEST, &Coded { error: code, data })
    }

    /// 400 with the message before the code, as hooks have it.
    pub(super) fn data_first(code: &str, message: &str) -> Self {
        let data = Message { message };
        Self::new(StatusCode::BAD_REQUEST, &DataFirst { data, error: code })
    }

    /// 400 with nothing but a message, as the limits of notifications have it.
    pub(super) fn only_message(message: &str) -> Self {
        let error = Message { message };
        Self::new(StatusCode::BAD_REQUEST, &OnlyError { error })
    }

    /// 400 with a message for each field.
    pub(super) fn only_message_of(message: &serde_json::Value) -> Self {
        #[derive(Serialize)]
        struct Fields<'a> {
            message: &'a serde_json::Value,
        }
        let error = Fields { message };
        Self::new(StatusCode::BAD_REQUEST, &OnlyError { error })
    }

    /// 400 with the value of `disabled_at` that can't be used, as custom emails have it.
    pub(super) fn disabled_at(given: &serde_json::Value) -> Self {
        #[derive(Serialize)]
        struct Given<'a> {
            disabled_at: &'a serde_json::Value,
        }
        Self::new(StatusCode::BAD_REQUEST, &Given { disabled_at: given })
    }

    /// 404, as custom emails have it.
    pub(super) fn status_not_found() -> Self {
        #[derive(Serialize)]
        struct Status {
            status: &'static str,
        }
        Self::new(StatusCode::NOT_FOUND, &Status { status: "NOT FOUND" })
    }

    /// 400: the connection is not protected.
    pub(super) fn insecure_transport() -> Self {
        Self::coded("InsecureTransport", "HTTPS is required")
    }

    /// 400 with nothing but a code.
    pub(super) fn only_code(code: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, &OnlyError { error: code })
    }

    /// 404: unknown address, unknown thing, or a method that the address doesn't know.
    pub(super) fn not_found() -> Self {
        let error = OnlyError { error: "NotFound" };
        Self::new(StatusCode::NOT_FOUND, &error)
    }

    /// 401, the same whatever is wrong with the key.
    pub(super) fn unauthorized() -> Self {
        let refusal = Self::coded("Unauthorized", "invalid or missing access token");
        Self {
            status: StatusCode::UNAUTHORIZED,
            ..refusal
        }
    }

    /// 403: known, but not allowed to change anything.
    pub(super) fn forbidden() -> Self {
        let refusal = Self::coded("Forbidden", "only administrators may change this");
        Self {
            status: StatusCode::FORBIDDEN,
            ..refusal
        }
    }

    /// 500: nothing is wrong with the request.
    pub(super) fn internal(message: &str) -> Self {
        let refusal = Self::coded("InternalError", message);
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ..refusal
        }
    }

    /// The same body, with 404.
    pub(super) fn into_not_found(self) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            ..self
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(fault: StoreError) -> Self {
        match fault.reaction() {
            Reaction::Retry => tracing::warn!("a management request was not served: {fault}"),
            Reaction::AskOperator | Reaction::Stop => {
                tracing::error!(cause = ?fault, "a management request was not served: {fault}");
            }
        }
        Self::internal(&fault.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        respond(self.status, self.body)
    }
}
