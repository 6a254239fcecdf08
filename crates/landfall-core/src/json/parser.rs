//! The one JSON parser: strict grammar, one pass, nodes out.

use super::error::{JsonError, JsonFault};
use super::lex::{scan_cell, scan_number, scan_string, unescape};
use super::node::{Edit, EditKind, Node};
use super::tape::{NonFinite, Tape, is_white_space};
use super::text::begins_with;
use super::{Kind, PathId, Paths};

/// `KEEPS_EDITS`: whether the tape is told what distinguishes the text from its compact form.
pub(super) struct Parser<'t, 'p, const KEEPS_EDITS: bool> {
    tape: &'t mut Tape,
    bytes: &'t [u8],
    at: usize,
    non_finite: NonFinite,
    paths: &'p mut Paths,
}

impl<'t, 'p, const KEEPS_EDITS: bool> Parser<'t, 'p, KEEPS_EDITS> {
    pub(super) fn new(
        tape: &'t mut Tape,
        bytes: &'t [u8],
        at: usize,
        non_finite: NonFinite,
        paths: &'p mut Paths,
    ) -> Result<Self, JsonError> {
        if bytes.len() > u32::MAX as usize {
            return Err(JsonError::new(JsonFault::UnexpectedEnd, u32::MAX as usize));
        }
        Ok(Self {
            tape,
            bytes,
            at,
            non_finite,
            paths,
        })
    }

    /// Parses one value and returns the offset after it.
    pub(super) fn parse(mut self, outer_depth: usize) -> Result<usize, JsonError> {
        self.skip_white_space();
        // White space before the value is not inside it.
        self.tape.edits.clear();
        self.value(PathId::ROOT, outer_depth)?;
        Ok(self.at)
    }

    fn fault<T>(&self, fault: JsonFault) -> Result<T, JsonError> {
        Err(JsonError::new(fault, self.at))
    }

    fn unexpected<T>(&self) -> Result<T, JsonError> {
        let at_end = self.at >= self.bytes.len();
        self.fault(if at_end {
            JsonFault::UnexpectedEnd
        } else {
            JsonFault::UnexpectedCharacter
        })
    }

    #[inline]
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    fn skip_white_space(&mut self) {
        if self.peek() <= b' ' {
            self.drop_white_space();
        }
    }

    #[inline]
    fn drop_white_space(&mut self) {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(|byte| is_white_space(*byte)) {
            self.at += 1;
        }
        if self.at > start {
            self.edit(start, self.at, EditKind::Drop);
        }
    }

    fn value(&mut self, path: PathId, depth: usize) -> Result<(), JsonError> {
        match self.peek() {
            b'"' => self.string(path),
            b'0'..=b'9' => self.number(path),
            b'-' => self.negative(path),
            b'{' => self.object(path, depth + 1),
            b'[' => self.array(path, depth + 1),
            b't' => self.literal(b"true", path, Kind::True),
            b'f' => self.literal(b"false", path, Kind::False),
            b'n' => self.literal(b"null", path, Kind::Null),
            b'N' => self.non_finite(b"NaN", path),
            b'I' => self.non_finite(b"Infinity", path),
            _ => self.unexpected(),
        }
    }

    #[inline]
    fn edit(&mut self, start: usize, end: usize, kind: EditKind) {
        if KEEPS_EDITS {
            self.tape.edits.push(Edit::new(start, end, kind));
        }
    }

    #[inline]
    fn push(&mut self, start: usize, end: usize, path: PathId, kind: Kind, flags: u32) {
        self.tape.nodes.push(Node::new(start, end, path, kind, flags));
    }

    #[inline]
    fn string(&mut self, path: PathId) -> Result<(), JsonError> {
        let start = self.at + 1;
        let (scanned, mut flags) = match self.tape.delimiter {
            Some(delimiter) if !KEEPS_EDITS => {
                let (scanned, is_plain) = scan_cell(self.bytes, start, delimiter)?;
                (scanned, if is_plain { Node::PLAIN } else { 0 })
            }
            _ => (scan_string(self.bytes, start)?, 0),
        };
        if scanned.is_escaped {
            flags |= Node::ESCAPED;
        }
        if !scanned.is_canonical {
            flags |= Node::UNCANONICAL;
            self.edit(start, scanned.end, EditKind::Rewrite);
        }
        self.push(start, scanned.end, path, Kind::String, flags);
        self.at = scanned.end + 1;
        Ok(())
    }

