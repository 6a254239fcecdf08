//! One run of a check, step by step.

use std::time::Duration;

use landfall_bucket::{BucketError, FaultKind, ObjectSummary, WriteProbe};

use crate::catalogue::{CheckProblem, Failing, Fields, ProblemCode};
use crate::check::{Check, CheckEvent, found};
use crate::context::{Place, SignIn};
use crate::principal::PrincipalArn;
use crate::probes::Identity;
use crate::report::CheckReport;
use crate::step::{Step, StepResult, StepStatus};
use crate::warning::{CheckWarning, WarningCode};

/// How many keys are listed to find a misnamed challenge file (setup-flow.md §6.2 step 3).
const LISTED_KEYS: usize = 10;
const FOLDER_PERMISSIONS: &str = "the folder's own permissions apply";
const HEAD_BUCKET_REFUSED: &str = "the bucket exists, although HeadBucket is refused";

/// A step failed and is in the report; the ones after it are not run.
struct Stopped;

pub(super) struct Run<'a, 'o> {
    check: Check<'a>,
    observe: &'o mut (dyn FnMut(CheckEvent<'_>) + Send),
    report: CheckReport,
    identity: Option<PrincipalArn>,
}

impl<'a, 'o> Run<'a, 'o> {
    pub(super) fn new(check: Check<'a>, observe: &'o mut (dyn FnMut(CheckEvent<'_>) + Send)) -> Self {
        Self {
            check,
            observe,
            report: CheckReport::new(&check.context.bucket),
            identity: None,
        }
    }

    pub(super) async fn finish(mut self) -> CheckReport {
        // How it went is in the report.
        let _ = self.steps().await;
        let ended = self.report.steps.len();
        for step in Step::ALL.into_iter().skip(ended) {
            self.end(step, StepStatus::Skipped, Some("not reached".to_owned()));
        }
        self.report
    }

    async fn steps(&mut self) -> Result<(), Stopped> {
        self.sign_in().await?;
        let listed = self.find_bucket().await?;
        self.find_challenge(&listed).await?;
        self.write().await
    }

    async fn sign_in(&mut self) -> Result<(), Stopped> {
        self.start(Step::Credentials);
        if self.check.context.sign_in == SignIn::TemporaryKeys {
            self.warn(WarningCode::StaticTemporaryCredentials, |fields| fields);
        }
        match self.check.probes.identity().await {
            Ok(Identity::Caller(caller)) => {
                self.identity = PrincipalArn::derive(Some(&caller.arn), None);
                self.compare_with_shown();
                let shown = self.identity.as_ref().map_or(caller.arn, ToString::to_string);
                self.end(Step::Credentials, StepStatus::Passed, Some(shown));
            }
            Ok(Identity::NoSts) => {
                let why = match self.check.context.place {
                    Place::Folder { .. } => FOLDER_PERMISSIONS,
                    Place::Store { .. } | Place::Aws => "not asked at stores; their own access rules apply",
                };
                self.end(Step::Credentials, StepStatus::Skipped, Some(why.to_owned()));
            }
            Err(refusal) if self.can_go_on_without_identity(&refusal) => {
                let raw_message = refusal.raw_message();
                self.warn(WarningCode::IdentityUnknown, |fields| {
                    fields.with("raw_message", &raw_message)
                });
                let why = match refusal.kind() {
                    FaultKind::Connect | FaultKind::Tls | FaultKind::Timeout => "STS did not answer",
                    _ => "STS answered, but not whose identity is used",
                };
                self.end(Step::Credentials, StepStatus::Skipped, Some(why.to_owned()));
            }
            Err(refusal) => return Err(self.fail(Step::Credentials, &refusal)),
        }
        Ok(())
    }

    /// Hosts may reach S3 and not STS. Where a role is assumed, nothing works without it (setup-flow.md §6.1).
    fn can_go_on_without_identity(&self, refusal: &BucketError) -> bool {
        let is_about_sts = matches!(
            refusal.kind(),
            FaultKind::Connect
                | FaultKind::Tls
                | FaultKind::Timeout
                | FaultKind::Throttled
                | FaultKind::ServerError
                | FaultKind::AccessDenied
                | FaultKind::Forbidden
        );
        is_about_sts && !matches!(self.check.context.sign_in, SignIn::AssumeRole { .. })
    }

    /// The principal that was shown may know the path of the role, which the session does not tell.
    fn compare_with_shown(&mut self) {
        let shown = self.check.context.shown_principal.as_ref();
        let (Some(shown), Some(in_use)) = (shown, &self.identity) else {
            return;
        };
        if !shown.may_be(in_use) {
            self.warn(WarningCode::PrincipalMismatch, |fields| {
                fields.with("shown_principal", shown.as_str())
            });
        } else if shown.kind() == in_use.kind() {
            self.identity = Some(shown.clone());
        }
    }

    /// Steps 2 and 3: the outcome of `HeadBucket`, if that is a bare 403, waits for the words of `ListObjectsV2`.
    async fn find_bucket(&mut self) -> Result<Vec<ObjectSummary>, Stopped> {
        self.start(Step::HeadBucket);
        let began = self.begin();
        let answer = self.check.probes.head_bucket().await;
        self.measure(&began);
        match answer {
            Ok(facts) => self.end(Step::HeadBucket, StepStatus::Passed, facts.region),
            // `HEAD` has no words, also where the token has ended (400).
            Err(refusal) if is_denial(&refusal) || *refusal.kind() == FaultKind::BadRequest => {
                return self.explain_refused_bucket(&refusal).await;
            }
            Err(refusal) => return Err(self.fail(Step::HeadBucket, &refusal)),
        }
        self.start(Step::ListBucket);
        match self.list().await {
            Ok(listed) => {
                self.end(Step::ListBucket, StepStatus::Passed, self.permissions_detail());
                Ok(listed)
            }
            Err(refusal) => Err(self.fail(Step::ListBucket, &refusal)),
        }
    }

    async fn explain_refused_bucket(&mut self, refusal: &BucketError) -> Result<Vec<ObjectSummary>, Stopped> {
        let reason = match self.list().await {
            Ok(listed) => {
                self.pass_refused_bucket();
                self.start(Step::ListBucket);
                self.end(Step::ListBucket, StepStatus::Passed, self.permissions_detail());
                return Ok(listed);
            }
            Err(reason) if is_denial(&reason) => reason,
            Err(reason) => return Err(self.fail(Step::HeadBucket, &reason)),
        };
        // HeadBucket asks for s3:ListBucket too. If objects can be looked at, that is all that is missing.
        let can_look_at_objects = self
            .check
            .probes
            .head(self.check.challenge.as_str())
            .await
            .is_ok();
        if can_look_at_objects {
            self.pass_refused_bucket();
            self.start(Step::ListBucket);
            return Err(self.fail(Step::ListBucket, &reason));
        }
        let mut problem = CheckProblem::of_error(&reason, &self.failing(Step::HeadBucket));
        if !matches!(self.check.context.place, Place::Folder { .. }) {
            problem.raw_message = refusal.raw_message();
        }
        Err(self.fail_with(problem))
    }

    fn pass_refused_bucket(&mut self) {
        let detail = HEAD_BUCKET_REFUSED.to_owned();
        self.end(Step::HeadBucket, StepStatus::Passed, Some(detail));
    }

    async fn find_challenge(&mut self, listed: &[ObjectSummary]) -> Result<(), Stopped> {
        self.start(Step::HeadChallenge);
        let challenge = self.check.challenge;
        let began = self.begin();
        let answer = self.check.probes.head(challenge.as_str()).await;
        self.measure(&began);
        match answer {
            Ok(Some(facts)) => {
                if facts.size_bytes > 0 {
                    let size_bytes = facts.size_bytes.to_string();
                    self.warn(WarningCode::ChallengeNotEmpty, |fields| {
                        fields.with("size_bytes", &size_bytes)
                    });
                }
                self.end(Step::HeadChallenge, StepStatus::Passed, None);
                Ok(())
            }
            Ok(None) => {
                let found = found::instead_of(challenge, listed);
                let problem = CheckProblem::missing_challenge(&found, &self.failing(Step::HeadChallenge));
                Err(self.fail_with(problem))
            }
            Err(refusal) => Err(self.fail(Step::HeadChallenge, &refusal)),
        }
    }

    async fn write(&mut self) -> Result<(), Stopped> {
        self.start(Step::WriteProbe);
        match self.check.probes.probe_write(self.check.challenge.as_str()).await {
            Ok(WriteProbe::Clean) => {}
            Ok(WriteProbe::AbortFailed(refusal)) => {
                let raw_message = refusal.raw_message();
                self.warn(WarningCode::AbortFailed, |fields| {
                    fields.with("raw_message", &raw_message)
                });
            }
            Err(refusal) => return Err(self.fail(Step::WriteProbe, &refusal)),
        }
        self.end(Step::WriteProbe, StepStatus::Passed, self.permissions_detail());
        Ok(())
    }

    async fn list(&mut self) -> Result<Vec<ObjectSummary>, BucketError> {
        let prefix = self.check.challenge.as_str();
        self.check.probes.list(prefix, LISTED_KEYS).await
    }

    /// Folders have no policy that could be granted.
    fn permissions_detail(&self) -> Option<String> {
        let is_folder = matches!(self.check.context.place, Place::Folder { .. });
        is_folder.then(|| FOLDER_PERMISSIONS.to_owned())
    }

    fn begin(&self) -> Began {
        Began {
            at: (self.check.now)(),
            clock_ms: (self.check.clock)().as_millis(),
        }
    }

    /// Of a call that has just been answered: how long it took, and what it says about the clocks.
    fn measure(&mut self, began: &Began) {
        if matches!(self.check.context.place, Place::Folder { .. }) {
            return;
        }
        let facts = &mut self.report.facts;
        let took = (self.check.now)().saturating_sub(began.at);
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        facts.latency_ms = Some(facts.latency_ms.map_or(took_ms, |fastest| fastest.min(took_ms)));
        if let Some(seconds) = self.check.probes.last_answer_seconds() {
            let ended_ms = (self.check.clock)().as_millis();
            facts.clock_ahead_ms = Some(ahead_ms(began.clock_ms, ended_ms, seconds));
        }
    }

    fn failing(&self, step: Step) -> Failing<'_> {
        Failing {
            step,
            context: self.check.context,
            identity: self.identity.as_ref(),
            challenge: self.check.challenge,
        }
    }

    fn start(&mut self, step: Step) {
        (self.observe)(CheckEvent::Started(step));
    }

    fn end(&mut self, step: Step, status: StepStatus, detail: Option<String>) {
        let result = StepResult { step, status, detail };
        let problem = self.report.errors.iter().find(|problem| problem.step == step);
        (self.observe)(CheckEvent::Ended {
            result: &result,
            problem,
        });
        self.report.steps.push(result);
    }

    fn fail(&mut self, step: Step, refusal: &BucketError) -> Stopped {
        let problem = CheckProblem::of_error(refusal, &self.failing(step));
        self.fail_with(problem)
    }

    fn fail_with(&mut self, problem: CheckProblem) -> Stopped {
        let step = problem.step;
        let is_about_keys = matches!(
            problem.code,
            ProblemCode::InvalidAccessKey
                | ProblemCode::BadSecret
                | ProblemCode::ExpiredCredentials
                | ProblemCode::InvalidSessionToken
        );
        if is_about_keys {
            // Nobody can be asked with such keys who they belong to.
            self.report
                .warnings
                .retain(|warning| warning.code != WarningCode::IdentityUnknown);
        }
        self.report.fail(problem);
        self.end(step, StepStatus::Failed, None);
        Stopped
    }

    fn warn(&mut self, code: WarningCode, complete: impl FnOnce(Fields) -> Fields) {
        let fields = complete(Fields::new(&self.failing(Step::Credentials)));
        let message = fields.fill(code.template());
        let message = message.replace(self.check.challenge.as_str(), "<challenge file>");
        self.report.warnings.push(CheckWarning { code, message });
    }
}

/// When a call began, by both clocks.
struct Began {
    at: Duration,
    clock_ms: i64,
}

/// By how much our clock is at least ahead of the store's, whose `Date` was somewhere within its second, and which
/// answered at some point between the beginning and the end of the call.
fn ahead_ms(began_ms: i64, ended_ms: i64, store_seconds: i64) -> i64 {
    let store_ms = store_seconds.saturating_mul(1000);
    let (least, most) = (began_ms - store_ms - 1000, ended_ms - store_ms);
    if least > 0 {
        least
    } else if most < 0 {
        most
    } else {
        0
    }
}

fn is_denial(refusal: &BucketError) -> bool {
    matches!(refusal.kind(), FaultKind::Forbidden | FaultKind::AccessDenied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_agree_unless_the_call_cannot_explain_the_difference() {
        let cases = [
            ((10_000, 10_050, 10), 0),
            ((10_999, 11_100, 10), 0),
            ((11_500, 11_600, 10), 500),
            ((9_000, 9_400, 10), -600),
            ((9_000, 12_000, 10), 0),
            ((610_000, 610_100, 10), 599_000),
        ];
        for ((began_ms, ended_ms, store_seconds), expected) in cases {
            assert_eq!(
                ahead_ms(began_ms, ended_ms, store_seconds),
                expected,
                "{began_ms} to {ended_ms}, the store said {store_seconds}"
            );
        }
    }
}
