//! Screen 2: define bucket settings (setup-flow.md §3).

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect};
use landfall_setup::challenge::generate_uuid;
use serde::Deserialize;

use super::choose::for_admins;
use super::draft::Draft;
use super::fields::SettingsFields;
use super::judge::{Faults, judge};
use super::memory::Place;
use super::steps::{Screen, Steps, key_path, settings_path, verify_path};
use super::stored::Stored;
use crate::frame::{Frame, Page, Section, Shown, show, show_again};
use crate::state::WebState;
use crate::trouble::Trouble;

#[derive(Template)]
#[template(path = "wizard/settings.html")]
struct SettingsPage {
    frame: Frame,
    steps: Steps,
    fields: SettingsFields,
    action: String,
    validate: String,
}

/// What links bring along.
#[derive(Deserialize)]
pub(super) struct Begun {
    #[serde(default)]
    place: Option<String>,
    #[serde(default)]
    bucket: Option<String>,
}

/// What the form asks for besides keeping what is typed.
#[derive(Deserialize)]
pub(super) struct Sent {
    /// `back`, `keep`, `use-name`, or nothing to go on.
    #[serde(default)]
    go: String,
    #[serde(flatten)]
    draft: Draft,
}

/// What is typed so far: kept, stored, or the defaults.
pub(super) async fn draft_of(state: &WebState, page: &Page, id: Option<u32>) -> Result<Draft, Trouble> {
    let place = place_of(page, id);
    if let Some(draft) = state.wizard.draft(place) {
        return Ok(draft);
    }
    let mut random = [0; 16];
    state.parts.entropy.fill(&mut random);
    let external_id = generate_uuid(random);
    Ok(match id {
        // Not kept before it is changed: what is stored may change too.
        Some(id) => Draft::of_stored(&Stored::read(page, id).await?, external_id),
        None => {
            let draft = Draft::new(external_id);
            state.wizard.keep_draft(place, draft.clone());
            draft
        }
    })
}

/// Whose draft it is.
pub(crate) fn place_of(page: &Page, id: Option<u32>) -> Place {
    Place {
        session: page.signed_in.session,
        id,
    }
}

fn screen(page: &Page, id: Option<u32>, draft: &Draft, faults: &Faults) -> SettingsPage {
    SettingsPage {
        frame: page.frame("Define bucket settings", Section::Destinations),
        steps: Steps::new(Screen::Settings, draft.is_folder(), id),
        fields: SettingsFields::new(draft, faults, id.is_some()),
        action: settings_path(id),
        validate: match id {
            None => "/destinations/new/validate".to_owned(),
            Some(id) => format!("/destinations/{id}/setup/validate"),
        },
    }
}

/// `GET /destinations/new/settings`. What a link brings along is taken, and the address loses it: coming back to it
/// must not undo what was typed since.
pub(super) async fn new(State(state): State<WebState>, page: Page, Query(begun): Query<Begun>) -> Shown {
    for_admins(&page)?;
    let mut draft = draft_of(&state, &page, None).await?;
    if begun.place.is_none() && begun.bucket.is_none() {
        return show(&screen(&page, None, &draft, &Faults::new()));
    }
    if let Some(place) = begun.place {
        draft.go_to(&place);
    }
    if let Some(bucket) = begun.bucket {
        draft.s3_bucket = bucket;
    }
    if draft.is_folder() && draft.folder.is_empty() {
        draft.folder = default_folder(&page).await;
    }
    state.wizard.keep_draft(place_of(&page, None), draft);
    Ok(Redirect::to(&settings_path(None)).into_response())
}

/// Where this instance would put bucket folders.
async fn default_folder(page: &Page) -> String {
    #[derive(Deserialize)]
    struct Defaults {
        folder: Option<String>,
    }
    let defaults: Result<Defaults, _> = page.api.get("/v4/destinations/place-defaults").await;
    defaults
        .ok()
        .and_then(|defaults| defaults.folder)
        .unwrap_or_default()
}

/// `GET /destinations/{id}/setup/settings`.
pub(super) async fn change(State(state): State<WebState>, page: Page, Path(id): Path<u32>) -> Shown {
    for_admins(&page)?;
    let draft = draft_of(&state, &page, Some(id)).await?;
    show(&screen(&page, Some(id), &draft, &Faults::new()))
}

/// `POST /destinations/new/settings`.
pub(super) async fn take_new(State(state): State<WebState>, page: Page, Form(sent): Form<Sent>) -> Shown {
    take(&state, &page, None, sent).await
}

/// `POST /destinations/{id}/setup/settings`.
pub(super) async fn take_change(
    State(state): State<WebState>,
    page: Page,
    Path(id): Path<u32>,
    Form(sent): Form<Sent>,
) -> Shown {
    take(&state, &page, Some(id), sent).await
}

async fn take(state: &WebState, page: &Page, id: Option<u32>, sent: Sent) -> Shown {
    let mut draft = draft_of(state, page, id).await?;
    draft.take_settings(sent.draft);
    if sent.go == "use-name" {
        draft.use_suggested_name();
    }
    state.wizard.keep_draft(place_of(page, id), draft.clone());
    let to = |path: &str| Ok(Redirect::to(path).into_response());
    match (sent.go.as_str(), id) {
        ("keep" | "use-name", _) => return to(&settings_path(id)),
        ("back", Some(id)) => return to(&verify_path(id)),
        ("back", None) if draft.is_folder() => return to("/destinations/new"),
        ("back", None) => return to("/destinations/new/bucket"),
        _ => {}
    }
    let mut faults = judge(page, id, &draft).await?;
    faults.remove("s3_key_format_string"); // the next screen says so
    if faults.is_empty() {
        to(&key_path(id))
    } else {
        show_again(&screen(page, id, &draft, &faults))
    }
}
