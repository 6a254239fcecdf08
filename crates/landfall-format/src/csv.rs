//! CSV: flattened columns, de-nested sub-tables, quoting (files.md §5 to §8).

mod cell;
mod hazards;
mod layout;
mod rows;
mod shapes;

pub(crate) use cell::{CsvStyle, write_cell, write_text_cell};
pub(crate) use hazards::{Surroundings, find_hazard};
pub(crate) use layout::{ColumnLayout, RowShape, write_row_cells};
pub(crate) use rows::{RecordRows, RowWriter, emit_record};
pub(crate) use shapes::{CsvShapes, Place};
