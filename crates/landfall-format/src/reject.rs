//! Records that are set aside, and why (rejects.md).

use std::fmt;

use landfall_core::json::write_canonical_string;

use crate::sink::Sink;
use crate::text_pool::TextPool;

/// The largest record, as compact JSON (rejects.md R1).
pub(crate) const MAX_RECORD_BYTES: usize = 20_000_000;
/// How much of a rejected record its line keeps (rejects.md §7).
const MAX_RECORD_TEXT_BYTES: usize = 1_048_576;

/// Why a record, or all records of a table, can't be landed. In the order of the checks (rejects.md §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// T1.
    ReservedTable {
        /// Name as received.
        table: String,
    },
    /// T2.
    TableCollision {
        /// The name both tables clean to.
        cleaned: String,
    },
    /// T3.
    LongTableName {
        /// Name as received.
        table: String,
    },
    /// R1.
    TooLarge {
        /// Size as compact JSON.
        bytes: usize,
    },
    /// R2.
    Schema {
        /// The violations, as import-api.md §7 prints them.
        violations: String,
    },
    /// R3.
    MissingKey {
        /// The key property.
        name: String,
    },
    /// R4.
    KeyKind {
        /// The key property.
        name: String,
        /// Whether an array was found; otherwise an object.
        found: KeyKindFound,
    },
    /// R5.
    ReservedColumn {
        /// Name as received.
        name: String,
    },
    /// R6.
    FieldCollision {
        /// The flattened column.
        column: String,
    },
    /// R7, collision.
    SubTableCollision {
        /// The SQL-style name of the sub-table, cleaned.
        cleaned: String,
    },
    /// R7, length.
    LongSubTableName {
        /// The SQL-style name of the sub-table.
        table: String,
    },
}

/// What stands where a key value should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKindFound {
    /// An object.
    Object,
    /// An array.
    Array,
}

impl Reason {
    /// How many numbers [`number`](Self::number) can give.
    pub(crate) const NUMBERS: [&'static str; 10] =
        ["T1", "T2", "T3", "R1", "R2", "R3", "R4", "R5", "R6", "R7"];

    fn index(&self) -> usize {
        match self {
            Self::ReservedTable { .. } => 0,
            Self::TableCollision { .. } => 1,
            Self::LongTableName { .. } => 2,
            Self::TooLarge { .. } => 3,
            Self::Schema { .. } => 4,
            Self::MissingKey { .. } => 5,
            Self::KeyKind { .. } => 6,
            Self::ReservedColumn { .. } => 7,
            Self::FieldCollision { .. } => 8,
            Self::SubTableCollision { .. } | Self::LongSubTableName { .. } => 9,
        }
    }

    /// The number of the check in rejects.md §2, such as `R2`.
    #[must_use]
    pub fn number(&self) -> &'static str {
        Self::NUMBERS[self.index()]
    }

    /// What the check with that number is about, in words that follow "rejected: ".
    #[must_use]
    pub fn in_words(number: &str) -> &'static str {
        match number {
            "T1" => "the table's name is reserved",
            "T2" => "the table's name collides with that of an earlier table",
            "T3" => "the table's name is too long for an object key",
            "R1" => "the record is too large",
            "R2" => "the record does not conform to the schema",
            "R3" => "a key property is missing or null",
            "R4" => "a key property is an object or an array",
            "R5" => "a column name is reserved",
            "R6" => "two fields make the same column",
            "R7" => "a sub-table's name collides or is too long",
            _ => "the record can't be landed",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedTable { table } => write!(out, "Table name {table} is reserved"),
            Self::TableCollision { cleaned } | Self::SubTableCollision { cleaned } => {
                write!(out, "Table name collision on {cleaned}")
            }
            Self::LongTableName { table } | Self::LongSubTableName { table } => {
                write!(out, "Table name {table} is too long for Amazon S3")
            }
            Self::TooLarge { bytes } => write!(
                out,
                "Record is {bytes} bytes; a single record can't be larger than {MAX_RECORD_BYTES} bytes"
            ),
            Self::Schema { violations } => write!(out, "Record did not conform to schema: {violations}"),
            Self::MissingKey { name } => write!(out, "Record is missing key property {name}"),
            Self::KeyKind { name, found } => {
                let found = match found {
                    KeyKindFound::Object => "JSONObject",
                    KeyKindFound::Array => "JSONArray",
                };
                write!(
                    out,
                    "Key property {name} must be a string, number or boolean, found: {found}"
                )
            }
            Self::ReservedColumn { name } => write!(out, "Column name {name} is reserved"),
            Self::FieldCollision { column } => write!(out, "Field collision on {column}"),
        }
    }
}

