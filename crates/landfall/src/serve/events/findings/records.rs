//! What became of records, or will: batches that can't be written, records that are too large, data that is deleted.

use std::collections::BTreeMap;

use landfall_catalog::{Event, Finding};
use landfall_core::ids::SourceId;
use landfall_core::time::Timestamp;
use landfall_http::import::WEBHOOK_TABLE;
use landfall_load::service::NEVER_LANDS;

use super::{ExpiringTable, MOST_TABLES, Snapshot, TableState, day_of, finding};

/// A table whose next batch can never be written; it stays so until the batch lands, or is given up.
pub(super) fn unsupported(state: &TableState) -> Option<Finding> {
    let table = &state.table;
    let fault = table
        .last_error
        .as_ref()
        .filter(|fault| fault.code == NEVER_LANDS)?;
    let message = format!(
        "A batch of table {} of {} can't be written as it is: its records and those behind it are kept, other tables go \
         on. See the loading report of the table",
        table.name, state.source_name
    );
    Some(Finding {
        about: table.name.clone(),
        destination: state.destination,
        source: Some(table.source),
        tables: vec![table.name.clone()],
        raw_error: Some(fault.message.clone()),
        ..finding(Event::LoadUnsupported, format!("table/{}", table.id), message)
    })
}

/// Told once a day for each table, and for each webhook source: what was found stays until midnight.
pub(super) fn too_large(seen: &Snapshot, now: Timestamp) -> Vec<Finding> {
    let day = day_of(now);
    let of_today = format!("/{day}");
    let known = seen
        .open
        .iter()
        .filter(|open| open.event == Event::RecordTooLarge && open.subject.ends_with(&of_today));
    let mut found: Vec<Finding> = known.cloned().collect();
    let rejected = seen
        .tables
        .iter()
        .filter(|state| seen.too_large.contains(&state.table.id))
        .map(|state| rejected_record(state, day));
    let refused = seen
        .refused
        .iter()
        .map(|(id, name)| refused_request(*id, name, day));
    for new in rejected.chain(refused) {
        if found.iter().all(|known| known.subject != new.subject) {
            found.push(new);
        }
    }
    found
}

fn rejected_record(state: &TableState, day: i64) -> Finding {
    let table = &state.table;
    let message = format!(
        "A record of table {} of {} is larger than 20 MB, and was rejected today: see the rejected records of the source",
        table.name, state.source_name
    );
    Finding {
        about: table.name.clone(),
        destination: state.destination,
        source: Some(table.source),
        tables: vec![table.name.clone()],
        ..finding(
            Event::RecordTooLarge,
            format!("table/{}/{day}", table.id),
            message,
        )
    }
}

fn refused_request(source: SourceId, name: &str, day: i64) -> Finding {
    let message = format!(
        "A request to the webhook of {name} was larger than 20 MB, and was refused today with 413: its records are \
         not taken. Have the sender send less at once"
    );
    Finding {
        about: WEBHOOK_TABLE.to_owned(),
        source: Some(source),
        tables: vec![WEBHOOK_TABLE.to_owned()],
        ..finding(Event::RecordTooLarge, format!("source/{source}/{day}"), message)
    }
}

/// Sources of which records are soon deleted unloaded. As long as the loader does not know, it is as it was.
pub(super) fn expiring(seen: &Snapshot) -> Vec<Finding> {
    let Some(tables) = &seen.expiring else {
        let known = seen
            .open
            .iter()
            .filter(|open| open.event == Event::BufferExpiring);
        return known.cloned().collect();
    };
    let mut by_source: BTreeMap<SourceId, Vec<&ExpiringTable>> = BTreeMap::new();
    for table in tables {
        by_source.entry(table.source.0).or_default().push(table);
    }
    by_source.into_values().filter_map(expiring_source).collect()
}

fn expiring_source(mut tables: Vec<&ExpiringTable>) -> Option<Finding> {
    tables.sort_by(|one, other| one.name.cmp(&other.name));
    let first = tables.iter().min_by_key(|table| table.deleted_at)?;
    let (source, name) = &first.source;
    let message = format!(
        "Records of {name} wait since {}, and are deleted from {} on unless they can be loaded: mend their destination, or \
         give the source one",
        first.since, first.deleted_at
    );
    let names = tables.iter().take(MOST_TABLES).map(|table| table.name.clone());
    Some(Finding {
        about: name.clone(),
        source: Some(*source),
        tables: names.collect(),
        ..finding(Event::BufferExpiring, format!("source/{source}"), message)
    })
}
