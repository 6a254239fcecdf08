use landfall_catalog::{AccessFault, DestinationProperties, DestinationState, HookId, LoadFault, TableId};
use landfall_core::ids::SourceId;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_767_607_200_000);

fn hours_ago(hours: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() - hours * 3_600_000)
}

fn destination(standing: Standing) -> Destination {
    Destination {
        id: DestinationId::new(3),
        name: "Lake".to_owned(),
        description: None,
        properties: DestinationProperties::default(),
        state: DestinationState::Live(standing),
        verified_at: Some(hours_ago(9)),
        last_check: None,
        created_at: hours_ago(9),
        updated_at: hours_ago(9),
        revision: 1,
        access_revision: 1,
        last_load_instant: None,
    }
}

fn failing(code: &str) -> Standing {
    Standing::Failing(Failing {
        fault: AccessFault {
            code: code.to_owned(),
            message: "Forbidden".to_owned(),
        },
        since: hours_ago(1),
        failed_checks: 2,
        next_check_at: NOW,
    })
}

fn table(fault: Option<&str>, loaded: Option<Timestamp>) -> TableState {
    TableState {
        table: Table {
            id: TableId::new(7),
            source: SourceId::new(1),
            name: "orders".to_owned(),
            cleaned_name: "orders".to_owned(),
            active_version: None,
            rows_landed: 0,
            rows_rejected: 0,
            highest_bookmark: None,
            last_load_at: loaded,
            last_attempt_at: Some(NOW),
            last_error: fault.map(|code| LoadFault {
                code: code.to_owned(),
                message: "no answer".to_owned(),
            }),
        },
        source_name: "Shop".to_owned(),
        destination: Some(DestinationId::new(3)),
        rejected_today: 0,
    }
}

fn seen(standing: Standing, tables: Vec<TableState>) -> Snapshot {
    Snapshot {
        destinations: vec![destination(standing)],
        tables,
        deaf_hooks: Vec::new(),
        rows_used: 0,
        row_budget: None,
        idle_days: None,
        active_at: hours_ago(9),
        log_bytes: None,
        log_budget: None,
        expiring: Some(Vec::new()),
        too_large: Vec::new(),
        refused: Vec::new(),
        open: Vec::new(),
    }
}

fn events(seen: &Snapshot) -> Vec<Event> {
    findings(seen, NOW).iter().map(|finding| finding.event).collect()
}

#[test]
fn a_lost_permission_is_told_apart_from_other_failures() {
    let cases = [
        (failing("missing_put_object"), vec![Event::DestinationAccess]),
        (failing("no_such_bucket"), vec![Event::DestinationFailing]),
        (Standing::Active, vec![]),
        (Standing::PendingVerification, vec![]),
        (Standing::Draft, vec![]),
    ];
    for (standing, expected) in cases {
        let shown = format!("{standing:?}");
        assert_eq!(events(&seen(standing, Vec::new())), expected, "{shown}");
    }
    let found = findings(&seen(failing("no_such_bucket"), vec![table(None, None)]), NOW);
    assert_eq!(found[0].since, Some(hours_ago(1)));
    assert_eq!(found[0].tables, ["orders"]);
}

#[test]
fn an_outage_is_told_after_two_hours_without_a_load() {
    let cases = [
        (table(Some("timeout"), Some(hours_ago(1))), vec![]),
        (
            table(Some("timeout"), Some(hours_ago(2))),
            vec![Event::DestinationFailing],
        ),
        (table(Some("timeout"), None), vec![Event::DestinationFailing]),
        (table(None, Some(hours_ago(5))), vec![]),
        (
            table(Some("internal"), Some(hours_ago(5))),
            vec![Event::LoadDelayed],
        ),
        (
            table(Some("load_unsupported"), Some(hours_ago(5))),
            vec![Event::LoadUnsupported],
        ),
    ];
    for (table, expected) in cases {
        let shown = format!("{:?}", table.table);
        assert_eq!(events(&seen(Standing::Active, vec![table])), expected, "{shown}");
    }
}

#[test]
fn rejected_records_are_told_anew_each_day() {
    let mut state = table(None, None);
    state.rejected_today = 5;
    let today = rejections(&state, NOW).unwrap();
    let tomorrow = rejections(&state, hours_ago(-24)).unwrap();
    assert_eq!(today.event, Event::RecordsRejected);
    assert_ne!(today.subject, tomorrow.subject);
    state.rejected_today = 0;
    assert!(rejections(&state, NOW).is_none());
}

#[test]
fn a_budget_is_told_of_at_its_marks() {
    let cases = [
        (69, None),
        (70, Some(Event::Usage70)),
        (90, Some(Event::Usage90)),
        (250, Some(Event::Usage100)),
    ];
    for (used, expected) in cases {
        let seen = Snapshot {
            rows_used: used,
            row_budget: Some(100),
            ..seen(Standing::Active, Vec::new())
        };
        assert_eq!(usage(&seen).map(|finding| finding.event), expected, "{used}");
    }
}

#[test]
fn a_log_that_fills_up_and_a_deaf_hook_are_told_of() {
    let hook = Hook {
        id: HookId::new(4),
        destination: DestinationId::new(3),
        url: "https://example.com/secret".to_owned().into(),
        fingerprint: "ab".to_owned(),
        created_at: NOW,
        modified_at: NOW,
        disabled_at: None,
    };
    let full = Snapshot {
        log_bytes: Some(ByteCount::new(80)),
        log_budget: Some(ByteCount::new(100)),
        deaf_hooks: vec![(hook, "it answered 500".to_owned())],
        ..seen(Standing::Active, Vec::new())
    };
    assert_eq!(events(&full), [Event::HookUndeliverable, Event::BufferPressure]);
    let told = format!("{:?}", findings(&full, NOW));
    assert!(!told.contains("secret"), "{told}");
}
