//! Reading destinations.

use landfall_core::ids::{DestinationId, SourceId};

use super::{Destination, DestinationError};
use crate::catalog::Catalog;
use crate::checks::ConnectionCheck;
use crate::destination_state::{AccessFault, DestinationState, Failing, Standing};
use crate::error::StoreError;
use crate::properties::DestinationProperties;
use crate::secrets::Vault;
use crate::store::{Row, Session, args};

const COLUMNS: &str = "d.id, d.name, d.description, d.stored, d.secrets, d.standing, d.failing_code, \
     d.failing_message, d.failing_since, d.failed_checks, d.next_check_at, d.verified_at, d.last_check, d.paused_at, \
     d.deleted_at, d.created_at, d.updated_at, d.revision, d.access_revision, d.last_load_instant";

/// Where the secrets of a destination are sealed for.
pub(super) fn place(id: DestinationId) -> String {
    format!("destination/{id}")
}

fn read(row: &Row, vault: &Vault) -> Result<Destination, StoreError> {
    let id = row.destination("id")?;
    let sealed = row.opt_bytes("secrets")?;
    let check = row.opt_text("last_check")?;
    Ok(Destination {
        id,
        name: row.text("name")?,
        description: row.opt_text("description")?,
        properties: DestinationProperties::from_stored(
            &row.text("stored")?,
            sealed.as_deref(),
            vault,
            &place(id),
        )?,
        state: read_state(row)?,
        verified_at: row.opt_time("verified_at")?,
        last_check: check.as_deref().map(ConnectionCheck::from_stored).transpose()?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        revision: row.count("revision")?,
        access_revision: row.count("access_revision")?,
        last_load_instant: row.opt_time("last_load_instant")?,
    })
}

/// The state in the columns that destinations have for it.
pub(crate) fn read_state(row: &Row) -> Result<DestinationState, StoreError> {
    if let Some(at) = row.opt_time("deleted_at")? {
        return Ok(DestinationState::Deleted { at });
    }
    let standing = match row.text("standing")?.as_str() {
        "draft" => Standing::Draft,
        "pending_verification" => Standing::PendingVerification,
        "active" => Standing::Active,
        "failing" => Standing::Failing(Failing {
            fault: AccessFault {
                code: row.text("failing_code")?,
                message: row.text("failing_message")?,
            },
            since: row.time("failing_since")?,
            failed_checks: row.u32("failed_checks")?,
            next_check_at: row.time("next_check_at")?,
        }),
        other => {
            return Err(StoreError::damaged(format!(
                "{other:?} is no standing of a destination"
            )));
        }
    };
    Ok(match row.opt_time("paused_at")? {
        Some(since) => DestinationState::Paused { since, standing },
        None => DestinationState::Live(standing),
    })
}

/// The destination, if it isn't deleted.
pub(crate) async fn find(
    session: &mut Session,
    vault: &Vault,
    id: DestinationId,
) -> Result<Destination, DestinationError> {
    let sql = format!("SELECT {COLUMNS} FROM destinations d WHERE d.id = $1 AND d.deleted_at IS NULL");
    let row = session.row(&sql, args![id]).await?;
    let row = row.ok_or(DestinationError::NotFound(id))?;
    Ok(read(&row, vault)?)
}

impl Catalog {
    /// A destination, which may be deleted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn destination(&self, id: DestinationId) -> Result<Option<Destination>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = format!("SELECT {COLUMNS} FROM destinations d WHERE d.id = $1");
        let row = session.row(&sql, args![id]).await?;
        row.map(|row| read(&row, &self.vault)).transpose()
    }

    /// The destinations that aren't deleted, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn destinations(&self) -> Result<Vec<Destination>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = format!("SELECT {COLUMNS} FROM destinations d WHERE d.deleted_at IS NULL ORDER BY d.id");
        let rows = session.rows(&sql, args![]).await?;
        rows.iter().map(|row| read(row, &self.vault)).collect()
    }

    /// The destination that a source is mapped to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn destination_of(&self, source: SourceId) -> Result<Option<Destination>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM destinations d JOIN sources s ON s.destination_id = d.id \
             WHERE s.id = $1 AND d.deleted_at IS NULL"
        );
        let row = session.row(&sql, args![source]).await?;
        row.map(|row| read(&row, &self.vault)).transpose()
    }
}
