//! Where the bucket is, and with whose identity it is used (setup-flow.md §6.1).

use landfall_core::settings::SettingName::{
    AllowInsecureEndpoint, AwsAccessKeyId, AwsAuthMode, AwsExternalId, AwsRoleArn, AwsSecretAccessKey,
    AwsSessionToken, S3EndpointUrl, S3ForcePathStyle, S3KmsKeyId, S3Region, S3ServerSideEncryption,
};
use landfall_core::settings::{EndpointProblem, SettingFault};

use super::draft::Draft;
use super::interview::{Interview, Question};
use super::terminal::{Answer, Choice};
use super::{challenge, folder};
use crate::settings_file::folder_url;

const PLACES: [Choice; 3] = [
    Choice::new("aws", "Amazon S3"),
    Choice::new(
        "store",
        "another S3-compatible store: MinIO, Cloudflare R2, Ceph …",
    ),
    Choice::new("folder", "a folder of this machine, to try things out"),
];
const MODES: [(&str, Choice); 3] = [
    (
        "ambient",
        Choice::new(
            "ambient",
            "with what this host offers: profile, variables, instance or container role",
        ),
    ),
    (
        "assume_role",
        Choice::new("role", "as a role that this host assumes"),
    ),
    (
        "static",
        Choice::new("keys", "with an access key that is kept in the settings file"),
    ),
];
const ENCRYPTIONS: [(&str, Choice); 3] = [
    ("none", Choice::new("bucket", "what the bucket does by itself")),
    ("AES256", Choice::new("s3", "keys of S3 (AES256)")),
    ("aws:kms", Choice::new("kms", "a key of KMS (aws:kms)")),
];

/// Asks where the bucket is and how to sign in.
pub(super) fn ask(interview: &mut Interview<'_>) -> anyhow::Result<()> {
    ask_place(interview)?;
    if is_folder(interview.draft) {
        return interview.save();
    }
    ask_mode(interview)?;
    let region = match interview.draft.is_set(S3EndpointUrl) {
        true => "Enter: us-east-1; Cloudflare R2 wants auto",
        false => "Enter: found automatically",
    };
    let question = Question::new(S3Region, "Region").with_help(region).optional();
    interview.ask(&question)?;
    if !interview.draft.is_set(S3EndpointUrl) {
        ask_encryption(interview)?;
    }
    interview.save()
}

fn is_folder(draft: &Draft) -> bool {
    draft
        .text(S3EndpointUrl)
        .is_some_and(|url| url.starts_with("file:"))
}

fn ask_place(interview: &mut Interview<'_>) -> anyhow::Result<()> {
    if interview.is_given(S3EndpointUrl, "Endpoint") {
        return Ok(());
    }
    let current = match interview.draft.text(S3EndpointUrl) {
        None => 0,
        Some(url) if url.starts_with("file:") => 2,
        Some(_) => 1,
    };
    let place = interview
        .terminal
        .choose("\nWhere is the bucket?", &PLACES, current)?;
    if place != current {
        interview
            .draft
            .unset(&[S3EndpointUrl, S3Region, S3ForcePathStyle, AllowInsecureEndpoint]);
    }
    match place {
        0 => {}
        1 => {
            // AWS's encryption is no business of other stores unless somebody says so.
            if place != current {
                interview.draft.unset(&[S3ServerSideEncryption, S3KmsKeyId]);
            }
            ask_endpoint(interview)?;
        }
        _ => {
            interview
                .draft
                .unset(&[AwsAuthMode, S3ServerSideEncryption, S3KmsKeyId]);
            drop_what_others_need(interview.draft);
            ask_folder(interview)?;
        }
    }
    // Names that Amazon keeps for itself are allowed elsewhere.
    interview.ask_bucket_again_if_refused()
}

fn ask_endpoint(interview: &mut Interview<'_>) -> anyhow::Result<()> {
    let question =
        Question::new(S3EndpointUrl, "Endpoint").with_help("such as https://minio.example.com:9000");
    let is_plain = |fault: &SettingFault| *fault == SettingFault::Endpoint(EndpointProblem::PlainHttp);
    loop {
        let current = interview.draft.text(S3EndpointUrl);
        let typed = interview.terminal.ask(&question.text(), current.as_deref())?;
        let answer = match typed.is_empty() {
            true => current.clone().unwrap_or_default(),
            false => typed,
        };
        let faults = interview.take(&question, &answer, current.clone())?;
        if faults.is_empty() {
            return Ok(());
        }
        if faults.iter().all(is_plain)
            && interview
                .terminal
                .decide("Send records unencrypted over this network?", Answer::No)?
                == Answer::Yes
        {
            interview.draft.set(AllowInsecureEndpoint, true);
            if interview.take(&question, &answer, current)?.is_empty() {
                return Ok(());
            }
        }
    }
}