    #[inline]
    fn number(&mut self, path: PathId) -> Result<(), JsonError> {
        let (end, is_integer) = scan_number(self.bytes, self.at)?;
        let kind = if is_integer { Kind::Integer } else { Kind::Decimal };
        self.push(self.at, end, path, kind, 0);
        self.at = end;
        Ok(())
    }

    fn negative(&mut self, path: PathId) -> Result<(), JsonError> {
        if self.bytes.get(self.at + 1) == Some(&b'I') {
            self.non_finite(b"-Infinity", path)
        } else {
            self.number(path)
        }
    }

    fn literal<const N: usize>(&mut self, word: &[u8; N], path: PathId, kind: Kind) -> Result<(), JsonError> {
        if self.bytes[self.at..].first_chunk::<N>() != Some(word) {
            return self.unexpected();
        }
        self.push(self.at, self.at + N, path, kind, 0);
        self.at += N;
        Ok(())
    }

    fn non_finite(&mut self, word: &[u8], path: PathId) -> Result<(), JsonError> {
        if self.non_finite == NonFinite::Refuse || !self.bytes[self.at..].starts_with(word) {
            return self.unexpected();
        }
        self.tape.has_non_finite = true;
        self.edit(self.at, self.at + word.len(), EditKind::Null);
        self.push(self.at, self.at + word.len(), path, Kind::Null, Node::NON_FINITE);
        self.at += word.len();
        Ok(())
    }

    fn array(&mut self, path: PathId, depth: usize) -> Result<(), JsonError> {
        let node = self.open(path, Kind::Array, depth)?;
        let element = self.paths.element_of(path);
        if self.peek() == b']' {
            return self.close(node);
        }
        loop {
            self.value(element, depth)?;
            self.skip_white_space();
            match self.peek() {
                b',' => self.at += 1,
                b']' => return self.close(node),
                _ => return self.unexpected(),
            }
            self.skip_white_space();
        }
    }

    fn object(&mut self, path: PathId, depth: usize) -> Result<(), JsonError> {
        let node = self.open(path, Kind::Object, depth)?;
        if self.peek() == b'}' {
            return self.close(node);
        }
        let object = self.paths.begin_object();
        let mut previous = None;
        loop {
            let member = self.key(path, previous)?;
            if self.paths.occurs_again(member, object) {
                self.tape.has_repeats = true;
            }
            previous = Some(member);
            self.skip_white_space();
            self.value(member, depth)?;
            self.skip_white_space();
            match self.peek() {
                b',' => self.at += 1,
                b'}' => return self.close(node),
                _ => return self.unexpected(),
            }
            self.skip_white_space();
        }
    }

    fn open(&mut self, path: PathId, kind: Kind, depth: usize) -> Result<usize, JsonError> {
        if depth > Tape::MAX_DEPTH {
            return self.fault(JsonFault::TooDeep);
        }
        let node = self.tape.nodes.len();
        self.push(self.at, 0, path, kind, 0);
        self.at += 1;
        self.skip_white_space();
        Ok(node)
    }

    fn close(&mut self, node: usize) -> Result<(), JsonError> {
        self.at += 1;
        self.tape.nodes[node].end = self.tape.nodes.len() as u32;
        Ok(())
    }

    /// Reads a name and its colon.
    #[inline]
    fn key(&mut self, object: PathId, previous: Option<PathId>) -> Result<PathId, JsonError> {
        if let Some(guess) = self.paths.guess(object, previous) {
            let expected = self.paths.key_text(guess);
            if begins_with(&self.bytes[self.at..], expected) {
                self.at += expected.len();
                return Ok(guess);
            }
        }
        self.unexpected_key(object, previous)
    }

    fn unexpected_key(&mut self, object: PathId, previous: Option<PathId>) -> Result<PathId, JsonError> {
        if self.peek() != b'"' {
            return self.unexpected();
        }
        let start = self.at + 1;
        let scanned = scan_string(self.bytes, start)?;
        // The token lies between quotes, which are ASCII, so it is whole UTF-8.
        let raw = std::str::from_utf8(&self.bytes[start..scanned.end])
            .map_err(|_| JsonError::new(JsonFault::InvalidUtf8, start))?;
        if !scanned.is_canonical {
            self.edit(start, scanned.end, EditKind::Rewrite);
        }
        if self.paths.is_full() {
            return self.fault(JsonFault::TooManyNames);
        }
        let member = if scanned.is_escaped {
            self.paths.member(object, previous, &unescape(raw))
        } else {
            self.paths.member(object, previous, raw)
        };
        self.at = scanned.end + 1;
        self.skip_white_space();
        if self.peek() != b':' {
            return self.unexpected();
        }
        self.at += 1;
        Ok(member)
    }
}
