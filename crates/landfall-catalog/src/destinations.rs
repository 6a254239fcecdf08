//! Destinations (management-api.md §5).

mod changes;
mod read;

use landfall_core::ids::DestinationId;
use landfall_core::time::Timestamp;
use thiserror::Error;

use crate::checks::ConnectionCheck;
use crate::destination_state::DestinationState;
use crate::error::StoreError;
use crate::properties::DestinationProperties;
use crate::store::{Session, args};

pub(crate) use read::find;

/// A destination.
#[derive(Debug, Clone)]
pub struct Destination {
    /// Its number.
    pub id: DestinationId,
    /// Its name, unique among those not deleted.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its properties; of a deleted one without secrets.
    pub properties: DestinationProperties,
    /// What it can do.
    pub state: DestinationState,
    /// When a check first succeeded.
    pub verified_at: Option<Timestamp>,
    /// The last connection check, which may be running.
    pub last_check: Option<ConnectionCheck>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a user last changed it.
    pub updated_at: Timestamp,
    /// Grows with every change by a user.
    pub revision: u64,
    /// Grows with every change that a check must follow.
    pub access_revision: u64,
    /// The instant of its last load.
    pub last_load_instant: Option<Timestamp>,
}

/// A destination to be made.
#[derive(Debug, Clone)]
pub struct NewDestination {
    /// Its name; without one it is `s3`, or `s3 2` and so on.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Its properties.
    pub properties: DestinationProperties,
    /// Whether they are all there.
    pub form: Form,
    /// What happens to sources without a destination.
    pub unmapped_sources: UnmappedSources,
    /// How many destinations the instance may have.
    pub most_destinations: u32,
}

/// Whether a destination has all required properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// All are there.
    Complete,
    /// Some are missing.
    Incomplete,
}

/// What happens to sources without a destination when one is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnmappedSources {
    /// They load to the new one, as soon as a check of it has succeeded (management-api.md §5.2, setup-flow.md §8).
    Map,
    /// They stay without.
    Leave,
}

/// A change to a destination. What is absent stays.
#[derive(Debug, Clone, Default)]
pub struct DestinationChange {
    /// A new name.
    pub name: Option<String>,
    /// A new description, or none.
    pub description: Option<Option<String>>,
    /// New properties.
    pub properties: Option<PropertiesChange>,
    /// Whether it rests.
    pub pause: Option<Pause>,
}

/// New properties, all of them.
#[derive(Debug, Clone)]
pub struct PropertiesChange {
    /// The properties that were read, merged with those given.
    pub properties: DestinationProperties,
    /// Whether all required ones are there.
    pub form: Form,
    /// Whether a check must follow.
    pub access: AccessEffect,
    /// [`Destination::revision`] of what was read, so that changes made at the same time do not undo each other.
    pub read_revision: u64,
}

/// What a change means for access to the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessEffect {
    /// Nothing.
    Same,
    /// A check must succeed before the next load.
    Changed,
}

/// Whether something rests, from the moment of the change on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// It rests.
    Pause,
    /// It works.
    Resume,
}

/// What happens to the sources of a destination that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MappedSources {
    /// They are paused, without a destination.
    Pause,
    /// They are deleted too.
    Delete,
}

/// Why a destination stays as it is.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DestinationError {
    /// There are as many as there may be.
    #[error("there are {most} destinations already, which is the limit: delete one")]
    TooMany {
        /// The limit.
        most: u32,
    },
    /// Another one has the name.
    #[error("there is a destination named {0} already: choose another name")]
    NameTaken(String),
    /// No such destination, or it is deleted.
    #[error("there is no destination {0}: list the destinations")]
    NotFound(DestinationId),
    /// Somebody else changed it since it was read.
    #[error("destination {0} was changed at the same time: read it again and repeat the change")]
    ChangedMeanwhile(DestinationId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Stores a state. Of a deleted destination the standing is kept as it was, for the curious.
pub(crate) async fn save_state(
    session: &mut Session,
    id: DestinationId,
    state: &DestinationState,
) -> Result<(), StoreError> {
    use crate::destination_state::Standing;
    let Some(standing) = state.standing() else {
        let sql =
            "UPDATE destinations SET deleted_at = $1, paused_at = NULL, next_check_at = NULL WHERE id = $2";
        session.run(sql, args![state.deleted_at(), id]).await?;
        return Ok(());
    };
    let failing = match standing {
        Standing::Failing(failing) => Some(failing),
        Standing::Draft | Standing::PendingVerification | Standing::Active => None,
    };
    session
        .run(
            "UPDATE destinations SET standing = $1, failing_code = $2, failing_message = $3, failing_since = $4, \
             failed_checks = $5, next_check_at = $6, paused_at = $7 WHERE id = $8",
            args![
                standing.as_str(),
                failing.map(|failing| failing.fault.code.as_str()),
                failing.map(|failing| failing.fault.message.as_str()),
                failing.map(|failing| failing.since),
                failing.map_or(0, |failing| failing.failed_checks),
                failing.map(|failing| failing.next_check_at),
                state.paused_at(),
                id,
            ],
        )
        .await?;
    Ok(())
}
