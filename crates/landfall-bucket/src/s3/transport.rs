//! How requests reach a store or a service of AWS: over plain HTTP, or with TLS.

use aws_sdk_s3::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// A client that reads the certificates this host trusts when the first request needs them: that takes milliseconds, and
/// stores in the same network often need none.
pub(crate) fn transport() -> SharedHttpClient {
    SharedHttpClient::new(Transport {
        trusting: client(TrustStore::default()),
        plain: client(TrustStore::empty()),
    })
}

fn client(trusted: TrustStore) -> SharedHttpClient {
    let client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    match TlsContext::builder().with_trust_store(trusted).build() {
        Ok(context) => client.tls_context(context).build_https(),
        Err(_) => client.build_https(),
    }
}

#[derive(Debug, Clone)]
struct Transport {
    trusting: SharedHttpClient,
    /// Trusts nobody, which requests without TLS don't ask for.
    plain: SharedHttpClient,
}

impl HttpClient for Transport {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Way {
            transport: self.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

/// The way of one request.
#[derive(Debug)]
struct Way {
    transport: Transport,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for Way {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = if request.uri().starts_with("http://") {
            &self.transport.plain
        } else {
            &self.transport.trusting
        };
        client
            .http_connector(&self.settings, &self.components)
            .call(request)
    }
}
