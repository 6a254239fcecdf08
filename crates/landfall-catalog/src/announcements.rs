//! Messages about conditions, to event hooks and by mail, until they are heard or given up (operations.md §1, §2).

use landfall_core::time::Timestamp;
use secrecy::SecretString;

use crate::catalog::Catalog;
use crate::conditions::{self, Condition, Finding};
use crate::error::StoreError;
use crate::event_hooks;
use crate::ids::{ConditionId, EmailId, EventHookId};
use crate::notification_settings;
use crate::outbox::Delivery;
use crate::secrets::Vault;
use crate::store::{Row, Session, args};

/// A message to be sent now.
#[derive(Debug, Clone)]
pub struct Announcement {
    /// Its number.
    pub number: i64,
    /// What it is about.
    pub condition: Condition,
    /// Whom it goes to.
    pub to: Recipient,
    /// Whether it tells that it is over.
    pub end: AnnouncementEnd,
    /// How often it was tried.
    pub tries: u32,
}

/// Whom a message goes to.
#[derive(Debug, Clone)]
pub enum Recipient {
    /// A hook.
    Hook {
        /// Where requests go.
        url: SecretString,
        /// What they are signed with.
        secret: SecretString,
    },
    /// An address, by mail.
    Mail(String),
}

/// Which end of a condition a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnnouncementEnd {
    /// It began.
    Raised,
    /// It is over.
    Resolved,
}

/// Lines up what tells that a condition began.
pub(crate) async fn announce(
    session: &mut Session,
    vault: &Vault,
    condition: ConditionId,
    finding: &Finding,
    now: Timestamp,
) -> Result<(), StoreError> {
    let event = finding.event;
    for hook in event_hooks::all(session, vault).await? {
        if hook.disabled_at.is_none() && hook.events.contains(&event) {
            let message = Message::raised(condition, now.plus(hook.delay));
            append(session, &message.for_hook(hook.id), now).await?;
        }
    }
    if notification_settings::read(session, vault).await?.smtp.is_none() {
        return Ok(());
    }
    let mail_at = finding.since.unwrap_or(now).plus(event.mail_delay()).max(now);
    let sql = "SELECT id FROM custom_emails WHERE disabled_at IS NULL ORDER BY id";
    for row in session.rows(sql, args![]).await? {
        let message = Message::raised(condition, mail_at);
        append(session, &message.for_email(EmailId::new(row.u32("id")?)), now).await?;
    }
    Ok(())
}

/// Takes back what was not said yet of a condition that is over, and lines up what tells those who had heard of it.
pub(crate) async fn announce_end(
    session: &mut Session,
    vault: &Vault,
    condition: &Condition,
    now: Timestamp,
) -> Result<(), StoreError> {
    let unsaid = session
        .rows(
            "DELETE FROM announcements WHERE condition_id = $1 AND state = 'waiting' AND tries = 0 RETURNING hook_id",
            args![condition.id],
        )
        .await?;
    let Some(recovery) = condition.finding.event.recovery() else {
        return Ok(());
    };
    let unsaid: Vec<Option<i64>> = unsaid
        .iter()
        .map(|row| row.opt_int("hook_id"))
        .collect::<Result<_, _>>()?;
    for hook in event_hooks::all(session, vault).await? {
        let has_not_heard = unsaid.contains(&Some(i64::from(hook.id.number())));
        if hook.disabled_at.is_none() && hook.events.contains(&recovery) && !has_not_heard {
            let message = Message::resolved(condition.id, now);
            append(session, &message.for_hook(hook.id), now).await?;
        }
    }
    let sql = "SELECT DISTINCT email_id FROM announcements WHERE condition_id = $1 AND email_id IS NOT NULL \
               ORDER BY email_id";
    for row in session.rows(sql, args![condition.id]).await? {
        let message = Message::resolved(condition.id, now);
        append(
            session,
            &message.for_email(EmailId::new(row.u32("email_id")?)),
            now,
        )
        .await?;
    }
    Ok(())
}

/// A message to be lined up.
struct Message {
    condition: ConditionId,
    end: AnnouncementEnd,
    hook: Option<EventHookId>,
    email: Option<EmailId>,
    at: Timestamp,
}

