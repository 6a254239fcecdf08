//! A management API on a free port, and short ways to talk to it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use landfall_catalog::*;
use landfall_core::ids::{ClientId, DestinationId, SourceId};
use landfall_core::settings::DestinationSettings;
use landfall_core::time::Timestamp;
use landfall_core::units::ByteCount;
use landfall_http::manage::*;
use landfall_setup::principal::PrincipalArn;
use landfall_setup::{CheckProblem, CheckReport, CheckStatus, Facts, ProblemCode, Step};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

/// 2026-01-05T10:00:00Z
pub(crate) const NOW: i64 = 1_767_607_200_000;
pub(crate) const ADMIN: &str = "the admin key of this test";
pub(crate) const TEMPLATE: &str = "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].csv";
pub(crate) const OWN_CHALLENGE: &str = "stitch-challenge-file-own";
pub(crate) const MISSING_FILE: &str =
    "An error occurred (404) when calling the HeadObject operation: Not Found";

/// Never the same bytes twice.
#[derive(Debug, Default)]
pub(crate) struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        bytes.fill(0);
        let end = bytes.len();
        bytes[end - number.len()..].copy_from_slice(&number);
    }
}

/// Finds what the test says, once the test lets it.
#[derive(Debug)]
pub(crate) struct Scripted {
    pub(crate) fault: Mutex<Option<ProblemCode>>,
    pub(crate) may_end: Semaphore,
    pub(crate) buckets: Mutex<Vec<String>>,
    /// What is in the bucket, by key.
    pub(crate) objects: Mutex<HashMap<String, String>>,
}

#[async_trait]
impl Checker for Scripted {
    async fn check(&self, _destination: DestinationId, settings: &DestinationSettings) -> CheckReport {
        let bucket = settings.bucket.to_string();
        self.buckets.lock().unwrap().push(bucket.clone());
        self.may_end.acquire().await.unwrap().forget();
        let fault = *self.fault.lock().unwrap();
        let problem = fault.map(|code| CheckProblem {
            code,
            step: Step::HeadChallenge,
            raw_message: MISSING_FILE.to_owned(),
            cause: "The challenge file is not in the bucket.".to_owned(),
            remedy: "Upload an empty file.".to_owned(),
            entry: "test",
        });
        CheckReport {
            status: fault.map_or(CheckStatus::Succeeded, |_| CheckStatus::Failed),
            bucket,
            steps: Vec::new(),
            errors: problem.into_iter().collect(),
            warnings: Vec::new(),
            information: Vec::new(),
            facts: Facts::default(),
        }
    }

    async fn principal(&self, _settings: &DestinationSettings) -> Option<PrincipalArn> {
        PrincipalArn::parse("arn:aws:iam::111122223333:role/landfall-loader").ok()
    }

    async fn read_start(
        &self,
        _settings: &DestinationSettings,
        key: &str,
        most: ByteCount,
    ) -> Result<Vec<u8>, String> {
        let objects = self.objects.lock().unwrap();
        let object = objects.get(key).ok_or_else(|| MISSING_FILE.to_owned())?;
        let most = usize::try_from(most.as_u64()).unwrap();
        Ok(object.bytes().take(most).collect())
    }
}

/// Notes what is sent, and says of it what the test says.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    pub(crate) fault: Mutex<Option<String>>,
    pub(crate) mails: Mutex<Vec<Mail>>,
    /// URL, secret and body of each request.
    pub(crate) requests: Mutex<Vec<(String, String, String)>>,
}

impl Outgoing {
    fn outcome(&self) -> Result<(), String> {
        self.fault.lock().unwrap().clone().map_or(Ok(()), Err)
    }
}

/// A loader that says what the test says, and notes what is wished for.
#[derive(Debug)]
pub(crate) struct ScriptedLoader {
    /// None: it does not answer.
    pub(crate) backlog: Mutex<Option<Backlog>>,
    pub(crate) loading: Mutex<Option<LoadingNow>>,
    pub(crate) wishes: Mutex<Vec<SourceId>>,
}

impl Default for ScriptedLoader {
    fn default() -> Self {
        let nothing = Backlog {
            tables: Vec::new(),
            has_unread: false,
        };
        Self {
            backlog: Mutex::new(Some(nothing)),
            loading: Mutex::default(),
            wishes: Mutex::default(),
        }
    }
}

#[async_trait]
impl Loader for ScriptedLoader {
    async fn backlog(&self) -> Option<Arc<Backlog>> {
        self.backlog.lock().unwrap().clone().map(Arc::new)
    }

    async fn load_now(&self, source: SourceId) -> Option<LoadingNow> {
        self.wishes.lock().unwrap().push(source);
        *self.loading.lock().unwrap()
    }
}

#[derive(Debug)]
struct NothingWaits;

#[async_trait]
impl Buffer for NothingWaits {
    async fn waiting(&self) -> Result<Waiting, String> {
        Ok(Waiting {
            oldest: None,
            bytes: ByteCount::new(0),
            budget: Some(ByteCount::new(1_000)),
        })
    }
}

