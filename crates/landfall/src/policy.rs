//! `landfall policy`: what to grant to whom, in every form (setup-flow.md §5.1, §6.1).

use std::process::ExitCode;

use landfall_core::settings::{AuthMode, DestinationSettings, ServerSideEncryption};
use landfall_setup::policy::{Form, Grant, PolicyDocument, PolicyLabel, Trust};
use landfall_setup::principal::{PLACEHOLDER, PrincipalArn};
use landfall_setup::{CheckContext, Partition, Place};
use serde_json::Value;

use crate::caller::Caller;
use crate::cli::{PolicyForm, PolicyOptions, PolicySide};
use crate::load::run::start_runtime;
use crate::load::settings;
use crate::log::{self, LogLevel};

/// What is printed.
enum Rendered {
    Document(PolicyDocument),
    Text(String),
}

/// Runs the command: exit 0 with the policy on stdout, 2 where there is none.
pub(crate) fn run(options: &PolicyOptions) -> ExitCode {
    log::start(LogLevel::choose(false, true));
    let settings = match settings::read(&options.config) {
        Ok(settings) => settings,
        Err(problems) => {
            problems.iter().for_each(|problem| log::critical(problem));
            return ExitCode::from(2);
        }
    };
    match answer(options, &settings.destination) {
        Ok(text) => {
            say!("{}", text.trim_end());
            ExitCode::SUCCESS
        }
        Err(error) => {
            log::critical(&log::Chain(&error));
            ExitCode::from(2)
        }
    }
}

fn answer(options: &PolicyOptions, destination: &DestinationSettings) -> anyhow::Result<String> {
    let context = CheckContext::of_settings(destination, None);
    match &context.place {
        Place::Aws => {}
        Place::Store { endpoint_url } => tracing::warn!(
            "the access rules of {endpoint_url} apply: take this as a template for the three actions that it must allow"
        ),
        Place::Folder { path } => anyhow::bail!(
            "the bucket is a folder below {}: the permissions of its files apply, and there is no policy to grant",
            path.display()
        ),
    }
    let runtime = start_runtime()?;
    let chosen = options.principal.as_ref();
    let side = side_of(options);
    let caller = match side {
        PolicySide::Trust => Caller::of_host(&runtime, destination, chosen),
        PolicySide::Bucket | PolicySide::Principal | PolicySide::Kms | PolicySide::Key => {
            Caller::of_bucket(&runtime, destination, chosen)
        }
    };
    if let Some(principal) = &caller.principal {
        let of_principal = principal.partition();
        if let Some(chosen) = options.partition.filter(|chosen| *chosen != of_principal) {
            tracing::warn!(
                "{principal} is in the partition {of_principal}, not in {chosen}, and the policy will not work: leave \
                 --partition out, or name a principal of {chosen} with --principal"
            );
        }
        if let Some(mismatch) = context.partition_mismatch(principal) {
            tracing::warn!("{mismatch}");
        }
    }
    let partition = options.partition.or_else(|| {
        let by_settings = context.partition();
        caller.principal.is_none().then_some(by_settings)
    });
    let grant = Grant::new(
        PolicyLabel::StandAlone,
        destination.bucket.clone(),
        caller.principal.clone(),
        partition,
    );
    let rendered = render(side, form_of(options), destination, &grant);
    warn_if_incomplete(&caller, rendered.as_ref().ok());
    let rendered = rendered?;
    Ok(if options.json {
        json_text(options, &grant, &rendered)
    } else {
        rendered.text()
    })
}

