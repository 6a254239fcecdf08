//! What intake needs, over the catalog and the log.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use landfall_catalog::{Authentication, Catalog, Digest, Loading as CatalogLoading, SourceType};
use landfall_core::buffers::Buffers;
use landfall_core::ids::SourceId;
use landfall_core::intake::{AcceptedRequest, encode};
use landfall_http::import::{
    AppendError, Gate, Holder, HookSource, ImportSource, JournalHealth, Loading, LookupError, ReceiptInstant,
    TokenDigest,
};
use landfall_load::Clock;
use landfall_load::service::{Step, Steps};
use landfall_log::{AppendError as LogError, Log, NewEntry, Partition};

use super::events::day_of;
use super::metrics::Metrics;
use super::oversized::Oversized;
use crate::log::Chain;

/// A request is durable within this, or its client is told that nobody knows.
const DURABLE_WITHIN: Duration = Duration::from_secs(55);
/// Tokens remembered at most.
const MOST_REMEMBERED: usize = 4096;

/// The catalog and the log, as intake sees them.
pub(crate) struct ServerGate {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<Metrics>,
    /// Where bodies have their memory from.
    pub(crate) buffers: Arc<Buffers>,
    pub(crate) steps: Arc<dyn Steps>,
    pub(crate) oversized: Arc<Oversized>,
    pub(crate) is_ending: AtomicBool,
    /// What tokens opened, as long as nothing changed.
    pub(crate) remembered: Mutex<Remembered>,
}

/// Answers of the catalog under one generation.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    generation: u64,
    by_digest: HashMap<[u8; 32], Authentication>,
}

impl ServerGate {
    async fn authenticate(&self, token: TokenDigest) -> Result<Authentication, LookupError> {
        // Before it is asked, so that an answer from before a change is never taken for one from after it.
        let generation = self.catalog.access_generation();
        if let Some(known) = self.recall(generation, &token) {
            return Ok(known);
        }
        let digest = Digest::from_bytes(*token.as_bytes());
        let found = self.catalog.authenticate(&digest).await.map_err(|fault| {
            tracing::error!("tokens can't be looked up: {fault}");
            LookupError
        })?;
        self.remember(generation, &token, &found);
        Ok(found)
    }

    fn recall(&self, generation: u64, token: &TokenDigest) -> Option<Authentication> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        (remembered.generation == generation)
            .then(|| remembered.by_digest.get(token.as_bytes()).cloned())
            .flatten()
    }

    fn remember(&self, generation: u64, token: &TokenDigest, found: &Authentication) {
        // What nobody was given is not remembered: strangers could fill the memory with it.
        if !matches!(found, Authentication::Active(_)) {
            return;
        }
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.generation != generation || remembered.by_digest.len() >= MOST_REMEMBERED {
            remembered.generation = generation;
            remembered.by_digest.clear();
        }
        remembered.by_digest.insert(*token.as_bytes(), found.clone());
    }
}

fn loading(loading: CatalogLoading) -> Loading {
    match loading {
        CatalogLoading::Possible => Loading::Now,
        CatalogLoading::Held => Loading::Later,
    }
}

#[async_trait]
impl Gate for ServerGate {
    async fn token_holder(&self, token: TokenDigest) -> Result<Holder<ImportSource>, LookupError> {
        Ok(match self.authenticate(token).await? {
            Authentication::Active(caller) if caller.source_type == SourceType::ImportApi => {
                Holder::Active(ImportSource {
                    id: caller.source,
                    loading: loading(caller.loading),
                })
            }
            Authentication::Inactive(caller) if caller.source_type == SourceType::ImportApi => {
                Holder::Inactive
            }
            Authentication::Active(_)
            | Authentication::Inactive(_)
            | Authentication::Unknown
            | Authentication::Revoked => Holder::Nobody,
        })
    }

    async fn hook_holder(&self, token: TokenDigest) -> Result<Holder<HookSource>, LookupError> {
        Ok(match self.authenticate(token).await? {
            Authentication::Active(caller) if caller.source_type == SourceType::IncomingWebhook => {
                Holder::Active(HookSource {
                    id: caller.source,
                    key_name: caller.properties.get("webhookz_primary_key").cloned(),
                })
            }
            Authentication::Inactive(caller) if caller.source_type == SourceType::IncomingWebhook => {
                Holder::Inactive
            }
            Authentication::Active(_)
            | Authentication::Inactive(_)
            | Authentication::Unknown
            | Authentication::Revoked => Holder::Nobody,
        })
    }

    async fn append(&self, request: AcceptedRequest) -> Result<(), AppendError> {
        if self.is_ending.load(Ordering::SeqCst) {
            return Err(AppendError::ShuttingDown);
        }
        let (source, at) = (request.source, request.received_at);
        let records: usize = request
            .parts
            .iter()
            .map(landfall_core::intake::AcceptedPart::records)
            .sum();
        let entry = NewEntry {
            bytes: self.buffers.lend(encode(request)),
            at,
        };
        let bytes = entry.bytes.len();
        let appended = tokio::time::timeout(DURABLE_WITHIN, self.log.append(Partition::FIRST, entry)).await;
        match appended {
            Ok(Ok(_)) => {
                self.steps.done(Step::Appended).await;
                self.metrics.accepted(source, records as u64, bytes as u64);
                Ok(())
            }
            Ok(Err(fault)) => {
                self.metrics.refused();
                Err(refusal(&fault))
            }
            Err(_) => Err(AppendError::TimedOut),
        }
    }

    fn note_too_large(&self, source: SourceId) {
        self.oversized.note(source, day_of(self.clock.closing()));
    }

    fn journal_health(&self) -> JournalHealth {
        if self.metrics.is_writable() {
            JournalHealth::Writable
        } else {
            JournalHealth::NotWritable
        }
    }

    fn now(&self) -> ReceiptInstant {
        ReceiptInstant {
            nanos: self.clock.receiving_nanos(),
        }
    }
}

fn refusal(fault: &LogError) -> AppendError {
    match fault {
        LogError::Full(_) => AppendError::Full,
        LogError::Busy { .. } => AppendError::Busy,
        LogError::Closed => AppendError::ShuttingDown,
        other => {
            let fault = anyhow::Error::new(other.clone());
            tracing::error!("the log refuses what comes in: {}", Chain(&fault));
            AppendError::ReadOnly
        }
    }
}
