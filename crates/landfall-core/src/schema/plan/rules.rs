//! What one schema object and its combinators ask of a value, kind by kind, as far as a plan can say it.
//!
//! Kinds are exact: a kind that is missing is never fine, and `null`, `true` and `false` are fine if they are there.
//! Strings, numbers, arrays and objects each have a [`Part`] for what is asked of them beyond that.

use crate::json::{Kind, KindMask};
use crate::schema::node::NodeId;

use super::scalar::{NumberTest, StringTest};

/// What is asked of one group of kinds.
#[derive(Debug, Clone)]
pub(super) enum Part<T> {
    /// Nothing.
    Free,
    /// One rule, and it is exact.
    Rule(T),
    /// Something a plan can't say.
    Opaque,
}

impl<T> Part<T> {
    pub(super) fn is_free(&self) -> bool {
        matches!(self, Self::Free)
    }

    pub(super) fn is_opaque(&self) -> bool {
        matches!(self, Self::Opaque)
    }

    /// Whether a value certainly is fine, given the verdict of the rule.
    pub(super) fn admits(&self, accepts: impl FnOnce(&T) -> bool) -> bool {
        match self {
            Self::Free => true,
            Self::Rule(rule) => accepts(rule),
            Self::Opaque => false,
        }
    }

    /// All of them are asked.
    fn all(parts: impl Iterator<Item = Self>) -> Self {
        parts.fold(Self::Free, |all, part| match (all, part) {
            (Self::Free, part) | (part, Self::Free) => part,
            _ => Self::Opaque,
        })
    }

    /// One of them is asked; `parts` are those of the branches that accept such values at all.
    fn alternatives(parts: Vec<Self>) -> Self {
        if parts.iter().all(Self::is_free) {
            Self::Free
        } else {
            Self::only(parts)
        }
    }

    /// The part of the one branch there is.
    fn only(mut parts: Vec<Self>) -> Self {
        match parts.len() {
            0 => Self::Free,
            1 => parts.remove(0),
            _ => Self::Opaque,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) kinds: KindMask,
    pub(super) strings: Part<StringTest>,
    pub(super) numbers: Part<NumberTest>,
    /// The schema of the elements.
    pub(super) arrays: Part<NodeId>,
    /// The node whose `properties`, `required` and `additionalProperties` apply.
    pub(super) objects: Part<NodeId>,
}

const STRING: KindMask = Kind::String.mask();
const ARRAY: KindMask = Kind::Array.mask();
const OBJECT: KindMask = Kind::Object.mask();
/// Kinds that have no part.
const PLAIN: KindMask = Kind::Null.mask().or(KindMask::BOOLEAN);

impl Rules {
    /// Accepts nothing, so that the interpreter is asked about everything.
    pub(super) fn ask_interpreter() -> Self {
        Self::plain(KindMask::NONE)
    }

    fn plain(kinds: KindMask) -> Self {
        Self {
            kinds,
            strings: Part::Free,
            numbers: Part::Free,
            arrays: Part::Free,
            objects: Part::Free,
        }
    }

    /// Whether everything is fine.
    pub(super) fn is_any(&self) -> bool {
        self.kinds == KindMask::ALL
            && self.strings.is_free()
            && self.numbers.is_free()
            && self.arrays.is_free()
            && self.objects.is_free()
    }

    /// `allOf`, and keywords side by side.
    pub(super) fn all(branches: &[Self]) -> Self {
        let kinds = branches
            .iter()
            .fold(KindMask::ALL, |kinds, branch| kinds.and(branch.kinds));
        let all = Self {
            kinds,
            strings: Part::all(branches.iter().map(|branch| branch.strings.clone())),
            numbers: Part::all(branches.iter().map(|branch| branch.numbers.clone())),
            arrays: Part::all(branches.iter().map(|branch| branch.arrays.clone())),
            objects: Part::all(branches.iter().map(|branch| branch.objects.clone())),
        };
        all.without_unused_parts()
    }

