//! Addresses of webhooks, which may hold keys: viewers see only the host.

/// What of an address to show.
pub(super) fn shown(url: &str, is_admin: bool) -> String {
    if is_admin {
        return url.to_owned();
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return "…".to_owned();
    };
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let more = if path.len() > 1 { "/…" } else { "" };
    format!("{scheme}://{host}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewers_see_where_it_goes_and_no_key_in_it() {
        let cases = [
            ("https://example.com/hook?key=1", "https://example.com/…"),
            ("https://example.com", "https://example.com"),
            ("https://example.com/", "https://example.com"),
            (
                "https://u:secret@example.com:8443/x",
                "https://example.com:8443/…",
            ),
            ("https://example.com?key=1", "https://example.com/…"),
            ("no address", "…"),
        ];
        for (url, expected) in cases {
            assert_eq!(shown(url, false), expected, "{url}");
            assert_eq!(shown(url, true), url);
        }
    }
}
