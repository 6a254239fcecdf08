//! The listening side.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::service::S3ServiceBuilder;
use s3s::{S3Result, s3_error};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::certificate::Certificate;
use crate::fault::{FaultRule, Script, SeenRequest};
use crate::front::Front;
use crate::store::{Store, StoreHabits, StoredObject};

/// The only access key that is known here.
pub const ACCESS_KEY_ID: &str = "AKIDSIMULATED";
/// Its secret.
pub const SECRET_ACCESS_KEY: &str = "simulated-secret";

/// How a simulated server is set up.
#[derive(Debug, Clone)]
pub struct SimulatorConfig {
    /// Buckets with their regions; `None` for a store without regions.
    pub buckets: Vec<(String, Option<String>)>,
    /// Which features there are.
    pub habits: StoreHabits,
    /// Forgets the oldest objects beyond so many bytes; `None` keeps all.
    pub keep_bytes: Option<u64>,
    /// The port of 127.0.0.1; 0 for any free one.
    pub port: u16,
}

impl SimulatorConfig {
    /// One bucket at a store like S3, in no particular region.
    #[must_use]
    pub fn with_bucket(name: &str) -> Self {
        Self {
            buckets: vec![(name.to_owned(), None)],
            habits: StoreHabits::like_aws(),
            keep_bytes: None,
            port: 0,
        }
    }
}

/// A running server. Dropping it ends it and its connections.
#[derive(Debug)]
pub struct S3Simulator {
    address: SocketAddr,
    front: Front,
    is_tls: bool,
    listening: JoinHandle<()>,
}

impl Drop for S3Simulator {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl S3Simulator {
    /// Starts a server.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(config: SimulatorConfig) -> io::Result<Self> {
        Self::listen(config, None).await
    }

    /// Starts a server that speaks TLS only, with this certificate.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start_with_tls(config: SimulatorConfig, certificate: &Certificate) -> io::Result<Self> {
        Self::listen(config, Some(certificate.acceptor())).await
    }

    async fn listen(config: SimulatorConfig, tls: Option<TlsAcceptor>) -> io::Result<Self> {
        let store = Store::new(&config.buckets, config.habits, config.keep_bytes);
        let mut builder = S3ServiceBuilder::new(store.clone());
        builder.set_auth(OneKey);
        builder.set_access(AllRequests);
        let script = Arc::new(Mutex::new(Script::default()));
        let front = Front {
            service: Arc::new(builder.build()),
            store,
            script,
            roles: Arc::default(),
        };
        let listener = TcpListener::bind(("127.0.0.1", config.port)).await?;
        let address = listener.local_addr()?;
        let listening = tokio::spawn(listen(listener, tls.clone(), front.clone()));
        Ok(Self {
            address,
            front,
            is_tls: tls.is_some(),
            listening,
        })
    }

    /// `http://127.0.0.1:<port>`, or with TLS `https://localhost:<port>`.
    #[must_use]
    pub fn endpoint_url(&self) -> String {
        if self.is_tls {
            format!("https://localhost:{}", self.address.port())
        } else {
            format!("http://{}", self.address)
        }
    }

    /// Replaces the script of faults. Requests are counted anew.
    pub fn script(&self, rules: Vec<FaultRule>) {
        *self.front.script() = Script {
            rules,
            seen: Vec::new(),
        };
    }

    /// The requests since the script was set.
    #[must_use]
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.front.script().seen.clone()
    }

    /// All objects of a bucket, in the order of their keys.
    #[must_use]
    pub fn objects(&self, bucket: &str) -> Vec<(String, StoredObject)> {
        let state = self.front.store.state();
        let objects = state.buckets.get(bucket).map(|bucket| bucket.objects.clone());
        objects.unwrap_or_default().into_iter().collect()
    }

    /// Puts an object there that nobody uploaded: a challenge file, or someone else's.
    pub fn place(&self, bucket: &str, key: &str, content: &'static [u8]) {
        let object = StoredObject::new(vec![content.into()]);
        self.front.store.state().insert(bucket, key, object);
    }

    /// Lets the next sessions of roles end at `expiration`, such as `2026-11-22T21:00:00Z`.
    pub fn end_role_sessions_at(&self, expiration: &str) {
        expiration.clone_into(&mut self.front.roles().expiration);
    }

    /// How many sessions of roles were given out.
    #[must_use]
    pub fn role_sessions(&self) -> usize {
        self.front.roles().given
    }

    /// How many multipart uploads are neither completed nor aborted.
    #[must_use]
    pub fn unfinished_uploads(&self) -> usize {
        self.front.store.state().uploads.len()
    }

    /// Runs until the listener fails.
    pub async fn serve(mut self) {
        // The listener ends only with the process; its end is of no interest.
        let _ended = (&mut self.listening).await;
    }
}

async fn listen(listener: TcpListener, tls: Option<TlsAcceptor>, front: Front) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _peer)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        // Small answers must not wait for more to come.
        if stream.set_nodelay(true).is_err() {
            continue;
        }
        let (front, tls) = (front.clone(), tls.clone());
        connections.spawn(async move {
            match tls {
                None => serve_connection(stream, front).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => serve_connection(stream, front).await,
                    // Whoever does not trust the certificate goes away.
                    Err(_refused) => {}
                },
            }
        });
    }
}

async fn serve_connection(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, front: Front) {
    let service = service_fn(move |request| front.clone().answer(request));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).half_close(true);
    // A broken connection is what faults are about.
    let _ended = http.serve_connection(TokioIo::new(stream), service).await;
}

struct OneKey;

#[async_trait::async_trait]
impl S3Auth for OneKey {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if access_key == ACCESS_KEY_ID {
            return Ok(SecretKey::from(SECRET_ACCESS_KEY));
        }
        Err(s3_error!(
            InvalidAccessKeyId,
            "The AWS Access Key Id you provided does not exist in our records."
        ))
    }
}

/// Also lets unsigned requests in, as the yardstick of benchmarks sends them.
struct AllRequests;

#[async_trait::async_trait]
impl S3Access for AllRequests {
    async fn check(&self, _context: &mut S3AccessContext<'_>) -> S3Result<()> {
        Ok(())
    }
}