/// How often each check failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReasonCounts([u64; Reason::NUMBERS.len()]);

impl ReasonCounts {
    fn add(&mut self, reason: &Reason) {
        self.0[reason.index()] += 1;
    }

    /// How often the check of `reason` failed.
    fn of(&self, reason: &Reason) -> u64 {
        self.0[reason.index()]
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }

    /// The checks that failed, with their counts, in the order of rejects.md §2.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
        Reason::NUMBERS
            .into_iter()
            .zip(self.0)
            .filter(|(_, count)| *count > 0)
    }
}

/// The rejected records of a run, as the lines of their file without the instant.
#[derive(Debug, Default)]
pub(crate) struct Rejects {
    lines: TextPool,
    counts: ReasonCounts,
    /// The first of each check, in the order of their arrival.
    firsts: Vec<Reason>,
}

impl Rejects {
    /// Sets a record aside. `record` is its compact JSON.
    pub(crate) fn push(&mut self, table: &str, reason: Reason, record: &[u8]) {
        let out = self.lines.open_text();
        out.extend_from_slice(b"\",\"table_name\":");
        write_canonical_string(table, out);
        out.extend_from_slice(b",\"reason\":");
        write_canonical_string(&reason.to_string(), out);
        out.extend_from_slice(b",\"record\":");
        write_canonical_string(&String::from_utf8_lossy(cut(record)), out);
        out.extend_from_slice(b"}\n");
        self.lines.close_text();
        self.counts.add(&reason);
        if self.counts.of(&reason) == 1 {
            self.firsts.push(reason);
        }
    }

    /// Adds all rejects of another run.
    pub(crate) fn append(&mut self, more: Self) {
        self.lines.append(&more.lines);
        for reason in more.firsts {
            if self.counts.of(&reason) == 0 {
                self.firsts.push(reason);
            }
        }
        self.counts.merge(more.counts);
    }

    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(crate) fn firsts(&self) -> &[Reason] {
        &self.firsts
    }

    pub(crate) fn counts(&self) -> ReasonCounts {
        self.counts
    }

    pub(crate) fn shrink(&mut self) {
        self.lines.shrink();
    }

    pub(crate) fn pool(&self) -> &TextPool {
        &self.lines
    }

    /// Writes line `index` for the load instant `rejected_at` (rejects.md §7).
    pub(crate) fn write_line(&self, index: usize, rejected_at: &[u8], out: &mut impl Sink) {
        out.put(REJECT_LINE_START);
        out.put(rejected_at);
        out.put(self.lines.get(index));
    }
}

const REJECT_LINE_START: &[u8] = b"{\"_sdc_rejected_at\":\"";

/// As much of a record as its line keeps: cut at a character boundary.
fn cut(record: &[u8]) -> &[u8] {
    if record.len() <= MAX_RECORD_TEXT_BYTES {
        return record;
    }
    let mut end = MAX_RECORD_TEXT_BYTES;
    while record[end] & 0xC0 == 0x80 {
        end -= 1;
    }
    &record[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_is_put_into_its_own_words() {
        let mut words: Vec<&str> = Reason::NUMBERS.into_iter().map(Reason::in_words).collect();
        words.push(Reason::in_words("?"));
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Reason::NUMBERS.len() + 1);
    }

    #[test]
    fn the_first_reason_of_each_check_is_kept_in_order_of_arrival() {
        let missing = |name: &str| Reason::MissingKey {
            name: name.to_owned(),
        };
        let large = |bytes| Reason::TooLarge { bytes };
        let rejects = |reasons: Vec<Reason>| {
            let mut rejects = Rejects::default();
            reasons
                .into_iter()
                .for_each(|reason| rejects.push("t", reason, b"{}"));
            rejects
        };
        let mut first = rejects(vec![missing("a"), missing("b")]);
        first.append(rejects(vec![large(1), missing("c"), large(2)]));
        assert_eq!(first.firsts(), [missing("a"), large(1)]);
        let counts: Vec<_> = first.counts().iter().collect();
        assert_eq!(counts, [("R1", 2), ("R3", 3)]);
    }
}
