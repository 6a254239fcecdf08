//! `/healthz`, `/readyz` and `/metrics` (operations.md §10).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use landfall_catalog::Catalog;
use landfall_core::ids::SourceId;
use landfall_core::time::Timestamp;
use landfall_http::manage::{Buffer, Waiting};
use landfall_load::Clock;
use landfall_load::service::ConductorHandle;
use landfall_log::Log;

use super::metrics::{Family, Gauge, Metrics, render_labels};

/// What the endpoints look at.
#[derive(Clone)]
pub(crate) struct Ops {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) loading: ConductorHandle,
}

/// The log, as the management API sees it.
#[derive(Debug)]
pub(crate) struct LogBuffer(pub(crate) Arc<dyn Log>);

#[async_trait]
impl Buffer for LogBuffer {
    async fn waiting(&self) -> Result<Waiting, String> {
        let usage = self.0.usage().await.map_err(|fault| fault.to_string())?;
        Ok(Waiting {
            oldest: usage.oldest,
            bytes: usage.bytes,
            budget: usage.budget,
        })
    }
}

/// The endpoints.
pub(crate) fn router(ops: Ops) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(ops)
}

/// The process answers.
async fn healthz() -> &'static str {
    "ok\n"
}

/// The log can be written, and the catalog too.
async fn readyz(State(ops): State<Ops>) -> Response {
    match ops.readiness().await {
        Ok(()) => "ready\n".into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}

async fn metrics(State(ops): State<Ops>) -> Response {
    let names = ops.source_names().await;
    let name = |source: SourceId| names.get(&source).cloned().unwrap_or_else(|| source.to_string());
    let gauges = ops.gauges(&name).await;
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        ops.metrics.render(&gauges, name),
    )
        .into_response()
}

impl Ops {
    /// Looks whether requests can be accepted, and notes it.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn readiness(&self) -> Result<(), String> {
        let usage = self.log.usage().await;
        let journal = usage.map_err(|fault| fault.to_string()).and_then(|usage| {
            usage
                .writable
                .map_err(|fault| format!("journal is not writable: {fault}"))
        });
        self.metrics.note_writable(journal.is_ok());
        journal?;
        self.catalog
            .check_writable()
            .await
            .map_err(|fault| fault.to_string())
    }

    async fn source_names(&self) -> HashMap<SourceId, String> {
        let sources = self.catalog.sources().await.unwrap_or_default();
        sources
            .into_iter()
            .map(|source| (source.id, source.name))
            .collect()
    }

    async fn gauges(&self, source_name: &impl Fn(SourceId) -> String) -> Vec<Gauge> {
        let mut gauges = Vec::new();
        let mut push = |family, labels, value| {
            gauges.push(Gauge {
                family,
                labels,
                value,
            })
        };
        let now = self.clock.closing();
        if let Ok(usage) = self.log.usage().await {
            push(Family::JournalBytes, String::new(), usage.bytes.as_u64() as f64);
            push(Family::JournalOldest, String::new(), age(usage.oldest, now));
        }
        let mut lags: BTreeMap<String, f64> = BTreeMap::new();
        for table in self.loading.waiting().await.unwrap_or_default() {
            let labels = self
                .metrics
                .table_labels(&source_name(table.source), &table.table);
            let lag = lags.entry(labels).or_default();
            *lag = lag.max(age(table.since, now));
        }
        for (labels, lag) in lags {
            push(Family::LoadLag, labels, lag);
        }
        for destination in self.catalog.destinations().await.unwrap_or_default() {
            let id = destination.id.to_string();
            let labels = [
                ("destination", id.as_str()),
                ("state", destination.state.as_str()),
            ];
            push(Family::DestinationState, render_labels(&labels), 1.0);
        }
        gauges
    }
}

/// Seconds since an instant; 0 if there is none.
fn age(since: Option<Timestamp>, now: Timestamp) -> f64 {
    let millis = since.map_or(0, |since| {
        now.as_millis().saturating_sub(since.as_millis()).max(0)
    });
    millis as f64 / 1000.0
}
