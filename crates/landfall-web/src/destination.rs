//! The page of a destination, and what can be done with it (setup-flow.md §7).

mod edit;
mod overview;
mod policy;
mod remove;
mod switch;

use axum::Router;
use axum::routing::{get, post};

use crate::state::WebState;

/// The addresses below `/destinations/{id}`, but for the wizard's.
pub(crate) fn routes() -> Router<WebState> {
    Router::new()
        .route("/destinations/{id}", get(overview::show))
        .route("/destinations/{id}/edit", get(edit::form).post(edit::save))
        .route("/destinations/{id}/policy", get(policy::show))
        .route("/destinations/{id}/check", post(switch::check))
        .route("/destinations/{id}/pause", post(switch::pause))
        .route("/destinations/{id}/resume", post(switch::resume))
        .route(
            "/destinations/{id}/remove",
            get(remove::form).post(remove::remove),
        )
}
