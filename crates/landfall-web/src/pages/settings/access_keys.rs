//! Access keys of the management API (management-api.md §2).

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::json;

use super::Told;
use super::refused::refused;
use super::row_act::RowAct;
use super::tabs::{Tab, Tabs};
use crate::components::{Badge, Banner, CodeBox, Empty, Field, Moment, RowActions, Tone};
use crate::frame::{Frame, Page, Section, Shown, show, show_again};
use crate::state::WebState;
use crate::trouble::Trouble;

const LIST: &str = "/settings/access-keys";
const NEW: &str = "/settings/access-keys/new";

#[derive(Debug, Deserialize)]
struct AccessKey {
    id: u32,
    key_last4: String,
    description: String,
    created_by: String,
    created_at: Moment,
    status: String,
}

impl AccessKey {
    fn is_enabled(&self) -> bool {
        self.status == "enabled"
    }

    fn badge(&self) -> Badge {
        if self.is_enabled() {
            Badge::new(Tone::Good, "Enabled")
        } else {
            Badge::new(Tone::Quiet, "Disabled")
        }
    }
}

#[derive(Template)]
#[template(path = "settings/access_keys.html")]
struct KeysPage {
    frame: Frame,
    tabs: Tabs,
    keys: Vec<AccessKey>,
    empty: Empty,
    description: Field,
}

impl KeysPage {
    fn actions(&self, key: &AccessKey) -> RowActions {
        RowActions {
            base: format!("{LIST}/{}", key.id),
            csrf: self.frame.csrf().to_owned(),
            name: format!("the key {}", key.description),
            is_enabled: key.is_enabled(),
            warning: "Programs that use it are refused from then on.",
        }
    }
}

async fn keys_page(page: &Page, typed: &str, problem: Option<String>) -> Result<KeysPage, Trouble> {
    Ok(KeysPage {
        frame: page.frame("Access keys", Section::Settings),
        tabs: Tabs::new(Tab::AccessKeys),
        keys: page.api.get("/v4/access-keys").await?,
        empty: Empty::new(
            "No access key yet",
            "Programs that manage this instance, such as landfall source, Terraform or a script, show an access key \
             with every request.",
        ),
        description: Field::text("description", "Description")
            .help("What the key is for, such as the program that uses it.")
            .value(typed)
            .error(problem)
            .required(),
    })
}

/// `GET /settings/access-keys`.
pub(super) async fn list(page: Page, Query(told): Query<Told>) -> Shown {
    let mut shown = keys_page(&page, "", None).await?;
    if told.done == "shown" {
        shown.frame.banner = Some(Banner::warning(
            "The key was shown once, and can't be shown again. If you did not copy it, delete it and make another one \
             below.",
        ));
        return show(&shown);
    }
    shown.frame.banner = told.banner(&[
        ("enabled", "The key is enabled."),
        ("disabled", "The key is disabled."),
        ("deleted", "The key is deleted."),
    ]);
    show(&shown)
}

#[derive(Deserialize)]
pub(super) struct KeyForm {
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
struct Minted {
    access_key: String,
}

/// A secret that was just made, and is shown this once.
#[derive(Template)]
#[template(path = "settings/secret.html")]
pub(super) struct SecretPage {
    pub(super) frame: Frame,
    pub(super) tabs: Tabs,
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    pub(super) secret: CodeBox,
    pub(super) back: &'static str,
}

/// `POST /settings/access-keys`: leads to the page that shows the key, once.
pub(super) async fn create(State(state): State<WebState>, page: Page, Form(form): Form<KeyForm>) -> Shown {
    let description = form.description.trim();
    let made = page
        .api
        .post("/v4/access-keys", &json!({"description": description}))
        .await;
    let made: Minted = match made {
        Ok(made) => made,
        Err(error) => {
            let problem = match error.code.as_deref() {
                Some("InvalidBody") => "Describe the key in 1 to 200 characters.".to_owned(),
                _ => refused(&error)?,
            };
            return show_again(&keys_page(&page, description, Some(problem)).await?);
        }
    };
    state
        .once
        .keep(page.signed_in.session, NEW, made.access_key.into());
    Ok(Redirect::to(NEW).into_response())
}

/// `GET /settings/access-keys/new`: a key, the one time it is shown.
pub(super) async fn show_new(State(state): State<WebState>, page: Page) -> Shown {
    let Some(secret) = state.once.take(&page.signed_in.session, NEW) else {
        return Ok(Redirect::to(&format!("{LIST}?done=shown")).into_response());
    };
    show(&SecretPage {
        frame: page.frame("New access key", Section::Settings),
        tabs: Tabs::new(Tab::AccessKeys),
        title: "Copy the access key now",
        text: "It is shown this once. Landfall keeps only a digest of it; whoever has it can manage this instance.",
        secret: CodeBox {
            id: "secret".to_owned(),
            label: "Access key".to_owned(),
            text: secret,
        },
        back: LIST,
    })
}

/// `POST /settings/access-keys/{id}/{act}`.
pub(super) async fn act(page: Page, Path((id, act)): Path<(u32, String)>) -> Shown {
    let act = RowAct::parse(&act)?;
    match act.run(&page, &format!("/v4/access-keys/{id}")).await? {
        Ok(()) => Ok(Redirect::to(&format!("{LIST}?done={}", act.done())).into_response()),
        Err(problem) => {
            let mut shown = keys_page(&page, "", None).await?;
            shown.frame.banner = Some(Banner::error(problem));
            show_again(&shown)
        }
    }
}
