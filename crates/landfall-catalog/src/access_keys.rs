//! Keys of the management API (management-api.md §2).

use landfall_core::time::Timestamp;
use thiserror::Error;

use crate::audit::{self, Changes};
use crate::catalog::{Act, Catalog};
use crate::error::StoreError;
use crate::ids::AccessKeyId;
use crate::secrets::Digest;
use crate::store::{Row, Session, args};

/// Keys that an instance may have, disabled ones included.
pub const MOST_ACCESS_KEYS: u32 = 10;

/// A key, without the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Its number.
    pub id: AccessKeyId,
    /// The key's last four characters.
    pub last4: String,
    /// What it is for.
    pub description: String,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Since when it doesn't work, if so.
    pub disabled_at: Option<Timestamp>,
}

/// A key to be made. The key itself stays with the caller.
#[derive(Debug, Clone, Copy)]
pub struct NewAccessKey<'a> {
    /// Digest of the key.
    pub digest: Digest,
    /// The key's last four characters.
    pub last4: &'a str,
    /// What it is for.
    pub description: &'a str,
}

/// What a key is to be able to do from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Work.
    On,
    /// Nothing.
    Off,
}

/// Why keys stay as they are.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AccessKeyError {
    /// There are as many as there may be.
    #[error("at most {MOST_ACCESS_KEYS} access keys are allowed: delete one")]
    TooMany,
    /// The same key is there already.
    #[error("this access key is there already: make another one")]
    Exists,
    /// No such key.
    #[error("there is no access key {0}: list the keys")]
    NotFound(AccessKeyId),
    /// Nobody could sign in any more.
    #[error("access key {0} is the last one that is enabled: enable or make another one first")]
    LastKey(AccessKeyId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const COLUMNS: &str = "id, last4, description, created_by, created_at, disabled_at";

fn read(row: &Row) -> Result<AccessKey, StoreError> {
    Ok(AccessKey {
        id: AccessKeyId::new(row.u32("id")?),
        last4: row.text("last4")?,
        description: row.text("description")?,
        created_by: row.text("created_by")?,
        created_at: row.time("created_at")?,
        disabled_at: row.opt_time("disabled_at")?,
    })
}

impl Catalog {
    /// Adds a key.
    ///
    /// # Errors
    /// [`AccessKeyError::TooMany`], [`AccessKeyError::Exists`].
    pub async fn create_access_key(
        &self,
        new: NewAccessKey<'_>,
        act: Act<'_>,
    ) -> Result<AccessKey, AccessKeyError> {
        let mut session = self.store.write().await?;
        let twins = session
            .row("SELECT id FROM access_keys WHERE digest = $1", args![&new.digest])
            .await?;
        if twins.is_some() {
            return Err(AccessKeyError::Exists);
        }
        let keys = session
            .only("SELECT COUNT(*) AS keys FROM access_keys", args![])
            .await?;
        if keys.u32("keys")? >= MOST_ACCESS_KEYS {
            return Err(AccessKeyError::TooMany);
        }
        let id = AccessKeyId::new(session.next_id("access_key").await?);
        session
            .run(
                "INSERT INTO access_keys (id, digest, last4, description, created_by, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
                args![id, &new.digest, new.last4, new.description, act.who, act.at],
            )
            .await?;
        audit::note(&mut session, act, "access_key.create", &id.to_string()).await?;
        let key = find(&mut session, id).await?;
        self.store.commit_access(session).await?;
        Ok(key)
    }

    /// All keys, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn access_keys(&self) -> Result<Vec<AccessKey>, StoreError> {
        let mut session = self.store.read().await?;
        let rows = session
            .rows(&format!("SELECT {COLUMNS} FROM access_keys ORDER BY id"), args![])
            .await?;
        rows.iter().map(read).collect()
    }

    /// The key of that digest, which may be disabled.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn access_key_of(&self, digest: &Digest) -> Result<Option<AccessKey>, StoreError> {
        let mut session = self.store.read().await?;
        let row = session
            .row(
                &format!("SELECT {COLUMNS} FROM access_keys WHERE digest = $1"),
                args![digest],
            )
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Enables or disables a key.
    ///
    /// # Errors
    /// [`AccessKeyError::LastKey`] if it is the last one enabled and is to be disabled.
    pub async fn switch_access_key(
        &self,
        id: AccessKeyId,
        to: Switch,
        act: Act<'_>,
    ) -> Result<AccessKey, AccessKeyError> {
        let mut session = self.store.write().await?;
        let key = find(&mut session, id).await?;
        let (disabled_at, action) = match to {
            Switch::On => (None, "access_key.enable"),
            Switch::Off => {
                refuse_last(&mut session, &key).await?;
                (Some(key.disabled_at.unwrap_or(act.at)), "access_key.disable")
            }
        };
        session
            .run(
                "UPDATE access_keys SET disabled_at = $1 WHERE id = $2",
                args![disabled_at, id],
            )
            .await?;
        let changes = Changes::default().field("disabled_at", key.disabled_at, disabled_at);
        audit::note_changes(&mut session, act, action, &id.to_string(), &changes).await?;
        self.store.commit_access(session).await?;
        Ok(AccessKey { disabled_at, ..key })
    }

    /// Removes a key.
    ///
    /// # Errors
    /// [`AccessKeyError::LastKey`] if it is the last one enabled.
    pub async fn delete_access_key(&self, id: AccessKeyId, act: Act<'_>) -> Result<(), AccessKeyError> {
        let mut session = self.store.write().await?;
        let key = find(&mut session, id).await?;
        refuse_last(&mut session, &key).await?;
        session
            .run("DELETE FROM access_keys WHERE id = $1", args![id])
            .await?;
        audit::note(&mut session, act, "access_key.delete", &id.to_string()).await?;
        Ok(self.store.commit_access(session).await?)
    }
}

async fn find(session: &mut Session, id: AccessKeyId) -> Result<AccessKey, AccessKeyError> {
    let row = session
        .row(
            &format!("SELECT {COLUMNS} FROM access_keys WHERE id = $1"),
            args![id],
        )
        .await?;
    let row = row.ok_or(AccessKeyError::NotFound(id))?;
    Ok(read(&row)?)
}

async fn refuse_last(session: &mut Session, key: &AccessKey) -> Result<(), AccessKeyError> {
    if key.disabled_at.is_some() {
        return Ok(());
    }
    let others = session
        .row(
            "SELECT id FROM access_keys WHERE disabled_at IS NULL AND id <> $1",
            args![key.id],
        )
        .await?;
    match others {
        Some(_) => Ok(()),
        None => Err(AccessKeyError::LastKey(key.id)),
    }
}
