//! What a check ends with, and how it is shown.

mod text;

use landfall_core::bucket_name::BucketName;
use serde::Serialize;

pub use self::text::Glyphs;
use crate::catalogue::{CheckProblem, Failing};
use crate::check::{Survey, information};
use crate::context::CheckContext;
use crate::facts::Facts;
use crate::step::{Step, StepResult, StepStatus};
use crate::warning::CheckWarning;

/// The outcome of a check. As JSON ([`Serialize`], [`CheckReport::json_text`]) its shape is stable: `status`, `bucket`,
/// `steps`, and `errors` and `warnings` as in the management API (management-api.md §6), `information` and `facts`. Holds
/// no secret and not the challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Whether every step passed or did not apply.
    pub status: CheckStatus,
    /// The bucket's name.
    pub bucket: String,
    /// The five steps, in order.
    pub steps: Vec<StepResult>,
    /// The failure, if any.
    pub errors: Vec<CheckProblem>,
    /// What should be looked at.
    pub warnings: Vec<CheckWarning>,
    /// What is worth knowing.
    pub information: Vec<Information>,
    /// The same for programs.
    pub facts: Facts,
}

/// Whether a check succeeded, as the API spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// Loads can run.
    Succeeded,
    /// They can't.
    Failed,
}

/// A line that never makes a check fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Information {
    /// What it is about, such as `store`, `delivery`, `clock`.
    pub topic: &'static str,
    /// The text.
    pub text: String,
}

impl CheckReport {
    pub(crate) fn new(bucket: &BucketName) -> Self {
        Self {
            status: CheckStatus::Succeeded,
            bucket: bucket.to_string(),
            steps: Vec::with_capacity(Step::ALL.len()),
            errors: Vec::new(),
            warnings: Vec::new(),
            information: Vec::new(),
            facts: Facts::default(),
        }
    }

    /// The report of a check that was cut off after [`crate::CHECK_LIMIT`], with the steps that had `ended`
    /// (management-api.md §6: it fails with the code `timeout`). `failing.step` is the step that was cut off.
    #[must_use]
    pub fn out_of_time(ended: Vec<StepResult>, failing: &Failing<'_>) -> Self {
        let mut report = Self::new(&failing.context.bucket);
        report.steps = ended;
        for step in Step::ALL.into_iter().skip(report.steps.len()) {
            let (status, detail) = if step == failing.step {
                (StepStatus::Failed, None)
            } else {
                (StepStatus::Skipped, Some("not reached".to_owned()))
            };
            report.steps.push(StepResult { step, status, detail });
        }
        report.fail(CheckProblem::out_of_time(failing));
        report
    }

    /// Puts what was found besides the steps into the report; after a failure, only what may be the reason for it.
    pub fn conclude(&mut self, context: &CheckContext, survey: &Survey) {
        self.facts.add(survey);
        self.information = if self.is_success() {
            information::of_success(&context.place, &self.facts, survey)
        } else {
            information::of_failure(&self.facts)
        };
    }

    pub(crate) fn fail(&mut self, problem: CheckProblem) {
        self.status = CheckStatus::Failed;
        self.errors.push(problem);
    }

    /// Whether loads can run.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status == CheckStatus::Succeeded
    }

    /// The report as JSON, indented.
    #[must_use]
    pub fn json_text(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts and lists of them are JSON")
    }
}
