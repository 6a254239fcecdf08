//! What may stand in the bodies that make and change sources (management-api.md §8.2, §8.3): pure.

use std::collections::{BTreeMap, BTreeSet};

use landfall_catalog::{Mapping, NewSource, Source, SourceChange, SourceType};
use landfall_core::ids::DestinationId;
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::Refusal;
use super::destination_body::read_pause;
use super::request::JsonBody;
use super::source_object::card_of;
use super::source_rules::{derive_name, is_name, merge, source_name};
use super::types::{ReportCard, source_card, source_properties};

/// Where the name of a new source comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameOrigin {
    Given,
    Derived,
}

/// A body of `POST /v4/sources`.
#[derive(Debug)]
pub(super) struct CreateBody {
    pub(super) new: NewSource,
    pub(super) name_origin: NameOrigin,
}

impl CreateBody {
    pub(super) fn read(body: &JsonBody) -> Result<Self, Refusal> {
        let refusal = || {
            Refusal::coded(
                "InvalidBody",
                "POST body may only include a non-empty type, a non-empty display_name and map of string properties",
            )
        };
        let keys = ["type", "display_name", "properties", "destination_id", "name"];
        let body = body.only(&keys).ok_or_else(refusal)?;
        let text = |key: &str| {
            body.get(key)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let spelling = text("type").ok_or_else(refusal)?;
        let display_name = text("display_name").ok_or_else(refusal)?;
        let nothing = Map::new();
        let given = match body.get("properties") {
            None => &nothing,
            Some(properties) => properties.as_object().ok_or_else(refusal)?,
        };
        let mapping = match read_destination(body.get("destination_id")).ok_or_else(refusal)? {
            None => Mapping::OnlyDestination,
            Some(None) => Mapping::Nowhere,
            Some(Some(id)) => Mapping::To(id),
        };
        let source_type = SourceType::from_spelling(spelling)
            .filter(|source_type| source_properties(source_type).is_some())
            .ok_or_else(|| Refusal::coded("InvalidType", &format!("invalid source type ({spelling})")))?;
        let (name, name_origin) = read_name(body.get("name"), display_name)?;
        let properties = merge(&source_type, &BTreeMap::new(), given)
            .map_err(|bad| invalid_properties(&bad, source_card(&source_type, |_| false)))?;
        let new = NewSource {
            source_type,
            name,
            display_name: display_name.to_owned(),
            properties,
            mapping,
        };
        Ok(Self { new, name_origin })
    }
}

fn read_name(given: Option<&Value>, display_name: &str) -> Result<(String, NameOrigin), Refusal> {
    if let Some(given) = given {
        let name = given.as_str().filter(|name| is_name(name));
        let name = name.ok_or_else(|| {
            Refusal::coded(
                "InvalidName",
                "The name field must be under 50 characters, and can only contain lowercase letters, numbers, \
                 underscores, or dollar signs. It must begin with a letter or an underscore.",
            )
        })?;
        return Ok((name.to_owned(), NameOrigin::Given));
    }
    if let Ok(name) = source_name(display_name) {
        Ok((name, NameOrigin::Derived))
    } else {
        let name = derive_name(display_name);
        let message = format!("invalid name after deriving it from display_name ({display_name} -> {name})");
        Err(Refusal::coded("InvalidDisplayName", &message))
    }
}

/// What `destination_id` says: nothing, nowhere, or there; outer none for anything else.
fn read_destination(value: Option<&Value>) -> Option<Option<Option<DestinationId>>> {
    match value {
        None => Some(None),
        Some(Value::Null) => Some(Some(None)),
        Some(value) => {
            let number = u32::try_from(value.as_u64()?).ok()?;
            Some(Some(Some(DestinationId::new(number))))
        }
    }
}

/// Reads a body of `PUT /v4/sources/{id}`.
pub(super) fn read_change(body: &JsonBody, stored: &Source) -> Result<SourceChange, Refusal> {
    let refusal = || {
        // "many" is Stitch's spelling.
        Refusal::coded(
            "InvalidBody",
            "PUT body many only include the keys: display_name, properties, and paused_at",
        )
    };
    let keys = ["display_name", "properties", "paused_at", "destination_id"];
    let body = body.only(&keys).ok_or_else(refusal)?;
    let properties = match body.get("properties") {
        None => None,
        Some(given) => {
            let given = given.as_object().ok_or_else(refusal)?;
            let merged = merge(&stored.source_type, &stored.properties, given);
            Some(merged.map_err(|bad| invalid_properties(&bad, card_of(stored)))?)
        }
    };
    Ok(SourceChange {
        display_name: body.get("display_name").map(read_display_name).transpose()?,
        properties,
        pause: read_pause(body.get("paused_at"))?,
        destination: read_destination(body.get("destination_id")).ok_or_else(refusal)?,
    })
}

fn read_display_name(value: &Value) -> Result<String, Refusal> {
    let shown = match value {
        Value::String(text) if !text.trim().is_empty() => return Ok(text.clone()),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let message = format!("invalid display_name ({shown})");
    Err(Refusal::coded("InvalidDisplayName", &message))
}

fn invalid_properties(bad: &BTreeSet<String>, report_card: ReportCard) -> Refusal {
    #[derive(Serialize)]
    struct Data<'a> {
        message: &'static str,
        bad_properties: &'a BTreeSet<String>,
        report_card: ReportCard,
    }
    Refusal::with_data(
        "InvalidProperties",
        Data {
            message: "properties do not match schema",
            bad_properties: bad,
            report_card,
        },
    )
}
