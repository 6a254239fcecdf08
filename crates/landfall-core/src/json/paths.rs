//! Where in its document a value stands, as a small number.

use std::collections::HashMap;

use super::text::write_canonical_string;

/// A place in documents of one kind, such as `line_items` / element / `price`. Every value at that place carries the
/// same id, so what holds for the place (its rules, its column) is found by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathId(u32);

impl PathId {
    /// The document itself.
    pub const ROOT: Self = Self(0);
    const NONE: Self = Self(u32::MAX);

    pub(super) const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    /// The id as an index: ids are dense and start at 0.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a place is reached from the one above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// It is the document.
    Root,
    /// It is the member of that name (escapes resolved).
    Member(&'a str),
    /// It is an element of an array, whichever.
    Element,
}

#[derive(Debug)]
struct Entry {
    parent: PathId,
    /// `"name":` as files.md §4 writes it; empty for elements and the root.
    key_text: Box<[u8]>,
    name: Box<str>,
    is_element: bool,
    element: PathId,
    first_guess: PathId,
    next_guess: PathId,
    /// The object in which this name was last met, to notice names that repeat.
    last_object: u64,
}

/// The places met so far. It learns the order in which names follow each other, so that in data of a steady shape a
/// name costs one comparison.
#[derive(Debug)]
pub struct Paths {
    entries: Vec<Entry>,
    by_name: HashMap<Vec<u8>, PathId>,
    scratch: Vec<u8>,
    objects: u64,
    most: usize,
}

impl Default for Paths {
    fn default() -> Self {
        Self::new()
    }
}

impl Paths {
    /// Above this many places a table is cheaper to build anew than to keep: data with names as values.
    const MANY: usize = 1 << 16;
    /// Ids have 24 bits in a tape.
    const MOST: usize = 1 << 24;

    /// A table that knows the root alone.
    #[must_use]
    pub fn new() -> Self {
        let mut paths = Self {
            entries: Vec::new(),
            by_name: HashMap::new(),
            scratch: Vec::new(),
            objects: 0,
            most: Self::MOST,
        };
        paths.push(PathId::NONE, "", false);
        paths
    }

    /// A table that knows `places` at most, so that a hostile document can't fill the memory with names. Once it is
    /// full, a name that was not expected ends parsing in [`JsonFault::TooManyNames`](super::JsonFault::TooManyNames).
    #[must_use]
    pub fn at_most(places: usize) -> Self {
        Self {
            most: places.min(Self::MOST),
            ..Self::new()
        }
    }

    /// How many places are known; ids are below it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Never true: the root is always known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether the table has grown so large that whoever owns it should start a new one between two documents.
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        self.entries.len() > Self::MANY
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= self.most
    }

    /// The place that was met as number `index`, counted from 0; the root if there are fewer.
    #[must_use]
    pub fn nth(&self, index: usize) -> PathId {
        if index < self.entries.len() {
            PathId(index as u32)
        } else {
            PathId::ROOT
        }
    }

    /// The place above, or the root itself for the root.
    #[must_use]
    pub fn parent(&self, path: PathId) -> PathId {
        let parent = self.entries[path.index()].parent;
        if parent == PathId::NONE {
            PathId::ROOT
        } else {
            parent
        }
    }

    /// How `path` is reached from the place above it.
    #[must_use]
    pub fn step(&self, path: PathId) -> Step<'_> {
        let entry = &self.entries[path.index()];
        match (path, entry.is_element) {
            (PathId::ROOT, _) => Step::Root,
            (_, true) => Step::Element,
            (_, false) => Step::Member(&entry.name),
        }
    }

    /// The name of a member place; empty for the root and for elements.
    #[must_use]
    pub fn name(&self, path: PathId) -> &str {
        &self.entries[path.index()].name
    }

    /// `"name":` in the form of files.md §4.
    #[must_use]
    pub fn key_text(&self, path: PathId) -> &[u8] {
        &self.entries[path.index()].key_text
    }

    /// Begins an object; its number tells repeated names in it from equal names elsewhere.
    pub(super) fn begin_object(&mut self) -> u64 {
        self.objects += 1;
        self.objects
    }

    /// The place of the elements of the array at `array`.
    #[inline]
    pub(super) fn element_of(&mut self, array: PathId) -> PathId {
        let known = self.entries[array.index()].element;
        if known != PathId::NONE {
            return known;
        }
        let element = self.push(array, "", true);
        self.entries[array.index()].element = element;
        element
    }

    /// The member that is expected next in the object at `object`, after `previous` if there was one.
    #[inline]
    pub(super) fn guess(&self, object: PathId, previous: Option<PathId>) -> Option<PathId> {
        let guess = match previous {
            Some(previous) => self.entries[previous.index()].next_guess,
            None => self.entries[object.index()].first_guess,
        };
        (guess != PathId::NONE).then_some(guess)
    }

    /// Finds or makes the place of the member `name`, and remembers that it followed `previous`.
    pub(super) fn member(&mut self, object: PathId, previous: Option<PathId>, name: &str) -> PathId {
        self.scratch.clear();
        self.scratch.extend_from_slice(&object.0.to_le_bytes());
        self.scratch.extend_from_slice(name.as_bytes());
        let member = match self.by_name.get(self.scratch.as_slice()) {
            Some(member) => *member,
            None => {
                let member = self.push(object, name, false);
                self.by_name.insert(self.scratch.clone(), member);
                member
            }
        };
        match previous {
            Some(previous) => self.entries[previous.index()].next_guess = member,
            None => self.entries[object.index()].first_guess = member,
        }
        member
    }

    /// Notes that `member` occurs in object number `object`. True if it has occurred there before.
    #[inline]
    pub(super) fn occurs_again(&mut self, member: PathId, object: u64) -> bool {
        let entry = &mut self.entries[member.index()];
        let again = entry.last_object == object;
        entry.last_object = object;
        again
    }

    fn push(&mut self, parent: PathId, name: &str, is_element: bool) -> PathId {
        let mut key_text = Vec::new();
        if parent != PathId::NONE && !is_element {
            write_canonical_string(name, &mut key_text);
            key_text.push(b':');
        }
        // At most 2^24 entries: the tape stops before.
        let id = PathId(self.entries.len() as u32);
        self.entries.push(Entry {
            parent,
            key_text: key_text.into_boxed_slice(),
            name: name.into(),
            is_element,
            element: PathId::NONE,
            first_guess: PathId::NONE,
            next_guess: PathId::NONE,
            last_object: 0,
        });
        id
    }
}
