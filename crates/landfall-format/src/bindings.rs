//! What holds for each place in the records of a table: its rules, its column, its sub-table.

use std::collections::HashMap;
use std::sync::Arc;

use landfall_core::json::{Kind, KindMask, PathId, Paths, Step};
use landfall_core::schema::{DeclaredTable, Member, PlanId, RecordPlan};

use crate::csv::{CsvShapes, Place};
use crate::plan::{GENERATED_KEY, TablePlan};

/// What is special about a top-level property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    Nothing,
    /// Owned by the loader (rejects.md §3).
    Reserved,
    /// `__sdc_primary_key` of a table without key.
    GeneratedKey,
}

/// What holds for one place.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    /// Kinds that need no closer look. None at all where the fast rules can't tell.
    pub(crate) accepts: KindMask,
    pub(crate) plan: PlanId,
    pub(crate) has_scalar_rules: bool,
    /// Whether the object around this member requires it.
    pub(crate) is_required: bool,
    /// How many members an object at this place must have.
    pub(crate) required_members: u32,
    /// Whether it is special, a key or a bookmark.
    pub(crate) is_named: bool,
    pub(crate) special: Special,
    /// Position among the key columns, and among the bookmark columns.
    pub(crate) key: Option<u32>,
    pub(crate) bookmark: Option<u32>,
    pub(crate) place: Place,
}

/// Names that the loader owns at the top level of every record, in any case (rejects.md §3).
pub(crate) const OWNED_COLUMNS: [&str; 5] = [
    "_sdc_extracted_at",
    "_sdc_received_at",
    "_sdc_batched_at",
    "_sdc_sequence",
    "_sdc_table_version",
];

fn is_reserved_at_top(name: &str) -> bool {
    OWNED_COLUMNS.iter().any(|owned| name.eq_ignore_ascii_case(owned))
        || name
            .as_bytes()
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"_rjm"))
}

impl Bound {
    /// The kinds that fit here whatever the value is.
    fn settled(&self) -> KindMask {
        let looked_into = match (self.has_scalar_rules, self.required_members > 0) {
            (false, false) => KindMask::NONE,
            (true, false) => KindMask::SCALARS,
            (false, true) => Kind::Object.mask(),
            (true, true) => KindMask::SCALARS.or(Kind::Object.mask()),
        };
        self.accepts.without(looked_into)
    }
}

/// [`Bound`]s by [`PathId`].
#[derive(Debug, Default)]
pub(crate) struct Bindings {
    bound: Vec<Bound>,
    /// Apart from the rest, since every value of every record is looked up here.
    settled: Vec<KindMask>,
    keys: HashMap<String, u32>,
    bookmarks: HashMap<String, u32>,
}

impl Bindings {
    pub(crate) fn new(plan: &TablePlan) -> Self {
        let keys = plan.keys().iter().cloned().zip(0..).collect();
        let bookmarks = plan.bookmarks().iter().cloned().zip(0..).collect();
        Self {
            bound: Vec::new(),
            settled: Vec::new(),
            keys,
            bookmarks,
        }
    }

    #[inline]
    pub(crate) fn get(&self, path: PathId) -> &Bound {
        &self.bound[path.index()]
    }

    /// Whether a value fits at a place by its kind alone.
    #[inline]
    pub(crate) fn settles(&self, path: PathId, kind: Kind) -> bool {
        self.settled
            .get(path.index())
            .is_some_and(|settled| settled.contains(kind))
    }

    /// How many places are bound.
    pub(crate) fn len(&self) -> usize {
        self.bound.len()
    }

    /// Forgets everything, for a new table of places.
    pub(crate) fn clear(&mut self) {
        self.bound.clear();
        self.settled.clear();
    }

    /// Binds the places that were met for the first time. Parents come before their members.
    #[inline]
    pub(crate) fn extend(&mut self, paths: &Paths, plan: &TablePlan, shapes: Option<&mut CsvShapes>) {
        if self.bound.len() < paths.len() {
            self.bind_new(paths, plan, shapes);
        }
    }

