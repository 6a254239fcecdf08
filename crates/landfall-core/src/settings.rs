//! Settings: from files and environment to one type that everything else takes (singer.md §2, management-api.md §4.2).
//!
//! Every setting is described once, in [`SettingName::describe`]; the parser, the JSON Schema and the reference are
//! made from that.
//!
//! ```
//! use landfall_core::settings::{RawSettings, TargetSettings};
//!
//! let mut raw = RawSettings::default();
//! raw.add_file(r#"{"s3_bucket": "com-test-stitch-bucket", "integration_name": "shop"}"#).expect("an object");
//! raw.add_environment([("TARGET_LANDFALL_BATCH_SIZE_ROWS", "500")]);
//! let (settings, warnings) = TargetSettings::parse(raw).expect("nothing is wrong");
//! assert_eq!(settings.batch.rows.get(), 500);
//! assert!(warnings.is_empty());
//! ```

mod access;
mod auth;
mod catalog;
mod describe;
mod destination;
mod draft;
mod endpoint;
mod fit;
mod foreign;
mod problem;
mod raw;
mod web_url;
mod webhook;

use std::fmt;
use std::num::NonZeroU64;
use std::time::Duration;

pub use access::{AccessSettings, Addressing, KmsKeyId, Region, ServerSideEncryption};
pub use auth::{AuthMode, ExternalId, RoleArn};
pub use catalog::{Setting, SettingDefault, SettingKind, SettingName};
pub use describe::{settings_json_schema, settings_markdown, settings_overview_markdown, settings_text};
pub use destination::{ChallengeKey, Delimiter, DestinationSettings, FileFormat};
use draft::Draft;
pub use endpoint::{BucketFolder, Endpoint, EndpointProblem, EndpointUrl};
pub use fit::{FOLDER_BUCKET_MAX_NAME_BYTES, FOLDER_BUCKET_RESERVED};
pub use problem::{SettingFault, SettingProblem, SettingWarning};
pub use raw::{ENVIRONMENT_PREFIX, RawSettings, SettingsFileError};
pub use webhook::WebhookUrl;

use crate::units::ByteCount;

/// All settings of the Singer target. A value has passed every rule, so no later code checks them.
#[derive(Debug, Clone)]
pub struct TargetSettings {
    /// The source whose data is loaded.
    pub integration_name: IntegrationName,
    /// Where to, and in which form.
    pub destination: DestinationSettings,
    /// When batches are closed.
    pub batch: BatchLimits,
    /// How much may wait in memory for all tables together.
    pub memory_budget: ByteCount,
    /// Whether records are validated against their schema.
    pub validate_records: bool,
    /// What happens to records that can't be loaded.
    pub on_invalid_record: OnInvalidRecord,
    /// Whether `ACTIVATE_VERSION` messages are obeyed.
    pub process_activate_version_messages: bool,
    /// Who is told of every load, at most ten.
    pub post_load_webhooks: Vec<WebhookUrl>,
}

/// The stored name of a source, as received: anything but nothing. Cleaned only inside object keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationName(String);

/// When a batch is closed, whichever comes first (loading.md §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLimits {
    /// Records in the batch.
    pub rows: NonZeroU64,
    /// Bytes of their JSON.
    pub bytes: ByteCount,
    /// Age of its first record.
    pub wait: Duration,
}

/// What happens to a record that can't be loaded (rejects.md §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnInvalidRecord {
    /// It is set aside in `_sdc_rejected`.
    Reject,
    /// It ends the run.
    Fail,
}

impl IntegrationName {
    fn parse(text: &str) -> Result<Self, SettingFault> {
        if text.trim().is_empty() {
            Err(SettingFault::Empty)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IntegrationName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl BatchLimits {
    fn read(draft: &mut Draft) -> Self {
        let rows = draft.integer(SettingName::BatchSizeRows);
        Self {
            rows: NonZeroU64::new(rows).expect("the smallest batch_size_rows is 1"),
            bytes: ByteCount::new(draft.integer(SettingName::BatchSizeBytes)),
            wait: Duration::from_secs(draft.integer(SettingName::BatchWaitSeconds)),
        }
    }
}

impl OnInvalidRecord {
    fn from_spelling(spelling: &str) -> Option<Self> {
        match spelling {
            "reject" => Some(Self::Reject),
            "fail" => Some(Self::Fail),
            _ => None,
        }
    }
}

impl TargetSettings {
    /// Understands the settings given; with them come warnings about those that have no effect.
    ///
    /// # Errors
    /// Everything that is wrong, at once: what is known in the order of reading, then what isn't known.
    pub fn parse(raw: RawSettings) -> Result<(Self, Vec<SettingWarning>), Vec<SettingProblem>> {
        let mut draft = Draft::new(raw);
        let whole = Self::read(&mut draft);
        draft.finish(whole)
    }

    fn read(draft: &mut Draft) -> Option<Self> {
        let destination = DestinationSettings::read(draft);
        let integration_name = draft.parsed(SettingName::IntegrationName, IntegrationName::parse);
        if let (Some(destination), Some(integration_name)) = (&destination, &integration_name) {
            fit::report_misfits(draft, destination, integration_name);
        }
        let batch = BatchLimits::read(draft);
        let memory_budget = ByteCount::new(draft.integer(SettingName::MemoryBudgetBytes));
        let validate_records = draft.is_true(SettingName::ValidateRecords);
        let on_invalid_record = draft.choice(SettingName::OnInvalidRecord, OnInvalidRecord::from_spelling);
        let process_activate_version_messages = draft.is_true(SettingName::ProcessActivateVersionMessages);
        let post_load_webhooks = webhook::read_webhooks(draft);
        Some(Self {
            integration_name: integration_name?,
            destination: destination?,
            batch,
            memory_budget,
            validate_records,
            on_invalid_record: on_invalid_record?,
            process_activate_version_messages,
            post_load_webhooks,
        })
    }
}
