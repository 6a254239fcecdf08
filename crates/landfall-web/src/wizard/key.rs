//! Screen 3: the Object Key (setup-flow.md §4). Going on makes the destination, or changes it.

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::json;

use super::choose::for_admins;
use super::draft::Draft;
use super::key_editor::{KeyButtons, KeyEditor};
use super::memory::{Kept, keep_name, place_of};
use super::run::Run;
use super::settings::{begin, draft_of, external_id};
use super::steps::{Screen, Steps, verify_path};
use super::stored::Stored;
use super::tabs::{self, MadeOf, Revision};
use crate::api::ApiError;
use crate::components::Banner;
use crate::frame::{Frame, Page, Section, Shown, show, show_again};
use crate::state::WebState;
use crate::trouble::Trouble;

#[derive(Template)]
#[template(path = "wizard/key.html")]
struct KeyPage {
    frame: Frame,
    steps: Steps,
    action: String,
    format: String,
    editor: KeyEditor,
    revision: Revision,
}

/// What the form asks for. Texts in it are for readers without a script: elements and fixes are buttons that send it.
#[derive(Deserialize)]
pub(super) struct Sent {
    /// `back`, `keep`, or nothing to go on.
    #[serde(default)]
    go: String,
    #[serde(default, rename = "revision")]
    made_of: MadeOf,
    #[serde(flatten)]
    buttons: KeyButtons,
    #[serde(default)]
    s3_key_format_string: String,
}

fn screen(state: &WebState, page: &Page, run: Run, draft: &Draft) -> KeyPage {
    KeyPage {
        revision: state.wizard.revision(place_of(page, run)),
        frame: page.frame("Object Key", Section::Destinations),
        steps: Steps::new(Screen::Key, draft.is_folder(), run),
        action: run.key_path(),
        format: draft.output_file_format.clone(),
        editor: KeyEditor::new(&draft.s3_key_format_string, &draft.output_file_format),
    }
}

/// `GET /destinations/new/key`.
pub(super) async fn new(State(state): State<WebState>, page: Page, run: Run) -> Shown {
    for_admins(&page)?;
    // Nobody gets here without the settings, but by typing the address.
    if run.draft.is_none() {
        return Ok(Redirect::to(&run.settings_path()).into_response());
    }
    let draft = draft_of(&state, &page, run).await?;
    if draft.s3_bucket.trim().is_empty() {
        return Ok(Redirect::to(&run.settings_path()).into_response());
    }
    show(&screen(&state, &page, run, &draft))
}

/// `GET /destinations/{id}/setup/key`.
pub(super) async fn change(State(state): State<WebState>, page: Page, run: Run) -> Shown {
    for_admins(&page)?;
    if run.draft.is_none() {
        return Ok(Redirect::to(&begin(&state, &page, run).key_path()).into_response());
    }
    let draft = draft_of(&state, &page, run).await?;
    show(&screen(&state, &page, run, &draft))
}

/// `POST /destinations/new/key` and `POST /destinations/{id}/setup/key`.
pub(super) async fn take(
    State(state): State<WebState>,
    page: Page,
    run: Run,
    Form(sent): Form<Sent>,
) -> Shown {
    let place = place_of(&page, run);
    let mut draft = match draft_of(&state, &page, run).await {
        Err(Trouble::DraftIsStored { id }) if sent.go != "keep" => {
            return carry_over(&state, &page, id, &sent.s3_key_format_string).await;
        }
        kept => kept?,
    };
    let pressed = sent.buttons.press(&sent.s3_key_format_string);
    let is_edit = pressed.is_some();
    let key = pressed.unwrap_or(sent.s3_key_format_string);
    let is_saving = !is_edit && sent.go.is_empty();
    let is_lost = is_saving || key != draft.s3_key_format_string;
    if sent.made_of.is_before(state.wizard.revision(place)) && is_lost {
        if sent.go == "keep" {
            // Whoever has left the page is told nothing, and what was sent with a button counts.
            return Ok(Redirect::to(&run.key_path()).into_response());
        }
        draft.s3_key_format_string = key;
        let mut screen = screen(&state, &page, run, &draft);
        screen.frame.banner = Some(tabs::changed_key());
        return show_again(&screen);
    }
    draft.s3_key_format_string = key;
    state.wizard.keep_draft(place, draft.clone());
    if is_edit || sent.go == "keep" {
        return Ok(Redirect::to(&run.key_path()).into_response());
    }
    if sent.go == "back" {
        return Ok(Redirect::to(&run.settings_path()).into_response());
    }
    go_on(&state, &page, run, &draft).await
}

/// Makes the destination, or changes it.
async fn go_on(state: &WebState, page: &Page, run: Run, draft: &Draft) -> Shown {
    match save(page, run.id, draft).await {
        Ok(mut stored) => {
            let place = place_of(page, run);
            match run.id {
                Some(_) => state.wizard.drop_draft(place),
                // Whoever comes back to it changes what was made, and makes no second one.
                None => state.wizard.keep(place, Kept::Stored(stored.id)),
            }
            keep_name(state, page, &mut stored);
            Ok(Redirect::to(&verify_path(stored.id)).into_response())
        }
        Err(error) if error.status.is_client_error() => refuse(state, page, run, draft, &error),
        Err(error) => Err(error.into()),
    }
}

/// The key of a draft that has become the destination `id` in another tab: unless it is the one that is stored, the form
/// is shown again, as one that changes the destination.
async fn carry_over(state: &WebState, page: &Page, id: u32, key: &str) -> Shown {
    let stored = Stored::read(page, id).await?;
    if stored.property("s3_key_format_string") == key {
        return Err(Trouble::DraftIsStored { id });
    }
    let mut draft = Draft::of_stored(&stored, external_id(state));
    key.clone_into(&mut draft.s3_key_format_string);
    let run = begin(state, page, Run::of(id));
    let mut screen = screen(state, page, run, &draft);
    screen.frame.banner = Some(tabs::made(&stored.name, &draft));
    show_again(&screen)
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
fn refuse(state: &WebState, page: &Page, run: Run, draft: &Draft, error: &ApiError) -> Shown {
    let mut screen = screen(state, page, run, draft);
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