    fn bind_new(&mut self, paths: &Paths, plan: &TablePlan, mut shapes: Option<&mut CsvShapes>) {
        let rules = plan.rules().map(|(_, rules)| rules);
        for index in self.bound.len()..paths.len() {
            let path = paths.nth(index);
            let bound = self.bind(path, paths, plan, rules, shapes.as_deref_mut());
            self.settled.push(bound.settled());
            self.bound.push(bound);
        }
    }

    fn bind(
        &self,
        path: PathId,
        paths: &Paths,
        plan: &TablePlan,
        rules: Option<&RecordPlan>,
        shapes: Option<&mut CsvShapes>,
    ) -> Bound {
        let parent = paths.parent(path);
        let step = paths.step(path);
        let (plan_id, is_allowed) = match (rules, step) {
            (None, _) => (PlanId::ANY, true),
            (Some(rules), Step::Root) => (rules.root(), true),
            (Some(rules), Step::Element) => (rules.element(self.get(parent).plan), true),
            (Some(rules), Step::Member(name)) => match rules.member(self.get(parent).plan, name) {
                Member::Allowed(member) => (member, true),
                Member::Denied => (PlanId::ANY, false),
            },
        };
        let mut bound = Bound {
            accepts: KindMask::ALL,
            plan: plan_id,
            has_scalar_rules: false,
            is_required: false,
            required_members: 0,
            is_named: false,
            special: Special::Nothing,
            key: None,
            bookmark: None,
            place: Place::NOWHERE,
        };
        if let Some(rules) = rules {
            bound.accepts = match (is_allowed, rules.needs_interpreter(plan_id)) {
                (false, _) => KindMask::NONE,
                // What the fast rules can't tell concerns arrays and objects.
                (true, true) => rules.accepts(plan_id).and(KindMask::SCALARS),
                (true, false) => rules.accepts(plan_id),
            };
            bound.has_scalar_rules = rules.scalar_check(plan_id);
            bound.required_members = rules.required(plan_id).len() as u32;
            if let Step::Member(name) = step {
                bound.is_required = rules
                    .required(self.get(parent).plan)
                    .iter()
                    .any(|required| required == name);
            }
        }
        if let (Step::Member(name), PathId::ROOT) = (step, parent) {
            self.bind_top_level(name, plan, &mut bound);
        }
        if let Some(shapes) = shapes {
            bound.place = match step {
                Step::Root => CsvShapes::root_place(),
                Step::Member(name) => shapes.member_place(self.get(parent).place, name),
                Step::Element => shapes.element_place(self.get(parent).place, array_source(path, paths)),
            };
        }
        bound
    }

    fn bind_top_level(&self, name: &str, plan: &TablePlan, bound: &mut Bound) {
        if is_reserved_at_top(name) {
            bound.special = Special::Reserved;
        } else if plan.keys().is_empty() && name == GENERATED_KEY {
            bound.special = Special::GeneratedKey;
        }
        bound.key = self.keys.get(name).copied();
        bound.bookmark = self.bookmarks.get(name).copied();
        bound.is_named = bound.special != Special::Nothing || bound.key.is_some() || bound.bookmark.is_some();
    }
}

/// The way from the record to an array's elements, told apart from every other way. An array that is an element stands
/// for `{"value": …}` (files.md §7), so it is the same array as that property of another element.
fn array_source(element: PathId, paths: &Paths) -> String {
    let mut steps = Vec::new();
    let mut path = element;
    loop {
        match paths.step(path) {
            Step::Root => break,
            Step::Member(name) => steps.push(format!("\u{1}{name}")),
            Step::Element => {
                steps.push("\u{2}".to_owned());
                if paths.step(paths.parent(path)) == Step::Element {
                    steps.push("\u{1}value".to_owned());
                }
            }
        }
        path = paths.parent(path);
    }
    steps.reverse();
    steps.concat()
}

/// The declared columns of a table as shared names.
pub(crate) fn shared_names(declared: Option<&DeclaredTable>) -> Vec<Arc<str>> {
    declared.map_or_else(Vec::new, |declared| {
        declared
            .columns
            .iter()
            .map(|name| Arc::from(name.as_str()))
            .collect()
    })
}
