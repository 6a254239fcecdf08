//! The outbox of post-load webhooks (loading.md §8.3): what was loaded is told to every hook, in load order for each
//! table, until it is heard or given up.
//!
//! The requests for one hook and table stand in a lane. Only the first of a lane has a time to be sent at, and a lane
//! moves on when its first request is delivered or given up.

use std::time::Duration;

use landfall_core::time::Timestamp;
use secrecy::SecretString;

use crate::catalog::Catalog;
use crate::error::StoreError;
use crate::hooks::{self, HookError};
use crate::ids::{HookId, LoadId, NoticeId, TableId};
use crate::ledger::OpenLoad;
use crate::store::{Row, Session, args};

/// Requests of one hook that may be under way at the same time: a hook that never answers must leave room for others.
pub const MOST_AT_ONCE: u32 = 4;

/// What is due and nobody's, the first of each hook before the second of any.
const DUE_NOTICES: &str = "SELECT o.id, o.hook_id, o.table_id, o.load_id, o.body, o.tries, h.url FROM \
     (SELECT id AS due_id, hook_id AS due_hook, \
     ROW_NUMBER() OVER (PARTITION BY hook_id ORDER BY next_at, id) AS place FROM outbox \
     WHERE state = 'waiting' AND next_at IS NOT NULL AND next_at <= $1 \
     AND (claimed_until IS NULL OR claimed_until <= $1)) d \
     JOIN outbox o ON o.id = d.due_id JOIN hooks h ON h.id = d.due_hook LEFT JOIN \
     (SELECT hook_id AS busy_hook, COUNT(*) AS busy FROM outbox \
     WHERE state = 'waiting' AND next_at IS NOT NULL AND claimed_until > $1 GROUP BY hook_id) b \
     ON b.busy_hook = d.due_hook \
     WHERE h.disabled_at IS NULL AND d.place + COALESCE(b.busy, 0) <= $2 ORDER BY d.place, o.next_at, o.id LIMIT $3";

/// A request to be sent now.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Its number.
    pub id: NoticeId,
    /// The hook.
    pub hook: HookId,
    /// Where it goes.
    pub url: SecretString,
    /// The table it is about.
    pub table: TableId,
    /// The load it is about.
    pub load: LoadId,
    /// What is sent.
    pub body: String,
    /// How often it was tried.
    pub tries: u32,
}

/// What came of sending a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// It was heard.
    Delivered,
    /// It wasn't, and is sent again at that time.
    Failed {
        /// Why.
        reason: String,
        /// When it is sent again.
        again_at: Timestamp,
    },
    /// It wasn't, and is given up.
    GivenUp {
        /// Why.
        reason: String,
    },
}

/// A line of the delivery log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// Its number; later ones are greater.
    pub number: i64,
    /// The request.
    pub notice: NoticeId,
    /// The table it was about.
    pub table: TableId,
    /// The load it was about.
    pub load: LoadId,
    /// The how-manieth try it was, from 1.
    pub attempt: u32,
    /// When.
    pub tried_at: Timestamp,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

/// Lines up a request to every enabled hook of the load's destination.
pub(crate) async fn line_up(
    session: &mut Session,
    load: &OpenLoad,
    body: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "SELECT id FROM hooks WHERE destination_id = $1 AND disabled_at IS NULL ORDER BY id";
    for row in session.rows(sql, args![load.intent.destination]).await? {
        let lane = (row.hook("id")?, load.intent.table);
        append(session, lane, &load.intent.id, body, now).await?;
    }
    Ok(())
}

async fn append(
    session: &mut Session,
    (hook, table): (HookId, TableId),
    load: &LoadId,
    body: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "SELECT id FROM outbox WHERE hook_id = $1 AND table_id = $2 AND state = 'waiting' LIMIT 1";
    let is_first = session.row(sql, args![hook, table]).await?.is_none();
    let id = NoticeId::new(session.next_number("notice").await?);
    session
        .run(
            "INSERT INTO outbox (id, hook_id, table_id, load_id, body, state, created_at, next_at) \
             VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7)",
            args![id, hook, table, load, body, now, is_first.then_some(now)],
        )
        .await?;
    Ok(())
}

