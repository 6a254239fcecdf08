//! From a record to its row and sub-rows.

use std::sync::Arc;

use landfall_core::json::{Kind, Value};

use super::cell::{CsvStyle, write_cell, write_cell_and_delimiter, write_text_cell};
use super::shapes::CsvShapes;
use crate::bindings::Bindings;
use crate::plan::GENERATED_KEY;
use crate::run::{EncodedRun, RunTable};
use crate::sink::Sink;
use crate::text_pool::{PoolSize, TextPool};

const NONE: u32 = u32::MAX;

/// Room for writing rows, and which table of the run each shape is.
#[derive(Debug, Default)]
pub(crate) struct RowWriter {
    shapes: Vec<ShapeRows>,
    /// The columns that the values of each place go to, as far as they were asked for in this run.
    column_of_path: Vec<u32>,
    levels: Vec<u8>,
}

#[derive(Debug, Default)]
struct ShapeRows {
    /// Its table in the run.
    table: Option<usize>,
    /// The columns there of its slots.
    column_of_slot: Vec<u32>,
    /// Where the row at hand begins in the text of the table.
    start: usize,
    /// The column after the last cell of the row at hand.
    next_column: u32,
    /// Whether the row at hand has a value for a column before its last cell.
    is_disordered: bool,
    /// Room to bring such a row into order: for each column, the index of its value.
    cells: Vec<u32>,
}

impl ShapeRows {
    /// The column of a slot, a new one if it holds a value for the first time in this run.
    #[cold]
    fn column_of(&mut self, slot: usize, name: &Arc<str>, table: &mut RunTable) -> u32 {
        if let Some(known) = self.column_of_slot.get(slot).filter(|column| **column != NONE) {
            return *known;
        }
        let column = table.columns.len() as u32;
        table.columns.push(name.clone());
        table.widen(table.rows.len());
        if self.column_of_slot.len() <= slot {
            self.column_of_slot.resize(slot + 1, NONE);
        }
        self.column_of_slot[slot] = column;
        column
    }
}

impl RowWriter {
    /// Forgets the run before.
    pub(crate) fn begin_run(&mut self) {
        self.shapes.clear();
        self.column_of_path.clear();
    }
}

/// What all rows of a record are written with.
pub(crate) struct RecordRows<'r> {
    pub(crate) shapes: &'r CsvShapes,
    pub(crate) bindings: &'r Bindings,
    pub(crate) writer: &'r mut RowWriter,
    pub(crate) style: CsvStyle,
    /// The key generated for this record, if one was.
    pub(crate) generated_key: Option<&'r [u8]>,
    /// What the tables of the last run held.
    pub(crate) last_sizes: &'r [PoolSize],
}

/// Writes the row and sub-rows of a record that passed all checks. True if it has sub-rows.
pub(crate) fn emit_record(rows: &mut RecordRows<'_>, record: Value<'_>, run: &mut EncodedRun) -> bool {
    let record_index = run.landed() as u32;
    let tables = &mut run.tables;
    if rows.writer.shapes.len() < rows.shapes.shapes.len() {
        rows.writer
            .shapes
            .resize_with(rows.shapes.shapes.len(), ShapeRows::default);
    }
    rows.writer.column_of_path.resize(rows.bindings.len(), NONE);
    rows.writer.levels.clear();
    rows.open_row(0, tables);
    let has_sub_rows = rows.collect(0, record, record_index, tables);
    rows.close_row(0, record, None, tables);
    has_sub_rows
}

