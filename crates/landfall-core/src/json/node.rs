//! What a tape is made of: nodes, and edits to the text.

use super::{Kind, PathId};

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
    /// The string token can stand in a delimited row as it is.
    pub(super) const PLAIN: u32 = 1 << 6;

    pub(super) fn new(start: usize, end: usize, path: PathId, kind: Kind, flags: u32) -> Self {
        // Texts are below 4 GiB: the parser refuses longer ones.
        Self {
            start: start as u32,
            end: end as u32,
            meta: (path.index() as u32) << 8 | flags | kind as u32,
        }
    }

    pub(super) fn kind(self) -> Kind {
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

    pub(super) fn has(self, flag: u32) -> bool {
        self.meta & flag != 0
    }
}

/// A stretch of a document's text that is written otherwise than it was received.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edit {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) kind: EditKind,
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

/// The index of the value that follows the one at `index` and what is in it.
pub(super) fn next_sibling(nodes: &[Node], index: usize) -> usize {
    let node = nodes[index];
    if node.kind().is_scalar() {
        index + 1
    } else {
        node.end as usize
    }
}
