//! The format whose extension keys end in (object-keys.md §5).

use std::fmt;

/// The data storage format, as far as keys are concerned: which extension they have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFormat {
    /// JSON Lines, `.jsonl`.
    Jsonl,
    /// Comma-separated values, `.csv`.
    Csv,
}

impl OutputFormat {
    /// Reads a value of `output_file_format`: `jsonl`, its other spelling `json`, or `csv`.
    #[must_use]
    pub fn from_spelling(spelling: &str) -> Option<Self> {
        match spelling {
            "jsonl" | "json" => Some(Self::Jsonl),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// The value of `output_file_format` and the extension of files, without a dot.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }
}

impl fmt::Display for OutputFormat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
