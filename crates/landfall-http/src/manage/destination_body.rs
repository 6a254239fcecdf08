//! What may stand in the bodies that make and change destinations (management-api.md §5.2, §5.3): pure.

use landfall_catalog::{Pause, UnmappedSources};
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::Refusal;
use super::destination_rules::Problems;
use super::instant::is_timestamp;
use super::request::JsonBody;
use super::types::ReportCard;

pub(super) const LONGEST_NAME_CHARS: usize = 100;
pub(super) const LONGEST_DESCRIPTION_CHARS: usize = 1_000;

/// A body of `POST /v4/destinations`.
#[derive(Debug)]
pub(super) struct CreateBody<'a> {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) properties: &'a Map<String, Value>,
    pub(super) unmapped_sources: UnmappedSources,
}

impl<'a> CreateBody<'a> {
    pub(super) fn read(body: &'a JsonBody) -> Result<Self, Refusal> {
        let refusal = || {
            Refusal::text(
                "POST body may only include a type, a name, a description, map of properties, and boolean for \
                 unmapped sources",
            )
        };
        let keys = [
            "type",
            "name",
            "description",
            "properties",
            "ignore_unmapped_sources",
        ];
        let body = body.only(&keys).ok_or_else(refusal)?;
        let destination_type = body.get("type").and_then(Value::as_str).ok_or_else(refusal)?;
        let properties = body
            .get("properties")
            .and_then(Value::as_object)
            .ok_or_else(refusal)?;
        let name = optional_text(body.get("name")).ok_or_else(refusal)?;
        let description = optional_text(body.get("description")).ok_or_else(refusal)?;
        let unmapped_sources = match body.get("ignore_unmapped_sources") {
            None | Some(Value::Bool(false)) => UnmappedSources::Map,
            Some(Value::Bool(true)) => UnmappedSources::Leave,
            Some(_) => return Err(refusal()),
        };
        if destination_type != "s3" {
            let message = format!("invalid destination type ({destination_type})");
            return Err(Refusal::coded("InvalidType", &message));
        }
        check_texts(name, description)?;
        Ok(Self {
            name: name.map(str::to_owned),
            description: description.map(str::to_owned),
            properties,
            unmapped_sources,
        })
    }
}

/// A body of `PUT /v4/destinations/{id}`. What is absent stays.
#[derive(Debug)]
pub(super) struct UpdateBody<'a> {
    pub(super) name: Option<String>,
    pub(super) description: Option<Option<String>>,
    pub(super) properties: Option<&'a Map<String, Value>>,
    pub(super) pause: Option<Pause>,
}

impl<'a> UpdateBody<'a> {
    pub(super) fn read(body: &'a JsonBody) -> Result<Self, Refusal> {
        let refusal = || {
            Refusal::coded(
                "InvalidBody",
                "PUT body may only include properties, name, description, and paused_at",
            )
        };
        if body.0.get("type").is_some() {
            return Err(Refusal::text(
                "this API endpoint does not support modifying destination type",
            ));
        }
        let body = body
            .only(&["properties", "name", "description", "paused_at"])
            .ok_or_else(refusal)?;
        let name = match body.get("name") {
            None => None,
            Some(name) => Some(name.as_str().ok_or_else(refusal)?),
        };
        let description = match body.get("description") {
            None => None,
            given => Some(optional_text(given).ok_or_else(refusal)?),
        };
        let properties = match body.get("properties") {
            None => None,
            Some(properties) => Some(properties.as_object().ok_or_else(refusal)?),
        };
        check_texts(name, description.flatten())?;
        Ok(Self {
            name: name.map(str::to_owned),
            description: description.map(|text| text.map(str::to_owned)),
            properties,
            pause: read_pause(body.get("paused_at"))?,
        })
    }
}

/// The settings in a body of the old shape (management-api.md §5.4): `{"type":"s3","connection":{…}}`.
pub(super) fn read_connection(body: &JsonBody) -> Result<&Map<String, Value>, Refusal> {
    let connection = body.only(&["type", "connection"]).and_then(|body| {
        let is_s3 = body.get("type")? == "s3";
        body.get("connection")?.as_object().filter(|_| is_s3)
    });
    connection
        .ok_or_else(|| Refusal::text("body must be a map with type = s3. required-keys = type, connection"))
}

/// A text, or none where there is `null` or nothing; outer none for anything else.
fn optional_text(value: Option<&Value>) -> Option<Option<&str>> {
    match value {
        None | Some(Value::Null) => Some(None),
        Some(value) => value.as_str().map(Some),
    }
}

/// What `paused_at` asks for: any timestamp pauses now, `null` resumes (management-api.md §8.2).
pub(super) fn read_pause(value: Option<&Value>) -> Result<Option<Pause>, Refusal> {
    match value {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(Pause::Resume)),
        Some(Value::String(text)) if is_timestamp(text) => Ok(Some(Pause::Pause)),
        Some(_) => Err(Refusal::coded(
            "InvalidBody",
            "paused_at must be an ISO 8601 timestamp or null",
        )),
    }
}

/// The limits of setup-flow.md §3.1.
fn check_texts(name: Option<&str>, description: Option<&str>) -> Result<(), Refusal> {
    if let Some(name) = name
        && (name.trim().is_empty() || name.chars().count() > LONGEST_NAME_CHARS)
    {
        let message = format!("name must have 1 to {LONGEST_NAME_CHARS} characters");
        return Err(Refusal::coded("InvalidName", &message));
    }
    if description.is_some_and(|text| text.chars().count() > LONGEST_DESCRIPTION_CHARS) {
        let message = format!("description must have at most {LONGEST_DESCRIPTION_CHARS} characters");
        return Err(Refusal::coded("InvalidBody", &message));
    }
    Ok(())
}

/// The refusal of properties, with everything that is wrong (management-api.md §4.2).
pub(super) fn invalid_properties(problems: &Problems, report_card: ReportCard) -> Refusal {
    #[derive(Serialize)]
    struct Data<'a> {
        message: &'static str,
        bad_properties: Vec<&'a str>,
        errors: &'a std::collections::BTreeMap<String, Vec<String>>,
        report_card: ReportCard,
    }
    let errors = problems.by_property();
    Refusal::with_data(
        "InvalidProperties",
        Data {
            message: "properties do not match schema",
            bad_properties: errors.keys().map(String::as_str).collect(),
            errors,
            report_card,
        },
    )
}
