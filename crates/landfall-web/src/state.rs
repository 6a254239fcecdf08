//! What the pages are made of.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use landfall_catalog::{Act, Catalog, Entropy, SessionLife, Throttle};
use landfall_core::time::Timestamp;
use tokio::sync::{Semaphore, watch};

use crate::live::MOST_STREAMS;
use crate::once::Once;
use crate::password::Hasher;
use crate::refusal::Refusals;
use crate::setup_code::SetupCode;
use crate::wizard::Memory;

/// What whoever serves the pages passes in.
pub struct Parts {
    /// The control state: users and sessions. All else comes from the management API.
    pub catalog: Arc<Catalog>,
    /// The management API, `landfall_http::manage::router`.
    pub manage: Router,
    /// The present instant.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Where ids of sessions come from.
    pub entropy: Arc<dyn Entropy>,
    /// Where browsers reach the pages, such as `https://landfall.example.com`, if not at the host they name.
    pub public_url: Option<String>,
    /// Whether the server itself speaks TLS.
    pub has_tls: bool,
    /// What the first run asks for. Without one there is no first run.
    pub setup_code: Option<SetupCode>,
    /// Becomes true when the server ends, which streams to browsers must not hold up.
    pub ending: watch::Receiver<bool>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Parts")
            .field("public_url", &self.public_url)
            .field("has_tls", &self.has_tls)
            .finish_non_exhaustive()
    }
}

/// A working day at one desk, and a week in all.
pub(crate) const LIFE: SessionLife = SessionLife {
    idle: Duration::from_secs(12 * 3600),
    absolute: Duration::from_secs(7 * 24 * 3600),
};
/// Guesses at one user's password, wherever they come from.
pub(crate) const BY_NAME: Throttle = Throttle {
    free_failures: 5,
    longest_wait: Duration::from_secs(15 * 60),
    forget_after: Duration::from_secs(24 * 3600),
};
/// Guesses from one address, which an office may share.
pub(crate) const BY_ADDRESS: Throttle = Throttle {
    free_failures: 20,
    longest_wait: Duration::from_secs(15 * 60),
    forget_after: Duration::from_secs(24 * 3600),
};

/// What handlers share.
#[derive(Debug, Clone)]
pub(crate) struct WebState {
    pub(crate) parts: Arc<Parts>,
    pub(crate) hasher: Arc<Hasher>,
    /// A turn for each stream of events.
    pub(crate) streams: Arc<Semaphore>,
    /// What the wizard remembers of sessions.
    pub(crate) wizard: Arc<Memory>,
    /// Secrets that wait to be shown.
    pub(crate) once: Arc<Once>,
    /// Pages of forms that were refused.
    pub(crate) refusals: Arc<Refusals>,
}

impl WebState {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            hasher: Arc::new(Hasher::new(&*parts.entropy)),
            parts: Arc::new(parts),
            streams: Arc::new(Semaphore::new(MOST_STREAMS)),
            wizard: Arc::default(),
            once: Arc::default(),
            refusals: Arc::default(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.parts.clock)()
    }

    pub(crate) fn act<'a>(&self, who: &'a str) -> Act<'a> {
        Act { who, at: self.now() }
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.parts.catalog
    }

    /// Whether cookies are only to travel over TLS.
    pub(crate) fn is_https(&self) -> bool {
        let public = self.parts.public_url.as_deref();
        self.parts.has_tls || public.is_some_and(|url| url.starts_with("https://"))
    }
}
