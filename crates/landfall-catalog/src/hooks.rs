//! Post-load webhooks (loading.md §8.1, management-api.md §12.1).

use landfall_core::ids::DestinationId;
use landfall_core::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use crate::access_keys::Switch;
use crate::audit::{self, Changes};
use crate::catalog::{Act, Catalog};
use crate::error::StoreError;
use crate::ids::HookId;
use crate::secrets::{Digest, Vault};
use crate::store::{Row, Session, args};

/// Hooks that a destination may have, disabled ones included.
pub const MOST_HOOKS: u32 = 10;

/// A hook.
#[derive(Debug, Clone)]
pub struct Hook {
    /// Its number.
    pub id: HookId,
    /// The destination whose loads it is told of.
    pub destination: DestinationId,
    /// Where requests go. It may hold a token, so it is encrypted at rest.
    pub url: SecretString,
    /// Tells URLs apart where they can't be shown.
    pub fingerprint: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
    /// Since when nothing is sent, if so. What waits is sent once it is enabled again.
    pub disabled_at: Option<Timestamp>,
}

/// Why hooks stay as they are.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HookError {
    /// The destination has as many as it may have.
    #[error("You have exceeded the limit of {MOST_HOOKS} hooks.")]
    TooMany,
    /// No such hook.
    #[error("there is no hook {0}: list the hooks")]
    NotFound(HookId),
    /// No such destination, or it is deleted.
    #[error("there is no destination {0}: list the destinations")]
    UnknownDestination(DestinationId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const COLUMNS: &str = "id, destination_id, url, fingerprint, created_at, modified_at, disabled_at";

pub(crate) fn place(id: HookId) -> String {
    format!("hook/{id}")
}

/// The first 64 bits of the URL's SHA-256, in hexadecimal.
fn fingerprint(url: &SecretString) -> String {
    let digest = Digest::of(url.expose_secret());
    digest.as_bytes()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn read(row: &Row, vault: &Vault) -> Result<Hook, StoreError> {
    let id = row.hook("id")?;
    Ok(Hook {
        id,
        destination: row.destination("destination_id")?,
        url: vault.open_text(&place(id), &row.bytes("url")?)?.into(),
        fingerprint: row.text("fingerprint")?,
        created_at: row.time("created_at")?,
        modified_at: row.time("modified_at")?,
        disabled_at: row.opt_time("disabled_at")?,
    })
}

impl Catalog {
    /// Adds a hook.
    ///
    /// # Errors
    /// [`HookError::UnknownDestination`], [`HookError::TooMany`].
    pub async fn create_hook(
        &self,
        destination: DestinationId,
        url: &SecretString,
        act: Act<'_>,
    ) -> Result<Hook, HookError> {
        let mut session = self.store.write().await?;
        let sql = "SELECT id FROM destinations WHERE id = $1 AND deleted_at IS NULL";
        if session.row(sql, args![destination]).await?.is_none() {
            return Err(HookError::UnknownDestination(destination));
        }
        let sql = "SELECT COUNT(*) AS hooks FROM hooks WHERE destination_id = $1";
        let count = session.only(sql, args![destination]).await?;
        if count.u32("hooks")? >= MOST_HOOKS {
            return Err(HookError::TooMany);
        }
        let id = HookId::new(session.next_id("hook").await?);
        let sealed = self.vault.seal(&place(id), url.expose_secret().as_bytes());
        session
            .run(
                "INSERT INTO hooks (id, destination_id, url, fingerprint, created_at, modified_at) \
                 VALUES ($1, $2, $3, $4, $5, $5)",
                args![id, destination, sealed.as_slice(), &fingerprint(url), act.at],
            )
            .await?;
        let changes = Changes::default()
            .field("destination_id", None::<DestinationId>, Some(destination))
            .secret("url", None, Some(url));
        audit::note_changes(&mut session, act, "hook.create", &id.to_string(), &changes).await?;
        let hook = find(&mut session, &self.vault, id).await?;
        session.commit().await?;
        Ok(hook)
    }

    /// All hooks, disabled ones included, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn hooks(&self) -> Result<Vec<Hook>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = format!("SELECT {COLUMNS} FROM hooks ORDER BY id");
        let rows = session.rows(&sql, args![]).await?;
        rows.iter().map(|row| read(row, &self.vault)).collect()
    }

    /// Enabled hooks whose last request was given up, with the reason.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deaf_hooks(&self) -> Result<Vec<(Hook, String)>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = "SELECT h.id, h.destination_id, h.url, h.fingerprint, h.created_at, h.modified_at, h.disabled_at, \
                   d.failure FROM hooks h \
                   JOIN deliveries d ON d.id = (SELECT MAX(id) FROM deliveries WHERE hook_id = h.id) \
                   JOIN outbox o ON o.id = d.outbox_id AND o.state = 'undeliverable' \
                   WHERE h.disabled_at IS NULL ORDER BY h.id";
        let rows = session.rows(sql, args![]).await?;
        let deaf = |row: &Row| {
            Ok((
                read(row, &self.vault)?,
                row.opt_text("failure")?.unwrap_or_default(),
            ))
        };
        rows.iter().map(deaf).collect()
    }

    /// Enables or disables a hook.
    ///
    /// # Errors
    /// [`HookError::NotFound`].
    pub async fn switch_hook(&self, id: HookId, to: Switch, act: Act<'_>) -> Result<Hook, HookError> {
        let mut session = self.store.write().await?;
        let hook = find(&mut session, &self.vault, id).await?;
        let (disabled_at, action) = match to {
            Switch::On => (None, "hook.enable"),
            Switch::Off => (Some(hook.disabled_at.unwrap_or(act.at)), "hook.disable"),
        };
        session
            .run(
                "UPDATE hooks SET disabled_at = $1, modified_at = $2 WHERE id = $3",
                args![disabled_at, act.at, id],
            )
            .await?;
        let changes = Changes::default().field("disabled_at", hook.disabled_at, disabled_at);
        audit::note_changes(&mut session, act, action, &id.to_string(), &changes).await?;
        session.commit().await?;
        Ok(Hook {
            disabled_at,
            modified_at: act.at,
            ..hook
        })
    }

    /// Removes a hook, with all that waits for it.
    ///
    /// # Errors
    /// [`HookError::NotFound`].
    pub async fn delete_hook(&self, id: HookId, act: Act<'_>) -> Result<(), HookError> {
        let mut session = self.store.write().await?;
        let deleted = session.run("DELETE FROM hooks WHERE id = $1", args![id]).await?;
        if deleted == 0 {
            return Err(HookError::NotFound(id));
        }
        audit::note(&mut session, act, "hook.delete", &id.to_string()).await?;
        Ok(session.commit().await?)
    }
}

pub(crate) async fn find(session: &mut Session, vault: &Vault, id: HookId) -> Result<Hook, HookError> {
    let sql = format!("SELECT {COLUMNS} FROM hooks WHERE id = $1");
    let row = session.row(&sql, args![id]).await?;
    let row = row.ok_or(HookError::NotFound(id))?;
    Ok(read(&row, vault)?)
}
