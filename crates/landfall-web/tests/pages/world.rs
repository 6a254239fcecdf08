//! An instance with its pages, and a browser without JavaScript.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use http_body_util::BodyExt;
use landfall_catalog::*;
use landfall_core::ids::{ClientId, DestinationId, SourceId};
use landfall_core::settings::DestinationSettings;
use landfall_core::time::Timestamp;
use landfall_core::units::ByteCount;
use landfall_http::manage::{
    self, Backlog, Buffer, Checker, InstanceRules, Loader, LoadingNow, Mail, ManageState, Messenger,
    PublicAddress, Waiting,
};
use landfall_setup::CheckReport;
use landfall_setup::principal::PrincipalArn;
use landfall_web::{Parts, SetupCode, Web};
use secrecy::{ExposeSecret, SecretString};
use tower::ServiceExt;

pub(crate) const HOST: &str = "localhost:8080";
/// When the tests begin.
pub(crate) const NOW: i64 = 1_800_000_000_000;
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Never the same bytes twice.
#[derive(Debug, Default)]
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        bytes.fill(7);
        let end = bytes.len();
        bytes[end - number.len()..].copy_from_slice(&number);
    }
}

#[derive(Debug)]
struct NoBuckets;

#[async_trait]
impl Checker for NoBuckets {
    async fn check(&self, _: DestinationId, _: &DestinationSettings) -> CheckReport {
        panic!("these tests check no bucket")
    }

    async fn principal(&self, _: &DestinationSettings) -> Option<PrincipalArn> {
        None
    }

    async fn read_start(&self, _: &DestinationSettings, _: &str, _: ByteCount) -> Result<Vec<u8>, String> {
        Err("these tests have no bucket".to_owned())
    }
}

/// Takes what is for `taken`, and nothing else.
#[derive(Debug)]
struct Mute;

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
impl Messenger for Mute {
    async fn mail(&self, _: &Smtp, mail: &Mail) -> Result<(), String> {
        if mail.to.starts_with("taken") {
            Ok(())
        } else {
            Err("it said <b>no</b>".to_owned())
        }
    }

    async fn post(&self, url: &SecretString, _: &SecretString, _: &str) -> Result<(), String> {
        if url.expose_secret().contains("taken") {
            Ok(())
        } else {
            Err("it answered 503".to_owned())
        }
    }
}

pub(crate) struct World {
    _folder: tempfile::TempDir,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) web: Router,
    pub(crate) code: String,
    #[allow(dead_code, reason = "only one test binary has data that waits")]
    pub(crate) loader: Arc<ScriptedLoader>,
    clock: Arc<AtomicI64>,
    #[allow(dead_code, reason = "only one test binary has streams")]
    pub(crate) end: tokio::sync::watch::Sender<bool>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: header::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The token in the page's forms.
    pub(crate) fn csrf(&self) -> String {
        let after = self
            .body
            .split("name=\"csrf\" value=\"")
            .nth(1)
            .unwrap_or_default();
        after.split('"').next().unwrap_or_default().to_owned()
    }
}

impl World {
    pub(crate) async fn new(public_url: Option<&str>) -> Self {
        Self::with_checker(public_url, Arc::new(NoBuckets)).await
    }

    pub(crate) async fn with_checker(public_url: Option<&str>, checker: Arc<dyn Checker>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(NOW));
        let instance = Instance {
            id: "3f1c0c0e-5f0e-4b0f-9a55-0f6f6b1f3a77".to_owned(),
            client_id: ClientId::new(1000),
            created_at: Timestamp::from_millis(0),
        };
        let path = folder.path().join("control.db");
        let key = SecretKey::new([7; 32]);
        let catalog = Catalog::open(&path, &key, Box::<Counting>::default(), &instance).await;
        let catalog = Arc::new(catalog.unwrap());
        let now = clock.clone();
        let now = Arc::new(move || Timestamp::from_millis(now.load(Ordering::Relaxed)));
        let entropy = Arc::new(Counting::default());
        let loader = Arc::new(ScriptedLoader::default());
        let manage = ManageState::new(manage::Parts {
            catalog: catalog.clone(),
            checker,
            buffer: Arc::new(NothingWaits),
            loader: loader.clone(),
            messenger: Arc::new(Mute),
            clock: now.clone(),
            entropy: entropy.clone(),
            changed: Arc::new(|| {}),
            admin_key: None,
            rules: InstanceRules::default(),
            address: PublicAddress::HostOverHttp,
        });
        let setup_code = SetupCode::mint(&*entropy);
        let code = setup_code.show();
        let (end, ending) = tokio::sync::watch::channel(false);
        let web = Web::new(Parts {
            catalog: catalog.clone(),
            manage: manage::router(manage),
            clock: now,
            entropy,
            public_url: public_url.map(str::to_owned),
            has_tls: false,
            setup_code: Some(setup_code),
            ending,
        });
        Self {
            _folder: folder,
            catalog,
            web: web.router(),
            code,
            loader,
            clock,
            end,
        }
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    /// With an administrator named `ada`, who is signed in.
    pub(crate) async fn with_admin() -> (Self, Browser) {
        let world = Self::new(None).await;
        let browser = world.first_browser().await;
        (world, browser)
    }

