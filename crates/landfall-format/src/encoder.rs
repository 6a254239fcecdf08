//! Records in, encoded runs out.

use std::sync::Arc;

use landfall_core::json::{JsonError, Kind, NonFinite, Paths, Tape, Value};
use landfall_core::settings::FileFormat;
use landfall_core::time::{Instant, Timestamp};

use crate::bindings::Bindings;
use crate::bookmark::BookmarkRange;
use crate::checks::{TopLevel, key_problem, reserved_problem, schema_problem, size_problem};
use crate::csv::{
    CsvShapes, CsvStyle, RecordRows, RowWriter, Surroundings, emit_record, find_hazard, write_cell,
};
use crate::jsonl::write_record;
use crate::plan::TablePlan;
use crate::reject::Reason;
use crate::run::{Claims, EncodedRun, RunTable};
use crate::text_pool::{PoolSize, TextPool};

/// Where generated primary keys come from (files.md §3).
pub trait KeySource {
    /// A new random version-4 UUID, lower case.
    fn next_key(&mut self) -> [u8; 36];
}

/// Keys from the operating system's random numbers.
#[derive(Debug, Default)]
pub struct RandomKeys {
    random: Vec<u8>,
}

impl KeySource for RandomKeys {
    fn next_key(&mut self) -> [u8; 36] {
        if self.random.len() < 16 {
            self.random.resize(4096, 0);
            if getrandom::fill(&mut self.random).is_err() {
                // Without random numbers no key is unique; the system is broken beyond what a target can mend.
                std::process::abort();
            }
        }
        let mut bytes = [0; 16];
        let from = self.random.len() - 16;
        bytes.copy_from_slice(&self.random[from..]);
        self.random.truncate(from);
        let mut text = [0; 36];
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .hyphenated()
            .encode_lower(&mut text);
        text
    }
}

/// What comes with a record.
#[derive(Debug, Clone, Copy)]
pub struct RecordMeta {
    /// `_sdc_received_at`.
    pub received_at: Timestamp,
    /// `_sdc_sequence`.
    pub sequence: i64,
    /// `_sdc_extracted_at`, if it was given and can be read.
    pub extracted: Option<Instant>,
}

/// Checks and encodes the records of one table under one plan. Keeps what it learns about their shape from run to run.
#[derive(Debug)]
pub struct TableEncoder {
    plan: Arc<TablePlan>,
    paths: Paths,
    bindings: Bindings,
    tape: Tape,
    csv: Option<CsvSide>,
    top: TopLevel,
    claims: Arc<Claims>,
    problem: Option<Reason>,
    run: EncodedRun,
    /// Where the record at hand stands in its text.
    span: (usize, usize),
    /// What the tables of the last run held.
    last_sizes: Vec<PoolSize>,
}

#[derive(Debug)]
struct CsvSide {
    shapes: CsvShapes,
    style: CsvStyle,
    writer: RowWriter,
}

impl TableEncoder {
    /// An encoder for records under `plan`.
    #[must_use]
    pub fn new(plan: Arc<TablePlan>) -> Self {
        let csv = match plan.format() {
            FileFormat::Jsonl => None,
            FileFormat::Csv {
                delimiter,
                force_quote,
            } => Some(CsvSide {
                shapes: CsvShapes::new(&plan),
                style: CsvStyle {
                    delimiter: delimiter.as_byte(),
                    force_quote,
                },
                writer: RowWriter::default(),
            }),
        };
        Self {
            paths: Paths::new(),
            bindings: Bindings::new(&plan),
            tape: match plan.format() {
                FileFormat::Jsonl => Tape::new(),
                FileFormat::Csv { delimiter, .. } => Tape::for_cells(delimiter.as_byte()),
            },
            csv,
            top: TopLevel::default(),
            claims: Arc::default(),
            problem: plan.table_problem(0),
            run: EncodedRun::new(plan.clone(), 0),
            span: (0, 0),
            last_sizes: Vec::new(),
            plan,
        }
    }

