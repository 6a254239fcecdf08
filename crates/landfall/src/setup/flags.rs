//! Options of `landfall setup`, named as those of `landfall destination create` (setup-flow.md §9).

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use landfall_core::settings::{ENVIRONMENT_PREFIX, SettingName};
use landfall_setup::challenge;
use landfall_setup::principal::PrincipalArn;
use serde_json::Value;

use super::draft::Draft;
use super::{Fault, sign_in};
use crate::environment::variable;

/// Options of `landfall setup`. In a terminal, whatever is not given is asked for. Secrets are never options: they are
/// asked for, or taken from the environment (AWS_SECRET_ACCESS_KEY, TARGET_LANDFALL_AWS_SECRET_ACCESS_KEY).
#[derive(Debug, Args)]
pub(crate) struct SetupOptions {
    /// Settings file to write; an existing one is gone on with
    #[arg(long, short = 'c', value_name = "PATH", default_value = "target.json")]
    pub(crate) config: PathBuf,
    /// Name of the bucket, and nothing but the name
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,
    /// Name of the source, the integration_name in object keys
    #[arg(long, value_name = "NAME")]
    integration: Option<String>,
    /// Data storage format
    #[arg(long, value_name = "FORMAT", value_parser = ["jsonl", "json", "csv"])]
    format: Option<String>,
    /// What separates CSV columns
    #[arg(long, value_name = "DELIMITER", value_parser = [",", "comma", "|", "pipe", "tab", "\\t"])]
    delimiter: Option<String>,
    /// Quote all CSV values, numbers too
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    quote_all: Option<bool>,
    /// S3 Key: how objects are named
    #[arg(long, value_name = "TEMPLATE")]
    key: Option<String>,
    /// Name of a challenge file that is in the bucket already; otherwise a new name is made
    #[arg(long, value_name = "NAME")]
    challenge_file: Option<String>,
    /// Make a new name for the challenge file, in the place of the one that is set
    #[arg(long, conflicts_with = "challenge_file")]
    pub(crate) new_challenge: bool,
    /// How to sign in
    #[arg(long, value_name = "MODE", value_parser = ["ambient", "assume-role", "static"])]
    auth: Option<String>,
    /// Role to assume
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,
    /// External ID that the role asks for; made if not given, - for none
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    external_id: Option<String>,
    /// Region of the bucket; found automatically if not given
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Another S3-compatible store, `https://host:port`, or a folder of this machine, `file:///folder`
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Allow plain HTTP for an endpoint on another machine; so does TARGET_LANDFALL_ALLOW_INSECURE_ENDPOINT=true
    #[arg(long)]
    allow_insecure_endpoint: bool,
    /// Whether the bucket's name stands in the path of requests
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    path_style: Option<bool>,
    /// Encryption to ask for
    #[arg(long, value_name = "SSE", value_parser = ["none", "AES256", "aws:kms"])]
    sse: Option<String>,
    /// Key for aws:kms
    #[arg(long, value_name = "KEY")]
    kms_key: Option<String>,
    /// ARN of the role or user to name in the policy, instead of the one that STS tells; with --role-arn whoever
    /// assumes that role
    #[arg(long, value_name = "ARN", value_parser = PrincipalArn::parse)]
    pub(crate) principal: Option<PrincipalArn>,
    /// Ask nothing: take flags, environment and defaults, and make bucket folder and challenge file in folders
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
    /// End without the check
    #[arg(long)]
    pub(crate) no_check: bool,
}

