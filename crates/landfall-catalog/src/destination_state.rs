//! The states of a destination and what moves it between them (setup-flow.md §8): pure.

use std::time::Duration;

use landfall_core::time::Timestamp;

/// What a destination can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DestinationState {
    /// As far as its set-up and its checks allow.
    Live(Standing),
    /// Nothing, because a user wanted so.
    Paused {
        /// Since when.
        since: Timestamp,
        /// How it stands, which counts again afterwards.
        standing: Standing,
    },
    /// Nothing, ever again.
    Deleted {
        /// Since when.
        at: Timestamp,
    },
}

/// How the set-up and the checks of a destination stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Required properties are missing.
    Draft,
    /// Complete, and not verified since access to it last changed.
    PendingVerification,
    /// The last check or load succeeded.
    Active,
    /// Verified before; the last check or load failed on access.
    Failing(Failing),
}

/// A destination whose access was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// Why, as last seen.
    pub fault: AccessFault,
    /// Since when.
    pub since: Timestamp,
    /// Checks that failed since then.
    pub failed_checks: u32,
    /// When it is checked again by itself.
    pub next_check_at: Timestamp,
}

/// Why a bucket can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessFault {
    /// Code of setup-flow.md §6.3.
    pub code: String,
    /// The message of that table.
    pub message: String,
}

/// What happens to a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DestinationEvent {
    /// A change left it without required properties.
    FormIncomplete,
    /// A change completed its required properties.
    FormCompleted,
    /// A property that access depends on was changed.
    AccessChanged,
    /// A check of what it is now succeeded.
    CheckSucceeded,
    /// A check of what it is now failed on access.
    CheckFailed(AccessFault),
    /// A load failed on access.
    LoadRefused(AccessFault),
    /// A user paused it.
    Paused,
    /// A user resumed it.
    Resumed,
    /// A user removed it.
    Deleted,
}

/// Waits before the checks of a failing destination; the last one repeats.
const CHECK_WAITS_MINUTES: [u64; 5] = [1, 2, 5, 10, 15];

/// How long after the failure number `failed_checks`, counted from 0, the next check comes.
#[must_use]
pub fn wait_before_check(failed_checks: u32) -> Duration {
    let index = usize::try_from(failed_checks).unwrap_or(usize::MAX);
    let minutes = CHECK_WAITS_MINUTES[index.min(CHECK_WAITS_MINUTES.len() - 1)];
    Duration::from_secs(60 * minutes)
}

impl Failing {
    fn first(fault: &AccessFault, at: Timestamp) -> Self {
        Self {
            fault: fault.clone(),
            since: at,
            failed_checks: 0,
            next_check_at: at.plus(wait_before_check(0)),
        }
    }

    fn again(&self, fault: &AccessFault, at: Timestamp) -> Self {
        let failed_checks = self.failed_checks.saturating_add(1);
        Self {
            fault: fault.clone(),
            since: self.since,
            failed_checks,
            next_check_at: at.plus(wait_before_check(failed_checks)),
        }
    }
}

impl Standing {
    /// The standing after `event`. Events that mean nothing to it leave it as it is.
    fn after(&self, event: &DestinationEvent, at: Timestamp) -> Self {
        use DestinationEvent as Event;
        match (self, event) {
            (_, Event::FormIncomplete) => Self::Draft,
            (Self::Draft, Event::FormCompleted)
            | (Self::PendingVerification | Self::Active | Self::Failing(_), Event::AccessChanged) => {
                Self::PendingVerification
            }
            (Self::PendingVerification | Self::Active | Self::Failing(_), Event::CheckSucceeded) => {
                Self::Active
            }
            (Self::Active, Event::CheckFailed(fault) | Event::LoadRefused(fault)) => {
                Self::Failing(Failing::first(fault, at))
            }
            (Self::Failing(failing), Event::CheckFailed(fault)) => Self::Failing(failing.again(fault, at)),
            (_, Event::Paused | Event::Resumed | Event::Deleted)
            | (Self::Draft, Event::AccessChanged | Event::CheckSucceeded)
            | (Self::Draft | Self::PendingVerification, Event::CheckFailed(_) | Event::LoadRefused(_))
            | (Self::PendingVerification | Self::Active | Self::Failing(_), Event::FormCompleted)
            | (Self::Failing(_), Event::LoadRefused(_)) => self.clone(),
        }
    }
}

impl DestinationState {
    /// The state after `event` at `at`.
    #[must_use]
    pub fn after(&self, event: &DestinationEvent, at: Timestamp) -> Self {
        match (self, event) {
            (Self::Deleted { .. }, _) => self.clone(),
            (_, DestinationEvent::Deleted) => Self::Deleted { at },
            (Self::Live(standing), DestinationEvent::Paused) => Self::Paused {
                since: at,
                standing: standing.clone(),
            },
            (Self::Live(standing), event) => Self::Live(standing.after(event, at)),
            (Self::Paused { standing, .. }, DestinationEvent::Resumed) => Self::Live(standing.clone()),
            (Self::Paused { since, standing }, event) => Self::Paused {
                since: *since,
                standing: standing.after(event, at),
            },
        }
    }

    /// Its name, as the management API spells it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Live(standing) => standing.as_str(),
            Self::Paused { .. } => "paused",
            Self::Deleted { .. } => "deleted",
        }
    }

    /// Whether data can be loaded now: pushes are then answered with 201, otherwise with 202 (import-api.md §11).
    #[must_use]
    pub fn can_load(&self) -> bool {
        matches!(self, Self::Live(Standing::Active))
    }

    /// How it stands, unless it is deleted.
    #[must_use]
    pub fn standing(&self) -> Option<&Standing> {
        match self {
            Self::Live(standing) | Self::Paused { standing, .. } => Some(standing),
            Self::Deleted { .. } => None,
        }
    }

    /// Since when Landfall holds it back because it fails (management-api.md §5.1).
    #[must_use]
    pub fn system_paused_at(&self) -> Option<Timestamp> {
        match self.standing() {
            Some(Standing::Failing(failing)) => Some(failing.since),
            Some(Standing::Draft | Standing::PendingVerification | Standing::Active) | None => None,
        }
    }

    /// Since when a user has it paused.
    #[must_use]
    pub fn paused_at(&self) -> Option<Timestamp> {
        match self {
            Self::Paused { since, .. } => Some(*since),
            Self::Live(_) | Self::Deleted { .. } => None,
        }
    }

    /// Since when it is deleted.
    #[must_use]
    pub fn deleted_at(&self) -> Option<Timestamp> {
        match self {
            Self::Deleted { at } => Some(*at),
            Self::Live(_) | Self::Paused { .. } => None,
        }
    }
}

impl Standing {
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::PendingVerification => "pending_verification",
            Self::Active => "active",
            Self::Failing(_) => "failing",
        }
    }
}

#[cfg(test)]
mod tests;
