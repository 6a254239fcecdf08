//! What people are to be told of, as long as it is so (operations.md §1).
//!
//! Whoever watches the instance says from time to time everything that is wrong now. What wasn't before is raised, what
//! isn't any more is resolved, and each change is announced once.

use std::collections::HashMap;

use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::time::Timestamp;

use crate::announcements;
use crate::audit;
use crate::catalog::{Act, Catalog};
use crate::error::StoreError;
use crate::events::Event;
use crate::ids::ConditionId;
use crate::store::{Row, Session, args};
use crate::stored::{StoredCondition, from_json, to_json};

/// Something that is wrong now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub event: Event,
    /// What it is about, such as `destination/3`: of an event and a subject one condition is open at a time.
    pub subject: String,
    /// Its name for people, such as that of the destination.
    pub about: String,
    /// The destination, if it is about one.
    pub destination: Option<DestinationId>,
    /// The source, if it is about one.
    pub source: Option<SourceId>,
    /// The tables that suffer.
    pub tables: Vec<String>,
    /// What to tell people.
    pub message: String,
    /// What a bucket or another server said, word for word.
    pub raw_error: Option<String>,
    /// Since when it is so, where that is known: the delay of its mail counts from there.
    pub since: Option<Timestamp>,
}

/// Something that was wrong, and perhaps still is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Its number.
    pub id: ConditionId,
    /// What is wrong.
    pub finding: Finding,
    /// Since when.
    pub raised_at: Timestamp,
    /// Until when, if it is over.
    pub resolved_at: Option<Timestamp>,
    /// When somebody had seen enough of it.
    pub dismissed_at: Option<Timestamp>,
}

pub(crate) const COLUMNS: &str =
    "c.id, c.event, c.subject, c.stored, c.raised_at, c.resolved_at, c.dismissed_at";

/// How long what is over is kept (operations.md §9).
const KEPT: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 60 * 60);

pub(crate) fn read(row: &Row) -> Result<Condition, StoreError> {
    let event = row.text("event")?;
    let event =
        Event::from_spelling(&event).ok_or_else(|| StoreError::damaged(format!("{event:?} is no event")))?;
    let StoredCondition::V1 {
        about,
        destination,
        source,
        tables,
        message,
        raw_error,
        since,
    } = from_json(&row.text("stored")?, "a condition")?;
    Ok(Condition {
        id: ConditionId::new(row.int("id")?),
        finding: Finding {
            event,
            subject: row.text("subject")?,
            about,
            destination: destination.map(DestinationId::new),
            source: source.map(SourceId::new),
            tables,
            message,
            raw_error,
            since: since.map(Timestamp::from_millis),
        },
        raised_at: row.time("raised_at")?,
        resolved_at: row.opt_time("resolved_at")?,
        dismissed_at: row.opt_time("dismissed_at")?,
    })
}

fn to_stored(finding: &Finding) -> String {
    to_json(&StoredCondition::V1 {
        about: finding.about.clone(),
        destination: finding.destination.map(DestinationId::as_u32),
        source: finding.source.map(SourceId::as_u32),
        tables: finding.tables.clone(),
        message: finding.message.clone(),
        raw_error: finding.raw_error.clone(),
        since: finding.since.map(Timestamp::as_millis),
    })
}

async fn open(session: &mut Session) -> Result<Vec<Condition>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM conditions c WHERE c.resolved_at IS NULL ORDER BY c.id");
    let rows = session.rows(&sql, args![]).await?;
    rows.iter().map(read).collect()
}

