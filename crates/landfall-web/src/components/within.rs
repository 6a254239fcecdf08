//! How long something takes at most.

use askama::Template;
use landfall_core::time::Timestamp;

use super::moment::Moment;

/// Time that is left until an instant, such as `within 4 minutes`. The script counts it down.
#[derive(Debug, Clone, Template)]
#[template(
    source = r#"<time datetime="{{ at.iso() }}" data-left-seconds="{{ left_seconds }}">{{ text }}</time>"#,
    ext = "html"
)]
pub(crate) struct Within {
    at: Moment,
    /// By the server's clock: the reader's may be wrong.
    left_seconds: i64,
    text: String,
}

impl Within {
    pub(crate) fn new(at: Moment, now: Timestamp) -> Self {
        let left = at.timestamp().map_or(0, |at| at.as_millis() - now.as_millis());
        Self {
            at,
            left_seconds: left.max(0) / 1_000,
            text: words(left),
        }
    }

    /// In words alone.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// The same as `within` in `assets/data.js`.
fn words(left_millis: i64) -> String {
    match left_millis.max(0).unsigned_abs().div_ceil(60_000) {
        0 => "any moment".to_owned(),
        1 => "within a minute".to_owned(),
        minutes @ 2..=120 => format!("within {minutes} minutes"),
        minutes => format!("within {} hours", minutes.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_is_left_is_rounded_up() {
        let cases = [
            (-5_000, "any moment"),
            (0, "any moment"),
            (1, "within a minute"),
            (60_000, "within a minute"),
            (60_001, "within 2 minutes"),
            (300_000, "within 5 minutes"),
            (7_260_000, "within 3 hours"),
        ];
        for (left, expected) in cases {
            assert_eq!(words(left), expected, "{left} ms");
        }
    }
}
