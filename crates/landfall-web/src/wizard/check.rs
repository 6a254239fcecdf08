//! The check, step by step (setup-flow.md §6.2): a panel that fills in live, on a page that refreshes without a script.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::{Value, json};

use super::choose::for_admins;
use super::run::Run;
use super::steps::{Screen, Steps, verify_path};
use super::stored::Stored;
use crate::api::ApiError;
use crate::components::Moment;
use crate::frame::{Frame, Page, Section, Shown, show as show_page};
use crate::state::WebState;
use crate::trouble::Trouble;
use crate::visit::BY_SCRIPT;

#[derive(Deserialize)]
struct StepRow {
    step: String,
    title: String,
    status: String,
    detail: Option<String>,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
    step: String,
    message: String,
    cause: String,
    remedy: String,
}

#[derive(Deserialize)]
struct Warning {
    message: String,
}

/// What `GET /v4/destinations/{id}/check-progress` answers.
#[derive(Deserialize)]
pub(crate) struct Check {
    pub(crate) status: String,
    start_time: Moment,
    completion_time: Option<Moment>,
    steps: Vec<StepRow>,
    errors: Vec<Problem>,
    warnings: Vec<Warning>,
}

impl Check {
    /// Whether it says nothing of what has failed since `since`.
    pub(crate) fn is_before(&self, since: &Moment) -> bool {
        let ended = self.completion_time.as_ref().and_then(Moment::timestamp);
        // A check that succeeds ends the failure: it must have been before, if only by a moment.
        ended.is_some() && (self.status == "succeeded" || ended < since.timestamp())
    }
}

/// The panel. `next`: where a check that succeeds leads; empty to stay.
#[derive(Template)]
#[template(path = "wizard/check_panel.html")]
pub(crate) struct CheckPanel {
    id: u32,
    check: Option<Check>,
    next: String,
}

impl askama::filters::HtmlSafe for CheckPanel {}

impl CheckPanel {
    /// The panel of the wizard, which leads on.
    pub(crate) fn of_wizard(id: u32, check: Option<Check>) -> Self {
        Self {
            id,
            check,
            next: format!("/destinations/{id}/setup/done"),
        }
    }

    /// The panel of the destination's own page, which stays.
    pub(crate) fn of_page(id: u32, check: Option<Check>) -> Self {
        Self {
            id,
            check,
            next: String::new(),
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.status() == "running"
    }

    pub(crate) fn is_there(&self) -> bool {
        self.check.is_some()
    }

    fn status(&self) -> &str {
        self.check.as_ref().map_or("none", |check| &check.status)
    }

    /// What screen readers are told of the check as a whole.
    fn told(&self) -> String {
        let Some(check) = &self.check else {
            return String::new();
        };
        let problem = check.errors.first();
        match check.status.as_str() {
            "running" => "Checking access".to_owned(),
            "succeeded" => "The check has succeeded".to_owned(),
            _ => match problem {
                Some(problem) => format!("The check has failed. {} {}", problem.cause, problem.remedy),
                None => "The check has failed".to_owned(),
            },
        }
    }

    fn has(&self, step: &StepRow) -> impl Iterator<Item = &Problem> {
        let errors = self.check.as_ref().map_or(&[][..], |check| &check.errors);
        let step = step.step.clone();
        errors.iter().filter(move |error| error.step == step)
    }
}

/// The last check, if there was one.
pub(crate) async fn last_check(page: &Page, id: u32) -> Result<Option<Check>, ApiError> {
    match page
        .api
        .get(&format!("/v4/destinations/{id}/check-progress"))
        .await
    {
        Ok(check) => Ok(Some(check)),
        Err(error) if error.status == StatusCode::NOT_FOUND => Ok(None),
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "wizard/check.html")]
struct CheckPage {
    frame: Frame,
    steps: Steps,
    panel: CheckPanel,
    back: String,
}

/// The panel alone, for a script that puts it in its place.
pub(crate) fn fragment(panel: &CheckPanel) -> Shown {
    show_page(panel)
}

/// `POST /destinations/{id}/setup/check`.
pub(super) async fn start(page: Page, Path(id): Path<u32>, headers: HeaderMap) -> Shown {
    let started: Result<Value, ApiError> = page
        .api
        .post(&format!("/v4/destinations/{id}/check"), &json!({}))
        .await;
    started?;
    if headers.contains_key(BY_SCRIPT) {
        return fragment(&CheckPanel::of_wizard(id, last_check(&page, id).await?));
    }
    Ok(Redirect::to(&format!("/destinations/{id}/setup/check")).into_response())
}

/// The panel's check; a name is not shown again once it has succeeded.
async fn watched(state: &WebState, page: &Page, id: u32) -> Result<Option<Check>, Trouble> {
    let check = last_check(page, id).await?;
    if check.as_ref().is_some_and(|check| check.status == "succeeded") {
        state.wizard.forget_name(id);
    }
    Ok(check)
}

/// `GET /destinations/{id}/setup/progress`: the panel alone.
pub(super) async fn progress(State(state): State<WebState>, page: Page, Path(id): Path<u32>) -> Shown {
    fragment(&CheckPanel::of_wizard(id, watched(&state, &page, id).await?))
}

/// `GET /destinations/{id}/setup/check`: the panel on a page of its own, for browsers without a script.
pub(super) async fn show(State(state): State<WebState>, page: Page, Path(id): Path<u32>) -> Shown {
    for_admins(&page)?;
    let stored = Stored::read(&page, id).await?;
    let check = watched(&state, &page, id).await?;
    if check.as_ref().is_some_and(|check| check.status == "succeeded") {
        return Ok(Redirect::to(&format!("/destinations/{id}/setup/done")).into_response());
    }
    let is_folder = stored.property("s3_endpoint_url").starts_with("file:");
    show_page(&CheckPage {
        frame: page.frame("Checking access", Section::Destinations),
        steps: Steps::new(Screen::Verify, is_folder, Run::of(id)),
        panel: CheckPanel::of_wizard(id, check),
        back: verify_path(id),
    })
}
