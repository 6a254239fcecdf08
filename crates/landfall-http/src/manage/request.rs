//! Reading requests: JSON bodies, numbers in paths, parameters after the question mark.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::answer::Refusal;
use super::authentication::Caller;

/// Bodies are forms that people fill in; a tenth of this is plenty.
const LONGEST_BODY_BYTES: usize = 1 << 20;

/// A body that is JSON.
#[derive(Debug)]
pub(super) struct JsonBody(pub(super) Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Refusal;

    async fn from_request(request: Request<Body>, _state: &S) -> Result<Self, Refusal> {
        let refusal = || Refusal::coded("InvalidBody", "request body must be valid JSON");
        let bytes = to_bytes(request.into_body(), LONGEST_BODY_BYTES)
            .await
            .map_err(|_| refusal())?;
        serde_json::from_slice(&bytes).map(Self).map_err(|_| refusal())
    }
}

impl JsonBody {
    /// The body as an object that has no other keys than these.
    pub(super) fn only(&self, allowed: &[&str]) -> Option<&Map<String, Value>> {
        let body = self.0.as_object()?;
        body.keys()
            .all(|key| allowed.contains(&key.as_str()))
            .then_some(body)
    }
}

/// The numbers in a path; an address with anything else in their place doesn't exist (management-api.md §5.3).
#[derive(Debug)]
pub(super) struct Numbers<const COUNT: usize>(pub(super) [u32; COUNT]);

impl<S: Send + Sync, const COUNT: usize> FromRequestParts<S> for Numbers<COUNT> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Path(texts) = Path::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|_| Refusal::not_found())?;
        let numbers: Option<Vec<u32>> = texts.iter().map(|(_, text)| number(text)).collect();
        numbers
            .and_then(|numbers| numbers.try_into().ok())
            .map(Self)
            .ok_or_else(Refusal::not_found)
    }
}

/// A number in digits alone: no sign, no blanks.
pub(super) fn number(text: &str) -> Option<u32> {
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_digits)
}

/// Parameters after the question mark, in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    fn parse(query: &str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        };
        Self(pairs.map(pair).collect())
    }

    /// The last value given for a name.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().rev().filter(|(given, _)| given == name);
        values.next().map(|(_, value)| value.as_str())
    }

    /// A number given for a name, from 1 to `most`; `most` if there is none.
    pub(super) fn limit(&self, most: u32) -> Result<u32, Refusal> {
        let refusal = || {
            Refusal::coded(
                "InvalidLimit",
                &format!("limit must be a number from 1 to {most}"),
            )
        };
        match self.value("limit") {
            None => Ok(most),
            Some(text) => number(text)
                .filter(|limit| (1..=most).contains(limit))
                .ok_or_else(refusal),
        }
    }

    /// What `before` names: where the page before this one ended.
    pub(super) fn before(&self) -> Result<Option<i64>, Refusal> {
        let refusal = || Refusal::coded("InvalidPage", "before must be the next of the answer before");
        match self.value("before") {
            None => Ok(None),
            Some(text) => {
                let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let before = text.parse().ok().filter(|_| is_digits);
                before.map(Some).ok_or_else(refusal)
            }
        }
    }

    pub(super) fn has_only(&self, allowed: &[&str]) -> bool {
        self.0.iter().all(|(name, _)| allowed.contains(&name.as_str()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(Refusal::unauthorized)
    }
}

/// A name or a value as it was before it became part of an address.
fn decode(text: &str) -> String {
    let blanks = text.replace('+', " ");
    percent_decode_str(&blanks).decode_utf8_lossy().into_owned()
}

/// A property's value as text: booleans and whole numbers are as good as texts (management-api.md §1).
pub(super) fn property_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        Value::Number(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_digits_alone() {
        let cases = [
            ("7", Some(7)),
            ("4294967295", Some(u32::MAX)),
            ("4294967296", None),
            ("+7", None),
            ("", None),
            ("seven", None),
        ];
        for (text, expected) in cases {
            assert_eq!(number(text), expected, "{text:?}");
        }
    }

    #[test]
    fn parameters_are_pairs() {
        let query = Query::parse("source_id=3&&flag&source_id=4");
        assert_eq!(query.value("source_id"), Some("4"));
        assert_eq!(query.value("flag"), Some(""));
        assert_eq!(query.value("other"), None);
        assert!(query.has_only(&["source_id", "flag"]));
        assert!(!query.has_only(&["source_id"]));
        assert!(Query::parse("").has_only(&[]));
        let query = Query::parse("table=a%26b+c&from=2026-01-05T10%3A00%3A00Z");
        assert_eq!(query.value("table"), Some("a&b c"));
        assert_eq!(query.value("from"), Some("2026-01-05T10:00:00Z"));
    }
}
