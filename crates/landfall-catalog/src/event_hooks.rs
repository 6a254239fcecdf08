//! Webhooks that are told of events (operations.md §2, management-api.md §12.3).

use std::collections::BTreeSet;
use std::time::Duration;

use landfall_core::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use crate::access_keys::Switch;
use crate::audit::{self, Changes};
use crate::catalog::{Act, Catalog};
use crate::error::StoreError;
use crate::events::Event;
use crate::ids::EventHookId;
use crate::secrets::Vault;
use crate::store::{Row, Session, args};

/// Event hooks that there may be, disabled ones included.
pub const MOST_EVENT_HOOKS: u32 = 10;

/// An event hook.
#[derive(Debug, Clone)]
pub struct EventHook {
    /// Its number.
    pub id: EventHookId,
    /// Where requests go. It may hold a token, so it is encrypted at rest.
    pub url: SecretString,
    /// What requests are signed with.
    pub secret: SecretString,
    /// What it is told of.
    pub events: BTreeSet<Event>,
    /// How long it is not told yet, in the hope that it passes by itself.
    pub delay: Duration,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
    /// Since when nothing is sent, if so.
    pub disabled_at: Option<Timestamp>,
}

/// An event hook to be made.
#[derive(Debug, Clone)]
pub struct NewEventHook {
    /// Where requests go.
    pub url: SecretString,
    /// What requests are signed with.
    pub secret: SecretString,
    /// What it is told of.
    pub events: BTreeSet<Event>,
    /// How long it is not told yet.
    pub delay: Duration,
}

/// Why event hooks stay as they are.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EventHookError {
    /// There are as many as there may be.
    #[error("You have exceeded the limit of {MOST_EVENT_HOOKS} hooks.")]
    TooMany,
    /// No such hook.
    #[error("there is no event hook {0}: list the event hooks")]
    NotFound(EventHookId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const COLUMNS: &str = "id, url, secret, events, delay_seconds, created_at, modified_at, disabled_at";

fn url_place(id: EventHookId) -> String {
    format!("event_hook/{id}/url")
}

fn secret_place(id: EventHookId) -> String {
    format!("event_hook/{id}/secret")
}

pub(crate) fn read(row: &Row, vault: &Vault) -> Result<EventHook, StoreError> {
    let id = EventHookId::new(row.u32("id")?);
    Ok(EventHook {
        id,
        url: vault.open_text(&url_place(id), &row.bytes("url")?)?.into(),
        secret: vault.open_text(&secret_place(id), &row.bytes("secret")?)?.into(),
        events: row
            .text("events")?
            .split(' ')
            .filter_map(Event::from_spelling)
            .collect(),
        delay: Duration::from_secs(row.count("delay_seconds")?),
        created_at: row.time("created_at")?,
        modified_at: row.time("modified_at")?,
        disabled_at: row.opt_time("disabled_at")?,
    })
}

/// All hooks, oldest first.
pub(crate) async fn all(session: &mut Session, vault: &Vault) -> Result<Vec<EventHook>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM event_hooks ORDER BY id");
    let rows = session.rows(&sql, args![]).await?;
    rows.iter().map(|row| read(row, vault)).collect()
}

async fn find(session: &mut Session, vault: &Vault, id: EventHookId) -> Result<EventHook, EventHookError> {
    let hooks = all(session, vault).await?;
    let hook = hooks.into_iter().find(|hook| hook.id == id);
    hook.ok_or(EventHookError::NotFound(id))
}

impl Catalog {
    /// Adds an event hook.
    ///
    /// # Errors
    /// [`EventHookError::TooMany`].
    pub async fn create_event_hook(
        &self,
        new: &NewEventHook,
        act: Act<'_>,
    ) -> Result<EventHook, EventHookError> {
        let mut session = self.store.write().await?;
        let count = session
            .only("SELECT COUNT(*) AS hooks FROM event_hooks", args![])
            .await?;
        if count.u32("hooks")? >= MOST_EVENT_HOOKS {
            return Err(EventHookError::TooMany);
        }
        let id = EventHookId::new(session.next_id("event_hook").await?);
        let url = self
            .vault
            .seal(&url_place(id), new.url.expose_secret().as_bytes());
        let secret = self
            .vault
            .seal(&secret_place(id), new.secret.expose_secret().as_bytes());
        let events: Vec<&str> = new.events.iter().map(|event| event.as_str()).collect();
        session
            .run(
                "INSERT INTO event_hooks (id, url, secret, events, delay_seconds, created_at, modified_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $6)",
                args![
                    id,
                    url.as_slice(),
                    secret.as_slice(),
                    &events.join(" "),
                    new.delay.as_secs(),
                    act.at
                ],
            )
            .await?;
        let changes = Changes::default()
            .secret("url", None, Some(&new.url))
            .secret("secret", None, Some(&new.secret))
            .field("events", None::<&str>, Some(events.join(", ")))
            .field("delay_seconds", None::<u64>, Some(new.delay.as_secs()));
        audit::note_changes(&mut session, act, "event_hook.create", &id.to_string(), &changes).await?;
        let hook = find(&mut session, &self.vault, id).await?;
        session.commit().await?;
        Ok(hook)
    }

    /// All event hooks, disabled ones included, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn event_hooks(&self) -> Result<Vec<EventHook>, StoreError> {
        let mut session = self.store.read().await?;
        all(&mut session, &self.vault).await
    }

    /// Enables or disables an event hook.
    ///
    /// # Errors
    /// [`EventHookError::NotFound`].
    pub async fn switch_event_hook(
        &self,
        id: EventHookId,
        to: Switch,
        act: Act<'_>,
    ) -> Result<EventHook, EventHookError> {
        let mut session = self.store.write().await?;
        let hook = find(&mut session, &self.vault, id).await?;
        let (disabled_at, action) = match to {
            Switch::On => (None, "event_hook.enable"),
            Switch::Off => (Some(hook.disabled_at.unwrap_or(act.at)), "event_hook.disable"),
        };
        session
            .run(
                "UPDATE event_hooks SET disabled_at = $1, modified_at = $2 WHERE id = $3",
                args![disabled_at, act.at, id],
            )
            .await?;
        let changes = Changes::default().field("disabled_at", hook.disabled_at, disabled_at);
        audit::note_changes(&mut session, act, action, &id.to_string(), &changes).await?;
        session.commit().await?;
        Ok(EventHook {
            disabled_at,
            modified_at: act.at,
            ..hook
        })
    }

    /// Removes an event hook, with all that waits for it.
    ///
    /// # Errors
    /// [`EventHookError::NotFound`].
    pub async fn delete_event_hook(&self, id: EventHookId, act: Act<'_>) -> Result<(), EventHookError> {
        let mut session = self.store.write().await?;
        let deleted = session
            .run("DELETE FROM event_hooks WHERE id = $1", args![id])
            .await?;
        if deleted == 0 {
            return Err(EventHookError::NotFound(id));
        }
        audit::note(&mut session, act, "event_hook.delete", &id.to_string()).await?;
        Ok(session.commit().await?)
    }
}
