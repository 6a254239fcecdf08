//! Events, as people choose them (operations.md §1).

use landfall_catalog::{Event, EventLevel};

/// When an event happens.
pub(super) const fn when(event: Event) -> &'static str {
    match event {
        Event::DestinationFailing => "A destination can't be written to.",
        Event::DestinationAccess => "A destination can't be written to for lack of a permission.",
        Event::LoadUnsupported => "A batch can never be written.",
        Event::LoadDelayed => "A fault of Landfall holds up loading.",
        Event::RecordsRejected => "Records of a table were rejected today.",
        Event::ExtractionFailed => "A tap, its discovery or its target failed.",
        Event::ExtractionRateLimited => "A tap was told to slow down.",
        Event::RecordTooLarge => "A record, or a request to a webhook, was over 20 MB.",
        Event::HookUndeliverable => "A post-load webhook did not hear of a load.",
        Event::Usage70 => "70 % of the row budget are used.",
        Event::Usage90 => "90 % of the row budget are used.",
        Event::Usage100 => "All of the row budget is used.",
        Event::InstanceIdle => "Nothing was loaded for a long time.",
        Event::BufferExpiring => "Data that was never loaded will be deleted.",
        Event::BufferPressure => "The room for waiting data is nearly full.",
        Event::DestinationRecovered => "A destination works again.",
        Event::ExtractionRecovered => "A tap works again.",
    }
}

/// The levels, the most urgent first, with what they mean.
pub(super) const LEVELS: [(EventLevel, &str); 4] = [
    (
        EventLevel::Critical,
        "Critical: data stands still until somebody acts",
    ),
    (EventLevel::Delay, "Delay: data waits, and goes on by itself"),
    (
        EventLevel::Warning,
        "Warning: data goes on, but somebody should look",
    ),
    (EventLevel::Info, "Good news"),
];
