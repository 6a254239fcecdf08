//! Connections: accepted, wrapped in TLS where that is set up, and served until the server ends.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use landfall_bucket::{Sleep, TokioSleep};
use landfall_http::manage::{Arrival, Protection};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// How long a client may take to send the headers of a request, or to agree on TLS.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// How long connections may take to end once the server does.
const CLOSE_WITHIN: Duration = Duration::from_secs(20);
/// When a connection could not be accepted, for lack of file handles say.
const PAUSE: Duration = Duration::from_millis(50);

/// Certificate and key of the server.
#[derive(Debug, Clone)]
pub(crate) struct TlsFiles {
    /// The certificate and those that vouch for it, in PEM.
    pub(crate) certificate: PathBuf,
    /// Its private key, in PEM.
    pub(crate) key: PathBuf,
}

impl TlsFiles {
    /// Reads both.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn acceptor(&self) -> anyhow::Result<TlsAcceptor> {
        let certificates = read_certificates(&self.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .with_context(|| format!("tls_key {}: give a private key in PEM", self.key.display()))?;
        let provider = tokio_rustls::rustls::crypto::ring::default_provider();
        let config = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .context("tls_certificate and tls_key do not belong together")?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn read_certificates(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let shown = path.display();
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
        .with_context(|| format!("tls_certificate {shown}: give certificates in PEM"))?
        .collect();
    let certificates = certificates.with_context(|| format!("tls_certificate {shown}"))?;
    anyhow::ensure!(
        !certificates.is_empty(),
        "tls_certificate {shown} holds no certificate in PEM"
    );
    Ok(certificates)
}

/// Serves `app` until `end` is over, then lets requests that have begun come to their end.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    app: Router,
    end: impl Future<Output = ()>,
) {
    let open = GracefulShutdown::new();
    tokio::pin!(end);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut end => break,
        };
        let Ok((stream, address)) = accepted else {
            TokioSleep.sleep(PAUSE).await;
            continue;
        };
        // Answers are small: they must not wait for more.
        let _ = stream.set_nodelay(true);
        let arrival = Arrival {
            peer: address.ip(),
            protection: tls.as_ref().map_or(Protection::Plain, |_| Protection::Tls),
        };
        let (app, watcher) = (app.clone(), open.watcher());
        match tls.clone() {
            None => drop(tokio::spawn(serve_connection(
                stream,
                (address, arrival),
                app,
                watcher,
            ))),
            Some(tls) => drop(tokio::spawn(async move {
                let agreed = tokio::time::timeout(HEADERS_WITHIN, tls.accept(stream)).await;
                if let Ok(Ok(stream)) = agreed {
                    serve_connection(stream, (address, arrival), app, watcher).await;
                }
            })),
        }
    }
    drop(listener);
    if tokio::time::timeout(CLOSE_WITHIN, open.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time: their clients get no answer");
    }
}

async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    (peer, arrival): (SocketAddr, Arrival),
    app: Router,
    watcher: Watcher,
) {
    let app = TowerToHyperService::new(app);
    let with_arrival = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(arrival);
        app.call(request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .serve_connection(TokioIo::new(stream), with_arrival);
    // A client that went away or spoke another protocol concerns nobody else.
    let _ = watcher.watch(connection).await;
}
