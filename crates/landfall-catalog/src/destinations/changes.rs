//! Making, changing and deleting destinations.

use landfall_core::ids::DestinationId;
use landfall_core::time::Timestamp;

use super::read::{find, place};
use super::{
    AccessEffect, Destination, DestinationChange, DestinationError, Form, MappedSources, NewDestination,
    Pause, PropertiesChange, UnmappedSources, save_state,
};
use crate::audit::{self, Changes};
use crate::catalog::{Act, Catalog};
use crate::destination_state::{AccessFault, DestinationEvent, DestinationState};
use crate::error::StoreError;
use crate::properties::DestinationProperties;
use crate::store::{Session, args};

/// Name of a destination that was given none.
const DEFAULT_NAME: &str = "s3";

impl Catalog {
    /// Makes a destination.
    ///
    /// # Errors
    /// [`DestinationError::TooMany`], [`DestinationError::NameTaken`].
    pub async fn create_destination(
        &self,
        new: &NewDestination,
        act: Act<'_>,
    ) -> Result<Destination, DestinationError> {
        let mut session = self.store.write().await?;
        refuse_too_many(&mut session, new.most_destinations).await?;
        let name = match &new.name {
            Some(name) => {
                refuse_taken(&mut session, name, None).await?;
                name.clone()
            }
            None => free_name(&mut session).await?,
        };
        let id = DestinationId::new(session.next_id("destination").await?);
        let standing = match new.form {
            Form::Complete => "pending_verification",
            Form::Incomplete => "draft",
        };
        session
            .run(
                "INSERT INTO destinations (id, name, description, stored, secrets, standing, created_at, updated_at, \
                 revision, access_revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 1, 1)",
                args![
                    id,
                    &name,
                    new.description.as_deref(),
                    &new.properties.to_stored(),
                    new.properties.seal(&self.vault, &place(id)).as_slice(),
                    standing,
                    act.at,
                ],
            )
            .await?;
        if new.unmapped_sources == UnmappedSources::Map {
            // As `Source::is_paused_by` has it: whoever was taken off another one is paused.
            let sql = "UPDATE sources SET system_paused_at = CASE WHEN left_destination_id IS NULL \
                       THEN system_paused_at ELSE COALESCE(system_paused_at, $2) END, \
                       destination_id = $1, left_destination_id = NULL, updated_at = $2 \
                       WHERE destination_id IS NULL AND deleted_at IS NULL";
            session.run(sql, args![id, act.at]).await?;
        }
        let destination = find(&mut session, &self.vault, id).await?;
        let changes = changes(None, &destination);
        audit::note_changes(&mut session, act, "destination.create", &id.to_string(), &changes).await?;
        self.store.commit_access(session).await?;
        Ok(destination)
    }

    /// Changes a destination.
    ///
    /// # Errors
    /// [`DestinationError::NotFound`], [`DestinationError::NameTaken`], [`DestinationError::ChangedMeanwhile`].
    pub async fn update_destination(
        &self,
        id: DestinationId,
        change: &DestinationChange,
        act: Act<'_>,
    ) -> Result<Destination, DestinationError> {
        let mut session = self.store.write().await?;
        let old = find(&mut session, &self.vault, id).await?;
        if let Some(name) = &change.name {
            refuse_taken(&mut session, name, Some(id)).await?;
            session
                .run("UPDATE destinations SET name = $1 WHERE id = $2", args![name, id])
                .await?;
        }
        if let Some(description) = &change.description {
            session
                .run(
                    "UPDATE destinations SET description = $1 WHERE id = $2",
                    args![description.as_deref(), id],
                )
                .await?;
        }
        let mut state = old.state.clone();
        if let Some(properties) = &change.properties {
            self.replace_properties(&mut session, &old, properties).await?;
            state = state_after(&state, properties, act.at);
        }
        if let Some(pause) = change.pause {
            let event = match pause {
                Pause::Pause => DestinationEvent::Paused,
                Pause::Resume => DestinationEvent::Resumed,
            };
            state = state.after(&event, act.at);
        }
        save_state(&mut session, id, &state).await?;
        session
            .run(
                "UPDATE destinations SET updated_at = $1, revision = revision + 1 WHERE id = $2",
                args![act.at, id],
            )
            .await?;
        let destination = find(&mut session, &self.vault, id).await?;
        let changes = changes(Some(&old), &destination);
        audit::note_changes(&mut session, act, "destination.update", &id.to_string(), &changes).await?;
        self.store.commit_access(session).await?;
        Ok(destination)
    }

    async fn replace_properties(
        &self,
        session: &mut Session,
        old: &Destination,
        change: &PropertiesChange,
    ) -> Result<(), DestinationError> {
        if change.read_revision != old.revision {
            return Err(DestinationError::ChangedMeanwhile(old.id));
        }
        let must_be_checked = change.access == AccessEffect::Changed;
        session
            .run(
                "UPDATE destinations SET stored = $1, secrets = $2, access_revision = access_revision + $3 \
                 WHERE id = $4",
                args![
                    &change.properties.to_stored(),
                    change.properties.seal(&self.vault, &place(old.id)).as_slice(),
                    must_be_checked,
                    old.id,
                ],
            )
            .await?;
        Ok(())
    }

