//! A destination as answers show it (management-api.md §5.1).

use std::collections::BTreeMap;

use landfall_catalog::{Destination, DestinationState, Standing};
use landfall_core::ids::ClientId;
use landfall_core::settings::ChallengeKey;
use landfall_setup::{CheckContext, CheckProblem};
use serde::Serialize;
use utoipa::ToSchema;

use super::destination_rules::{InstanceRules, settings_of};
use super::instant::Seconds;
use super::types::{Progress, ReportCard, destination_card};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DestinationObject<'a> {
    description: Option<&'a str>,
    properties: &'a BTreeMap<String, String>,
    updated_at: Seconds,
    name: &'a str,
    #[serde(rename = "type")]
    destination_type: &'static str,
    deleted_at: Option<Seconds>,
    system_paused_at: Option<Seconds>,
    stitch_client_id: u32,
    paused_at: Option<Seconds>,
    id: u32,
    display_name: Option<&'static str>,
    created_at: Seconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    check_job_name: Option<&'a str>,
    landfall_status: &'static str,
    /// Why nothing is loaded since `system_paused_at`, and when it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    landfall_failure: Option<FailureObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generated_sentinel_key: Option<&'a str>,
    report_card: ReportCard,
}

/// Why a destination fails: what the last load or check was refused with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DestinationFailureObject)]
struct FailureObject<'a> {
    code: &'a str,
    message: &'a str,
    cause: Option<String>,
    remedy: Option<String>,
    /// When it is checked again by itself; null while a user has it paused.
    next_check_at: Option<Seconds>,
}

impl<'a> FailureObject<'a> {
    fn of(destination: &'a Destination, rules: &InstanceRules) -> Option<Self> {
        let Some(Standing::Failing(failing)) = destination.state.standing() else {
            return None;
        };
        let fault = &failing.fault;
        let is_checked = matches!(destination.state, DestinationState::Live(_));
        let (cause, remedy) = explain(destination, rules).unzip();
        Some(Self {
            code: &fault.code,
            message: &fault.message,
            cause,
            remedy,
            next_check_at: is_checked.then_some(Seconds(failing.next_check_at)),
        })
    }
}

/// Cause and remedy of what the destination fails with: as the last check told them, if it was refused with the same.
fn explain(destination: &Destination, rules: &InstanceRules) -> Option<(String, String)> {
    let Some(Standing::Failing(failing)) = destination.state.standing() else {
        return None;
    };
    let fault = &failing.fault;
    let errors = destination.last_check.iter().flat_map(|check| &check.errors);
    let mut same = errors.filter(|error| error.code == fault.code && error.message == fault.message);
    if let Some(told) = same.next() {
        return Some((told.cause.clone(), told.remedy.clone()));
    }
    let settings = settings_of(&destination.properties, rules)?;
    let context = CheckContext::of_settings(&settings, None);
    let challenge = settings.sentinel_key.as_ref()?;
    let problem = CheckProblem::of_noted(&fault.code, &fault.message, &context, challenge)?;
    Some((problem.cause, problem.remedy))
}

impl<'a> DestinationObject<'a> {
    /// `generated` is the challenge name if the request that is answered made it: it is shown this once.
    pub(super) fn new(
        destination: &'a Destination,
        client: ClientId,
        generated: Option<&'a ChallengeKey>,
        rules: &InstanceRules,
    ) -> Self {
        let state = &destination.state;
        Self {
            description: destination.description.as_deref(),
            properties: destination.properties.open(),
            updated_at: Seconds(destination.updated_at),
            name: &destination.name,
            destination_type: "s3",
            deleted_at: state.deleted_at().map(Seconds),
            system_paused_at: state.system_paused_at().map(Seconds),
            stitch_client_id: client.as_u32(),
            paused_at: state.paused_at().map(Seconds),
            id: destination.id.as_u32(),
            display_name: None,
            created_at: Seconds(destination.created_at),
            check_job_name: destination.last_check.as_ref().map(|check| check.name.as_str()),
            landfall_status: state.as_str(),
            landfall_failure: FailureObject::of(destination, rules),
            generated_sentinel_key: generated.map(ChallengeKey::as_str),
            report_card: card_of(destination),
        }
    }
}

/// The set-up of a destination has come to its end when a check has succeeded once (management-api.md §3).
pub(super) fn card_of(destination: &Destination) -> ReportCard {
    let is_draft = matches!(destination.state.standing(), Some(Standing::Draft));
    let progress = if destination.verified_at.is_some() && !is_draft {
        Progress::Configured
    } else {
        Progress::Form
    };
    destination_card(progress, |name| destination.properties.is_set(name))
}
