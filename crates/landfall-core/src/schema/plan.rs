//! The fast verdict: a schema turned into questions that can be answered while a record is read.

mod build;
mod rules;
mod scalar;

use std::collections::HashMap;

use super::system_column::passes_as_system_column;
use super::{Formats, Schema};
use crate::json::{Json, Kind, KindMask, write_canonical_string};
use rules::Part;
use scalar::{NumberTest, StringTest};

/// A schema as questions about single values.
///
/// Whoever reads a record asks, beginning with [`Self::root`]: is the kind of the value among [`Self::accepts`]? For a
/// scalar: does [`Self::accepts_scalar`] hold? For an array or object: does it need no interpreter, are the members
/// required there, and is every member and element fine? If all answers are yes, [`Schema::violations`] has nothing
/// to say. If not, it must be asked, for its word is final; where a schema has only `type`, `properties`, `required`,
/// `additionalProperties` and a single `items`, it will find violations then.
#[derive(Debug)]
pub struct RecordPlan {
    nodes: Vec<PlanNode>,
}

/// A place in a [`RecordPlan`]: what is asked of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlanId(u32);

impl PlanId {
    /// The place where every value is fine, and everything inside it.
    pub const ANY: Self = Self(0);
    const ROOT: Self = Self(1);
}

/// What a plan says about a member of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// It may be there, and its value is judged by that place.
    Allowed(PlanId),
    /// It must not be there.
    Denied,
}

#[derive(Debug)]
struct PlanNode {
    kinds: KindMask,
    strings: Part<StringTest>,
    numbers: Part<NumberTest>,
    element: PlanId,
    properties: HashMap<String, PlanId>,
    other_members: Member,
    /// Whether this is the record itself, where `_sdc_…` columns may be.
    is_record: bool,
    required: Vec<String>,
    needs_interpreter: bool,
}

impl PlanNode {
    fn any() -> Self {
        Self {
            kinds: KindMask::ALL,
            strings: Part::Free,
            numbers: Part::Free,
            element: PlanId::ANY,
            properties: HashMap::new(),
            other_members: Member::Allowed(PlanId::ANY),
            is_record: false,
            required: Vec::new(),
            needs_interpreter: false,
        }
    }
}

impl RecordPlan {
    /// Makes the plan of a schema.
    #[must_use]
    pub fn new(schema: &Schema, formats: Formats) -> Self {
        build::build(schema, formats)
    }

    /// The place of the record itself.
    #[must_use]
    pub fn root(&self) -> PlanId {
        PlanId::ROOT
    }

    /// The kinds of value that may be fine here.
    #[must_use]
    pub fn accepts(&self, id: PlanId) -> KindMask {
        self.node(id).kinds
    }

    /// What is asked of the member `name` of an object here.
    #[must_use]
    pub fn member(&self, id: PlanId, name: &str) -> Member {
        let node = self.node(id);
        match node.properties.get(name) {
            Some(property) => Member::Allowed(*property),
            None if node.other_members == Member::Denied
                && node.is_record
                && passes_as_system_column(name) =>
            {
                Member::Allowed(PlanId::ANY)
            }
            None => node.other_members,
        }
    }

    /// What is asked of the elements of an array here.
    #[must_use]
    pub fn element(&self, id: PlanId) -> PlanId {
        self.node(id).element
    }

    /// The members an object here must have.
    #[must_use]
    pub fn required(&self, id: PlanId) -> &[String] {
        &self.node(id).required
    }

    /// Whether scalars here have rules beyond their kind, so that [`Self::accepts_scalar`] must be asked.
    #[must_use]
    pub fn scalar_check(&self, id: PlanId) -> bool {
        let node = self.node(id);
        !node.strings.is_free() || !node.numbers.is_free()
    }

    /// Whether a scalar here certainly is fine. `raw_text` is its JSON text, for a string what stands between the
    /// quotes, escapes unresolved. `false` means that [`Schema::violations`] must be asked. Nothing is allocated,
    /// except by patterns.
    #[must_use]
    pub fn accepts_scalar(&self, id: PlanId, kind: Kind, raw_text: &[u8]) -> bool {
        let node = self.node(id);
        node.kinds.contains(kind)
            && match kind {
                Kind::String => node.strings.admits(|test| test.accepts(raw_text)),
                Kind::Integer | Kind::Decimal => node.numbers.admits(|test| test.accepts(kind, raw_text)),
                Kind::Null | Kind::False | Kind::True => true,
                Kind::Array | Kind::Object => false,
            }
    }

    /// Whether an array or object here must be shown to [`Schema::violations`]: its schema has rules that no plan can
    /// express. Scalars here are judged by [`Self::accepts_scalar`] all the same.
    #[must_use]
    pub fn needs_interpreter(&self, id: PlanId) -> bool {
        self.node(id).needs_interpreter
    }

    /// Whether the plan accepts a record: the walk that readers do while they read.
    #[must_use]
    pub fn accepts_record(&self, record: &Json) -> bool {
        self.accepts_value(self.root(), record)
    }

    fn accepts_value(&self, id: PlanId, value: &Json) -> bool {
        let kind = value.kind();
        if id == PlanId::ANY {
            return true;
        }
        if !self.accepts(id).contains(kind) || !kind.is_scalar() && self.needs_interpreter(id) {
            return false;
        }
        match value {
            Json::Null | Json::Bool(_) => true,
            Json::Number(text) => self.accepts_scalar(id, kind, text.as_bytes()),
            Json::String(text) => self.accepts_scalar(id, kind, &raw_text(text)),
            Json::Array(elements) => elements
                .iter()
                .all(|element| self.accepts_value(self.element(id), element)),
            Json::Object(members) => {
                self.required(id).iter().all(|name| value.member(name).is_some())
                    && members.iter().all(|(name, value)| match self.member(id, name) {
                        Member::Allowed(property) => self.accepts_value(property, value),
                        Member::Denied => false,
                    })
            }
        }
    }

    fn node(&self, id: PlanId) -> &PlanNode {
        &self.nodes[id.0 as usize]
    }
}

fn raw_text(text: &str) -> Vec<u8> {
    let mut quoted = Vec::new();
    write_canonical_string(text, &mut quoted);
    quoted[1..quoted.len() - 1].to_vec()
}
