//! The destination wizard (setup-flow.md §§1–5): from the choice of a destination to a check that succeeds.
//!
//! What is typed is kept in memory, by session and [`Run`], until the Object Key is right ([`Memory`]); then the
//! destination is made, and the management API has it. A challenge name is shown as long as its session stays on screen 4.

mod bucket;
mod challenge;
mod check;
mod choice;
mod choose;
mod done;
mod draft;
mod fields;
mod folder_path;
mod grant;
mod judge;
mod key;
mod key_editor;
mod key_preview;
mod memory;
mod names;
mod run;
mod settings;
mod steps;
mod stored;
mod tabs;
mod verify;

use axum::Router;
use axum::routing::{get, post};

pub(crate) use check::{CheckPanel, fragment, last_check};
pub(crate) use draft::Draft;
pub(crate) use fields::SettingsFields;
pub(crate) use folder_path::folder_of_url;
pub(crate) use grant::{PolicyBoxes, Wanted, policy_boxes, read as grant_of};
pub(crate) use judge::{Faults, judge};
pub(crate) use key::save;
pub(crate) use key_editor::{KeyButtons, KeyEditor};
pub(crate) use key_preview::KeyPreview;
pub(crate) use memory::{Memory, keep_name, place_of};
pub(crate) use run::{DraftId, Run};
pub(crate) use settings::external_id;
pub(crate) use stored::Stored;

use crate::state::WebState;

/// The screens before there is a destination, and those of one that exists.
pub(crate) fn routes() -> Router<WebState> {
    Router::new()
        .route("/destinations/new", get(choose::show))
        .route("/destinations/new/bucket", get(bucket::show))
        .route(
            "/destinations/new/settings",
            get(settings::new).post(settings::take),
        )
        .route("/destinations/new/validate", post(judge::answer))
        .route("/destinations/new/key", get(key::new).post(key::take))
        .route("/destinations/key-preview", post(key_preview::show))
        .route(
            "/destinations/{id}/setup/settings",
            get(settings::change).post(settings::take),
        )
        .route("/destinations/{id}/setup/validate", post(judge::answer))
        .route("/destinations/{id}/setup/key", get(key::change).post(key::take))
        .route("/destinations/{id}/setup/verify", get(verify::show))
        .route("/destinations/{id}/setup/challenge", post(challenge::take))
        .route(
            "/destinations/{id}/setup/check",
            get(check::show).post(check::start),
        )
        .route("/destinations/{id}/setup/progress", get(check::progress))
        .route("/destinations/{id}/setup/done", get(done::show))
}
