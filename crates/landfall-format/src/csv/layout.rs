//! The columns of a finished file, and rows brought into their order.

use std::collections::HashMap;
use std::sync::Arc;

use memchr::memchr;

use crate::run::RunTable;
use crate::sink::Sink;

/// The data columns of a file (files.md §8): declared ones of all its schemas, then observed ones, each in order of
/// first appearance.
#[derive(Debug, Default)]
pub(crate) struct ColumnLayout {
    pub(crate) columns: Vec<Arc<str>>,
}

impl ColumnLayout {
    /// The layout of a file that holds the rows of `tables`, in this order.
    pub(crate) fn of<'t>(tables: impl Iterator<Item = &'t RunTable> + Clone) -> Self {
        let mut columns: Vec<Arc<str>> = Vec::new();
        let mut known: HashMap<Arc<str>, ()> = HashMap::new();
        let declared = tables.clone().flat_map(|table| &table.columns[..table.declared]);
        let observed = tables.flat_map(|table| &table.columns[table.declared..]);
        for name in declared.chain(observed) {
            if known.insert(name.clone(), ()).is_none() {
                columns.push(name.clone());
            }
        }
        Self { columns }
    }

    /// Where each column of `table` stands in the file; `None` if they stand first and in the same order.
    pub(crate) fn mapping(&self, table: &RunTable) -> Option<Vec<usize>> {
        let is_prefix = table
            .columns
            .iter()
            .zip(&self.columns)
            .all(|(ours, theirs)| ours == theirs);
        if is_prefix {
            return None;
        }
        let position_of: HashMap<&str, usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(position, name)| (&**name, position))
            .collect();
        Some(table.columns.iter().map(|name| position_of[&**name]).collect())
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| &**column == name)
    }
}

/// How one row is to be written.
pub(crate) struct RowShape<'s> {
    pub(crate) delimiter: u8,
    /// Cells before the data columns: level ids.
    pub(crate) leading: usize,
    /// Data cells that the row holds.
    pub(crate) width: usize,
    /// Data columns of the file.
    pub(crate) columns: usize,
    /// Where the row's cells go, if not to the first columns in order.
    pub(crate) mapping: Option<&'s [usize]>,
    /// A cell to put into a column that is empty in this row: the generated key.
    pub(crate) insert: Option<(usize, &'s [u8])>,
}

/// Writes the cells of an encoded row for the columns of the file, a delimiter after each.
#[inline]
pub(crate) fn write_row_cells(row: &[u8], shape: &RowShape<'_>, out: &mut impl Sink) {
    if shape.mapping.is_none() && shape.insert.is_none() {
        out.put(row);
        out.put_repeated(shape.delimiter, shape.columns - shape.width);
        return;
    }
    rearrange(row, shape, out);
}

fn rearrange(row: &[u8], shape: &RowShape<'_>, out: &mut impl Sink) {
    let mut rest = row;
    for _ in 0..shape.leading {
        let cell = next_cell(&mut rest, shape.delimiter);
        out.put(cell);
        out.put_byte(shape.delimiter);
    }
    let mut cells: Vec<&[u8]> = vec![&[]; shape.columns];
    for index in 0..shape.width {
        let column = shape.mapping.map_or(index, |mapping| mapping[index]);
        cells[column] = next_cell(&mut rest, shape.delimiter);
    }
    if let Some((column, cell)) = shape.insert
        && cells[column].is_empty()
    {
        cells[column] = cell;
    }
    for cell in cells {
        out.put(cell);
        out.put_byte(shape.delimiter);
    }
}

/// Takes the next cell, as written, off a row whose cells all end in the delimiter.
fn next_cell<'r>(rest: &mut &'r [u8], delimiter: u8) -> &'r [u8] {
    let row = *rest;
    let mut end = 0;
    if row.first() == Some(&b'"') {
        // A quoted cell ends at the quote that is not doubled.
        end = 1;
        while let Some(at) = memchr(b'"', &row[end..]) {
            end += at + 1;
            if row.get(end) != Some(&b'"') {
                break;
            }
            end += 1;
        }
    }
    end += memchr(delimiter, &row[end..]).unwrap_or(row.len() - end);
    *rest = row.get(end + 1..).unwrap_or_default();
    &row[..end]
}
