//! Closing loads.

use landfall_core::time::Timestamp;

use super::open::{check_next, find_abandoned, find_open};
use super::{LandedObject, LedgerError, LoadFacts, ObjectKind, OpenLoad, Outcome};
use crate::catalog::Catalog;
use crate::error::StoreError;
use crate::ids::{LoadId, TableId};
use crate::outbox;
use crate::position::LogRange;
use crate::store::{Session, args, day_of};
use crate::stored::{StoredBookmark, StoredFacts, from_json, to_json};
use crate::tables::Bookmark;

/// A load whose objects are all in the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The load.
    pub id: LoadId,
    /// What came of it.
    pub outcome: Outcome,
}

/// What a commit did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// The load is done now.
    Now,
    /// It was done before, so nothing changed.
    Before,
}

impl Catalog {
    /// Closes a load: its objects, its counts, how far its table is dealt with, the requests to hooks, all at once.
    /// When this returns it would survive a power cut. Done twice, the second time does nothing.
    ///
    /// # Errors
    /// [`LedgerError`]; nothing has changed then.
    pub async fn commit_load(&self, commit: &Commit) -> Result<Committed, LedgerError> {
        let mut session = self.store.write().await?;
        let committed = close(&mut session, commit).await?;
        session.commit().await?;
        Ok(committed)
    }

    /// Closes several loads at the cost of one. Each of them is closed or refused as by [`Catalog::commit_load`].
    ///
    /// # Errors
    /// [`StoreError`], and then none was closed.
    pub async fn commit_loads(
        &self,
        commits: &[Commit],
    ) -> Result<Vec<Result<Committed, LedgerError>>, StoreError> {
        let mut session = self.store.write().await?;
        let mut outcomes = Vec::with_capacity(commits.len());
        for commit in commits {
            match close(&mut session, commit).await {
                Err(LedgerError::Store(fault)) => return Err(fault),
                outcome => outcomes.push(outcome),
            }
        }
        session.commit().await?;
        Ok(outcomes)
    }
}

/// All refusals come before the first change, so a refused load leaves no trace among others.
async fn close(session: &mut Session, commit: &Commit) -> Result<Committed, LedgerError> {
    let load = match find_open(session, &commit.id).await {
        Ok(load) => load,
        Err(LedgerError::AlreadyDone(_)) => return Ok(Committed::Before),
        Err(LedgerError::Abandoned(_)) => find_landed(session, &commit.id).await?,
        Err(fault) => return Err(fault),
    };
    let outcome = &commit.outcome;
    if outcome.rows_landed.checked_add(outcome.rows_rejected) != Some(load.intent.records) {
        return Err(LedgerError::CountsDiffer {
            id: commit.id.clone(),
            records: load.intent.records,
            landed: outcome.rows_landed,
            rejected: outcome.rows_rejected,
        });
    }
    close_row(session, &load, outcome).await?;
    insert_objects(session, &load, &outcome.objects).await?;
    move_on(session, load.intent.table, &load.intent.range).await?;
    count(session, &load, outcome).await?;
    let number = session.next_number("attempt").await?;
    session
        .run(
            "INSERT INTO attempts (id, table_id, load_seq, started_at, completed_at, day) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            args![
                number,
                load.intent.table,
                load.seq,
                outcome.started_at,
                outcome.done_at,
                day_of(outcome.done_at),
            ],
        )
        .await?;
    if let Some(body) = &outcome.hook_body {
        outbox::line_up(session, &load, body, outcome.done_at).await?;
    }
    Ok(Committed::Now)
}

/// A load that was under way when its destination was deleted, and has landed after all. As long as its records went
/// nowhere else they are where they were to go: landing them once more at another destination would make two of each.
async fn find_landed(session: &mut Session, id: &LoadId) -> Result<OpenLoad, LedgerError> {
    let load = find_abandoned(session, id).await?;
    match check_next(session, load.intent.table, &load.intent.range).await {
        Ok(()) => Ok(load),
        Err(LedgerError::Store(fault)) => Err(fault.into()),
        Err(_gone_elsewhere) => Err(LedgerError::Abandoned(id.clone())),
    }
}

async fn close_row(session: &mut Session, load: &OpenLoad, outcome: &Outcome) -> Result<(), StoreError> {
    let bytes: u64 = outcome.objects.iter().map(|object| object.size.as_u64()).sum();
    let took = outcome.done_at.as_millis() - outcome.started_at.as_millis();
    session
        .run(
            "UPDATE loads SET state = 'done', started_at = $1, done_at = $2, day = $3, rows_landed = $4, \
             rows_rejected = $5, object_bytes = $6, duration_ms = $7, facts = $8 WHERE seq = $9",
            args![
                outcome.started_at,
                outcome.done_at,
                day_of(outcome.done_at),
                outcome.rows_landed,
                outcome.rows_rejected,
                bytes,
                took.max(0), // the clock may have stepped back
                &outcome.facts.to_stored(),
                load.seq,
            ],
        )
        .await?;
    Ok(())
}

