//! What the properties of a destination must be (management-api.md §4.2): pure.

use std::collections::BTreeMap;

use landfall_catalog::{AccessEffect, DestinationProperties, Form};
use landfall_core::object_key::KeyProblem;
use landfall_core::settings::{
    ChallengeKey, DestinationSettings, RawSettings, SettingFault, SettingProblem, TargetSettings,
};
use serde_json::{Map, Value};

use super::request::property_text;
use super::types::DESTINATION_PROPERTIES;

/// What this instance allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstanceRules {
    /// How many destinations there may be.
    pub most_destinations: u32,
    /// Whether endpoints may use plain HTTP on other machines.
    pub allow_insecure_endpoint: bool,
    /// Whether post-load webhooks may use plain HTTP.
    pub allow_insecure_webhooks: bool,
}

/// Stitch's most, and the default here (management-api.md §14).
const MOST_DESTINATIONS: u32 = 10;

impl Default for InstanceRules {
    fn default() -> Self {
        Self {
            most_destinations: MOST_DESTINATIONS,
            allow_insecure_endpoint: false,
            allow_insecure_webhooks: false,
        }
    }
}

/// What users must give. The challenge name is required too, but made for them.
const REQUIRED: [&str; 3] = ["output_file_format", "s3_bucket", "s3_key_format_string"];
/// The challenge name.
pub(super) const SENTINEL_KEY: &str = "sentinel_key";
/// Properties whose change a check must follow (management-api.md §5.2), but for those that begin with `aws_`.
const ACCESS: [&str; 7] = [
    "s3_bucket",
    "s3_endpoint_url",
    "s3_region",
    "s3_force_path_style",
    SENTINEL_KEY,
    "s3_server_side_encryption",
    "s3_kms_key_id",
];
/// Stands for the source's name, which destinations don't have.
const ANY_INTEGRATION: &str = "x";

/// Everything that is wrong with the properties given, by property.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Problems(BTreeMap<String, Vec<String>>);

impl Problems {
    pub(super) fn add(&mut self, property: &str, message: impl ToString) {
        let messages = self.0.entry(property.to_owned()).or_default();
        messages.push(message.to_string());
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn by_property(&self) -> &BTreeMap<String, Vec<String>> {
        &self.0
    }
}

/// What the settings of a destination amount to.
#[derive(Debug)]
pub(super) struct Judged {
    /// The properties as they are to be stored.
    pub(super) properties: DestinationProperties,
    /// Whether all are there, but for the challenge name.
    pub(super) form: Form,
}

/// Merges what was given into what is stored, and judges the whole.
///
/// # Errors
/// Everything that is wrong, at once.
pub(super) fn merge(
    stored: &DestinationProperties,
    given: &Map<String, Value>,
    rules: &InstanceRules,
) -> Result<Judged, Problems> {
    let mut problems = Problems::default();
    let mut properties = stored.clone();
    for (name, value) in given {
        match read(name, value) {
            Ok(Some(text)) => properties.set(name, &text),
            Ok(None) => properties.unset(name),
            Err(message) => {
                properties.unset(name);
                problems.add(name, message);
            }
        }
    }
    let misread = problems.0.clone();
    for problem in faults_of(&properties, rules) {
        let is_told = misread.contains_key(&problem.setting);
        if !is_told {
            problems.add(&problem.setting, &problem.fault);
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let is_complete = REQUIRED.iter().all(|name| properties.is_set(name));
    let form = if is_complete {
        Form::Complete
    } else {
        Form::Incomplete
    };
    Ok(Judged { properties, form })
}

/// A property as it is stored; none if it is to be removed.
fn read(name: &str, value: &Value) -> Result<Option<String>, String> {
    if !DESTINATION_PROPERTIES
        .iter()
        .any(|property| property.name == name)
    {
        return Err("unknown property".to_owned());
    }
    if value.is_null() {
        return if REQUIRED.contains(&name) {
            Err("is required: give it a value".to_owned())
        } else {
            Ok(None)
        };
    }
    let text = property_text(value).ok_or_else(|| SettingFault::NotText.to_string())?;
    Ok(Some(canonical(name, text)))
}

/// One spelling for what has several.
fn canonical(name: &str, text: String) -> String {
    match (name, text.as_str()) {
        ("output_file_format", "json") => "jsonl".to_owned(),
        ("csv_delimiter", "\t") => "\\t".to_owned(),
        ("s3_bucket", typed) => typed.trim().to_owned(),
        _ => text,
    }
}

/// What is wrong with what is there. What is missing is no fault: it makes a draft.
fn faults_of(properties: &DestinationProperties, rules: &InstanceRules) -> Vec<SettingProblem> {
    let mut problems = match parse(properties, rules) {
        Ok(_) => Vec::new(),
        Err(problems) => problems,
    };
    let has_format = properties.is_set("output_file_format");
    problems.retain(|problem| match &problem.fault {
        SettingFault::Bucket(_) => properties.is_set("s3_bucket"),
        SettingFault::Key(KeyProblem::ExtensionMismatch { .. }) => has_format,
        _ => true,
    });
    problems
}

fn parse(
    properties: &DestinationProperties,
    rules: &InstanceRules,
) -> Result<DestinationSettings, Vec<SettingProblem>> {
    let mut settings = properties.to_raw();
    settings.insert("integration_name".to_owned(), ANY_INTEGRATION.into());
    settings.insert(
        "allow_insecure_endpoint".to_owned(),
        rules.allow_insecure_endpoint.into(),
    );
    let mut raw = RawSettings::default();
    raw.add_object(settings);
    TargetSettings::parse(raw).map(|(settings, _)| settings.destination)
}

/// The settings that a destination's properties amount to; none while required ones are missing, the challenge name
/// included.
#[must_use]
pub fn settings_of(properties: &DestinationProperties, rules: &InstanceRules) -> Option<DestinationSettings> {
    let is_complete = REQUIRED
        .iter()
        .chain(&[SENTINEL_KEY])
        .all(|name| properties.is_set(name));
    is_complete.then(|| parse(properties, rules).ok())?
}

/// What of a bucket policy's settings is known already: its bucket, also of a draft.
pub(super) fn settings_of_draft(
    properties: &DestinationProperties,
    rules: &InstanceRules,
) -> Option<DestinationSettings> {
    let has_bucket = properties.is_set("s3_bucket");
    let mut known = properties.clone();
    if !properties.is_set("output_file_format") {
        known.unset("s3_key_format_string"); // it can't be judged yet, and policies don't depend on it
    }
    has_bucket.then(|| parse(&known, rules).ok())?
}

/// Whether a check must follow a change of properties.
pub(super) fn access_effect(before: &DestinationProperties, after: &DestinationProperties) -> AccessEffect {
    let of_access = |properties: &DestinationProperties| {
        let mut raw = properties.to_raw();
        raw.retain(|name, _| name.starts_with("aws_") || ACCESS.contains(&name.as_str()));
        raw
    };
    if of_access(before) == of_access(after) {
        AccessEffect::Same
    } else {
        AccessEffect::Changed
    }
}

/// Gives a complete destination without a challenge name the one given, and says whether it did.
pub(super) fn add_challenge(
    judged: &mut Judged,
    generate: impl FnOnce() -> ChallengeKey,
) -> Option<ChallengeKey> {
    let lacks_one = judged.form == Form::Complete && !judged.properties.is_set(SENTINEL_KEY);
    let challenge = lacks_one.then(generate)?;
    judged.properties.set(SENTINEL_KEY, challenge.as_str());
    Some(challenge)
}

#[cfg(test)]
mod tests;
