//! The database: how it is opened, and statements on it.
//!
//! Statements are plain SQL with `$1` placeholders, and all that goes in and out of them is whole numbers, text and
//! bytes. Only this file and the migrations know which database it is.

mod args;
mod generation;
mod open;
mod row;

use std::fmt;

use landfall_core::time::Timestamp;
use sqlx::sqlite::SqlitePool;
use sqlx::{Sqlite, Transaction};

pub(crate) use args::{Arg, args};
pub(crate) use generation::Generation;
pub(crate) use row::Row;

use crate::error::StoreError;

/// One connection that writes, since SQLite lets one at a time, and some that read beside it.
pub(crate) struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
    generation: Generation,
}

impl fmt::Debug for Store {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Store")
    }
}

impl Store {
    /// Begins a change. It happens as a whole with [`Session::commit`], or not at all.
    pub(crate) async fn write(&self) -> Result<Session, StoreError> {
        let mut session = Session {
            tx: self.writer.begin().await?,
        };
        // Writes first of all, so that it waits for its turn now, rather than fail after it has read. (sqlx's own way,
        // `BEGIN IMMEDIATE`, leaves the transaction open if its caller goes away in the middle.)
        session
            .run("UPDATE counters SET last = last WHERE kind = ''", args![])
            .await?;
        self.generation.settle(); // one writer: what was under way before has ended
        Ok(session)
    }

    /// Begins to read one state of the store.
    pub(crate) async fn read(&self) -> Result<Session, StoreError> {
        let tx = self.readers.begin().await?;
        Ok(Session { tx })
    }

    /// Commits a change that matters to authentication.
    pub(crate) async fn commit_access(&self, session: Session) -> Result<(), StoreError> {
        let change = self.generation.begin_change();
        let outcome = session.commit().await;
        if outcome.is_ok() {
            change.settled();
        }
        outcome
    }

    /// See [`Generation::current`].
    pub(crate) fn generation(&self) -> u64 {
        self.generation.current()
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// A transaction: all its statements see one state.
pub(crate) struct Session {
    tx: Transaction<'static, Sqlite>,
}

impl Session {
    /// All rows of a query.
    pub(crate) async fn rows(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<Vec<Row>, StoreError> {
        let rows = args::bind(sql, args).fetch_all(&mut *self.tx).await?;
        Ok(rows.into_iter().map(Row::new).collect())
    }

    /// The first row of a query.
    pub(crate) async fn row(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<Option<Row>, StoreError> {
        let row = args::bind(sql, args).fetch_optional(&mut *self.tx).await?;
        Ok(row.map(Row::new))
    }

    /// The only row of a query that always has one, such as a sum.
    pub(crate) async fn only(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<Row, StoreError> {
        let row = self.row(sql, args).await?;
        row.ok_or_else(|| StoreError::damaged("a query that always has a row had none"))
    }

    /// Runs a statement, and returns how many rows it changed.
    pub(crate) async fn run(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<u64, StoreError> {
        let done = args::bind(sql, args).execute(&mut *self.tx).await?;
        Ok(done.rows_affected())
    }

    /// The next number of a kind. Numbers of changes that are given up are given out again: nobody has seen them.
    pub(crate) async fn next_number(&mut self, kind: &'static str) -> Result<i64, StoreError> {
        let row = self
            .only(
                "INSERT INTO counters (kind, last) VALUES ($1, 1) \
                 ON CONFLICT (kind) DO UPDATE SET last = counters.last + 1 RETURNING last",
                args![kind],
            )
            .await?;
        row.int("last")
    }

    /// The next number of a kind whose numbers have 32 bits.
    pub(crate) async fn next_id(&mut self, kind: &'static str) -> Result<u32, StoreError> {
        let number = self.next_number(kind).await?;
        u32::try_from(number).map_err(|_| StoreError::damaged(format!("the numbers of {kind} have run out")))
    }

    /// Keeps what was done. When it returns, it would survive a power cut.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}

const DAY_MILLIS: i64 = 86_400_000;

/// The UTC day of an instant, counted from 1970-01-01.
pub(crate) fn day_of(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(DAY_MILLIS)
}

#[cfg(test)]
mod tests;
