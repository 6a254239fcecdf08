//! The bytes of one file, written piece by piece.

mod csv_part;
mod piece;

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use landfall_core::time::Timestamp;

use self::csv_part::CsvPart;
use self::piece::OpenPiece;
use crate::batch::{ClosedBatch, FileKind, FileTable};
use crate::csv::{CsvStyle, write_text_cell};
use crate::plan::GENERATED_KEY;
use crate::run::{EncodedRun, RunTable};
use crate::sink::{Counter, Sink};
use crate::system::{RowFacts, SystemColumns};

/// Room for a piece, at least: much more than what comes before its first row.
const LEAST_PIECE_BYTES: usize = 64 << 10;
/// A piece is done when it lacks so much, so that its last row seldom makes it grow.
const LAST_ROW_BYTES: usize = 16 << 10;

/// One file of a closed batch, for one load instant.
#[derive(Debug, Clone)]
pub struct FileContent {
    batch: Arc<ClosedBatch>,
    file: FileKind,
    loaded_at: Timestamp,
}

impl FileContent {
    pub(crate) fn new(batch: Arc<ClosedBatch>, file: FileKind, loaded_at: Timestamp) -> Self {
        Self {
            batch,
            file,
            loaded_at,
        }
    }

    /// The content from its beginning, in pieces of about that many bytes. Every reading gives the same bytes. But for the
    /// last, and unless a row is longer than a piece, they are whole pages at addresses of pages, which a disk takes as
    /// they are.
    #[must_use]
    pub fn pieces(&self, piece_bytes: usize) -> Pieces<'_> {
        self.pieces_of(0..self.part_count(), piece_bytes)
    }

    /// The content in up to `count` stretches, each in pieces, to be read at the same time: one after the other they are
    /// the content. Shorter ones than `least_bytes` are not made.
    #[must_use]
    pub fn stretches(&self, count: usize, least_bytes: usize, piece_bytes: usize) -> Vec<Pieces<'_>> {
        let parts = self.part_count();
        let count = count
            .min(self.expected_bytes() / least_bytes.max(1))
            .clamp(1, parts.max(1));
        (0..count)
            .map(|index| self.pieces_of(parts * index / count..parts * (index + 1) / count, piece_bytes))
            .collect()
    }

    fn pieces_of(&self, parts: Range<usize>, piece_bytes: usize) -> Pieces<'_> {
        Pieces {
            content: self,
            part: parts.start,
            end: parts.end,
            row: 0,
            system: None,
            mapping: None,
            is_begun: parts.start > 0,
            piece_bytes: piece_bytes.max(LEAST_PIECE_BYTES),
            room: self.expected_bytes(),
            rest: Vec::new(),
        }
    }

    /// How many runs have something for this file.
    fn part_count(&self) -> usize {
        match self.table() {
            Some(table) => table.parts.len(),
            None => self.batch.runs.len(),
        }
    }

    /// Its length in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        let mut pieces = self.pieces(1 << 20);
        let mut size = 0;
        loop {
            let mut piece = Counter::default();
            if !pieces.write_next(&mut piece) {
                return size;
            }
            size += piece.taken_bytes() as u64;
        }
    }

    /// About its length in bytes, at no cost.
    fn expected_bytes(&self) -> usize {
        const SYSTEM_COLUMNS_BYTES: usize = 128;
        let Some(table) = self.table() else { return 0 };
        let parts = table
            .parts
            .iter()
            .map(|(run, part)| &self.batch.runs[*run].tables[*part].rows);
        parts
            .map(|rows| rows.used_bytes() + rows.len() * SYSTEM_COLUMNS_BYTES)
            .sum()
    }

    fn table(&self) -> Option<&FileTable> {
        match self.file {
            FileKind::Table(index) => self.batch.tables.get(index),
            FileKind::Rejects => None,
        }
    }

    fn is_root(&self) -> bool {
        self.file == FileKind::Table(0)
    }
}

/// Reads a [`FileContent`], or a stretch of it.
#[derive(Debug, Clone)]
pub struct Pieces<'c> {
    content: &'c FileContent,
    part: usize,
    /// The part not to be read any more.
    end: usize,
    row: usize,
    system: Option<SystemColumns>,
    /// Where the columns of the part at hand go.
    mapping: Option<Vec<usize>>,
    is_begun: bool,
    /// Room for a piece.
    piece_bytes: usize,
    /// What the next piece may need.
    room: usize,
    /// What the last piece had behind its last whole page.
    rest: Vec<u8>,
}

impl Iterator for Pieces<'_> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let mut piece = OpenPiece::with_room(self.rest.len() + self.room.clamp(1 << 12, self.piece_bytes));
        piece.out().append(&mut self.rest);
        // The last piece is what is left, however little.
        while self.write_next(piece.out()) {
            if piece.has_a_page() {
                piece.split_off_rest(&mut self.rest);
                break;
            }
        }
        let piece = piece.close()?;
        self.room = self.room.saturating_sub(piece.len());
        Some(piece)
    }
}

