use super::*;

const AT: Timestamp = Timestamp::from_millis(1_000_000);
const LATER: Timestamp = Timestamp::from_millis(2_000_000);

fn fault() -> AccessFault {
    AccessFault {
        code: "missing_challenge_file".to_owned(),
        message: "An error occurred (404) when calling the HeadObject operation: Not Found".to_owned(),
    }
}

fn state(name: &str) -> DestinationState {
    let standing = match name {
        "draft" => Standing::Draft,
        "pending_verification" | "paused" => Standing::PendingVerification,
        "active" => Standing::Active,
        "failing" => Standing::Failing(Failing::first(&fault(), AT)),
        "deleted" => return DestinationState::Deleted { at: AT },
        name => panic!("no state {name}"),
    };
    match name {
        "paused" => DestinationState::Paused { since: AT, standing },
        _ => DestinationState::Live(standing),
    }
}

#[test]
fn every_event_leads_from_every_state_to_the_one_of_the_table() {
    use DestinationEvent as Event;
    const STATES: [&str; 6] = [
        "draft",
        "pending_verification",
        "active",
        "failing",
        "paused",
        "deleted",
    ];
    const PENDING: &str = "pending_verification";
    let table: [(Event, [&str; 6]); 9] = [
        (
            Event::FormIncomplete,
            ["draft", "draft", "draft", "draft", "paused", "deleted"],
        ),
        (
            Event::FormCompleted,
            [PENDING, PENDING, "active", "failing", "paused", "deleted"],
        ),
        (
            Event::AccessChanged,
            ["draft", PENDING, PENDING, PENDING, "paused", "deleted"],
        ),
        (
            Event::CheckSucceeded,
            ["draft", "active", "active", "active", "paused", "deleted"],
        ),
        (
            Event::CheckFailed(fault()),
            ["draft", PENDING, "failing", "failing", "paused", "deleted"],
        ),
        (
            Event::LoadRefused(fault()),
            ["draft", PENDING, "failing", "failing", "paused", "deleted"],
        ),
        (
            Event::Paused,
            ["paused", "paused", "paused", "paused", "paused", "deleted"],
        ),
        (
            Event::Resumed,
            ["draft", PENDING, "active", "failing", PENDING, "deleted"],
        ),
        (Event::Deleted, ["deleted"; 6]),
    ];
    for (event, targets) in table {
        for (from, to) in STATES.into_iter().zip(targets) {
            let after = state(from).after(&event, LATER);
            assert_eq!(after.as_str(), to, "{from} after {event:?}");
            assert_eq!(after.can_load(), to == "active", "{from} after {event:?}");
        }
    }
}

#[test]
fn what_happens_during_a_pause_counts_after_it() {
    use DestinationEvent as Event;
    let cases = [
        (Event::CheckSucceeded, "active"),
        (Event::AccessChanged, "pending_verification"),
        (Event::CheckFailed(fault()), "failing"),
        (Event::FormIncomplete, "draft"),
    ];
    for (event, to) in cases {
        let paused = state("active").after(&Event::Paused, AT);
        let resumed = paused.after(&event, AT).after(&Event::Resumed, LATER);
        assert_eq!(resumed.as_str(), to, "{event:?}");
    }
    let paused_twice = state("paused").after(&Event::Paused, LATER);
    assert_eq!(paused_twice.paused_at(), Some(AT));
}

#[test]
fn a_failing_destination_is_checked_ever_more_seldom() {
    let mut state = state("active").after(&DestinationEvent::LoadRefused(fault()), AT);
    let mut waits = Vec::new();
    for _ in 0..7 {
        let Some(Standing::Failing(failing)) = state.standing() else {
            panic!("{state:?}");
        };
        assert_eq!(failing.since, AT);
        waits.push((failing.next_check_at.as_millis() - AT.as_millis()) / 60_000);
        let at_the_same_time = AT;
        state = state.after(&DestinationEvent::CheckFailed(fault()), at_the_same_time);
    }
    assert_eq!(waits, [1, 2, 5, 10, 15, 15, 15]);
}

#[test]
fn loads_that_fail_late_do_not_put_the_next_check_off() {
    let failing = state("failing");
    assert_eq!(
        failing.after(&DestinationEvent::LoadRefused(fault()), LATER),
        failing
    );
    assert_eq!(failing.system_paused_at(), Some(AT));
}
