//! The rows that one run gives to a CSV file.

use crate::batch::{ClosedBatch, FileTable};
use crate::content::ReceivedCursor;
use crate::csv::{CsvStyle, RowShape, write_row_cells, write_text_cell};
use crate::plan::GENERATED_KEY;
use crate::run::{EncodedRun, RunTable};
use crate::sink::{Counter, Sink};
use crate::system::{RowColumns, RowFacts, SystemColumns};

/// What all rows of a run in one file share.
pub(super) struct CsvPart<'p> {
    run: &'p EncodedRun,
    part: &'p RunTable,
    style: CsvStyle,
    is_root: bool,
    /// Level ids before the data cells.
    leading: usize,
    /// Data columns of the file.
    columns: usize,
    /// Where the row's cells go, if not to the first columns in order.
    mapping: Option<&'p [usize]>,
    /// The column of the file that a generated key goes to.
    key_column: Option<usize>,
    system_columns: RowColumns,
}

impl<'p> CsvPart<'p> {
    pub(super) fn new(
        batch: &ClosedBatch,
        table: &FileTable,
        (run, part): (&'p EncodedRun, &'p RunTable),
        mapping: Option<&'p [usize]>,
        style: CsvStyle,
    ) -> Self {
        let is_root = table.path.is_empty();
        let mut system_columns = batch.row_columns;
        system_columns.generated_key &= is_root;
        let has_generated_keys = is_root && run.plan.keys().is_empty();
        Self {
            run,
            part,
            style,
            is_root,
            leading: table.path.len(),
            columns: table.layout.columns.len(),
            mapping,
            key_column: has_generated_keys
                .then(|| table.layout.position(GENERATED_KEY))
                .flatten(),
            system_columns,
        }
    }

    /// Writes rows from `row` on, until `out` has taken `full_bytes`. Returns the row that comes next.
    pub(super) fn write(
        &self,
        mut row: usize,
        system: &mut SystemColumns,
        full_bytes: usize,
        out: &mut impl Sink,
    ) -> usize {
        let mut received = ReceivedCursor::default();
        let mut widths = self.widths(row);
        let (mut width, mut until) = widths.next().unwrap_or((0, 0));
        while row < self.part.rows.len() && out.taken_bytes() < full_bytes {
            if row >= until {
                (width, until) = widths.next().unwrap_or((width, usize::MAX));
                continue;
            }
            let record = self.record_of(row);
            if !self.is_root {
                out.put_text(&self.run.source_keys, record);
            }
            let facts = self.facts(record, &mut received);
            if self.is_in_order() {
                out.put_text(&self.part.rows, row);
                if width < self.columns {
                    out.put_repeated(self.style.delimiter, self.columns - width);
                }
            } else {
                self.write_rearranged(row, width, facts.generated_key, out);
            }
            system.end_row(&facts, self.system_columns, self.style, out);
            row += 1;
        }
        row
    }

    /// The length of all its rows, where it can be reckoned from sums: where the rows' ends are of the same length.
    pub(super) fn bytes(&self, system: &mut SystemColumns) -> Option<usize> {
        let run = self.run;
        let rows = self.part.rows.len();
        let (least, most) = (run.sequences.iter().min()?, run.sequences.iter().max()?);
        let have_same_digits = *least > 0 && least.ilog10() == most.ilog10();
        let (_, same_until) = run.received.at(0);
        let are_even = self.is_in_order()
            && have_same_digits
            && same_until == usize::MAX
            && run.extracted.used_bytes() == 0
            && run.generated_keys.used_bytes() == 0;
        if !are_even {
            return None;
        }
        let mut end = Counter::default();
        let facts = self.facts(0, &mut ReceivedCursor::default());
        system.end_row(&facts, self.system_columns, self.style, &mut end);
        let mut from = 0;
        let missing = self.widths(0).map(|(width, until)| {
            let until = until.min(rows);
            let cells = (self.columns - width) * (until - from);
            from = until;
            cells
        });
        let missing: usize = missing.sum();
        let records = self.part.records.iter();
        let keys: usize = records
            .map(|record| run.source_keys.length(*record as usize))
            .sum();
        Some(keys + self.part.rows.used_bytes() + missing + rows * end.taken_bytes())
    }

    /// How many cells rows have, and up to which row, from that of `row` on.
    fn widths(&self, row: usize) -> impl Iterator<Item = (usize, usize)> + use<'p> {
        let widths = &self.part.widths;
        let first = widths.partition_point(|(from, _)| *from as usize <= row);
        (first..=widths.len()).map(|next| {
            let until = widths.get(next).map_or(usize::MAX, |(from, _)| *from as usize);
            (widths[next - 1].1 as usize, until)
        })
    }

    /// Whether the cells of all rows stand as they are in the file.
    #[inline]
    fn is_in_order(&self) -> bool {
        self.mapping.is_none() && self.key_column.is_none()
    }

    #[inline]
    fn record_of(&self, row: usize) -> usize {
        if self.is_root {
            row
        } else {
            self.part.records[row] as usize
        }
    }

    #[inline]
    fn facts(&self, record: usize, received: &mut ReceivedCursor) -> RowFacts<'p> {
        RowFacts {
            received_at: received.at(self.run, record),
            sequence: self.run.sequences[record],
            extracted_at: self.run.extracted_at(record),
            generated_key: self.run.generated_key(record),
        }
    }

    fn write_rearranged(&self, row: usize, width: usize, generated_key: &[u8], out: &mut impl Sink) {
        let mut quoted_key = Vec::new();
        let key_column = self.key_column.filter(|_| !generated_key.is_empty());
        let insert = key_column.map(|column| {
            write_text_cell(generated_key, self.style, &mut quoted_key);
            (column, quoted_key.as_slice())
        });
        let shape = RowShape {
            delimiter: self.style.delimiter,
            leading: self.leading,
            width,
            columns: self.columns,
            mapping: self.mapping,
            insert,
        };
        write_row_cells(self.part.rows.get(row), &shape, out);
    }
}
