//! As much of a web address as settings need to know.

use std::net::{Ipv4Addr, Ipv6Addr};

/// `http` or `https` URL, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WebUrl<'a> {
    pub(super) scheme: Scheme,
    /// Name or address; an IPv6 address has its brackets.
    pub(super) host: &'a str,
    pub(super) has_user_info: bool,
    /// Path, query and fragment, as written; empty or beginning with one of `/ ? #`.
    pub(super) rest: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

/// Where unencrypted connections are tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlainHttp {
    Nowhere,
    OnLoopback,
    Anywhere,
}

impl<'a> WebUrl<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return None;
        }
        let (scheme, after) = text.split_once("://")?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let (authority, rest) = after.split_at(after.find(['/', '?', '#']).unwrap_or(after.len()));
        let (user_info, server) = match authority.rsplit_once('@') {
            Some((user_info, server)) => (Some(user_info), server),
            None => (None, authority),
        };
        let (host, port) = split_port(server)?;
        let is_port = |port: &str| {
            port.bytes().all(|byte| byte.is_ascii_digit())
                && port.parse::<u16>().is_ok_and(|number| number != 0)
        };
        let is_sound = is_host(host) && port.is_none_or(is_port);
        is_sound.then_some(Self {
            scheme,
            host,
            has_user_info: user_info.is_some(),
            rest,
        })
    }

    pub(super) fn is_allowed(&self, plain: PlainHttp) -> bool {
        match (self.scheme, plain) {
            (Scheme::Https, _) | (Scheme::Http, PlainHttp::Anywhere) => true,
            (Scheme::Http, PlainHttp::Nowhere) => false,
            (Scheme::Http, PlainHttp::OnLoopback) => self.is_loopback(),
        }
    }

    fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost")
            || self
                .host
                .parse::<Ipv4Addr>()
                .is_ok_and(|address| address.is_loopback())
            || bracketed_ipv6(self.host).is_some_and(|address| address.is_loopback())
    }
}

fn split_port(server: &str) -> Option<(&str, Option<&str>)> {
    let host_end = server.find(']').map_or(0, |bracket| bracket + 1);
    match server[host_end..].split_once(':') {
        Some((before, port)) => Some((&server[..host_end + before.len()], Some(port))),
        None => Some((server, None)),
    }
}

fn is_host(host: &str) -> bool {
    let is_name = !host.is_empty()
        && host.split('.').all(|label| !label.is_empty())
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    is_name || bracketed_ipv6(host).is_some()
}

fn bracketed_ipv6(host: &str) -> Option<Ipv6Addr> {
    host.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let cases = [
            ("https://example.com", Some(("example.com", ""))),
            ("HTTPS://Example.com:8443/a?b#c", Some(("Example.com", "/a?b#c"))),
            ("http://[::1]:9000/", Some(("[::1]", "/"))),
            ("https://example.com?x=@y", Some(("example.com", "?x=@y"))),
            ("https://u:p@example.com/", Some(("example.com", "/"))),
            ("https://", None),
            ("https:///path", None),
            ("https://exa mple.com", None),
            ("https://example.com:0", None),
            ("https://example.com:65536", None),
            ("https://example.com:+80", None),
            ("https://example.com:", None),
            ("https://[::1", None),
            ("https://::1", None),
            ("https://a..b", None),
            ("ftp://example.com", None),
            ("example.com", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let parsed = WebUrl::parse(text);
            assert_eq!(parsed.map(|url| (url.host, url.rest)), expected, "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let cases = [
            ("http://localhost", true),
            ("http://LOCALHOST:9000", true),
            ("http://127.0.0.1", true),
            ("http://127.255.3.4:1", true),
            ("http://[::1]:1", true),
            ("http://10.0.0.1", false),
            ("http://localhost.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("http://localhost@example.com", false),
        ];
        for (text, is_loopback) in cases {
            let url = WebUrl::parse(text).unwrap();
            assert_eq!(url.is_allowed(PlainHttp::OnLoopback), is_loopback, "{text}");
            assert!(!url.is_allowed(PlainHttp::Nowhere), "{text}");
            assert!(url.is_allowed(PlainHttp::Anywhere), "{text}");
        }
    }
}
