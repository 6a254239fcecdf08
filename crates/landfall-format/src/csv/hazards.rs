//! What keeps a record from being flattened: reserved names in sub-tables and collisions (rejects.md R5 to R7).

use std::collections::HashSet;

use landfall_core::json::{Kind, Value};

use super::shapes::CsvShapes;
use crate::bindings::Bindings;
use crate::reject::Reason;
use crate::run::{Claim, Claims};

/// What a record is checked against.
pub(crate) struct Surroundings<'s> {
    pub(crate) bindings: &'s Bindings,
    /// The claims of earlier runs.
    pub(crate) claims: &'s Claims,
}

/// Finds the first reason that this record can't be flattened. If there is none, the record's new sub-tables are
/// claimed for the run in `run_claims`.
pub(crate) fn find_hazard(
    record: Value<'_>,
    around: &Surroundings<'_>,
    shapes: &mut CsvShapes,
    run_claims: &mut Vec<Claim>,
) -> Option<Reason> {
    if shapes.are_safe() {
        return None;
    }
    let needs_look = record.subtree().any(|value| {
        let place = around.bindings.get(value.path()).place;
        let shape = &shapes.shapes[place.shape as usize];
        place.is_reserved || shape.has_shared_slots || (place.shape != 0 && !shape.is_claimed)
    });
    if !needs_look {
        return None;
    }
    reserved_name(record, around.bindings)
        .or_else(|| collision(0, record, around.bindings, shapes))
        .or_else(|| claim_sub_tables(record, around, shapes, run_claims))
}

fn reserved_name(record: Value<'_>, bindings: &Bindings) -> Option<Reason> {
    let reserved = record
        .subtree()
        .find(|value| bindings.get(value.path()).place.is_reserved)?;
    Some(Reason::ReservedColumn {
        name: reserved.paths().name(reserved.path()).to_owned(),
    })
}

/// Two values of one row for one column, in the row that `row` makes or in one below it.
fn collision(shape: usize, row: Value<'_>, bindings: &Bindings, shapes: &CsvShapes) -> Option<Reason> {
    let mut taken = HashSet::new();
    collision_in(shape, row, bindings, shapes, &mut taken)
}

fn collision_in(
    shape: usize,
    value: Value<'_>,
    bindings: &Bindings,
    shapes: &CsvShapes,
    taken: &mut HashSet<u32>,
) -> Option<Reason> {
    match value.kind() {
        Kind::Object => value
            .children()
            .find_map(|member| collision_in(shape, member, bindings, shapes, taken)),
        Kind::Array => value.elements().find_map(|element| {
            let below = bindings.get(element.path()).place.shape as usize;
            collision(below, element, bindings, shapes)
        }),
        // A null may stand for an object as well as for a scalar; next to a value of the same column it collides.
        _ => {
            let slot = bindings.get(value.path()).place.slot;
            let is_free = taken.insert(slot);
            let name = || shapes.shapes[shape].slots[slot as usize].name.to_string();
            (!is_free).then(|| Reason::FieldCollision { column: name() })
        }
    }
}

fn claim_sub_tables(
    record: Value<'_>,
    around: &Surroundings<'_>,
    shapes: &mut CsvShapes,
    run_claims: &mut Vec<Claim>,
) -> Option<Reason> {
    let mut fresh: Vec<usize> = Vec::new();
    for value in record.subtree() {
        let index = around.bindings.get(value.path()).place.shape as usize;
        if index == 0 || shapes.shapes[index].is_claimed || fresh.contains(&index) {
            continue;
        }
        let shape = &shapes.shapes[index];
        if !shape.fits {
            return Some(Reason::LongSubTableName {
                table: shape.sql_name.clone(),
            });
        }
        let collides_with =
            |other: &Claim| other.key == shape.claim.key && other.source != shape.claim.source;
        let is_taken = around.claims.contradict(&shape.claim)
            || run_claims.iter().any(collides_with)
            || fresh
                .iter()
                .any(|other| collides_with(&shapes.shapes[*other].claim));
        if is_taken {
            return Some(Reason::SubTableCollision {
                cleaned: shape.cleaned_sql_name.clone(),
            });
        }
        fresh.push(index);
    }
    for index in fresh {
        shapes.claim(index);
        let shape = &shapes.shapes[index];
        if !around.claims.hold(&shape.claim) {
            run_claims.push(shape.claim.clone());
        }
    }
    None
}
