//! A source as answers show it (management-api.md §8.1).

use std::collections::BTreeMap;

use landfall_catalog::Source;
use landfall_core::ids::{ClientId, DestinationId};
use serde::Serialize;
use utoipa::ToSchema;

use super::instant::Seconds;
use super::types::{ReportCard, source_card};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SourceObject<'a> {
    properties: &'a BTreeMap<String, String>,
    updated_at: Seconds,
    /// Only taps have one.
    schedule: Option<&'static str>,
    name: &'a str,
    #[serde(rename = "type")]
    source_type: String,
    deleted_at: Option<Seconds>,
    system_paused_at: Option<Seconds>,
    stitch_client_id: u32,
    paused_at: Option<Seconds>,
    id: u32,
    display_name: &'a str,
    created_at: Seconds,
    destination_id: Option<u32>,
    /// While `destination_id` is null: the one it was taken off. Any other one pauses it (ext).
    #[serde(skip_serializing_if = "Option::is_none")]
    left_destination_id: Option<u32>,
    report_card: ReportCard,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_url: Option<&'a str>,
}

impl<'a> SourceObject<'a> {
    pub(super) fn new(source: &'a Source, client: ClientId) -> Self {
        Self {
            properties: &source.properties,
            updated_at: Seconds(source.updated_at),
            schedule: None,
            name: &source.name,
            source_type: source.source_type.to_string(),
            deleted_at: source.deleted_at.map(Seconds),
            system_paused_at: source.system_paused_at.map(Seconds),
            stitch_client_id: client.as_u32(),
            paused_at: source.paused_at.map(Seconds),
            id: source.id.as_u32(),
            display_name: &source.display_name,
            created_at: Seconds(source.created_at),
            destination_id: source.destination.map(DestinationId::as_u32),
            left_destination_id: source.left_destination.map(DestinationId::as_u32),
            report_card: card_of(source),
            webhook_url: None,
        }
    }

    /// With the URL that was just made: it is shown this once.
    pub(super) fn with_url(self, url: &'a str) -> Self {
        Self {
            webhook_url: Some(url),
            ..self
        }
    }
}

pub(super) fn card_of(source: &Source) -> ReportCard {
    source_card(&source.source_type, |name| source.properties.contains_key(name))
}
