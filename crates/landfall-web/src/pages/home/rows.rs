//! Rows landed and rejected over time.

use landfall_core::time::Timestamp;
use serde::Deserialize;

use crate::api::{Api, ApiError};
use crate::components::{Count, Moment, RowsChart, RowsPoint};
use crate::link;
use crate::pages::integrations::Day;

/// What a chart is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    /// Since 00:00 UTC.
    Today,
    Day,
    Week,
    Month,
}

impl Range {
    /// What readers choose from.
    pub(super) const SHOWN: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Today => "Today",
            Self::Day => "24 hours",
            Self::Week => "7 days",
            Self::Month => "30 days",
        }
    }

    pub(super) fn parse(text: &str) -> Self {
        let named = Self::SHOWN.into_iter().find(|range| range.as_str() == text);
        named.unwrap_or(Self::Day)
    }

    const fn step(self) -> &'static str {
        match self {
            Self::Day => "hour",
            Self::Today | Self::Week | Self::Month => "day",
        }
    }

    /// Where it begins: at a whole hour or day.
    fn start(self, now: Timestamp) -> Timestamp {
        const HOUR_MILLIS: i64 = 3_600_000;
        let today = Day::of(now);
        match self {
            Self::Today => today.start(),
            Self::Day => {
                let hour = now.as_millis().div_euclid(HOUR_MILLIS);
                Timestamp::from_millis((hour - 23) * HOUR_MILLIS)
            }
            Self::Week => today.before(6).start(),
            Self::Month => today.before(29).start(),
        }
    }
}

#[derive(Debug, Deserialize)]
struct Point {
    start: Moment,
    rows_loaded: Count,
    rows_rejected: Count,
}

#[derive(Debug, Deserialize)]
struct Series {
    data: Vec<Point>,
}

/// The day of an instant, such as `3 May`.
fn day_label(at: Timestamp) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let iso = Day::of(at).to_string();
    let number = |range: std::ops::Range<usize>| iso.get(range).and_then(|text| text.parse::<usize>().ok());
    let month = number(5..7).and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    match (number(8..10), month) {
        (Some(day), Some(month)) => format!("{day} {month}"),
        _ => iso,
    }
}

/// What was loaded in a range.
pub(super) async fn read(api: &Api, range: Range, now: Timestamp) -> Result<Vec<RowsPoint>, ApiError> {
    let from = range.start(now).render();
    let from = String::from_utf8_lossy(&from);
    let path = link::with_query(
        "/v4/series",
        &[("step", Some(range.step())), ("from", Some(&from))],
    );
    let series: Series = api.get(&path).await?;
    let point = |point: Point| RowsPoint {
        label: match (range, point.start.timestamp()) {
            (Range::Day, _) | (_, None) => point.start.clock(),
            (_, Some(at)) => day_label(at),
        },
        landed: point.rows_loaded,
        rejected: point.rows_rejected,
    };
    Ok(series.data.into_iter().map(point).collect())
}

pub(super) fn chart(range: Range, points: Vec<RowsPoint>) -> RowsChart {
    RowsChart {
        id: "rows",
        title: format!("Rows, {}", range.label()),
        step: if range == Range::Day {
            "Hour (UTC)"
        } else {
            "Day (UTC)"
        },
        points,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_begin_at_whole_steps() {
        let now = Moment::in_utc("2024-03-01T10:20:30Z")
            .unwrap()
            .timestamp()
            .unwrap();
        let cases = [
            (Range::Today, "2024-03-01T00:00:00.000Z"),
            (Range::Day, "2024-02-29T11:00:00.000Z"),
            (Range::Week, "2024-02-24T00:00:00.000Z"),
            (Range::Month, "2024-02-01T00:00:00.000Z"),
        ];
        for (range, start) in cases {
            assert_eq!(
                range.start(now).render().as_slice(),
                start.as_bytes(),
                "{range:?}"
            );
        }
        assert_eq!(day_label(now), "1 March");
    }
}
