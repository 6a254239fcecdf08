//! Charts, drawn as SVG by the server, with the numbers in a table beside them.

use askama::Template;

const WIDTH: u32 = 640;
const HEIGHT: u32 = 160;

/// How points are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartKind {
    /// Sums, each of its own span of time.
    Bars,
    /// A value that changes.
    Line,
}

/// Numbers over time. `id` is unique on the page.
#[derive(Debug, Clone, Template)]
#[template(path = "chart.html")]
pub struct Chart {
    /// Names the chart on the page.
    pub id: String,
    /// What is shown.
    pub title: String,
    /// What the points' labels are, such as `Day`.
    pub label_heading: String,
    /// What the points' numbers are, such as `Rows`.
    pub value_heading: String,
    /// How.
    pub kind: ChartKind,
    /// Label and number of each point, in order.
    pub points: Vec<(String, u64)>,
}

/// A bar, in units of the drawing.
struct Bar {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

impl Chart {
    fn top(&self) -> u64 {
        self.points.iter().map(|(_, value)| *value).max().unwrap_or(0)
    }

    fn total(&self) -> u64 {
        self.points.iter().map(|(_, value)| value).sum()
    }

    fn height_of(&self, value: u64) -> u32 {
        let top = u128::from(self.top().max(1));
        let height = u128::from(value) * u128::from(HEIGHT) / top;
        let height = u32::try_from(height).unwrap_or(HEIGHT);
        // Something is never drawn as nothing.
        if value > 0 { height.max(2) } else { 0 }
    }

    /// The left edge of point `at`.
    fn x_of(&self, at: usize) -> u32 {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let points = u32::try_from(self.points.len()).unwrap_or(u32::MAX).max(1);
        at.saturating_mul(WIDTH) / points
    }

    fn bars(&self) -> impl Iterator<Item = Bar> {
        self.points.iter().enumerate().map(|(at, (_, value))| {
            let (x, next) = (self.x_of(at), self.x_of(at + 1));
            let height = self.height_of(*value);
            let gap = if next - x > 4 { 2 } else { 0 };
            Bar {
                x,
                y: HEIGHT - height,
                width: (next - x).saturating_sub(gap).max(1),
                height,
            }
        })
    }

    fn line(&self) -> String {
        let points = self.points.iter().enumerate().map(|(at, (_, value))| {
            let middle = (self.x_of(at) + self.x_of(at + 1)) / 2;
            format!("{middle},{}", HEIGHT - self.height_of(*value))
        });
        points.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(kind: ChartKind) -> Chart {
        Chart {
            id: "rows".to_owned(),
            title: "Rows <landed>".to_owned(),
            label_heading: "Day".to_owned(),
            value_heading: "Rows".to_owned(),
            kind,
            points: vec![
                ("1 May".to_owned(), 0),
                ("2 May".to_owned(), 50),
                ("3 May".to_owned(), u64::MAX / 4),
            ],
        }
    }

    #[test]
    fn the_highest_bar_fills_the_drawing_and_nothing_is_lost() {
        let chart = chart(ChartKind::Bars);
        let heights: Vec<u32> = chart.bars().map(|bar| bar.height).collect();
        assert_eq!(heights, [0, 2, HEIGHT]);
        assert!(chart.bars().all(|bar| bar.x + bar.width <= WIDTH));
    }

    #[test]
    fn a_chart_has_a_table_of_its_numbers() {
        for kind in [ChartKind::Bars, ChartKind::Line] {
            let html = chart(kind).render().unwrap();
            assert!(html.contains("<td data-label=\"Rows\">50</td>"), "{html}");
            assert!(html.contains("Rows &#60;landed&#62;"), "{html}");
            assert!(!html.contains("style="), "the policy forbids it");
        }
    }
}
