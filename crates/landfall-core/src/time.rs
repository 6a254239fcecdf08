//! Instants, as Landfall writes and reads them (files.md §3, singer.md §4.2).

mod parse;
mod render;

pub use parse::Instant;
pub use render::TIMESTAMP_BYTES;

use std::fmt;

/// Whole milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant that many milliseconds after the epoch, held within the years 0000 to 9999, which is what a
    /// timestamp can be written for.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        const FIRST: i64 = -62_167_219_200_000;
        const LAST: i64 = 253_402_300_799_999;
        if millis < FIRST {
            Self(FIRST)
        } else if millis > LAST {
            Self(LAST)
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The next instant that a timestamp can tell apart.
    #[must_use]
    pub const fn next(self) -> Self {
        Self::from_millis(self.0.saturating_add(1))
    }

    /// The instant that much later, in whole milliseconds.
    #[must_use]
    pub fn plus(self, by: std::time::Duration) -> Self {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// `YYYY-MM-DDTHH:MM:SS.mmmZ` (files.md §3).
    #[must_use]
    pub fn render(self) -> [u8; TIMESTAMP_BYTES] {
        render::millis(self.0)
    }

    /// The UTC calendar fields that object keys are made of (object-keys.md §3).
    #[must_use]
    pub fn calendar(self) -> Calendar {
        let (year, month, day) = render::civil_from_days(self.0.div_euclid(render::DAY_MILLIS));
        let hour = self.0.rem_euclid(render::DAY_MILLIS) / 3_600_000;
        Calendar {
            year,
            month,
            day,
            hour: hour as u8,
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.render();
        out.write_str(&String::from_utf8_lossy(&text))
    }
}

/// Year, month, day and hour of an instant, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    /// Year, 0 to 9999.
    pub year: i64,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, 1 to 31.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
}

#[cfg(test)]
mod tests;
