//! The URLs of hooks.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Uri;
use hyper::header::HeaderValue;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What can't stand in a path or a query as it is: written as `%XX`, as browsers do.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The hooks of a destination, in the order of its settings. URLs may hold secrets, so `Debug` leaves them out.
///
/// How many there may be, and where plain HTTP is tolerated, is the settings' business (loading.md §8.1).
#[derive(Clone, Default)]
pub struct Hooks(pub(super) Vec<HookUrl>);

/// A URL that no request can be sent to (loading.md §8.1).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("webhook {number}: Invalid URI: write it as https://host/path")]
pub struct InvalidHookUrl {
    /// Which one, counted from 1: the URL itself may be a secret.
    pub number: usize,
}

impl Hooks {
    /// Takes the URLs of `post_load_webhooks`.
    ///
    /// # Errors
    /// [`InvalidHookUrl`] for the first that is no `http` or `https` URL.
    pub fn parse<'u>(urls: impl IntoIterator<Item = &'u str>) -> Result<Self, InvalidHookUrl> {
        let parse = |(index, url)| HookUrl::parse(url).ok_or(InvalidHookUrl { number: index + 1 });
        urls.into_iter()
            .enumerate()
            .map(parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether there is no hook, hence nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them is reached by TLS.
    pub(super) fn need_tls(&self) -> bool {
        self.0.iter().any(|url| url.target.scheme_str() == Some("https"))
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Hooks({} …)", self.0.len())
    }
}

/// Characters of a fingerprint: enough to tell ten hooks apart, too few to try secrets against.
const FINGERPRINT_CHARACTERS: usize = 8;

/// The URL of a hook, taken apart for a request. [`Display`](fmt::Display) shows what may be seen: scheme, host and
/// port, and a fingerprint that tells two hooks of one host apart. User info, path and query may be secrets: whoever
/// knows the path of a chat's hook may write to the chat.
#[derive(Clone)]
pub(crate) struct HookUrl {
    fingerprint: String,
    /// Scheme, host, port, path and query.
    pub(super) target: Uri,
    /// User info, as every HTTP client sends it (RFC 7617).
    pub(super) authorization: Option<HeaderValue>,
}

impl HookUrl {
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let (scheme, after) = url.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(scheme.as_str(), "http" | "https") {
            return None;
        }
        let (authority, rest) = after.split_at(after.find(['/', '?', '#']).unwrap_or(after.len()));
        let (user_info, server) = match authority.rsplit_once('@') {
            Some((user_info, server)) => (Some(user_info), server),
            None => (None, authority),
        };
        let rest = rest
            .split_once('#')
            .map_or(rest, |(before_fragment, _)| before_fragment);
        let slash = if rest.starts_with('/') { "" } else { "/" };
        let path_and_query = format!("{slash}{}", utf8_percent_encode(rest, ENCODED));
        let target = Uri::builder()
            .scheme(scheme.as_str())
            .authority(server)
            .path_and_query(path_and_query)
            .build()
            .ok()?;
        if target.host().is_none_or(str::is_empty) {
            return None;
        }
        Some(Self {
            fingerprint: fingerprint(url),
            target,
            authorization: user_info.map(basic_authorization),
        })
    }
}

impl fmt::Display for HookUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.target.scheme_str().unwrap_or_default();
        let server = self.target.authority().map_or("", |authority| authority.as_str());
        write!(out, "{scheme}://{server} (hook {})", self.fingerprint)
    }
}

/// The beginning of the SHA-256 of the URL as the settings spell it: what `printf %s "$URL" | sha256sum` prints.
fn fingerprint(url: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, url.as_bytes());
    let bytes = &digest.as_ref()[..FINGERPRINT_CHARACTERS / 2];
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn basic_authorization(user_info: &str) -> HeaderValue {
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    let mut credentials: Vec<u8> = percent_decode_str(user).collect();
    credentials.push(b':');
    credentials.extend(percent_decode_str(password));
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(credentials)))
        .expect("Base64 is visible ASCII");
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_become_targets() {
        let cases = [
            ("https://example.com", "https://example.com/"),
            ("HTTPS://example.com:8443/a/b", "https://example.com:8443/a/b"),
            ("https://example.com?token=abc", "https://example.com/?token=abc"),
            ("https://u:p@example.com/h?x=@y#f", "https://example.com/h?x=@y"),
            ("http://[::1]:9000/#f", "http://[::1]:9000/"),
            (
                "https://example.com/ü b?q={c}",
                "https://example.com/%C3%BC%20b?q=%7Bc%7D",
            ),
            ("https://example.com/%20%zz", "https://example.com/%20%zz"),
        ];
        for (url, target) in cases {
            let parsed = HookUrl::parse(url).expect(url);
            assert_eq!(parsed.target.to_string(), target, "{url}");
        }
    }

    #[test]
    fn urls_are_shown_without_what_may_be_secret_and_can_be_told_apart() {
        let cases = [
            (
                "https://u:p@example.com/a?x=y#f",
                "https://example.com (hook 8be8b27f)",
            ),
            (
                "HTTPS://example.com:8443/a/b",
                "https://example.com:8443 (hook 4a165f8c)",
            ),
            (
                "https://hooks.example.com/T1/B1/one",
                "https://hooks.example.com (hook 572fabdb)",
            ),
            (
                "https://hooks.example.com/T1/B1/two",
                "https://hooks.example.com (hook e1fbee4b)",
            ),
        ];
        for (url, shown) in cases {
            assert_eq!(HookUrl::parse(url).expect(url).to_string(), shown, "{url}");
        }
    }

    #[test]
    fn user_info_becomes_basic_authorization() {
        let cases = [
            ("https://example.com/", None),
            ("https://user:pass@example.com/", Some("Basic dXNlcjpwYXNz")),
            ("https://user@example.com/", Some("Basic dXNlcjo=")),
            (
                "https://us%40er:p%3Ass@example.com/",
                Some("Basic dXNAZXI6cDpzcw=="),
            ),
        ];
        for (url, expected) in cases {
            let authorization = HookUrl::parse(url).expect(url).authorization;
            assert_eq!(
                authorization.as_ref().and_then(|value| value.to_str().ok()),
                expected,
                "{url}"
            );
        }
    }

    #[test]
    fn what_is_no_web_address_is_refused_by_its_number() {
        for url in [
            "ftp://example.com/",
            "example.com",
            "",
            "https://",
            "https:///path",
            "https://exa mple.com/",
        ] {
            let refusal = Hooks::parse(["https://example.com/", url]).expect_err(url);
            assert_eq!(refusal, InvalidHookUrl { number: 2 }, "{url}");
        }
    }

    #[test]
    fn debug_tells_how_many_and_nothing_else() {
        let hooks = Hooks::parse(["https://u:p@example.com/secret"]).unwrap();
        assert_eq!(format!("{hooks:?}"), "Hooks(1 …)");
    }
}
