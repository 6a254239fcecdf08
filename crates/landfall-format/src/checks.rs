//! The checks of single records, in their order (rejects.md §2), but for those of CSV.

use landfall_core::json::{Json, Kind, Value, write_compact};
use landfall_core::schema::RecordPlan;

use crate::bindings::{Bindings, Special};
use crate::plan::TablePlan;
use crate::reject::{KeyKindFound, MAX_RECORD_BYTES, Reason};

/// What the top level of a record shows.
#[derive(Debug, Default)]
pub(crate) struct TopLevel {
    /// For each key column, the node of its value.
    pub(crate) keys: Vec<Option<usize>>,
    /// For each bookmark column, the node of its value.
    pub(crate) bookmarks: Vec<Option<usize>>,
    /// The node of `__sdc_primary_key` in a table without key.
    pub(crate) generated_key: Option<usize>,
    reserved: Option<usize>,
}

impl TopLevel {
    /// Looks once at every top-level member.
    #[inline]
    pub(crate) fn read(&mut self, record: Value<'_>, bindings: &Bindings, plan: &TablePlan) {
        self.keys.clear();
        self.keys.resize(plan.keys().len(), None);
        self.bookmarks.clear();
        self.bookmarks.resize(plan.bookmarks().len(), None);
        self.generated_key = None;
        self.reserved = None;
        for member in record.children() {
            let bound = bindings.get(member.path());
            if !bound.is_named {
                continue;
            }
            if let Some(key) = bound.key {
                self.keys[key as usize] = Some(member.index());
            }
            if let Some(bookmark) = bound.bookmark {
                self.bookmarks[bookmark as usize] = Some(member.index());
            }
            match bound.special {
                Special::Nothing => {}
                Special::Reserved => self.reserved = self.reserved.or(Some(member.index())),
                Special::GeneratedKey => self.generated_key = Some(member.index()),
            }
        }
    }
}

/// R1: the record's size as compact JSON. `raw_bytes` is its size as received.
pub(crate) fn size_problem(record: Value<'_>, raw_bytes: usize) -> Option<Reason> {
    if raw_bytes <= MAX_RECORD_BYTES {
        return None;
    }
    let mut compact = Vec::with_capacity(raw_bytes);
    write_compact(record, &mut compact);
    (compact.len() > MAX_RECORD_BYTES).then_some(Reason::TooLarge { bytes: compact.len() })
}

/// R2: the record against its schema. The fast rules accept what is plainly right; the interpreter has the last word
/// on everything else.
pub(crate) fn schema_problem(record: Value<'_>, bindings: &Bindings, plan: &TablePlan) -> Option<Reason> {
    let (schema, rules) = plan.rules()?;
    let is_plainly_right = record.subtree().all(|value| {
        bindings.settles(value.path(), value.kind()) || is_right_on_closer_look(value, bindings, rules)
    });
    if is_plainly_right {
        return None;
    }
    let violations = schema.violations(&Json::from_value(record), plan.formats())?;
    Some(Reason::Schema { violations })
}

fn is_right_on_closer_look(value: Value<'_>, bindings: &Bindings, rules: &RecordPlan) -> bool {
    let (bound, kind) = (bindings.get(value.path()), value.kind());
    let breaks_scalar_rules = || {
        bound.has_scalar_rules && kind.is_scalar() && !rules.accepts_scalar(bound.plan, kind, value.text())
    };
    let lacks_required =
        || bound.required_members > 0 && kind == Kind::Object && !has_required(value, bindings);
    bound.accepts.contains(kind) && !breaks_scalar_rules() && !lacks_required()
}

fn has_required(object: Value<'_>, bindings: &Bindings) -> bool {
    let found = object
        .children()
        .filter(|member| bindings.get(member.path()).is_required)
        .count();
    found == bindings.get(object.path()).required_members as usize
}

/// R3 and R4: key values are present, and scalars.
pub(crate) fn key_problem(record: Value<'_>, top: &TopLevel, plan: &TablePlan) -> Option<Reason> {
    let kind_of = |node: Option<usize>| node.map_or(Kind::Null, |node| record.at_index(node).kind());
    let named = || plan.keys().iter().zip(&top.keys);
    if let Some((name, _)) = named().find(|(_, node)| kind_of(**node) == Kind::Null) {
        return Some(Reason::MissingKey { name: name.clone() });
    }
    named().find_map(|(name, node)| {
        let found = match kind_of(*node) {
            Kind::Object => KeyKindFound::Object,
            Kind::Array => KeyKindFound::Array,
            _ => return None,
        };
        Some(Reason::KeyKind {
            name: name.clone(),
            found,
        })
    })
}

/// R5 at the top level: names that the loader owns.
pub(crate) fn reserved_problem(record: Value<'_>, top: &TopLevel) -> Option<Reason> {
    let reserved = record.at_index(top.reserved?);
    Some(Reason::ReservedColumn {
        name: reserved.paths().name(reserved.path()).to_owned(),
    })
}
