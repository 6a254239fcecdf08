//! `GET /v4/audit-log`: who changed what (ext; operations.md §11).

use axum::extract::State;
use landfall_catalog::{Altered, AuditEntry, FieldChange};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, ok};
use super::instant::Seconds;
use super::request::Query;
use super::state::ManageState;

/// Lines in an answer.
const PAGE: u32 = 100;

/// Lines of the audit log, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditLog<'a> {
    data: Vec<AuditLine<'a>>,
    /// What to give as `before` for those that follow; none if these were the last.
    next: Option<i64>,
}

/// A line of the audit log.
#[derive(Debug, Serialize, ToSchema)]
struct AuditLine<'a> {
    id: i64,
    at: Seconds,
    who: &'a str,
    /// Such as `source.create`.
    action: &'a str,
    subject: &'a str,
    /// The fields that were altered.
    changes: Vec<ChangeObject<'a>>,
}

/// A field that was altered.
#[derive(Debug, Serialize, ToSchema)]
struct ChangeObject<'a> {
    field: &'a str,
    /// Whether it is a secret: then its values are not kept.
    secret: bool,
    /// The value before; none if it was not set.
    from: Option<&'a str>,
    /// The value after; none if it is not set.
    to: Option<&'a str>,
}

fn change(change: &FieldChange) -> ChangeObject<'_> {
    let (secret, from, to) = match &change.altered {
        Altered::Secret => (true, None, None),
        Altered::Value { from, to } => (false, from.as_deref(), to.as_deref()),
    };
    ChangeObject {
        field: &change.field,
        secret,
        from,
        to,
    }
}

fn line(entry: &AuditEntry) -> AuditLine<'_> {
    AuditLine {
        id: entry.number,
        at: Seconds(entry.at),
        who: &entry.who,
        action: &entry.action,
        subject: &entry.subject,
        changes: entry.changes.iter().map(change).collect(),
    }
}

/// A page of the audit log.
pub(super) async fn list(State(state): State<ManageState>, query: Query) -> Answer {
    let limit = query.limit(PAGE)?;
    let entries = state.catalog().audit_log(query.before()?, limit).await?;
    let is_full = entries.len() >= limit as usize;
    ok(&AuditLog {
        data: entries.iter().map(line).collect(),
        next: entries.last().filter(|_| is_full).map(|entry| entry.number),
    })
}
