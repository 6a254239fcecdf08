//! What a bucket's refusal means and what to do about it, outside of checks.

use landfall_bucket::BucketError;
use landfall_core::settings::ChallengeKey;
use landfall_load::{AccessError, LoadError, RunError};
use landfall_setup::catalogue::{Failing, FoundInstead};
use landfall_setup::{CheckContext, CheckProblem, ProblemCode, Step};

/// What may be told about refusals of one bucket.
#[derive(Debug, Clone)]
pub(crate) struct Remedies {
    context: CheckContext,
    challenge: ChallengeKey,
}

impl Remedies {
    /// `challenge` is left out of all texts.
    pub(crate) fn new(context: CheckContext, challenge: Option<&ChallengeKey>) -> Self {
        Self {
            context,
            challenge: challenge.cloned().unwrap_or_else(unnamed_challenge),
        }
    }

    /// What the refusal means.
    pub(crate) fn explain(&self, refusal: &BucketError) -> CheckProblem {
        CheckProblem::of_error(refusal, &self.failing(Step::of_operation(refusal.operation())))
    }

    /// Logs the remedy for a failure of a load, if the bucket was its cause and there is one.
    pub(crate) fn log(&self, failure: &anyhow::Error) {
        let failed_load = match failure.downcast_ref() {
            Some(RunError::Load(failed)) => Some(failed),
            Some(_) => None,
            None => failure.downcast_ref::<LoadError>(),
        };
        let problem = match failed_load {
            Some(LoadError::Access { source, .. }) => match source {
                AccessError::ChallengeMissing(_) => {
                    let failing = self.failing(Step::HeadChallenge);
                    CheckProblem::missing_challenge(&FoundInstead::Nothing, &failing)
                }
                AccessError::Bucket(refusal) => self.explain(refusal),
            },
            Some(LoadError::Put { source, .. }) => self.explain(source),
            Some(LoadError::Crowded { .. } | LoadError::Ledger(_)) | None => return,
        };
        if problem.code != ProblemCode::Internal {
            tracing::error!("{}: {} Remedy: {}", problem.code, problem.cause, problem.remedy);
        }
    }

    fn failing(&self, step: Step) -> Failing<'_> {
        Failing {
            step,
            context: &self.context,
            identity: None,
            challenge: &self.challenge,
        }
    }
}

/// Stands for the challenge file where none is named.
pub(crate) fn unnamed_challenge() -> ChallengeKey {
    ChallengeKey::parse("stitch-challenge-file-none").expect("four letters are allowed")
}
