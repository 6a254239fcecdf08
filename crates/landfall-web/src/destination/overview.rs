//! A destination at a glance: state, last check, settings, and who loads into it.

use askama::Template;
use axum::extract::{Path, Query};
use serde::Deserialize;

use crate::api::ApiError;
use crate::components::{Badge, Banner, Count, Moment};
use crate::frame::{Frame, Page, Section, Shown, show as show_page};
use crate::pages::integrations::Stats;
use crate::wizard::{CheckPanel, KeyPreview, Stored, folder_of_url, last_check};

/// A source that is mapped to the destination.
#[derive(Deserialize)]
pub(super) struct MappedSource {
    pub(super) id: u32,
    pub(super) display_name: String,
    destination_id: Option<u32>,
    deleted_at: Option<Moment>,
    paused_at: Option<Moment>,
    system_paused_at: Option<Moment>,
}

impl MappedSource {
    fn badge(&self) -> Badge {
        Badge::of_source(self.paused_at.is_some() || self.system_paused_at.is_some())
    }
}

/// The sources that load into `id`.
pub(super) async fn mapped_sources(page: &Page, id: u32) -> Result<Vec<MappedSource>, ApiError> {
    let mut sources: Vec<MappedSource> = page.api.get("/v4/sources").await?;
    sources.retain(|source| source.destination_id == Some(id) && source.deleted_at.is_none());
    Ok(sources)
}

/// Rows that wait for an active destination which can't be loaded to for now.
async fn rows_held(page: &Page, destination: &Stored, sources: &[MappedSource]) -> Result<Count, ApiError> {
    let mut held = Count(0);
    for source in sources.iter().filter(|_| destination.landfall_status == "active") {
        let stats: Stats = page.api.get(&format!("/v4/sources/{}/stats", source.id)).await?;
        held.0 += stats.rows_held.0;
    }
    Ok(held)
}

#[derive(Template)]
#[template(path = "destination/overview.html")]
struct OverviewPage {
    frame: Frame,
    destination: Stored,
    facts: Vec<(&'static str, String)>,
    example: Option<String>,
    is_folder: bool,
    /// What the state means for loading.
    meaning: &'static str,
    sources: Vec<MappedSource>,
    /// Rows that wait although it is active, since it does not answer.
    rows_held: Count,
    panel: CheckPanel,
    /// Whether the check that is shown is from before loading stopped.
    is_check_old: bool,
}

/// What was done before.
#[derive(Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    done: String,
}

fn banner(done: &str) -> Option<Banner> {
    let text = match done {
        "saved" => "The changes are saved.",
        "paused" => "Loading is paused. Data that arrives waits.",
        "resumed" => "Loading goes on.",
        _ => return None,
    };
    Some(Banner::done(text))
}

/// setup-flow.md §8.
fn meaning(status: &str) -> &'static str {
    match status {
        "draft" => "Required settings are missing. Data that arrives waits.",
        "pending_verification" => "Access was not verified since it last changed. Data that arrives waits.",
        "active" => "Data is loaded as it arrives.",
        "failing" => "Landfall can't load at the moment, and tries again by itself. Data that arrives waits.",
        "paused" => "Paused by a user. Data that arrives waits.",
        _ => "",
    }
}

const KEY_LABEL: &str = "S3 Key";

/// What the settings are, in words. What is not set is left out.
fn facts(destination: &Stored) -> Vec<(&'static str, String)> {
    let format = match destination.property("output_file_format") {
        "csv" => {
            let delimiter = match destination.property("csv_delimiter") {
                "|" => "pipe",
                "\\t" => "tab",
                _ => "comma",
            };
            let is_quoted = destination.property("csv_force_quote") == "true";
            let quotes = if is_quoted { ", every element quoted" } else { "" };
            format!("CSV, {delimiter} between columns{quotes}")
        }
        "jsonl" => "JSON".to_owned(),
        _ => String::new(),
    };
    let sign_in = match destination.property("aws_auth_mode") {
        "assume_role" => "As a role that it assumes".to_owned(),
        "static" => "With an access key".to_owned(),
        _ if destination.property("s3_endpoint_url").starts_with("file:") => String::new(),
        _ => "With this server's own identity".to_owned(),
    };
    let text = |name: &str| destination.property(name).to_owned();
    let endpoint = match folder_of_url(destination.property("s3_endpoint_url")) {
        Some(folder) => ("Folder", folder),
        None => ("Endpoint", text("s3_endpoint_url")),
    };
    let facts = [
        ("Bucket", text("s3_bucket")),
        ("Format", format),
        (KEY_LABEL, text("s3_key_format_string")),
        ("Sign-in", sign_in),
        ("Role", text("aws_role_arn")),
        ("External ID", text("aws_external_id")),
        ("Region", text("s3_region")),
        endpoint,
        ("Encryption", text("s3_server_side_encryption")),
        ("KMS key", text("s3_kms_key_id")),
    ];
    facts.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

/// `GET /destinations/{id}`.
pub(super) async fn show(page: Page, Path(id): Path<u32>, Query(told): Query<Told>) -> Shown {
    let destination = Stored::read(&page, id).await?;
    let preview = KeyPreview::of(
        destination.property("s3_key_format_string"),
        destination.property("output_file_format"),
    );
    let check = last_check(&page, id).await?;
    let sources = mapped_sources(&page, id).await?;
    let stopped_at = destination.system_paused_at.as_ref();
    show_page(&OverviewPage {
        frame: page
            .frame(&destination.name, Section::Destinations)
            .with_banner(banner(&told.done)),
        facts: facts(&destination),
        example: preview.examples.into_iter().next().map(|example| example.key),
        is_folder: destination.property("s3_endpoint_url").starts_with("file:"),
        meaning: meaning(&destination.landfall_status),
        rows_held: rows_held(&page, &destination, &sources).await?,
        sources,
        is_check_old: check
            .as_ref()
            .zip(stopped_at)
            .is_some_and(|(check, since)| check.is_before(since)),
        panel: CheckPanel::of_page(id, check),
        destination,
    })
}