#[async_trait]
impl Messenger for Outgoing {
    async fn mail(&self, _server: &Smtp, mail: &Mail) -> Result<(), String> {
        self.mails.lock().unwrap().push(mail.clone());
        self.outcome()
    }

    async fn post(&self, url: &SecretString, secret: &SecretString, body: &str) -> Result<(), String> {
        let text = |secret: &SecretString| secret.expose_secret().to_owned();
        let request = (text(url), text(secret), body.to_owned());
        self.requests.lock().unwrap().push(request);
        self.outcome()
    }
}

pub(crate) struct World {
    _folder: TempDir,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) checker: Arc<Scripted>,
    pub(crate) outgoing: Arc<Outgoing>,
    pub(crate) loader: Arc<ScriptedLoader>,
    pub(crate) changes: Arc<AtomicUsize>,
    pub(crate) clock: Arc<AtomicI64>,
    pub(crate) state: ManageState,
    pub(crate) address: std::net::SocketAddr,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(InstanceRules::default()).await
    }

    pub(crate) async fn with(rules: InstanceRules) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let instance = Instance {
            id: "3f1c0c0e-5f0e-4b0f-9a55-0f6f6b1f3a77".to_owned(),
            client_id: ClientId::new(116_078),
            created_at: Timestamp::from_millis(0),
        };
        let path = folder.path().join("control.db");
        let key = SecretKey::new([7; 32]);
        let catalog = Catalog::open(&path, &key, Box::<Counting>::default(), &instance).await;
        let catalog = Arc::new(catalog.unwrap());
        let checker = Arc::new(Scripted {
            fault: Mutex::default(),
            may_end: Semaphore::new(1_000),
            buckets: Mutex::default(),
            objects: Mutex::default(),
        });
        let outgoing = Arc::new(Outgoing::default());
        let (changes, clock) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicI64::new(NOW)));
        let (count, time) = (changes.clone(), clock.clone());
        let loader = Arc::new(ScriptedLoader::default());
        let state = ManageState::new(Parts {
            catalog: catalog.clone(),
            checker: checker.clone(),
            buffer: Arc::new(NothingWaits),
            loader: loader.clone(),
            messenger: outgoing.clone(),
            clock: Arc::new(move || Timestamp::from_millis(time.load(Ordering::SeqCst))),
            entropy: Arc::new(Counting::default()),
            changed: Arc::new(move || {
                count.fetch_add(1, Ordering::SeqCst);
            }),
            admin_key: Some(AdminKey::parse(ADMIN).unwrap()),
            rules,
            address: PublicAddress::Url("https://landfall.test".to_owned()),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // As in the binary, where other routers have fallbacks of their own.
        let app = axum::Router::new()
            .fallback(|| async { "somebody else" })
            .merge(router(state.clone()));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            _folder: folder,
            catalog,
            checker,
            outgoing,
            loader,
            changes,
            clock,
            state,
            address,
        }
    }

    /// Status and body of the answer.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: &str,
    ) -> (u16, String) {
        let authorization = key.map_or(String::new(), |key| format!("Authorization: Bearer {key}\r\n"));
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: landfall.test\r\nConnection: close\r\n{authorization}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        if path.starts_with("/v") || path.starts_with("/n") {
            assert!(head.contains("content-type: application/json"), "{head}");
        }
        (status, body.to_owned())
    }

    /// Status and body of the answer to somebody who signed in to this process.
    pub(crate) async fn send_internal(
        &self,
        method: &str,
        path: &str,
        internal: Internal,
        body: &str,
    ) -> (u16, String) {
        let request = axum::http::Request::builder()
            .method(method)
            .uri(path)
            .extension(internal)
            .body(axum::body::Body::from(body.to_owned()))
            .unwrap();
        let answer = router(self.state.clone()).oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 24).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// The answer to a request with the admin key.
    pub(crate) async fn call(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        self.send(method, path, Some(ADMIN), body).await
    }

    /// The JSON of an answer that must be 200.
    pub(crate) async fn ok(&self, method: &str, path: &str, body: &str) -> Value {
        let (status, answer) = self.call(method, path, body).await;
        assert_eq!(status, 200, "{method} {path} {body}: {answer}");
        serde_json::from_str(&answer).unwrap()
    }

    /// Each request of a table is refused with that status and that body.
    pub(crate) async fn refuses(&self, cases: &[(&str, &str, &str, u16, &str)]) {
        for (method, path, body, status, expected) in cases {
            let answer = self.call(method, path, body).await;
            assert_eq!(
                answer,
                (*status, (*expected).to_owned()),
                "{method} {path} {body}"
            );
        }
    }

    /// A destination that has been checked; its number is 1.
    pub(crate) async fn destination(&self) -> Value {
        self.ok("POST", "/v4/destinations", &lake(OWN_CHALLENGE)).await
    }

    pub(crate) fn changes(&self) -> usize {
        self.changes.load(Ordering::SeqCst)
    }
}

/// A body that makes a destination whose challenge file is there already.
fn lake(challenge: &str) -> String {
    format!(
        r#"{{"type":"s3","name":"Lake","properties":{{"s3_bucket":"lake","output_file_format":"csv","s3_key_format_string":"{TEMPLATE}","sentinel_key":"{challenge}"}}}}"#
    )
}
