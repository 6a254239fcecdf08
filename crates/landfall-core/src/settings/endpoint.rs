//! Where buckets are, if not at Amazon S3 (management-api.md §4.2).

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::web_url::{PlainHttp, WebUrl};

/// A place that keeps buckets instead of Amazon S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// An S3-compatible server.
    Url(EndpointUrl),
    /// A local folder whose sub-folders are the buckets.
    Folder(BucketFolder),
}

/// `scheme://host[:port]` of an S3-compatible server, without a `/` at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointUrl(String);

/// The absolute path of a folder whose sub-folders are buckets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketFolder(PathBuf);

/// Why an endpoint was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the texts say what each problem is")]
pub enum EndpointProblem {
    #[error("is not an endpoint: write https://host[:port], or file:///folder for a local folder")]
    NotAUrl,
    #[error("has more than host and port: remove user name, path and query")]
    NotOnlyAServer,
    #[error(
        "would send records unencrypted: use https, or set allow_insecure_endpoint to true if the network is trusted"
    )]
    PlainHttp,
    #[error("is not the URL of a folder: write it from the root, such as file:///var/lib/landfall/buckets")]
    NotAFolder,
}

impl Endpoint {
    pub(super) fn parse(text: &str, plain: PlainHttp) -> Result<Self, EndpointProblem> {
        if let Some(path) = text.strip_prefix("file:") {
            return BucketFolder::parse(path).map(Self::Folder);
        }
        let url = WebUrl::parse(text).ok_or(EndpointProblem::NotAUrl)?;
        if url.has_user_info || !matches!(url.rest, "" | "/") {
            return Err(EndpointProblem::NotOnlyAServer);
        }
        if !url.is_allowed(plain) {
            return Err(EndpointProblem::PlainHttp);
        }
        Ok(Self::Url(EndpointUrl(text.trim_end_matches('/').to_owned())))
    }
}

impl EndpointUrl {
    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl BucketFolder {
    /// The folder.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// Reads what follows `file:`.
    fn parse(url_path: &str) -> Result<Self, EndpointProblem> {
        let path = url_path
            .strip_prefix("//")
            .filter(|path| path.starts_with('/') && !path.contains(['?', '#']))
            .ok_or(EndpointProblem::NotAFolder)?;
        let decoded = percent_decoded(path).ok_or(EndpointProblem::NotAFolder)?;
        if decoded.contains('\0') {
            return Err(EndpointProblem::NotAFolder);
        }
        Ok(Self(PathBuf::from(decoded)))
    }
}

/// `text` with its `%xx` replaced; none if one is incomplete or the outcome isn't UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, after @ ..] = rest else {
            return None;
        };
        let digit = |byte: u8| {
            char::from(byte)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        };
        bytes.push(digit(*high)? * 16 + digit(*low)?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_server_or_a_folder() {
        let url = |text: &str| Ok(Endpoint::Url(EndpointUrl(text.to_owned())));
        let folder = |path: &str| Ok(Endpoint::Folder(BucketFolder(PathBuf::from(path))));
        let cases = [
            (
                "https://minio.example.com:9000",
                url("https://minio.example.com:9000"),
            ),
            ("https://minio.example.com/", url("https://minio.example.com")),
            ("http://127.0.0.1:9000", url("http://127.0.0.1:9000")),
            ("http://minio:9000", Err(EndpointProblem::PlainHttp)),
            (
                "https://minio.example.com/bucket",
                Err(EndpointProblem::NotOnlyAServer),
            ),
            (
                "https://minio.example.com?x",
                Err(EndpointProblem::NotOnlyAServer),
            ),
            (
                "https://user:secret@minio.example.com",
                Err(EndpointProblem::NotOnlyAServer),
            ),
            ("minio.example.com", Err(EndpointProblem::NotAUrl)),
            ("", Err(EndpointProblem::NotAUrl)),
            (
                "file:///var/lib/landfall/buckets",
                folder("/var/lib/landfall/buckets"),
            ),
            ("file:///my%20buckets/%C3%A9", folder("/my buckets/é")),
            ("file://buckets", Err(EndpointProblem::NotAFolder)),
            ("file:buckets", Err(EndpointProblem::NotAFolder)),
            ("file:///a%2", Err(EndpointProblem::NotAFolder)),
            ("file:///a%ff", Err(EndpointProblem::NotAFolder)),
            ("file:///a%00", Err(EndpointProblem::NotAFolder)),
            ("file:///a?b", Err(EndpointProblem::NotAFolder)),
        ];
        for (text, expected) in cases {
            assert_eq!(Endpoint::parse(text, PlainHttp::OnLoopback), expected, "{text}");
        }
        assert_eq!(
            Endpoint::parse("http://minio:9000", PlainHttp::Anywhere),
            url("http://minio:9000")
        );
    }
}
