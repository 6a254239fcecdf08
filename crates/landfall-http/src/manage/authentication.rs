//! Who may use the management API (management-api.md §1.1).

use std::hint::black_box;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use landfall_catalog::{Digest, StoreError};
use thiserror::Error;

use super::answer::Refusal;
use super::https::Arrival;
use super::state::ManageState;

/// The shortest key that the operator may choose, in characters.
const SHORTEST_ADMIN_KEY: usize = 16;

/// A key that works from the start, chosen by the operator. Only its digest is kept.
#[derive(Debug, Clone, Copy)]
pub struct AdminKey(Digest);

/// Why a text can't be an admin key. The texts do not repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AdminKeyError {
    /// Too easy to guess.
    #[error("the admin key has fewer than {SHORTEST_ADMIN_KEY} characters: choose a longer one")]
    TooShort,
    /// It could not be sent in a header.
    #[error(
        "the admin key has control characters, or blanks around it: choose one that fits into an HTTP header"
    )]
    NotForHeaders,
}

impl AdminKey {
    /// Takes the text that the operator chose.
    ///
    /// # Errors
    /// [`AdminKeyError`].
    pub fn parse(text: &str) -> Result<Self, AdminKeyError> {
        if text.trim() != text || text.contains(char::is_control) {
            return Err(AdminKeyError::NotForHeaders);
        }
        if text.chars().count() < SHORTEST_ADMIN_KEY {
            return Err(AdminKeyError::TooShort);
        }
        Ok(Self(Digest::of(text)))
    }

    /// Takes the same time wherever the digests differ.
    fn is(&self, other: &Digest) -> bool {
        let pairs = self.0.as_bytes().iter().zip(other.as_bytes());
        let difference = pairs.fold(0_u8, |difference, (one, two)| black_box(difference | (one ^ two)));
        difference == 0
    }
}

/// Who makes a request, as the audit log names them.
#[derive(Debug, Clone)]
pub(super) struct Caller(pub(super) String);

/// Somebody who signed in to a part of this process, such as a user of the web pages.
///
/// A request that carries it as an extension needs no key. Extensions are set in process alone: nothing that arrives
/// over the network becomes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Internal {
    /// As the audit log is to name them, such as `user 3`.
    pub who: String,
    /// Whether they may change anything; who may not is answered 403.
    pub may_write: bool,
}

impl Internal {
    /// Those who may only look may also try out object keys, since nothing comes of it.
    fn may(&self, request: &Request) -> bool {
        let looks = request.method().is_safe() || request.uri().path() == KEY_PREVIEW_PATH;
        self.may_write || looks
    }
}

/// As the guard sees it, below `/v4`.
const KEY_PREVIEW_PATH: &str = "/destinations/key-preview";

/// Lets only requests with a key pass, or from within this process, and tells the handlers whose they are.
pub(super) async fn require_key(
    State(state): State<ManageState>,
    mut request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    if let Some(internal) = request.extensions().get::<Internal>() {
        if !internal.may(&request) {
            return Err(Refusal::forbidden());
        }
        let caller = Caller(internal.who.clone());
        request.extensions_mut().insert(caller);
        return Ok(next.run(request).await);
    }
    let key = bearer(request.headers());
    let caller = match key {
        Some(key) => identify(&state, key).await?,
        None => None,
    };
    let Some(caller) = caller else {
        tracing::warn!("a management request without a valid access key was refused");
        if key.is_some() {
            let arrival = request.extensions().get::<Arrival>();
            let peer = arrival.map(|arrival| arrival.peer);
            state.refused_keys.note(state.catalog(), peer, state.now()).await;
        }
        return Err(Refusal::unauthorized());
    };
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

async fn identify(state: &ManageState, key: &str) -> Result<Option<Caller>, StoreError> {
    let digest = Digest::of(key);
    if state.parts.admin_key.is_some_and(|admin| admin.is(&digest)) {
        return Ok(Some(Caller("admin key".to_owned())));
    }
    let found = state.parts.catalog.access_key_of(&digest).await?;
    Ok(found
        .filter(|key| key.disabled_at.is_none())
        .map(|key| Caller(format!("access key {}", key.id))))
}

/// The key in `Authorization: Bearer <key>`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = std::str::from_utf8(headers.get(header::AUTHORIZATION)?.as_bytes()).ok()?;
    let (scheme, key) = value.split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn an_admin_key_is_long_and_fits_into_a_header() {
        let cases = [
            ("0123456789abcdef", None),
            ("sixteen with blank", None),
            ("Schlüssel mit äöü", None),
            ("0123456789abcde", Some(AdminKeyError::TooShort)),
            ("", Some(AdminKeyError::TooShort)),
            (" 0123456789abcdef", Some(AdminKeyError::NotForHeaders)),
            ("0123456789abcdef\n", Some(AdminKeyError::NotForHeaders)),
            ("01234567\t89abcdef", Some(AdminKeyError::NotForHeaders)),
        ];
        for (text, refusal) in cases {
            assert_eq!(AdminKey::parse(text).err(), refusal, "{text:?}");
        }
    }

    #[test]
    fn a_viewer_within_the_process_may_look_and_try_out_keys() {
        let cases = [
            ("GET", "/sources", true),
            ("HEAD", "/sources", true),
            ("POST", KEY_PREVIEW_PATH, true),
            ("POST", "/sources", false),
            ("PUT", "/sources/1", false),
            ("DELETE", "/sources/1", false),
        ];
        for (method, path, expected) in cases {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .body(Body::empty())
                .unwrap();
            let internal = |may_write| Internal {
                who: "user 3".to_owned(),
                may_write,
            };
            assert_eq!(internal(false).may(&request), expected, "{method} {path}");
            assert!(internal(true).may(&request), "{method} {path}");
        }
    }

    #[test]
    fn only_the_same_key_is_the_same() {
        let key = AdminKey::parse("0123456789abcdef").unwrap();
        assert!(key.is(&Digest::of("0123456789abcdef")));
        assert!(!key.is(&Digest::of("0123456789abcdeg")));
        assert!(!key.is(&Digest::of("")));
    }

    #[test]
    fn the_key_stands_after_bearer() {
        let cases = [
            ("Bearer ac_1", Some("ac_1")),
            ("bearer  ac_1", Some("ac_1")),
            ("Bearer two words", Some("two words")),
            ("Bearer", None),
            ("Bearer ", None),
            ("Basic ac_1", None),
            ("ac_1", None),
        ];
        for (value, key) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            assert_eq!(bearer(&headers), key, "{value:?}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
