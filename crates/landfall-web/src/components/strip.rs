//! A day as a strip, with a mark for each attempt (operations.md §7).

use askama::Template;

/// Minutes of a day: units of the drawing.
const WIDTH: u32 = 1_440;

/// An attempt.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    /// Minutes after midnight, UTC.
    pub(crate) minute: u32,
    /// How many minutes it took.
    pub(crate) minutes: u32,
    pub(crate) is_good: bool,
    /// Told when the pointer rests on it.
    pub(crate) title: String,
}

impl Mark {
    fn x(&self) -> u32 {
        self.minute.min(WIDTH - self.width())
    }

    /// Wide enough to be seen and pointed at.
    fn width(&self) -> u32 {
        self.minutes.clamp(8, WIDTH)
    }
}

/// A day in UTC.
#[derive(Debug, Clone, Template)]
#[template(path = "strip.html")]
pub(crate) struct Strip {
    pub(crate) label: String,
    pub(crate) marks: Vec<Mark>,
}
