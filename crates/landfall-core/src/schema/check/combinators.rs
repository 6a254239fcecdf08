//! `allOf`, `anyOf`, `oneOf` and `not`.

use super::Checker;
use crate::json::Json;
use crate::schema::node::{Node, NodeId};

impl Checker<'_> {
    pub(super) fn all_of_faults(&mut self, node: &Node, value: &Json) -> usize {
        let Some(branches) = &node.all_of else { return 0 };
        if self.wants_only_verdict() {
            return usize::from(!branches.iter().all(|branch| self.check(*branch, value)));
        }
        let (matched, total) = (self.count_matches(branches, value), branches.len());
        if matched == total {
            return 0;
        }
        self.fault(format_args!("#: only {matched} subschema matches out of {total}"));
        self.explain(branches, value)
    }

    pub(super) fn any_of_faults(&mut self, node: &Node, value: &Json) -> usize {
        let Some(branches) = &node.any_of else { return 0 };
        if branches.iter().any(|branch| self.is_valid(*branch, value)) {
            return 0;
        }
        self.fault(format_args!(
            "#: no subschema matched out of the total {} subschemas",
            branches.len()
        ));
        self.explain(branches, value)
    }

    pub(super) fn one_of_faults(&mut self, node: &Node, value: &Json) -> usize {
        let Some(branches) = &node.one_of else { return 0 };
        let matched = self.count_matches(branches, value);
        if matched == 1 {
            return 0;
        }
        self.fault(format_args!("#: {matched} subschemas matched instead of one"));
        self.explain(branches, value)
    }

    pub(super) fn not_faults(&mut self, node: &Node, value: &Json) -> usize {
        match node.not {
            Some(branch) if self.is_valid(branch, value) => self.fault(format_args!(
                "subject must not be valid against the schema in [not]"
            )),
            _ => 0,
        }
    }

    /// How many branches match; without a report, two are as good as more.
    fn count_matches(&mut self, branches: &[NodeId], value: &Json) -> usize {
        let enough = if self.wants_only_verdict() { 2 } else { usize::MAX };
        let mut matched = 0;
        for branch in branches {
            matched += usize::from(self.is_valid(*branch, value));
            if matched == enough {
                break;
            }
        }
        matched
    }

    /// Reports what is wrong with each branch. Whatever that is, a combinator counts as one violation.
    fn explain(&mut self, branches: &[NodeId], value: &Json) -> usize {
        if !self.wants_only_verdict() {
            for branch in branches {
                self.check(*branch, value);
            }
        }
        1
    }
}
