//! One schema object, keywords understood.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::canonical::canonical_text;
use super::pattern::Pattern;
use super::value_type::ValueType;
use crate::decimal::{Decimal, Divisor};
use crate::json::{Json, KindMask};

/// The place of a schema object among those of its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NodeId(u32);

impl NodeId {
    pub(super) fn new(index: usize) -> Self {
        Self(u32::try_from(index).expect("a schema takes several bytes per node and is far below 4 GB"))
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// One schema object. `$ref` has no node: whoever refers has the id of the target.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Whether it is literally `{}` (files.md §8).
    pub(super) is_empty: bool,
    pub(super) types: Option<Types>,
    pub(super) values: Option<AllowedValues>,
    pub(super) numbers: NumberRules,
    pub(super) strings: StringRules,
    pub(super) arrays: ArrayRules,
    pub(super) objects: ObjectRules,
    pub(super) all_of: Option<Vec<NodeId>>,
    pub(super) any_of: Option<Vec<NodeId>>,
    pub(super) one_of: Option<Vec<NodeId>>,
    pub(super) not: Option<NodeId>,
    pub(super) cost: Cost,
}

impl Node {
    /// The schemas that look at the same value as this one.
    pub(super) fn same_value_children(&self) -> impl Iterator<Item = NodeId> {
        let lists = [&self.all_of, &self.any_of, &self.one_of];
        lists.into_iter().flatten().flatten().copied().chain(self.not)
    }
}

/// What it takes to check one value against a node, members and elements left out.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// Nodes that look at the value, each as often as it does.
    pub(super) checks: u64,
    /// Nodes inside each other.
    pub(super) levels: u32,
}

/// `type`.
#[derive(Debug)]
pub(super) struct Types {
    pub(super) listed: Vec<ValueType>,
    /// Whether it is a list: its violation prints as a combinator then, even with one type.
    pub(super) is_union: bool,
    pub(super) kinds: KindMask,
}

impl Types {
    pub(super) fn new(listed: Vec<ValueType>, is_union: bool) -> Self {
        let kinds = listed
            .iter()
            .fold(KindMask::NONE, |kinds, listed| kinds.or(listed.kinds()));
        Self {
            listed,
            is_union,
            kinds,
        }
    }
}

/// `enum`.
#[derive(Debug)]
pub(super) struct AllowedValues {
    pub(super) listed: Vec<Json>,
    canonical: HashSet<Vec<u8>>,
}

impl AllowedValues {
    pub(super) fn new(listed: &[Json]) -> Self {
        Self {
            listed: listed.to_vec(),
            canonical: listed.iter().map(canonical_text).collect(),
        }
    }

    pub(super) fn contains(&self, value: &Json) -> bool {
        self.canonical.contains(&canonical_text(value))
    }
}

/// What is asked of numbers.
#[derive(Debug, Default, Clone)]
pub(super) struct NumberRules {
    pub(super) bounds: Vec<Bound>,
    pub(super) multiple_of: Option<MultipleOf>,
}

/// `minimum`, `maximum` and their exclusive forms.
#[derive(Debug, Clone)]
pub(super) struct Bound {
    pub(super) side: Side,
    pub(super) is_exclusive: bool,
    /// The bound as the schema writes it: a number.
    pub(super) limit: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Lower,
    Upper,
}

impl Bound {
    pub(super) fn admits(&self, number: Decimal<'_>) -> bool {
        let Some(limit) = Decimal::parse(self.limit.as_bytes()) else {
            return true;
        };
        match (self.side, self.is_exclusive) {
            (Side::Lower, false) => number >= limit,
            (Side::Lower, true) => number > limit,
            (Side::Upper, false) => number <= limit,
            (Side::Upper, true) => number < limit,
        }
    }

    pub(super) fn claim(&self) -> &'static str {
        match (self.side, self.is_exclusive) {
            (Side::Lower, false) => "greater or equal to",
            (Side::Lower, true) => "greater than",
            (Side::Upper, false) => "less or equal to",
            (Side::Upper, true) => "less than",
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct MultipleOf {
    pub(super) text: String,
    pub(super) divisor: Divisor,
}

/// What is asked of strings. Lengths are in Unicode code points.
#[derive(Debug, Default, Clone)]
pub(super) struct StringRules {
    pub(super) min_length: Option<u64>,
    pub(super) max_length: Option<u64>,
    pub(super) pattern: Option<Arc<Pattern>>,
    pub(super) is_date_time: bool,
}

/// What is asked of arrays.
#[derive(Debug, Default)]
pub(super) struct ArrayRules {
    pub(super) items: Items,
    pub(super) min_items: Option<u64>,
    pub(super) max_items: Option<u64>,
    pub(super) is_unique: bool,
}

/// `items` and `additionalItems`.
#[derive(Debug, Default)]
pub(super) enum Items {
    #[default]
    Any,
    Each(NodeId),
    Tuple(Vec<NodeId>, Additional),
}

/// What is asked of objects.
#[derive(Debug, Default)]
pub(super) struct ObjectRules {
    pub(super) required: Vec<String>,
    /// `properties` in schema order; `None` where the schema has no such keyword.
    pub(super) properties: Option<Vec<(String, NodeId)>>,
    pub(super) by_name: HashMap<String, NodeId>,
    pub(super) patterns: Vec<(Pattern, NodeId)>,
    pub(super) additional: Additional,
    pub(super) min_properties: Option<u64>,
    pub(super) max_properties: Option<u64>,
}

impl ObjectRules {
    pub(super) fn properties(&self) -> &[(String, NodeId)] {
        self.properties.as_deref().unwrap_or_default()
    }
}

/// `additionalProperties` and `additionalItems`.
#[derive(Debug, Default, Clone, Copy)]
pub(super) enum Additional {
    #[default]
    Allowed,
    Denied,
    Checked(NodeId),
}