    /// `anyOf`.
    pub(super) fn any(branches: &[Self]) -> Self {
        let kinds = branches
            .iter()
            .fold(KindMask::NONE, |kinds, branch| kinds.or(branch.kinds));
        Self {
            kinds,
            strings: free_or(Part::alternatives, branches, STRING, kinds, |branch| {
                &branch.strings
            }),
            numbers: free_or(Part::alternatives, branches, KindMask::NUMBER, kinds, |branch| {
                &branch.numbers
            }),
            // Containers that several branches look into would be opened once for each of them, at every level.
            arrays: Part::alternatives(parts(branches, ARRAY, |branch| &branch.arrays)),
            objects: Part::alternatives(parts(branches, OBJECT, |branch| &branch.objects)),
        }
    }

    /// `oneOf`.
    pub(super) fn one(branches: &[Self]) -> Self {
        let mut kinds = KindMask::NONE;
        for kind in ALL_KINDS {
            let accepting = branches
                .iter()
                .filter(|branch| branch.kinds.contains(kind))
                .count();
            let has_part = !PLAIN.contains(kind);
            if accepting == 1 || accepting > 1 && has_part {
                kinds = kinds.or(kind.mask());
            }
        }
        Self {
            kinds,
            strings: Part::only(parts(branches, STRING, |branch| &branch.strings)),
            numbers: Part::only(parts(branches, KindMask::NUMBER, |branch| &branch.numbers)),
            arrays: Part::only(parts(branches, ARRAY, |branch| &branch.arrays)),
            objects: Part::only(parts(branches, OBJECT, |branch| &branch.objects)),
        }
    }

    /// `not`.
    pub(super) fn not(&self) -> Self {
        let mut not = Self::plain(KindMask::NONE);
        for kind in ALL_KINDS {
            let is_ruled_out = self.kinds.contains(kind) && self.accepts_all_of(kind);
            if !is_ruled_out {
                not.kinds = not.kinds.or(kind.mask());
            }
        }
        not.strings = opaque_unless(self.strings.is_free());
        not.numbers = opaque_unless(self.numbers.is_free());
        not.arrays = opaque_unless(self.arrays.is_free());
        not.objects = opaque_unless(self.objects.is_free());
        not.without_unused_parts()
    }

    fn accepts_all_of(&self, kind: Kind) -> bool {
        match kind {
            Kind::String => self.strings.is_free(),
            Kind::Integer | Kind::Decimal => self.numbers.is_free(),
            Kind::Array => self.arrays.is_free(),
            Kind::Object => self.objects.is_free(),
            Kind::Null | Kind::False | Kind::True => true,
        }
    }

    /// Parts of kinds that are not accepted say nothing.
    pub(super) fn without_unused_parts(mut self) -> Self {
        if !accepts_some(self.kinds, STRING) {
            self.strings = Part::Free;
        }
        if !accepts_some(self.kinds, KindMask::NUMBER) {
            self.numbers = Part::Free;
        }
        if !accepts_some(self.kinds, ARRAY) {
            self.arrays = Part::Free;
        }
        if !accepts_some(self.kinds, OBJECT) {
            self.objects = Part::Free;
        }
        self
    }
}

const ALL_KINDS: [Kind; 8] = [
    Kind::Null,
    Kind::False,
    Kind::True,
    Kind::Integer,
    Kind::Decimal,
    Kind::String,
    Kind::Array,
    Kind::Object,
];

fn accepts_some(kinds: KindMask, group: KindMask) -> bool {
    kinds.and(group) != KindMask::NONE
}

/// The parts of the branches that accept values of the group.
fn parts<T: Clone>(branches: &[Rules], group: KindMask, part: impl Fn(&Rules) -> &Part<T>) -> Vec<Part<T>> {
    branches
        .iter()
        .filter(|branch| accepts_some(branch.kinds, group))
        .map(|branch| part(branch).clone())
        .collect()
}

/// Free if one branch alone accepts all values of the group that any accepts; `otherwise` if none does.
fn free_or<T: Clone>(
    otherwise: impl Fn(Vec<Part<T>>) -> Part<T>,
    branches: &[Rules],
    group: KindMask,
    kinds: KindMask,
    part: impl Fn(&Rules) -> &Part<T>,
) -> Part<T> {
    let wanted = kinds.and(group);
    let takes_all = |branch: &Rules| part(branch).is_free() && branch.kinds.and(wanted) == wanted;
    if branches.iter().any(takes_all) {
        Part::Free
    } else {
        otherwise(parts(branches, group, part))
    }
}

fn opaque_unless<T>(is_free: bool) -> Part<T> {
    if is_free { Part::Free } else { Part::Opaque }
}
