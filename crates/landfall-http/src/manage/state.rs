//! What the handlers share.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use landfall_catalog::{Act, Catalog, Entropy, Instance, StoreError};
use landfall_core::time::Timestamp;
use tokio::task::JoinSet;

use super::authentication::{AdminKey, Caller};
use super::buffer::Buffer;
use super::check_progress::CheckProgresses;
use super::checks::Checker;
use super::destination_rules::InstanceRules;
use super::instance::Facts;
use super::loading::Loader;
use super::messenger::Messenger;
use super::refused_keys::RefusedKeys;

/// What the management API is made of; passed in by whoever starts it.
pub struct Parts {
    /// The control state.
    pub catalog: Arc<Catalog>,
    /// Talks to buckets.
    pub checker: Arc<dyn Checker>,
    /// Keeps what is received until it is loaded.
    pub buffer: Arc<dyn Buffer>,
    /// Loads what is received.
    pub loader: Arc<dyn Loader>,
    /// Sends test messages.
    pub messenger: Arc<dyn Messenger>,
    /// The present instant.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Where keys, tokens and challenge names come from.
    pub entropy: Arc<dyn Entropy>,
    /// Called after every change that loading or the authentication of pushes depends on.
    pub changed: Arc<dyn Fn() + Send + Sync>,
    /// A key that works besides those in the catalog.
    pub admin_key: Option<AdminKey>,
    /// What this instance allows.
    pub rules: InstanceRules,
    /// Where clients reach this instance, for the URLs of webhook sources.
    pub address: PublicAddress,
}

/// Where clients reach this instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicAddress {
    /// There, such as `https://landfall.example.com`.
    Url(String),
    /// At the host that the request names, over plain HTTP.
    HostOverHttp,
    /// At the host that the request names, over TLS.
    HostOverHttps,
}

impl fmt::Debug for Parts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Parts")
            .field("checker", &self.checker)
            .field("rules", &self.rules)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// The management API, shared by its handlers and by whoever runs the automatic checks.
#[derive(Debug, Clone)]
pub struct ManageState {
    pub(super) parts: Arc<Parts>,
    pub(super) facts: Arc<Facts>,
    /// Checks that run in the background; awaited by [`ManageState::drain`].
    tasks: Arc<Mutex<JoinSet<()>>>,
    /// How far checks have come.
    pub(super) progresses: CheckProgresses,
    pub(super) refused_keys: RefusedKeys,
}

impl ManageState {
    /// The management API made of `parts`.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            parts: Arc::new(parts),
            facts: Arc::default(),
            tasks: Arc::default(),
            progresses: CheckProgresses::default(),
            refused_keys: RefusedKeys::default(),
        }
    }

    /// With what it is to tell of the instance.
    #[must_use]
    pub fn with_facts(self, facts: Facts) -> Self {
        Self {
            facts: Arc::new(facts),
            ..self
        }
    }

    /// Waits for the checks that are running. Call it after the last request was served.
    pub async fn drain(&self) {
        let mut tasks = std::mem::take(&mut *self.lock_tasks());
        while tasks.join_next().await.is_some() {}
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.parts.clock)()
    }

    pub(super) fn act<'a>(&self, caller: &'a Caller) -> Act<'a> {
        Act {
            who: &caller.0,
            at: self.now(),
        }
    }

    pub(super) fn catalog(&self) -> &Catalog {
        &self.parts.catalog
    }

    pub(super) fn changed(&self) {
        (self.parts.changed)();
    }

    pub(super) async fn instance(&self) -> Result<Instance, StoreError> {
        self.catalog().instance().await
    }

    pub(super) fn random16(&self) -> [u8; 16] {
        let mut random = [0; 16];
        self.parts.entropy.fill(&mut random);
        random
    }

    /// Runs `task` in the background. Destinations have at most one check at a time, which bounds their number.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.lock_tasks();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    fn lock_tasks(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
