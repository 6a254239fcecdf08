//! What people are told of, and how urgently (operations.md §1): pure.

use std::time::Duration;

/// Something to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// A destination can't be written to.
    DestinationFailing,
    /// The same, for lack of a permission.
    DestinationAccess,
    /// A batch can never be written.
    LoadUnsupported,
    /// A fault of Landfall holds up loading.
    LoadDelayed,
    /// Records were rejected today.
    RecordsRejected,
    /// A tap, its discovery or its target failed.
    ExtractionFailed,
    /// A tap was told to slow down.
    ExtractionRateLimited,
    /// A record was too large to be taken.
    RecordTooLarge,
    /// A post-load hook did not hear of a load.
    HookUndeliverable,
    /// 70 % of the row budget are used.
    Usage70,
    /// 90 % of it.
    Usage90,
    /// All of it.
    Usage100,
    /// Nothing was loaded for a long time.
    InstanceIdle,
    /// Data that was never loaded will be deleted.
    BufferExpiring,
    /// The log is nearly full.
    BufferPressure,
    /// What was said of a destination is over.
    DestinationRecovered,
    /// What was said of a tap is over.
    ExtractionRecovered,
}

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventLevel {
    /// Good news.
    Info,
    /// Data goes on, but somebody should look.
    Warning,
    /// Data stands still until somebody acts.
    Critical,
    /// Data waits, and goes on by itself.
    Delay,
}

impl EventLevel {
    /// As the API spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Delay => "delay",
        }
    }
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

impl Event {
    /// All of them, in the order of operations.md §1.
    pub const ALL: [Self; 17] = [
        Self::DestinationFailing,
        Self::DestinationAccess,
        Self::LoadUnsupported,
        Self::LoadDelayed,
        Self::RecordsRejected,
        Self::ExtractionFailed,
        Self::ExtractionRateLimited,
        Self::RecordTooLarge,
        Self::HookUndeliverable,
        Self::Usage70,
        Self::Usage90,
        Self::Usage100,
        Self::InstanceIdle,
        Self::BufferExpiring,
        Self::BufferPressure,
        Self::DestinationRecovered,
        Self::ExtractionRecovered,
    ];

    /// As the API spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DestinationFailing => "destination.failing",
            Self::DestinationAccess => "destination.access",
            Self::LoadUnsupported => "load.unsupported",
            Self::LoadDelayed => "load.delayed",
            Self::RecordsRejected => "records.rejected",
            Self::ExtractionFailed => "extraction.failed",
            Self::ExtractionRateLimited => "extraction.rate_limited",
            Self::RecordTooLarge => "record.too_large",
            Self::HookUndeliverable => "hook.undeliverable",
            Self::Usage70 => "usage.70",
            Self::Usage90 => "usage.90",
            Self::Usage100 => "usage.100",
            Self::InstanceIdle => "instance.idle",
            Self::BufferExpiring => "buffer.expiring",
            Self::BufferPressure => "buffer.pressure",
            Self::DestinationRecovered => "destination.recovered",
            Self::ExtractionRecovered => "extraction.recovered",
        }
    }

    /// The event of that spelling.
    #[must_use]
    pub fn from_spelling(spelling: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == spelling)
    }

    /// How much it matters.
    #[must_use]
    pub const fn level(self) -> EventLevel {
        match self {
            Self::DestinationFailing
            | Self::DestinationAccess
            | Self::LoadUnsupported
            | Self::ExtractionFailed
            | Self::RecordTooLarge
            | Self::InstanceIdle
            | Self::BufferExpiring
            | Self::BufferPressure => EventLevel::Critical,
            Self::LoadDelayed | Self::ExtractionRateLimited => EventLevel::Delay,
            Self::RecordsRejected
            | Self::HookUndeliverable
            | Self::Usage70
            | Self::Usage90
            | Self::Usage100 => EventLevel::Warning,
            Self::DestinationRecovered | Self::ExtractionRecovered => EventLevel::Info,
        }
    }

    /// How long its mail waits, in the hope that it isn't needed.
    #[must_use]
    pub const fn mail_delay(self) -> Duration {
        Duration::from_secs(match self {
            Self::DestinationFailing | Self::LoadUnsupported => 2 * HOUR,
            Self::LoadDelayed => 3 * HOUR,
            Self::ExtractionFailed => 60 * MINUTE,
            Self::ExtractionRateLimited => 20 * MINUTE,
            _ => 0,
        })
    }

    /// What is told once its cause is gone; none if nothing is.
    #[must_use]
    pub const fn recovery(self) -> Option<Self> {
        match self {
            Self::DestinationFailing | Self::DestinationAccess => Some(Self::DestinationRecovered),
            Self::ExtractionFailed => Some(Self::ExtractionRecovered),
            _ => None,
        }
    }

    /// What its mail is about. `about` stands in the place of what some subjects name.
    #[must_use]
    pub fn subject(self, about: &str) -> String {
        match self {
            Self::DestinationFailing => "We're having trouble writing to your data warehouse".to_owned(),
            Self::DestinationAccess => "Data Warehouse Error".to_owned(),
            Self::LoadUnsupported => "We're unable to load some of your data".to_owned(),
            Self::LoadDelayed => "Data delays".to_owned(),
            Self::RecordsRejected => "Records were rejected".to_owned(),
            Self::ExtractionFailed => {
                format!("We're encountering some errors with your {about} integration")
            }
            Self::ExtractionRateLimited => "Integration API Rate Limited".to_owned(),
            Self::RecordTooLarge => format!("Error persisting data for table {about}"),
            Self::HookUndeliverable => "Unable to Deliver Post Load Notification".to_owned(),
            Self::Usage70 | Self::Usage90 => "Approaching Row Limit".to_owned(),
            Self::Usage100 => "Row Limit Reached".to_owned(),
            Self::InstanceIdle => "Integrations Paused due to Account Inactivity".to_owned(),
            Self::BufferExpiring => "Buffered data will be deleted".to_owned(),
            Self::BufferPressure => "Intake is close to its limit".to_owned(),
            Self::DestinationRecovered | Self::ExtractionRecovered => format!("Resolved: {about}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_read_as_it_is_written() {
        for event in Event::ALL {
            assert_eq!(Event::from_spelling(event.as_str()), Some(event));
        }
        assert_eq!(Event::from_spelling("destination"), None);
    }

    #[test]
    fn mail_waits_as_long_as_the_event_may_pass_by_itself() {
        let cases = [
            (Event::DestinationFailing, 7_200),
            (Event::DestinationAccess, 0),
            (Event::LoadDelayed, 10_800),
            (Event::ExtractionFailed, 3_600),
            (Event::ExtractionRateLimited, 1_200),
            (Event::RecordsRejected, 0),
        ];
        for (event, seconds) in cases {
            assert_eq!(event.mail_delay().as_secs(), seconds, "{event:?}");
        }
    }
}