    /// Notes that a load failed on access: an active destination is failing from now on. Returns the state before and
    /// the one after.
    ///
    /// # Errors
    /// [`DestinationError::NotFound`].
    pub async fn load_refused(
        &self,
        id: DestinationId,
        access_revision: u64,
        fault: AccessFault,
        now: Timestamp,
    ) -> Result<(DestinationState, DestinationState), DestinationError> {
        let mut session = self.store.write().await?;
        let destination = find(&mut session, &self.vault, id).await?;
        let before = destination.state;
        if destination.access_revision != access_revision {
            return Ok((before.clone(), before)); // it was about the bucket of before
        }
        let after = before.after(&DestinationEvent::LoadRefused(fault), now);
        if after != before {
            save_state(&mut session, id, &after).await?;
            self.store.commit_access(session).await?;
        }
        Ok((before, after))
    }

    /// Deletes a destination: its hooks go, its secrets are erased, its open loads are given up. What waits to be
    /// loaded waits for another destination.
    ///
    /// # Errors
    /// [`DestinationError::NotFound`].
    pub async fn delete_destination(
        &self,
        id: DestinationId,
        sources: MappedSources,
        act: Act<'_>,
    ) -> Result<(), DestinationError> {
        let mut session = self.store.write().await?;
        let old = find(&mut session, &self.vault, id).await?;
        let state = old.state.after(&DestinationEvent::Deleted, act.at);
        save_state(&mut session, id, &state).await?;
        let statements = [
            "UPDATE destinations SET secrets = NULL, updated_at = $2, revision = revision + 1 WHERE id = $1",
            "UPDATE loads SET state = 'abandoned', done_at = $2 WHERE destination_id = $1 AND state = 'open'",
            match sources {
                MappedSources::Pause => {
                    "UPDATE sources SET system_paused_at = $2, updated_at = $2 \
                     WHERE destination_id = $1 AND deleted_at IS NULL"
                }
                MappedSources::Delete => {
                    "UPDATE sources SET deleted_at = $2, updated_at = $2 \
                     WHERE destination_id = $1 AND deleted_at IS NULL"
                }
            },
        ];
        for sql in statements {
            session.run(sql, args![id, act.at]).await?;
        }
        let statements = [
            "UPDATE sources SET destination_id = NULL WHERE destination_id = $1",
            "DELETE FROM hooks WHERE destination_id = $1",
        ];
        for sql in statements {
            session.run(sql, args![id]).await?;
        }
        let fate = match sources {
            MappedSources::Pause => "pause",
            MappedSources::Delete => "delete",
        };
        let changes = Changes::default()
            .field("name", Some(&old.name), None::<&str>)
            .field("sources", None::<&str>, Some(fate));
        audit::note_changes(&mut session, act, "destination.delete", &id.to_string(), &changes).await?;
        Ok(self.store.commit_access(session).await?)
    }
}

/// What the audit log tells of a change.
fn changes(from: Option<&Destination>, to: &Destination) -> Changes {
    let nothing = DestinationProperties::default();
    let old = from.map_or(&nothing, |from| &from.properties);
    Changes::default()
        .field("name", from.map(|from| &from.name), Some(&to.name))
        .field(
            "description",
            from.and_then(|from| from.description.as_ref()),
            to.description.as_ref(),
        )
        .field(
            "paused_at",
            from.and_then(|from| from.state.paused_at()),
            to.state.paused_at(),
        )
        .destination_properties(old, &to.properties)
}

fn state_after(state: &DestinationState, change: &PropertiesChange, at: Timestamp) -> DestinationState {
    match (change.form, change.access) {
        (Form::Incomplete, _) => state.after(&DestinationEvent::FormIncomplete, at),
        (Form::Complete, AccessEffect::Changed) => state
            .after(&DestinationEvent::FormCompleted, at)
            .after(&DestinationEvent::AccessChanged, at),
        (Form::Complete, AccessEffect::Same) => state.after(&DestinationEvent::FormCompleted, at),
    }
}

async fn is_taken(
    session: &mut Session,
    name: &str,
    but_by: Option<DestinationId>,
) -> Result<bool, StoreError> {
    let row = session
        .row(
            "SELECT id FROM destinations WHERE name = $1 AND deleted_at IS NULL AND id <> $2",
            args![name, but_by.map_or(0, |id| i64::from(id.as_u32()))],
        )
        .await?;
    Ok(row.is_some())
}

async fn refuse_taken(
    session: &mut Session,
    name: &str,
    but_by: Option<DestinationId>,
) -> Result<(), DestinationError> {
    if is_taken(session, name, but_by).await? {
        Err(DestinationError::NameTaken(name.to_owned()))
    } else {
        Ok(())
    }
}

async fn refuse_too_many(session: &mut Session, most: u32) -> Result<(), DestinationError> {
    let sql = "SELECT COUNT(*) AS destinations FROM destinations WHERE deleted_at IS NULL";
    let count = session.only(sql, args![]).await?;
    if count.u32("destinations")? >= most {
        Err(DestinationError::TooMany { most })
    } else {
        Ok(())
    }
}

/// `s3`, or else the first free of `s3 2`, `s3 3` and so on.
async fn free_name(session: &mut Session) -> Result<String, StoreError> {
    let mut name = DEFAULT_NAME.to_owned();
    let mut number = 1_u32;
    while is_taken(session, &name, None).await? {
        number += 1;
        name = format!("{DEFAULT_NAME} {number}");
    }
    Ok(name)
}
