//! Kills the server right after a durable step, so that tests meet the moments which random kills rarely do.
//!
//! Debug builds alone have this: a release build neither knows the variable nor holds the code.
//!
//! `LANDFALL_TEST_KILL_AFTER=committed:2` ends the process by SIGKILL, as a power cut or the kernel would, when a load
//! was committed for the second time since it started. The names are those of [`Step::name`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use async_trait::async_trait;
use landfall_load::service::{Step, Steps, Uninterrupted};
use rustix::process::{Signal, getpid, kill_process};

use crate::environment::variable;

const VARIABLE: &str = "LANDFALL_TEST_KILL_AFTER";

/// Ends the process at one of its steps.
#[derive(Debug)]
struct KillPoint {
    step: Step,
    /// How many more times the step is let pass.
    left: AtomicU64,
}

/// What the environment asks for: nothing, as a rule.
///
/// # Errors
/// It asks for a step that there is not.
pub(super) fn of_environment() -> anyhow::Result<Arc<dyn Steps>> {
    match variable(VARIABLE) {
        None => Ok(Arc::new(Uninterrupted)),
        Some(text) => {
            let point = KillPoint::parse(&text);
            Ok(Arc::new(point.with_context(|| {
                format!("{VARIABLE} is {text:?}: give a step and a number from 1, such as opened:1")
            })?))
        }
    }
}

impl KillPoint {
    fn parse(text: &str) -> Option<Self> {
        let (name, count) = text.split_once(':')?;
        let step = Step::ALL.into_iter().find(|step| step.name() == name)?;
        let left: u64 = count.parse().ok()?;
        Some(Self {
            step,
            left: AtomicU64::new(left.checked_sub(1)?),
        })
    }
}

#[async_trait]
impl Steps for KillPoint {
    async fn done(&self, step: Step) {
        let passes = |left: u64| left.checked_sub(1);
        let is_let_pass = step != self.step
            || self
                .left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, passes)
                .is_ok();
        if is_let_pass {
            return;
        }
        // Whatever this says, nothing must come after the step.
        let _ = kill_process(getpid(), Signal::KILL);
        std::future::pending().await
    }
}
