//! Loads: every batch that was written to a bucket, with its objects (loading.md, management-api.md §11).

mod detail;
mod list;
mod load;

use axum::Router;
use axum::routing::get;

pub(crate) use load::{Load, history, history_path};

use crate::state::WebState;

/// The addresses of these pages.
pub(crate) fn routes() -> Router<WebState> {
    Router::new()
        .route("/loads", get(list::list))
        .route("/loads/{load}", get(detail::detail))
}
