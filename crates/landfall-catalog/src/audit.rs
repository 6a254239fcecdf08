//! The audit log: who did what, and when (operations.md §11).

mod changes;

use landfall_core::time::Timestamp;

use crate::catalog::{Act, Catalog};
use crate::error::StoreError;
use crate::store::{Row, Session, args};

pub(crate) use changes::Changes;
pub use changes::{Altered, FieldChange};

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number; later ones are greater.
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// What was done, such as `source.create`.
    pub action: String,
    /// To what: its name or number. Never a secret.
    pub subject: String,
    /// What it altered; empty for acts that alter no fields.
    pub changes: Vec<FieldChange>,
}

/// Adds a line for an act that alters no fields.
pub(crate) async fn note(
    session: &mut Session,
    act: Act<'_>,
    action: &str,
    subject: &str,
) -> Result<(), StoreError> {
    note_changes(session, act, action, subject, &Changes::default()).await
}

/// Adds a line, with what was altered.
pub(crate) async fn note_changes(
    session: &mut Session,
    act: Act<'_>,
    action: &str,
    subject: &str,
    changes: &Changes,
) -> Result<(), StoreError> {
    let number = session.next_number("audit").await?;
    session
        .run(
            "INSERT INTO audit (id, at, who, action, subject, changes) VALUES ($1, $2, $3, $4, $5, $6)",
            args![
                number,
                act.at,
                act.who,
                action,
                subject,
                changes.to_stored().as_deref()
            ],
        )
        .await?;
    Ok(())
}

impl Catalog {
    /// Adds a line for what the catalog doesn't see itself, such as a refused key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record_audit(&self, act: Act<'_>, action: &str, subject: &str) -> Result<(), StoreError> {
        let mut session = self.store.write().await?;
        note(&mut session, act, action, subject).await?;
        session.commit().await
    }

    /// At most `limit` lines, newest first, older than the line `before` if that is given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_log(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let mut session = self.store.read().await?;
        let rows = session
            .rows(
                "SELECT id, at, who, action, subject, changes FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2",
                args![before.unwrap_or(i64::MAX), limit],
            )
            .await?;
        let entry = |row: &Row| {
            Ok(AuditEntry {
                number: row.int("id")?,
                at: row.time("at")?,
                who: row.text("who")?,
                action: row.text("action")?,
                subject: row.text("subject")?,
                changes: match row.opt_text("changes")? {
                    Some(stored) => changes::from_stored(&stored)?,
                    None => Vec::new(),
                },
            })
        };
        rows.iter().map(entry).collect()
    }
}
