//! `/healthz`, `/readyz` and `/metrics` (operations.md §10).

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use landfall_catalog::Catalog;
use landfall_http::manage::{Buffer, Waiting};
use landfall_load::Clock;
use landfall_log::Log;

use super::metrics::{Metrics, render_labels};

/// What the endpoints look at.
#[derive(Clone)]
pub(crate) struct Ops {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<Metrics>,
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
    let text = ops.metrics.render(&ops.gauges().await);
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
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

    async fn gauges(&self) -> Vec<(&'static str, String, f64)> {
        let mut gauges = Vec::new();
        if let Ok(usage) = self.log.usage().await {
            gauges.push((
                "landfall_journal_bytes",
                String::new(),
                usage.bytes.as_u64() as f64,
            ));
            let now = self.clock.closing().as_millis();
            let age = usage
                .oldest
                .map_or(0, |oldest| now.saturating_sub(oldest.as_millis()).max(0));
            let seconds = age as f64 / 1000.0;
            gauges.push(("landfall_journal_oldest_seconds", String::new(), seconds));
            gauges.push(("landfall_load_lag_seconds", String::new(), seconds));
        }
        for destination in self.catalog.destinations().await.unwrap_or_default() {
            let id = destination.id.to_string();
            let labels = [
                ("destination", id.as_str()),
                ("state", destination.state.as_str()),
            ];
            gauges.push(("landfall_destination_state", render_labels(&labels), 1.0));
        }
        gauges
    }
}
