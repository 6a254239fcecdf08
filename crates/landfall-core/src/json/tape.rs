//! A parsed document as a flat list of nodes over the text it came from.

use super::error::{JsonError, JsonFault};
use super::node::{Edit, EditKind, Node, next_sibling};
use super::parser::Parser;
use super::value::Value;
use super::{Kind, PathId, Paths, lex, text};

/// What to do with a bare `NaN`, `Infinity` or `-Infinity` (singer.md §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonFinite {
    /// It is no JSON.
    Refuse,
    /// It is read as null; [`Tape::has_non_finite`] tells.
    AsNull,
}

/// Room for one parsed document at a time, used again for the next.
#[derive(Debug, Default)]
pub struct Tape {
    pub(super) nodes: Vec<Node>,
    /// What distinguishes the text from its compact form, in order; nothing on a tape for reading.
    pub(super) edits: Vec<Edit>,
    pub(super) has_non_finite: bool,
    pub(super) has_repeats: bool,
    is_for_reading: bool,
    /// What parts the cells of the rows that strings go to.
    pub(super) delimiter: Option<u8>,
}

impl Tape {
    /// Brackets open at once, at most (singer.md §3, import-api.md §4).
    pub const MAX_DEPTH: usize = 128;

    /// An empty tape.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty tape for documents whose values are read and that are not written again as they stand: their white
    /// space is passed over without being noted, which costs less.
    #[must_use]
    pub fn for_reading() -> Self {
        Self {
            is_for_reading: true,
            ..Self::default()
        }
    }

    /// A tape [for reading](Self::for_reading) that notes which strings are
    /// [plain cells](Value::is_plain_cell) of rows with this delimiter.
    #[must_use]
    pub fn for_cells(delimiter: u8) -> Self {
        Self {
            delimiter: Some(delimiter),
            ..Self::for_reading()
        }
    }

    /// Parses a text that is one JSON value and white space.
    ///
    /// # Errors
    /// [`JsonError`] for anything else.
    pub fn parse_document<'a>(
        &'a mut self,
        text: &'a [u8],
        non_finite: NonFinite,
        paths: &'a mut Paths,
    ) -> Result<Value<'a>, JsonError> {
        let text = simdutf8::basic::from_utf8(text).map_err(|_| JsonError::new(JsonFault::InvalidUtf8, 0))?;
        let (value, end) = self.parse_at(text, 0, 0, non_finite, paths)?;
        let rest = text.as_bytes()[end..]
            .iter()
            .position(|byte| !is_white_space(*byte));
        match rest {
            Some(extra) => Err(JsonError::new(JsonFault::TrailingText, end + extra)),
            None => Ok(value),
        }
    }

    /// Parses the value that begins at byte `start` of `text`, with `outer_depth` brackets already open around it.
    /// Returns the value and the offset right after it.
    ///
    /// # Errors
    /// [`JsonError`] when no value stands there.
    pub fn parse_at<'a>(
        &'a mut self,
        text: &'a str,
        start: usize,
        outer_depth: usize,
        non_finite: NonFinite,
        paths: &'a mut Paths,
    ) -> Result<(Value<'a>, usize), JsonError> {
        self.nodes.clear();
        self.edits.clear();
        self.has_non_finite = false;
        self.has_repeats = false;
        let bytes = text.as_bytes();
        let end = if self.is_for_reading {
            Parser::<false>::new(self, bytes, start, non_finite, paths)?.parse(outer_depth)?
        } else {
            Parser::<true>::new(self, bytes, start, non_finite, paths)?.parse(outer_depth)?
        };
        if self.has_repeats {
            self.keep_last_of_repeated();
        }
        Ok((Value::first(text, &self.nodes, paths), end))
    }

    /// The document that was parsed last, from the same text and with the same places.
    #[must_use]
    pub fn document<'a>(&'a self, text: &'a str, paths: &'a Paths) -> Value<'a> {
        Value::first(text, &self.nodes, paths)
    }

    /// Whether the text of the last document is known to be what [`write_compact`](super::write_compact) would write.
    #[must_use]
    pub fn is_verbatim(&self) -> bool {
        self.edits.is_empty() && !self.has_repeats && !self.is_for_reading
    }

    /// Writes the document that was parsed last, from the same text, as [`write_compact`](super::write_compact) does.
    /// `span` is where it stands in the text.
    #[inline]
    pub fn write_compact_document(&self, text: &str, span: (usize, usize), paths: &Paths, out: &mut Vec<u8>) {
        if self.has_repeats || self.is_for_reading {
            text::write_compact(self.document(text, paths), out);
            return;
        }
        let bytes = text.as_bytes();
        let mut copied = span.0;
        for edit in &self.edits {
            text::append_piece(out, bytes, copied, edit.start as usize);
            copied = edit.end as usize;
            match edit.kind {
                EditKind::Drop => {}
                EditKind::Null => out.extend_from_slice(b"null"),
                EditKind::Rewrite => lex::write_unescaped(&text[edit.start as usize..copied], out),
            }
        }
        out.extend_from_slice(&bytes[copied..span.1]);
    }

    /// Whether an object named a member more than once.
    #[must_use]
    pub fn has_repeats(&self) -> bool {
        self.has_repeats
    }

    /// Whether a bare `NaN` or infinity was read as null.
    #[must_use]
    pub fn has_non_finite(&self) -> bool {
        self.has_non_finite
    }

    /// Of members that repeat in one object, leaves the last value at the position of the first (files.md §2).
    fn keep_last_of_repeated(&mut self) {
        let old = std::mem::take(&mut self.nodes);
        let mut new = Vec::with_capacity(old.len());
        copy_without_repeats(&old, 0, &mut new);
        self.nodes = new;
    }
}

fn copy_without_repeats(old: &[Node], index: usize, new: &mut Vec<Node>) {
    let node = old[index];
    let at = new.len();
    new.push(node);
    if node.kind().is_scalar() {
        return;
    }
    let mut members: Vec<(PathId, usize)> = Vec::new();
    let mut position_of = std::collections::HashMap::new();
    let mut child = index + 1;
    while child < node.end as usize {
        let path = old[child].path();
        let is_member = node.kind() == Kind::Object;
        match position_of.get(&path) {
            Some(&position) if is_member => members[position] = (path, child),
            _ => {
                position_of.insert(path, members.len());
                members.push((path, child));
            }
        }
        child = next_sibling(old, child);
    }
    for (_, child) in members {
        copy_without_repeats(old, child, new);
    }
    new[at].end = new.len() as u32;
}

pub(super) fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
