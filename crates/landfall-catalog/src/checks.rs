//! Connection checks of destinations (management-api.md §6).

use std::time::Duration;

use landfall_core::ids::DestinationId;
use landfall_core::time::Timestamp;

use crate::catalog::Catalog;
use crate::destination_state::{AccessFault, DestinationEvent, DestinationState};
use crate::destinations::{DestinationError, find, save_state};
use crate::error::StoreError;
use crate::store::args;
use crate::stored::{StoredCheck, StoredCheckError, StoredCheckWarning, from_json, to_json};

/// A check that does not finish within this has failed.
pub const LONGEST_CHECK: Duration = Duration::from_secs(120);

/// A connection check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionCheck {
    /// `<client>.<connection>.check.<uuid>`.
    pub name: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it was over; none while it runs.
    pub completed_at: Option<Timestamp>,
    /// What is wrong; none if it succeeded.
    pub errors: Vec<CheckError>,
    /// What is odd.
    pub warnings: Vec<CheckWarning>,
}

/// What a check found wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckError {
    /// Code of setup-flow.md §6.3.
    pub code: String,
    /// Step of setup-flow.md §6.2.
    pub step: String,
    /// The raw message.
    pub message: String,
    /// Why it is so.
    pub cause: String,
    /// What to do.
    pub remedy: String,
}

/// What a check found odd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckWarning {
    /// Code of setup-flow.md §6.3.
    pub code: String,
    /// What is odd.
    pub message: String,
}

/// What came of the wish to start a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckStart {
    /// The check of that name is to be run now.
    Started,
    /// This one is running already.
    Running(ConnectionCheck),
}

/// What a check's end did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckEnd {
    /// The destination is now in that state.
    Counted(DestinationState),
    /// Nothing: access was changed in the meantime, so another check has to be made.
    Outdated,
}

/// What a check means for the state of the destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The bucket can be used.
    Succeeded,
    /// It can't be used.
    Failed(AccessFault),
    /// Nobody knows: the fault is one that passes, such as a time-out.
    Transient,
}

impl ConnectionCheck {
    pub(crate) fn to_stored(&self) -> String {
        let error = |error: &CheckError| StoredCheckError {
            code: error.code.clone(),
            step: error.step.clone(),
            message: error.message.clone(),
            cause: error.cause.clone(),
            remedy: error.remedy.clone(),
        };
        let warning = |warning: &CheckWarning| StoredCheckWarning {
            code: warning.code.clone(),
            message: warning.message.clone(),
        };
        to_json(&StoredCheck::V1 {
            name: self.name.clone(),
            started_at: self.started_at.as_millis(),
            completed_at: self.completed_at.map(Timestamp::as_millis),
            errors: self.errors.iter().map(error).collect(),
            warnings: self.warnings.iter().map(warning).collect(),
        })
    }

    pub(crate) fn from_stored(text: &str) -> Result<Self, StoreError> {
        let StoredCheck::V1 {
            name,
            started_at,
            completed_at,
            errors,
            warnings,
        } = from_json(text, "a connection check")?;
        let error = |error: StoredCheckError| CheckError {
            code: error.code,
            step: error.step,
            message: error.message,
            cause: error.cause,
            remedy: error.remedy,
        };
        let warning = |warning: StoredCheckWarning| CheckWarning {
            code: warning.code,
            message: warning.message,
        };
        Ok(Self {
            name,
            started_at: Timestamp::from_millis(started_at),
            completed_at: completed_at.map(Timestamp::from_millis),
            errors: errors.into_iter().map(error).collect(),
            warnings: warnings.into_iter().map(warning).collect(),
        })
    }

    fn is_running(&self, now: Timestamp) -> bool {
        self.completed_at.is_none() && now < self.started_at.plus(LONGEST_CHECK)
    }
}

impl Catalog {
    /// Starts a check, unless one is running. A check that was cut off, by a crash for instance, runs no longer than
    /// [`LONGEST_CHECK`].
    ///
    /// # Errors
    /// [`DestinationError::NotFound`].
    pub async fn start_check(
        &self,
        id: DestinationId,
        name: &str,
        now: Timestamp,
    ) -> Result<CheckStart, DestinationError> {
        let mut session = self.store.write().await?;
        let destination = find(&mut session, &self.vault, id).await?;
        if let Some(running) = destination.last_check.filter(|check| check.is_running(now)) {
            return Ok(CheckStart::Running(running));
        }
        let check = ConnectionCheck {
            name: name.to_owned(),
            started_at: now,
            completed_at: None,
            errors: Vec::new(),
            warnings: Vec::new(),
        };
        session
            .run(
                "UPDATE destinations SET last_check = $1 WHERE id = $2",
                args![&check.to_stored(), id],
            )
            .await?;
        session.commit().await?;
        Ok(CheckStart::Started)
    }

    /// Notes the end of a check that was made for the access of `access_revision`, and what it means.
    ///
    /// # Errors
    /// [`DestinationError::NotFound`].
    pub async fn finish_check(
        &self,
        id: DestinationId,
        access_revision: u64,
        check: &ConnectionCheck,
        verdict: &Verdict,
        now: Timestamp,
    ) -> Result<CheckEnd, DestinationError> {
        let mut session = self.store.write().await?;
        let destination = find(&mut session, &self.vault, id).await?;
        if destination.access_revision != access_revision {
            return Ok(CheckEnd::Outdated);
        }
        let event = match verdict {
            Verdict::Succeeded => Some(DestinationEvent::CheckSucceeded),
            Verdict::Failed(fault) => Some(DestinationEvent::CheckFailed(fault.clone())),
            Verdict::Transient => None,
        };
        let state = match &event {
            Some(event) => destination.state.after(event, now),
            None => destination.state.clone(),
        };
        save_state(&mut session, id, &state).await?;
        let verified_at = matches!(verdict, Verdict::Succeeded).then_some(now);
        session
            .run(
                "UPDATE destinations SET last_check = $1, verified_at = COALESCE(verified_at, $2) WHERE id = $3",
                args![&check.to_stored(), verified_at, id],
            )
            .await?;
        self.store.commit_access(session).await?;
        Ok(CheckEnd::Counted(state))
    }

    /// Failing destinations whose next check is due, those that wait longest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due_checks(&self, now: Timestamp) -> Result<Vec<DestinationId>, StoreError> {
        let mut session = self.store.read().await?;
        let rows = session
            .rows(
                "SELECT id FROM destinations WHERE next_check_at <= $1 AND standing = 'failing' \
                 AND paused_at IS NULL AND deleted_at IS NULL ORDER BY next_check_at, id",
                args![now],
            )
            .await?;
        rows.iter().map(|row| row.destination("id")).collect()
    }
}
