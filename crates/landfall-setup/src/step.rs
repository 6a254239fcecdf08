//! The steps of a check and how they end (setup-flow.md §6.2).

use landfall_bucket::Operation;
use serde::Serialize;

/// One step, in the order of the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Whose identity is used.
    Credentials,
    /// That the bucket exists.
    HeadBucket,
    /// That it may be listed.
    ListBucket,
    /// That the challenge file is there and may be read.
    HeadChallenge,
    /// That objects may be written.
    WriteProbe,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 5] = [
        Self::Credentials,
        Self::HeadBucket,
        Self::ListBucket,
        Self::HeadChallenge,
        Self::WriteProbe,
    ];

    /// The step that a check would fail at if this operation is refused.
    #[must_use]
    pub const fn of_operation(operation: Operation) -> Self {
        match operation {
            Operation::AssumeRole | Operation::GetCallerIdentity => Self::Credentials,
            Operation::HeadBucket
            | Operation::GetBucketVersioning
            | Operation::GetObjectLockConfiguration
            | Operation::GetBucketLifecycleConfiguration => Self::HeadBucket,
            Operation::ListObjectsV2 => Self::ListBucket,
            Operation::HeadObject | Operation::GetObject => Self::HeadChallenge,
            Operation::PutObject
            | Operation::CreateMultipartUpload
            | Operation::UploadPart
            | Operation::CompleteMultipartUpload
            | Operation::AbortMultipartUpload => Self::WriteProbe,
        }
    }

    /// As the API and the command line spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::HeadBucket => "head_bucket",
            Self::ListBucket => "list_bucket",
            Self::HeadChallenge => "head_challenge",
            Self::WriteProbe => "write_probe",
        }
    }

    /// What it proves, in a few words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Credentials => "Sign in",
            Self::HeadBucket => "Find the bucket",
            Self::ListBucket => "List the bucket",
            Self::HeadChallenge => "Find the challenge file",
            Self::WriteProbe => "Write to the bucket",
        }
    }

    /// The same of a bucket that is a folder.
    #[must_use]
    pub const fn title_in_folder(self) -> &'static str {
        match self {
            Self::HeadBucket => "Find the folder",
            Self::ListBucket => "List the folder",
            Self::WriteProbe => "Write to the folder",
            Self::Credentials | Self::HeadChallenge => self.title(),
        }
    }
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// It is proven.
    Passed,
    /// It is not; the report has the problem.
    Failed,
    /// It does not apply, or an earlier step failed.
    Skipped,
}

/// A step that has ended, as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepResult {
    /// Which.
    pub step: Step,
    /// How it ended.
    pub status: StepStatus,
    /// What was found, such as the region; of a skipped step the reason.
    pub detail: Option<String>,
}
