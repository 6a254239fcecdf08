//! A load, as pages show it.

use landfall_catalog::StoreError;
use serde::Deserialize;

use crate::components::{Badge, Count, Moment, Size, Tone, Took};
use crate::frame::Page;
use crate::link;
use crate::pages::integrations::{ALL_REJECTED, Reason};
use crate::state::WebState;
use crate::trouble::Trouble;

/// The extremes of a replication key.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct BookmarkSpan {
    pub(crate) key: String,
    pub(crate) min_value: Option<String>,
    pub(crate) max_value: Option<String>,
}

/// A line of the ledger (management-api.md §11).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Load {
    pub(crate) id: String,
    state: String,
    pub(crate) source_id: u32,
    pub(crate) source_name: String,
    pub(crate) table: String,
    pub(crate) table_version: i64,
    pub(crate) destination_id: u32,
    pub(crate) new_version: bool,
    pub(crate) records: Count,
    pub(crate) rows_loaded: Count,
    pub(crate) rows_rejected: Count,
    pub(crate) bytes: Size,
    pub(crate) loaded_at: Moment,
    pub(crate) opened_at: Moment,
    pub(crate) completed_at: Option<Moment>,
    duration_ms: Option<Took>,
    time_extracted: Option<String>,
    pub(crate) bookmarks: Vec<BookmarkSpan>,
    pub(crate) reject_reasons: Vec<Reason>,
    pub(crate) sequences: Option<[i64; 2]>,
}

impl Load {
    pub(crate) fn badge(&self) -> Badge {
        match self.state.as_str() {
            "done" if self.rows_loaded.is_none() && !self.rows_rejected.is_none() => {
                Badge::new(Tone::Bad, ALL_REJECTED)
            }
            "done" => Badge::new(Tone::Good, "Loaded"),
            "open" => Badge::new(Tone::Waiting, "Loading"),
            "abandoned" => Badge::new(Tone::Quiet, "Abandoned"),
            other => Badge::new(Tone::Quiet, other),
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state == "open"
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.state == "abandoned"
    }

    pub(crate) fn href(&self) -> String {
        format!("/loads/{}", link::part(&self.id))
    }

    pub(crate) fn took(&self) -> Option<Took> {
        self.duration_ms
    }

    /// When its last record was extracted: an instant if it is one in UTC, else as it was sent.
    pub(crate) fn extracted(&self) -> Option<(Option<Moment>, &str)> {
        let text = self.time_extracted.as_deref()?;
        Some((Moment::in_utc(text), text))
    }
}

/// Loads, newest first.
#[derive(Debug, Deserialize)]
pub(crate) struct History {
    pub(crate) data: Vec<Load>,
    /// Where the next page begins.
    pub(crate) next: Option<i64>,
}

/// Where the history is in the management API.
pub(crate) async fn history_path(state: &WebState) -> Result<String, StoreError> {
    let client = state.catalog().instance().await?.client_id;
    Ok(format!("/v4/{client}/loads/history"))
}

/// Reads a page of the history.
pub(crate) async fn history(
    state: &WebState,
    page: &Page,
    filter: &[(&str, Option<&str>)],
) -> Result<History, Trouble> {
    let path = history_path(state).await?;
    Ok(page.api.get(&link::with_query(&path, filter)).await?)
}