impl Rendered {
    fn text(&self) -> String {
        match self {
            Self::Document(document) => document.box_text(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// Warns of what is printed. Policies of a principal itself don't name it, and then nothing is missing.
fn warn_if_incomplete(caller: &Caller, rendered: Option<&Rendered>) {
    let is_about_principal = |shown: &str| rendered.is_none_or(|rendered| rendered.text().contains(shown));
    if let Some(problem) = caller
        .problem
        .as_ref()
        .filter(|_| is_about_principal(PLACEHOLDER))
    {
        tracing::warn!(
            "the policy is incomplete, put the ARN in the place of {PLACEHOLDER} or name it with --principal: {}: {} {}",
            problem.raw_message,
            problem.cause,
            problem.remedy
        );
    }
    if let Some(caveat) = &caller.caveat {
        tracing::warn!("{caveat} (here: --principal ARN)");
    }
}

/// `--side`, or else the one that `--format` is about.
fn side_of(options: &PolicyOptions) -> PolicySide {
    match (options.format, options.side) {
        (PolicyForm::Kms, Some(PolicySide::Bucket)) => PolicySide::Key,
        (PolicyForm::Identity, _) => PolicySide::Principal,
        (PolicyForm::Trust, _) => PolicySide::Trust,
        (PolicyForm::Kms, Some(PolicySide::Key)) => PolicySide::Key,
        (PolicyForm::Kms, _) => PolicySide::Kms,
        (_, side) => side.unwrap_or(PolicySide::Bucket),
    }
}

fn form_of(options: &PolicyOptions) -> Form {
    match options.format {
        PolicyForm::Json | PolicyForm::Identity | PolicyForm::Trust | PolicyForm::Kms => Form::Json,
        PolicyForm::AwsCli => Form::AwsCli,
        PolicyForm::Terraform => Form::Terraform,
        PolicyForm::Cloudformation => Form::CloudFormation,
    }
}

fn render(
    side: PolicySide,
    form: Form,
    destination: &DestinationSettings,
    grant: &Grant,
) -> anyhow::Result<Rendered> {
    let key = match &destination.access.encryption {
        ServerSideEncryption::Kms { key_id } => key_id.as_ref().map(|key| key.as_str()),
        ServerSideEncryption::BucketDefault | ServerSideEncryption::Aes256 => None,
    };
    let rendered = match (side, form) {
        (PolicySide::Trust, _) => return render_trust(form, destination, grant),
        (PolicySide::Bucket, Form::Json) => Rendered::Document(grant.bucket_policy()),
        (PolicySide::Principal, Form::Json) => Rendered::Document(grant.identity_policy()),
        (PolicySide::Kms, Form::Json) => Rendered::Document(grant.kms_identity_policy(key)),
        (PolicySide::Key, Form::Json) => Rendered::Document(grant.kms_key_policy()),
        (PolicySide::Bucket, _) => Rendered::Text(grant.render_bucket_side(form)),
        (PolicySide::Key, _) => Rendered::Text(grant.render_kms_key(key, form)),
        (PolicySide::Principal, _) => of_principal(grant.render_principal_side(form))?,
        (PolicySide::Kms, _) => of_principal(grant.render_kms_identity(key, form))?,
    };
    Ok(rendered)
}

fn render_trust(form: Form, destination: &DestinationSettings, grant: &Grant) -> anyhow::Result<Rendered> {
    let AuthMode::AssumeRole {
        role_arn,
        external_id,
    } = &destination.access.auth
    else {
        anyhow::bail!(
            "no role is assumed, so there is no trust policy: set aws_auth_mode to assume_role and name the role"
        )
    };
    let trust = Trust {
        base: grant.principal.as_ref(),
        external_id: external_id.as_ref(),
    };
    if form == Form::Json {
        return Ok(Rendered::Document(trust.policy()));
    }
    let role = PrincipalArn::parse(role_arn.as_str())?;
    of_principal(trust.render(&role, form))
}

fn of_principal(text: Option<String>) -> anyhow::Result<Rendered> {
    match text {
        Some(text) => Ok(Rendered::Text(text)),
        None => anyhow::bail!(
            "the principal is not known to be a role or user, which alone have policies of their own: name one with \
             --principal"
        ),
    }
}

/// Like the management API's answer (management-api.md §5.2); forms that are not JSON are a text in it. The order of
/// the policy's keys stays.
fn json_text(options: &PolicyOptions, grant: &Grant, rendered: &Rendered) -> String {
    let principal = grant.principal.as_ref().map(|principal| principal.as_str());
    let (name, value) = match rendered {
        Rendered::Document(document) => ("policy", document.compact_text()),
        Rendered::Text(text) => ("text", Value::from(text.as_str()).to_string()),
    };
    format!(
        "{{\"format\":{},\"partition\":{},\"principal_arn\":{},\"{name}\":{value}}}",
        Value::from(options.format.as_str()),
        Value::from(grant.partition.as_str()),
        Value::from(principal),
    )
}

/// Reads `--partition`.
pub(crate) fn parse_partition(spelling: &str) -> Result<Partition, String> {
    Partition::from_spelling(spelling).ok_or_else(|| {
        let known = Partition::ALL.map(Partition::as_str).join(", ");
        format!("use one of {known}")
    })
}
