//! The system columns that end every line and row (files.md §3).

use landfall_core::time::Timestamp;

use crate::csv::CsvStyle;
use crate::plan::GENERATED_KEY;
use crate::sink::Sink;

/// System columns between `_sdc_extracted_at` and `__sdc_primary_key`.
pub(crate) const FIXED_COLUMNS: [&str; 4] = [
    "_sdc_received_at",
    "_sdc_batched_at",
    "_sdc_table_version",
    "_sdc_sequence",
];

/// Writes the end of lines. What most lines share with the one before is written once.
#[derive(Debug, Clone)]
pub(crate) struct SystemColumns {
    /// Everything from `_sdc_received_at` to the end of the sequence number.
    middle: Vec<u8>,
    /// Where in it the sequence number begins.
    digits_at: usize,
    received_at: Option<Timestamp>,
    /// The sequence number that `middle` ends in.
    sequence: Option<i64>,
    loaded_at: Timestamp,
    version: i64,
    style: Option<CsvStyle>,
}

impl SystemColumns {
    /// The columns of a load at `loaded_at`; `style` is `None` for JSONL.
    pub(crate) fn new(loaded_at: Timestamp, version: i64, style: Option<CsvStyle>) -> Self {
        Self {
            middle: Vec::new(),
            digits_at: 0,
            received_at: None,
            sequence: None,
            loaded_at,
            version,
            style,
        }
    }

    /// Everything from `_sdc_received_at` to the end of the sequence number.
    #[inline]
    fn middle(&mut self, row: &RowFacts<'_>) -> &[u8] {
        if self.received_at != Some(row.received_at) {
            self.receive(row.received_at);
        }
        // All sub-rows of a record have the same.
        if self.sequence != Some(row.sequence) {
            self.count_to(row.sequence);
        }
        &self.middle
    }

    fn count_to(&mut self, sequence: i64) {
        let is_next = sequence > 0 && self.sequence == Some(sequence - 1);
        self.sequence = Some(sequence);
        match self.middle.last_mut() {
            Some(digit @ b'0'..=b'8') if is_next => *digit += 1,
            _ => {
                self.middle.truncate(self.digits_at);
                let mut digits = itoa::Buffer::new();
                self.middle.extend_from_slice(digits.format(sequence).as_bytes());
            }
        }
    }

    #[inline(never)]
    fn receive(&mut self, received_at: Timestamp) {
        self.received_at = Some(received_at);
        self.sequence = None;
        let (received, batched) = (received_at.to_string(), self.loaded_at.to_string());
        let version = self.version;
        self.middle.clear();
        let text = match self.style {
            None => format!(
                "\"_sdc_received_at\":\"{received}\",\"_sdc_batched_at\":\"{batched}\",\"_sdc_table_version\":{version},\"_sdc_sequence\":"
            ),
            Some(style) => {
                let (quote, delimiter) = (
                    if style.force_quote { "\"" } else { "" },
                    char::from(style.delimiter),
                );
                let cells = [received, batched, version.to_string()];
                let cells: String = cells
                    .iter()
                    .map(|cell| format!("{quote}{cell}{quote}{delimiter}"))
                    .collect();
                format!("{cells}{quote}")
            }
        };
        self.middle.extend_from_slice(text.as_bytes());
        self.digits_at = self.middle.len();
    }

    /// Ends a JSON line whose object is open; `out` ends in the record.
    #[inline]
    pub(crate) fn end_line(&mut self, row: &RowFacts<'_>, is_empty_record: bool, out: &mut impl Sink) {
        if !is_empty_record {
            out.put_byte(b',');
        }
        if !row.extracted_at.is_empty() {
            out.put(b"\"_sdc_extracted_at\":\"");
            out.put(row.extracted_at);
            out.put(b"\",");
        }
        out.put(self.middle(row));
        if !row.generated_key.is_empty() {
            out.put(b",\"__sdc_primary_key\":\"");
            out.put(row.generated_key);
            out.put_byte(b'"');
        }
        out.put(b"}\n");
    }

    /// Ends a CSV row; `out` ends in a delimiter, or the row has no data cells.
    #[inline]
    pub(crate) fn end_row(
        &mut self,
        row: &RowFacts<'_>,
        columns: RowColumns,
        style: CsvStyle,
        out: &mut impl Sink,
    ) {
        if columns.extracted_at {
            if !row.extracted_at.is_empty() {
                write_quoted_if(style.force_quote, row.extracted_at, out);
            }
            out.put_byte(style.delimiter);
        }
        out.put(self.middle(row));
        if style.force_quote {
            out.put_byte(b'"');
        }
        if columns.generated_key {
            out.put_byte(style.delimiter);
            if !row.generated_key.is_empty() {
                write_quoted_if(style.force_quote, row.generated_key, out);
            }
        }
        out.put_byte(b'\n');
    }
}

fn write_quoted_if(force_quote: bool, text: &[u8], out: &mut impl Sink) {
    if force_quote {
        out.put_byte(b'"');
    }
    out.put(text);
    if force_quote {
        out.put_byte(b'"');
    }
}

/// What a record gives to the system columns.
#[derive(Debug)]
pub(crate) struct RowFacts<'r> {
    pub(crate) received_at: Timestamp,
    pub(crate) sequence: i64,
    /// Empty: none.
    pub(crate) extracted_at: &'r [u8],
    /// Empty: none.
    pub(crate) generated_key: &'r [u8],
}

/// Which of the optional system columns a CSV file has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowColumns {
    pub(crate) extracted_at: bool,
    pub(crate) generated_key: bool,
}

impl RowColumns {
    /// Names of the system columns of such a file.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        let extracted_at = self.extracted_at.then_some("_sdc_extracted_at");
        let generated_key = self.generated_key.then_some(GENERATED_KEY);
        extracted_at.into_iter().chain(FIXED_COLUMNS).chain(generated_key)
    }
}
