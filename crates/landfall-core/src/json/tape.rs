//! A parsed document as a flat list of nodes over the text it came from.

use std::borrow::Cow;
use std::fmt;

use super::parser::Parser;
use super::{Kind, PathId, Paths, Step, lex, text};

/// What to do with a bare `NaN`, `Infinity` or `-Infinity` (singer.md §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonFinite {
    /// It is no JSON.
    Refuse,
    /// It is read as null; [`Tape::has_non_finite`] tells.
    AsNull,
}

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
    /// More brackets are open at once than [`Tape::MAX_DEPTH`].
    TooDeep,
    /// Text follows the value.
    TrailingText,
    /// The bytes are not UTF-8.
    InvalidUtf8,
    /// More than 16,777,216 different places in one document.
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

/// One value. For scalars `end` is where its text ends; for arrays and objects the index of the node after its last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Path in the upper 24 bits, then flags, then the kind in the lowest 3.
    meta: u32,
}

impl Node {
    /// The string token holds a backslash.
    pub(super) const ESCAPED: u32 = 1 << 3;
    /// The string token must be written anew (files.md §4).
    pub(super) const UNCANONICAL: u32 = 1 << 4;
    /// The null was written `NaN` or the like.
    pub(super) const NON_FINITE: u32 = 1 << 5;

    pub(super) fn new(start: usize, end: usize, path: PathId, kind: Kind, flags: u32) -> Self {
        // Texts are below 4 GiB: the parser refuses longer ones.
        Self {
            start: start as u32,
            end: end as u32,
            meta: (path.index() as u32) << 8 | flags | kind as u32,
        }
    }

    fn kind(self) -> Kind {
        match self.meta & 7 {
            0 => Kind::Null,
            1 => Kind::False,
            2 => Kind::True,
            3 => Kind::Integer,
            4 => Kind::Decimal,
            5 => Kind::String,
            6 => Kind::Array,
            _ => Kind::Object,
        }
    }

    pub(super) fn path(self) -> PathId {
        PathId::from_raw(self.meta >> 8)
    }

    fn has(self, flag: u32) -> bool {
        self.meta & flag != 0
    }
}

/// A stretch of a document's text that is written otherwise than it was received.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edit {
    start: u32,
    end: u32,
    kind: EditKind,
}

/// How a stretch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EditKind {
    /// Not at all: white space between tokens.
    Drop,
    /// As a string in canonical form.
    Rewrite,
    /// As `null`.
    Null,
}

impl Edit {
    #[inline]
    pub(super) fn new(start: usize, end: usize, kind: EditKind) -> Self {
        // Texts are below 4 GiB: the parser refuses longer ones.
        Self {
            start: start as u32,
            end: end as u32,
            kind,
        }
    }
}

/// Room for one parsed document at a time, used again for the next.
#[derive(Debug, Default)]
pub struct Tape {
    pub(super) nodes: Vec<Node>,
    /// What distinguishes the text from its compact form, in order.
    pub(super) edits: Vec<Edit>,
    pub(super) has_non_finite: bool,
    pub(super) has_repeats: bool,
}

impl Tape {
    /// Brackets open at once, at most (singer.md §3, import-api.md §4).
    pub const MAX_DEPTH: usize = 128;

