//! Screens 2 and 3 as one form (setup-flow.md §7). Credentials are blank, which means unchanged.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::frame::{Frame, Page, Section, Shown, show, show_again};
use crate::state::WebState;
use crate::trouble::Trouble;
use crate::wizard::{
    Draft, DraftId, Faults, KeyButtons, KeyEditor, Run, SettingsFields, Stored, external_id, judge,
    keep_name, place_of, save as store,
};

#[derive(Template)]
#[template(path = "destination/edit.html")]
struct EditPage {
    frame: Frame,
    id: u32,
    name: String,
    fields: SettingsFields,
    key: KeyEditor,
    /// The draft that keeps credentials of a form that was refused.
    draft: Option<DraftId>,
    validate: String,
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
    #[serde(default, rename = "draft")]
    number: String,
    #[serde(flatten)]
    buttons: KeyButtons,
    #[serde(flatten)]
    draft: Draft,
}

fn screen(page: &Page, stored: &Stored, run: Run, draft: &Draft, faults: &Faults) -> EditPage {
    EditPage {
        frame: page.frame("Edit destination", Section::Destinations),
        id: stored.id,
        name: stored.name.clone(),
        fields: SettingsFields::new(draft, faults, true),
        key: KeyEditor::new(&draft.s3_key_format_string, &draft.output_file_format)
            .with_note("It holds from the next load on: objects that are there keep their names."),
        draft: run.draft,
        validate: run.validate_path(),
    }
}

/// `GET /destinations/{id}/edit`.
pub(super) async fn form(State(state): State<WebState>, page: Page, Path(id): Path<u32>) -> Shown {
    if !page.signed_in.is_admin() {
        return Err(Trouble::Forbidden);
    }
    let stored = Stored::read(&page, id).await?;
    let draft = Draft::of_stored(&stored, external_id(&state));
    show(&screen(
        &page,
        &stored,
        Run::of(id).begin(&state),
        &draft,
        &Faults::new(),
    ))
}

/// `POST /destinations/{id}/edit`.
pub(super) async fn save(
    State(state): State<WebState>,
    page: Page,
    Path(id): Path<u32>,
    Form(sent): Form<Sent>,
) -> Shown {
    let stored = Stored::read(&page, id).await?;
    let run = Run {
        draft: DraftId::parse(&sent.number),
        ..Run::of(id)
    };
    let place = place_of(&page, run);
    let mut draft = state.wizard.with_kept_credentials(place, sent.draft);
    if let Some(key) = sent.buttons.press(&draft.s3_key_format_string) {
        draft.s3_key_format_string = key;
        state.wizard.keep_draft(place, draft.clone());
        return show(&screen(&page, &stored, run, &draft, &Faults::new()));
    }
    if sent.go == "use-name" {
        draft.use_suggested_name();
        return show(&screen(&page, &stored, run, &draft, &Faults::new()));
    }
    let faults = judge(&page, Some(id), &draft).await?;
    if !faults.is_empty() {
        state.wizard.keep_draft(place, draft.clone());
        return show_again(&screen(&page, &stored, run, &draft, &faults));
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
