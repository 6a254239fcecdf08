//! The catalog itself: opening it, and what it knows of the instance.

use std::path::Path;
use std::time::Duration;

use landfall_core::ids::ClientId;
use landfall_core::time::Timestamp;

use crate::audit::{self, Changes};
use crate::error::StoreError;
use crate::secrets::{Entropy, SecretKey, Vault};
use crate::store::{Session, Store, args};

/// How long calls wait for another process.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The control state of an instance.
#[derive(Debug)]
pub struct Catalog {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
}

/// What tells instances apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Names the instance for ever, such as a UUID.
    pub id: String,
    /// The account number that push clients send (import-api.md §3).
    pub client_id: ClientId,
    /// When it was first started.
    pub created_at: Timestamp,
}

/// Who changes something, and when. Every change by a user leaves a line in the audit log.
#[derive(Debug, Clone, Copy)]
pub struct Act<'a> {
    /// Who: a user, an access key, or Landfall.
    pub who: &'a str,
    /// When.
    pub at: Timestamp,
}

impl Catalog {
    /// Opens the control state in the file at `path`, readable by its owner alone. Where there is none it is made, for
    /// the instance that `new` describes. Secrets are encrypted with `key`, which is kept elsewhere.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] if it was made with another key, [`StoreError::LaterVersion`] if a later version wrote
    /// it, and whatever else is wrong with the file.
    pub async fn open(
        path: &Path,
        key: &SecretKey,
        entropy: Box<dyn Entropy>,
        new: &Instance,
    ) -> Result<Self, StoreError> {
        let catalog = Self {
            store: Store::open(path, LONGEST_WAIT).await?,
            vault: Vault::new(key, entropy),
        };
        let mut session = catalog.store.write().await?;
        let stored = session.row("SELECT key_check FROM instance", args![]).await?;
        match stored {
            Some(row) if catalog.vault.is_key_of(&row.bytes("key_check")?) => {}
            Some(_) => return Err(StoreError::WrongKey),
            None => {
                insert(&mut session, new, &catalog.vault.key_check()).await?;
                session.commit().await?;
            }
        }
        Ok(catalog)
    }

    /// The instance.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn instance(&self) -> Result<Instance, StoreError> {
        let mut session = self.store.read().await?;
        let row = session
            .only("SELECT instance_id, client_id, created_at FROM instance", args![])
            .await?;
        Ok(Instance {
            id: row.text("instance_id")?,
            client_id: ClientId::new(row.u32("client_id")?),
            created_at: row.time("created_at")?,
        })
    }

    /// Gives the instance another account number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_client_id(&self, client_id: ClientId, act: Act<'_>) -> Result<(), StoreError> {
        let mut session = self.store.write().await?;
        let sql = "SELECT client_id FROM instance";
        let old = ClientId::new(session.only(sql, args![]).await?.u32("client_id")?);
        session
            .run("UPDATE instance SET client_id = $1", args![client_id])
            .await?;
        let changes = Changes::default().field("client_id", Some(old), Some(client_id));
        let subject = client_id.to_string();
        audit::note_changes(&mut session, act, "instance.client_id", &subject, &changes).await?;
        self.store.commit_access(session).await
    }

    /// Whether the store can be written now: a counter is raised, for SQLite writes nothing where nothing changes.
    ///
    /// # Errors
    /// [`StoreError`], which says why not.
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        let mut session = self.store.write().await?;
        session.next_number("write_check").await?;
        session.commit().await
    }

    /// Lets go of the file. Calls that come later fail.
    pub async fn close(&self) {
        self.store.close().await;
    }
}

async fn insert(session: &mut Session, new: &Instance, key_check: &[u8]) -> Result<(), StoreError> {
    session
        .run(
            "INSERT INTO instance (only_row, instance_id, client_id, created_at, key_check) \
             VALUES (1, $1, $2, $3, $4)",
            args![&new.id, new.client_id, new.created_at, key_check],
        )
        .await?;
    Ok(())
}
