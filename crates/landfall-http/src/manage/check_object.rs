//! A connection check as answers show it (management-api.md §6), and what its outcome means.

use std::time::Duration;

use landfall_catalog::{AccessFault, CheckError, CheckWarning, ConnectionCheck, LONGEST_CHECK, Verdict};
use landfall_core::time::Timestamp;
use landfall_setup::{CheckProblem, CheckReport, ProblemCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::instant::Seconds;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckObject<'a> {
    target_exit_status: Option<u8>,
    tap_error_message: Option<&'a str>,
    check_exit_status: Option<u8>,
    name: &'a str,
    start_time: Seconds,
    mode: &'static str,
    tap_exit_status: Option<u8>,
    target_error_message: Option<&'a str>,
    discovery_exit_status: Option<u8>,
    status: &'static str,
    completion_time: Option<Seconds>,
    error: bool,
    discovery_error_message: Option<&'a str>,
    errors: Vec<ErrorObject<'a>>,
    warnings: Vec<WarningObject<'a>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CheckErrorObject)]
struct ErrorObject<'a> {
    code: &'a str,
    step: &'a str,
    message: &'a str,
    cause: &'a str,
    remedy: &'a str,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CheckWarningObject)]
struct WarningObject<'a> {
    code: &'a str,
    message: &'a str,
}

impl<'a> CheckObject<'a> {
    pub(super) fn new(check: &'a ConnectionCheck) -> Self {
        let (status, exit_status) = match (check.completed_at, check.errors.is_empty()) {
            (None, _) => ("running", None),
            (Some(_), true) => ("succeeded", Some(0)),
            (Some(_), false) => ("failed", Some(1)),
        };
        let error = |error: &'a CheckError| ErrorObject {
            code: &error.code,
            step: &error.step,
            message: &error.message,
            cause: &error.cause,
            remedy: &error.remedy,
        };
        let warning = |warning: &'a CheckWarning| WarningObject {
            code: &warning.code,
            message: &warning.message,
        };
        Self {
            target_exit_status: None,
            tap_error_message: None,
            check_exit_status: exit_status,
            name: &check.name,
            start_time: Seconds(check.started_at),
            mode: "check",
            tap_exit_status: None,
            target_error_message: None,
            discovery_exit_status: exit_status,
            status,
            completion_time: check.completed_at.map(Seconds),
            error: exit_status == Some(1),
            discovery_error_message: check.errors.first().map(|error| error.message.as_str()),
            errors: check.errors.iter().map(error).collect(),
            warnings: check.warnings.iter().map(warning).collect(),
        }
    }
}

/// The check as it stands at `now`: one that a crash cut off has failed by then (management-api.md §6).
pub(super) fn as_of(check: ConnectionCheck, now: Timestamp) -> ConnectionCheck {
    let ends_at = after(check.started_at, LONGEST_CHECK);
    if check.completed_at.is_some() || now < ends_at {
        return check;
    }
    let error = CheckError {
        code: ProblemCode::Timeout.as_str().to_owned(),
        step: "credentials".to_owned(),
        message: "Connection timed out.".to_owned(),
        cause: "The check was cut off before it came to its end.".to_owned(),
        remedy: "Start another check.".to_owned(),
    };
    ConnectionCheck {
        completed_at: Some(ends_at),
        errors: vec![error],
        ..check
    }
}

fn after(at: Timestamp, by: Duration) -> Timestamp {
    let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(at.as_millis().saturating_add(millis))
}

/// What the outcome of a check means for the state of the destination (setup-flow.md §8).
pub(super) fn verdict_of(report: &CheckReport) -> Verdict {
    match report.errors.first() {
        None => Verdict::Succeeded,
        Some(problem) if is_transient(problem.code) => Verdict::Transient,
        Some(problem) => Verdict::Failed(AccessFault {
            code: problem.code.as_str().to_owned(),
            message: problem.raw_message.clone(),
        }),
    }
}

/// Server errors, throttling, time-outs and missing connections pass by themselves, and so do faults of Landfall.
fn is_transient(code: ProblemCode) -> bool {
    matches!(
        code,
        ProblemCode::EndpointUnreachable
            | ProblemCode::Timeout
            | ProblemCode::Throttled
            | ProblemCode::ServerError
            | ProblemCode::Internal
    )
}

/// The check that was begun, with the outcome it came to.
pub(super) fn completed(begun: &ConnectionCheck, report: &CheckReport, at: Timestamp) -> ConnectionCheck {
    let error = |problem: &CheckProblem| CheckError {
        code: problem.code.as_str().to_owned(),
        step: problem.step.as_str().to_owned(),
        message: problem.raw_message.clone(),
        cause: problem.cause.clone(),
        remedy: problem.remedy.clone(),
    };
    let warning = |warning: &landfall_setup::CheckWarning| CheckWarning {
        code: warning.code.as_str().to_owned(),
        message: warning.message.clone(),
    };
    ConnectionCheck {
        completed_at: Some(at),
        errors: report.errors.iter().map(error).collect(),
        warnings: report.warnings.iter().map(warning).collect(),
        ..begun.clone()
    }
}
