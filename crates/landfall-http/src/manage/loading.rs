//! What the loader says of what waits, and `POST /v4/sources/{id}/load` (ext), which has it loaded at once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::State;
use landfall_catalog::{Destination, StoreError, Table};
use landfall_core::ids::SourceId;
use landfall_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, Refusal, ok};
use super::authentication::Caller;
use super::request::Numbers;
use super::sources::live_source;
use super::state::ManageState;

/// Loads what was received.
#[async_trait]
pub trait Loader: fmt::Debug + Send + Sync {
    /// What waits; none if the loader does not answer soon. May be asked often.
    async fn backlog(&self) -> Option<Arc<Backlog>>;

    /// Has all loaded that was received of a source by now; none if the loader does not answer in time.
    async fn load_now(&self, source: SourceId) -> Option<LoadingNow>;
}

/// All that waits to be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// Of each table of which something waits.
    pub tables: Vec<WaitingTable>,
    /// Whether there is more that the loader has not read yet.
    pub has_unread: bool,
}

impl Backlog {
    /// How many rows wait of a table.
    pub(super) fn rows_of(&self, table: &Table) -> u64 {
        let is_meant = |one: &&WaitingTable| one.source == table.source && *one.table == *table.name;
        self.tables.iter().filter(is_meant).map(|one| one.rows).sum()
    }
}

/// What waits of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingTable {
    /// The source.
    pub source: SourceId,
    /// The table, as received.
    pub table: Arc<str>,
    /// How many rows.
    pub rows: u64,
    /// Those of them whose batch is closed.
    pub rows_closed: u64,
    /// When the latest of them was received.
    pub last_received: Option<Timestamp>,
    /// When the open batch closes by age, at the latest; none if none is open.
    pub closes_at: Option<Timestamp>,
    /// Whether they wait for a destination that can be loaded to.
    pub is_held: bool,
}

/// What is loaded because it was wished for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoadingNow {
    /// Rows that are on their way.
    pub rows: u64,
    /// Tables they are of.
    pub tables: u64,
    /// Rows that wait for a destination that can be loaded to.
    pub rows_held: u64,
}

/// What waits of a source, or of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct WaitingRows {
    pub(super) rows: u64,
    pub(super) tables: u64,
    pub(super) rows_closed: u64,
    pub(super) rows_held: u64,
    pub(super) last_received: Option<Timestamp>,
    pub(super) next_load_at: Option<Timestamp>,
    pub(super) has_unread: bool,
}

impl WaitingRows {
    /// `can_load` says whether the table's destination can be loaded to: where it can't, the loader does not know yet
    /// that a batch will not land when it closes.
    fn take(&mut self, table: &WaitingTable, can_load: bool) {
        let is_held = table.is_held || !can_load;
        self.rows += table.rows;
        self.tables += u64::from(table.rows > 0);
        self.rows_closed += table.rows_closed;
        self.rows_held += if is_held { table.rows } else { 0 };
        self.last_received = self.last_received.max(table.last_received);
        let closes_at = table.closes_at.filter(|_| !is_held);
        self.next_load_at = [self.next_load_at, closes_at].into_iter().flatten().min();
    }
}

impl ManageState {
    /// What waits of a source, or of all; none if the loader does not answer.
    pub(super) async fn waiting(&self, source: Option<SourceId>) -> Result<Option<WaitingRows>, StoreError> {
        let Some(backlog) = self.parts.loader.backlog().await else {
            return Ok(None);
        };
        let mut sum = WaitingRows {
            has_unread: backlog.has_unread,
            ..WaitingRows::default()
        };
        let mut can_load = HashMap::new();
        let is_meant = |table: &&WaitingTable| source.is_none_or(|source| table.source == source);
        for table in backlog.tables.iter().filter(is_meant) {
            let can_load = match can_load.entry(table.source) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(unknown) => {
                    let destination = self.catalog().destination_of(table.source).await?;
                    *unknown.insert(destination.is_some_and(|one| one.state.can_load()))
                }
            };
            sum.take(table, can_load);
        }
        Ok(Some(sum))
    }
}

/// What is on its way now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LoadingNowObject {
    source_id: u32,
    /// Rows that are being loaded.
    rows: u64,
    tables: u64,
}

/// `POST /v4/sources/{id}/load`.
pub(super) async fn load_now(
    State(state): State<ManageState>,
    Numbers([id]): Numbers<1>,
    caller: Caller,
) -> Answer {
    let source = live_source(&state, SourceId::new(id)).await?;
    let destination = state.catalog().destination_of(source.id).await?;
    let destination = destination.ok_or_else(|| {
        let message = "the source has no destination: choose one, and what was received is loaded";
        Refusal::coded("NoDestination", message)
    })?;
    if !destination.state.can_load() {
        return Err(not_ready(&destination, destination.state.as_str()));
    }
    let act = state.act(&caller);
    state
        .catalog()
        .record_audit(act, "source.load", &id.to_string())
        .await?;
    let loading = state.parts.loader.load_now(source.id).await.ok_or_else(|| {
        let message = "the loader is busy and did not answer: ask again in a moment";
        Refusal::coded("LoaderBusy", message)
    })?;
    if loading.rows == 0 && loading.rows_held > 0 {
        return Err(not_ready(&destination, "out of reach"));
    }
    ok(&LoadingNowObject {
        source_id: id,
        rows: loading.rows,
        tables: loading.tables,
    })
}

fn not_ready(destination: &Destination, state: &str) -> Refusal {
    let message = format!(
        "nothing can be loaded to destination {} now ({state}): what was received is kept, and loaded once it works",
        destination.name
    );
    Refusal::coded("DestinationNotReady", &message)
}