    /// The plan it encodes by.
    #[must_use]
    pub fn plan(&self) -> &Arc<TablePlan> {
        &self.plan
    }

    /// Begins a run of records of `version`; `claims` are those of earlier runs of the table.
    pub fn begin(&mut self, version: i64, claims: Arc<Claims>) {
        if self.run.version != version {
            self.problem = self.plan.table_problem(version);
        }
        if let Some(csv) = &mut self.csv {
            csv.shapes.begin_run(version);
            csv.writer.begin_run();
        }
        self.claims = claims;
        self.run = EncodedRun::new(self.plan.clone(), version);
    }

    /// The first reason of each check that rejected a record of the run at hand, in order of arrival.
    #[inline]
    #[must_use]
    pub fn first_rejections(&self) -> &[Reason] {
        self.run.first_rejections()
    }

    /// Ends the run.
    #[must_use]
    pub fn finish(&mut self) -> EncodedRun {
        let next = EncodedRun::new(self.plan.clone(), self.run.version);
        let mut run = std::mem::replace(&mut self.run, next);
        self.last_sizes.clear();
        self.last_sizes
            .extend(run.tables.iter().map(|table| table.rows.size()));
        run.shrink();
        run
    }

    /// Forgets all places if there are too many: names are values in such data. To be called while no record is parsed
    /// and not yet accepted, since that knows its places by number.
    pub fn forget_crowd(&mut self) {
        if self.paths.is_crowded() {
            self.paths = Paths::new();
            self.bindings.clear();
            if let Some(csv) = &mut self.csv {
                csv.shapes.forget_places(&self.plan);
            }
        }
    }

    /// Parses the record that begins at byte `start` of `text`, inside `outer_depth` open brackets, and returns the
    /// offset after it. [`accept`](Self::accept) takes it into the run.
    ///
    /// # Errors
    /// [`JsonError`] if no JSON value stands there.
    #[inline]
    pub fn parse(
        &mut self,
        text: &str,
        start: usize,
        outer_depth: usize,
        non_finite: NonFinite,
    ) -> Result<usize, JsonError> {
        let (value, end) = self
            .tape
            .parse_at(text, start, outer_depth, non_finite, &mut self.paths)?;
        // White space before the record is no part of it.
        self.span = (value.start(), end);
        Ok(end)
    }

    /// Whether what was parsed last is an object, as records are.
    #[must_use]
    pub fn is_object(&self, text: &str) -> bool {
        self.tape.document(text, &self.paths).kind() == Kind::Object
    }

    /// Takes the record that was parsed last into the run: checked and encoded, or rejected. `text` is the text it was
    /// parsed from.
    #[inline]
    pub fn accept(&mut self, text: &str, meta: RecordMeta, keys: &mut dyn KeySource) {
        self.bindings.extend(
            &self.paths,
            &self.plan,
            self.csv.as_mut().map(|csv| &mut csv.shapes),
        );
        self.run.record_bytes += (self.span.1 - self.span.0) as u64;
        self.run.has_non_finite |= self.tape.has_non_finite();
        match self.find_problem(text) {
            Some(reason) => {
                let mut compact = Vec::new();
                self.tape
                    .write_compact_document(text, self.span, &self.paths, &mut compact);
                self.run.rejects.push(self.plan.table(), reason, &compact);
            }
            None => self.encode(text, meta, keys),
        }
    }

    fn find_problem(&mut self, text: &str) -> Option<Reason> {
        if let Some(problem) = &self.problem {
            return Some(problem.clone());
        }
        let record = self.tape.document(text, &self.paths);
        self.top.read(record, &self.bindings, &self.plan);
        let problem = size_problem(record, self.span.1 - self.span.0)
            .or_else(|| schema_problem(record, &self.bindings, &self.plan))
            .or_else(|| key_problem(record, &self.top, &self.plan))
            .or_else(|| reserved_problem(record, &self.top));
        match (&mut self.csv, problem) {
            (Some(csv), None) => {
                let around = Surroundings {
                    bindings: &self.bindings,
                    claims: &self.claims,
                };
                find_hazard(record, &around, &mut csv.shapes, &mut self.run.claims)
            }
            (_, problem) => problem,
        }
    }

