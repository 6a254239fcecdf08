//! The metrics there are.

/// A metric: all series of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    ImportRequests,
    ImportRecords,
    ImportBytes,
    ImportRefused,
    JournalBytes,
    JournalOldest,
    LoadObjects,
    LoadRows,
    RejectedRows,
    LostRecords,
    LoadFailures,
    LoadLag,
    DestinationState,
    TapJobs,
    HookDeliveries,
}

impl Family {
    /// All of them, in the order in which they are shown.
    pub(crate) const ALL: [Self; 15] = [
        Self::ImportRequests,
        Self::ImportRecords,
        Self::ImportBytes,
        Self::ImportRefused,
        Self::JournalBytes,
        Self::JournalOldest,
        Self::LoadObjects,
        Self::LoadRows,
        Self::RejectedRows,
        Self::LostRecords,
        Self::LoadFailures,
        Self::LoadLag,
        Self::DestinationState,
        Self::TapJobs,
        Self::HookDeliveries,
    ];

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ImportRequests => "landfall_import_requests_total",
            Self::ImportRecords => "landfall_import_records_total",
            Self::ImportBytes => "landfall_import_bytes_total",
            Self::ImportRefused => "landfall_import_refused_total",
            Self::JournalBytes => "landfall_journal_bytes",
            Self::JournalOldest => "landfall_journal_oldest_seconds",
            Self::LoadObjects => "landfall_load_objects_total",
            Self::LoadRows => "landfall_load_rows_total",
            Self::RejectedRows => "landfall_rejected_rows_total",
            Self::LostRecords => "landfall_lost_records_total",
            Self::LoadFailures => "landfall_load_failures_total",
            Self::LoadLag => "landfall_load_lag_seconds",
            Self::DestinationState => "landfall_destination_state",
            Self::TapJobs => "landfall_tap_jobs_total",
            Self::HookDeliveries => "landfall_hook_deliveries_total",
        }
    }

    /// Counters only grow.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::JournalBytes | Self::JournalOldest | Self::LoadLag | Self::DestinationState => "gauge",
            Self::ImportRequests
            | Self::ImportRecords
            | Self::ImportBytes
            | Self::ImportRefused
            | Self::LoadObjects
            | Self::LoadRows
            | Self::RejectedRows
            | Self::LostRecords
            | Self::LoadFailures
            | Self::TapJobs
            | Self::HookDeliveries => "counter",
        }
    }

    /// What it says.
    pub(crate) const fn help(self) -> &'static str {
        match self {
            Self::ImportRequests => "Requests to the Import API, by endpoint and status code.",
            Self::ImportRecords => "Records accepted, by source.",
            Self::ImportBytes => "Bytes accepted into the log.",
            Self::ImportRefused => "Requests that the log had no room for.",
            Self::JournalBytes => "Bytes of the log on disk.",
            Self::JournalOldest => "Age of the oldest entry of the log.",
            Self::LoadObjects => "Objects written, by destination and format.",
            Self::LoadRows => "Rows landed, by source and table.",
            Self::RejectedRows => "Records rejected, by source and table.",
            Self::LostRecords => {
                "Records deleted because they could not be loaded in time, by source and table."
            }
            Self::LoadFailures => "Loads that failed, by destination and code of the failure.",
            Self::LoadLag => {
                "Age of the oldest record that waits to be loaded, by source and table; 0 where none does."
            }
            Self::DestinationState => "1 for the state that a destination is in.",
            Self::TapJobs => "Jobs of taps, by source and result.",
            Self::HookDeliveries => "Requests to post-load webhooks, by result.",
        }
    }
}
