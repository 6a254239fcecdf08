//! Addresses that all mail goes to (management-api.md §12.2).

use landfall_core::time::Timestamp;
use thiserror::Error;

use crate::access_keys::Switch;
use crate::audit::{self, Changes};
use crate::catalog::{Act, Catalog};
use crate::error::StoreError;
use crate::ids::EmailId;
use crate::store::{Row, Session, args};

/// Addresses that there may be, disabled ones included.
pub const MOST_CUSTOM_EMAILS: u32 = 10;

/// An address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomEmail {
    /// Its number.
    pub id: EmailId,
    /// The address.
    pub address: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// Since when nothing goes there, if so.
    pub disabled_at: Option<Timestamp>,
}

/// Why addresses stay as they are.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CustomEmailError {
    /// There are as many as there may be.
    #[error("there are {MOST_CUSTOM_EMAILS} addresses already: remove one first")]
    TooMany,
    /// No such address.
    #[error("there is no address {0}: list the addresses")]
    NotFound(EmailId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const COLUMNS: &str = "id, address, created_at, disabled_at";

fn read(row: &Row) -> Result<CustomEmail, StoreError> {
    Ok(CustomEmail {
        id: EmailId::new(row.u32("id")?),
        address: row.text("address")?,
        created_at: row.time("created_at")?,
        disabled_at: row.opt_time("disabled_at")?,
    })
}

async fn find(session: &mut Session, id: EmailId) -> Result<CustomEmail, CustomEmailError> {
    let sql = format!("SELECT {COLUMNS} FROM custom_emails WHERE id = $1");
    let row = session.row(&sql, args![id]).await?;
    Ok(read(&row.ok_or(CustomEmailError::NotFound(id))?)?)
}

impl Catalog {
    /// Adds an address.
    ///
    /// # Errors
    /// [`CustomEmailError::TooMany`].
    pub async fn create_custom_email(
        &self,
        address: &str,
        act: Act<'_>,
    ) -> Result<CustomEmail, CustomEmailError> {
        let mut session = self.store.write().await?;
        let count = session
            .only("SELECT COUNT(*) AS emails FROM custom_emails", args![])
            .await?;
        if count.u32("emails")? >= MOST_CUSTOM_EMAILS {
            return Err(CustomEmailError::TooMany);
        }
        let id = EmailId::new(session.next_id("custom_email").await?);
        session
            .run(
                "INSERT INTO custom_emails (id, address, created_at) VALUES ($1, $2, $3)",
                args![id, address, act.at],
            )
            .await?;
        let changes = Changes::default().field("address", None::<&str>, Some(address));
        audit::note_changes(
            &mut session,
            act,
            "custom_email.create",
            &id.to_string(),
            &changes,
        )
        .await?;
        session.commit().await?;
        Ok(CustomEmail {
            id,
            address: address.to_owned(),
            created_at: act.at,
            disabled_at: None,
        })
    }

    /// All addresses, disabled ones included, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn custom_emails(&self) -> Result<Vec<CustomEmail>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = format!("SELECT {COLUMNS} FROM custom_emails ORDER BY id");
        let rows = session.rows(&sql, args![]).await?;
        rows.iter().map(read).collect()
    }

    /// Enables or disables an address.
    ///
    /// # Errors
    /// [`CustomEmailError::NotFound`].
    pub async fn switch_custom_email(
        &self,
        id: EmailId,
        to: Switch,
        act: Act<'_>,
    ) -> Result<CustomEmail, CustomEmailError> {
        let mut session = self.store.write().await?;
        let email = find(&mut session, id).await?;
        let (disabled_at, action) = match to {
            Switch::On => (None, "custom_email.enable"),
            Switch::Off => (Some(email.disabled_at.unwrap_or(act.at)), "custom_email.disable"),
        };
        session
            .run(
                "UPDATE custom_emails SET disabled_at = $1 WHERE id = $2",
                args![disabled_at, id],
            )
            .await?;
        let changes = Changes::default().field("disabled_at", email.disabled_at, disabled_at);
        audit::note_changes(&mut session, act, action, &id.to_string(), &changes).await?;
        session.commit().await?;
        Ok(CustomEmail { disabled_at, ..email })
    }

    /// Removes an address.
    ///
    /// # Errors
    /// [`CustomEmailError::NotFound`].
    pub async fn delete_custom_email(&self, id: EmailId, act: Act<'_>) -> Result<(), CustomEmailError> {
        let mut session = self.store.write().await?;
        let email = find(&mut session, id).await?;
        session
            .run("DELETE FROM custom_emails WHERE id = $1", args![id])
            .await?;
        let changes = Changes::default().field("address", Some(&email.address), None::<&str>);
        audit::note_changes(
            &mut session,
            act,
            "custom_email.delete",
            &id.to_string(),
            &changes,
        )
        .await?;
        Ok(session.commit().await?)
    }
}
