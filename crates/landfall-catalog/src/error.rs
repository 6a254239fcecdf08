//! What can go wrong with the store itself.

use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;
use thiserror::Error;

/// The store couldn't do what it was asked, whatever that was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Others hold it, and did so for longer than is waited.
    #[error("the control state is busy: try again")]
    Busy(#[source] sqlx::Error),
    /// No room on the disk.
    #[error("the disk that holds the control state is full: free some space")]
    Full(#[source] sqlx::Error),
    /// What is stored can't be what was stored.
    #[error("the control state is damaged ({what}): restore it from a backup")]
    Damaged {
        /// Where, or how it shows.
        what: String,
    },
    /// Written by a program that knew more.
    #[error(
        "the control state was written by a later version of Landfall (its form is {found}, this one knows up to \
         {known}): start that version, or a later one"
    )]
    LaterVersion {
        /// Number of the form found.
        found: i64,
        /// Number of the last form known.
        known: i64,
    },
    /// Its secrets are encrypted with another key.
    #[error(
        "the secrets in the control state are encrypted with another key: give the key it was created with"
    )]
    WrongKey,
    /// The file can't be read or written.
    #[error(
        "the control state can't be read or written: look at its folder, its permissions and its disk, and at limits on file sizes (ulimit -f)"
    )]
    Unusable(#[source] sqlx::Error),
    /// The file can't be made.
    #[error("the control state can't be created: look at its folder and its permissions")]
    NotCreated(#[source] std::io::Error),
    /// A statement of ours was refused: an invariant broke.
    #[error("the control state refused a change that broke its rules")]
    Refused(#[source] sqlx::Error),
}

/// What whoever holds the error should do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Try again with backoff.
    Retry,
    /// Only the operator can help, after which the same call works; until then no data may be accepted.
    AskOperator,
    /// An invariant broke: stop before it harms data.
    Stop,
}

impl StoreError {
    /// What to do about it.
    #[must_use]
    pub fn reaction(&self) -> Reaction {
        match self {
            Self::Busy(_) => Reaction::Retry,
            Self::Full(_)
            | Self::LaterVersion { .. }
            | Self::WrongKey
            | Self::Unusable(_)
            | Self::NotCreated(_) => Reaction::AskOperator,
            Self::Damaged { .. } | Self::Refused(_) => Reaction::Stop,
        }
    }

    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }
}

/// SQLite's primary result codes, <https://www.sqlite.org/rescode.html>.
mod code {
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const READONLY: i32 = 8;
    pub(super) const IOERR: i32 = 10;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const NOTADB: i32 = 26;
}

fn primary_code(fault: &dyn DatabaseError) -> Option<i32> {
    let extended: i32 = fault.code()?.parse().ok()?;
    Some(extended & 0xff)
}

impl From<sqlx::Error> for StoreError {
    fn from(fault: sqlx::Error) -> Self {
        match &fault {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => Self::Busy(fault),
            sqlx::Error::Database(inner) => match primary_code(inner.as_ref()) {
                Some(code::BUSY | code::LOCKED) => Self::Busy(fault),
                Some(code::FULL) => Self::Full(fault),
                Some(code::CORRUPT | code::NOTADB) => Self::damaged(inner.message()),
                Some(code::READONLY | code::IOERR | code::CANTOPEN) => Self::Unusable(fault),
                _ => Self::Refused(fault),
            },
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::TypeNotFound { .. } => Self::damaged(fault.to_string()),
            sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => Self::Unusable(fault),
            _ => Self::Refused(fault),
        }
    }
}

impl StoreError {
    pub(crate) fn of_migration(fault: MigrateError, known: i64) -> Self {
        match fault {
            MigrateError::VersionMissing(found) => Self::LaterVersion { found, known },
            MigrateError::Execute(fault) | MigrateError::ExecuteMigration(fault, _) => fault.into(),
            fault => Self::damaged(fault.to_string()),
        }
    }
}
