//! Integrations: where data comes from (management-api.md §8, operations.md §7).

mod add;
mod change;
mod connect;
mod list;
mod overview;
mod rejects;
mod settings;
mod snippets;
mod source;
mod table;
mod waiting;

use axum::Router;
use axum::routing::{get, post};

pub(crate) use list::Stats;
pub(crate) use overview::ALL_REJECTED;
pub(crate) use rejects::Reason;
pub(crate) use source::{Source, Standing};
pub(crate) use table::{Attempt, Day, attempts};
pub(crate) use waiting::{Loaded, News, Prospect, WaitingRows};

use crate::state::WebState;

/// The addresses of these pages.
pub(crate) fn routes() -> Router<WebState> {
    Router::new()
        .route("/integrations", get(list::list).post(add::create))
        .route("/integrations/new", get(add::form))
        .route("/integrations/{id}", get(overview::show))
        .route("/integrations/{id}/tables/{table}", get(table::show_table))
        .route("/integrations/{id}/rejects", get(rejects::browse))
        .route("/integrations/{id}/rejects/download", get(rejects::download))
        .route("/integrations/{id}/connect", get(connect::show_connect))
        .route("/integrations/{id}/secret", get(connect::show_secret))
        .route("/integrations/{id}/tokens", post(connect::create_token))
        .route(
            "/integrations/{id}/tokens/{token}/revoke",
            post(connect::revoke_token),
        )
        .route("/integrations/{id}/settings", get(settings::form))
        .route("/integrations/{id}/load", post(change::load_now))
        .route("/integrations/{id}/pause", post(change::pause))
        .route("/integrations/{id}/resume", post(change::resume))
        .route("/integrations/{id}/rename", post(change::rename))
        .route("/integrations/{id}/destination", post(change::move_to))
        .route("/integrations/{id}/delete", post(change::delete))
}
