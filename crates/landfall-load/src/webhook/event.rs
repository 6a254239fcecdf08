//! Requests that tell of events, signed (operations.md §2).

use std::time::Duration;

use bytes::Bytes;
use hyper::header::{HeaderValue, USER_AGENT};
use ring::hmac;

use super::address::HookUrl;
use super::client::{HookClient, HookFault, NoRootCertificates, request};

const EVENTS: HeaderValue = HeaderValue::from_static("LandfallEvents");
const SIGNATURE: &str = "x-landfall-signature";

/// Posts events to hooks.
#[derive(Debug)]
pub struct EventPost {
    client: HookClient,
}

/// Why an event was not heard. Nothing in it shows what may be secret in the URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventFault {
    /// No request can be sent there.
    #[error("the URL is none: make the hook again with one like https://host/path")]
    InvalidUrl,
    /// The request failed.
    #[error("{url}: {fault}")]
    Undelivered {
        /// Scheme, host and fingerprint of the URL.
        url: String,
        /// Why.
        fault: HookFault,
    },
}

impl EventPost {
    /// Prepares to post, waiting `answer_within` for each answer.
    ///
    /// # Errors
    /// [`NoRootCertificates`].
    pub fn new(answer_within: Duration) -> Result<Self, NoRootCertificates> {
        Ok(Self {
            client: HookClient::with_tls(answer_within)?,
        })
    }

    /// Tries once to post `body`. Success is any 2xx.
    ///
    /// # Errors
    /// [`EventFault`].
    pub async fn post(&self, url: &str, secret: &[u8], body: &str) -> Result<(), EventFault> {
        let url = HookUrl::parse(url).ok_or(EventFault::InvalidUrl)?;
        let mut request = request(&url, Bytes::from(body.to_owned()));
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, EVENTS);
        headers.insert(SIGNATURE, signature(secret, body.as_bytes()));
        let sent = self.client.send(request).await;
        sent.map_err(|fault| EventFault::Undelivered {
            url: url.to_string(),
            fault,
        })
    }
}

/// `sha256=<hex HMAC of the body>`.
fn signature(secret: &[u8], body: &[u8]) -> HeaderValue {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), body);
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::try_from(format!("sha256={hex}")).expect("hexadecimal digits are visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_signed_as_openssl_would() {
        // printf 'what do ya want for nothing?' | openssl dgst -sha256 -hmac Jefe; RFC 4231, test case 2.
        assert_eq!(
            signature(b"Jefe", b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