impl Message {
    fn raised(condition: ConditionId, at: Timestamp) -> Self {
        Self {
            condition,
            end: AnnouncementEnd::Raised,
            hook: None,
            email: None,
            at,
        }
    }

    fn resolved(condition: ConditionId, at: Timestamp) -> Self {
        Self {
            end: AnnouncementEnd::Resolved,
            ..Self::raised(condition, at)
        }
    }

    fn for_hook(self, hook: EventHookId) -> Self {
        Self {
            hook: Some(hook),
            ..self
        }
    }

    fn for_email(self, email: EmailId) -> Self {
        Self {
            email: Some(email),
            ..self
        }
    }
}

async fn append(session: &mut Session, message: &Message, now: Timestamp) -> Result<(), StoreError> {
    let number = session.next_number("announcement").await?;
    let is_recovery = message.end == AnnouncementEnd::Resolved;
    session
        .run(
            "INSERT INTO announcements (id, condition_id, hook_id, email_id, is_recovery, state, created_at, next_at) \
             VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7)",
            args![
                number,
                message.condition,
                message.hook.map(|hook| i64::from(hook.number())),
                message.email.map(|email| i64::from(email.number())),
                is_recovery,
                now,
                message.at
            ],
        )
        .await?;
    Ok(())
}

impl Catalog {
    /// At most `limit` messages that are due, oldest first. There is one sender, so nothing is claimed: what is not
    /// [recorded](Self::record_announcement) is due again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due_announcements(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Announcement>, StoreError> {
        let mut session = self.store.read().await?;
        let hooks = event_hooks::all(&mut session, &self.vault).await?;
        let sql = format!(
            "SELECT a.id AS number, a.hook_id, a.is_recovery, a.tries, e.address, {} FROM announcements a \
             JOIN conditions c ON c.id = a.condition_id LEFT JOIN custom_emails e ON e.id = a.email_id \
             LEFT JOIN event_hooks h ON h.id = a.hook_id WHERE a.state = 'waiting' AND a.next_at <= $1 \
             AND h.disabled_at IS NULL AND e.disabled_at IS NULL ORDER BY a.next_at, a.id LIMIT $2",
            conditions::COLUMNS
        );
        let rows = session.rows(&sql, args![now, limit]).await?;
        let mut due = Vec::with_capacity(rows.len());
        for row in &rows {
            let hook = row.opt_int("hook_id")?;
            let hook = hooks
                .iter()
                .find(|found| Some(i64::from(found.id.number())) == hook);
            let to = match (hook, row.opt_text("address")?) {
                (Some(hook), _) => Recipient::Hook {
                    url: hook.url.clone(),
                    secret: hook.secret.clone(),
                },
                (None, Some(address)) => Recipient::Mail(address),
                (None, None) => continue,
            };
            due.push(read(row, to)?);
        }
        Ok(due)
    }

    /// Notes what came of a message. One that is over already stays over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record_announcement(&self, number: i64, delivery: &Delivery) -> Result<(), StoreError> {
        let (state, next_at, failure) = match delivery {
            Delivery::Delivered => ("delivered", None, None),
            Delivery::Failed { reason, again_at } => ("waiting", Some(*again_at), Some(reason.as_str())),
            Delivery::GivenUp { reason } => ("undeliverable", None, Some(reason.as_str())),
        };
        let mut session = self.store.write().await?;
        session
            .run(
                "UPDATE announcements SET state = $1, next_at = $2, failure = $3, tries = tries + 1 \
                 WHERE id = $4 AND state = 'waiting'",
                args![state, next_at, failure, number],
            )
            .await?;
        session.commit().await
    }
}

fn read(row: &Row, to: Recipient) -> Result<Announcement, StoreError> {
    Ok(Announcement {
        number: row.int("number")?,
        condition: conditions::read(row)?,
        to,
        end: if row.flag("is_recovery")? {
            AnnouncementEnd::Resolved
        } else {
            AnnouncementEnd::Raised
        },
        tries: row.u32("tries")?,
    })
}
