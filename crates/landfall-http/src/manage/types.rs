//! Report cards, and the types of destinations and sources that they describe (management-api.md §3, §4, §7).

use axum::extract::Path;
use landfall_catalog::SourceType;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, Refusal, ok};

/// What is known of a property.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) is_required: bool,
    is_credential: bool,
    property_type: &'static str,
    schema: Schema,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = ValueSchema)]
struct Schema {
    #[serde(rename = "type")]
    value_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static str>,
}

const TEXT: Schema = Schema {
    value_type: "string",
    pattern: None,
    format: None,
};

const fn pattern(pattern: &'static str) -> Schema {
    Schema {
        pattern: Some(pattern),
        ..TEXT
    }
}

impl Property {
    const fn user(name: &'static str, schema: Schema) -> Self {
        Self {
            name,
            is_required: false,
            is_credential: false,
            property_type: "user_provided",
            schema,
        }
    }

    const fn advanced(name: &'static str, schema: Schema) -> Self {
        Self {
            property_type: "user_provided_advanced",
            ..Self::user(name, schema)
        }
    }

    const fn required(self) -> Self {
        Self {
            is_required: true,
            ..self
        }
    }

    const fn credential(self) -> Self {
        Self {
            is_credential: true,
            ..self
        }
    }
}

const BOOLEAN: Schema = pattern("^(true|false)$");
const URI: Schema = Schema {
    format: Some("uri"),
    ..TEXT
};

/// The form of a destination (management-api.md §4.1).
pub(super) const DESTINATION_PROPERTIES: [Property; 17] = [
    Property::advanced("aws_access_key_id", TEXT).credential(),
    Property::advanced("aws_auth_mode", pattern("^(ambient|assume_role|static)$")),
    Property::advanced("aws_external_id", pattern("^[A-Za-z0-9+=,.@:/_-]{2,1224}$")),
    Property::advanced("aws_role_arn", pattern("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$")),
    Property::advanced("aws_secret_access_key", TEXT).credential(),
    Property::advanced("aws_session_token", TEXT).credential(),
    Property::user("csv_delimiter", TEXT),
    Property::user("csv_force_quote", BOOLEAN),
    Property::user("output_file_format", pattern("^(csv|jsonl)$")).required(),
    Property::user("s3_bucket", TEXT).required(),
    Property::advanced("s3_endpoint_url", URI),
    Property::advanced("s3_force_path_style", BOOLEAN),
    Property::user("s3_key_format_string", TEXT).required(),
    Property::advanced("s3_kms_key_id", TEXT),
    Property::advanced("s3_region", pattern("^[a-z0-9-]{1,32}$")),
    Property::advanced("s3_server_side_encryption", pattern("^(none|AES256|aws:kms)$")),
    Property {
        property_type: "system_provided_by_default",
        ..Property::user("sentinel_key", pattern("^stitch-challenge-file-.*$"))
            .required()
            .credential()
    },
];

/// Field that holds the key of a webhook's records.
pub(super) const WEBHOOK_PRIMARY_KEY: &str = "webhookz_primary_key";

const WEBHOOK_PROPERTIES: [Property; 1] = [Property {
    property_type: "user_provided_immutable",
    ..Property::user(WEBHOOK_PRIMARY_KEY, TEXT)
}];

/// What is still needed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportCard {
    #[serde(rename = "type")]
    card_type: String,
    current_step: usize,
    current_step_type: &'static str,
    steps: [Step; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportCardStep)]
struct Step {
    #[serde(rename = "type")]
    step_type: &'static str,
    properties: Vec<PropertyCard>,
}

#[derive(Debug, Serialize, ToSchema)]
struct PropertyCard {
    name: &'static str,
    is_required: bool,
    is_credential: bool,
    system_provided: bool,
    property_type: &'static str,
    json_schema: Schema,
    provided: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    tap_mutable: Option<bool>,
}

/// What is told of a type. Destinations have no schedule and no image.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportCardDetails)]
struct Details {
    pricing_tier: &'static str,
    pipeline_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_start_date: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_scheduling_interval: Option<u32>,
    protocol: &'static str,
    access: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_version: Option<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SourceTypeCard {
    #[serde(flatten)]
    card: ReportCard,
    upgrade_available: Option<bool>,
}

/// How far a set-up has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// The form has to be filled in, or to be checked.
    Form,
    /// Nothing is left to do.
    Configured,
}

