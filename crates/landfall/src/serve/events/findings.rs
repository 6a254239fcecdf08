//! What is wrong with the server now: a pure function of what there is to see.

mod records;

use std::time::Duration;

use landfall_catalog::{Destination, Event, Failing, Finding, Hook, Standing, Table, TableId};
use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::time::Timestamp;
use landfall_core::units::ByteCount;
use landfall_load::service::{HELD_BY_LANDFALL, NEVER_LANDS};

/// What there is to see.
pub(super) struct Snapshot {
    pub(super) destinations: Vec<Destination>,
    /// Of sources that are not deleted.
    pub(super) tables: Vec<TableState>,
    /// Hooks whose last request was given up, with the reason.
    pub(super) deaf_hooks: Vec<(Hook, String)>,
    /// Rows replicated in the period.
    pub(super) rows_used: u64,
    pub(super) row_budget: Option<u64>,
    /// Days without a load after which people are told, if they want to be.
    pub(super) idle_days: Option<u32>,
    /// When anything was last loaded; when the instance was made, if nothing ever was.
    pub(super) active_at: Timestamp,
    pub(super) log_bytes: Option<ByteCount>,
    pub(super) log_budget: Option<ByteCount>,
    /// Tables whose records are soon deleted; none if the loader does not know yet.
    pub(super) expiring: Option<Vec<ExpiringTable>>,
    /// Tables of which records were lately rejected as too large.
    pub(super) too_large: Vec<TableId>,
    /// Webhook sources of which a request was refused today as too large, with their names.
    pub(super) refused: Vec<(SourceId, String)>,
    /// What was found at the last look.
    pub(super) open: Vec<Finding>,
}

/// A table of which records wait for so long that they are soon deleted.
pub(super) struct ExpiringTable {
    /// With its name for people.
    pub(super) source: (SourceId, String),
    pub(super) name: String,
    /// When the first of them was received.
    pub(super) since: Timestamp,
    /// When that one is deleted.
    pub(super) deleted_at: Timestamp,
}

/// A table, and where it stands.
pub(super) struct TableState {
    pub(super) table: Table,
    pub(super) source_name: String,
    pub(super) destination: Option<DestinationId>,
    pub(super) rejected_today: u64,
}

pub(super) const DAY_MILLIS: i64 = 86_400_000;
/// A period of usage (operations.md §7).
pub(super) const PERIOD_DAYS: i64 = 30;
/// How long a destination may be out of reach before people are told (setup-flow.md §8).
const LONGEST_OUTAGE: Duration = Duration::from_secs(2 * 60 * 60);
/// Where the log counts as nearly full (operations.md §9).
const PRESSURE_PERCENT: u64 = 80;
/// Tables that a message names; a source may have thousands.
const MOST_TABLES: usize = 100;

/// Codes of refusals that a permission or a policy would lift.
const PERMISSIONS: [&str; 6] = [
    "bucket_access_denied",
    "missing_list_bucket",
    "missing_get_object",
    "missing_put_object",
    "kms_denied",
    "assume_role_denied",
];

/// Everything that is wrong.
pub(super) fn findings(seen: &Snapshot, now: Timestamp) -> Vec<Finding> {
    let mut found: Vec<Finding> = seen
        .destinations
        .iter()
        .filter_map(|destination| of_destination(seen, destination, now))
        .collect();
    found.extend(seen.tables.iter().filter_map(records::unsupported));
    found.extend(delays(seen));
    found.extend(seen.tables.iter().filter_map(|table| rejections(table, now)));
    found.extend(records::too_large(seen, now));
    found.extend(seen.deaf_hooks.iter().map(deaf_hook));
    found.extend(usage(seen));
    found.extend(idleness(seen, now));
    found.extend(records::expiring(seen));
    found.extend(pressure(seen));
    found
}

/// The day of an instant, counted from 1970-01-01.
pub(crate) fn day_of(instant: Timestamp) -> i64 {
    instant.as_millis().div_euclid(DAY_MILLIS)
}

/// A finding that names nothing yet.
fn finding(event: Event, subject: String, message: String) -> Finding {
    Finding {
        event,
        subject,
        about: String::new(),
        destination: None,
        source: None,
        tables: Vec::new(),
        message,
        raw_error: None,
        since: None,
    }
}

fn of_destination(seen: &Snapshot, destination: &Destination, now: Timestamp) -> Option<Finding> {
    if destination.state.paused_at().is_some() {
        return None;
    }
    match destination.state.standing()? {
        Standing::Failing(failing) => Some(failing_destination(seen, destination, failing)),
        Standing::Active => outage(seen, destination, now),
        Standing::Draft | Standing::PendingVerification => None,
    }
}

fn failing_destination(seen: &Snapshot, destination: &Destination, failing: &Failing) -> Finding {
    let is_permission = PERMISSIONS.contains(&failing.fault.code.as_str());
    let event = if is_permission {
        Event::DestinationAccess
    } else {
        Event::DestinationFailing
    };
    let message = format!(
        "Landfall cannot write to the bucket of destination {}: what comes in is kept until it can. Its page \
         says why and what to do",
        destination.name
    );
    Finding {
        about: destination.name.clone(),
        destination: Some(destination.id),
        tables: names(tables_of(seen, destination.id)),
        raw_error: Some(failing.fault.message.clone()),
        since: Some(failing.since),
        ..finding(event, subject_of(destination), message)
    }
}

