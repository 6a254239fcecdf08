//! Opening the file.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::{Generation, Store};
use crate::error::StoreError;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How long a call waits for its turn among the calls of this process.
const LONGEST_QUEUE: Duration = Duration::from_secs(30);
/// Reads are short; more connections than cores would only take memory.
const READERS: u32 = 4;
/// The write-ahead log is cut down to this after it had to grow.
const LARGEST_WAL_BYTES: &str = "67108864";

impl Store {
    /// Opens the file, makes it if there is none, and brings it to the newest form. Calls wait no longer than
    /// `longest_wait` for another process.
    pub(crate) async fn open(path: &Path, longest_wait: Duration) -> Result<Self, StoreError> {
        own_alone(path).map_err(StoreError::NotCreated)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full) // a commit is on the disk when it returns
            .foreign_keys(true)
            .busy_timeout(longest_wait)
            .pragma("journal_size_limit", LARGEST_WAL_BYTES)
            .pragma("temp_store", "memory")
            .disable_statement_logging();
        let writer = connect(options.clone(), 1).await?;
        let known = MIGRATIONS.iter().map(|migration| migration.version).max();
        MIGRATIONS
            .run(&writer)
            .await
            .map_err(|fault| StoreError::of_migration(fault, known.unwrap_or_default()))?;
        let readers = connect(options.read_only(true), READERS).await?;
        Ok(Self {
            writer,
            readers,
            generation: Generation::default(),
        })
    }
}

async fn connect(options: SqliteConnectOptions, connections: u32) -> Result<SqlitePool, StoreError> {
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(LONGEST_QUEUE)
        .test_before_acquire(false)
        .after_release(|connection, _| Box::pin(is_clean(connection)))
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options);
    Ok(pool.await?)
}

/// Whether a connection may be used again. After some faults, such as a full disk, SQLite has rolled back by itself, and
/// the driver goes on to believe in a transaction that is over.
async fn is_clean(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // The lock is handed out once all that was asked of the connection is done, roll-backs included.
    drop(connection.lock_handle().await?);
    Ok(!connection.is_in_transaction())
}

/// Makes the file if need be, readable by its owner alone. SQLite gives the files beside it the same mode.
#[cfg(unix)]
fn own_alone(path: &Path) -> io::Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn own_alone(path: &Path) -> io::Result<()> {
    OpenOptions::new().create(true).append(true).open(path).map(drop)
}
