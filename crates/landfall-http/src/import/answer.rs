//! The answers of the Import API, byte for byte (import-api.md §6.2, §8.2, §11).

use std::borrow::Cow;
use std::time::Duration;

use landfall_core::ids::ClientId;
use landfall_core::json::write_canonical_string;

use super::gate::{AppendError, JournalHealth, Loading};

/// Status, headers and body of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Body,
    /// `Allow`, of 405.
    pub(crate) allow: Option<&'static str>,
    /// `Retry-After`, of 503 and 504.
    pub(crate) retry_after: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body {
    Json(Cow<'static, str>),
    Text(&'static str),
}

/// How a push is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/json`.
    Json,
    /// `application/transit+json`.
    Transit,
}

/// What Landfall calls itself at `/v2/import/status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The version of Landfall.
    pub version: String,
    /// The commit it was built from.
    pub revision: String,
}

impl Answer {
    fn json(status: u16, body: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            body: Body::Json(body.into()),
            allow: None,
            retry_after: None,
        }
    }

    fn text(status: u16, body: &'static str) -> Self {
        Self {
            body: Body::Text(body),
            ..Self::json(status, "")
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &str {
        match &self.body {
            Body::Json(text) => text,
            Body::Text(text) => text,
        }
    }

    /// Durable.
    pub(crate) fn accepted(loading: Loading) -> Self {
        match loading {
            Loading::Now => Self::json(201, r#"{"status":"OK","message":"Batch Accepted!"}"#),
            Loading::Later => Self::json(
                202,
                r#"{"status":"Accepted","message":"The batch is queued to be processed."}"#,
            ),
        }
    }

    /// Validate found nothing wrong.
    pub(crate) fn valid() -> Self {
        Self::json(200, r#"{"status":"OK","message":"Batch is valid!"}"#)
    }

    /// A webhook's records are durable (management-api.md §9).
    pub(crate) fn hook_accepted() -> Self {
        Self::json(200, r#"{"status":"OK"}"#)
    }

    pub(crate) fn status_of(identity: &Identity, health: JournalHealth) -> Self {
        let mut out = br#"{"name":"pipeline.gate","version":"#.to_vec();
        write_canonical_string(&identity.version, &mut out);
        out.extend_from_slice(br#","revision":"#);
        write_canonical_string(&identity.revision, &mut out);
        let (status, rest) = match health {
            JournalHealth::Writable => (200, r#","status":"OK","reason":null}"#),
            JournalHealth::NotWritable => (503, r#","status":"ERROR","reason":"journal is not writable"}"#),
        };
        out.extend_from_slice(rest.as_bytes());
        Self::json(status, into_text(out))
    }

    /// A batch that was refused, in the words of §7.
    pub(crate) fn batch_error(text: &str) -> Self {
        Self::json(400, object(&[("error", text)]))
    }

    /// A key field is absent or null.
    pub(crate) fn missing_key(name: &str) -> Self {
        Self::batch_error(&format!("Record is missing key property {name}"))
    }

    pub(crate) fn malformed(encoding: Encoding, what: &str) -> Self {
        let message = match encoding {
            Encoding::Json => "Malformed json in the body!",
            Encoding::Transit => "Malformed transit in the body!",
        };
        let mut text = object(&[("status", "ERROR"), ("message", message), ("error", what)]);
        text.truncate(text.len() - 1);
        text.push_str(r#","input":null}"#);
        Self::json(400, text)
    }

    pub(crate) fn not_an_array() -> Self {
        Self::json(
            400,
            r#"{"status":"ERROR","message":"An array of records is expected"}"#,
        )
    }

    pub(crate) fn too_many_records() -> Self {
        Self::json(
            400,
            r#"{"status":"ERROR","message":"An array of at most 20000 records is expected"}"#,
        )
    }

    pub(crate) fn not_an_object() -> Self {
        Self::json(400, r#"{"status":"ERROR","message":"A JSON object is expected"}"#)
    }

    pub(crate) fn not_authorized() -> Self {
        Self::json(401, r#"{"message":"Not Authorized"}"#)
    }

    pub(crate) fn invalid_region() -> Self {
        Self::json(401, r#"{"message":"Invalid region."}"#)
    }

    pub(crate) fn not_active() -> Self {
        Self::json(
            401,
            r#"{"error":"Forbidden","errors":{"error":"Connection is not active."}}"#,
        )
    }

    pub(crate) fn not_authenticated() -> Self {
        Self::json(
            401,
            r#"{"status":"ERROR","error":"Not Authenticated.","errors":null}"#,
        )
    }

    pub(crate) fn other_client() -> Self {
        Self::json(
            403,
            r#"{"status":"ERROR","error":"Forbidden","errors":{"error":"Access token is not associated with this client."}}"#,
        )
    }

    pub(crate) fn several_clients(client: ClientId) -> Self {
        let reason = format!(
            "The batch contains data points for multiple clients. Only client_id {client} is allowed"
        );
        let mut out = Vec::new();
        write_canonical_string(&reason, &mut out);
        Self::faulty_records(&[into_text(out)])
    }

    /// `reasons` are JSON texts.
    pub(crate) fn faulty_records(reasons: &[String]) -> Self {
        let mut text = String::from(
            r#"{"status":"ERROR","error":"Request cannot be processed; see errors.","errors":["#,
        );
        for (index, reason) in reasons.iter().enumerate() {
            text.push_str(if index > 0 {
                r#",{"reason":"#
            } else {
                r#"{"reason":"#
            });
            text.push_str(reason);
            text.push('}');
        }
        text.push_str("]}");
        Self::json(422, text)
    }

    /// An address that does not exist. Whoever serves this API beside others gives this answer for `/v2/import/…`.
    #[must_use]
    pub fn not_found() -> Self {
        Self::json(404, r#"{"message":"Not Found"}"#)
    }

    pub(crate) fn wrong_method(allow: &'static str) -> Self {
        Self {
            allow: Some(allow),
            ..Self::text(405, "Method not allowed.")
        }
    }

    pub(crate) fn too_large(bytes: u64) -> Self {
        let message = format!("Request rejected: request size ({bytes} bytes) exceeds the maximum");
        Self::json(413, object(&[("status", "ERROR"), ("message", &message)]))
    }

    pub(crate) fn batch_content_type() -> Self {
        Self::text(415, "Content-Type must be application/json")
    }

    pub(crate) fn push_content_type(found: Option<&str>) -> Self {
        let found = found.unwrap_or("null");
        let message = format!(
            "Unsupported content-type {found}. Please send application/json or application/transit+json"
        );
        Self::json(415, object(&[("status", "ERROR"), ("message", &message)]))
    }

    pub(crate) fn hook_content_encoding() -> Self {
        Self::json(
            415,
            r#"{"status":"ERROR","message":"Unsupported content-encoding. Please send gzip or identity"}"#,
        )
    }

    /// Overload: the client is to try again.
    pub(crate) fn unavailable(retry_after: Duration) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::json(503, r#"{"status":"ERROR","message":"Service Unavailable"}"#)
        }
    }

    pub(crate) fn timed_out(retry_after: Duration) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::json(504, r#"{"status":"ERROR","message":"Gateway Timeout"}"#)
        }
    }
}

impl From<AppendError> for Answer {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::TimedOut => Self::timed_out(error.retry_after()),
            AppendError::Full | AppendError::Busy | AppendError::ReadOnly | AppendError::ShuttingDown => {
                Self::unavailable(error.retry_after())
            }
        }
    }
}

/// A compact object of strings.
fn object(members: &[(&str, &str)]) -> String {
    let mut out = vec![b'{'];
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_canonical_string(name, &mut out);
        out.push(b':');
        write_canonical_string(value, &mut out);
    }
    out.push(b'}');
    into_text(out)
}

/// JSON that was written from text.
pub(crate) fn into_text(json: Vec<u8>) -> String {
    String::from_utf8(json).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
