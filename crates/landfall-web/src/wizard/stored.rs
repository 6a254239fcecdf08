//! A destination as the management API shows it (management-api.md §5.1).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::api::ApiError;
use crate::components::{Badge, Moment};
use crate::frame::Page;
use crate::pages::destinations::Failure;

/// A destination that is stored.
#[derive(Deserialize)]
pub(crate) struct Stored {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) landfall_status: String,
    pub(crate) created_at: Moment,
    pub(crate) paused_at: Option<Moment>,
    pub(crate) system_paused_at: Option<Moment>,
    /// Why it fails, if it does.
    #[serde(default)]
    pub(crate) landfall_failure: Option<Failure>,
    properties: BTreeMap<String, String>,
    /// In the answer to the request that made the name, and never again.
    #[serde(default)]
    pub(crate) generated_sentinel_key: Option<String>,
}

impl Stored {
    /// Reads one.
    pub(crate) async fn read(page: &Page, id: u32) -> Result<Self, ApiError> {
        page.api.get(&format!("/v4/destinations/{id}")).await
    }

    /// A property that may be shown; empty if it is not set.
    pub(crate) fn property(&self, name: &str) -> &str {
        self.properties.get(name).map_or("", String::as_str)
    }

    pub(crate) fn badge(&self) -> Badge {
        Badge::of_destination(&self.landfall_status)
    }

    pub(crate) fn is_active(&self) -> bool {
        self.landfall_status == "active"
    }
}
