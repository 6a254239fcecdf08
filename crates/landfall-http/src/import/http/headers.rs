//! What request headers say (import-api.md §3 and §4).

use axum::http::{HeaderMap, header};

use crate::import::answer::Encoding;

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Identity,
    Gzip,
}

/// The token of `Authorization: Bearer <token>`, in any case and with the misprinted colon.
pub(super) fn bearer_token(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes().trim_ascii();
    let end = value.iter().position(u8::is_ascii_whitespace)?;
    let scheme = value[..end].strip_suffix(b":").unwrap_or(&value[..end]);
    let token = value[end..].trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer") && !token.is_empty()).then_some(token)
}

/// The media type as sent, without parameters.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?;
    let text = String::from_utf8_lossy(value.as_bytes());
    let media_type = text.split(';').next().unwrap_or_default().trim();
    (!media_type.is_empty()).then(|| media_type.to_owned())
}

pub(super) fn is_json(headers: &HeaderMap) -> bool {
    push_encoding(headers) == Some(Encoding::Json)
}

pub(super) fn push_encoding(headers: &HeaderMap) -> Option<Encoding> {
    match media_type(headers)?.to_ascii_lowercase().as_str() {
        "application/json" => Some(Encoding::Json),
        "application/transit+json" => Some(Encoding::Transit),
        _ => None,
    }
}

/// `None` for a compression that is not known, or more than one.
pub(super) fn packing(headers: &HeaderMap) -> Option<Packing> {
    let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
    let (first, second) = (values.next(), values.next());
    let Some(value) = first else {
        return Some(Packing::Identity);
    };
    let name = value.as_bytes().trim_ascii();
    match second {
        None if name.eq_ignore_ascii_case(b"gzip") => Some(Packing::Gzip),
        None if name.eq_ignore_ascii_case(b"identity") || name.is_empty() => Some(Packing::Identity),
        _ => None,
    }
}

pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    let value = headers.get(header::CONTENT_LENGTH)?;
    value.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        headers
    }

    #[test]
    fn tokens_are_read_in_all_the_ways_they_are_sent() {
        let cases = [
            ("Bearer at_1", Some("at_1")),
            ("bEARER   at_1  ", Some("at_1")),
            ("Bearer: at_1", Some("at_1")),
            ("Bearer\tat_1", Some("at_1")),
            ("Bearer", None),
            ("Bearer ", None),
            ("at_1", None),
            ("Basic eDp5", None),
            ("Bearerat_1", None),
        ];
        for (value, token) in cases {
            let headers = with(header::AUTHORIZATION, value);
            assert_eq!(bearer_token(&headers), token.map(str::as_bytes), "{value:?}");
        }
    }

    #[test]
    fn compressions_that_are_not_known_are_refused() {
        let cases = [
            ("gzip", Some(Packing::Gzip)),
            ("GZIP ", Some(Packing::Gzip)),
            ("identity", Some(Packing::Identity)),
            ("br", None),
            ("gzip, gzip", None),
        ];
        for (value, expected) in cases {
            assert_eq!(
                packing(&with(header::CONTENT_ENCODING, value)),
                expected,
                "{value:?}"
            );
        }
    }
}
