//! What can be wrong with a line.

use std::fmt;

use landfall_core::json::{JsonError, JsonFault, Tape};

/// The longest line, in bytes (singer.md §3).
pub const MAX_LINE_BYTES: usize = 67_108_864;

/// How much of a line that is not JSON its message shows, in characters.
const SHOWN_CHARACTERS: usize = 200;

/// What is wrong with a line (singer.md §3, §4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineFault {
    /// Not a JSON object.
    NotJson {
        /// The beginning of the line.
        shown: String,
    },
    /// More brackets open at once than [`Tape::MAX_DEPTH`].
    TooDeep {
        /// The beginning of the line.
        shown: String,
    },
    /// More than [`MAX_LINE_BYTES`].
    TooLong,
    /// Keys that the message needs are absent.
    MissingKeys(Vec<&'static str>),
    /// A key holds another kind of value than it must.
    WrongKind {
        /// The key.
        key: &'static str,
        /// What it must be, such as `an object`.
        must_be: &'static str,
    },
    /// A RECORD or BATCH of a stream that had no SCHEMA.
    NoSchema {
        /// The stream.
        stream: String,
    },
    /// A SCHEMA without an object `properties`.
    NoProperties {
        /// The stream.
        stream: String,
    },
    /// A SCHEMA that is no valid JSON Schema: the text the Import API uses.
    InvalidSchema {
        /// The text.
        text: String,
    },
    /// A BATCH in a form that is not read.
    UnsupportedBatch {
        /// Its format.
        format: String,
        /// Its compression.
        compression: String,
    },
    /// A file of a BATCH that can't be read.
    UnreadableBatchFile {
        /// The file, as the manifest names it.
        file: String,
        /// What the system said.
        problem: String,
    },
}

impl LineFault {
    /// A line that is not a JSON object.
    #[must_use]
    pub fn not_json(line: &[u8]) -> Self {
        Self::NotJson {
            shown: beginning(line),
        }
    }

    /// A line that could not be parsed.
    #[must_use]
    pub fn unparsed(line: &[u8], error: &JsonError) -> Self {
        if error.fault == JsonFault::TooDeep {
            Self::TooDeep {
                shown: beginning(line),
            }
        } else {
            Self::not_json(line)
        }
    }
}

fn beginning(line: &[u8]) -> String {
    // Four bytes at most for each character: decoding more than that would be wasted on a long line.
    let start = &line[..line.len().min(SHOWN_CHARACTERS * 4 + 4)];
    String::from_utf8_lossy(start)
        .chars()
        .take(SHOWN_CHARACTERS)
        .collect()
}

/// A line that ends the run: which, and why. Its text is the reason that the run's last log line gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineError {
    /// Number of the line, counted from 1; blank lines count.
    pub line: u64,
    /// What is wrong.
    pub fault: LineFault,
}

impl fmt::Display for LineError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line;
        match &self.fault {
            LineFault::NotJson { shown } => write!(out, "Line {line}: unable to parse as JSON: {shown}"),
            LineFault::TooDeep { shown } => {
                write!(
                    out,
                    "Line {line} is nested deeper than {} levels: {shown}",
                    Tape::MAX_DEPTH
                )
            }
            LineFault::TooLong => write!(out, "Line {line} is longer than {MAX_LINE_BYTES} bytes"),
            LineFault::MissingKeys(keys) => {
                write!(out, "Line {line} is missing required key(s): {}", keys.join(", "))
            }
            LineFault::WrongKind { key, must_be } => write!(out, "Line {line}: \"{key}\" must be {must_be}"),
            LineFault::NoSchema { stream } => {
                write!(
                    out,
                    "Line {line}: record of stream '{stream}' came before its SCHEMA"
                )
            }
            LineFault::NoProperties { stream } => {
                write!(
                    out,
                    "Line {line}: schema of stream '{stream}' has no \"properties\""
                )
            }
            LineFault::InvalidSchema { text } => write!(out, "Line {line}: {text}"),
            LineFault::UnsupportedBatch { format, compression } => {
                write!(
                    out,
                    "Line {line}: unsupported batch encoding {format}/{compression}"
                )
            }
            LineFault::UnreadableBatchFile { file, problem } => {
                write!(out, "Line {line}: unable to read batch file {file}: {problem}")
            }
        }
    }
}

impl std::error::Error for LineError {}
