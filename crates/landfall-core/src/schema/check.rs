//! The interpreter: one record against a schema, and the text of what is wrong (import-api.md §7 and §12).

mod arrays;
mod combinators;
mod objects;
mod scalars;

use std::fmt::{self, Write as _};

use super::node::{Node, NodeId, Types};
use super::value_type::type_name;
use super::{Formats, Schema};
use crate::json::Json;

/// Levels of schema inside schema. Records nest at most 128 levels, so each of them may take eight.
const MAX_LEVELS: u32 = 1024;

/// Checks of one value against one schema object that any record may take …
const FREE_STEPS: u64 = 1 << 24;

/// … and those it may take in addition for each of its values.
pub(super) const STEPS_PER_VALUE: u64 = 64;

/// See [`Schema::violations`].
pub(super) fn violations(schema: &Schema, record: &Json, formats: Formats) -> Option<String> {
    let steps = FREE_STEPS.saturating_add(count_values(record).saturating_mul(STEPS_PER_VALUE));
    // Most records that get here conform, so the text is made in a second run.
    let mut verdict = Checker::new(schema, formats, steps, None);
    if verdict.check(schema.root, record) && !verdict.gave_up {
        return None;
    }
    let mut explanation = Checker::new(schema, formats, steps, Some(String::new()));
    explanation.check(schema.root, record);
    if verdict.gave_up || explanation.gave_up {
        return Some("#: the schema takes too many steps to check this record".to_owned());
    }
    explanation.report
}

fn count_values(value: &Json) -> u64 {
    match value {
        Json::Array(elements) => 1 + elements.iter().map(count_values).sum::<u64>(),
        Json::Object(members) => 1 + members.iter().map(|(_, value)| count_values(value)).sum::<u64>(),
        _ => 1,
    }
}

struct Checker<'s> {
    schema: &'s Schema,
    formats: Formats,
    /// The violations so far; `None` while only the verdict is wanted.
    report: Option<String>,
    /// Where the value stands; only kept while there is a report.
    pointer: String,
    /// Levels of the record above the value.
    depth: u32,
    levels_left: u32,
    steps_left: u64,
    /// Whether steps or levels ran out. The result means nothing then.
    gave_up: bool,
}

impl<'s> Checker<'s> {
    fn new(schema: &'s Schema, formats: Formats, steps: u64, report: Option<String>) -> Self {
        Self {
            schema,
            formats,
            report,
            pointer: "#".to_owned(),
            depth: 0,
            levels_left: MAX_LEVELS,
            steps_left: steps,
            gave_up: false,
        }
    }

    /// Whether `value` conforms to a node; if not, the report gets what is wrong.
    fn check(&mut self, id: NodeId, value: &Json) -> bool {
        self.spend(1);
        if self.levels_left == 0 {
            self.gave_up = true;
        }
        if self.gave_up {
            return false;
        }
        self.levels_left -= 1;
        let start = self.report.as_ref().map_or(0, String::len);
        let schema = self.schema;
        let faults = self.count_faults(schema.node(id), value);
        self.levels_left += 1;
        if faults > 1 {
            self.announce(start, faults);
        }
        faults == 0
    }

    /// The same without a report.
    fn is_valid(&mut self, id: NodeId, value: &Json) -> bool {
        let report = self.report.take();
        let is_valid = self.check(id, value);
        self.report = report;
        is_valid
    }

    /// Checks a member or an element of the value.
    fn check_inside(&mut self, id: NodeId, step: impl fmt::Display, value: &Json) -> bool {
        let length = self.pointer.len();
        if self.report.is_some() {
            let _infallible = write!(self.pointer, "/{step}");
        }
        self.depth += 1;
        let is_valid = self.check(id, value);
        self.depth -= 1;
        self.pointer.truncate(length);
        is_valid
    }

    /// The number of violations of the node itself, each nested node counting as one. Without a report, the first is
    /// enough.
    fn count_faults(&mut self, node: &Node, value: &Json) -> usize {
        let keyword_groups: [fn(&mut Self, &Node, &Json) -> usize; 6] = [
            Self::enum_faults,
            Self::kind_faults,
            Self::all_of_faults,
            Self::any_of_faults,
            Self::one_of_faults,
            Self::not_faults,
        ];
        if let Some(types) = &node.types
            && !types.kinds.contains(value.kind())
        {
            return self.type_fault(types, value);
        }
        let mut faults = 0;
        for keyword_group in keyword_groups {
            faults += keyword_group(self, node, value);
            if faults > 0 && self.report.is_none() {
                break;
            }
        }
        faults
    }

    fn kind_faults(&mut self, node: &Node, value: &Json) -> usize {
        match value {
            Json::Number(text) => self.number_faults(&node.numbers, text),
            Json::String(text) => self.string_faults(&node.strings, text),
            Json::Array(elements) => self.array_faults(&node.arrays, elements),
            Json::Object(members) => self.object_faults(&node.objects, members),
            Json::Null | Json::Bool(_) => 0,
        }
    }

    fn type_fault(&mut self, types: &Types, value: &Json) -> usize {
        let found = type_name(value);
        if types.is_union {
            let total = types.listed.len();
            self.fault(format_args!(
                "#: no subschema matched out of the total {total} subschemas"
            ));
        }
        for expected in &types.listed {
            self.fault(format_args!("expected: {}, found: {found}", expected.label()));
        }
        1
    }

    /// Reports one violation of the value.
    fn fault(&mut self, text: fmt::Arguments<'_>) -> usize {
        if let Some(report) = &mut self.report {
            let separator = if report.is_empty() { "" } else { " " };
            let _infallible = write!(report, "{separator}{}: {text}", self.pointer);
        }
        1
    }

    /// Puts the number of violations before those reported since `start`.
    fn announce(&mut self, start: usize, faults: usize) {
        let Some(report) = &mut self.report else { return };
        let heading = format!("{}: {faults} schema violations found", self.pointer);
        if start == 0 {
            report.insert_str(0, &(heading + " "));
        } else {
            report.insert_str(start, &format!(" {heading}"));
        }
    }

    fn spend(&mut self, steps: u64) {
        match self.steps_left.checked_sub(steps) {
            Some(left) => self.steps_left = left,
            None => self.gave_up = true,
        }
    }

    fn wants_only_verdict(&self) -> bool {
        self.report.is_none()
    }
}