impl RecordRows<'_> {
    /// Makes sure that the shape has a table in the run, and begins a row of it.
    fn open_row(&mut self, shape: usize, tables: &mut Vec<RunTable>) {
        let rows = &mut self.writer.shapes[shape];
        let known = &self.shapes.shapes[shape];
        let table = *rows.table.get_or_insert_with(|| {
            let size = self.last_sizes.get(tables.len()).copied().unwrap_or_default();
            let room = TextPool::like(size);
            tables.push(RunTable::new(known.path.clone(), &known.declared_columns, room));
            rows.column_of_slot = (0..known.declared_columns.len() as u32).collect();
            tables.len() - 1
        });
        let out = tables[table].rows.open_text();
        rows.start = out.len();
        rows.next_column = 0;
        rows.is_disordered = false;
        out.extend_from_slice(&self.writer.levels);
    }

    /// Writes the cells of an object to its row, and the rows of its arrays. True if there were any.
    fn collect(&mut self, shape: usize, object: Value<'_>, record: u32, tables: &mut Vec<RunTable>) -> bool {
        let mut has_sub_rows = false;
        let mut members = object.children();
        while let Some(member) = self.put_cells(shape, &mut members, tables) {
            has_sub_rows |= match member.kind() {
                Kind::Object => self.collect(shape, member, record, tables),
                _ => self.emit_array(member, record, tables),
            };
        }
        has_sub_rows
    }

    /// Writes cells to their row, up to the first value that is no cell, which it returns. Values mostly come in the
    /// order of their columns; the first that does not leaves the row to [`reorder`](Self::reorder).
    #[inline]
    fn put_cells<'v>(
        &mut self,
        shape: usize,
        values: &mut impl Iterator<Item = Value<'v>>,
        tables: &mut [RunTable],
    ) -> Option<Value<'v>> {
        let rows = &mut self.writer.shapes[shape];
        let table = tables.get_mut(rows.table?)?;
        for value in values {
            match value.kind() {
                Kind::Null => continue,
                Kind::Object | Kind::Array => return Some(value),
                _ => {}
            }
            let known = &mut self.writer.column_of_path[value.path().index()];
            if *known == NONE {
                let slot = self.bindings.get(value.path()).place.slot as usize;
                *known = rows.column_of(slot, &self.shapes.shapes[shape].slots[slot].name, table);
            }
            let column = *known;
            if column < rows.next_column || rows.is_disordered {
                rows.is_disordered = true;
                continue;
            }
            let out = table.rows.open_text();
            if column > rows.next_column {
                out.put_repeated(self.style.delimiter, (column - rows.next_column) as usize);
            }
            write_cell_and_delimiter(&value, self.style, out);
            rows.next_column = column + 1;
        }
        None
    }

    fn emit_array(&mut self, array: Value<'_>, record: u32, tables: &mut Vec<RunTable>) -> bool {
        let elements = array.elements();
        let Some(first) = elements.clone().next() else {
            return false;
        };
        let shape = self.bindings.get(first.path()).place.shape as usize;
        let outer = self.writer.levels.len();
        for (index, element) in elements.enumerate() {
            self.push_level(index);
            self.open_row(shape, tables);
            match element.kind() {
                Kind::Object => {
                    self.collect(shape, element, record, tables);
                }
                Kind::Array => {
                    self.emit_array(element, record, tables);
                }
                Kind::Null => {}
                _ => {
                    self.put_cells(shape, &mut std::iter::once(element), tables);
                }
            }
            self.close_row(shape, element, Some(record), tables);
            self.writer.levels.truncate(outer);
        }
        true
    }

    fn push_level(&mut self, index: usize) {
        let levels = &mut self.writer.levels;
        if self.style.force_quote {
            levels.push(b'"');
        }
        match index {
            0..=9 => levels.push(b'0' + index as u8),
            _ => levels.extend_from_slice(itoa::Buffer::new().format(index).as_bytes()),
        }
        if self.style.force_quote {
            levels.push(b'"');
        }
        levels.push(self.style.delimiter);
    }

    /// Ends the row that `value` makes.
    #[inline]
    fn close_row(&mut self, shape: usize, value: Value<'_>, record: Option<u32>, tables: &mut [RunTable]) {
        let rows = &self.writer.shapes[shape];
        let Some(table) = rows.table.and_then(|table| tables.get_mut(table)) else {
            return;
        };
        let key_column = if shape == 0 {
            self.declared_key_column(table)
        } else {
            None
        };
        if rows.is_disordered || key_column.is_some() {
            self.reorder(shape, value, key_column, table);
        } else {
            let missing = table.columns.len() - rows.next_column as usize;
            if missing > 0 {
                table.rows.open_text().put_repeated(self.style.delimiter, missing);
            }
        }
        table.rows.close_text();
        if let Some(record) = record {
            table.records.push(record);
        }
    }

    /// The column for a key generated for this record, if the schema declares one of that name.
    fn declared_key_column(&self, root: &RunTable) -> Option<usize> {
        self.generated_key?;
        root.columns[..root.declared]
            .iter()
            .position(|name| &**name == GENERATED_KEY)
    }

    /// Writes the row at hand anew, its values in the order of their columns.
    fn reorder(&mut self, shape: usize, value: Value<'_>, key_column: Option<usize>, table: &mut RunTable) {
        let rows = &mut self.writer.shapes[shape];
        rows.cells.clear();
        rows.cells.resize(table.columns.len(), NONE);
        gather(value, self.bindings, rows);
        if let Some(column) = key_column {
            rows.cells[column] = GENERATED;
        }
        let out = table.rows.open_text();
        out.truncate(rows.start);
        out.extend_from_slice(&self.writer.levels);
        for cell in &rows.cells {
            match *cell {
                NONE => {}
                GENERATED => write_text_cell(self.generated_key.unwrap_or_default(), self.style, out),
                index => write_cell(value.at_index(index as usize), self.style, out),
            }
            out.push(self.style.delimiter);
        }
    }
}

/// Notes which values of a row are its cells. All of their columns are known.
fn gather(value: Value<'_>, bindings: &Bindings, rows: &mut ShapeRows) {
    match value.kind() {
        Kind::Object => value.children().for_each(|member| gather(member, bindings, rows)),
        Kind::Array | Kind::Null => {}
        _ => {
            let slot = bindings.get(value.path()).place.slot as usize;
            let column = rows.column_of_slot.get(slot).copied().unwrap_or(NONE);
            if let Some(cell) = rows.cells.get_mut(column as usize) {
                *cell = value.index() as u32;
            }
        }
    }
}

const GENERATED: u32 = u32::MAX - 1;
