//! Post-load webhooks (management-api.md §12.1, operations.md §3).

use askama::Template;
use axum::extract::{Form, Path, Query};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Told;
use super::refused::refused;
use super::row_act::RowAct;
use super::tabs::{Tab, Tabs};
use super::url::shown;
use crate::components::{Badge, Banner, Empty, Field, Moment, RowActions, Select, Tone};
use crate::frame::{Frame, Page, Section, Shown, show, show_again};
use crate::pages::destinations::Destination;
use crate::trouble::Trouble;

pub(super) const LIST: &str = "/settings/webhooks";
/// Where they are in the management API.
pub(super) const API: &str = "/notifications/public/v1/api/hooks";

#[derive(Debug, Clone, Deserialize)]
struct Config {
    url: String,
}

/// A post-load webhook.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Hook {
    pub(super) id: u32,
    pub(super) destination_id: u32,
    config: Config,
    pub(super) created_at: Moment,
    disabled_at: Option<Moment>,
}

#[derive(Debug, Deserialize)]
struct HookList {
    post_load: Vec<Hook>,
}

impl Hook {
    pub(super) fn url(&self, frame: &Frame) -> String {
        shown(&self.config.url, frame.is_admin())
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }

    pub(super) fn badge(&self) -> Badge {
        if self.is_enabled() {
            Badge::new(Tone::Good, "Enabled")
        } else {
            Badge::new(Tone::Quiet, "Disabled")
        }
    }

    pub(super) fn href(&self) -> String {
        format!("{LIST}/{}", self.id)
    }

    /// The name of its destination.
    pub(super) fn destination(&self, all: &[Destination]) -> String {
        let found = all.iter().find(|one| one.id == self.destination_id);
        found.map_or_else(|| format!("No. {}", self.destination_id), |one| one.name.clone())
    }
}

/// All of them.
pub(super) async fn hooks(page: &Page) -> Result<Vec<Hook>, Trouble> {
    Ok(page.api.get::<HookList>(API).await?.post_load)
}

#[derive(Template)]
#[template(path = "settings/hooks.html")]
struct HooksPage {
    frame: Frame,
    tabs: Tabs,
    hooks: Vec<Hook>,
    destinations: Vec<Destination>,
    empty: Empty,
    url: Field,
    destination: Select,
}

impl HooksPage {
    fn actions(&self, hook: &Hook) -> RowActions {
        RowActions {
            base: hook.href(),
            csrf: self.frame.csrf().to_owned(),
            name: format!("webhook {}", hook.id),
            is_enabled: hook.is_enabled(),
            warning: "It hears of no load any more, and its delivery log is gone.",
        }
    }
}

/// What is wrong with a hook to be added.
#[derive(Default)]
struct Problems {
    url: Option<String>,
    destination: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct HookForm {
    #[serde(default)]
    url: String,
    #[serde(default)]
    destination: String,
}

async fn hooks_page(page: &Page, typed: &HookForm, problems: Problems) -> Result<HooksPage, Trouble> {
    let destinations: Vec<Destination> = page.api.get("/v4/destinations").await?;
    let option = |one: &Destination| (one.id.to_string(), one.name.clone());
    Ok(HooksPage {
        frame: page.frame("Post-load webhooks", Section::Settings),
        tabs: Tabs::new(Tab::Hooks),
        hooks: hooks(page).await?,
        empty: Empty::new(
            "No post-load webhook yet",
            "A post-load webhook is told of every load of a destination, table by table, with the files written: \
             what starts a transformation as soon as its data is there.",
        ),
        url: Field::text("url", "Address")
            .help("Begins with https://. Every load is posted there as JSON.")
            .value(&typed.url)
            .error(problems.url)
            .autocomplete("url")
            .required(),
        destination: Select::new(
            "destination",
            "Destination",
            destinations.iter().map(option).collect(),
        )
        .chosen(&typed.destination)
        .error(problems.destination),
        destinations,
    })
}

/// `GET /settings/webhooks`.
pub(super) async fn list(page: Page, Query(told): Query<Told>) -> Shown {
    let mut shown = hooks_page(&page, &HookForm::default(), Problems::default()).await?;
    shown.frame.banner = told.banner(&[
        ("added", "The webhook is added: it hears of the next load."),
        ("enabled", "The webhook is enabled."),
        ("disabled", "The webhook is disabled."),
        ("deleted", "The webhook is deleted."),
    ]);
    show(&shown)
}

/// `POST /settings/webhooks`.
pub(super) async fn create(page: Page, Form(form): Form<HookForm>) -> Shown {
    let destination = form.destination.parse::<u32>().ok();
    let destinations: Vec<Destination> = page.api.get("/v4/destinations").await?;
    let is_known = destinations.iter().any(|one| Some(one.id) == destination);
    if !is_known {
        let problems = Problems {
            destination: Some("Choose a destination that is connected.".to_owned()),
            ..Problems::default()
        };
        let mut shown = hooks_page(&page, &form, problems).await?;
        // Then there is no field to say it at.
        let is_nothing_connected = shown.destinations.is_empty();
        shown.frame.banner = is_nothing_connected
            .then(|| Banner::error("Connect a destination first: a webhook belongs to one."));
        return show_again(&shown);
    }
    let body = json!({
        "type": "post_load", "destination_id": destination, "config": {"url": form.url.trim()},
    });
    let Err(error) = page.api.post::<Value>(API, &body).await else {
        return Ok(Redirect::to(&format!("{LIST}?done=added")).into_response());
    };
    let problems = Problems {
        url: Some(url_problem(refused(&error)?)),
        ..Problems::default()
    };
    show_again(&hooks_page(&page, &form, problems).await?)
}

/// The API's words for an address, with what to do.
pub(super) fn url_problem(message: String) -> String {
    if message == "Invalid URI." {
        "Invalid URI. Enter a whole address that begins with https://.".to_owned()
    } else {
        message
    }
}

/// `POST /settings/webhooks/{id}/{act}`.
pub(super) async fn act(page: Page, Path((id, act)): Path<(u32, String)>) -> Shown {
    let act = RowAct::parse(&act)?;
    match act.run(&page, &format!("{API}/{id}")).await? {
        Ok(()) => Ok(Redirect::to(&format!("{LIST}?done={}", act.done())).into_response()),
        Err(problem) => {
            let mut shown = hooks_page(&page, &HookForm::default(), Problems::default()).await?;
            shown.frame.banner = Some(Banner::error(problem));
            show_again(&shown)
        }
    }
}
