//! One try to deliver a request (loading.md §8.2, §8.3).

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use hyper::{Method, Request};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};

use super::address::HookUrl;

/// What Stitch calls itself in this request (loading.md §8.2).
const LOADING_WEBHOOK: HeaderValue = HeaderValue::from_static("StitchLoadingWebhook");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Why a try failed. Nothing in it shows the URL or the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HookFault {
    /// No connection, or it broke.
    #[error("{0}")]
    Connection(String),
    /// The answer's head was not there in time.
    #[error("no answer within {} s", .0.as_secs_f64())]
    NoAnswer(Duration),
    /// An answer other than 2xx; redirects are not followed.
    #[error("it answered {0}")]
    Status(u16),
    /// So many bytes of requests are waiting for the hook that this one was not even lined up.
    #[error("{0} bytes of requests are waiting for it already")]
    Crowded(usize),
    /// Nobody wanted to wait for it any longer.
    #[error("the wait for it was cut short by a signal")]
    CutShort,
}

/// The system has no root certificates, so no HTTPS hook can be trusted.
#[derive(Debug, thiserror::Error)]
#[error(
    "no root certificates for HTTPS webhooks: install the system's CA certificates, or set SSL_CERT_FILE"
)]
pub struct NoRootCertificates(#[source] std::io::Error);

/// Sends requests. Every try has its own connection: hooks hear of loads minutes apart, so most of the connections that
/// one kept would be dead ones.
#[derive(Debug)]
pub(crate) struct HookClient {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    answer_within: Duration,
}

impl HookClient {
    /// A client for plain HTTP alone: it trusts no certificate.
    pub(super) fn plain(answer_within: Duration) -> Self {
        Self::new(
            tls()
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth(),
            answer_within,
        )
    }

    /// A client that trusts the system's certificates.
    pub(crate) fn with_tls(answer_within: Duration) -> Result<Self, NoRootCertificates> {
        let tls = tls()
            .with_native_roots()
            .map_err(NoRootCertificates)?
            .with_no_client_auth();
        Ok(Self::new(tls, answer_within))
    }

    fn new(tls: ClientConfig, answer_within: Duration) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .http1_title_case_headers(true)
            .build(connector);
        Self {
            client,
            answer_within,
        }
    }

    /// Tries once. Success is any 2xx.
    pub(crate) async fn post(&self, url: &HookUrl, body: Bytes) -> Result<(), HookFault> {
        self.send(request(url, body)).await
    }

    /// Tries once to deliver any request.
    pub(super) async fn send(&self, request: Request<Full<Bytes>>) -> Result<(), HookFault> {
        let answer = self.client.request(request);
        let answer = tokio::time::timeout(self.answer_within, answer).await;
        let answer = answer.map_err(|_| HookFault::NoAnswer(self.answer_within))?;
        let status = answer
            .map_err(|error| HookFault::Connection(innermost(&error)))?
            .status();
        if status.is_success() {
            Ok(())
        } else {
            Err(HookFault::Status(status.as_u16()))
        }
    }
}

fn tls() -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("ring supports the default versions")
}

pub(super) fn request(url: &HookUrl, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = url.target.clone();
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, LOADING_WEBHOOK);
    headers.insert(CONTENT_TYPE, JSON);
    if let Some(authorization) = &url.authorization {
        headers.insert(AUTHORIZATION, authorization.clone());
    }
    request
}

/// What went wrong at the bottom: `Connection refused (os error 111)` rather than `client error (Connect)`.
fn innermost(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
