//! Parts of pages. Each is a value with a small template of its own, written into a page as `{{ part }}`; what it is
//! given is escaped in its own template.

mod amount;
mod badge;
mod banner;
mod chart;
mod code_box;
mod empty;
mod field;
mod moment;
mod pager;
mod row_actions;
mod rows_chart;
mod select;
mod strip;
mod within;

pub(crate) use amount::{Count, Size, Took};
pub(crate) use badge::{Badge, Tone};
pub(crate) use banner::Banner;
pub use chart::{Chart, ChartKind};
pub use code_box::CodeBox;
pub(crate) use empty::Empty;
pub use field::Field;
pub use moment::Moment;
pub use pager::Pager;
pub(crate) use row_actions::RowActions;
pub(crate) use rows_chart::{RowsChart, RowsPoint};
pub(crate) use select::Select;
pub(crate) use strip::{Mark, Strip};
pub(crate) use within::Within;

/// Parts are HTML already: pages must not escape them again.
macro_rules! html_safe {
    ($($part:ty),*) => {
        $(impl askama::filters::HtmlSafe for $part {})*
    };
}

html_safe!(
    Badge, Banner, Chart, CodeBox, Empty, Field, Moment, Pager, RowActions, RowsChart, Select, Strip, Within
);
