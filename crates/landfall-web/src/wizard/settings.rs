//! Screen 2: define bucket settings (setup-flow.md §3).

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect};
use landfall_setup::challenge::generate_uuid;
use serde::Deserialize;

use super::choose::for_admins;
use super::draft::Draft;
use super::fields::SettingsFields;
use super::judge::{Faults, judge};
use super::memory::{Kept, place_of};
use super::names::names_of;
use super::run::Run;
use super::steps::{Screen, Steps, verify_path};
use super::stored::Stored;
use super::tabs::{self, MadeOf, Revision};
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
    revision: Revision,
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
    #[serde(default, rename = "revision")]
    made_of: MadeOf,
    #[serde(flatten)]
    draft: Draft,
}

/// What is typed so far in a run: kept, stored, or the defaults.
pub(super) async fn draft_of(state: &WebState, page: &Page, run: Run) -> Result<Draft, Trouble> {
    match (state.wizard.kept(place_of(page, run)), run.id) {
        (Some(Kept::Typed(draft, _)), _) => Ok(*draft),
        (Some(Kept::Untouched), Some(id)) => Ok(Draft::of_stored(
            &Stored::read(page, id).await?,
            external_id(state),
        )),
        (Some(Kept::Untouched), None) => Ok(Draft::new(external_id(state), &names_of(page).await?)),
        (Some(Kept::Stored(id)), _) => Err(Trouble::DraftIsStored { id }),
        (None, _) => Err(Trouble::UnknownDraft {
            anew: Run { draft: None, ..run }.choose_path(),
        }),
    }
}

/// Begins a run in a draft of its own.
pub(super) fn begin(state: &WebState, page: &Page, run: Run) -> Run {
    let run = run.begin(state);
    state.wizard.keep(place_of(page, run), Kept::Untouched);
    run
}

/// A new external ID, which no form has to be sent for.
pub(crate) fn external_id(state: &WebState) -> String {
    let mut random = [0; 16];
    state.parts.entropy.fill(&mut random);
    generate_uuid(random)
}

fn screen(state: &WebState, page: &Page, run: Run, draft: &Draft, faults: &Faults) -> SettingsPage {
    SettingsPage {
        revision: state.wizard.revision(place_of(page, run)),
        frame: page.frame("Define bucket settings", Section::Destinations),
        steps: Steps::new(Screen::Settings, draft.is_folder(), run),
        fields: SettingsFields::new(draft, faults, run.id.is_some()),
        action: run.settings_path(),
        validate: run.validate_path(),
    }
}

/// `GET /destinations/new/settings`. What a link brings along is taken, and the address loses it: coming back to it
/// must not undo what was typed since. Without a draft in the address, a new one is begun.
pub(super) async fn new(
    State(state): State<WebState>,
    page: Page,
    run: Run,
    Query(begun): Query<Begun>,
) -> Shown {
    for_admins(&page)?;
    let is_begun = run.draft.is_some();
    let run = if is_begun { run } else { begin(&state, &page, run) };
    let mut draft = draft_of(&state, &page, run).await?;
    if is_begun && begun.place.is_none() && begun.bucket.is_none() {
        return show(&screen(&state, &page, run, &draft, &Faults::new()));
    }
    if let Some(place) = begun.place {
        draft.go_to(&place, &names_of(&page).await?);
    }
    if let Some(bucket) = begun.bucket {
        draft.s3_bucket = bucket;
    }
    if draft.is_folder() && draft.folder.is_empty() {
        draft.folder = default_folder(&page).await;
    }
    state.wizard.keep_draft(place_of(&page, run), draft);
    Ok(Redirect::to(&run.settings_path()).into_response())
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
pub(super) async fn change(State(state): State<WebState>, page: Page, run: Run) -> Shown {
    for_admins(&page)?;
    if run.draft.is_none() {
        return Ok(Redirect::to(&begin(&state, &page, run).settings_path()).into_response());
    }
    let draft = draft_of(&state, &page, run).await?;
    show(&screen(&state, &page, run, &draft, &Faults::new()))
}

/// `POST /destinations/new/settings` and `POST /destinations/{id}/setup/settings`.
pub(super) async fn take(
    State(state): State<WebState>,
    page: Page,
    run: Run,
    Form(sent): Form<Sent>,
) -> Shown {
    let place = place_of(&page, run);
    let kept = match draft_of(&state, &page, run).await {
        Err(Trouble::DraftIsStored { id }) if sent.go != "keep" => {
            return carry_over(&state, &page, id, sent.draft).await;
        }
        kept => kept?,
    };
    let mut draft = kept.clone();
    draft.take_settings(sent.draft.clone());
    if sent.made_of.is_before(state.wizard.revision(place)) && draft != kept {
        if sent.go == "keep" {
            // Whoever has left the page is told nothing, and what was sent with a button counts.
            return Ok(Redirect::to(&run.settings_path()).into_response());
        }
        let mut screen = screen(&state, &page, run, &draft, &Faults::new());
        screen.frame.banner = Some(tabs::changed_settings(&sent.draft));
        return show_again(&screen);
    }
    if sent.go == "use-name" {
        draft.use_suggested_name();
    }
    state.wizard.keep_draft(place, draft.clone());
    let to = |path: &str| Ok(Redirect::to(path).into_response());
    match (sent.go.as_str(), run.id) {
        ("keep" | "use-name", _) => return to(&run.settings_path()),
        ("back", Some(id)) => return to(&verify_path(id)),
        ("back", None) if draft.is_folder() => return to(&run.choose_path()),
        ("back", None) => return to(&run.bucket_path()),
        _ => {}
    }
    let mut faults = judge(&page, run.id, &draft).await?;
    faults.remove("s3_key_format_string"); // the next screen says so
    if faults.is_empty() {
        to(&run.key_path())
    } else {
        show_again(&screen(&state, &page, run, &draft, &faults))
    }
}

/// Settings of a draft that has become the destination `id` in another tab: unless they are what is stored, the form is
/// shown again, as one that changes the destination.
async fn carry_over(state: &WebState, page: &Page, id: u32, sent: Draft) -> Shown {
    let stored = Stored::read(page, id).await?;
    let present = Draft::of_stored(&stored, external_id(state));
    let mut draft = present.clone();
    draft.take_settings(sent.clone());
    if draft.amounts_to(&present) {
        return Err(Trouble::DraftIsStored { id });
    }
    let run = begin(state, page, Run::of(id));
    let mut screen = screen(state, page, run, &draft, &Faults::new());
    screen.frame.banner = Some(tabs::made(&stored.name, &sent));
    show_again(&screen)
}
