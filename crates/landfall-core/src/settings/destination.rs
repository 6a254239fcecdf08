//! What makes a destination: bucket, format, S3 Key and access (management-api.md §4.2).

use std::fmt;

use super::SettingName;
use super::access::AccessSettings;
use super::draft::Draft;
use super::problem::SettingFault;
use crate::bucket_name::{BucketHost, BucketName};
use crate::object_key::{KeyProblem, ObjectKeyTemplate, OutputFormat};

/// A bucket, and how it is written to.
#[derive(Debug, Clone)]
pub struct DestinationSettings {
    /// The bucket.
    pub bucket: BucketName,
    /// How objects are named; always read for the format below.
    pub key_template: ObjectKeyTemplate,
    /// What objects hold.
    pub format: FileFormat,
    /// The challenge file; access isn't checked where it isn't given.
    pub sentinel_key: Option<ChallengeKey>,
    /// How the bucket is reached.
    pub access: AccessSettings,
}

/// What objects hold (files.md §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// JSON Lines.
    Jsonl,
    /// Comma-separated values.
    Csv {
        /// What separates columns.
        delimiter: Delimiter,
        /// Whether every value is quoted.
        force_quote: bool,
    },
}

impl FileFormat {
    /// The format without its details, as object keys need it.
    #[must_use]
    pub const fn output_format(self) -> OutputFormat {
        match self {
            Self::Jsonl => OutputFormat::Jsonl,
            Self::Csv { .. } => OutputFormat::Csv,
        }
    }
}

/// What separates the columns of CSV files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `|`
    Pipe,
    /// A tab, which settings spell `\t`.
    Tab,
}

impl Delimiter {
    /// Reads a value of `csv_delimiter`. A real tab is as good as backslash and t.
    #[must_use]
    pub fn from_spelling(spelling: &str) -> Option<Self> {
        match spelling {
            "," => Some(Self::Comma),
            "|" => Some(Self::Pipe),
            "\\t" | "\t" => Some(Self::Tab),
            _ => None,
        }
    }

    /// The byte that stands in files.
    #[must_use]
    pub const fn as_byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Pipe => b'|',
            Self::Tab => b'\t',
        }
    }
}

/// Key of the challenge file: `stitch-challenge-file-` and 1 to 100 of `A–Z a–z 0–9 - _`. Shown once and then never
/// again, so `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct ChallengeKey(String);

impl ChallengeKey {
    /// What every such key begins with.
    pub const PREFIX: &str = "stitch-challenge-file-";

    /// Reads a key.
    ///
    /// # Errors
    /// [`SettingFault::NotAChallengeKey`] if the text isn't one.
    pub fn parse(text: &str) -> Result<Self, SettingFault> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let rest = text.strip_prefix(Self::PREFIX).unwrap_or_default();
        if (1..=100).contains(&rest.len()) && rest.bytes().all(is_allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SettingFault::NotAChallengeKey)
        }
    }

    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ChallengeKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ChallengeKey(…)")
    }
}

impl DestinationSettings {
    pub(super) fn read(draft: &mut Draft) -> Option<Self> {
        let bucket = read_bucket(draft);
        let format = draft.choice(SettingName::OutputFileFormat, OutputFormat::from_spelling);
        let key_template = read_key_template(draft, format);
        let delimiter = draft.choice(SettingName::CsvDelimiter, Delimiter::from_spelling);
        let force_quote = draft.is_true(SettingName::CsvForceQuote);
        let sentinel_key = draft.parsed(SettingName::SentinelKey, ChallengeKey::parse);
        let access = AccessSettings::read(draft, bucket.as_ref());
        let format = match format? {
            OutputFormat::Jsonl => FileFormat::Jsonl,
            OutputFormat::Csv => FileFormat::Csv {
                delimiter: delimiter?,
                force_quote,
            },
        };
        Some(Self {
            bucket: bucket?,
            key_template: key_template?,
            format,
            sentinel_key,
            access: access?,
        })
    }
}

fn read_bucket(draft: &mut Draft) -> Option<BucketName> {
    let host = if draft.is_set(SettingName::S3EndpointUrl) {
        BucketHost::Endpoint
    } else {
        BucketHost::Amazon
    };
    let typed = if draft.is_set(SettingName::S3Bucket) {
        draft.text(SettingName::S3Bucket)?
    } else {
        String::new() // "Bucket name is required", in the words of the set-up pages
    };
    match BucketName::parse(&typed, host) {
        Ok(name) => Some(name),
        Err(problems) => {
            problems
                .into_iter()
                .for_each(|problem| draft.report(SettingName::S3Bucket, problem));
            None
        }
    }
}

/// Where the format is at fault, all that doesn't depend on it is still judged.
fn read_key_template(draft: &mut Draft, format: Option<OutputFormat>) -> Option<ObjectKeyTemplate> {
    let text = draft.text(SettingName::S3KeyFormatString)?;
    match ObjectKeyTemplate::parse(&text, format.unwrap_or(OutputFormat::Jsonl)) {
        Ok(template) => Some(template),
        Err(problems) => {
            let depends_on_format =
                |problem: &KeyProblem| matches!(problem, KeyProblem::ExtensionMismatch { .. });
            for problem in problems
                .into_iter()
                .filter(|problem| format.is_some() || !depends_on_format(problem))
            {
                draft.report(SettingName::S3KeyFormatString, problem);
            }
            None
        }
    }
}
