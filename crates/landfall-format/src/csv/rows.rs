//! From a record to its row and sub-rows.

use landfall_core::json::{Kind, Value};

use super::cell::{CsvStyle, write_cell};
use super::shapes::CsvShapes;
use crate::arena::Arena;
use crate::bindings::Bindings;
use crate::plan::GENERATED_KEY;
use crate::run::{EncodedRun, RunTable};
use crate::text_pool::{PoolSize, TextPool};

const NONE: u32 = u32::MAX;

/// Room for writing rows, and which table of the run each shape is.
#[derive(Debug, Default)]
pub(crate) struct RowWriter {
    /// For each shape: its table in the run, its slots' columns there, and the cells of the row at hand.
    shapes: Vec<ShapeRows>,
    levels: Vec<u8>,
}

#[derive(Debug, Default)]
struct ShapeRows {
    table: Option<usize>,
    column_of_slot: Vec<u32>,
    cells: Vec<u32>,
}

impl RowWriter {
    /// Forgets the run before.
    pub(crate) fn begin_run(&mut self) {
        self.shapes.clear();
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
    /// What the tables of the last run held, and room for as much.
    pub(crate) last_sizes: &'r [PoolSize],
    pub(crate) arena: Option<&'r mut Arena>,
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
    rows.writer.levels.clear();
    rows.open_row(0, tables);
    let has_sub_rows = rows.collect(0, record, record_index, tables);
    rows.fill_generated_key(tables);
    rows.write_row(0, record, None, tables);
    has_sub_rows
}

impl RecordRows<'_> {
    /// Makes sure that the shape has a table in the run, and empties its cells.
    fn open_row(&mut self, shape: usize, tables: &mut Vec<RunTable>) {
        let rows = &mut self.writer.shapes[shape];
        let known = &self.shapes.shapes[shape];
        let table = *rows.table.get_or_insert_with(|| {
            let size = self.last_sizes.get(tables.len()).copied().unwrap_or_default();
            let room = TextPool::like(size, self.arena.as_deref_mut());
            tables.push(RunTable::new(known.path.clone(), &known.declared_columns, room));
            rows.column_of_slot = (0..known.declared_columns.len() as u32).collect();
            tables.len() - 1
        });
        rows.cells.clear();
        rows.cells.resize(tables[table].columns.len(), NONE);
    }

    /// Spreads an object over the cells of its row, and writes the rows of its arrays. True if there were any.
    fn collect(&mut self, shape: usize, object: Value<'_>, record: u32, tables: &mut Vec<RunTable>) -> bool {
        let mut has_sub_rows = false;
        for member in object.children() {
            has_sub_rows |= match member.kind() {
                Kind::Object => self.collect(shape, member, record, tables),
                Kind::Array => self.emit_array(member, record, tables),
                Kind::Null => false,
                _ => {
                    self.set_cell(shape, member, tables);
                    false
                }
            };
        }
        has_sub_rows
    }

    #[inline]
    fn set_cell(&mut self, shape: usize, value: Value<'_>, tables: &mut [RunTable]) {
        let slot = self.bindings.get(value.path()).place.slot as usize;
        let column = match self.writer.shapes[shape].column_of_slot.get(slot) {
            Some(column) if *column != NONE => *column,
            _ => self.observe(shape, slot, tables),
        };
        self.writer.shapes[shape].cells[column as usize] = value.index() as u32;
    }

    /// Gives the slot a column: it holds a value for the first time in this run.
    fn observe(&mut self, shape: usize, slot: usize, tables: &mut [RunTable]) -> u32 {
        let rows = &mut self.writer.shapes[shape];
        let Some(table) = rows.table.and_then(|table| tables.get_mut(table)) else {
            return 0;
        };
        let column = table.columns.len() as u32;
        table
            .columns
            .push(self.shapes.shapes[shape].slots[slot].name.clone());
        table.widen(table.rows.len());
        if rows.column_of_slot.len() <= slot {
            rows.column_of_slot.resize(slot + 1, NONE);
        }
        rows.column_of_slot[slot] = column;
        rows.cells.push(NONE);
        column
    }

    fn emit_array(&mut self, array: Value<'_>, record: u32, tables: &mut Vec<RunTable>) -> bool {
        let mut elements = array.elements().peekable();
        let Some(first) = elements.peek() else {
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
                _ => self.set_cell(shape, element, tables),
            }
            self.write_row(shape, element, Some(record), tables);
            self.writer.levels.truncate(outer);
        }
        true
    }

    fn push_level(&mut self, index: usize) {
        let levels = &mut self.writer.levels;
        let mut digits = itoa::Buffer::new();
        if self.style.force_quote {
            levels.push(b'"');
        }
        levels.extend_from_slice(digits.format(index).as_bytes());
        if self.style.force_quote {
            levels.push(b'"');
        }
        levels.push(self.style.delimiter);
    }

    /// Writes the row whose cells were collected. `any` is a value of the same record.
    #[inline]
    fn write_row(&mut self, shape: usize, any: Value<'_>, record: Option<u32>, tables: &mut [RunTable]) {
        let rows = &self.writer.shapes[shape];
        let Some(table) = rows.table.and_then(|table| tables.get_mut(table)) else {
            return;
        };
        let out = table.rows.open_text();
        out.extend_from_slice(&self.writer.levels);
        for cell in &rows.cells {
            match *cell {
                NONE => {}
                GENERATED => {
                    super::cell::write_text_cell(self.generated_key.unwrap_or_default(), self.style, out)
                }
                index => write_cell(any.at_index(index as usize), self.style, out),
            }
            out.push(self.style.delimiter);
        }
        table.rows.close_text();
        if let Some(record) = record {
            table.records.push(record);
        }
    }

    /// Puts a generated key into the column of that name, if the schema declares one.
    fn fill_generated_key(&mut self, tables: &mut [RunTable]) {
        if self.generated_key.is_none() {
            return;
        }
        let Some(root) = tables.first() else { return };
        let declared = root.columns[..root.declared]
            .iter()
            .position(|name| &**name == GENERATED_KEY);
        if let Some(column) = declared {
            self.writer.shapes[0].cells[column] = GENERATED;
        }
    }
}

const GENERATED: u32 = u32::MAX - 1;
