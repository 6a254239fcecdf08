//! What can be wrong with settings, and what is worth a warning.

use std::fmt;

use thiserror::Error;

use super::EndpointProblem;
use super::fit::{FOLDER_BUCKET_MAX_NAME_BYTES, FOLDER_BUCKET_RESERVED};
use crate::bucket_name::BucketNameProblem;
use crate::object_key::{KeyProblem, MAX_KEY_BYTES};

/// A setting and one thing that is wrong with it; as text, `s3_bucket: Bucket name is required`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingProblem {
    /// The setting as spelled by the operator.
    pub setting: String,
    /// What is wrong, and what to do about it.
    pub fault: SettingFault,
}

impl fmt::Display for SettingProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.setting, self.fault)
    }
}

/// What is wrong with a setting. The texts never hold the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the texts say what each fault is")]
pub enum SettingFault {
    #[error(transparent)]
    Bucket(#[from] BucketNameProblem),
    #[error(transparent)]
    Key(#[from] KeyProblem),
    #[error(transparent)]
    Endpoint(#[from] EndpointProblem),
    #[error("is required: add it to the settings")]
    Missing,
    #[error("is empty: give it a value, or leave it out")]
    Empty,
    #[error("is not a text: write it in double quotes")]
    NotText,
    #[error("is neither true nor false: write one of them")]
    NotBoolean,
    #[error("is not a whole number from {min} to {max}: write one in digits")]
    NotInteger { min: u64, max: u64 },
    #[error("is not a list of texts: write it as [\"…\", \"…\"]")]
    NotTextList,
    #[error("{found:?} is not one of its values: use one of {}", .choices.join(" "))]
    NotAChoice {
        found: String,
        choices: &'static [&'static str],
    },
    #[error("has blanks or control characters: remove them")]
    HasBlanks,
    #[error(
        "is not the name of a challenge file: write stitch-challenge-file- and 1 to 100 letters, digits, - or _"
    )]
    NotAChallengeKey,
    #[error(
        "{found:?} is not the ARN of a role: write it as arn:aws:iam::<account of 12 digits>:role/<name>"
    )]
    NotARoleArn { found: String },
    #[error("is not an external ID: write 2 to 1224 letters, digits or any of + = , . @ : / _ -")]
    NotAnExternalId,
    #[error("{found:?} is not a region: write it as eu-central-1")]
    NotARegion { found: String },
    #[error("is needed when {with} is {value}: add it, or change {with}")]
    NeededWith { with: &'static str, value: &'static str },
    #[error("is possible only when {with} is {value}: remove it, or set {with} to {value}")]
    OnlyWith { with: &'static str, value: &'static str },
    #[error("Invalid URI: number {number} must be a complete URL that begins with https://")]
    InvalidWebhook { number: usize },
    #[error("You have exceeded the limit of {max} hooks.")]
    TooManyWebhooks { max: usize },
    #[error("can't be obeyed: Landfall only adds files, so use append-only or leave the setting out")]
    LoadMethod,
    #[error("can't be obeyed: Landfall never deletes, so use false or leave the setting out")]
    HardDelete,
    #[error(
        "can't be obeyed: CSV files are flattened by their own rules, so use false or leave the setting out"
    )]
    Flattening,
    #[error(
        "can't be obeyed: records are landed as they come, so map them before, and leave the setting out"
    )]
    StreamMaps,
    #[error(
        "puts objects into {FOLDER_BUCKET_RESERVED}, where a bucket folder keeps what is being written: use another name"
    )]
    ReservedFolder,
    #[error(
        "makes file names of up to {bytes} bytes, and a bucket folder takes {FOLDER_BUCKET_MAX_NAME_BYTES}: shorten it by {}",
        bytes - FOLDER_BUCKET_MAX_NAME_BYTES
    )]
    LongKeyPart { bytes: usize },
    #[error(
        "makes object keys of up to {bytes} bytes before any table name, and S3 takes {MAX_KEY_BYTES}: shorten it by {}",
        bytes - MAX_KEY_BYTES
    )]
    LongKey { bytes: usize },
    #[error("there is no such setting: {}", remedy(*.nearest))]
    Unknown { nearest: Option<&'static str> },
}

fn remedy(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || "remove it; landfall load --about lists all there are".to_owned(),
        |name| format!("the nearest is {name}"),
    )
}

/// A setting that is accepted and does nothing. As text: its name, that it has no effect, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingWarning {
    /// The setting.
    pub setting: &'static str,
    /// Why it has no effect.
    pub reason: &'static str,
}

impl fmt::Display for SettingWarning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} has no effect: {}", self.setting, self.reason)
    }
}
