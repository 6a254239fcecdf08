//! The set-up without questions: flags, environment and what the settings file holds already.

use std::process::ExitCode;

use landfall_core::settings::{DestinationSettings, SettingName};
use landfall_setup::challenge::upload_command;
use landfall_setup::{CheckContext, Place};
use tokio::runtime::Runtime;

use super::draft::Draft;
use super::grant::{Granting, shown_principal};
use super::{Fault, SetupOptions, challenge, folder};
use crate::check;
use crate::wiring::MovedS3;

/// Sets up, and says what is left to do.
pub(super) fn run(options: &SetupOptions, mut draft: Draft, runtime: &Runtime) -> Result<ExitCode, Fault> {
    add_external_id(options, &mut draft)?;
    draft.finished()?;
    let is_new = !draft.is_set(SettingName::SentinelKey);
    if is_new {
        draft.set(SettingName::SentinelKey, challenge::make()?.as_str());
    }
    let destination = draft.finished()?.destination;
    draft.save()?;
    say!("Settings written to {}.", draft.path().display());
    if let Some(moved) = MovedS3::for_access(&destination.access) {
        say!("{}", moved.line());
    }
    let granting = Granting {
        runtime,
        destination: &destination,
        chosen: options.principal.as_ref(),
        config: draft.path(),
    };
    let steps = granting.steps();
    steps.iter().for_each(|step| say!("{step}"));
    let is_made = options.yes && make_in_folder(&destination)?;
    if is_new && !is_made {
        show_challenge(steps.len() + 1, &destination);
        let command = format!("landfall check --config {}", draft.path().display());
        say!("\n{}. Run: {command}", steps.len() + 2);
        return Ok(ExitCode::SUCCESS);
    }
    if options.no_check {
        return Ok(ExitCode::SUCCESS);
    }
    say!("");
    let report = check::run_check(
        runtime,
        &destination,
        shown_principal(options, &destination),
        &mut check::print_steps,
    )?;
    Ok(match report.is_success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn add_external_id(options: &SetupOptions, draft: &mut Draft) -> anyhow::Result<()> {
    let is_needed = draft.is(SettingName::AwsAuthMode, "assume_role") && !options.wants_no_external_id();
    if is_needed && !draft.is_set(SettingName::AwsExternalId) {
        draft.set(SettingName::AwsExternalId, challenge::make_external_id()?);
    }
    Ok(())
}

/// Makes the bucket's folder and the challenge file in it. False for buckets that aren't folders.
fn make_in_folder(destination: &DestinationSettings) -> anyhow::Result<bool> {
    let (Some(folder), Some(name)) = (folder::bucket_folder(destination), &destination.sentinel_key) else {
        return Ok(false);
    };
    folder::make(&folder)?;
    folder::make_challenge(&folder, name.as_str())?;
    say!("The bucket folder {} has its challenge file.", folder.display());
    Ok(true)
}

/// Shows the name, once.
fn show_challenge(number: usize, destination: &DestinationSettings) {
    if let Some(key) = &destination.sentinel_key {
        let place: Place = CheckContext::of_settings(destination, None).place;
        let command = upload_command(&destination.bucket, key, &place);
        say!("{}", challenge::instructions(number, key.as_str(), &command));
    }
}
