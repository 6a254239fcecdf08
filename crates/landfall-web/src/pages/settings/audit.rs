//! The audit log: who changed what (operations.md §11).

use askama::Template;
use axum::extract::Query;
use serde::Deserialize;

use super::audit_words::{Line, Names};
use super::tabs::{Tab, Tabs};
use crate::components::Empty;
use crate::frame::{Frame, Page, Section, Shown, show};
use crate::link;

const PATH: &str = "/settings/audit";
const PAGE: &str = "50";

#[derive(Debug, Deserialize)]
struct AuditLog {
    data: Vec<Line>,
    next: Option<i64>,
}

#[derive(Template)]
#[template(path = "settings/audit.html")]
struct AuditPage {
    frame: Frame,
    tabs: Tabs,
    lines: Vec<Line>,
    names: Names,
    empty: Empty,
    newest: Option<&'static str>,
    older: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    before: String,
}

/// `GET /settings/audit`.
pub(super) async fn list(page: Page, Query(asked): Query<Asked>) -> Shown {
    let before = Some(asked.before.as_str()).filter(|before| !before.is_empty());
    let path = link::with_query("/v4/audit-log", &[("limit", Some(PAGE)), ("before", before)]);
    let log: AuditLog = page.api.get(&path).await?;
    show(&AuditPage {
        frame: page.frame("Audit log", Section::Settings),
        tabs: Tabs::new(Tab::Audit),
        lines: log.data,
        names: Names::read(&page.api).await?,
        empty: Empty::new(
            "Nothing here",
            "Every change by a user or a program is a line of this log: who, when, and what was changed, from what to what. Of secrets only that they changed.",
        ),
        newest: before.map(|_| PATH),
        older: log
            .next
            .map(|next| link::with_query(PATH, &[("before", Some(&next.to_string()))])),
    })
}
