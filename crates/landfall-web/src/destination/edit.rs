//! Screens 2 and 3 as one form (setup-flow.md §7). Credentials are blank, which means unchanged.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect};
use landfall_setup::challenge::generate_uuid;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::frame::{Frame, Page, Section, Shown, show, show_again};
use crate::state::WebState;
use crate::trouble::Trouble;
use crate::wizard::{
    Draft, Faults, KeyButtons, KeyEditor, SettingsFields, Stored, judge, keep_name, place_of, save as store,
};

#[derive(Template)]
#[template(path = "destination/edit.html")]
struct EditPage {
    frame: Frame,
    id: u32,
    name: String,
    fields: SettingsFields,
    key: KeyEditor,
}

/// The form as sent.
#[derive(Deserialize)]
pub(super) struct Sent {
    /// `use-name`, or nothing to save.
    #[serde(default)]
    go: String,
    /// `new` to replace the name of the challenge file.
    #[serde(default)]
    challenge: String,
    #[serde(flatten)]
    buttons: KeyButtons,
    #[serde(flatten)]
    draft: Draft,
}

fn screen(page: &Page, stored: &Stored, draft: &Draft, faults: &Faults) -> EditPage {
    EditPage {
        frame: page.frame("Edit destination", Section::Destinations),
        id: stored.id,
        name: stored.name.clone(),
        fields: SettingsFields::new(draft, faults, true),
        key: KeyEditor::new(&draft.s3_key_format_string, &draft.output_file_format)
            .with_note("It holds from the next load on: objects that are there keep their names."),
    }
}

fn external_id(state: &WebState) -> String {
    let mut random = [0; 16];
    state.parts.entropy.fill(&mut random);
    generate_uuid(random)
}

/// `GET /destinations/{id}/edit`.
pub(super) async fn form(State(state): State<WebState>, page: Page, Path(id): Path<u32>) -> Shown {
    if !page.signed_in.is_admin() {
        return Err(Trouble::Forbidden);
    }
    let stored = Stored::read(&page, id).await?;
    state.wizard.drop_draft(place_of(&page, Some(id)));
    let draft = Draft::of_stored(&stored, external_id(&state));
    show(&screen(&page, &stored, &draft, &Faults::new()))
}

/// `POST /destinations/{id}/edit`.
pub(super) async fn save(
    State(state): State<WebState>,
    page: Page,
    Path(id): Path<u32>,
    Form(sent): Form<Sent>,
) -> Shown {
    let stored = Stored::read(&page, id).await?;
    let place = place_of(&page, Some(id));
    let mut draft = state.wizard.with_kept_credentials(place, sent.draft);
    if let Some(key) = sent.buttons.press(&draft.s3_key_format_string) {
        draft.s3_key_format_string = key;
        state.wizard.keep_draft(place, draft.clone());
        return show(&screen(&page, &stored, &draft, &Faults::new()));
    }
    if sent.go == "use-name" {
        draft.use_suggested_name();
        return show(&screen(&page, &stored, &draft, &Faults::new()));
    }
    let faults = judge(&page, Some(id), &draft).await?;
    if !faults.is_empty() {
        state.wizard.keep_draft(place, draft.clone());
        return show_again(&screen(&page, &stored, &draft, &faults));
    }
    let mut saved = store(&page, Some(id), &draft).await?;
    state.wizard.drop_draft(place);
    if sent.challenge == "new" {
        let body = json!({"properties": {"sentinel_key": Value::Null}});
        saved = page.api.put(&format!("/v4/destinations/{id}"), &body).await?;
    }
    let has_new_name = keep_name(&state, &page, &mut saved);
    let next = if has_new_name {
        format!("/destinations/{id}/setup/verify")
    } else {
        format!("/destinations/{id}?done=saved")
    };
    Ok(Redirect::to(&next).into_response())
}