    /// Writes the rows of a record that passed all checks.
    #[inline]
    fn encode(&mut self, text: &str, meta: RecordMeta, keys: &mut dyn KeySource) {
        let record = self.tape.document(text, &self.paths);
        let own_key = self.top.generated_key.map(|node| record.at_index(node));
        let needs_key = self.plan.keys().is_empty() && own_key.is_none_or(|key| key.kind() == Kind::Null);
        let generated = needs_key.then(|| keys.next_key());
        let generated = generated.as_ref().map(<[u8; 36]>::as_slice);
        match &mut self.csv {
            None => self.encode_json(text, generated),
            Some(_) => self.encode_csv(text, generated),
        }
        for (range, node) in self.run.bookmarks.iter_mut().zip(&self.top.bookmarks) {
            if let Some(node) = node {
                BookmarkRange::extend(range, self.tape.document(text, &self.paths).at_index(*node));
            }
        }
        self.run
            .push_record(meta.received_at, meta.sequence, meta.extracted);
    }

    #[inline]
    fn encode_json(&mut self, text: &str, generated: Option<&[u8]>) {
        let record = self.tape.document(text, &self.paths);
        let run = &mut self.run;
        if run.tables.is_empty() {
            let size = self.last_sizes.first().copied().unwrap_or_default();
            let rows = TextPool::like(size);
            run.tables.push(RunTable::new(Arc::from([]), &[], rows));
            run.sequences.reserve(size.texts);
        }
        let in_place = self.top.generated_key.zip(generated);
        let out = run.tables[0].rows.open_text();
        match in_place {
            Some(key) => write_record(record, key, out),
            None => {
                self.tape
                    .write_compact_document(text, self.span, &self.paths, out);
                // The system columns follow before the brace.
                out.pop();
            }
        }
        run.tables[0].rows.close_text();
        if self.plan.keys().is_empty() {
            // A key that stands in the record is not added at its end.
            if in_place.is_none() {
                run.generated_keys
                    .open_text()
                    .extend_from_slice(generated.unwrap_or_default());
            }
            run.generated_keys.close_text();
        }
    }

    fn encode_csv(&mut self, text: &str, generated: Option<&[u8]>) {
        let Some(csv) = &mut self.csv else { return };
        let record = self.tape.document(text, &self.paths);
        let mut rows = RecordRows {
            shapes: &csv.shapes,
            bindings: &self.bindings,
            writer: &mut csv.writer,
            style: csv.style,
            generated_key: generated,
            last_sizes: &self.last_sizes,
        };
        let run = &mut self.run;
        let has_sub_rows = emit_record(&mut rows, record, run);
        let style = csv.style;
        if has_sub_rows {
            while run.source_keys.len() < run.landed() {
                run.source_keys.close_text();
            }
            let out = run.source_keys.open_text();
            write_source_keys(record, &self.top, generated, style, out);
            run.source_keys.close_text();
        }
        if self.plan.keys().is_empty() {
            run.generated_keys
                .open_text()
                .extend_from_slice(generated.unwrap_or_default());
            run.generated_keys.close_text();
        }
    }
}

/// Writes the cells that tie sub-rows to their record, a delimiter after each (files.md §3).
fn write_source_keys(
    record: Value<'_>,
    top: &TopLevel,
    generated: Option<&[u8]>,
    style: CsvStyle,
    out: &mut Vec<u8>,
) {
    for node in top.keys.iter().flatten() {
        write_cell(record.at_index(*node), style, out);
        out.push(style.delimiter);
    }
    if top.keys.is_empty() {
        match (generated, top.generated_key) {
            (Some(key), _) => crate::csv::write_text_cell(key, style, out),
            (None, Some(node)) => write_cell(record.at_index(node), style, out),
            (None, None) => {}
        }
        out.push(style.delimiter);
    }
}
