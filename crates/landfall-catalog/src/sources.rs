//! Sources (management-api.md §8).

use std::collections::BTreeMap;
use std::fmt;

use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::time::Timestamp;
use thiserror::Error;

use crate::audit::{self, Changes};
use crate::catalog::{Act, Catalog};
use crate::destinations::Pause;
use crate::error::StoreError;
use crate::store::{Row, Session, args};
use crate::stored::{StoredSource, from_json, to_json};

/// Where a source's data comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SourceType {
    /// Clients that push to the Import API.
    ImportApi,
    /// Requests to a URL.
    IncomingWebhook,
    /// A Singer tap of that name.
    Tap(String),
}

impl SourceType {
    /// Reads a type as the management API spells it.
    #[must_use]
    pub fn from_spelling(spelling: &str) -> Option<Self> {
        match spelling {
            "import_api" => Some(Self::ImportApi),
            "webhook.incoming-webhook" => Some(Self::IncomingWebhook),
            other => {
                let tap = other.strip_prefix("platform.").filter(|tap| !tap.is_empty())?;
                Some(Self::Tap(tap.to_owned()))
            }
        }
    }
}

impl fmt::Display for SourceType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ImportApi => out.write_str("import_api"),
            Self::IncomingWebhook => out.write_str("webhook.incoming-webhook"),
            Self::Tap(tap) => write!(out, "platform.{tap}"),
        }
    }
}

/// A source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its number.
    pub id: SourceId,
    /// Where its data comes from.
    pub source_type: SourceType,
    /// The folder its data lands in, unique among those not deleted.
    pub name: String,
    /// Its name for people, unique likewise.
    pub display_name: String,
    /// Its properties.
    pub properties: BTreeMap<String, String>,
    /// Where its data goes.
    pub destination: Option<DestinationId>,
    /// While it has no destination: the one it was taken off.
    pub left_destination: Option<DestinationId>,
    /// Since when a user has it paused.
    pub paused_at: Option<Timestamp>,
    /// Since when Landfall has it paused.
    pub system_paused_at: Option<Timestamp>,
    /// Since when it is deleted.
    pub deleted_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Source {
    /// Whether Landfall pauses it when its data is to go to `destination`: it does if the data went somewhere else until
    /// then (operations.md §5). The removal of a destination pauses its sources itself, so the one that follows does not
    /// do so again.
    #[must_use]
    pub fn is_paused_by(&self, destination: DestinationId) -> bool {
        let last = self.destination.or(self.left_destination);
        last.is_some_and(|last| last != destination)
    }

    /// Its data goes to `destination` from now on, if anywhere.
    fn go_to(&mut self, destination: Option<DestinationId>, at: Timestamp) {
        match destination {
            Some(destination) => {
                if self.is_paused_by(destination) {
                    self.system_paused_at = self.system_paused_at.or(Some(at));
                }
                self.left_destination = None;
            }
            None => self.left_destination = self.destination.or(self.left_destination),
        }
        self.destination = destination;
    }
}

/// A source to be made.
#[derive(Debug, Clone)]
pub struct NewSource {
    /// Where its data comes from.
    pub source_type: SourceType,
    /// The folder its data lands in.
    pub name: String,
    /// Its name for people.
    pub display_name: String,
    /// Its properties.
    pub properties: BTreeMap<String, String>,
    /// Where its data goes.
    pub mapping: Mapping,
}

/// Where a new source's data goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapping {
    /// To the only destination if there is exactly one, else nowhere for the time being.
    OnlyDestination,
    /// There.
    To(DestinationId),
    /// Nowhere for the time being.
    Nowhere,
}

/// A change to a source. What is absent stays.
#[derive(Debug, Clone, Default)]
pub struct SourceChange {
    /// A new name for people.
    pub display_name: Option<String>,
    /// New properties, all of them.
    pub properties: Option<BTreeMap<String, String>>,
    /// Whether it rests. Resuming ends a pause by Landfall too, since nobody else ends it.
    pub pause: Option<Pause>,
    /// Where its data goes from now on, if anywhere. Another destination than the last one makes Landfall pause the source
    /// ([`Source::is_paused_by`]), unless the same change resumes it (operations.md §5).
    pub destination: Option<Option<DestinationId>>,
}

