//! Post-load webhooks of the stand-alone target (loading.md §8).

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use landfall_bucket::TokioSleep;
use landfall_core::settings::WebhookUrl;
use landfall_load::{
    HookParts, HookSender, HookTiming, Hooks, LoadError, LoadFacts, LoadReport, Observer, hook_body,
};
use tokio::runtime::Runtime;

use super::holdups::Holdups;
use super::observer::Narrator;

/// Webhooks that take longer are worth a word.
const SOON: Duration = Duration::from_secs(2);

/// Narrates, and tells the hooks of every load that is done.
pub(super) struct HookedNarrator {
    narrator: Arc<Narrator>,
    hooks: HookSender,
    holdups: Holdups,
}

impl HookedNarrator {
    pub(super) fn new(
        narrator: Arc<Narrator>,
        urls: &[WebhookUrl],
        holdups: Holdups,
        runtime: &Runtime,
    ) -> anyhow::Result<Self> {
        let hooks = Hooks::parse(urls.iter().map(WebhookUrl::as_str))?;
        let parts = HookParts {
            runtime: runtime.handle().clone(),
            timing: HookTiming::STAND_ALONE,
            sleep: Arc::new(TokioSleep),
            report: Box::new(|failure| tracing::error!("{failure}")),
        };
        Ok(Self {
            narrator,
            hooks: HookSender::new(hooks, parts)?,
            holdups,
        })
    }

    /// Waits until all requests are delivered or given up, or until nobody wants to wait any longer.
    pub(super) fn deliver(&self, runtime: &Runtime, enough: impl Future<Output = ()>) {
        let delivering = async {
            let mut delivering = pin!(self.hooks.drain_until(enough));
            if tokio::time::timeout(SOON, delivering.as_mut()).await.is_err() {
                tracing::info!("all is loaded; waiting for webhooks to be delivered, until a signal comes");
                delivering.await;
            }
        };
        runtime.block_on(delivering);
    }
}

impl Observer for HookedNarrator {
    fn warn(&self, message: &str) {
        self.narrator.warn(message);
    }

    fn prepared(&self, stream: &str, records: u64, record_bytes: u64) {
        self.narrator.prepared(stream, records, record_bytes);
    }

    fn loaded(&self, report: &LoadReport, facts: &LoadFacts) {
        self.holdups.note_headway();
        self.narrator.loaded(report, facts);
        self.hooks.enqueue(&facts.table, hook_body(facts));
    }

    fn failed(&self, table: &str, took: Duration, error: &LoadError) {
        self.narrator.failed(table, took, error);
    }
}
