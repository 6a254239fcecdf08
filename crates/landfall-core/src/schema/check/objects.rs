//! Objects.

use std::collections::HashMap;

use super::Checker;
use crate::json::Json;
use crate::schema::node::{Additional, NodeId, ObjectRules};
use crate::schema::pattern::{MAX_BACKTRACKS, Pattern};
use crate::schema::system_column::passes_as_system_column;

impl Checker<'_> {
    pub(super) fn object_faults(&mut self, rules: &ObjectRules, members: &[(String, Json)]) -> usize {
        let members = Members::new(members);
        let mut faults = self.missing_faults(rules, &members);
        faults += self.extraneous_faults(rules, &members);
        faults += self.member_count_faults(rules, members.listed.len() as u64);
        if faults > 0 && self.wants_only_verdict() {
            return faults;
        }
        faults += self.property_faults(rules, &members);
        if faults > 0 && self.wants_only_verdict() {
            return faults;
        }
        faults + self.other_member_faults(rules, &members)
    }

    fn missing_faults(&mut self, rules: &ObjectRules, members: &Members<'_>) -> usize {
        let mut faults = 0;
        for name in rules.required.iter().filter(|name| members.find(name).is_none()) {
            faults += self.fault(format_args!("required key [{name}] not found"));
        }
        faults
    }

    fn extraneous_faults(&mut self, rules: &ObjectRules, members: &Members<'_>) -> usize {
        let Additional::Denied = rules.additional else {
            return 0;
        };
        let is_record = self.depth == 0;
        let mut faults = 0;
        for (name, _) in members.listed {
            let is_exempt = is_record && passes_as_system_column(name);
            if !is_exempt && self.is_additional(rules, name) {
                faults += self.fault(format_args!("extraneous key [{name}] is not permitted"));
            }
        }
        faults
    }

    fn member_count_faults(&mut self, rules: &ObjectRules, found: u64) -> usize {
        let mut faults = 0;
        if let Some(minimum) = rules.min_properties.filter(|minimum| found < *minimum) {
            faults += self.fault(format_args!(
                "expected minimum property count: {minimum}, found: {found}"
            ));
        }
        if let Some(maximum) = rules.max_properties.filter(|maximum| found > *maximum) {
            faults += self.fault(format_args!(
                "expected maximum property count: {maximum}, found: {found}"
            ));
        }
        faults
    }

    /// Declared properties, in schema order.
    fn property_faults(&mut self, rules: &ObjectRules, members: &Members<'_>) -> usize {
        let mut faults = 0;
        for (name, id) in rules.properties() {
            let Some(value) = members.find(name) else { continue };
            faults += self.member_fault(*id, name, value);
            if self.gave_up || faults > 0 && self.wants_only_verdict() {
                break;
            }
        }
        faults
    }

    /// Members by `patternProperties` and a schema in `additionalProperties`, in record order.
    fn other_member_faults(&mut self, rules: &ObjectRules, members: &Members<'_>) -> usize {
        let additional = match rules.additional {
            Additional::Checked(id) => Some(id),
            Additional::Allowed | Additional::Denied => None,
        };
        if rules.patterns.is_empty() && additional.is_none() {
            return 0;
        }
        let mut faults = 0;
        for (name, value) in members.listed {
            for (pattern, id) in &rules.patterns {
                if self.matches(pattern, name) {
                    faults += self.member_fault(*id, name, value);
                }
            }
            if let Some(id) = additional
                && self.is_additional(rules, name)
            {
                faults += self.member_fault(id, name, value);
            }
            if self.gave_up || faults > 0 && self.wants_only_verdict() {
                break;
            }
        }
        faults
    }

    fn member_fault(&mut self, id: NodeId, name: &str, value: &Json) -> usize {
        usize::from(!self.check_inside(id, name, value))
    }

    fn is_additional(&mut self, rules: &ObjectRules, name: &str) -> bool {
        !rules.by_name.contains_key(name)
            && !rules
                .patterns
                .iter()
                .any(|(pattern, _)| self.matches(pattern, name))
    }

    fn matches(&mut self, pattern: &Pattern, name: &str) -> bool {
        let matches = pattern.matches(name);
        if matches.is_none() {
            self.spend(u64::from(MAX_BACKTRACKS));
        }
        matches == Some(true)
    }
}

/// Objects with more members than this get an index.
const SMALL_OBJECT: usize = 16;

/// The members of an object, found by name.
struct Members<'r> {
    listed: &'r [(String, Json)],
    index: Option<HashMap<&'r str, &'r Json>>,
}

impl<'r> Members<'r> {
    fn new(listed: &'r [(String, Json)]) -> Self {
        let is_small = listed.len() <= SMALL_OBJECT;
        let index = (!is_small).then(|| listed.iter().map(|(name, value)| (&**name, value)).collect());
        Self { listed, index }
    }

    fn find(&self, name: &str) -> Option<&'r Json> {
        match &self.index {
            Some(index) => index.get(name).copied(),
            None => self
                .listed
                .iter()
                .find(|(found, _)| found == name)
                .map(|(_, value)| value),
        }
    }
}