impl Pieces<'_> {
    /// From how much on a piece is done.
    #[inline]
    fn full_bytes(&self) -> usize {
        self.piece_bytes - LAST_ROW_BYTES
    }

    /// Appends the next piece to `out`. False at the end.
    fn write_next(&mut self, out: &mut impl Sink) -> bool {
        let before = out.taken_bytes();
        match self.content.table() {
            Some(table) => self.write_rows(table, out),
            None => self.write_rejects(out),
        }
        out.taken_bytes() > before
    }

    fn write_rejects(&mut self, out: &mut impl Sink) {
        let rejected_at = self.content.loaded_at.render();
        let full_bytes = self.full_bytes();
        while let Some(run) = self.content.batch.runs[..self.end].get(self.part) {
            while self.row < run.rejects.len() {
                if out.taken_bytes() >= full_bytes {
                    return;
                }
                run.rejects.write_line(self.row, &rejected_at, out);
                self.row += 1;
            }
            self.next_part();
        }
    }

    fn next_part(&mut self) {
        self.part += 1;
        self.row = 0;
        self.system = None;
        self.mapping = None;
    }

    fn write_rows(&mut self, table: &FileTable, out: &mut impl Sink) {
        let batch = &self.content.batch;
        let style = batch.style();
        if let (Some(style), false) = (style, self.is_begun) {
            self.write_header(table, style, out);
        }
        self.is_begun = true;
        while let Some((run, part)) = table.parts[..self.end].get(self.part) {
            let run = &batch.runs[*run];
            let part = &run.tables[*part];
            if self.system.is_none() {
                self.system = Some(SystemColumns::new(self.content.loaded_at, run.version, style));
                self.mapping = style.and_then(|_| table.layout.mapping(part));
            }
            match style {
                None => self.write_lines(run, part, out),
                Some(style) => self.write_cells(table, (run, part), style, out),
            }
            if self.row < part.rows.len() {
                return;
            }
            self.next_part();
        }
    }

    fn write_header(&self, table: &FileTable, style: CsvStyle, out: &mut impl Sink) {
        let batch = &self.content.batch;
        let mut names: Vec<String> = Vec::new();
        if !self.content.is_root() {
            names.extend(source_key_names(batch));
            names.extend((0..table.path.len()).map(|level| format!("_sdc_level_{level}_id")));
        }
        names.extend(table.layout.columns.iter().map(|name| name.to_string()));
        let mut columns = batch.row_columns;
        columns.generated_key &= self.content.is_root();
        names.extend(columns.names().map(str::to_owned));
        let mut header = Vec::new();
        for (index, name) in names.iter().enumerate() {
            if index > 0 {
                header.push(style.delimiter);
            }
            write_text_cell(name.as_bytes(), style, &mut header);
        }
        header.push(b'\n');
        out.put(&header);
    }

    fn write_cells(
        &mut self,
        table: &FileTable,
        (run, part): (&EncodedRun, &RunTable),
        style: CsvStyle,
        out: &mut impl Sink,
    ) {
        let full_bytes = self.full_bytes();
        let Some(system) = &mut self.system else { return };
        let rows = CsvPart::new(
            &self.content.batch,
            table,
            (run, part),
            self.mapping.as_deref(),
            style,
        );
        if self.row == 0 && out.put_counted(|| rows.bytes(system)) {
            self.row = part.rows.len();
            return;
        }
        self.row = rows.write(self.row, system, full_bytes, out);
    }

    fn write_lines(&mut self, run: &EncodedRun, part: &RunTable, out: &mut impl Sink) {
        let full_bytes = self.full_bytes();
        let Some(system) = &mut self.system else { return };
        let mut received = ReceivedCursor::default();
        while self.row < part.rows.len() && out.taken_bytes() < full_bytes {
            let record = part.rows.get(self.row);
            out.put(record);
            let facts = RowFacts {
                received_at: received.at(run, self.row),
                sequence: run.sequences[self.row],
                extracted_at: run.extracted_at(self.row),
                generated_key: run.generated_key(self.row),
            };
            system.end_line(&facts, record.len() <= 1, out);
            self.row += 1;
        }
    }
}

fn source_key_names(batch: &ClosedBatch) -> Vec<String> {
    let keys = batch.plan().keys();
    if keys.is_empty() {
        return vec![format!("_sdc_source_key_{GENERATED_KEY}")];
    }
    keys.iter().map(|key| format!("_sdc_source_key_{key}")).collect()
}

/// Looks up when rows were received, quickly for rows in order.
#[derive(Debug, Default)]
struct ReceivedCursor {
    next: usize,
    last: Option<Timestamp>,
}

impl ReceivedCursor {
    #[inline]
    fn at(&mut self, run: &EncodedRun, row: usize) -> Timestamp {
        if let Some(last) = self.last
            && row < self.next
        {
            return last;
        }
        let (at, next) = run.received.at(row);
        self.next = next;
        self.last = Some(at);
        at
    }
}