    /// A browser in which the administrator `ada` was made, and is signed in.
    pub(crate) async fn first_browser(&self) -> Browser {
        let browser = self.browser();
        let made = browser.post("/setup", &self.first_run(&self.code)).await;
        assert_eq!(
            (made.status, made.header("location")),
            (303, "/"),
            "{}",
            made.body
        );
        browser
    }

    pub(crate) fn first_run<'a>(&self, code: &'a str) -> [(&'static str, &'a str); 4] {
        [
            ("code", code),
            ("user", "ada"),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ]
    }

    /// A viewer named `vera` with the password of `ada`, who is signed in.
    pub(crate) async fn viewer(&self) -> Browser {
        let (_, hash) = self
            .catalog
            .user_named(&"ada".parse().unwrap())
            .await
            .unwrap()
            .unwrap();
        let new = NewUser {
            name: &"vera".parse().unwrap(),
            role: Role::Viewer,
            password_hash: &hash,
        };
        let act = Act {
            who: "tester",
            at: Timestamp::from_millis(1),
        };
        self.catalog.create_user(new, act).await.unwrap();
        let browser = self.browser();
        let answer = browser.sign_in("vera", PASSWORD).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser {
            web: self.web.clone(),
            cookies: Mutex::default(),
        }
    }
}

/// Keeps cookies, and sends forms as browsers do.
pub(crate) struct Browser {
    web: Router,
    cookies: Mutex<Vec<(String, String)>>,
}

impl Browser {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// As the script of a page asks, beside it.
    #[allow(dead_code, reason = "not every test binary has scripts")]
    pub(crate) async fn get_by_script(&self, path: &str) -> Answer {
        let request = Request::get(path).header("x-fragment", "yes");
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// As the script of a page sends a form, beside it.
    #[allow(dead_code, reason = "not every test binary has scripts")]
    pub(crate) async fn post_by_script(&self, path: &str) -> Answer {
        let csrf = self.get("/account").await.csrf();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, format!("http://{HOST}"))
            .header("x-csrf-token", csrf)
            .header("x-fragment", "yes");
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn sign_in(&self, user: &str, password: &str) -> Answer {
        self.post("/sign-in", &[("user", user), ("password", password)])
            .await
    }

    /// Sends a form, with the token if someone is signed in.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.get("/account").await.csrf();
        let mut fields = fields.to_vec();
        fields.push(("csrf", &csrf));
        self.post_as_it_is(path, &fields, Some(&format!("http://{HOST}")))
            .await
    }

    /// Sends a form, and goes where the answer leads.
    #[allow(dead_code, reason = "not every test binary follows")]
    pub(crate) async fn post_and_follow(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let sent = self.post(path, fields).await;
        assert_eq!(sent.status, 303, "{path}: {}", sent.body);
        self.get(sent.header("location")).await
    }

    pub(crate) async fn post_as_it_is(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        origin: Option<&str>,
    ) -> Answer {
        let answer = self.send_form(path, fields, origin).await;
        // The page of a refused form is where the form leads.
        let is_refused = answer.status == 303 && answer.header("location").contains("refused=");
        if !is_refused {
            return answer;
        }
        self.get(answer.header("location")).await
    }

    /// Sends a form with its token, and goes nowhere.
    #[allow(dead_code, reason = "not every test binary stays")]
    pub(crate) async fn redirect_of(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send_form(path, fields, Some(&format!("http://{HOST}")))
            .await
    }

    async fn send_form(&self, path: &str, fields: &[(&str, &str)], origin: Option<&str>) -> Answer {
        let encode = |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
        let pairs = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)));
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        let body = pairs.collect::<Vec<_>>().join("&");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn send(&self, mut request: Request<Body>) -> Answer {
        let jar = self.cookies.lock().unwrap().clone();
        let cookies: Vec<String> = jar
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let headers = request.headers_mut();
        headers.insert(header::HOST, HOST.parse().unwrap());
        headers.insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        let (head, body) = self.web.clone().oneshot(request).await.unwrap().into_parts();
        for line in head.headers.get_all(header::SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let mut jar = self.cookies.lock().unwrap();
            jar.retain(|(known, _)| known != name);
            jar.push((name.to_owned(), value.to_owned()));
        }
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }
}
