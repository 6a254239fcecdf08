//! Timestamps of the management API: whole seconds, UTC (management-api.md §1).

use landfall_core::time::{Instant, Timestamp};
use serde::{Serialize, Serializer};

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
