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
        self.byte(self.at)
    }

    #[inline]
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    #[inline]
    fn skip_white_space(&mut self) {
        self.at = self.after_white_space(self.at);
    }

    /// The first place from `at` on that is no white space: there is mostly none, or a single space.
    #[inline(always)]
    fn after_white_space(&mut self, at: usize) -> usize {
        if self.byte(at) > b' ' {
            return at;
        }
        self.after_some_white_space(at)
    }

    #[inline(always)]
    fn after_some_white_space(&mut self, at: usize) -> usize {
        if self.byte(at) == b' ' && self.byte(at + 1) > b' ' {
            self.edit(at, at + 1, EditKind::Drop);
            return at + 1;
        }
        self.after_much_white_space(at)
    }

    #[inline(never)]
    fn after_much_white_space(&mut self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let spaces = rest.iter().take_while(|byte| is_white_space(**byte)).count();
        if spaces > 0 {
            self.edit(at, at + spaces, EditKind::Drop);
        }
        at + spaces
    }

    fn value(&mut self, path: PathId, depth: usize) -> Result<(), JsonError> {
        match self.peek() {
            b'"' => self.string(path, self.at).map(|end| self.at = end),
            b'0'..=b'9' => self.number(path, self.at).map(|end| self.at = end),
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

    /// Reads the string whose quote is at `at`, and returns the place after it.
    #[inline(always)]
    fn string(&mut self, path: PathId, at: usize) -> Result<usize, JsonError> {
        let start = at + 1;
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
        Ok(scanned.end + 1)
    }

    /// Reads the number at `at`, and returns the place after it.
    #[inline(always)]
    fn number(&mut self, path: PathId, at: usize) -> Result<usize, JsonError> {
        let (end, is_integer) = scan_number(self.bytes, at)?;
        let kind = if is_integer { Kind::Integer } else { Kind::Decimal };
        self.push(at, end, path, kind, 0);
        Ok(end)
    }

    fn negative(&mut self, path: PathId) -> Result<(), JsonError> {
        if self.bytes.get(self.at + 1) == Some(&b'I') {
            self.non_finite(b"-Infinity", path)
        } else {
            self.number(path, self.at).map(|end| self.at = end)
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

    /// Strings and numbers, most of what members are, are read right here: a call for each would take longer than they
    /// do. For the same reason the place in the text is kept apart from the parser until something else needs it.
    fn object(&mut self, path: PathId, depth: usize) -> Result<(), JsonError> {
        let node = self.open(path, Kind::Object, depth)?;
        if self.peek() == b'}' {
            return self.close(node);
        }
        let object = self.paths.begin_object();
        let mut previous = None;
        let mut at = self.at;
        loop {
            let member;
            (member, at) = self.key(path, previous, at)?;
            if self.paths.occurs_again(member, object) {
                self.tape.has_repeats = true;
            }
            previous = Some(member);
            at = self.after_white_space(at);
            at = match self.byte(at) {
                b'"' => self.string(member, at)?,
                b'0'..=b'9' => self.number(member, at)?,
                _ => {
                    self.at = at;
                    self.value(member, depth)?;
                    self.at
                }
            };
            at = self.after_white_space(at);
            match self.byte(at) {
                b',' => at = self.after_white_space(at + 1),
                end => {
                    self.at = at;
                    return if end == b'}' {
                        self.close(node)
                    } else {
                        self.unexpected()
                    };
                }
            }
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

    /// Reads the name and the colon at `at`, and returns the place after them too.
    #[inline(always)]
    fn key(
        &mut self,
        object: PathId,
        previous: Option<PathId>,
        at: usize,
    ) -> Result<(PathId, usize), JsonError> {
        if let (Some(guess), Some(rest)) = (self.paths.guess(object, previous), self.bytes.get(at..)) {
            let expected = self.paths.key_text(guess);
            if begins_with(rest, expected) {
                return Ok((guess, at + expected.len()));
            }
        }
        self.at = at;
        let member = self.unexpected_key(object, previous)?;
        Ok((member, self.at))
    }

    #[inline(never)]
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
