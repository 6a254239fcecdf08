//! Rows landed and rejected over time, as stacked bars drawn by the server.

use askama::Template;

use super::amount::Count;

const WIDTH: u64 = 1_000;
const HEIGHT: u64 = 180;

/// What was loaded in one step of time.
#[derive(Debug, Clone)]
pub(crate) struct RowsPoint {
    /// The step, such as `14:00` or `3 May`.
    pub(crate) label: String,
    pub(crate) landed: Count,
    pub(crate) rejected: Count,
}

/// A chart of rows. `id` is unique on the page.
#[derive(Debug, Clone, Template)]
#[template(path = "rows_chart.html")]
pub(crate) struct RowsChart {
    pub(crate) id: &'static str,
    pub(crate) title: String,
    /// What a step is, such as `Hour (UTC)`.
    pub(crate) step: &'static str,
    pub(crate) points: Vec<RowsPoint>,
}

/// A bar, in units of the drawing. What was rejected stands on top of what was landed.
struct Bar<'a> {
    point: &'a RowsPoint,
    x: u64,
    width: u64,
    landed_y: u64,
    landed_height: u64,
    rejected_y: u64,
    rejected_height: u64,
}

/// The smallest number of 1, 2 or 5 and noughts that is not below `value`.
fn round_up(value: u64) -> u64 {
    let mut unit = 1_u64;
    loop {
        for step in [1, 2, 5] {
            let round = unit.saturating_mul(step);
            if round >= value || round == u64::MAX {
                return round;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

impl RowsChart {
    fn landed(&self) -> Count {
        Count(self.points.iter().map(|point| point.landed.0).sum())
    }

    fn rejected(&self) -> Count {
        Count(self.points.iter().map(|point| point.rejected.0).sum())
    }

    fn is_empty(&self) -> bool {
        self.landed().is_none() && self.rejected().is_none()
    }

    /// What the upper edge of the drawing stands for.
    fn top(&self) -> u64 {
        let of_point = |point: &RowsPoint| point.landed.0.saturating_add(point.rejected.0);
        round_up(self.points.iter().map(of_point).max().unwrap_or(0).max(1))
    }

    /// The numbers beside the lines of the drawing, from above.
    fn ticks(&self) -> Vec<Count> {
        match self.top() {
            top @ 0..4 => vec![Count(top), Count(0)],
            top => vec![Count(top), Count(top / 2), Count(0)],
        }
    }

    /// Something is never drawn as nothing.
    fn height_of(&self, count: Count) -> u64 {
        let height = u128::from(count.0) * u128::from(HEIGHT) / u128::from(self.top());
        let height = u64::try_from(height).unwrap_or(HEIGHT);
        if count.is_none() { 0 } else { height.max(2) }
    }

    fn bars(&self) -> impl Iterator<Item = Bar<'_>> {
        let steps = (self.points.len() as u64).max(1);
        self.points.iter().enumerate().map(move |(at, point)| {
            let at = at as u64;
            let (x, next) = (at * WIDTH / steps, (at + 1) * WIDTH / steps);
            let gap = (next - x) / 5;
            let rejected_height = self.height_of(point.rejected);
            let landed_height = self.height_of(point.landed).min(HEIGHT - rejected_height);
            Bar {
                point,
                x: x + gap / 2,
                width: (next - x).saturating_sub(gap).max(1),
                landed_y: HEIGHT - landed_height,
                landed_height,
                rejected_y: HEIGHT - landed_height - rejected_height,
                rejected_height,
            }
        })
    }

    /// First, middle and last label.
    fn ends(&self) -> Vec<&str> {
        let middle = self.points.get(self.points.len() / 2);
        [self.points.first(), middle, self.points.last()]
            .into_iter()
            .flatten()
            .map(|point| point.label.as_str())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &[(u64, u64)]) -> RowsChart {
        let point = |(landed, rejected): &(u64, u64)| RowsPoint {
            label: "<1 May>".to_owned(),
            landed: Count(*landed),
            rejected: Count(*rejected),
        };
        RowsChart {
            id: "rows",
            title: "Rows <landed>".to_owned(),
            step: "Day",
            points: values.iter().map(point).collect(),
        }
    }

    #[test]
    fn bars_stand_on_each_other_within_the_drawing() {
        let chart = chart(&[(0, 0), (50, 1), (900, 100), (0, u64::MAX / 4)]);
        for bar in chart.bars() {
            assert_eq!(bar.rejected_y + bar.rejected_height, bar.landed_y);
            assert_eq!(bar.landed_y + bar.landed_height, HEIGHT);
            assert!(bar.x + bar.width <= WIDTH);
            assert_eq!(bar.rejected_height > 0, bar.point.rejected.0 > 0);
        }
    }

    #[test]
    fn the_upper_edge_is_a_round_number() {
        let cases = [(0, 1), (1, 1), (3, 5), (7, 10), (12, 20), (340, 500), (501, 1000)];
        for (value, top) in cases {
            assert_eq!(chart(&[(value, 0)]).top(), top, "{value}");
        }
        assert_eq!(round_up(u64::MAX), u64::MAX);
    }

    #[test]
    fn the_numbers_are_in_a_table_too() {
        let html = chart(&[(1_234, 5)]).render().unwrap();
        assert!(
            html.contains("<td data-label=\"Landed\" class=\"number\">1,234</td>"),
            "{html}"
        );
        assert!(
            html.contains("&#60;1 May&#62;") && !html.contains("style="),
            "{html}"
        );
    }
}