fn ask_folder(interview: &mut Interview<'_>) -> anyhow::Result<()> {
    let current =
        interview
            .draft
            .settings()
            .ok()
            .and_then(|settings| match settings.destination.access.endpoint {
                Some(landfall_core::settings::Endpoint::Folder(folder)) => {
                    Some(folder.as_path().display().to_string())
                }
                Some(_) | None => None,
            });
    let default = current.unwrap_or_else(|| "landfall-buckets".to_owned());
    loop {
        let typed = interview
            .terminal
            .ask("Folder whose sub-folders are buckets", Some(&default))?;
        let path = folder::absolute(if typed.is_empty() { &default } else { &typed })?;
        interview.draft.set(S3EndpointUrl, folder_url(&path));
        let faults = interview.draft.faults_of(S3EndpointUrl);
        if faults.is_empty() {
            return Ok(());
        }
        faults
            .iter()
            .for_each(|fault| interview.terminal.complain(&format!("The folder {fault}")));
    }
}

fn ask_mode(interview: &mut Interview<'_>) -> anyhow::Result<()> {
    if !interview.is_given(AwsAuthMode, "Sign in") {
        let by_place = if interview.draft.is_set(S3EndpointUrl) {
            "static"
        } else {
            "ambient"
        };
        let current = interview
            .draft
            .text(AwsAuthMode)
            .unwrap_or_else(|| by_place.to_owned());
        let index = MODES.iter().position(|(mode, _)| *mode == current).unwrap_or(0);
        let chosen = interview.terminal.choose(
            "\nHow does Landfall sign in?",
            &MODES.map(|(_, choice)| choice),
            index,
        )?;
        interview.draft.set(AwsAuthMode, MODES[chosen].0);
        drop_what_others_need(interview.draft);
        interview.save()?;
    }
    match interview.draft.text(AwsAuthMode).as_deref() {
        Some("assume_role") => ask_role(interview),
        Some("static") => ask_keys(interview),
        Some(_) | None => Ok(()),
    }
}

fn ask_role(interview: &mut Interview<'_>) -> anyhow::Result<()> {
    let role = Question::new(AwsRoleArn, "Role").with_help("its ARN, arn:aws:iam::<account>:role/<name>");
    interview.ask(&role)?;
    let made = challenge::make_external_id()?;
    let id = Question::new(AwsExternalId, "External ID")
        .with_help("- for none")
        .optional()
        .with_default(&made);
    interview.ask(&id)
}

fn ask_keys(interview: &mut Interview<'_>) -> anyhow::Result<()> {
    interview.ask_hidden_default(&Question::new(AwsAccessKeyId, "Access key ID"))?;
    interview.ask_secret(&Question::new(AwsSecretAccessKey, "Secret access key"))?;
    let token = Question::new(AwsSessionToken, "Session token, only of temporary keys").optional();
    interview.ask_secret(&token)
}

fn ask_encryption(interview: &mut Interview<'_>) -> anyhow::Result<()> {
    if !interview.is_given(S3ServerSideEncryption, "Encryption") {
        let current = interview.draft.text(S3ServerSideEncryption).unwrap_or_default();
        let index = ENCRYPTIONS
            .iter()
            .position(|(name, _)| *name == current)
            .unwrap_or(0);
        let choices = ENCRYPTIONS.map(|(_, choice)| choice);
        let chosen = interview
            .terminal
            .choose("\nWhich encryption is asked for?", &choices, index)?;
        interview.keep(S3ServerSideEncryption, ENCRYPTIONS[chosen].0)?;
    }
    if !interview.draft.is(S3ServerSideEncryption, "aws:kms") {
        interview.draft.unset(&[S3KmsKeyId]);
        return Ok(());
    }
    let key = Question::new(S3KmsKeyId, "KMS key")
        .with_help("its ARN; Enter: the AWS managed one")
        .optional();
    interview.ask(&key)
}

/// Takes back what only other ways of signing in need.
pub(super) fn drop_what_others_need(draft: &mut Draft) {
    if !draft.is(AwsAuthMode, "static") {
        draft.unset(&[AwsAccessKeyId, AwsSecretAccessKey, AwsSessionToken]);
    }
    if !draft.is(AwsAuthMode, "assume_role") {
        draft.unset(&[AwsRoleArn, AwsExternalId]);
    }
}