impl Catalog {
    /// Takes everything that is wrong at `now`: raises what is new, resolves what is not in it any more, and lines up
    /// what has to be told. Without a difference nothing is written.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle_conditions(&self, findings: &[Finding], now: Timestamp) -> Result<(), StoreError> {
        let mut reading = self.store.read().await?;
        let is_same = is_same(&open(&mut reading).await?, findings);
        drop(reading);
        if is_same {
            return Ok(());
        }
        let mut session = self.store.write().await?;
        let known = open(&mut session).await?;
        let by_subject: HashMap<(Event, &str), &Condition> = known
            .iter()
            .map(|condition| {
                (
                    (condition.finding.event, condition.finding.subject.as_str()),
                    condition,
                )
            })
            .collect();
        for finding in findings {
            match by_subject.get(&(finding.event, finding.subject.as_str())) {
                None => self.raise(&mut session, finding, now).await?,
                Some(condition) if condition.finding == *finding => {}
                Some(condition) => {
                    let sql = "UPDATE conditions SET stored = $1 WHERE id = $2";
                    session.run(sql, args![&to_stored(finding), condition.id]).await?;
                }
            }
        }
        for condition in &known {
            if !findings.iter().any(|finding| is_of(finding, condition)) {
                self.resolve(&mut session, condition, now).await?;
            }
        }
        forget(&mut session, now).await?;
        session.commit().await
    }

    async fn raise(
        &self,
        session: &mut Session,
        finding: &Finding,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let id = ConditionId::new(session.next_number("condition").await?);
        session
            .run(
                "INSERT INTO conditions (id, event, subject, stored, raised_at) VALUES ($1, $2, $3, $4, $5)",
                args![
                    id,
                    finding.event.as_str(),
                    &finding.subject,
                    &to_stored(finding),
                    now
                ],
            )
            .await?;
        announcements::announce(session, &self.vault, id, finding, now).await
    }

    async fn resolve(
        &self,
        session: &mut Session,
        condition: &Condition,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        session
            .run(
                "UPDATE conditions SET resolved_at = $1 WHERE id = $2",
                args![now, condition.id],
            )
            .await?;
        announcements::announce_end(session, &self.vault, condition, now).await
    }

    /// What is wrong now, dismissed or not, as it was last found.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_findings(&self) -> Result<Vec<Finding>, StoreError> {
        let mut session = self.store.read().await?;
        let open = open(&mut session).await?;
        Ok(open.into_iter().map(|condition| condition.finding).collect())
    }

    /// What is wrong now and nobody has dismissed, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn notifications(&self) -> Result<Vec<Condition>, StoreError> {
        let mut session = self.store.read().await?;
        let mut open = open(&mut session).await?;
        open.retain(|condition| condition.dismissed_at.is_none());
        open.reverse();
        Ok(open)
    }

    /// What was wrong and is over, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn resolved_notifications(&self, limit: u32) -> Result<Vec<Condition>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM conditions c WHERE c.resolved_at IS NOT NULL \
             ORDER BY c.resolved_at DESC, c.id DESC LIMIT $1"
        );
        let rows = session.rows(&sql, args![limit]).await?;
        rows.iter().map(read).collect()
    }

    /// Takes something off the list. False if it isn't on it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn dismiss_notification(&self, id: ConditionId, act: Act<'_>) -> Result<bool, StoreError> {
        let mut session = self.store.write().await?;
        let dismissed = session
            .run(
                "UPDATE conditions SET dismissed_at = $1 \
                 WHERE id = $2 AND dismissed_at IS NULL AND resolved_at IS NULL",
                args![act.at, id],
            )
            .await?;
        if dismissed == 0 {
            return Ok(false);
        }
        audit::note(&mut session, act, "notification.dismiss", &id.to_string()).await?;
        session.commit().await?;
        Ok(true)
    }
}

fn is_of(finding: &Finding, condition: &Condition) -> bool {
    finding.event == condition.finding.event && finding.subject == condition.finding.subject
}

fn is_same(open: &[Condition], findings: &[Finding]) -> bool {
    let is_known = |finding: &Finding| open.iter().any(|condition| condition.finding == *finding);
    open.len() == findings.len() && findings.iter().all(is_known)
}

async fn forget(session: &mut Session, now: Timestamp) -> Result<(), StoreError> {
    let kept = i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX);
    let before = Timestamp::from_millis(now.as_millis().saturating_sub(kept));
    session
        .run("DELETE FROM conditions WHERE resolved_at < $1", args![before])
        .await?;
    Ok(())
}