const STEP_TYPES: [&str; 2] = ["form", "fully_configured"];

fn card(card_type: &str, progress: Progress, form: Vec<PropertyCard>) -> ReportCard {
    let current = match progress {
        Progress::Form => 0,
        Progress::Configured => 1,
    };
    let [form_step, last_step] = STEP_TYPES;
    ReportCard {
        card_type: card_type.to_owned(),
        current_step: current + 1,
        current_step_type: STEP_TYPES[current],
        steps: [
            Step {
                step_type: form_step,
                properties: form,
            },
            Step {
                step_type: last_step,
                properties: Vec::new(),
            },
        ],
        details: None,
    }
}

fn property_card(property: &Property, provided: bool, tap_mutable: Option<bool>) -> PropertyCard {
    PropertyCard {
        name: property.name,
        is_required: property.is_required,
        is_credential: property.is_credential,
        system_provided: false,
        property_type: property.property_type,
        json_schema: property.schema,
        provided,
        tap_mutable,
    }
}

/// The card of a destination.
pub(super) fn destination_card(progress: Progress, is_set: impl Fn(&str) -> bool) -> ReportCard {
    let form = DESTINATION_PROPERTIES
        .iter()
        .map(|property| property_card(property, is_set(property.name), None))
        .collect();
    card("s3", progress, form)
}

/// The properties of a type of source; none if there are no such sources here.
pub(super) fn source_properties(source_type: &SourceType) -> Option<&'static [Property]> {
    match source_type {
        SourceType::ImportApi => Some(&[]),
        SourceType::IncomingWebhook => Some(&WEBHOOK_PROPERTIES),
        SourceType::Tap(_) => None,
    }
}

/// The card of a source. Those of the types that are here have nothing left to do as soon as they exist.
pub(super) fn source_card(source_type: &SourceType, is_set: impl Fn(&str) -> bool) -> ReportCard {
    let form = source_properties(source_type)
        .unwrap_or_default()
        .iter()
        .map(|property| property_card(property, is_set(property.name), Some(false)))
        .collect();
    card(&source_type.to_string(), Progress::Configured, form)
}

fn details_of(protocol: &'static str) -> Details {
    Details {
        pricing_tier: "standard",
        pipeline_state: "released",
        default_start_date: None,
        default_scheduling_interval: None,
        protocol,
        access: true,
        image_version: None,
    }
}

fn s3_type() -> ReportCard {
    ReportCard {
        details: Some(details_of("s3")),
        ..destination_card(Progress::Form, |_| false)
    }
}

fn source_type_card(source_type: &SourceType, protocol: &'static str) -> SourceTypeCard {
    let details = Details {
        default_start_date: Some("-1 year"),
        default_scheduling_interval: Some(60),
        image_version: Some("0.latest"),
        ..details_of(protocol)
    };
    SourceTypeCard {
        card: ReportCard {
            details: Some(details),
            ..source_card(source_type, |_| false)
        },
        upgrade_available: None,
    }
}

fn import_type() -> SourceTypeCard {
    source_type_card(&SourceType::ImportApi, "import_api")
}

fn webhook_type() -> SourceTypeCard {
    source_type_card(&SourceType::IncomingWebhook, "incoming-webhook")
}

/// `GET /v4/destination-types`.
pub(super) async fn destination_types() -> Answer {
    ok(&[s3_type()])
}

/// `GET /v4/destination-types/{type}`.
pub(super) async fn destination_type(Path(name): Path<String>) -> Answer {
    match name.as_str() {
        "s3" => ok(&s3_type()),
        _ => Err(Refusal::not_found()),
    }
}

/// `GET /v4/source-types`.
pub(super) async fn source_types() -> Answer {
    ok(&[import_type(), webhook_type()])
}

/// `GET /v4/source-types/{type}`.
pub(super) async fn source_type(Path(name): Path<String>) -> Answer {
    match SourceType::from_spelling(&name) {
        Some(SourceType::ImportApi) => ok(&import_type()),
        Some(SourceType::IncomingWebhook) => ok(&webhook_type()),
        Some(SourceType::Tap(_)) | None => Err(Refusal::not_found()),
    }
}