impl Catalog {
    /// Takes at most `limit` requests that are due, one for each hook and table, and never more than
    /// [`MOST_AT_ONCE`] for one hook. They are the caller's until `lease` is over; then they are due again, since the
    /// caller may be gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claim_notices(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Notice>, StoreError> {
        let mut session = self.store.write().await?;
        let rows = session.rows(DUE_NOTICES, args![now, MOST_AT_ONCE, limit]).await?;
        let mut notices = Vec::with_capacity(rows.len());
        for row in &rows {
            let notice = self.read_notice(row)?;
            session
                .run(
                    "UPDATE outbox SET claimed_until = $1 WHERE id = $2",
                    args![now.plus(lease), notice.id],
                )
                .await?;
            notices.push(notice);
        }
        if !notices.is_empty() {
            session.commit().await?;
        }
        Ok(notices)
    }

    fn read_notice(&self, row: &Row) -> Result<Notice, StoreError> {
        let hook = row.hook("hook_id")?;
        Ok(Notice {
            id: row.notice("id")?,
            hook,
            url: self
                .vault
                .open_text(&hooks::place(hook), &row.bytes("url")?)?
                .into(),
            table: row.table("table_id")?,
            load: row.load_id("load_id")?,
            body: row.text("body")?,
            tries: row.u32("tries")?,
        })
    }

    /// Gives back all that is claimed: for the start of the only process that sends.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release_notices(&self) -> Result<(), StoreError> {
        let mut session = self.store.write().await?;
        session
            .run(
                "UPDATE outbox SET claimed_until = NULL WHERE state = 'waiting' AND claimed_until IS NOT NULL",
                args![],
            )
            .await?;
        session.commit().await
    }

    /// When the next request is due, if any waits.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next_notice_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let mut session = self.store.read().await?;
        let row = session
            .only(
                "SELECT MIN(CASE WHEN o.claimed_until > o.next_at THEN o.claimed_until ELSE o.next_at END) AS due \
                 FROM outbox o JOIN hooks h ON h.id = o.hook_id \
                 WHERE o.state = 'waiting' AND o.next_at IS NOT NULL AND h.disabled_at IS NULL",
                args![],
            )
            .await?;
        row.opt_time("due")
    }

    /// Notes what came of a request. One that is over already stays over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record_delivery(
        &self,
        id: NoticeId,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut session = self.store.write().await?;
        let sql = "SELECT hook_id, table_id, load_id, tries FROM outbox WHERE id = $1 AND state = 'waiting'";
        let Some(row) = session.row(sql, args![id]).await? else {
            return Ok(());
        };
        let (hook, table) = (row.hook("hook_id")?, row.table("table_id")?);
        let attempt = row.u32("tries")?.saturating_add(1);
        note_try(&mut session, id, &row, attempt, delivery, now).await?;
        let end = match delivery {
            Delivery::Failed { again_at, .. } => {
                let sql = "UPDATE outbox SET tries = $1, next_at = $2, claimed_until = NULL WHERE id = $3";
                session.run(sql, args![attempt, *again_at, id]).await?;
                None
            }
            Delivery::Delivered => Some("delivered"),
            Delivery::GivenUp { .. } => Some("undeliverable"),
        };
        if let Some(state) = end {
            let sql = "UPDATE outbox SET state = $1, tries = $2, next_at = NULL, claimed_until = NULL, \
                       finished_at = $3 WHERE id = $4";
            session.run(sql, args![state, attempt, now, id]).await?;
            move_lane(&mut session, hook, table, now).await?;
        }
        session.commit().await
    }

    /// At most `limit` lines of a hook's delivery log, newest first, older than the line `before` if that is given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deliveries(
        &self,
        hook: HookId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        let mut session = self.store.read().await?;
        let rows = session
            .rows(
                "SELECT id, outbox_id, table_id, load_id, attempt, tried_at, failure FROM deliveries \
                 WHERE hook_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                args![hook, before.unwrap_or(i64::MAX), limit],
            )
            .await?;
        let record = |row: &Row| {
            Ok(DeliveryRecord {
                number: row.int("id")?,
                notice: row.notice("outbox_id")?,
                table: row.table("table_id")?,
                load: row.load_id("load_id")?,
                attempt: row.u32("attempt")?,
                tried_at: row.time("tried_at")?,
                failure: row.opt_text("failure")?,
            })
        };
        rows.iter().map(record).collect()
    }

    /// Lines up once more what a hook was told since an instant, delivered or given up; returns how many requests
    /// that are. They come after all that waits.
    ///
    /// # Errors
    /// [`HookError::NotFound`].
    pub async fn replay_notices(
        &self,
        hook: HookId,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<u64, HookError> {
        let mut session = self.store.write().await?;
        hooks::find(&mut session, &self.vault, hook).await?;
        // Of a load that was replayed before, only the first request counts.
        let sql = "SELECT o.table_id, o.load_id, o.body FROM outbox o WHERE o.hook_id = $1 AND o.created_at >= $2 \
                   AND o.state <> 'waiting' AND NOT EXISTS (SELECT 1 FROM outbox w WHERE w.hook_id = o.hook_id \
                   AND w.load_id = o.load_id AND (w.state = 'waiting' OR w.id < o.id)) ORDER BY o.id";
        let rows = session.rows(sql, args![hook, since]).await?;
        let mut lined_up = 0;
        for row in &rows {
            let lane = (hook, row.table("table_id")?);
            append(
                &mut session,
                lane,
                &row.load_id("load_id")?,
                &row.text("body")?,
                now,
            )
            .await?;
            lined_up += 1;
        }
        session.commit().await?;
        Ok(lined_up)
    }
}

/// Adds a line to the delivery log.
async fn note_try(
    session: &mut Session,
    id: NoticeId,
    notice: &Row,
    attempt: u32,
    delivery: &Delivery,
    now: Timestamp,
) -> Result<(), StoreError> {
    let number = session.next_number("delivery").await?;
    let failure = match delivery {
        Delivery::Delivered => None,
        Delivery::Failed { reason, .. } | Delivery::GivenUp { reason } => Some(reason.as_str()),
    };
    session
        .run(
            "INSERT INTO deliveries (id, hook_id, outbox_id, table_id, load_id, attempt, tried_at, failure) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            args![
                number,
                notice.hook("hook_id")?,
                id,
                notice.table("table_id")?,
                &notice.load_id("load_id")?,
                attempt,
                now,
                failure
            ],
        )
        .await?;
    Ok(())
}

/// Makes the next request of a lane due.
async fn move_lane(
    session: &mut Session,
    hook: HookId,
    table: TableId,
    now: Timestamp,
) -> Result<(), StoreError> {
    session
        .run(
            "UPDATE outbox SET next_at = $1 WHERE id = (SELECT MIN(id) FROM outbox \
             WHERE hook_id = $2 AND table_id = $3 AND state = 'waiting')",
            args![now, hook, table],
        )
        .await?;
    Ok(())
}
