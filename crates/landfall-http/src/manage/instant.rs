//! Timestamps of the management API: whole seconds, UTC (management-api.md §1).

use landfall_core::time::{Instant, Timestamp};
use serde::{Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// An instant as answers write it, `YYYY-MM-DDTHH:MM:SSZ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seconds(pub(super) Timestamp);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.render();
        let seconds = String::from_utf8_lossy(&text[.."YYYY-MM-DDTHH:MM:SS".len()]);
        serializer.collect_str(&format_args!("{seconds}Z"))
    }
}

impl PartialSchema for Seconds {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .build()
            .into()
    }
}

impl ToSchema for Seconds {}

/// A day as answers write it, `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day(pub(super) i64);

const DAY_MILLIS: i64 = 86_400_000;

impl Day {
    /// The UTC day of an instant.
    pub(super) fn of(at: Timestamp) -> Self {
        Self(at.as_millis().div_euclid(DAY_MILLIS))
    }

    /// Where the day begins.
    pub(super) fn start(self) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_mul(DAY_MILLIS))
    }

    /// Reads `YYYY-MM-DD`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_day = text.len() == "YYYY-MM-DD".len();
        let start = is_day.then(|| Instant::parse(format!("{text}T00:00:00Z").as_bytes()))??;
        Some(Self::of(start.timestamp()))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.start().render();
        serializer.collect_str(&String::from_utf8_lossy(&text[.."YYYY-MM-DD".len()]))
    }
}

impl PartialSchema for Day {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
            .build()
            .into()
    }
}

impl ToSchema for Day {}

/// Reads an instant, or a day for where it begins.
pub(super) fn read_instant(text: &str) -> Option<Timestamp> {
    if is_timestamp(text) {
        Instant::parse(text.as_bytes()).map(Instant::timestamp)
    } else {
        Day::parse(text).map(Day::start)
    }
}

/// Whether a text is a timestamp, such as that of a pause: which one doesn't matter (management-api.md §8.2).
pub(super) fn is_timestamp(text: &str) -> bool {
    text.contains(['T', 't']) && Instant::parse(text.as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_in_whole_seconds() {
        let at = Seconds(Timestamp::from_millis(1_767_607_200_999));
        assert_eq!(serde_json::to_string(&at).unwrap(), r#""2026-01-05T10:00:00Z""#);
    }

    #[test]
    fn only_a_whole_date_and_time_is_a_timestamp() {
        let cases = [
            ("2019-06-01T00:00:00Z", true),
            ("2019-06-01T00:00:00.123+02:00", true),
            ("2019-06-01 00:00:00", false),
            ("2019-06-01", false),
            ("2019-13-01T00:00:00Z", false),
            ("now", false),
            ("", false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_timestamp(text), expected, "{text:?}");
        }
    }
}
