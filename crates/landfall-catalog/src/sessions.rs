//! Browsers that are signed in, and attempts to be (operations.md §11).

use std::time::Duration;

use landfall_core::time::Timestamp;

use crate::audit;
use crate::catalog::{Act, Catalog};
use crate::error::StoreError;
use crate::ids::UserId;
use crate::secrets::Digest;
use crate::store::{Session, args};
use crate::users::{self, User};

/// How long sessions last.
#[derive(Debug, Clone, Copy)]
pub struct SessionLife {
    /// Without a request.
    pub idle: Duration,
    /// In all.
    pub absolute: Duration,
}

/// How failed attempts to sign in slow down later ones.
#[derive(Debug, Clone, Copy)]
pub struct Throttle {
    /// Failures that cost nothing. After that a second, doubled with each failure.
    pub free_failures: u32,
    /// The longest wait.
    pub longest_wait: Duration,
    /// After this long without a failure, all is forgotten.
    pub forget_after: Duration,
}

impl Throttle {
    /// How long after the last of so many failures nobody may try again.
    #[must_use]
    pub fn wait(&self, failures: u32) -> Duration {
        let Some(doublings) = failures.checked_sub(self.free_failures.max(1)) else {
            return Duration::ZERO;
        };
        let seconds = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
        Duration::from_secs(seconds).min(self.longest_wait)
    }
}

/// Whether someone may try to sign in now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInTurn {
    /// They may; it counts as a failure until [`Catalog::open_session`].
    Now,
    /// Not before then.
    NotBefore(Timestamp),
}

/// A request within this of the last noted one isn't noted: looking at pages need not write.
const NOTE_EVERY: Duration = Duration::from_secs(60);

fn before(at: Timestamp, age: Duration) -> Timestamp {
    let millis = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(at.as_millis().saturating_sub(millis))
}

fn after(at: Timestamp, wait: Duration) -> Timestamp {
    let millis = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(at.as_millis().saturating_add(millis))
}

impl Catalog {
    /// Asks for a turn to sign in. Each of `subjects` is a digest of what to count by, such as the name or the address,
    /// with its throttle. All are counted in the same transaction, so that attempts at once don't get around it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ask_sign_in(
        &self,
        subjects: &[(Digest, Throttle)],
        at: Timestamp,
    ) -> Result<SignInTurn, StoreError> {
        let mut session = self.store.write().await?;
        let mut latest = None;
        for (digest, throttle) in subjects {
            let (failures, last_at) = attempts(&mut session, digest, throttle, at).await?;
            let until = after(last_at, throttle.wait(failures));
            if until > at {
                latest = latest.max(Some(until));
            }
        }
        if let Some(until) = latest {
            return Ok(SignInTurn::NotBefore(until));
        }
        for (digest, throttle) in subjects {
            let (failures, _) = attempts(&mut session, digest, throttle, at).await?;
            session
                .run(
                    "INSERT INTO sign_in_attempts (digest, failures, last_at) VALUES ($1, $2, $3) \
                     ON CONFLICT (digest) DO UPDATE SET failures = $2, last_at = $3",
                    args![digest, failures.saturating_add(1), at],
                )
                .await?;
            session
                .run(
                    "DELETE FROM sign_in_attempts WHERE last_at < $1",
                    args![before(at, throttle.forget_after)],
                )
                .await?;
        }
        session.commit().await?;
        Ok(SignInTurn::Now)
    }

    /// Opens a session for a user who signed in, and forgets the failures of `subjects`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_session(
        &self,
        digest: &Digest,
        user: UserId,
        subjects: &[Digest],
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        let mut session = self.store.write().await?;
        for subject in subjects {
            session
                .run("DELETE FROM sign_in_attempts WHERE digest = $1", args![subject])
                .await?;
        }
        session
            .run(
                "INSERT INTO sessions (digest, user_id, opened_at, seen_at) VALUES ($1, $2, $3, $3)",
                args![digest, user, act.at],
            )
            .await?;
        audit::note(&mut session, act, "session.open", &user.to_string()).await?;
        session.commit().await
    }

    /// Who has the session of that digest, if it has not come to its end.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn session(
        &self,
        digest: &Digest,
        life: SessionLife,
        at: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        let mut session = self.store.read().await?;
        let columns = users::COLUMNS;
        let row = session
            .row(
                &format!(
                    "SELECT {columns}, seen_at FROM sessions JOIN users ON users.id = user_id \
                     WHERE digest = $1 AND seen_at > $2 AND opened_at > $3"
                ),
                args![digest, before(at, life.idle), before(at, life.absolute)],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        drop(session);
        if row.time("seen_at")? < before(at, NOTE_EVERY) {
            self.note_seen(digest, life, at).await?;
        }
        users::read(&row).map(Some)
    }

    /// Also sweeps out sessions that have come to their end.
    async fn note_seen(&self, digest: &Digest, life: SessionLife, at: Timestamp) -> Result<(), StoreError> {
        let mut session = self.store.write().await?;
        session
            .run(
                "UPDATE sessions SET seen_at = $2 WHERE digest = $1",
                args![digest, at],
            )
            .await?;
        session
            .run(
                "DELETE FROM sessions WHERE seen_at <= $1 OR opened_at <= $2",
                args![before(at, life.idle), before(at, life.absolute)],
            )
            .await?;
        session.commit().await
    }

    /// Ends a session, if it is there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_session(&self, digest: &Digest, act: Act<'_>) -> Result<(), StoreError> {
        let mut session = self.store.write().await?;
        let ended = session
            .run("DELETE FROM sessions WHERE digest = $1", args![digest])
            .await?;
        if ended > 0 {
            audit::note(&mut session, act, "session.end", act.who).await?;
        }
        session.commit().await
    }

    /// Ends all sessions of a user, and returns how many there were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_sessions(&self, user: UserId, act: Act<'_>) -> Result<u64, StoreError> {
        let mut session = self.store.write().await?;
        let ended = session
            .run("DELETE FROM sessions WHERE user_id = $1", args![user])
            .await?;
        audit::note(&mut session, act, "session.end_all", &user.to_string()).await?;
        session.commit().await?;
        Ok(ended)
    }
}

async fn attempts(
    session: &mut Session,
    digest: &Digest,
    throttle: &Throttle,
    at: Timestamp,
) -> Result<(u32, Timestamp), StoreError> {
    let row = session
        .row(
            "SELECT failures, last_at FROM sign_in_attempts WHERE digest = $1 AND last_at >= $2",
            args![digest, before(at, throttle.forget_after)],
        )
        .await?;
    match row {
        Some(row) => Ok((row.u32("failures")?, row.time("last_at")?)),
        None => Ok((0, before(at, throttle.forget_after))),
    }
}