/// A destination that may be written to, but hasn't been for a long time, since every load fails.
fn outage(seen: &Snapshot, destination: &Destination, now: Timestamp) -> Option<Finding> {
    let failed: Vec<&TableState> = tables_of(seen, destination.id)
        .filter(|state| is_failing(&state.table))
        .collect();
    let loaded = tables_of(seen, destination.id).filter_map(|state| state.table.last_load_at);
    let since = loaded.chain(destination.verified_at).max()?;
    let fault = failed.first()?.table.last_error.as_ref()?;
    if now < since.plus(LONGEST_OUTAGE) {
        return None;
    }
    let message = format!(
        "Nothing could be loaded to destination {} for two hours: it is tried again by itself",
        destination.name
    );
    Some(Finding {
        about: destination.name.clone(),
        destination: Some(destination.id),
        tables: names(failed.iter().copied()),
        raw_error: Some(fault.message.clone()),
        since: Some(since),
        ..finding(Event::DestinationFailing, subject_of(destination), message)
    })
}

/// The last load failed, and neither by a fault of Landfall nor of the batch.
fn is_failing(table: &Table) -> bool {
    table
        .last_error
        .as_ref()
        .is_some_and(|fault| ![HELD_BY_LANDFALL, NEVER_LANDS].contains(&fault.code.as_str()))
}

fn subject_of(destination: &Destination) -> String {
    format!("destination/{}", destination.id)
}

fn tables_of(seen: &Snapshot, destination: DestinationId) -> impl Iterator<Item = &TableState> {
    seen.tables
        .iter()
        .filter(move |state| state.destination == Some(destination))
}

fn names<'a>(tables: impl Iterator<Item = &'a TableState>) -> Vec<String> {
    tables
        .take(MOST_TABLES)
        .map(|state| state.table.name.clone())
        .collect()
}

fn delays(seen: &Snapshot) -> Option<Finding> {
    let is_held = |state: &&TableState| {
        let fault = state.table.last_error.as_ref();
        fault.is_some_and(|fault| fault.code == HELD_BY_LANDFALL)
    };
    let held: Vec<&TableState> = seen.tables.iter().filter(is_held).collect();
    let fault = held.first()?.table.last_error.as_ref()?;
    let message =
        "A fault of Landfall holds up loading: what comes in is kept. See the server's log".to_owned();
    Some(Finding {
        tables: names(held.iter().copied()),
        raw_error: Some(fault.message.clone()),
        ..finding(Event::LoadDelayed, "instance".to_owned(), message)
    })
}

/// Told once a day for each table: it is over at midnight, and begins anew.
fn rejections(state: &TableState, now: Timestamp) -> Option<Finding> {
    if state.rejected_today == 0 {
        return None;
    }
    let (table, day) = (&state.table, day_of(now));
    let message = format!(
        "Records of table {} of {} were rejected today, {} so far: see the rejected records of the source",
        table.name, state.source_name, state.rejected_today
    );
    Some(Finding {
        about: table.name.clone(),
        destination: state.destination,
        source: Some(table.source),
        tables: vec![table.name.clone()],
        ..finding(
            Event::RecordsRejected,
            format!("table/{}/{day}", table.id),
            message,
        )
    })
}

fn deaf_hook((hook, failure): &(Hook, String)) -> Finding {
    let message = format!(
        "The post-load webhook {} was not reached, and the request was given up: see its delivery log",
        hook.id
    );
    Finding {
        about: hook.id.to_string(),
        destination: Some(hook.destination),
        raw_error: Some(failure.clone()),
        ..finding(Event::HookUndeliverable, format!("hook/{}", hook.id), message)
    }
}

fn usage(seen: &Snapshot) -> Option<Finding> {
    let budget = seen.row_budget.filter(|budget| *budget > 0)?;
    let percent = u128::from(seen.rows_used) * 100 / u128::from(budget);
    let event = match percent {
        100.. => Event::Usage100,
        90.. => Event::Usage90,
        70.. => Event::Usage70,
        _ => return None,
    };
    let message = format!(
        "{percent} % of the row budget are used: {} of {budget} rows in {PERIOD_DAYS} days. Nothing is paused",
        seen.rows_used
    );
    Some(finding(event, "instance".to_owned(), message))
}

/// Nothing was loaded for as long as people want to be told of.
fn idleness(seen: &Snapshot, now: Timestamp) -> Option<Finding> {
    let days = seen.idle_days?;
    let since = seen.active_at;
    let idle_millis = now.as_millis().saturating_sub(since.as_millis());
    if idle_millis < i64::from(days) * DAY_MILLIS {
        return None;
    }
    let message = format!(
        "Nothing was loaded since {since}, for {days} days and longer: see whether sources still send. Nothing is paused"
    );
    Some(Finding {
        since: Some(since),
        ..finding(Event::InstanceIdle, "instance".to_owned(), message)
    })
}

fn pressure(seen: &Snapshot) -> Option<Finding> {
    let (bytes, budget) = (seen.log_bytes?.as_u64(), seen.log_budget?.as_u64());
    if u128::from(bytes) * 100 < u128::from(budget) * u128::from(PRESSURE_PERCENT) {
        return None;
    }
    let message = format!(
        "The log has taken more than {PRESSURE_PERCENT} % of its {budget} bytes: at 95 % requests are answered 503. \
         Bring failing destinations back, or raise log_budget_bytes"
    );
    Some(finding(Event::BufferPressure, "instance".to_owned(), message))
}

#[cfg(test)]
mod tests;
