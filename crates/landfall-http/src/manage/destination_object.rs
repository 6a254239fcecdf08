//! A destination as answers show it (management-api.md §5.1).

use std::collections::BTreeMap;

use landfall_catalog::{Destination, Standing};
use landfall_core::ids::ClientId;
use landfall_core::settings::ChallengeKey;
use serde::Serialize;
use utoipa::ToSchema;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    generated_sentinel_key: Option<&'a str>,
    report_card: ReportCard,
}

impl<'a> DestinationObject<'a> {
    /// `generated` is the challenge name if the request that is answered made it: it is shown this once.
    pub(super) fn new(
        destination: &'a Destination,
        client: ClientId,
        generated: Option<&'a ChallengeKey>,
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
