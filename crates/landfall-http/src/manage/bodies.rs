//! The bodies that calls take, as the OpenAPI document shows them. The handlers read them key by key, since their
//! documented refusals depend on which key is at fault; these types say what is accepted.
#![allow(dead_code, reason = "only their schemas are used")]

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::instant::Seconds;

/// Property values: texts; booleans and whole numbers are kept as texts, `null` removes.
type Properties = BTreeMap<String, Option<String>>;

#[derive(Serialize, ToSchema)]
pub(super) struct NewAccessKeyBody {
    #[schema(min_length = 1, max_length = 200)]
    description: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct SwitchBody {
    enable: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct NewDestinationBody {
    /// `s3`.
    #[schema(pattern = "^s3$")]
    r#type: String,
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(max_length = 1000)]
    description: Option<String>,
    properties: Properties,
    ignore_unmapped_sources: Option<bool>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct DestinationChangeBody {
    name: Option<String>,
    #[schema(max_length = 1000)]
    description: Option<String>,
    properties: Option<Properties>,
    /// A timestamp pauses now, `null` resumes.
    paused_at: Option<Seconds>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct DestinationDraftBody {
    /// The destination that is to be changed, if there is one already.
    #[schema(minimum = 1)]
    id: Option<u32>,
    name: Option<String>,
    description: Option<String>,
    properties: Properties,
}

#[derive(Serialize, ToSchema)]
pub(super) struct DestinationBodyV3 {
    /// `s3`.
    #[schema(pattern = "^s3$")]
    r#type: String,
    connection: Properties,
}

#[derive(Serialize, ToSchema)]
pub(super) struct KeyPreviewBody {
    s3_key_format_string: String,
    /// `csv` or `jsonl`.
    #[schema(pattern = "^(csv|jsonl)$")]
    output_file_format: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct NewSourceBody {
    /// `import_api` or `webhook.incoming-webhook`.
    #[schema(pattern = "^(import_api|webhook\\.incoming-webhook)$")]
    r#type: String,
    #[schema(min_length = 1)]
    display_name: String,
    /// The folder its data lands in, if it is not to be derived from `display_name`.
    name: Option<String>,
    properties: Option<Properties>,
    destination_id: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct SourceChangeBody {
    display_name: Option<String>,
    properties: Option<Properties>,
    /// A timestamp pauses now, `null` resumes.
    paused_at: Option<Seconds>,
    destination_id: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct NewHookBody {
    /// `post_load`.
    #[schema(pattern = "^post_load$")]
    r#type: String,
    destination_id: u32,
    config: NewHookConfig,
}

#[derive(Serialize, ToSchema)]
struct NewHookConfig {
    url: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ReplayBody {
    since: Seconds,
}

#[derive(Serialize, ToSchema)]
pub(super) struct EmailBody {
    email_address: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct EmailSwitchBody {
    /// A timestamp disables now, `null` enables.
    #[schema(required)]
    disabled_at: Option<Seconds>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct NewEventHookBody {
    url: String,
    /// Keys such as `destination.failing`.
    #[schema(min_items = 1)]
    events: Vec<String>,
    #[schema(maximum = 86400)]
    delay_seconds: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct NotificationSettingsBody {
    suppress_raw_errors: Option<bool>,
    row_budget: Option<u64>,
    /// `null` for never.
    #[schema(minimum = 1, maximum = 3650)]
    idle_days: Option<u32>,
    smtp: Option<SmtpBody>,
}

#[derive(Serialize, ToSchema)]
struct SmtpBody {
    host: String,
    port: Option<u16>,
    /// `starttls`, `tls` or `none`.
    security: Option<String>,
    username: Option<String>,
    /// Never shown again.
    password: Option<String>,
    from: String,
}
