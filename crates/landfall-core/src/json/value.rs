//! Values as they are read off a tape.

use std::borrow::Cow;

use super::node::{Node, next_sibling};
use super::{Kind, PathId, Paths, Step, lex, text};

/// A value on a [`Tape`](super::Tape).
#[derive(Debug, Clone, Copy)]
pub struct Value<'a> {
    text: &'a str,
    nodes: &'a [Node],
    paths: &'a Paths,
    index: usize,
}

impl<'a> Value<'a> {
    /// The document itself.
    pub(super) fn first(text: &'a str, nodes: &'a [Node], paths: &'a Paths) -> Self {
        Self {
            text,
            nodes,
            paths,
            index: 0,
        }
    }

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

    /// [`text`](Self::text) and what follows it, `N` bytes in all; nothing where the document ends before.
    #[inline]
    #[must_use]
    pub fn text_window<const N: usize>(&self) -> Option<&'a [u8; N]> {
        self.text
            .as_bytes()
            .get(self.node().start as usize..)?
            .first_chunk()
    }

    /// Appends [`text`](Self::text).
    #[inline]
    pub fn append_text(&self, out: &mut Vec<u8>) {
        let node = self.node();
        if node.kind().is_scalar() {
            text::append_piece(out, self.text.as_bytes(), node.start as usize, node.end as usize);
        }
    }

    /// The number, if the value is an integer of 64 bits.
    #[inline]
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        /// So many digits are less than 2^63, whatever they are.
        const SAFE_DIGITS: usize = 18;
        let text = self.text();
        if self.kind() != Kind::Integer {
            return None;
        }
        match text.first() {
            Some(b'0'..=b'9') if text.len() <= SAFE_DIGITS => {
                let digits = text.iter().map(|digit| i64::from(digit - b'0'));
                Some(digits.fold(0, |number, digit| number * 10 + digit))
            }
            _ => std::str::from_utf8(text).ok()?.parse().ok(),
        }
    }

    /// Whether the [`text`](Self::text) of a scalar can stand in a delimited row as it is: it is a number, `true` or
    /// `false`, or a string known to need neither quotes nor resolving. Of strings only a tape
    /// [for cells](super::Tape::for_cells) knows.
    #[inline]
    #[must_use]
    pub fn is_plain_cell(&self) -> bool {
        let node = self.node();
        match node.kind() {
            Kind::False | Kind::True | Kind::Integer | Kind::Decimal => true,
            Kind::String => node.has(Node::PLAIN),
            Kind::Null | Kind::Array | Kind::Object => false,
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

    /// Appends the bytes of [`string`](Self::string).
    #[inline]
    pub fn append_string(&self, out: &mut Vec<u8>) {
        if self.is_escaped() {
            let node = self.node();
            lex::append_unescaped(&self.text[node.start as usize..node.end as usize], out);
        } else {
            self.append_text(out);
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
