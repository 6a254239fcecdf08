//! Why a text is not JSON.

use std::fmt;

/// Why a text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonFault {
    /// The text ends inside a value.
    UnexpectedEnd,
    /// Another character was expected here.
    UnexpectedCharacter,
    /// A control character stands unescaped in a string.
    ControlCharacter,
    /// A backslash is followed by nothing that JSON knows.
    BadEscape,
    /// A number breaks JSON's grammar.
    BadNumber,
    /// More brackets are open at once than [`Tape::MAX_DEPTH`](super::Tape::MAX_DEPTH).
    TooDeep,
    /// Text follows the value.
    TrailingText,
    /// The bytes are not UTF-8.
    InvalidUtf8,
    /// More different places in one document than the [`Paths`](super::Paths) in use may know, at most 16,777,216.
    TooManyNames,
}

/// A text that is not JSON: what is wrong, and at which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong.
    pub fault: JsonFault,
    /// Byte offset in the text.
    pub offset: usize,
}

impl JsonError {
    pub(super) const fn new(fault: JsonFault, offset: usize) -> Self {
        Self { fault, offset }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.fault {
            JsonFault::UnexpectedEnd => "the text ends inside a value",
            JsonFault::UnexpectedCharacter => "unexpected character",
            JsonFault::ControlCharacter => "unescaped control character in a string",
            JsonFault::BadEscape => "unknown escape in a string",
            JsonFault::BadNumber => "malformed number",
            JsonFault::TooDeep => "more than 128 levels of nesting",
            JsonFault::TrailingText => "text after the value",
            JsonFault::InvalidUtf8 => "invalid UTF-8",
            JsonFault::TooManyNames => "too many different property names",
        };
        write!(out, "{what} at byte {}", self.offset)
    }
}

impl std::error::Error for JsonError {}