async fn insert_objects(
    session: &mut Session,
    load: &OpenLoad,
    objects: &[LandedObject],
) -> Result<(), StoreError> {
    for (number, object) in (0_i64..).zip(objects) {
        session
            .run(
                "INSERT INTO load_objects (load_seq, number, kind, sub_table, object_key, object_rows, object_bytes, \
                 checksum) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                args![
                    load.seq,
                    number,
                    object.kind.as_str(),
                    object.kind.sub_table(),
                    &object.key,
                    object.rows,
                    object.size.as_u64(),
                    &object.checksum,
                ],
            )
            .await?;
    }
    Ok(())
}

/// Moves a table's progress to the end of `range`.
pub(super) async fn move_on(
    session: &mut Session,
    table: TableId,
    range: &LogRange,
) -> Result<(), StoreError> {
    session
        .run(
            "INSERT INTO progress (table_id, log_partition, position, ordinal) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (table_id, log_partition) \
             DO UPDATE SET position = excluded.position, ordinal = excluded.ordinal",
            args![
                table,
                range.partition,
                range.through.position,
                range.through.ordinal
            ],
        )
        .await?;
    Ok(())
}

/// Adds the load to the totals of its table, and to what its day replicated.
async fn count(session: &mut Session, load: &OpenLoad, outcome: &Outcome) -> Result<(), StoreError> {
    let switched_to = load.new_version.then_some(load.intent.version);
    let highest = outcome.highest_bookmark.as_ref().map(Bookmark::to_stored);
    session
        .run(
            "UPDATE tables SET rows_landed = rows_landed + $1, rows_rejected = rows_rejected + $2, \
             highest_bookmark = COALESCE($3, highest_bookmark), last_load_at = $4, last_attempt_at = $4, \
             last_error_code = NULL, last_error_message = NULL, active_version = COALESCE($5, active_version), \
             announced_version = COALESCE($5, announced_version), last_load_seq = $6 WHERE id = $7",
            args![
                outcome.rows_landed,
                outcome.rows_rejected,
                highest.as_deref(),
                outcome.done_at,
                switched_to,
                load.seq,
                load.intent.table,
            ],
        )
        .await?;
    let is_replicated = |object: &&LandedObject| match object.kind {
        ObjectKind::Root | ObjectKind::SubTable(_) => true,
        ObjectKind::Rejects => false,
    };
    let replicated = outcome.objects.iter().filter(is_replicated);
    let rows: u64 = replicated.map(|object| object.rows).sum();
    session
        .run(
            "INSERT INTO usage (table_id, day, rows_replicated, rows_rejected) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (table_id, day) DO UPDATE SET \
             rows_replicated = usage.rows_replicated + excluded.rows_replicated, \
             rows_rejected = usage.rows_rejected + excluded.rows_rejected",
            args![
                load.intent.table,
                day_of(outcome.done_at),
                rows,
                outcome.rows_rejected
            ],
        )
        .await?;
    Ok(())
}

impl LoadFacts {
    fn to_stored(&self) -> String {
        let bookmark = |range: &super::BookmarkRange| StoredBookmark {
            column: range.column.clone(),
            min_and_max: range.min_and_max.clone(),
        };
        to_json(&StoredFacts::V1 {
            reasons: self.reasons.clone(),
            sequences: self.sequences,
            received: self
                .received
                .map(|(first, last)| (first.as_millis(), last.as_millis())),
            bookmarks: self.bookmarks.iter().map(bookmark).collect(),
            max_extracted: self.max_extracted.clone(),
        })
    }

    pub(crate) fn from_stored(text: &str) -> Result<Self, StoreError> {
        let StoredFacts::V1 {
            reasons,
            sequences,
            received,
            bookmarks,
            max_extracted,
        } = from_json(text, "the facts of a load")?;
        let bookmark = |stored: StoredBookmark| super::BookmarkRange {
            column: stored.column,
            min_and_max: stored.min_and_max,
        };
        Ok(Self {
            reasons,
            sequences,
            received: received
                .map(|(first, last)| (Timestamp::from_millis(first), Timestamp::from_millis(last))),
            bookmarks: bookmarks.into_iter().map(bookmark).collect(),
            max_extracted,
        })
    }
}
