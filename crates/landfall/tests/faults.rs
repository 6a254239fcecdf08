//! Whatever goes wrong with a request: every record lands once, or the run ends with no state beyond what landed
//! (loading.md §5–§7). Retries are those of the stand-alone target; where they would take more than one wait, the run
//! is in this process with instant waits.
#![allow(clippy::unwrap_used, reason = "a test whose surroundings fail has failed")]

mod support;

use landfall_bucket::MultipartPlan;
use landfall_sim::{Fault, FaultRule, Occurrence, RequestKind};
use serde_json::json;
use support::in_process::{Outcome, SMALL_PARTS, load, small_batches};
use support::lines::{done, numbered_run};
use support::place::Objects;
use support::random::Random;
use support::rows::{number, numbers, rows_below};
use support::{Landfall, Place, Store};

fn faults() -> [(&'static str, Fault); 6] {
    [
        ("500", Fault::internal_error()),
        ("503", Fault::slow_down()),
        ("reset before", Fault::ResetBefore),
        ("reset after", Fault::ResetAfter),
        ("wrong checksum", Fault::WrongChecksum),
        ("403", Fault::access_denied()),
    ]
}

fn rule(kind: RequestKind, occurrence: Occurrence, fault: Fault) -> FaultRule {
    FaultRule {
        kind,
        occurrence,
        fault,
    }
}

/// No record landed twice, and each state handed back speaks of landed records only.
#[track_caller]
fn assert_consistent(case: &str, objects: &Objects, states: &[String]) {
    let landed = numbers(objects);
    assert!(
        landed.windows(2).all(|pair| pair[0] < pair[1]),
        "{case}: a record landed twice: {landed:?}"
    );
    for state in states {
        let vouched = done(state);
        let there = landed.iter().take_while(|number| **number < vouched).count() as u64;
        assert_eq!(there, vouched, "{case}: state {state} but only {landed:?}");
    }
    for stream in ["s0", "s1", "s2"] {
        let tags = rows_below(objects, &format!("demo/{stream}/tags/"));
        let mut tags: Vec<u64> = tags
            .iter()
            .map(|tag| tag["of"].as_str().unwrap().parse().unwrap())
            .collect();
        tags.sort_unstable();
        assert!(
            tags.windows(2).all(|pair| pair[0] < pair[1]),
            "{case}: a sub-row landed twice: {tags:?}"
        );
        // A visible root file means that the load's other files are visible too.
        let roots = rows_below(objects, &format!("demo/{stream}/0_"));
        let is_csv = objects.keys().any(|key| key.ends_with(".csv"));
        for root in roots.iter().filter(|_| is_csv) {
            assert!(
                tags.binary_search(&number(root)).is_ok(),
                "{case}: a root row without its sub-row"
            );
        }
    }
}

/// Success means everything, failure means nothing untrue.
#[track_caller]
fn assert_all_or_truth(case: &str, records: u64, store: &Store, outcome: &Outcome) {
    let objects = store.objects();
    assert_consistent(case, &objects, &outcome.states);
    if outcome.result.is_ok() {
        assert_eq!(numbers(&objects), (0..records).collect::<Vec<_>>(), "{case}");
        assert_eq!(
            outcome.states.last().map(|state| done(state)),
            Some(records),
            "{case}"
        );
    }
}

/// Each fault at each kind of request that such a run makes.
#[track_caller]
fn each_fault_at(kinds: &[RequestKind], multipart: MultipartPlan, format: &str, rows: u64) {
    const RECORDS: u64 = 180;
    let input = numbered_run(RECORDS, 3, 10);
    for kind in kinds {
        for (fault_name, fault) in faults() {
            for occurrence in [
                Occurrence::Nth(1),
                Occurrence::Nth(4),
                Occurrence::First(3),
                Occurrence::First(6),
            ] {
                let case = format!("{fault_name} at {kind:?} {occurrence:?} ({format})");
                let store = Store::with_faults(vec![rule(*kind, occurrence, fault.clone())]);

                let outcome = load(&store, small_batches(rows, format), multipart, &input);

                assert_all_or_truth(&case, RECORDS, &store, &outcome);
                if fault_name != "403" && occurrence != Occurrence::First(6) {
                    assert!(outcome.result.is_ok(), "{case}: {:?}", outcome.result);
                }
                // The first request of its kind is always needed. Later ones may only find out what the store can do.
                let strikes = occurrence != Occurrence::Nth(4) && *kind != RequestKind::AbortMultipartUpload;
                if fault_name == "403" && strikes {
                    assert!(outcome.result.is_err(), "{case}");
                }
            }
        }
    }
}

#[test]
fn faults_of_small_uploads_lose_and_double_nothing() {
    each_fault_at(
        &[RequestKind::HeadObject, RequestKind::PutObject],
        MultipartPlan::default(),
        "jsonl",
        20,
    );
}

#[test]
fn faults_of_uploads_of_several_files_lose_and_double_nothing() {
    each_fault_at(&[RequestKind::PutObject], MultipartPlan::default(), "csv", 20);
}

#[test]
fn faults_of_uploads_in_parts_lose_and_double_nothing() {
    use RequestKind::{AbortMultipartUpload, CompleteMultipartUpload, CreateMultipartUpload, UploadPart};
    let kinds = [
        CreateMultipartUpload,
        UploadPart,
        CompleteMultipartUpload,
        AbortMultipartUpload,
    ];
    each_fault_at(&kinds, SMALL_PARTS, "jsonl", 30);
}

#[test]
fn a_long_run_among_random_faults_lands_every_record_once() {
    const RECORDS: u64 = 2_000;
    let mut random = Random::seeded(20_190_716);
    let input = numbered_run(RECORDS, 3, 8);
    let kinds = [
        RequestKind::HeadObject,
        RequestKind::PutObject,
        RequestKind::CreateMultipartUpload,
        RequestKind::UploadPart,
        RequestKind::CompleteMultipartUpload,
        RequestKind::AbortMultipartUpload,
    ];
    let passing: Vec<Fault> = faults()
        .into_iter()
        .filter(|(name, _)| *name != "403")
        .map(|(_, fault)| fault)
        .collect();
    let mut finished = 0;
    for round in 0..6 {
        let format = *random.choose(&["jsonl", "csv"]);
        let parts = *random.choose(&[MultipartPlan::default(), SMALL_PARTS]);
        let mut rules: Vec<FaultRule> = (0..60)
            .map(|_| {
                let nth = usize::try_from(1 + random.below(120)).unwrap();
                rule(
                    *random.choose(&kinds),
                    Occurrence::Nth(nth),
                    random.choose(&passing).clone(),
                )
            })
            .collect();
        // In every other round access is taken away in the middle.
        let is_ended = round % 2 == 1;
        if is_ended {
            let kind = if parts == SMALL_PARTS {
                RequestKind::CompleteMultipartUpload
            } else {
                RequestKind::PutObject
            };
            let nth = usize::try_from(5 + random.below(20)).unwrap();
            rules.insert(0, rule(kind, Occurrence::Nth(nth), Fault::access_denied()));
        }
        let case = format!("round {round}, {format}, {parts:?}, {rules:?}");
        let store = Store::with_faults(rules);

        let outcome = load(&store, small_batches(40, format), parts, &input);

        assert_all_or_truth(&case, RECORDS, &store, &outcome);
        assert!(!is_ended || outcome.result.is_err(), "{case}");
        finished += usize::from(outcome.result.is_ok());
    }
    assert!(finished > 0, "every round was ended by its faults");
}

#[test]
fn one_fault_costs_the_binary_one_wait() {
    let cases = [
        (RequestKind::HeadObject, Fault::slow_down()),
        (RequestKind::PutObject, Fault::internal_error()),
        (RequestKind::PutObject, Fault::ResetBefore),
        (RequestKind::PutObject, Fault::ResetAfter),
        (RequestKind::PutObject, Fault::WrongChecksum),
    ];
    let runs = cases.map(|(kind, fault)| {
        std::thread::spawn(move || {
            let store = Store::with_faults(vec![rule(kind, Occurrence::Nth(1), fault.clone())]);
            let settings = store.settings_with(json!({"batch_size_rows": 10}));
            let ended = Landfall::load(&settings).run(numbered_run(30, 3, 10)).succeeded();
            assert_eq!(
                numbers(&store.objects()),
                (0..30).collect::<Vec<_>>(),
                "{fault:?}"
            );
            assert_eq!(ended.states().last(), Some(&"{\"done\":30}"), "{fault:?}");
        })
    });
    runs.into_iter().for_each(|run| run.join().unwrap());
}

#[test]
fn losing_access_ends_the_binary_with_no_state_beyond_what_landed() {
    for nth in [1, 2, 3, 5, 8] {
        let store = Store::new();
        let settings = store.settings_with(json!({"batch_size_rows": 10, "output_file_format": "csv"}));
        let mut run = Landfall::load(&settings).start();
        let input = numbered_run(300, 3, 10);
        let begun = input.find("{\"done\":30}").unwrap();
        let (begin, rest) = input.split_at(begun + input[begun..].find('\n').unwrap() + 1);
        run.feed(begin);
        while run.next_state().unwrap() != "{\"done\":30}" {}
        store.server().script(vec![rule(
            RequestKind::PutObject,
            Occurrence::Nth(nth),
            Fault::access_denied(),
        )]);
        run.feed_to_the_end(rest);
        let ended = run.end().failed(1);
        let states: Vec<String> = ended.states().into_iter().map(str::to_owned).collect();
        assert_consistent(&format!("403 at upload {nth}"), &store.objects(), &states);
        let last = ended.last_log_line();
        let text = "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied";
        assert!(
            last.starts_with("CRITICAL ") && last.ends_with(text),
            "{}",
            ended.stderr
        );
        let failed = ended
            .logged("INFO")
            .iter()
            .filter(|line| line.contains("\"status\":\"failed\""))
            .count();
        assert_eq!(failed, 1, "{}", ended.stderr);
    }
}

#[test]
fn objects_of_others_are_never_overwritten() {
    // Both runs begin at the same instant, so the keys of the second are taken: its loads move on to later ones.
    let store = Store::new();
    let input = numbered_run(30, 3, 10);
    let first = load(
        &store,
        small_batches(10, "jsonl"),
        MultipartPlan::default(),
        &input,
    );
    let before = store.objects();
    let second = load(
        &store,
        small_batches(10, "jsonl"),
        MultipartPlan::default(),
        &input,
    );
    assert!(first.result.is_ok() && second.result.is_ok());
    let after = store.objects();
    assert!(
        before
            .iter()
            .all(|(key, content)| after.get(key) == Some(content))
    );
    assert_eq!(after.len(), 2 * before.len());
}
