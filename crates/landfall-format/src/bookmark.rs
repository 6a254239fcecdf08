//! The smallest and largest value of a replication-key column (loading.md §8.2).

use std::cmp::Ordering;

use landfall_core::decimal::Decimal;
use landfall_core::json::{Kind, Value};
use landfall_core::time::Instant;

/// A bookmark value: how it is printed, and how it compares. Numbers compare as numbers, date-times as instants,
/// everything else by code point; of different sorts, numbers come first and date-times second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookmarkValue {
    text: String,
    sort: Sort,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Number,
    Instant(i128),
    Text,
}

impl BookmarkValue {
    /// Takes a value of a record; `None` for null, arrays and objects.
    #[must_use]
    pub fn of(value: Value<'_>) -> Option<Self> {
        let text = value.string().into_owned();
        let sort = match value.kind() {
            Kind::Null | Kind::Array | Kind::Object => return None,
            Kind::Integer | Kind::Decimal => Sort::Number,
            Kind::False | Kind::True => Sort::Text,
            Kind::String => match Instant::parse(text.as_bytes()) {
                Some(instant) => Sort::Instant(instant.as_nanos()),
                None => Sort::Text,
            },
        };
        Some(Self { text, sort })
    }

    /// Whether one printed value is above another, by how they look: what was a number and what was text is no longer
    /// told apart.
    #[must_use]
    pub fn is_above(text: &str, other: &str) -> bool {
        Self::printed(text).compare(&Self::printed(other)) == Ordering::Greater
    }

    fn printed(text: &str) -> Self {
        let sort = if Decimal::parse(text.as_bytes()).is_some() {
            Sort::Number
        } else {
            Instant::parse(text.as_bytes()).map_or(Sort::Text, |instant| Sort::Instant(instant.as_nanos()))
        };
        Self {
            text: text.to_owned(),
            sort,
        }
    }

    /// The value as received.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self.sort, other.sort) {
            (Sort::Number, Sort::Number) => {
                Decimal::parse(self.text.as_bytes()).cmp(&Decimal::parse(other.text.as_bytes()))
            }
            (Sort::Text, Sort::Text) => self.text.cmp(&other.text),
            (this, that) => this.cmp(&that),
        }
    }
}

/// Smallest and largest value met. Of equal values the first met stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookmarkRange {
    min: BookmarkValue,
    max: BookmarkValue,
}

impl BookmarkRange {
    /// The smallest value.
    #[must_use]
    pub fn min(&self) -> &BookmarkValue {
        &self.min
    }

    /// The largest value.
    #[must_use]
    pub fn max(&self) -> &BookmarkValue {
        &self.max
    }

    /// Takes one more value of a record into account.
    pub fn extend(range: &mut Option<Self>, value: Value<'_>) {
        if let Some(range) = range {
            let same_as_before = value.text() == range.max.text.as_bytes() && !value.is_escaped();
            if same_as_before {
                return;
            }
        }
        if let Some(value) = BookmarkValue::of(value) {
            Self::merge(
                range,
                &Self {
                    min: value.clone(),
                    max: value,
                },
            );
        }
    }

    /// Widens `range` so that it spans `more` as well.
    pub(crate) fn merge(range: &mut Option<Self>, more: &Self) {
        let Some(range) = range else {
            *range = Some(more.clone());
            return;
        };
        if more.min.compare(&range.min) == Ordering::Less {
            range.min = more.min.clone();
        }
        if more.max.compare(&range.max) == Ordering::Greater {
            range.max = more.max.clone();
        }
    }
}
