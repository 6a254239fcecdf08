//! The one catalogue of what a check can find wrong (setup-flow.md §6.3): code, raw message, cause and remedy.
//!
//! An [`Entry`] is one kind of broken access; `classify` picks it for a [`BucketError`], and its texts are filled with
//! the names at hand. The reference page is made from the same entries.

mod classify;
mod code;
mod credential_entries;
mod denials;
mod entries;
mod fields;
mod folder_entries;
mod network_entries;
mod noted;
mod reference;

use landfall_bucket::BucketError;
use landfall_core::settings::ChallengeKey;
use serde::Serialize;

pub use self::code::ProblemCode;
pub(crate) use self::fields::Fields;
pub use self::reference::reference_markdown;
use crate::context::{CheckContext, Place};
use crate::principal::PrincipalArn;
use crate::step::Step;

/// One kind of broken access. In the texts `{…}` stands for names that are filled in.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its heading in the reference; stable, like the code.
    pub id: &'static str,
    /// The codes it is reported with: several where AWS gives the same reason for different actions.
    pub codes: &'static [ProblemCode],
    /// The message as it arrives; `…` stands for text that varies. Of folders it is Landfall's own, with `{…}` in it.
    pub raw: &'static str,
    /// Why.
    pub cause: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// Every entry, in the order of the reference.
#[must_use]
pub fn entries() -> Vec<&'static Entry> {
    let groups = [
        entries::ALL,
        folder_entries::ALL,
        denials::ALL,
        credential_entries::ALL,
        network_entries::ALL,
    ];
    groups.into_iter().flatten().copied().collect()
}

/// What is wrong, why, and what to do about it. Holds no secret and not the challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckProblem {
    /// The stable code.
    pub code: ProblemCode,
    /// The step that failed.
    pub step: Step,
    /// What the store said, in the form that the documentation shows.
    #[serde(rename = "message")]
    pub raw_message: String,
    /// Why.
    pub cause: String,
    /// What to do, naming the action, resource or setting.
    pub remedy: String,
    /// The entry of the catalogue, which is the heading in the reference.
    #[serde(skip)]
    pub entry: &'static str,
}

/// What is known when a step fails.
#[derive(Debug, Clone, Copy)]
pub struct Failing<'a> {
    /// The step.
    pub step: Step,
    /// What is checked.
    pub context: &'a CheckContext,
    /// The identity in use, if it is known.
    pub identity: Option<&'a PrincipalArn>,
    /// The challenge, to be left out of texts.
    pub challenge: &'a ChallengeKey,
}

/// What was found in the place of the challenge file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundInstead {
    /// Nothing with such a name.
    Nothing,
    /// The name with an extension, such as `.txt`.
    Extension(String),
    /// A folder of that name.
    Folder,
    /// The name with more text after it.
    LongerName,
}

impl CheckProblem {
    /// What `error` means where it happened. Load failures are told with the same texts.
    #[must_use]
    pub fn of_error(error: &BucketError, failing: &Failing<'_>) -> Self {
        let refusal = classify::Refusal::of(error);
        let (code, entry) = classify::pick(&refusal, failing);
        let fields = Fields::new(failing).with_refusal(&refusal);
        let raw_message = match code {
            ProblemCode::Internal => entries::INTERNAL.raw.to_owned(),
            _ if folder_entries::ALL.contains(&entry) => fields.fill(entry.raw),
            _ => error.raw_message(),
        };
        Self::filled(code, entry, failing, &fields, &raw_message)
    }

    /// That the challenge file is not there (setup-flow.md §6.3, `missing_challenge_file`).
    #[must_use]
    pub fn missing_challenge(found: &FoundInstead, failing: &Failing<'_>) -> Self {
        let is_folder = matches!(failing.context.place, Place::Folder { .. });
        let (entry, extension) = match found {
            FoundInstead::Nothing if is_folder => (&folder_entries::MISSING_CHALLENGE_FILE_IN_FOLDER, ""),
            FoundInstead::Nothing => (&entries::MISSING_CHALLENGE_FILE, ""),
            FoundInstead::Extension(extension) => (&entries::CHALLENGE_HAS_EXTENSION, extension.as_str()),
            FoundInstead::Folder => (&entries::CHALLENGE_IS_FOLDER, ""),
            FoundInstead::LongerName => (&entries::CHALLENGE_HAS_LONGER_NAME, ""),
        };
        let fields = Fields::new(failing).with("extension", extension);
        let raw_message = if is_folder {
            fields.fill(folder_entries::MISSING_CHALLENGE_FILE_IN_FOLDER.raw)
        } else {
            BucketError::missing_object().raw_message()
        };
        Self::filled(
            ProblemCode::MissingChallengeFile,
            entry,
            failing,
            &fields,
            &raw_message,
        )
    }

    /// That the whole check took longer than [`crate::CHECK_LIMIT`] (management-api.md §6).
    #[must_use]
    pub fn out_of_time(failing: &Failing<'_>) -> Self {
        let entry = &network_entries::CHECK_OUT_OF_TIME;
        Self::filled(
            ProblemCode::Timeout,
            entry,
            failing,
            &Fields::new(failing),
            entry.raw,
        )
    }

    fn filled(
        code: ProblemCode,
        entry: &'static Entry,
        failing: &Failing<'_>,
        fields: &Fields,
        raw_message: &str,
    ) -> Self {
        let concealed = |text: &str| text.replace(failing.challenge.as_str(), "<challenge file>");
        Self {
            code,
            step: failing.step,
            raw_message: concealed(raw_message),
            cause: concealed(&fields.fill(entry.cause)),
            remedy: concealed(&fields.fill(entry.remedy)),
            entry: entry.id,
        }
    }
}
