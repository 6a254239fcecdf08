//! Checking, pausing and resuming: one button each.

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use serde_json::{Value, json};

use crate::api::ApiError;
use crate::frame::{Page, Shown};
use crate::visit::BY_SCRIPT;
use crate::wizard::{CheckPanel, Stored, fragment, last_check};

/// Any time pauses now (management-api.md §8.2).
const NOW: &str = "1970-01-01T00:00:00Z";

fn back(id: u32, done: &str) -> Shown {
    Ok(Redirect::to(&format!("/destinations/{id}{done}")).into_response())
}

/// `POST /destinations/{id}/check`: a script gets the panel, and stays on the page.
pub(super) async fn check(page: Page, Path(id): Path<u32>, headers: HeaderMap) -> Shown {
    let started: Result<Value, ApiError> = page
        .api
        .post(&format!("/v4/destinations/{id}/check"), &json!({}))
        .await;
    started?;
    if headers.contains_key(BY_SCRIPT) {
        return fragment(&CheckPanel::of_page(id, last_check(&page, id).await?));
    }
    back(id, "")
}

/// `POST /destinations/{id}/pause`.
pub(super) async fn pause(page: Page, Path(id): Path<u32>) -> Shown {
    switch(&page, id, NOW.into()).await?;
    back(id, "?done=paused")
}

/// `POST /destinations/{id}/resume`.
pub(super) async fn resume(page: Page, Path(id): Path<u32>) -> Shown {
    switch(&page, id, Value::Null).await?;
    back(id, "?done=resumed")
}

async fn switch(page: &Page, id: u32, paused_at: Value) -> Result<Stored, ApiError> {
    let body = json!({"paused_at": paused_at});
    page.api.put(&format!("/v4/destinations/{id}"), &body).await
}
