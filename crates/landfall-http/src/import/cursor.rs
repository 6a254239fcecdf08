//! Walks the outer levels of a body, and hands what is inside to the tape: one message at a time, so that a large body
//! needs room for one message's nodes alone.

use std::borrow::Cow;

use landfall_core::json::{JsonError, JsonFault, NonFinite, Paths, Tape, Value};

use super::limits::MAX_PLACES;

/// Values longer than this leave a tape too large to keep.
const LARGE_BYTES: usize = 256 << 10;

/// Room to parse one value at a time.
#[derive(Debug)]
pub(crate) struct Scratch {
    pub(crate) tape: Tape,
    pub(crate) paths: Paths,
    has_grown: bool,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self {
            tape: Tape::for_reading(),
            paths: Paths::at_most(MAX_PLACES),
            has_grown: false,
        }
    }

    /// Whether it should serve the next request too: it is not much larger than a new one.
    pub(crate) fn is_worth_keeping(&self) -> bool {
        !self.has_grown && !self.paths.is_crowded()
    }

    /// Starts a new table of places if this one is crowded.
    pub(crate) fn refresh(&mut self) {
        if self.paths.is_crowded() {
            self.paths = Paths::at_most(MAX_PLACES);
        }
    }
}

/// A position in a body.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    /// At the first token of `text`, behind a byte-order mark.
    pub(crate) fn new(text: &'t str) -> Self {
        let at = if text.starts_with('\u{FEFF}') {
            '\u{FEFF}'.len_utf8()
        } else {
            0
        };
        let mut cursor = Self { text, at };
        cursor.skip_white_space();
        cursor
    }

    /// At a token of `text`, where a walk was before.
    pub(crate) fn at_token(text: &'t str, at: usize) -> Self {
        Self { text, at }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    /// The byte at hand; 0 at the end.
    #[inline]
    pub(crate) fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    fn skip_white_space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn unexpected<T>(&self) -> Result<T, JsonError> {
        let fault = if self.at < self.text.len() {
            JsonFault::UnexpectedCharacter
        } else {
            JsonFault::UnexpectedEnd
        };
        Err(JsonError {
            fault,
            offset: self.at,
        })
    }

    /// Goes into the array or object at hand. False if it is empty, and then behind it.
    pub(crate) fn enter(&mut self, close: u8) -> bool {
        self.at += 1;
        self.skip_white_space();
        let is_empty = self.peek() == close;
        self.at += usize::from(is_empty);
        !is_empty
    }

    /// Behind an element or a member: goes to the next, or behind the bracket. False at the end.
    #[inline]
    pub(crate) fn next(&mut self, close: u8) -> Result<bool, JsonError> {
        self.skip_white_space();
        let found = self.peek();
        if found != b',' && found != close {
            return self.unexpected();
        }
        self.at += 1;
        if found == b',' {
            self.skip_white_space();
        }
        Ok(found == b',')
    }

    /// Reads a member's name, and goes to its value.
    #[inline]
    pub(crate) fn key(&mut self, scratch: &mut Scratch) -> Result<Cow<'t, str>, JsonError> {
        if self.peek() != b'"' {
            return self.unexpected();
        }
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let is_plain = |byte: &u8| *byte != b'"' && *byte != b'\\' && *byte >= b' ';
        let length = bytes[start..].iter().take_while(|byte| is_plain(byte)).count();
        let key = if bytes.get(start + length) == Some(&b'"') {
            self.at = start + length + 1;
            Cow::Borrowed(&self.text[start..start + length])
        } else {
            Cow::Owned(self.value(scratch, 0)?.string().into_owned())
        };
        self.skip_white_space();
        if self.peek() != b':' {
            return self.unexpected();
        }
        self.at += 1;
        self.skip_white_space();
        Ok(key)
    }

    /// Parses the value at hand, around which `depth` brackets are open, and goes behind it.
    #[inline]
    pub(crate) fn value<'a>(&mut self, scratch: &'a mut Scratch, depth: usize) -> Result<Value<'a>, JsonError>
    where
        't: 'a,
    {
        let parsed = scratch
            .tape
            .parse_at(self.text, self.at, depth, NonFinite::Refuse, &mut scratch.paths);
        let (value, end) = parsed?;
        scratch.has_grown |= end - self.at > LARGE_BYTES;
        self.at = end;
        Ok(value)
    }

    /// Nothing but white space may follow.
    pub(crate) fn finish(&mut self) -> Result<(), JsonError> {
        self.skip_white_space();
        if self.at == self.text.len() {
            return Ok(());
        }
        Err(JsonError {
            fault: JsonFault::TrailingText,
            offset: self.at,
        })
    }
}
