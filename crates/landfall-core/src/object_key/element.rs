//! The S3 Key elements (object-keys.md §3).

use std::fmt;

use crate::edit_distance::edit_distance;

/// What a template can have rendered into its keys, written as its name in square brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyElement {
    /// `[integration_name]`: the source's stored name, cleaned.
    IntegrationName,
    /// `[table_name]`: the table's name, cleaned, with the names of arrays for sub-tables.
    TableName,
    /// `[table_version]`: the table version in decimal.
    TableVersion,
    /// `[timestamp_loaded]`: the load instant in epoch milliseconds.
    TimestampLoaded,
    /// `[year_loaded]`: year of the load instant in UTC, four digits.
    YearLoaded,
    /// `[month_loaded]`: month, `01` to `12`.
    MonthLoaded,
    /// `[day_loaded]`: day of the month, `01` to `31`.
    DayLoaded,
    /// `[hour_loaded]`: hour, `00` to `23`.
    HourLoaded,
}

impl KeyElement {
    /// All elements, the required ones first, in the order in which problems name them.
    pub const ALL: [Self; 8] = [
        Self::IntegrationName,
        Self::TableName,
        Self::TableVersion,
        Self::TimestampLoaded,
        Self::YearLoaded,
        Self::MonthLoaded,
        Self::DayLoaded,
        Self::HourLoaded,
    ];

    /// The name, without brackets.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::IntegrationName => "integration_name",
            Self::TableName => "table_name",
            Self::TableVersion => "table_version",
            Self::TimestampLoaded => "timestamp_loaded",
            Self::YearLoaded => "year_loaded",
            Self::MonthLoaded => "month_loaded",
            Self::DayLoaded => "day_loaded",
            Self::HourLoaded => "hour_loaded",
        }
    }

    /// Whether every template must contain it.
    #[must_use]
    pub const fn is_required(self) -> bool {
        match self {
            Self::IntegrationName | Self::TableName | Self::TableVersion | Self::TimestampLoaded => true,
            Self::YearLoaded | Self::MonthLoaded | Self::DayLoaded | Self::HourLoaded => false,
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|element| element.name() == name)
    }

    /// The element that somebody who wrote `name` probably meant (object-keys.md §11, "close match").
    pub(super) fn nearest(name: &str) -> Option<Self> {
        const FURTHEST: usize = 3;
        let spelled = name.to_lowercase().replace([' ', '-'], "_");
        Self::ALL
            .into_iter()
            .map(|element| (edit_distance(&spelled, element.name()), element))
            .filter(|(distance, _)| *distance <= FURTHEST)
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, element)| element)
    }
}

/// As it stands in a template: `[table_name]`.
impl fmt::Display for KeyElement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "[{}]", self.name())
    }
}