    /// An empty tape.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
        let end = Parser::new(self, text.as_bytes(), start, non_finite, paths)?.parse(outer_depth)?;
        if self.has_repeats {
            self.keep_last_of_repeated();
        }
        Ok((
            Value {
                text,
                nodes: &self.nodes,
                paths,
                index: 0,
            },
            end,
        ))
    }

    /// The document that was parsed last, from the same text and with the same places.
    #[must_use]
    pub fn document<'a>(&'a self, text: &'a str, paths: &'a Paths) -> Value<'a> {
        Value {
            text,
            nodes: &self.nodes,
            paths,
            index: 0,
        }
    }

    /// Whether the text of the last document is already what [`write_compact`](super::write_compact) would write.
    #[must_use]
    pub fn is_verbatim(&self) -> bool {
        self.edits.is_empty() && !self.has_repeats
    }

    /// Writes the document that was parsed last, from the same text, as [`write_compact`](super::write_compact) does.
    /// `span` is where it stands in the text.
    #[inline]
    pub fn write_compact_document(&self, text: &str, span: (usize, usize), paths: &Paths, out: &mut Vec<u8>) {
        if self.has_repeats {
            text::write_compact(self.document(text, paths), out);
            return;
        }
        let bytes = text.as_bytes();
        let mut copied = span.0;
        for edit in &self.edits {
            out.extend_from_slice(&bytes[copied..edit.start as usize]);
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

fn next_sibling(nodes: &[Node], index: usize) -> usize {
    let node = nodes[index];
    if node.kind().is_scalar() {
        index + 1
    } else {
        node.end as usize
    }
}

pub(super) fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// A value on a [`Tape`].
#[derive(Debug, Clone, Copy)]
pub struct Value<'a> {
    text: &'a str,
    nodes: &'a [Node],
    paths: &'a Paths,
    index: usize,
}

impl<'a> Value<'a> {
    #[inline]
    fn node(&self) -> Node {
        self.nodes[self.index]
    }

    /// The value's position on its tape, for [`at_index`](Self::at_index).
    #[inline]
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Another value of the same tape.
    #[inline]
    #[must_use]
    pub fn at_index(&self, index: usize) -> Value<'a> {
        Value { index, ..*self }
    }

    /// What the value is.
    #[inline]
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.node().kind()
    }

    /// Where in the document it stands.
    #[inline]
    #[must_use]
    pub fn path(&self) -> PathId {
        self.node().path()
    }

    /// Where the value begins in its text; of strings, after the quote.
    #[must_use]
    pub fn start(&self) -> usize {
        self.node().start as usize
    }

    /// The places its tape knows.
    #[must_use]
    pub fn paths(&self) -> &'a Paths {
        self.paths
    }

    /// The token of a scalar: of strings what stands between the quotes, escapes unresolved. Empty for arrays and
    /// objects.
    #[inline]
    #[must_use]
    pub fn text(&self) -> &'a [u8] {
        let node = self.node();
        if node.kind().is_scalar() {
            &self.text.as_bytes()[node.start as usize..node.end as usize]
        } else {
            &[]
        }
    }

    /// Whether the string token has escapes to resolve.
    #[inline]
    #[must_use]
    pub fn is_escaped(&self) -> bool {
        self.node().has(Node::ESCAPED)
    }

    /// The content of a string, escapes resolved. Of other scalars, the token.
    #[must_use]
    pub fn string(&self) -> Cow<'a, str> {
        let node = self.node();
        if !node.kind().is_scalar() {
            return Cow::Borrowed("");
        }
        let raw = &self.text[node.start as usize..node.end as usize];
        if node.has(Node::ESCAPED) {
            Cow::Owned(lex::unescape(raw))
        } else {
            Cow::Borrowed(raw)
        }
    }

    /// `"name":` of a member, in the form of files.md §4.
    #[inline]
    #[must_use]
    pub fn key_text(&self) -> &'a [u8] {
        self.paths.key_text(self.path())
    }

    /// The values directly inside an array or object, in order.
    #[inline]
    pub fn children(&self) -> Children<'a> {
        let node = self.node();
        let end = if node.kind().is_scalar() {
            self.index + 1
        } else {
            node.end as usize
        };
        Children {
            parent: *self,
            next: self.index + 1,
            end,
        }
    }

    /// The elements of an array; none of anything else.
    pub fn elements(&self) -> Children<'a> {
        let mut children = self.children();
        if self.kind() != Kind::Array {
            children.next = children.end;
        }
        children
    }

    /// The members of an object with their names; none of anything else.
    pub fn members(&self) -> impl Iterator<Item = (Cow<'a, str>, Value<'a>)> + use<'a> {
        let mut children = self.children();
        if self.kind() != Kind::Object {
            children.next = children.end;
        }
        children.map(|member| {
            let name = match member.paths.step(member.path()) {
                Step::Member(name) => name,
                Step::Root | Step::Element => "",
            };
            (Cow::Borrowed(name), member)
        })
    }

    /// The member of that name, if there is one.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<Value<'a>> {
        self.members()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value)
    }

    /// Writes a scalar as files.md §4 does.
    #[inline]
    pub fn write_scalar(&self, out: &mut Vec<u8>) {
        let node = self.node();
        let raw = &self.text.as_bytes()[node.start as usize..node.end as usize];
        if node.kind() == Kind::String {
            if node.has(Node::UNCANONICAL) {
                text::write_compact_string(&self.text[node.start as usize..node.end as usize], out);
            } else {
                // The quotes around the token are part of the text.
                out.extend_from_slice(&self.text.as_bytes()[node.start as usize - 1..=node.end as usize]);
            }
        } else if node.has(Node::NON_FINITE) {
            out.extend_from_slice(b"null");
        } else {
            out.extend_from_slice(raw);
        }
    }

    /// All values of the subtree, this one first, in document order.
    #[inline]
    pub fn subtree(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let this = *self;
        let end = next_sibling(self.nodes, self.index);
        (self.index..end).map(move |index| Value { index, ..this })
    }
}

/// Iterator over the values directly inside another.
#[derive(Debug, Clone)]
pub struct Children<'a> {
    parent: Value<'a>,
    next: usize,
    end: usize,
}

impl<'a> Iterator for Children<'a> {
    type Item = Value<'a>;

    #[inline]
    fn next(&mut self) -> Option<Value<'a>> {
        if self.next >= self.end {
            return None;
        }
        let child = Value {
            index: self.next,
            ..self.parent
        };
        self.next = next_sibling(self.parent.nodes, self.next);
        Some(child)
    }
}
