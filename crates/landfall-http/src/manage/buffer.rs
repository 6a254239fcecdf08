//! `GET /v4/buffer`: what is received and not loaded yet (ext; operations.md §9).

use std::fmt;

use async_trait::async_trait;
use axum::extract::State;
use landfall_core::time::Timestamp;
use landfall_core::units::ByteCount;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, Refusal, ok};
use super::instant::Seconds;
use super::state::ManageState;

/// Keeps what is received until it is loaded.
#[async_trait]
pub trait Buffer: fmt::Debug + Send + Sync {
    /// What waits in it.
    ///
    /// # Errors
    /// Why it can't be told.
    async fn waiting(&self) -> Result<Waiting, String>;
}

/// What waits to be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// When the oldest of it was received; none if nothing waits.
    pub oldest: Option<Timestamp>,
    /// The room it takes.
    pub bytes: ByteCount,
    /// The room there is, if that is limited.
    pub budget: Option<ByteCount>,
}

/// What waits to be loaded.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BufferObject {
    /// When the oldest of it was received.
    oldest_at: Option<Seconds>,
    bytes: u64,
    /// The room there is, if that is limited: from 80 % of it on, `buffer.pressure` is raised.
    budget_bytes: Option<u64>,
    /// Rows that wait, of all sources; null if the loader does not answer.
    rows: Option<u64>,
    tables: Option<u64>,
    /// Whether more rows wait than were counted.
    has_unread: bool,
    /// When the next of them are loaded by themselves, at the latest.
    next_load_at: Option<Seconds>,
}

/// `GET /v4/buffer`.
pub(super) async fn show(State(state): State<ManageState>) -> Answer {
    let waiting = state.parts.buffer.waiting().await;
    let waiting = waiting.map_err(|fault| Refusal::internal(&fault))?;
    let rows = state.waiting(None).await?;
    ok(&BufferObject {
        oldest_at: waiting.oldest.map(Seconds),
        bytes: waiting.bytes.as_u64(),
        budget_bytes: waiting.budget.map(ByteCount::as_u64),
        rows: rows.map(|rows| rows.rows),
        tables: rows.map(|rows| rows.tables),
        has_unread: rows.is_none_or(|rows| rows.has_unread),
        next_load_at: rows.and_then(|rows| rows.next_load_at).map(Seconds),
    })
}
