//! Screen 0: choose a destination (setup-flow.md §1).

use askama::Template;

use super::run::Run;
use super::steps::{Screen, Steps};
use crate::frame::{Frame, Page, Section, Shown, show as show_page};
use crate::trouble::Trouble;

#[derive(Template)]
#[template(path = "wizard/choose.html")]
struct ChoosePage {
    frame: Frame,
    steps: Steps,
    bucket: String,
    folder: String,
}

/// Screens that lead to changes are for those who may make them.
pub(super) fn for_admins(page: &Page) -> Result<(), Trouble> {
    if page.signed_in.is_admin() {
        Ok(())
    } else {
        Err(Trouble::Forbidden)
    }
}

/// `GET /destinations/new`.
pub(super) async fn show(page: Page, run: Run) -> Shown {
    for_admins(&page)?;
    show_page(&ChoosePage {
        frame: page.frame("Choose a destination", Section::Destinations),
        steps: Steps::new(Screen::Choose, false, run),
        bucket: run.bucket_path(),
        folder: run.settings_path_with("place=folder"),
    })
}
