//! Screen 5: the result (setup-flow.md §1).

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};

use super::choose::for_admins;
use super::steps::verify_path;
use super::stored::Stored;
use crate::components::Banner;
use crate::frame::{Frame, Page, Section, Shown, show as show_page};
use crate::state::WebState;

#[derive(Template)]
#[template(path = "wizard/done.html")]
struct DonePage {
    frame: Frame,
    destination: Stored,
}

/// `GET /destinations/{id}/setup/done`.
pub(super) async fn show(State(state): State<WebState>, page: Page, Path(id): Path<u32>) -> Shown {
    for_admins(&page)?;
    let destination = Stored::read(&page, id).await?;
    if !destination.is_active() {
        return Ok(Redirect::to(&verify_path(id)).into_response());
    }
    state.wizard.forget_name(id);
    let banner = Banner::done("Success!");
    show_page(&DonePage {
        frame: page
            .frame("Success", Section::Destinations)
            .with_banner(Some(banner)),
        destination,
    })
}
