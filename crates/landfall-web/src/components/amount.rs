//! Numbers as people read them: with their thousands apart, and with units that fit.

use std::fmt;

use serde::Deserialize;

/// How many there are of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Count(pub(crate) u64);

impl Count {
    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// With the noun that fits, such as `1 row` and `2 rows`.
    pub(crate) fn of(self, noun: &str) -> String {
        let plural = if self.0 == 1 { "" } else { "s" };
        format!("{self} {noun}{plural}")
    }
}

impl fmt::Display for Count {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                out.write_str(",")?;
            }
            write!(out, "{digit}")?;
        }
        Ok(())
    }
}

/// Bytes, in decimal units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Size(pub(crate) u64);

impl fmt::Display for Size {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
        match units.into_iter().find(|(unit, _)| self.0 >= *unit) {
            Some((unit, name)) => {
                let tenths = self.0 / (unit / 10);
                write!(out, "{}.{} {name}", Count(tenths / 10), tenths % 10)
            }
            None => write!(out, "{} B", self.0),
        }
    }
}

/// How long something took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Took {
    millis: u64,
}

impl Took {
    pub(crate) const fn from_millis(millis: u64) -> Self {
        Self { millis }
    }
}

impl fmt::Display for Took {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.millis / 1_000;
        match self.millis {
            0..1_000 => write!(out, "{} ms", self.millis),
            1_000..60_000 => write!(out, "{seconds}.{} s", self.millis / 100 % 10),
            60_000..3_600_000 => write!(out, "{} min {} s", seconds / 60, seconds % 60),
            3_600_000..172_800_000 => write!(out, "{} h {} min", seconds / 3_600, seconds / 60 % 60),
            _ => write!(out, "{} days", seconds / 86_400),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        let cases = [
            (Count(0).to_string(), "0"),
            (Count(999).to_string(), "999"),
            (Count(1_000).to_string(), "1,000"),
            (Count(12_345_678).to_string(), "12,345,678"),
            (Count(1).of("row"), "1 row"),
            (Count(2).of("row"), "2 rows"),
            (Size(0).to_string(), "0 B"),
            (Size(999).to_string(), "999 B"),
            (Size(1_550).to_string(), "1.5 kB"),
            (Size(20_000_000).to_string(), "20.0 MB"),
            (Size(7_200_000_000_000).to_string(), "7,200.0 GB"),
            (Took::from_millis(5).to_string(), "5 ms"),
            (Took::from_millis(1_250).to_string(), "1.2 s"),
            (Took::from_millis(61_000).to_string(), "1 min 1 s"),
            (Took::from_millis(7_260_000).to_string(), "2 h 1 min"),
            (Took::from_millis(172_800_000).to_string(), "2 days"),
        ];
        for (written, expected) in cases {
            assert_eq!(written, expected);
        }
    }
}
