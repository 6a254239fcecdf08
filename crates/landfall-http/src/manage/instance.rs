//! `GET /v4/instance`: what an instance tells of itself (ext; operations.md §9).

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, ok};
use super::instant::Seconds;
use super::state::ManageState;

/// What whoever starts the management API tells of the instance, to be shown.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The folder that everything is kept in, if there is one.
    pub data_folder: Option<String>,
    /// How many days things are kept.
    pub keep_days: KeptDays,
}

/// How many days things are kept (operations.md §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct KeptDays {
    /// Records that can't be loaded: the setting `keep_unloaded_days`.
    pub unloaded: u32,
    /// Loading reports: `keep_reports_days`.
    pub reports: u32,
    /// Deliveries of post-load webhooks: `keep_deliveries_days`.
    pub deliveries: u32,
    /// Loads with their objects: `keep_ledger_days`.
    pub ledger: u32,
    /// The audit log: `keep_audit_days`.
    pub audit: u32,
}

/// The instance.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InstanceObject<'a> {
    client_id: u32,
    created_at: Seconds,
    version: &'static str,
    license: &'static str,
    /// The folder on the server that everything is kept in.
    data_folder: Option<&'a str>,
    keep_days: KeptDays,
}

/// `GET /v4/instance`.
pub(super) async fn show(State(state): State<ManageState>) -> Answer {
    let instance = state.instance().await?;
    ok(&InstanceObject {
        client_id: instance.client_id.as_u32(),
        created_at: Seconds(instance.created_at),
        version: env!("CARGO_PKG_VERSION"),
        license: env!("CARGO_PKG_LICENSE"),
        data_folder: state.facts.data_folder.as_deref(),
        keep_days: state.facts.keep_days,
    })
}