/// Why a source stays as it is.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// Another one has the display name.
    #[error("there is a source called {0} already: choose another display name")]
    DisplayNameTaken(String),
    /// Another one has the name.
    #[error("there is a source named {0} already: choose another name")]
    NameTaken(String),
    /// No such source, or it is deleted.
    #[error("there is no source {0}: list the sources")]
    NotFound(SourceId),
    /// No such destination, or it is deleted.
    #[error("there is no destination {0}: list the destinations")]
    UnknownDestination(DestinationId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const COLUMNS: &str = "id, type, name, display_name, stored, destination_id, left_destination_id, paused_at, \
     system_paused_at, deleted_at, created_at, updated_at";

pub(crate) fn read_type(row: &Row, column: &str) -> Result<SourceType, StoreError> {
    let spelling = row.text(column)?;
    SourceType::from_spelling(&spelling)
        .ok_or_else(|| StoreError::damaged(format!("{spelling:?} is no type of a source")))
}

pub(crate) fn read_properties(row: &Row, column: &str) -> Result<BTreeMap<String, String>, StoreError> {
    let StoredSource::V1 { properties } = from_json(&row.text(column)?, "a source")?;
    Ok(properties)
}

fn read(row: &Row) -> Result<Source, StoreError> {
    Ok(Source {
        id: row.source("id")?,
        source_type: read_type(row, "type")?,
        name: row.text("name")?,
        display_name: row.text("display_name")?,
        properties: read_properties(row, "stored")?,
        destination: row.opt_destination("destination_id")?,
        left_destination: row.opt_destination("left_destination_id")?,
        paused_at: row.opt_time("paused_at")?,
        system_paused_at: row.opt_time("system_paused_at")?,
        deleted_at: row.opt_time("deleted_at")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

fn to_stored(properties: &BTreeMap<String, String>) -> String {
    to_json(&StoredSource::V1 {
        properties: properties.clone(),
    })
}

impl Catalog {
    /// Makes a source.
    ///
    /// # Errors
    /// [`SourceError::DisplayNameTaken`] before [`SourceError::NameTaken`]; [`SourceError::UnknownDestination`].
    pub async fn create_source(&self, new: &NewSource, act: Act<'_>) -> Result<Source, SourceError> {
        let mut session = self.store.write().await?;
        refuse_display_name(&mut session, &new.display_name, None).await?;
        let twin = session
            .row(
                "SELECT id FROM sources WHERE name = $1 AND deleted_at IS NULL",
                args![&new.name],
            )
            .await?;
        if twin.is_some() {
            return Err(SourceError::NameTaken(new.name.clone()));
        }
        let destination = resolve(&mut session, new.mapping).await?;
        let id = SourceId::new(session.next_id("source").await?);
        session
            .run(
                "INSERT INTO sources (id, type, name, display_name, stored, destination_id, created_at, updated_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
                args![
                    id,
                    &new.source_type.to_string(),
                    &new.name,
                    &new.display_name,
                    &to_stored(&new.properties),
                    destination,
                    act.at,
                ],
            )
            .await?;
        let source = find(&mut session, id).await?;
        let changes = changes(None, Some(&source));
        audit::note_changes(&mut session, act, "source.create", &id.to_string(), &changes).await?;
        self.store.commit_access(session).await?;
        Ok(source)
    }

    /// A source, which may be deleted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn source(&self, id: SourceId) -> Result<Option<Source>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = format!("SELECT {COLUMNS} FROM sources WHERE id = $1");
        let row = session.row(&sql, args![id]).await?;
        row.as_ref().map(read).transpose()
    }

    /// All sources, deleted ones too, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sources(&self) -> Result<Vec<Source>, StoreError> {
        let mut session = self.store.read().await?;
        let sql = format!("SELECT {COLUMNS} FROM sources ORDER BY id");
        let rows = session.rows(&sql, args![]).await?;
        rows.iter().map(read).collect()
    }

    /// Changes a source.
    ///
    /// # Errors
    /// [`SourceError::NotFound`], [`SourceError::DisplayNameTaken`], [`SourceError::UnknownDestination`].
    pub async fn update_source(
        &self,
        id: SourceId,
        change: &SourceChange,
        act: Act<'_>,
    ) -> Result<Source, SourceError> {
        let mut session = self.store.write().await?;
        let old = find(&mut session, id).await?;
        let mut source = old.clone();
        if let Some(display_name) = &change.display_name {
            refuse_display_name(&mut session, display_name, Some(id)).await?;
            source.display_name.clone_from(display_name);
        }
        if let Some(properties) = &change.properties {
            source.properties.clone_from(properties);
        }
        if let Some(destination) = change.destination {
            let mapping = destination.map_or(Mapping::Nowhere, Mapping::To);
            let destination = resolve(&mut session, mapping).await?;
            source.go_to(destination, act.at);
        }
        // After the move: who resumes in the same breath has seen to it by hand.
        match change.pause {
            Some(Pause::Pause) => source.paused_at = source.paused_at.or(Some(act.at)),
            Some(Pause::Resume) => (source.paused_at, source.system_paused_at) = (None, None),
            None => {}
        }
        source.updated_at = act.at;
        session
            .run(
                "UPDATE sources SET display_name = $1, stored = $2, paused_at = $3, system_paused_at = $4, \
                 destination_id = $5, left_destination_id = $6, updated_at = $7 WHERE id = $8",
                args![
                    &source.display_name,
                    &to_stored(&source.properties),
                    source.paused_at,
                    source.system_paused_at,
                    source.destination,
                    source.left_destination,
                    act.at,
                    id,
                ],
            )
            .await?;
        let changes = changes(Some(&old), Some(&source));
        audit::note_changes(&mut session, act, "source.update", &id.to_string(), &changes).await?;
        self.store.commit_access(session).await?;
        Ok(source)
    }

    /// Deletes a source: its tokens stop working, its name can be given again. What was received before is loaded.
    ///
    /// # Errors
    /// [`SourceError::NotFound`].
    pub async fn delete_source(&self, id: SourceId, act: Act<'_>) -> Result<Source, SourceError> {
        let mut session = self.store.write().await?;
        let source = find(&mut session, id).await?;
        session
            .run(
                "UPDATE sources SET deleted_at = $1, updated_at = $1 WHERE id = $2",
                args![act.at, id],
            )
            .await?;
        let changes = changes(Some(&source), None);
        audit::note_changes(&mut session, act, "source.delete", &id.to_string(), &changes).await?;
        self.store.commit_access(session).await?;
        Ok(Source {
            deleted_at: Some(act.at),
            updated_at: act.at,
            ..source
        })
    }
}

/// What the audit log tells of a change.
fn changes(from: Option<&Source>, to: Option<&Source>) -> Changes {
    let properties = |of: Option<&Source>| of.map(|of| of.properties.clone()).unwrap_or_default();
    let display_name = |of: Option<&Source>| of.map(|of| of.display_name.clone());
    let destination = |of: Option<&Source>| of.and_then(|of| of.destination);
    let paused = |of: Option<&Source>| of.and_then(|of| of.paused_at);
    let system_paused = |of: Option<&Source>| of.and_then(|of| of.system_paused_at);
    Changes::default()
        .field("display_name", display_name(from), display_name(to))
        .field("destination_id", destination(from), destination(to))
        .field("paused_at", paused(from), paused(to))
        .field("system_paused_at", system_paused(from), system_paused(to))
        .source_properties(&properties(from), &properties(to))
}

/// The source, if it isn't deleted.
pub(crate) async fn find(session: &mut Session, id: SourceId) -> Result<Source, SourceError> {
    let sql = format!("SELECT {COLUMNS} FROM sources WHERE id = $1 AND deleted_at IS NULL");
    let row = session.row(&sql, args![id]).await?;
    let row = row.ok_or(SourceError::NotFound(id))?;
    Ok(read(&row)?)
}

async fn refuse_display_name(
    session: &mut Session,
    display_name: &str,
    but_by: Option<SourceId>,
) -> Result<(), SourceError> {
    let twin = session
        .row(
            "SELECT id FROM sources WHERE display_name = $1 AND deleted_at IS NULL AND id <> $2",
            args![display_name, but_by.map_or(0, |id| i64::from(id.as_u32()))],
        )
        .await?;
    match twin {
        Some(_) => Err(SourceError::DisplayNameTaken(display_name.to_owned())),
        None => Ok(()),
    }
}

async fn resolve(session: &mut Session, mapping: Mapping) -> Result<Option<DestinationId>, SourceError> {
    match mapping {
        Mapping::Nowhere => Ok(None),
        Mapping::To(id) => {
            let sql = "SELECT id FROM destinations WHERE id = $1 AND deleted_at IS NULL";
            let found = session.row(sql, args![id]).await?;
            found.map(|_| Some(id)).ok_or(SourceError::UnknownDestination(id))
        }
        Mapping::OnlyDestination => {
            let sql = "SELECT id FROM destinations WHERE deleted_at IS NULL ORDER BY id LIMIT 2";
            let found = session.rows(sql, args![]).await?;
            match found.as_slice() {
                [only] => Ok(Some(only.destination("id")?)),
                _ => Ok(None),
            }
        }
    }
}