impl SetupOptions {
    /// Puts into the draft what was given, and says what that was.
    pub(super) fn apply(&self, draft: &mut Draft) -> Result<BTreeSet<SettingName>, Fault> {
        let mut given = BTreeSet::new();
        for (setting, value) in self.values() {
            draft.set(setting, value);
            given.insert(setting);
        }
        if let Some(name) = &self.challenge_file {
            let key = challenge::accept(name)
                .map_err(|error| Fault::Input(vec![format!("--challenge-file: {error}")]))?;
            draft.set(SettingName::SentinelKey, key.as_str());
            given.insert(SettingName::SentinelKey);
        }
        if self.new_challenge {
            draft.unset(&[SettingName::SentinelKey]);
        }
        if self.auth.is_none() && self.role_arn.is_some() {
            draft.set(SettingName::AwsAuthMode, "assume_role");
            given.insert(SettingName::AwsAuthMode);
        }
        if self.wants_no_external_id() {
            draft.unset(&[SettingName::AwsExternalId]);
        }
        if given.contains(&SettingName::AwsAuthMode) {
            sign_in::drop_what_others_need(draft);
        }
        take_secrets(draft);
        Ok(given)
    }

    /// Whether the role is assumed without an external ID.
    pub(super) fn wants_no_external_id(&self) -> bool {
        self.external_id.as_deref() == Some("-")
    }

    fn allows_insecure_endpoint(&self) -> bool {
        let by_environment = || own_variable(SettingName::AllowInsecureEndpoint);
        self.allow_insecure_endpoint
            || by_environment().is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }

    fn values(&self) -> impl Iterator<Item = (SettingName, Value)> {
        let delimiter = self.delimiter.as_deref().map(|typed| match typed {
            "comma" => ",",
            "pipe" => "|",
            "tab" => "\\t",
            other => other,
        });
        let auth = self.auth.as_ref().map(|mode| mode.replace('-', "_"));
        let text = |value: &Option<String>| value.clone().map(Value::from);
        [
            (SettingName::S3Bucket, text(&self.bucket)),
            (SettingName::IntegrationName, text(&self.integration)),
            (SettingName::OutputFileFormat, text(&self.format)),
            (SettingName::CsvDelimiter, delimiter.map(Value::from)),
            (SettingName::CsvForceQuote, self.quote_all.map(Value::from)),
            (SettingName::S3KeyFormatString, text(&self.key)),
            (SettingName::AwsAuthMode, auth.map(Value::from)),
            (SettingName::AwsRoleArn, text(&self.role_arn)),
            (SettingName::AwsExternalId, text(&self.external_id)),
            (SettingName::S3Region, text(&self.region)),
            (SettingName::S3EndpointUrl, text(&self.endpoint)),
            (
                SettingName::AllowInsecureEndpoint,
                self.allows_insecure_endpoint().then_some(Value::from(true)),
            ),
            (SettingName::S3ForcePathStyle, self.path_style.map(Value::from)),
            (SettingName::S3ServerSideEncryption, text(&self.sse)),
            (SettingName::S3KmsKeyId, text(&self.kms_key)),
        ]
        .into_iter()
        .filter_map(|(setting, value)| Some((setting, value?)))
    }
}

/// The variable of a setting.
fn own_variable(setting: SettingName) -> Option<String> {
    variable(&format!(
        "{ENVIRONMENT_PREFIX}{}",
        setting.as_str().to_uppercase()
    ))
}

/// With `static` the environment may hold the keys: under the names of the settings, or else under those of AWS.
fn take_secrets(draft: &mut Draft) {
    if !draft.is(SettingName::AwsAuthMode, "static") {
        return;
    }
    let keys = [
        (SettingName::AwsAccessKeyId, "AWS_ACCESS_KEY_ID"),
        (SettingName::AwsSecretAccessKey, "AWS_SECRET_ACCESS_KEY"),
        (SettingName::AwsSessionToken, "AWS_SESSION_TOKEN"),
    ];
    let has_own_names = keys.iter().any(|(setting, _)| own_variable(*setting).is_some());
    // Half a pair of one kind and half of the other would be a pair that nobody has.
    let found = keys.map(|(setting, aws)| {
        (
            setting,
            if has_own_names {
                own_variable(setting)
            } else {
                variable(aws)
            },
        )
    });
    let is_pair = found[..2].iter().all(|(_, value)| value.is_some());
    if !is_pair {
        return;
    }
    for (setting, value) in found {
        match value {
            Some(value) => draft.set(setting, value),
            None => draft.unset(&[setting]),
        }
    }
}
