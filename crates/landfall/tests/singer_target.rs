//! Runs of the Singer target, through the binary: into a folder and into a simulated S3 server (singer.md, loading.md).
#![allow(clippy::unwrap_used, reason = "a test whose surroundings fail has failed")]

mod support;

use std::collections::BTreeMap;
use std::io::Write;

use landfall_sim::{Fault, FaultRule, Occurrence, RequestKind};
use serde_json::{Value, json};
use support::lines::{line, numbered, numbered_run};
use support::listener::Listener;
use support::place::{BUCKET, CHALLENGE};
use support::rows::{counts, numbers, rows, rows_below};
use support::{Folder, Landfall, Place, Store, record, schema, state};

/// Folder and server: what a run does must not depend on it.
fn places() -> [(&'static str, Box<dyn Place>); 2] {
    [
        ("folder", Box::new(Folder::new())),
        ("store", Box::new(Store::new())),
    ]
}

#[test]
fn records_land_in_order_and_the_last_line_is_the_last_state() {
    for format in ["jsonl", "csv"] {
        for (place_name, place) in places() {
            let case = format!("{format} into a {place_name}");
            let settings = place.settings_with(json!({"output_file_format": format, "batch_size_rows": 3}));

            let ended = Landfall::load(&settings).run(numbered_run(20, 2, 5)).succeeded();

            let objects = place.objects();
            assert_eq!(numbers(&objects), (0..20).collect::<Vec<_>>(), "{case}");
            assert_eq!(ended.states().last(), Some(&r#"{"done":20}"#), "{case}");
            let expected: BTreeMap<String, usize> = match format {
                "jsonl" => [("demo/s0", 10), ("demo/s1", 10)]
                    .map(|(key, rows)| (key.to_owned(), rows))
                    .into(),
                _ => [
                    ("demo/s0", 10),
                    ("demo/s0/tags", 10),
                    ("demo/s1", 10),
                    ("demo/s1/tags", 10),
                ]
                .map(|(key, rows)| (key.to_owned(), rows))
                .into(),
            };
            assert_eq!(counts(&objects), expected, "{case}");
            // Keys sort by instant, so loads of a table and records of a load are in the order of input.
            for stream in ["demo/s0/0_", "demo/s1/0_"] {
                let landed: Vec<u64> = rows_below(&objects, stream)
                    .iter()
                    .map(support::rows::number)
                    .collect();
                assert!(landed.is_sorted(), "{case}: {landed:?}");
            }
            let sizes = objects.iter().filter(|(key, _)| key.starts_with("demo/s0/0_"));
            assert_eq!(
                sizes
                    .map(|(key, content)| rows(key, content).len())
                    .collect::<Vec<_>>(),
                [3, 3, 3, 1],
                "{case}"
            );
        }
    }
}

#[test]
fn a_second_run_adds_objects_and_changes_none() {
    for (place_name, place) in places() {
        let input = schema("t") + &record("t", &json!({"id": 1}));
        Landfall::load(&place.settings()).run(&input).succeeded();
        let before = place.objects();
        Landfall::load(&place.settings()).run(&input).succeeded();
        let after = place.objects();
        assert_eq!((before.len(), after.len()), (1, 2), "{place_name}");
        assert!(
            before
                .iter()
                .all(|(key, content)| after.get(key) == Some(content)),
            "{place_name}"
        );
    }
}

#[test]
fn states_are_handed_back_as_soon_as_their_records_are_in_the_bucket() {
    for (place_name, place) in places() {
        let mut run = Landfall::load(&place.settings_with(json!({"batch_size_rows": 3}))).start();
        run.feed(schema("t"));
        let feed = |run: &mut support::Running, numbers: std::ops::Range<u64>| {
            for number in numbers {
                run.feed(record("t", &json!({"id": number})) + &state(&json!({"s": number})));
            }
        };
        // loading.md §5, example 1; the target is given time to load where the page's example does.
        feed(&mut run, 0..3);
        assert!(
            ["{\"s\":1}", "{\"s\":2}"].contains(&run.next_state().unwrap().as_str()),
            "{place_name}"
        );
        assert_eq!(numbers(&place.objects()), [0, 1, 2], "{place_name}");
        feed(&mut run, 3..6);
        let states: Vec<String> = std::iter::from_fn(|| run.next_state())
            .take_while(|state| state < &"{\"s\":4}".to_owned())
            .collect();
        assert!(states.len() <= 1, "{place_name}: {states:?}");
        assert_eq!(numbers(&place.objects()), [0, 1, 2, 3, 4, 5], "{place_name}");
        feed(&mut run, 6..7);
        let ended = run.end().succeeded();
        assert_eq!(ended.states().last(), Some(&"{\"s\":6}"), "{place_name}");
    }
}

#[test]
fn empty_and_repeated_states_are_not_handed_back() {
    let folder = Folder::new();
    let states = [
        json!(null),
        json!({}),
        json!({"a": 1}),
        json!({"a": 1}),
        json!({}),
        json!(null),
    ];
    let input: String = schema("t") + &states.iter().map(state).collect::<String>();
    let ended = Landfall::load(&folder.settings()).run(input).succeeded();
    assert_eq!(ended.stdout, "{\"a\":1}\n");
}

#[test]
fn an_empty_input_is_a_run_without_output() {
    for (place_name, place) in places() {
        let ended = Landfall::load(&place.settings()).run("").succeeded();
        assert_eq!(
            (ended.stdout.as_str(), place.objects().len()),
            ("", 0),
            "{place_name}"
        );
    }
}

#[test]
fn odd_input_is_tolerated_with_warnings() {
    let folder = Folder::new();
    // singer.md §10.4
    let input = r#"{"type":"schema","stream":"t","key_properties":"id","schema":{"properties":{"id":{"type":"integer"}}},"extra":1}

{"type":"Record","stream":"t","record":{"id":1,"x":NaN},"version":null,"time_extracted":"soon"}
{"type":"HEARTBEAT"}
{"type":"state","value":{}}
{"type":"STATE","value":{"bookmarks":{"t":{"id":1}}}}"#;
    let ended = Landfall::load(&folder.settings()).run(input).succeeded();
    assert_eq!(ended.stdout, "{\"bookmarks\":{\"t\":{\"id\":1}}}\n");
    for subject in ["NaN", "time_extracted", "HEARTBEAT"] {
        let count = ended
            .logged("WARNING")
            .iter()
            .filter(|line| line.contains(subject))
            .count();
        assert_eq!(count, 1, "{subject}:\n{}", ended.stderr);
    }
    let objects = folder.objects();
    let landed = rows_below(&objects, "demo/t/0_");
    assert_eq!(landed.len(), 1);
    assert_eq!(
        (
            &landed[0]["id"],
            &landed[0]["x"],
            &landed[0]["_sdc_table_version"]
        ),
        (&json!(1), &Value::Null, &json!(0))
    );
    assert!(!landed[0].contains_key("_sdc_extracted_at"));
}

#[test]
fn versions_make_objects_of_their_own() {
    let folder = Folder::new();
    let record = |version: u64, id: u64| {
        line(&json!({"type": "RECORD", "stream": "users", "version": version, "record": {"id": id}}))
    };
    let activate =
        |version: u64| line(&json!({"type": "ACTIVATE_VERSION", "stream": "users", "version": version}));
    let input = schema("users") + &record(1, 1) + &record(1, 2) + &activate(1) + &record(2, 1) + &activate(2);
    let ended = Landfall::load(&folder.settings()).run(input).succeeded();
    assert_eq!(ended.stdout, "");
    let objects = folder.objects();
    assert_eq!(objects.len(), 2);
    assert_eq!(rows_below(&objects, "demo/users/1_").len(), 2);
    assert_eq!(rows_below(&objects, "demo/users/2_").len(), 1);
}

#[test]
fn faulty_input_ends_the_run_with_its_reason() {
    let cases = [
        (
            record("t", &json!({"id": 1})) + &schema("t"),
            "Line 1: record of stream 't' came before its SCHEMA",
        ),
        (
            schema("t") + "\n{\"type\":\"RECORD\",",
            "Line 3: unable to parse as JSON: {\"type\":\"RECORD\",",
        ),
        (
            schema("t") + "{\"type\":\"RECORD\"}\n",
            "Line 2 is missing required key(s): stream, record",
        ),
        (
            schema("t") + "{\"stream\":\"t\"}\n",
            "Line 2 is missing required key(s): type",
        ),
        (
            line(&json!({"type": "SCHEMA", "stream": "t", "key_properties": [], "schema": {}})),
            "Line 1: schema of stream 't' has no \"properties\"",
        ),
    ];
    for (input, reason) in cases {
        for (place_name, place) in places() {
            let input = input.clone() + &state(&json!({"after": true}));
            let ended = Landfall::load(&place.settings()).run(&input).failed(1);
            // Where the last line of the input broke off, the state is part of it.
            assert!(
                ended.last_log_line().starts_with(&format!("CRITICAL {reason}")),
                "{place_name}: {}",
                ended.stderr
            );
            assert_eq!(
                (ended.stdout.as_str(), place.objects().len()),
                ("", 0),
                "{place_name}: {reason}"
            );
        }
    }
}

#[test]
fn what_was_loaded_before_a_fault_stays_and_its_state_stands() {
    for (place_name, place) in places() {
        let mut run = Landfall::load(&place.settings_with(json!({"batch_size_rows": 2}))).start();
        run.feed(schema("s0") + &numbered(0, 1) + &numbered(1, 1) + &state(&json!({"done": 2})));
        assert_eq!(run.next_state().as_deref(), Some("{\"done\":2}"), "{place_name}");
        run.feed(numbered(2, 1) + &state(&json!({"done": 3})) + "not JSON\n");
        let ended = run.end().failed(1);
        assert_eq!(
            ended.last_log_line(),
            "CRITICAL Line 7: unable to parse as JSON: not JSON",
            "{place_name}"
        );
        assert_eq!(ended.states(), ["{\"done\":2}"], "{place_name}");
        assert_eq!(numbers(&place.objects()), [0, 1], "{place_name}");
    }
}

/// rejects.md §9
fn faulty_customers() -> String {
    let schema =
        json!({"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}});
    let mut input =
        line(&json!({"type": "SCHEMA", "stream": "customers", "key_properties": ["id"], "schema": schema}));
    let records = [
        json!({"id": 1, "name": "Finn"}),
        json!({"name": "Jake"}),
        json!({"id": null, "name": "BMO"}),
        json!({"id": 4, "name": 7}),
        json!({"id": 5, "name": "x", "_sdc_sequence": 9}),
        json!({"id": 6, "name": "Ice \"King\"\n", "address": {"city": "Ooo"}, "address__city": "Candy Kingdom"}),
    ];
    records
        .iter()
        .for_each(|found| input.push_str(&record("customers", found)));
    input + &state(&json!({"customers": 6}))
}

#[test]
fn records_that_cannot_be_landed_are_set_aside_with_reasons() {
    for (place_name, place) in places() {
        let settings = place.settings_with(json!({"output_file_format": "csv"}));
        let ended = Landfall::load(&settings).run(faulty_customers()).succeeded();
        assert_eq!(ended.stdout, "{\"customers\":6}\n", "{place_name}");
        let objects = place.objects();
        assert_eq!(rows_below(&objects, "demo/customers/").len(), 1, "{place_name}");
        let rejects = rows_below(&objects, "demo/_sdc_rejected/");
        let reasons: Vec<&str> = rejects
            .iter()
            .map(|reject| reject["reason"].as_str().unwrap())
            .collect();
        let expected = [
            "Record is missing key property id",
            "Record did not conform to schema: #/id: expected: Integer, found: Null",
            "Record did not conform to schema: #/name: expected: String, found: Integer",
            "Column name _sdc_sequence is reserved",
            "Field collision on address__city",
        ];
        assert_eq!(reasons, expected, "{place_name}");
        assert_eq!(rejects[0]["record"], r#"{"name":"Jake"}"#, "{place_name}");
        assert!(
            rejects.iter().all(|reject| reject["table_name"] == "customers"),
            "{place_name}"
        );
        // One warning for each kind of reason.
        assert_eq!(
            ended.logged("WARNING").len(),
            4,
            "{place_name}:\n{}",
            ended.stderr
        );
        assert!(
            ended
                .logged("WARNING")
                .iter()
                .all(|line| line.contains("customers")),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn invalid_records_are_fatal_where_that_is_asked_for() {
    let folder = Folder::new();
    let ended = Landfall::load(&folder.settings_with(json!({"on_invalid_record": "fail"})))
        .run(faulty_customers())
        .failed(1);
    assert!(ended.last_log_line().starts_with("CRITICAL "), "{}", ended.stderr);
    assert!(
        ended
            .last_log_line()
            .ends_with("Record is missing key property id"),
        "{}",
        ended.stderr
    );
    assert_eq!((ended.stdout.as_str(), folder.objects().len()), ("", 0));
}

#[test]
fn a_dry_run_checks_and_writes_nothing() {
    for (place_name, place) in places() {
        let ended = Landfall::load(&place.settings())
            .argument("--dry-run")
            .run(numbered_run(10, 2, 5))
            .succeeded();
        assert_eq!(
            (ended.stdout.as_str(), place.objects().len()),
            ("", 0),
            "{place_name}"
        );
        let settings = place.settings_with(json!({"output_file_format": "csv"}));
        let ended = Landfall::load(&settings)
            .argument("-n")
            .run(faulty_customers())
            .failed(1);
        assert_eq!(
            ended.last_log_line(),
            "CRITICAL 5 of 6 records would be rejected",
            "{place_name}"
        );
        assert_eq!(
            (ended.stdout.as_str(), place.objects().len()),
            ("", 0),
            "{place_name}"
        );
    }
}

#[test]
fn input_may_be_a_file() {
    let folder = Folder::new();
    let call = Landfall::load(&folder.settings());
    let path = call.dir().join("input.singer");
    std::fs::write(&path, numbered_run(7, 2, 7)).unwrap();
    let ended = call
        .argument("--input")
        .argument(path)
        .run("this is not read")
        .succeeded();
    assert_eq!(ended.stdout, "{\"done\":7}\n");
    assert_eq!(numbers(&folder.objects()), (0..7).collect::<Vec<_>>());

    let ended = Landfall::load(&folder.settings())
        .argument("--input")
        .argument("/nowhere")
        .run("")
        .failed(1);
    assert!(ended.last_log_line().contains("/nowhere"), "{}", ended.stderr);
}

/// Feeds five records with states at once and waits until the first three are landed, so that all are surely read.
fn with_five_records_read(settings: &Value) -> support::Running {
    let mut run = Landfall::load(settings).start();
    let input = numbered_run(5, 1, 1);
    assert!(input.len() < 4096, "a pipe takes it in one piece");
    run.feed(input);
    assert_eq!(run.next_state().as_deref(), Some("{\"done\":3}"));
    run
}

#[test]
fn a_signal_ends_the_run_in_good_order() {
    for signal in ["TERM", "INT", "HUP"] {
        for (place_name, place) in places() {
            let run = with_five_records_read(&place.settings_with(json!({"batch_size_rows": 3})));
            run.signal(signal);
            let ended = run.end_with_open_input().succeeded();
            assert_eq!(ended.states(), ["{\"done\":3}", "{\"done\":5}"], "{place_name}");
            assert_eq!(numbers(&place.objects()), [0, 1, 2, 3, 4], "{place_name}");
        }
    }
}

#[test]
fn a_signal_in_the_middle_of_a_line_drops_that_line_alone() {
    for (place_name, place) in places() {
        let mut run = Landfall::load(&place.settings_with(json!({"batch_size_rows": 3}))).start();
        // The input is below what a pipe takes in one piece, so the half line arrives with the rest.
        let half = r#"{"type":"RECORD","stream":"t","record":{"id":"#;
        run.feed(format!("{}{half}", numbered_run(5, 1, 1)));
        assert_eq!(run.next_state().as_deref(), Some("{\"done\":3}"));
        run.signal("TERM");
        let ended = run.end_with_open_input().succeeded();
        assert_eq!(ended.states(), ["{\"done\":3}", "{\"done\":5}"], "{place_name}");
        assert_eq!(numbers(&place.objects()), [0, 1, 2, 3, 4], "{place_name}");
    }
}

#[test]
fn further_signals_during_the_last_load_are_ignored() {
    let store = Store::new();
    let mut run = with_five_records_read(&store.settings_with(json!({"batch_size_rows": 3})));
    // The last load fails once, which keeps the run busy while further signals arrive.
    store.server().script(vec![FaultRule {
        kind: RequestKind::PutObject,
        occurrence: Occurrence::Nth(1),
        fault: Fault::internal_error(),
    }]);
    run.signal("TERM");
    run.wait_for_log("trying again");
    run.signal("TERM");
    run.signal("INT");
    let ended = run.end_with_open_input().succeeded();
    assert_eq!(ended.states(), ["{\"done\":3}", "{\"done\":5}"]);
    assert_eq!(numbers(&store.objects()), [0, 1, 2, 3, 4]);
}

#[test]
fn a_later_signal_while_loads_are_retried_ends_the_run_at_once() {
    let store = Store::new();
    let mut run = with_five_records_read(&store.settings_with(json!({"batch_size_rows": 3})));
    store.server().script(vec![FaultRule {
        kind: RequestKind::PutObject,
        occurrence: Occurrence::Every,
        fault: Fault::internal_error(),
    }]);
    run.signal("TERM");
    // The waits are 1, 2, 4 and 8 s: the third begins 3 s after the signal.
    run.wait_for_log("trying again in 4s");
    run.signal("INT");
    let ended = run.end_with_open_input().failed(1);
    assert_eq!(ended.states(), ["{\"done\":3}"]);
    assert_eq!(
        ended.last_log_line(),
        "CRITICAL stopped by a second signal before all was loaded: run it again from the last STATE"
    );
    assert_eq!(numbers(&store.objects()), [0, 1, 2]);
}

#[test]
fn a_signal_during_the_first_access_check_ends_the_run_before_anything_is_read() {
    for signal in ["TERM", "INT", "HUP"] {
        let store = Store::with_faults(vec![FaultRule {
            kind: RequestKind::HeadObject,
            occurrence: Occurrence::Every,
            fault: Fault::internal_error(),
        }]);
        let mut run = Landfall::load(&store.settings()).start();
        run.feed(numbered_run(5, 1, 1));
        run.wait_for_log("trying again");
        run.signal(signal);
        let ended = run.end_with_open_input().succeeded();
        assert_eq!(ended.stdout, "", "{signal}");
        assert!(
            ended
                .stderr
                .contains("INFO signal received: ending before anything was read"),
            "{signal}: {}",
            ended.stderr
        );
        assert!(store.objects().is_empty(), "{signal}");
    }
}

#[test]
fn a_run_that_nohup_started_outlives_its_terminal() {
    let folder = Folder::new();
    let landfall = Landfall::with(["-c"]).program("sh");
    let config = landfall.dir().join("settings.json");
    std::fs::write(
        &config,
        folder.settings_with(json!({"batch_size_rows": 3})).to_string(),
    )
    .unwrap();
    let mut run = landfall
        .argument("trap '' HUP; exec \"$0\" load --config \"$1\"")
        .argument(env!("CARGO_BIN_EXE_landfall"))
        .argument(config)
        .start();
    run.feed(numbered_run(3, 1, 3));
    assert_eq!(run.next_state().as_deref(), Some("{\"done\":3}"));
    run.signal("HUP");
    run.feed(record("s0", &json!({"id": 3})) + &state(&json!({"done": 4})));
    let ended = run.end().succeeded();
    assert_eq!(ended.states().last(), Some(&"{\"done\":4}"));
}

#[test]
fn a_signal_gives_up_on_webhooks_that_nobody_answers() {
    let folder = Folder::new();
    // It takes connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", silent.local_addr().unwrap());
    let settings = folder.settings_with(json!({
        "post_load_webhooks": [format!("{server}/services/T0/s3cr3t"), format!("{server}/services/T0/0ther")],
        "allow_insecure_webhooks": true,
    }));
    for signal in ["TERM", "INT", "HUP"] {
        let mut run = Landfall::load(&settings).start();
        run.feed_to_the_end(numbered_run(5, 1, 5));
        run.wait_for_log("waiting for webhooks");
        run.signal(signal);
        let ended = run.end().succeeded();
        assert_eq!(ended.states().last(), Some(&"{\"done\":5}"), "{signal}");
        let errors = ended.logged("ERROR");
        assert_eq!(errors.len(), 2, "{signal}: {}", ended.stderr);
        let start = format!("unable to deliver the post-load notification of s0 to {server} (hook ");
        for error in &errors {
            assert!(error.starts_with(&start), "{signal}: {error}");
            assert!(error.contains("cut short by a signal"), "{signal}: {error}");
        }
        assert_ne!(
            errors[0], errors[1],
            "{signal}: two hooks of one host can be told apart"
        );
        assert!(
            !ended.stderr.contains("s3cr3t") && !ended.stderr.contains("services"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn a_stdout_that_is_closed_from_the_start_is_fatal_before_anything_is_read() {
    let folder = Folder::new();
    let run = |redirection: &str, more: &[&str]| {
        let landfall = Landfall::with(["-c"]).program("sh");
        let config = landfall.dir().join("settings.json");
        std::fs::write(&config, folder.settings().to_string()).unwrap();
        let script = format!("exec \"$0\" load --config \"$@\" {redirection}");
        let mut landfall = landfall
            .argument(script)
            .argument(env!("CARGO_BIN_EXE_landfall"))
            .argument(config);
        for argument in more {
            landfall = landfall.argument(*argument);
        }
        landfall.run(numbered_run(3, 1, 1))
    };
    let ended = run(">&-", &[]).failed(1);
    assert!(
        ended
            .last_log_line()
            .starts_with("CRITICAL stdout is closed, so no STATE could be told: "),
        "{}",
        ended.stderr
    );
    assert!(folder.objects().is_empty());
    // A dry run has no state to tell, and who sends states to /dev/null means it.
    run(">&-", &["--dry-run"]).succeeded();
    run("1<>/dev/null", &[]).succeeded();
    assert_eq!(numbers(&folder.objects()), [0, 1, 2]);
}

#[test]
fn a_dry_run_tells_the_reasons_with_their_counts_and_first_lines() {
    let folder = Folder::new();
    let input = faulty_customers() + &numbered_run(4, 1, 4);
    let ended = Landfall::load(&folder.settings_with(json!({"batch_size_rows": 2})))
        .argument("--dry-run")
        .run(input)
        .failed(1);
    let expected = [
        "stream 'customers': 1 record(s) would be rejected (a key property is missing or null), the first in line 3: Record is missing key property id",
        "stream 'customers': 2 record(s) would be rejected (the record does not conform to the schema), the first in line 4: Record did not conform to schema: #/id: expected: Integer, found: Null",
    ];
    let told = ended.logged("ERROR");
    for line in expected {
        assert!(told.contains(&line), "{line}: {}", ended.stderr);
    }
    assert!(
        ended.last_log_line().ends_with("records would be rejected"),
        "{}",
        ended.stderr
    );
    assert!(folder.objects().is_empty());
}

#[test]
fn with_fail_the_line_before_the_last_names_stream_and_line() {
    let folder = Folder::new();
    let ended = Landfall::load(&folder.settings_with(json!({"on_invalid_record": "fail"})))
        .run(faulty_customers())
        .failed(1);
    let lines: Vec<&str> = ended.stderr.lines().rev().take(2).collect();
    assert_eq!(
        lines,
        [
            "CRITICAL Record is missing key property id",
            "ERROR stream 'customers', line 3: a key property is missing or null, and on_invalid_record is fail",
        ]
    );
}

#[test]
fn lines_that_are_nested_too_deep_say_so() {
    let folder = Folder::new();
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let record = |id: u32, deep: &str| {
        format!("{{\"type\":\"RECORD\",\"stream\":\"t\",\"record\":{{\"id\":{id},\"x\":{deep}}}}}\n")
    };
    // A line that begins like one before is read on another way.
    for before in ["".to_owned(), record(1, "1")] {
        let number = 2 + before.lines().count();
        let ended = Landfall::load(&folder.settings())
            .run(schema("t") + &before + &record(2, &deep(127)))
            .failed(1);
        let expected = format!("CRITICAL Line {number} is nested deeper than 128 levels: {{\"type\":");
        assert!(ended.last_log_line().starts_with(&expected), "{}", ended.stderr);
    }
    Landfall::load(&folder.settings())
        .run(schema("t") + &record(2, &deep(126)))
        .succeeded();
}

/// `orders` has an array `line_items`, and there is a stream `orders__line_items`: under a template without a folder
/// of its own for each table, both make the same name.
#[test]
fn a_sub_table_and_a_stream_of_the_same_name_both_land() {
    let template = "[integration_name]/[table_version]/[timestamp_loaded]/[table_name]";
    for (place_name, place) in places() {
        let settings = place.settings_with(json!({
            "output_file_format": "csv", "s3_key_format_string": template, "batch_size_rows": 2,
        }));
        let order = |id: u64| record("orders", &json!({"id": id, "line_items": [{"sku": id}]}));
        let item = |id: u64| record("orders__line_items", &json!({"id": id}));
        let mut input = schema("orders") + &schema("orders__line_items");
        for id in 0..6 {
            input += &(order(id) + &item(id));
        }
        Landfall::load(&settings).run(input).succeeded();
        let objects = place.objects();
        let rows_of = |key: &str, content: &str| rows(key, content).len();
        let named = |name: &'static str| {
            objects
                .iter()
                .filter(move |(key, _)| key.ends_with(&format!("/{name}.csv")))
        };
        let (of_array, of_stream): (Vec<_>, Vec<_>) =
            named("orders__line_items").partition(|(_, content)| {
                content.starts_with("_sdc_source_key_id,") || content.contains("_sdc_level_0_id")
            });
        let total = |found: &[(&String, &String)]| -> usize {
            found.iter().map(|(key, content)| rows_of(key, content)).sum()
        };
        assert_eq!((of_array.len(), total(&of_array)), (3, 6), "{place_name}");
        assert_eq!((of_stream.len(), total(&of_stream)), (3, 6), "{place_name}");
        assert_eq!(named("orders").count(), 3, "{place_name}");
        assert_eq!(objects.len(), 9, "{place_name}");
    }
}

#[test]
fn a_stdout_that_is_closed_later_is_fatal_at_the_next_state() {
    for (place_name, place) in places() {
        let mut run = Landfall::load(&place.settings_with(json!({"batch_size_rows": 1}))).start();
        run.feed(numbered_run(1, 1, 1));
        assert_eq!(run.next_state().as_deref(), Some("{\"done\":1}"), "{place_name}");
        run.close_stdout();
        run.feed(record("s0", &json!({"id": 1})) + &state(&json!({"done": 2})));
        let ended = run.end_with_open_input().failed(1);
        assert!(
            ended
                .last_log_line()
                .starts_with("CRITICAL writing a STATE to stdout: "),
            "{place_name}: {}",
            ended.stderr
        );
    }
}

#[test]
fn what_is_printed_into_a_closed_pipe_ends_without_a_panic() {
    for arguments in [
        &["load", "--about"][..],
        &["load", "--version"],
        &["key", "[table_name]"],
        &["demo", "--dir", "d"],
    ] {
        let mut run = Landfall::with(arguments).start();
        run.close_stdout();
        let ended = run.end();
        assert!(
            !ended.stderr.contains("panicked"),
            "{arguments:?}: {}",
            ended.stderr
        );
    }
}

#[test]
fn without_its_challenge_file_a_bucket_takes_nothing() {
    for (place_name, place) in places() {
        let settings = place.settings_with(json!({"sentinel_key": format!("{CHALLENGE}-gone")}));
        // Nothing is fed and the input stays open: the run must not wait for it.
        let ended = Landfall::load(&settings).start().end_with_open_input().failed(1);
        let last = ended.last_log_line();
        assert!(last.starts_with("CRITICAL "), "{place_name}: {}", ended.stderr);
        assert!(
            last.ends_with("An error occurred (404) when calling the HeadObject operation: Not Found"),
            "{place_name}: {last}"
        );
        assert!(last.contains(BUCKET), "{place_name}: {last}");
        let ended = Landfall::load(&settings).run(numbered_run(4, 1, 1)).failed(1);
        assert_eq!(
            (ended.stdout.as_str(), place.objects().len()),
            ("", 0),
            "{place_name}"
        );
    }
}

#[test]
fn a_missing_bucket_is_told_from_a_missing_challenge_file() {
    for (place_name, place) in places() {
        let settings = place.settings_with(json!({"s3_bucket": "com-test-other-bucket"}));
        let ended = Landfall::load(&settings).start().end_with_open_input().failed(1);
        let last = ended.last_log_line();
        assert!(
            last.ends_with("An error occurred (404) when calling the HeadBucket operation: Not Found"),
            "{place_name}: {last}"
        );
        assert_eq!(ended.stdout, "", "{place_name}");
    }
}

#[test]
fn a_missing_bucket_fails_the_load_where_access_is_not_checked() {
    for (place_name, place) in places() {
        let settings =
            place.settings_with(json!({"s3_bucket": "com-test-other-bucket", "sentinel_key": null}));
        let ended = Landfall::load(&settings).run(numbered_run(4, 1, 1)).failed(1);
        let last = ended.last_log_line();
        assert!(
            last.starts_with("CRITICAL ") && last.contains("com-test-other-bucket"),
            "{place_name}: {last}"
        );
        assert!(
            last.contains("The specified bucket does not exist"),
            "{place_name}: {last}"
        );
        assert_eq!(ended.stdout, "", "{place_name}");
    }
}

#[test]
fn log_lines_have_a_level_and_neither_records_nor_secrets() {
    for (place_name, place) in places() {
        let settings = place.settings_with(json!({"batch_size_rows": 2}));
        let secret = settings["aws_secret_access_key"].as_str().unwrap_or("no secret");
        let input = schema("t")
            + &record("t", &json!({"id": 1, "note": "c0nfidential"}))
            + &record("t", &json!({"id": "c0nfidential"}))
            + &record("t", &json!({"id": 3, "note": "c0nfidential"}));
        let ended = Landfall::load(&settings)
            .argument("--verbose")
            .run(input)
            .succeeded();
        for line in ended.stderr.lines() {
            let level = line.split(' ').next().unwrap();
            assert!(
                ["DEBUG", "INFO", "WARNING", "ERROR"].contains(&level),
                "{place_name}: {line}"
            );
        }
        assert!(
            !ended.stderr.contains("c0nfidential"),
            "{place_name}: {}",
            ended.stderr
        );
        assert!(!ended.stderr.contains(secret), "{place_name}: {}", ended.stderr);
    }
}

#[test]
fn the_log_level_is_that_of_the_options_or_of_the_environment() {
    let folder = Folder::new();
    let run = |options: &[&str], variables: &[(&str, &str)]| {
        let mut call = Landfall::load(&folder.settings_with(json!({"token": "x"})));
        for option in options {
            call = call.argument(option);
        }
        for (name, value) in variables {
            call = call.variable(name, value);
        }
        let ended = call.run(numbered_run(2, 1, 1)).succeeded();
        ["INFO", "WARNING"].map(|level| !ended.logged(level).is_empty())
    };
    assert_eq!(run(&[], &[]), [true, true]);
    assert_eq!(run(&["--quiet"], &[]), [false, true]);
    assert_eq!(run(&["-q"], &[("LOGLEVEL", "DEBUG")]), [false, true]);
    assert_eq!(run(&[], &[("LOGLEVEL", "Warning")]), [false, true]);
    assert_eq!(
        run(
            &[],
            &[("LOGLEVEL", "debug"), ("TARGET_LANDFALL_LOGLEVEL", "ERROR")]
        ),
        [false, false]
    );
    assert_eq!(run(&["--verbose"], &[("LOGLEVEL", "error")]), [true, true]);
}

#[test]
fn metrics_count_what_landed() {
    for (place_name, place) in places() {
        let settings = place.settings_with(json!({"output_file_format": "csv", "batch_size_rows": 4}));
        let ended = Landfall::load(&settings)
            .run(faulty_customers() + &numbered_run(10, 2, 5))
            .succeeded();
        let (mut counted, mut timed) = (BTreeMap::<String, u64>::new(), BTreeMap::<String, u64>::new());
        for metric in ended
            .logged("INFO")
            .iter()
            .filter_map(|line| line.strip_prefix("METRIC: "))
        {
            let metric: Value = serde_json::from_str(metric).unwrap();
            let stream = metric["tags"]["stream"].as_str().unwrap().to_owned();
            match metric["metric"].as_str().unwrap() {
                "record_count" => {
                    assert_eq!(metric["type"], "counter");
                    *counted.entry(stream).or_default() += metric["value"].as_u64().unwrap();
                }
                "batch_processing_time" => {
                    assert_eq!(
                        (&metric["type"], &metric["tags"]["status"]),
                        (&json!("timer"), &json!("succeeded"))
                    );
                    assert!(metric["value"].as_f64().unwrap() >= 0.0);
                    *timed.entry(stream).or_default() += 1;
                }
                other => panic!("{place_name}: {other}"),
            }
        }
        let all = |counts: [(&str, u64); 3]| counts.map(|(stream, count)| (stream.to_owned(), count)).into();
        assert_eq!(
            counted,
            all([("customers", 1), ("s0", 5), ("s1", 5)]),
            "{place_name}"
        );
        assert_eq!(
            timed,
            all([("customers", 2), ("s0", 2), ("s1", 2)]),
            "{place_name}"
        );
    }
}

#[test]
fn every_load_is_told_to_the_webhooks_before_the_run_ends() {
    for (place_name, place) in places() {
        let listener = Listener::start();
        let settings = place.settings_with(json!({
            "post_load_webhooks": [listener.url("/hook?token=s3cr3t"), listener.url("/other")],
            "allow_insecure_webhooks": true,
            "output_file_format": "csv",
        }));

        let ended = Landfall::load(&settings)
            .run(faulty_customers() + &numbered_run(4, 1, 4))
            .succeeded();

        let posted = listener.posted();
        assert_eq!(posted.len(), 4, "{place_name}: {posted:?}");
        for path in ["post /hook?token=s3cr3t http/1.1", "post /other http/1.1"] {
            let mut told: Vec<_> = posted.iter().filter(|posted| posted.head[0] == path).collect();
            told.sort_by_key(|posted| posted.body["source_root_table_name"].to_string());
            assert_eq!(told.len(), 2, "{place_name}: {path}");
            assert!(told.iter().all(|posted| {
                posted
                    .head
                    .contains(&"user-agent: stitchloadingwebhook".to_owned())
            }));
            let [customers, numbered] = [0, 1].map(|index| &told[index].body);
            assert_eq!(customers["integration_name"], "demo");
            assert_eq!(customers["tables"][0]["num_rows"], 1);
            assert_eq!(customers["tables"][0]["num_rows_rejected"], 5);
            assert_eq!(numbered["tables"][1]["destination_table_name"], "s0__tags");
            for body in [customers, numbered] {
                for table in body["tables"].as_array().unwrap() {
                    let object = table["s3_objects"][0].as_str().unwrap();
                    let key = object.strip_prefix(&format!("{BUCKET}/")).unwrap();
                    assert_eq!(
                        table["num_rows"],
                        rows(key, &place.objects()[key]).len(),
                        "{place_name}: {key}"
                    );
                }
            }
        }
        assert!(!ended.stderr.contains("s3cr3t"), "{}", ended.stderr);
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn batch(compression: &str, manifest: &[&str]) -> String {
    line(
        &json!({"type": "BATCH", "stream": "t", "encoding": {"format": "jsonl", "compression": compression}, "manifest": manifest}),
    )
}

#[test]
fn batch_files_are_read_from_disk_and_from_buckets() {
    let store = Store::new();
    store
        .server()
        .place(BUCKET, "stage/a.jsonl", b"{\"id\":1}\n\n{\"id\":2}\n");
    store.server().place(
        BUCKET,
        "stage/b c.jsonl.gz",
        gzip("{\"id\":3}\n{\"id\":4}").leak(),
    );
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("c d.jsonl");
    std::fs::write(&path, "{\"id\":5}\n").unwrap();
    let plain = path.to_str().unwrap();
    let url = format!("file://{}", plain.replace(' ', "%20"));
    let input = schema("t")
        + &batch("none", &[&format!("s3://{BUCKET}/stage/a.jsonl")])
        + &batch("gzip", &[&format!("s3://{BUCKET}/stage/b c.jsonl.gz")])
        + &batch("none", &[plain, &url])
        + &state(&json!({"t": 5}));

    let ended = Landfall::load(&store.settings()).run(input).succeeded();

    assert_eq!(ended.stdout, "{\"t\":5}\n");
    let landed = rows_below(&store.objects(), "demo/t/");
    assert_eq!(
        landed.iter().map(support::rows::number).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 5]
    );
    assert!(path.exists(), "batch files stay");
}

#[test]
fn batch_files_that_cannot_be_read_are_fatal_and_named() {
    let store = Store::new();
    let missing = format!("s3://{BUCKET}/stage/gone.jsonl");
    for name in [
        missing.as_str(),
        "/nowhere/gone.jsonl",
        "file:///nowhere/gone.jsonl",
        "gone.jsonl",
    ] {
        let input = schema("t") + &batch("none", &[name]) + &state(&json!({"t": 5}));
        let ended = Landfall::load(&store.settings()).run(input).failed(1);
        let last = ended.last_log_line();
        assert!(last.starts_with("CRITICAL ") && last.contains(name), "{last}");
        assert_eq!((ended.stdout.as_str(), store.objects().len()), ("", 0), "{name}");
    }
}
