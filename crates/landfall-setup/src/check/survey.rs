//! What is worth knowing about a store and its bucket once the steps have passed. Never a reason to fail.

use std::time::Duration;

use landfall_bucket::{BucketRules, ConditionTrial, RefusedUpload, StoreCapabilities};

use crate::check::Check;
use crate::context::Place;
use crate::report::CheckReport;

/// How long looking around may take before the caller cuts it off. What was found by then stays.
pub const SURVEY_LIMIT: Duration = Duration::from_secs(20);

/// Enough to tell a slow line; where it took less than [`SLOW`], [`MORE_BYTES`] follow.
const FIRST_BYTES: u64 = 1024 * 1024;
const MORE_BYTES: u64 = 8 * 1024 * 1024;
const SLOW: Duration = Duration::from_secs(1);

/// What was found, growing while [`Check::survey`] runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    pub(crate) capabilities: Option<StoreCapabilities>,
    pub(crate) rules: Option<BucketRules>,
    pub(crate) upload: UploadSpeed,
}

/// How fast content goes to the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum UploadSpeed {
    /// There was no time.
    #[default]
    OutOfTime,
    /// It can't be measured without leaving something behind, or failed.
    NotMeasured {
        why: String,
    },
    Measured {
        bytes_per_second: u64,
        sent_bytes: u64,
    },
}

impl Check<'_> {
    /// Looks around after steps that passed: asks how the bucket is set up, tries what the store can do, and sends a
    /// few megabytes that the store refuses. The caller watches the time ([`SURVEY_LIMIT`]); cut off at any point
    /// `survey` holds what was found so far. [`CheckReport::conclude`] puts it into words.
    pub async fn survey(&self, report: &CheckReport, survey: &mut Survey) {
        if !report.is_success() {
            return;
        }
        survey.capabilities = Some(self.probes.capabilities());
        if matches!(self.context.place, Place::Folder { .. }) {
            return;
        }
        survey.rules = Some(self.probes.rules().await);
        let trial = self.probes.try_condition(self.challenge.as_str()).await;
        survey.capabilities = Some(self.probes.capabilities());
        survey.upload = match trial {
            Ok(ConditionTrial::Kept) => self.measure_upload(report).await,
            Ok(ConditionTrial::Absent) => UploadSpeed::because(
                "the store does not refuse to write over objects, so the content would replace the challenge file",
            ),
            Ok(ConditionTrial::NotTried) => UploadSpeed::because(
                "that takes an empty challenge file, which the store refuses to write over",
            ),
            Err(refusal) => UploadSpeed::because(&self.concealed(&refusal.raw_message())),
        };
    }

    /// From the difference of two uploads, so that what each costs by itself doesn't count.
    async fn measure_upload(&self, report: &CheckReport) -> UploadSpeed {
        let first = match self.time_upload(FIRST_BYTES).await {
            Ok(took) => took,
            Err(why) => return UploadSpeed::because(&why),
        };
        if first >= SLOW {
            let answer = Duration::from_millis(report.facts.latency_ms.unwrap_or(0));
            return UploadSpeed::measured(FIRST_BYTES, FIRST_BYTES, first.saturating_sub(answer));
        }
        match self.time_upload(MORE_BYTES).await {
            Ok(took) if took > first => {
                UploadSpeed::measured(MORE_BYTES, MORE_BYTES - FIRST_BYTES, took.saturating_sub(first))
            }
            Ok(took) => UploadSpeed::measured(MORE_BYTES, MORE_BYTES, took),
            Err(why) => UploadSpeed::because(&why),
        }
    }

    async fn time_upload(&self, bytes: u64) -> Result<Duration, String> {
        let began = (self.now)();
        let sent = self
            .probes
            .send_to_be_refused(self.challenge.as_str(), bytes)
            .await;
        let took = (self.now)().saturating_sub(began);
        match sent {
            Ok(RefusedUpload::AfterContent) => Ok(took),
            Ok(RefusedUpload::BeforeContent) => {
                Err("the store refuses content before it has taken it in".to_owned())
            }
            Ok(RefusedUpload::NotSent) => {
                Err("the store has not shown that it would refuse the content".to_owned())
            }
            Ok(RefusedUpload::Written) => Err(
                "the challenge file was removed meanwhile, so the test's content is in its place: upload an empty \
                 one again"
                    .to_owned(),
            ),
            Err(refusal) => Err(self.concealed(&refusal.raw_message())),
        }
    }

    fn concealed(&self, text: &str) -> String {
        text.replace(self.challenge.as_str(), "<challenge file>")
    }
}

impl UploadSpeed {
    fn because(why: &str) -> Self {
        Self::NotMeasured { why: why.to_owned() }
    }

    fn measured(sent_bytes: u64, counted_bytes: u64, took: Duration) -> Self {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        Self::Measured {
            bytes_per_second: counted_bytes.saturating_mul(1_000_000) / micros,
            sent_bytes,
        }
    }
}
