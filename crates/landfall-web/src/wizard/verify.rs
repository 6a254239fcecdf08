//! Screen 4: Grant & Verify Access (setup-flow.md §5).

use std::path::Path;

use askama::Template;
use axum::extract::{Path as Numbered, Query, State};
use axum::response::{IntoResponse, Redirect};
use landfall_core::bucket_name::{BucketHost, BucketName};
use landfall_core::settings::ChallengeKey;
use landfall_setup::Place as BucketPlace;
use landfall_setup::challenge::upload_command;

use super::check::{CheckPanel, last_check};
use super::choose::for_admins;
use super::grant::{self, Grant, PolicyBoxes, Wanted, policy_boxes};
use super::memory::spot_of;
use super::run::Run;
use super::steps::{Screen, Steps, verify_path};
use super::stored::Stored;
use crate::components::{Banner, CodeBox, Field};
use crate::frame::{Frame, Page, Section, Shown, show as show_page, show_again as show_page_again};
use crate::state::WebState;
use crate::trouble::Trouble;

/// The name, the one time that it is shown.
struct ShownOnce {
    name: String,
    value: CodeBox,
    command: Option<CodeBox>,
}

#[derive(Template)]
#[template(path = "wizard/verify.html")]
struct VerifyPage {
    frame: Frame,
    steps: Steps,
    id: u32,
    bucket: String,
    /// Path of the bucket's folder, if it is one.
    folder: Option<String>,
    policy: Option<PolicyBoxes>,
    challenge: Option<ShownOnce>,
    existing: Field,
    has_problem: bool,
    panel: CheckPanel,
    back: String,
}

/// What is wrong with what was sent.
#[derive(Default)]
pub(super) struct Problems {
    existing: Option<String>,
    making: Option<String>,
}

impl Problems {
    pub(super) fn of_existing(message: String) -> Self {
        Self {
            existing: Some(message),
            making: None,
        }
    }

    pub(super) fn of_making(message: String) -> Self {
        Self {
            existing: None,
            making: Some(message),
        }
    }
}

fn shown_once(name: String, grant: &Grant, bucket: &str) -> ShownOnce {
    let place = match (grant.place.as_str(), &grant.location) {
        ("aws", _) => Some(BucketPlace::Aws),
        ("store", Some(endpoint_url)) => Some(BucketPlace::Store {
            endpoint_url: endpoint_url.clone(),
        }),
        // The bucket is the folder in it.
        ("folder", Some(folder)) => Path::new(folder).parent().map(|root| BucketPlace::Folder {
            path: root.to_owned(),
        }),
        _ => None,
    };
    let key = ChallengeKey::parse(&name).ok();
    // Reserved names are only reserved at Amazon; what is stored has passed the rules.
    let bucket = BucketName::parse(bucket, BucketHost::Endpoint).ok();
    let command = place.zip(key).zip(bucket).map(|((place, key), bucket)| CodeBox {
        id: "upload-command".to_owned(),
        label: "command that uploads the file".to_owned(),
        text: upload_command(&bucket, &key, &place),
    });
    ShownOnce {
        value: CodeBox {
            id: "challenge-name".to_owned(),
            label: "name of the challenge file".to_owned(),
            text: name.clone(),
        },
        name,
        command,
    }
}

async fn screen(
    state: &WebState,
    page: &Page,
    id: u32,
    wanted: &Wanted,
    problems: Problems,
) -> Result<Option<VerifyPage>, Trouble> {
    let stored = Stored::read(page, id).await?;
    let Some(grant) = grant::read(page, id, wanted).await? else {
        return Ok(None);
    };
    if stored.is_active() {
        state.wizard.forget_name(id);
    }
    let bucket = stored.property("s3_bucket").to_owned();
    let name = state.wizard.name(spot_of(page, id));
    let folder = grant.location.clone().filter(|_| grant.place == "folder");
    let banner = problems.making.map(Banner::error);
    let existing = Field::text("existing", "Name of the file")
        .help("For example from Stitch: stitch-challenge-file-…")
        .error(problems.existing.clone());
    Ok(Some(VerifyPage {
        frame: page
            .frame("Grant & Verify Access", Section::Destinations)
            .with_banner(banner),
        steps: Steps::new(Screen::Verify, folder.is_some(), Run::of(id)),
        id,
        policy: policy_boxes(&grant, &bucket, &verify_path(id), wanted),
        challenge: name.map(|name| shown_once(name, &grant, &bucket)),
        bucket,
        folder,
        existing,
        has_problem: problems.existing.is_some(),
        panel: CheckPanel::of_wizard(id, last_check(page, id).await?),
        back: Run::of(id).key_path(),
    }))
}

/// `GET /destinations/{id}/setup/verify`.
pub(super) async fn show(
    State(state): State<WebState>,
    page: Page,
    Numbered(id): Numbered<u32>,
    Query(wanted): Query<Wanted>,
) -> Shown {
    for_admins(&page)?;
    let problems = state.wizard.take_problems(spot_of(&page, id));
    let is_refused = problems.is_some();
    match screen(&state, &page, id, &wanted, problems.unwrap_or_default()).await? {
        Some(screen) if is_refused => show_page_again(&screen),
        Some(screen) => show_page(&screen),
        // A draft has to be filled in first.
        None => Ok(Redirect::to(&Run::of(id).settings_path()).into_response()),
    }
}

/// Leads back to the screen, which says what is wrong. It is not kept as pages of other forms are, for it may have the
/// name on it.
pub(super) fn refuse(state: &WebState, page: &Page, id: u32, problems: Problems) -> Shown {
    state.wizard.keep_problems(spot_of(page, id), problems);
    Ok(Redirect::to(&verify_path(id)).into_response())
}
