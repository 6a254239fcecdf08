//! A catalog and a journal in memory, a server in front of them, and a client that sends what it is told to.
#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]

pub mod client;
pub mod generator;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use landfall_core::ids::{ClientId, SourceId};
use landfall_core::intake::{AcceptedRequest, decode, encode};
use landfall_http::import::{
    AppendError, Gate, Holder, HookSource, Identity, ImportSettings, ImportSource, JournalHealth, Loading,
    LookupError, ReceiptInstant, TokenDigest, router,
};

/// When everything is received.
pub const NOW_NANOS: i64 = 1_565_880_017_123_456_789;

/// What the vectors' fixture describes, and what was stored.
pub struct World {
    tokens: HashMap<TokenDigest, Holder<ImportSource>>,
    hooks: HashMap<TokenDigest, Holder<HookSource>>,
    journal: Mutex<Option<AppendError>>,
    stored: Mutex<Vec<AcceptedRequest>>,
    /// Sources of which a request to a webhook was too large.
    pub too_large: Mutex<Vec<SourceId>>,
}

impl World {
    pub fn new() -> Self {
        let active = |loading| {
            Holder::Active(ImportSource {
                id: SourceId::new(1),
                loading,
            })
        };
        let tokens = [
            ("at_S1", active(Loading::Now)),
            ("at_NODEST", active(Loading::Later)),
            ("at_PAUSED", Holder::Inactive),
            ("at_DEL", Holder::Inactive),
            ("at_REV", Holder::Nobody),
        ];
        let hook = |key_name: Option<&str>| {
            Holder::Active(HookSource {
                id: SourceId::new(2),
                key_name: key_name.map(str::to_owned),
            })
        };
        let hooks = [
            ("hook", hook(None)),
            ("keyed", hook(Some("id"))),
            ("paused", Holder::Inactive),
        ];
        let digest = |token: &str| TokenDigest::of(token.as_bytes());
        Self {
            tokens: tokens.map(|(token, holder)| (digest(token), holder)).into(),
            hooks: hooks.map(|(token, holder)| (digest(token), holder)).into(),
            journal: Mutex::new(None),
            stored: Mutex::new(Vec::new()),
            too_large: Mutex::default(),
        }
    }

    pub fn break_journal(self, error: AppendError) -> Self {
        *self.journal.lock().unwrap() = Some(error);
        self
    }

    /// What was stored so far.
    pub fn stored(&self) -> Vec<AcceptedRequest> {
        self.stored.lock().unwrap().clone()
    }

    /// The number of records stored per table.
    pub fn records_by_table(&self) -> HashMap<String, usize> {
        let mut records = HashMap::new();
        for part in self.stored().into_iter().flat_map(|request| request.parts) {
            *records.entry(part.table.clone()).or_default() += part.records();
        }
        records
    }
}

#[async_trait]
impl Gate for World {
    async fn token_holder(&self, token: TokenDigest) -> Result<Holder<ImportSource>, LookupError> {
        Ok(self.tokens.get(&token).cloned().unwrap_or(Holder::Nobody))
    }

    async fn hook_holder(&self, token: TokenDigest) -> Result<Holder<HookSource>, LookupError> {
        Ok(self.hooks.get(&token).cloned().unwrap_or(Holder::Nobody))
    }

    async fn append(&self, request: AcceptedRequest) -> Result<(), AppendError> {
        if let Some(error) = *self.journal.lock().unwrap() {
            return Err(error);
        }
        let kept = decode(&encode(request.clone())).unwrap().into_owned();
        assert_eq!(kept, request, "what the log would give back");
        self.stored.lock().unwrap().push(kept);
        Ok(())
    }

    fn note_too_large(&self, source: SourceId) {
        self.too_large.lock().unwrap().push(source);
    }

    fn journal_health(&self) -> JournalHealth {
        match *self.journal.lock().unwrap() {
            Some(AppendError::ReadOnly) => JournalHealth::NotWritable,
            _ => JournalHealth::Writable,
        }
    }

    fn now(&self) -> ReceiptInstant {
        ReceiptInstant { nanos: NOW_NANOS }
    }
}

pub fn settings() -> ImportSettings {
    let identity = Identity {
        version: "1.2.3".to_owned(),
        revision: "abc".to_owned(),
    };
    ImportSettings::new(ClientId::new(7723), identity)
}

/// The Import API on a port of its own. It ends with this.
pub struct Server {
    pub world: Arc<World>,
    pub address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    pub fn start(world: World, settings: ImportSettings) -> Self {
        let world = Arc::new(world);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = listener.local_addr().unwrap();
        let app = router(Arc::clone(&world) as Arc<dyn Gate>, settings)
            .fallback(async || landfall_http::import::Answer::not_found());
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self {
            world,
            address,
            _runtime: runtime,
        }
    }
}
