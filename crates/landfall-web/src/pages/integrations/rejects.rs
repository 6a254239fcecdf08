//! Rejected records of an integration: how many, why, and some of them (rejects.md).

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::header;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::Value;

use super::source::{self, Head, SECTION, Source, Tab};
use crate::components::{Count, Moment, Size};
use crate::frame::{Frame, Page, Shown, show};
use crate::link;
use crate::pages::destinations::Destination;

/// How many records a check set aside.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Reason {
    pub(crate) code: String,
    pub(crate) records: Count,
}

impl Reason {
    /// What the check is about (rejects.md §2).
    pub(crate) fn text(&self) -> &'static str {
        match self.code.as_str() {
            "T1" => "The table's name is reserved",
            "T2" => "Two tables have the same name in the bucket",
            "T3" => "The table's name is too long for S3",
            "R1" => "The record is larger than 20 MB",
            "R2" => "The record does not conform to its schema",
            "R3" => "A key property is missing or null",
            "R4" => "A key property is an object or an array",
            "R5" => "A column name is reserved",
            "R6" => "Two values of a record have the same column",
            "R7" => "A sub-table's name collides, or is too long for S3",
            _ => "Set aside by a check",
        }
    }
}

#[derive(Debug, Deserialize)]
struct RejectsObject {
    table: String,
    load: String,
    bucket: Option<String>,
    key: String,
    records: Count,
    bytes: Size,
    completed_at: Option<Moment>,
}

#[derive(Debug, Deserialize)]
struct Sample {
    table: String,
    line: Value,
}

impl Sample {
    fn reason(&self) -> &str {
        self.line["reason"].as_str().unwrap_or_default()
    }

    fn rejected_at(&self) -> Option<Moment> {
        Moment::in_utc(self.line["_sdc_rejected_at"].as_str()?)
    }

    /// The record, laid out if it is whole.
    fn record(&self) -> String {
        let text = self.line["record"].as_str().unwrap_or_default();
        let parsed: Option<Value> = serde_json::from_str(text).ok();
        parsed
            .and_then(|record| serde_json::to_string_pretty(&record).ok())
            .unwrap_or_else(|| text.to_owned())
    }
}

/// What was set aside.
#[derive(Debug, Deserialize)]
struct Rejects {
    records: Count,
    reasons: Vec<Reason>,
    objects: Vec<RejectsObject>,
    has_more: bool,
    samples: Vec<Sample>,
    unreadable: Option<String>,
}

#[derive(Template)]
#[template(path = "integrations/rejects.html")]
struct RejectsPage {
    frame: Frame,
    head: Head,
    source: Source,
    table: Option<String>,
    rejects: Rejects,
}

impl RejectsPage {
    fn download_href(&self) -> String {
        let path = format!("{}/rejects/download", self.source.href());
        link::with_query(&path, &[("table", self.table.as_deref())])
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    table: Option<String>,
}

impl Asked {
    fn table(&self) -> Option<&str> {
        self.table.as_deref().filter(|table| !table.is_empty())
    }

    fn path(&self, source: u32, samples: &str) -> String {
        let parameters = [("table", self.table()), ("samples", Some(samples))];
        link::with_query(&format!("/v4/sources/{source}/rejects"), &parameters)
    }
}

/// `GET /integrations/{id}/rejects`.
pub(super) async fn browse(page: Page, Path(id): Path<u32>, Query(asked): Query<Asked>) -> Shown {
    let source = source::read(&page, id).await?;
    let destinations: Vec<Destination> = page.api.get("/v4/destinations").await?;
    show(&RejectsPage {
        frame: page.frame(&format!("Rejected records, {}", source.display_name), SECTION),
        head: source.head(&page, Tab::Rejects, &destinations),
        rejects: page.api.get(&asked.path(id, "20")).await?,
        table: asked.table().map(str::to_owned),
        source,
    })
}

/// `GET /integrations/{id}/rejects/download`: the newest records as JSON Lines, as they stand in the bucket.
pub(super) async fn download(page: Page, Path(id): Path<u32>, Query(asked): Query<Asked>) -> Shown {
    let source = source::read(&page, id).await?;
    let rejects: Rejects = page.api.get(&asked.path(id, "50")).await?;
    let lines: String = rejects
        .samples
        .iter()
        .map(|one| format!("{}\n", one.line))
        .collect();
    // Names of sources have no character that a header could not.
    let disposition = format!("attachment; filename=\"{}-rejected.jsonl\"", source.name);
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, lines).into_response())
}
