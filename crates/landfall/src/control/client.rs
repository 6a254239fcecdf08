//! Talks to the management API of a running server.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Uri};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use super::options::Server;
use crate::environment::variable;

const DEFAULT_SERVER: &str = "http://127.0.0.1:8080";
/// A check that starts with a destination is waited for on the server's side.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Longer than any answer.
const MOST_ANSWER_BYTES: usize = 64 << 20;

/// Why a command came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// The check of a destination failed; what it found has been printed.
    CheckFailed,
    /// The server said no.
    Refused(Value),
    /// The command line or the environment can't be used.
    Invalid(String),
    /// No server, or one that is in trouble.
    Unreachable(String),
}

/// A server, and the key to it.
pub(super) struct Client {
    http: HttpClient<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: String,
    authorization: HeaderValue,
}

impl Client {
    pub(super) fn new(server: &Server) -> Result<Self, Failure> {
        let given = server.server.clone().or_else(|| variable("LANDFALL_SERVER"));
        let base = read_base(given.as_deref().unwrap_or(DEFAULT_SERVER))?;
        let key = variable("LANDFALL_KEY").ok_or_else(|| {
            Failure::Invalid("LANDFALL_KEY is not set: put a key of the management API there".to_owned())
        })?;
        let authorization = HeaderValue::try_from(format!("Bearer {key}"));
        let mut authorization = authorization.map_err(|_| {
            Failure::Invalid("LANDFALL_KEY has characters that no key has: copy it again".to_owned())
        })?;
        authorization.set_sensitive(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(&base)?)
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self {
            http: HttpClient::builder(TokioExecutor::new()).build(connector),
            base,
            authorization,
        })
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.call(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        self.call(Method::POST, path, body).await
    }

    pub(super) async fn put(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Result<Value, Failure> {
        self.call(Method::DELETE, path, None).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let uri = format!("{}{path}", self.base);
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)));
        let request = request.map_err(|fault| Failure::Invalid(fault.to_string()))?;
        let answered = tokio::time::timeout(ANSWER_WITHIN, self.exchange(request)).await;
        let (status, body) = answered
            .map_err(|_| self.unreachable(format!("no answer within {} s", ANSWER_WITHIN.as_secs())))??;
        let value: Value = serde_json::from_slice(&body).map_err(|_| {
            self.unreachable(format!("it answered {status}, and not as a Landfall server does"))
        })?;
        match status {
            200..=299 => Ok(value),
            500.. => Err(self.unreachable(format!("it answered {status}: {value}"))),
            _ => Err(Failure::Refused(value)),
        }
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<(u16, Bytes), Failure> {
        let answer = self.http.request(request).await;
        let answer = answer.map_err(|fault| self.unreachable(innermost(&fault)))?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), MOST_ANSWER_BYTES)
            .collect()
            .await;
        let body = body.map_err(|fault| self.unreachable(fault.to_string()))?;
        Ok((status, body.to_bytes()))
    }

    fn unreachable(&self, reason: impl Into<String>) -> Failure {
        let reason = reason.into();
        Failure::Unreachable(format!(
            "{} can't be reached: {reason}: check --server, and that the server runs",
            self.base
        ))
    }
}

/// Scheme and host, without a slash at the end. Keys go in plain to this machine alone.
fn read_base(text: &str) -> Result<String, Failure> {
    let refusal = || {
        Failure::Invalid(format!(
            "{text:?} is no server: give an address such as https://host:8080"
        ))
    };
    let uri: Uri = text.parse().map_err(|_| refusal())?;
    let (scheme, host) = (
        uri.scheme_str().ok_or_else(refusal)?,
        uri.host().ok_or_else(refusal)?,
    );
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    let is_here = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    match scheme {
        "https" => {}
        "http" if is_here => {}
        "http" => {
            return Err(Failure::Invalid(format!(
                "{text} would show the key to the network: give an https:// address"
            )));
        }
        _ => return Err(refusal()),
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// Trust in the system's certificates, where a certificate is going to be seen.
fn tls(base: &str) -> Result<ClientConfig, Failure> {
    let builder = ClientConfig::builder_with_provider(crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("ring supports the default versions");
    let builder = if base.starts_with("https") {
        builder.with_native_roots().map_err(|fault| {
            Failure::Unreachable(format!(
                "no root certificates ({fault}): install the system's CA certificates, or set SSL_CERT_FILE"
            ))
        })?
    } else {
        builder.with_root_certificates(RootCertStore::empty())
    };
    Ok(builder.with_no_client_auth())
}

/// What went wrong at the bottom: `Connection refused (os error 111)` rather than `client error (Connect)`.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_in_plain_to_this_machine_alone() {
        let cases = [
            ("http://127.0.0.1:8080/", Some("http://127.0.0.1:8080")),
            ("http://[::1]:8080", Some("http://[::1]:8080")),
            ("http://localhost", Some("http://localhost")),
            (
                "https://landfall.example.com",
                Some("https://landfall.example.com"),
            ),
            ("http://landfall.example.com", None),
            ("http://127.0.0.1.example.com", None),
            ("ftp://localhost", None),
            ("localhost:8080", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read_base(text).ok().as_deref(), expected, "{text:?}");
        }
    }
}
