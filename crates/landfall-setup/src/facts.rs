//! What a check saw and measured besides its steps, as programs read it.

use landfall_bucket::{
    BucketRules, IncompleteUploads, ObjectLock, Seen, StoreCapabilities, Support, Versioning,
};
use serde::Serialize;

use crate::check::survey::{Survey, UploadSpeed};

/// The facts behind the information lines. Features are `yes`, `no` or `unknown` (they show with the first upload);
/// settings of the bucket may also be `hidden` (the granted actions don't show them) or `untold` (the store didn't say).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// Whether objects are created only if there are none.
    pub conditional_create: Option<&'static str>,
    /// Whether uploads are confirmed by checksums.
    pub checksums: Option<&'static str>,
    /// Whether large objects are uploaded in parts.
    pub multipart: Option<&'static str>,
    /// `enabled`, `suspended` or `off`.
    pub versioning: Option<&'static str>,
    /// `enabled` or `off`.
    pub object_lock: Option<&'static str>,
    /// `stay`, or `end` with the days in [`Facts::incomplete_uploads_days`].
    pub incomplete_uploads: Option<&'static str>,
    /// After how many days a lifecycle rule ends incomplete uploads.
    pub incomplete_uploads_days: Option<u32>,
    /// By how much the clock of this host is at least ahead of the store's; negative if it is behind.
    pub clock_ahead_ms: Option<i64>,
    /// How long the fastest answer took.
    pub latency_ms: Option<u64>,
    /// How fast content was sent over one connection.
    pub upload_bytes_per_second: Option<u64>,
}

impl Facts {
    pub(crate) fn add(&mut self, survey: &Survey) {
        if let Some(capabilities) = survey.capabilities {
            self.add_capabilities(capabilities);
        }
        if let Some(rules) = &survey.rules {
            self.add_rules(rules);
        }
        if let UploadSpeed::Measured { bytes_per_second, .. } = survey.upload {
            self.upload_bytes_per_second = Some(bytes_per_second);
        }
    }

    fn add_capabilities(&mut self, capabilities: StoreCapabilities) {
        self.conditional_create = Some(support(capabilities.conditional_create));
        self.checksums = Some(support(capabilities.checksums));
        self.multipart = Some(support(capabilities.multipart));
    }

    fn add_rules(&mut self, rules: &BucketRules) {
        self.versioning = Some(match rules.versioning {
            Seen::Shown(Versioning::Enabled) => "enabled",
            Seen::Shown(Versioning::Suspended) => "suspended",
            Seen::Shown(Versioning::Off) => "off",
            Seen::Hidden => "hidden",
            Seen::Untold => "untold",
        });
        self.object_lock = Some(match rules.object_lock {
            Seen::Shown(ObjectLock::Enabled) => "enabled",
            Seen::Shown(ObjectLock::Off) => "off",
            Seen::Hidden => "hidden",
            Seen::Untold => "untold",
        });
        self.incomplete_uploads = Some(match rules.incomplete_uploads {
            Seen::Shown(IncompleteUploads::Stay) => "stay",
            Seen::Shown(IncompleteUploads::EndAfter { days, .. }) => {
                self.incomplete_uploads_days = Some(days);
                "end"
            }
            Seen::Hidden => "hidden",
            Seen::Untold => "untold",
        });
    }
}

fn support(support: Support) -> &'static str {
    match support {
        Support::Present => "yes",
        Support::Absent => "no",
        Support::Unknown => "unknown",
    }
}
