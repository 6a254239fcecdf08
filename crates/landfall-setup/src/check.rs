//! The check: five steps that prove the access that loads need (setup-flow.md §6.2).

mod found;
pub(crate) mod information;
mod run;
pub(crate) mod survey;

use std::fmt;
use std::time::Duration;

use landfall_core::settings::ChallengeKey;
use landfall_core::time::Timestamp;

use self::run::Run;
pub use self::survey::{SURVEY_LIMIT, Survey};
use crate::catalogue::CheckProblem;
use crate::context::CheckContext;
use crate::probes::Probes;
use crate::report::CheckReport;
use crate::step::{Step, StepResult};

/// How long a check may take (management-api.md §6). The caller watches the time, and makes the report of a check
/// that it cut off with [`CheckReport::out_of_time`].
pub const CHECK_LIMIT: Duration = Duration::from_secs(120);

/// A check that can be run.
#[derive(Clone, Copy)]
pub struct Check<'a> {
    /// What is checked.
    pub context: &'a CheckContext,
    /// The challenge file. It never stands in the report.
    pub challenge: &'a ChallengeKey,
    /// The bucket.
    pub probes: &'a dyn Probes,
    /// The time since any fixed moment, to measure how long answers take.
    pub now: &'a (dyn Fn() -> Duration + Sync),
    /// This host's time, to compare with the store's.
    pub clock: &'a (dyn Fn() -> Timestamp + Sync),
}

/// What happens during a check, in order. Every step ends exactly once; steps that are not reached end as skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckEvent<'a> {
    /// A step begins.
    Started(Step),
    /// A step has ended, and failed if there is a problem.
    Ended {
        /// How.
        result: &'a StepResult,
        /// What is wrong.
        problem: Option<&'a CheckProblem>,
    },
}

impl Check<'_> {
    /// Runs the steps and tells `observe` of each as it begins and ends. The first failure ends the check, except that
    /// a 403 of `HeadBucket` is explained by the calls that follow. Does not fail: what is wrong is in the report.
    pub async fn run(&self, observe: &mut (dyn FnMut(CheckEvent<'_>) + Send)) -> CheckReport {
        Run::new(*self, observe).finish().await
    }
}

impl fmt::Debug for Check<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Check")
            .field("context", self.context)
            .field("probes", &self.probes)
            .finish_non_exhaustive()
    }
}
