//! Screen 3: the Object Key (setup-flow.md §4). Going on makes the destination, or changes it.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::json;

use super::choose::for_admins;
use super::draft::Draft;
use super::key_editor::{KeyButtons, KeyEditor};
use super::memory::keep_name;
use super::settings::{draft_of, place_of};
use super::steps::{Screen, Steps, key_path, settings_path, verify_path};
use super::stored::Stored;
use crate::api::ApiError;
use crate::components::Banner;
use crate::frame::{Frame, Page, Section, Shown, show, show_again};
use crate::state::WebState;

#[derive(Template)]
#[template(path = "wizard/key.html")]
struct KeyPage {
    frame: Frame,
    steps: Steps,
    action: String,
    format: String,
    editor: KeyEditor,
}

/// What the form asks for. Texts in it are for readers without a script: elements and fixes are buttons that send it.
#[derive(Deserialize)]
pub(super) struct Sent {
    /// `back`, `keep`, or nothing to go on.
    #[serde(default)]
    go: String,
    #[serde(flatten)]
    buttons: KeyButtons,
    #[serde(default)]
    s3_key_format_string: String,
}

fn screen(page: &Page, id: Option<u32>, draft: &Draft) -> KeyPage {
    KeyPage {
        frame: page.frame("Object Key", Section::Destinations),
        steps: Steps::new(Screen::Key, draft.is_folder(), id),
        action: key_path(id),
        format: draft.output_file_format.clone(),
        editor: KeyEditor::new(&draft.s3_key_format_string, &draft.output_file_format),
    }
}

/// `GET /destinations/new/key`.
pub(super) async fn new(State(state): State<WebState>, page: Page) -> Shown {
    for_admins(&page)?;
    let draft = draft_of(&state, &page, None).await?;
    if draft.s3_bucket.trim().is_empty() {
        // Nobody gets here without the settings, but by typing the address.
        return Ok(Redirect::to(&settings_path(None)).into_response());
    }
    show(&screen(&page, None, &draft))
}

/// `GET /destinations/{id}/setup/key`.
pub(super) async fn change(State(state): State<WebState>, page: Page, Path(id): Path<u32>) -> Shown {
    for_admins(&page)?;
    let draft = draft_of(&state, &page, Some(id)).await?;
    show(&screen(&page, Some(id), &draft))
}

/// `POST /destinations/new/key`.
pub(super) async fn take_new(State(state): State<WebState>, page: Page, Form(sent): Form<Sent>) -> Shown {
    take(&state, &page, None, sent).await
}

/// `POST /destinations/{id}/setup/key`.
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
    let pressed = sent.buttons.press(&sent.s3_key_format_string);
    let is_edit = pressed.is_some();
    draft.s3_key_format_string = pressed.unwrap_or(sent.s3_key_format_string);
    let place = place_of(page, id);
    state.wizard.keep_draft(place, draft.clone());
    if is_edit || sent.go == "keep" {
        return Ok(Redirect::to(&key_path(id)).into_response());
    }
    if sent.go == "back" {
        return Ok(Redirect::to(&settings_path(id)).into_response());
    }
    match save(page, id, &draft).await {
        Ok(mut stored) => {
            state.wizard.drop_draft(place);
            keep_name(state, page, &mut stored);
            Ok(Redirect::to(&verify_path(stored.id)).into_response())
        }
        Err(error) if error.status.is_client_error() => refuse(page, id, &draft, &error),
        Err(error) => Err(error.into()),
    }
}

/// Stores what was typed (setup-flow.md §4).
pub(crate) async fn save(page: &Page, id: Option<u32>, draft: &Draft) -> Result<Stored, ApiError> {
    let mut body = json!({
        "name": draft.name.trim(),
        "description": Some(draft.description.trim()).filter(|text| !text.is_empty()),
        "properties": draft.properties(),
    });
    match id {
        None => {
            body["type"] = "s3".into();
            page.api.post("/v4/destinations", &body).await
        }
        Some(id) => page.api.put(&format!("/v4/destinations/{id}"), &body).await,
    }
}

/// Says what is wrong with the key here, and with anything else where it was typed.
fn refuse(page: &Page, id: Option<u32>, draft: &Draft, error: &ApiError) -> Shown {
    let mut screen = screen(page, id, draft);
    if screen.editor.preview.problems.is_empty() {
        let messages: Vec<&str> = error.fields.values().flatten().map(String::as_str).collect();
        let said = if messages.is_empty() {
            error.message.clone()
        } else {
            messages.join(". ")
        };
        screen.frame.banner = Some(Banner::error(said));
    }
    show_again(&screen)
}
