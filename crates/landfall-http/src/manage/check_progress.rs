//! How far a connection check has come: kept in memory, told to whoever watches.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use landfall_catalog::ConnectionCheck;
use landfall_core::ids::DestinationId;
use landfall_setup::{CheckReport, Step, StepResult, StepStatus};
use serde::Serialize;
use utoipa::ToSchema;

/// The steps of one check. Whoever makes the check tells it of each step; clones are the same check.
#[derive(Debug, Clone, Default)]
pub struct CheckProgress {
    steps: Arc<Mutex<Steps>>,
}

#[derive(Debug, Default)]
struct Steps {
    /// Name of the check.
    check: String,
    begun: Option<Step>,
    ended: Vec<StepResult>,
}

/// What a bucket is, as far as words about it differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BucketKind {
    Store,
    Folder,
}

impl BucketKind {
    const fn title(self, step: Step) -> &'static str {
        match self {
            Self::Store => step.title(),
            Self::Folder => step.title_in_folder(),
        }
    }
}

/// A step as answers show it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CheckStepObject)]
pub(super) struct StepObject {
    step: &'static str,
    title: &'static str,
    /// `waiting`, `running`, `passed`, `failed` or `skipped`.
    status: &'static str,
    detail: Option<String>,
}

impl CheckProgress {
    fn of(check: &str) -> Self {
        let progress = Self::default();
        check.clone_into(&mut progress.lock().check);
        progress
    }

    /// A step begins.
    pub fn begin(&self, step: Step) {
        self.lock().begun = Some(step);
    }

    /// A step has ended.
    pub fn end(&self, result: &StepResult) {
        let mut steps = self.lock();
        steps.begun = None;
        steps.ended.retain(|known| known.step != result.step);
        steps.ended.push(result.clone());
    }

    /// The check is over.
    pub(super) fn settle(&self, report: &CheckReport) {
        report.steps.iter().for_each(|result| self.end(result));
    }

    /// How a step stands, and what was found.
    fn standing(&self, step: Step) -> Option<(&'static str, Option<String>)> {
        let steps = self.lock();
        if let Some(result) = steps.ended.iter().find(|result| result.step == step) {
            return Some((word(result.status), result.detail.clone()));
        }
        (steps.begun == Some(step)).then_some(("running", None))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Steps> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last check of each destination that was checked since the start.
#[derive(Debug, Clone, Default)]
pub(super) struct CheckProgresses(Arc<Mutex<HashMap<DestinationId, CheckProgress>>>);

impl CheckProgresses {
    /// A check begins.
    pub(super) fn start(&self, id: DestinationId, check: &str) -> CheckProgress {
        let progress = CheckProgress::of(check);
        self.lock().insert(id, progress.clone());
        progress
    }

    /// The five steps of a check: as they were seen, or else as its outcome tells.
    pub(super) fn steps(
        &self,
        id: DestinationId,
        check: &ConnectionCheck,
        kind: BucketKind,
    ) -> Vec<StepObject> {
        let seen = self.lock().get(&id).cloned();
        let seen = seen.filter(|seen| seen.lock().check == check.name);
        let told = told_by(check);
        let steps = Step::ALL.into_iter().zip(told);
        steps
            .map(|(step, told)| {
                let seen = seen.as_ref().and_then(|seen| seen.standing(step));
                let (status, detail) = seen.unwrap_or((told, None));
                StepObject {
                    step: step.as_str(),
                    title: kind.title(step),
                    status,
                    detail,
                }
            })
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<DestinationId, CheckProgress>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn word(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Passed => "passed",
        StepStatus::Failed => "failed",
        StepStatus::Skipped => "skipped",
    }
}

/// What the outcome says of the steps: those before the one that failed had passed.
fn told_by(check: &ConnectionCheck) -> [&'static str; 5] {
    let failed = check.errors.first().map(|error| error.step.as_str());
    let failed = failed.and_then(|failed| Step::ALL.iter().position(|step| step.as_str() == failed));
    std::array::from_fn(|at| match (check.completed_at, failed) {
        (None, _) => "waiting",
        (Some(_), None) => "passed",
        (Some(_), Some(failed)) => match at.cmp(&failed) {
            std::cmp::Ordering::Less => "passed",
            std::cmp::Ordering::Equal => "failed",
            std::cmp::Ordering::Greater => "skipped",
        },
    })
}

#[cfg(test)]
mod tests {
    use landfall_catalog::CheckError;
    use landfall_core::time::Timestamp;

    use super::*;

    fn statuses(steps: &[StepObject]) -> Vec<&'static str> {
        steps.iter().map(|step| step.status).collect()
    }

    #[test]
    fn steps_are_told_as_they_were_seen_or_as_the_outcome_says() {
        let id = DestinationId::new(1);
        let mut check = ConnectionCheck {
            name: "1.1.check.a".to_owned(),
            started_at: Timestamp::from_millis(0),
            completed_at: None,
            errors: Vec::new(),
            warnings: Vec::new(),
        };
        let known = CheckProgresses::default();
        assert_eq!(
            statuses(&known.steps(id, &check, BucketKind::Store)),
            ["waiting"; 5]
        );
        let progress = known.start(id, &check.name);
        progress.begin(Step::Credentials);
        assert_eq!(known.steps(id, &check, BucketKind::Store)[0].status, "running");
        progress.end(&StepResult {
            step: Step::Credentials,
            status: StepStatus::Skipped,
            detail: Some("why".to_owned()),
        });
        progress.begin(Step::HeadBucket);
        let steps = known.steps(id, &check, BucketKind::Store);
        assert_eq!(
            statuses(&steps),
            ["skipped", "running", "waiting", "waiting", "waiting"]
        );
        assert_eq!(steps[0].detail.as_deref(), Some("why"));

        check.name = "1.1.check.b".to_owned();
        check.completed_at = Some(Timestamp::from_millis(1));
        assert_eq!(
            statuses(&known.steps(id, &check, BucketKind::Store)),
            ["passed"; 5]
        );
        check.errors.push(CheckError {
            code: "no_such_bucket".to_owned(),
            step: "head_bucket".to_owned(),
            message: String::new(),
            cause: String::new(),
            remedy: String::new(),
        });
        let steps = known.steps(id, &check, BucketKind::Store);
        assert_eq!(
            statuses(&steps),
            ["passed", "failed", "skipped", "skipped", "skipped"]
        );
    }
}
