//! Arrays.

use std::collections::HashSet;

use super::Checker;
use crate::json::Json;
use crate::schema::canonical::canonical_text;
use crate::schema::node::{Additional, ArrayRules, Items, NodeId};

impl Checker<'_> {
    pub(super) fn array_faults(&mut self, rules: &ArrayRules, elements: &[Json]) -> usize {
        let found = elements.len() as u64;
        let mut faults = 0;
        if let Some(minimum) = rules.min_items.filter(|minimum| found < *minimum) {
            faults += self.fault(format_args!(
                "expected minimum item count: {minimum}, found: {found}"
            ));
        }
        if let Some(maximum) = rules.max_items.filter(|maximum| found > *maximum) {
            faults += self.fault(format_args!(
                "expected maximum item count: {maximum}, found: {found}"
            ));
        }
        if let Items::Tuple(places, Additional::Denied) = &rules.items
            && elements.len() > places.len()
        {
            faults += self.fault(format_args!(
                "expected maximum item count: {}, found: {found}",
                places.len()
            ));
        }
        if rules.is_unique && !are_unique(elements) {
            faults += self.fault(format_args!("array items are not unique"));
        }
        faults + self.element_faults(&rules.items, elements)
    }

    fn element_faults(&mut self, items: &Items, elements: &[Json]) -> usize {
        let mut faults = 0;
        for (index, element) in elements.iter().enumerate() {
            let Some(id) = element_schema(items, index) else {
                break;
            };
            faults += usize::from(!self.check_inside(id, index, element));
            if self.gave_up || faults > 0 && self.wants_only_verdict() {
                break;
            }
        }
        faults
    }
}

/// The schema of the element at `index`; elements behind one without a schema have none either.
fn element_schema(items: &Items, index: usize) -> Option<NodeId> {
    match items {
        Items::Any => None,
        Items::Each(id) => Some(*id),
        Items::Tuple(places, additional) => places.get(index).copied().or(match additional {
            Additional::Checked(id) => Some(*id),
            Additional::Allowed | Additional::Denied => None,
        }),
    }
}

fn are_unique(elements: &[Json]) -> bool {
    let mut seen = HashSet::with_capacity(elements.len());
    elements
        .iter()
        .all(|element| seen.insert(canonical_text(element)))
}
