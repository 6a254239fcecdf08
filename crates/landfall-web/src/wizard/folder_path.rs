//! Folders as paths for people and as URLs for the setting `s3_endpoint_url`.

use std::fmt::Write;

/// The URL of a folder.
pub(crate) fn folder_url(path: &str) -> String {
    let mut url = "file://".to_owned();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}"); // a String takes everything
        }
    }
    url
}

/// The path in the URL of a folder; none for other URLs.
pub(crate) fn folder_of_url(url: &str) -> Option<String> {
    let path = url.strip_prefix("file://")?;
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = after.get(..2).filter(|_| *first == b'%');
        let byte = escaped
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_comes_back_from_its_url() {
        for path in ["/srv/landfall", "/my buckets/ä%20", "/", ""] {
            assert_eq!(folder_of_url(&folder_url(path)).as_deref(), Some(path));
        }
        assert_eq!(folder_url("/a b"), "file:///a%20b");
        assert_eq!(folder_of_url("https://minio.example.com"), None);
    }
}
