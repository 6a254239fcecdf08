//! What this instance is.

use askama::Template;
use serde::Deserialize;

use super::tabs::{Tab, Tabs};
use crate::components::Moment;
use crate::frame::{Frame, Page, Section, Shown, show};

/// Where the project is.
const PROJECT: &str = env!("CARGO_PKG_REPOSITORY");

/// The instance, as the management API tells of it.
#[derive(Debug, Deserialize)]
pub(super) struct Instance {
    client_id: u32,
    created_at: Moment,
    version: String,
    license: String,
    data_folder: Option<String>,
    pub(super) keep_days: KeptDays,
}

/// How many days things are kept.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct KeptDays {
    pub(super) unloaded: u32,
    pub(super) reports: u32,
    pub(super) deliveries: u32,
    pub(super) ledger: u32,
    pub(super) audit: u32,
}

/// Where it is in the management API.
pub(super) const API: &str = "/v4/instance";

#[derive(Template)]
#[template(path = "settings/about.html")]
struct AboutPage {
    frame: Frame,
    tabs: Tabs,
    instance: Instance,
}

/// `GET /settings/about`.
pub(super) async fn show_about(page: Page) -> Shown {
    show(&AboutPage {
        frame: page.frame("About", Section::Settings),
        tabs: Tabs::new(Tab::About),
        instance: page.api.get(API).await?,
    })
}
