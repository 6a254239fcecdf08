//! The name of the challenge file (setup-flow.md §5.2): made anew, given by the user, or put into a folder.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect};
use landfall_setup::challenge;
use serde::Deserialize;
use serde_json::{Value, json};

use super::memory::keep_name;
use super::steps::verify_path;
use super::stored::Stored;
use super::verify::{self, Problems};
use crate::api::ApiError;
use crate::frame::{Page, Shown};
use crate::state::WebState;

/// What is to become of the name.
#[derive(Deserialize)]
pub(super) struct Sent {
    /// `new`, `existing` or `make`.
    #[serde(default)]
    wish: String,
    /// The name that the user has. It has no `Debug`, and is not sent back.
    #[serde(default)]
    existing: String,
}

/// `POST /destinations/{id}/setup/challenge`.
pub(super) async fn take(
    State(state): State<WebState>,
    page: Page,
    Path(id): Path<u32>,
    Form(sent): Form<Sent>,
) -> Shown {
    match sent.wish.as_str() {
        "existing" => use_existing(&state, &page, id, &sent.existing).await,
        "make" => make(&state, &page, id).await,
        _ => generate(&state, &page, id).await,
    }
}

/// A name that was not there before, which this session sees once.
async fn generate(state: &WebState, page: &Page, id: u32) -> Shown {
    let body = json!({"properties": {"sentinel_key": Value::Null}});
    let mut stored: Stored = page.api.put(&format!("/v4/destinations/{id}"), &body).await?;
    keep_name(state, page, &mut stored);
    Ok(Redirect::to(&format!("{}#challenge", verify_path(id))).into_response())
}

/// A name that the user has. The change starts a check by itself.
async fn use_existing(state: &WebState, page: &Page, id: u32, typed: &str) -> Shown {
    let name = match challenge::accept(typed) {
        Ok(name) => name,
        Err(refusal) => {
            let mut message = refusal.to_string();
            if let Some(first) = message.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            return verify::refuse(state, page, id, Problems::of_existing(message));
        }
    };
    let body = json!({"properties": {"sentinel_key": name.as_str()}});
    let changed: Result<Stored, ApiError> = page.api.put(&format!("/v4/destinations/{id}"), &body).await;
    changed?;
    state.wizard.forget_name(id);
    Ok(Redirect::to(&format!("/destinations/{id}/setup/check")).into_response())
}

/// Makes the file in a bucket folder, and checks.
async fn make(state: &WebState, page: &Page, id: u32) -> Shown {
    let path = format!("/v4/destinations/{id}/challenge-file");
    let made: Result<Value, ApiError> = page.api.post(&path, &json!({})).await;
    match made {
        Ok(_) => {}
        Err(error) if error.status.is_client_error() => {
            return verify::refuse(state, page, id, Problems::of_making(error.message));
        }
        Err(error) => return Err(error.into()),
    }
    let started: Result<Value, ApiError> = page
        .api
        .post(&format!("/v4/destinations/{id}/check"), &json!({}))
        .await;
    started?;
    Ok(Redirect::to(&format!("/destinations/{id}/setup/check")).into_response())
}
