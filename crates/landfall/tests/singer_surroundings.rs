//! Runs of the Singer target in surroundings that others made: descriptors that don't block or are closed, limits of the
//! system, and ends at which nobody does anything.
#![allow(clippy::unwrap_used, reason = "a test whose surroundings fail has failed")]

mod support;

use std::io::{PipeReader, Read, Write, pipe};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionbio;
use serde_json::json;
use support::lines::numbered_run;
use support::place::CHALLENGE;
use support::rows::numbers;
use support::{Folder, Landfall, Place, Running, record, schema, state};

/// Signals that are further apart are two.
const TWICE_WITHIN: Duration = Duration::from_millis(2100);

/// The binary, called by a shell that does something first.
fn in_shell(place: &dyn Place, script: &str) -> Landfall {
    let landfall = Landfall::with(["-c"]).program("sh");
    let config = landfall.dir().join("settings.json");
    std::fs::write(&config, place.settings().to_string()).unwrap();
    landfall
        .argument(script)
        .argument(env!("CARGO_BIN_EXE_landfall"))
        .argument(config)
}

/// Sends a signal and sees that the process, whose stdout `states` comes from, goes on until the next one is another.
fn signal_in_vain(run: &Running, states: &PipeReader) {
    run.signal("TERM");
    let mut end = [PollFd::new(states, PollFlags::empty())];
    let patience = Timespec::try_from(TWICE_WITHIN).unwrap();
    assert_eq!(poll(&mut end, Some(&patience)), Ok(0), "it has not ended yet");
}

#[test]
fn an_input_that_does_not_block_is_waited_for() {
    for signal in [None, Some("TERM")] {
        let folder = Folder::new();
        let (reader, mut writer) = pipe().unwrap();
        ioctl_fionbio(&reader, true).unwrap();
        let mut run = Landfall::load(&folder.settings_with(json!({"batch_size_rows": 3}))).start_from(reader);
        writer.write_all(numbered_run(3, 1, 3).as_bytes()).unwrap();
        assert_eq!(run.next_state().as_deref(), Some("{\"done\":3}"));
        // It has read all there was, so it waits.
        let more = record("s0", &json!({"id": 3})) + &state(&json!({"done": 4}));
        let states = if let Some(signal) = signal {
            run.signal(signal);
            let ended = run.end_with_open_input().succeeded();
            drop(writer);
            ended.states().len()
        } else {
            writer.write_all(more.as_bytes()).unwrap();
            drop(writer);
            run.end().succeeded().states().len()
        };
        assert_eq!(states, if signal.is_some() { 1 } else { 2 }, "{signal:?}");
    }
}

#[test]
fn states_and_log_lines_wait_for_a_reader_where_nothing_blocks() {
    let folder = Folder::new();
    let (mut states, stdout) = pipe().unwrap();
    ioctl_fionbio(&stdout, true).unwrap();
    let mut run = Landfall::load(&folder.settings_with(json!({"batch_size_rows": 1}))).start_telling(stdout);
    // More than a pipe holds.
    let long = "x".repeat(200 << 10);
    run.feed_to_the_end(schema("t") + &record("t", &json!({"id": 1})) + &state(&json!({"long": long})));
    run.wait_for_log("batch_processing_time");
    let mut told = String::new();
    states.read_to_string(&mut told).unwrap();
    run.end().succeeded();
    assert_eq!(told, format!("{{\"long\":\"{long}\"}}\n"));
}

#[test]
fn a_second_signal_ends_a_run_whose_states_nobody_takes() {
    let folder = Folder::new();
    let (states, stdout) = pipe().unwrap();
    let mut run = Landfall::load(&folder.settings_with(json!({"batch_size_rows": 1}))).start_telling(stdout);
    let long = state(&json!({"long": "x".repeat(200 << 10)}));
    run.feed(schema("t") + &record("t", &json!({"id": 1})) + &long);
    run.wait_for_log("batch_processing_time");
    signal_in_vain(&run, &states);
    run.signal("INT");
    let ended = run.end_with_open_input().failed(1);
    assert_eq!(
        ended.last_log_line(),
        "CRITICAL stopped by a second signal before all was loaded: run it again from the last STATE"
    );
}

/// `/proc` says when it may be sent.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_ends_a_run_whose_input_nobody_opens() {
    let folder = Folder::new();
    let landfall = Landfall::load(&folder.settings());
    let input = landfall.dir().join("input");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&input)
            .status()
            .unwrap()
            .success()
    );
    let run = landfall
        .argument("-v")
        .argument("--input")
        .argument(&input)
        .start();
    // It is caught from the start on; before that, the system ends the process.
    wait_until_it_catches_signals(&run);
    run.signal("TERM");
    let ended = run.end_with_open_input().succeeded();
    assert!(
        ended.stderr.contains("ending before anything was read"),
        "{}",
        ended.stderr
    );
}

#[cfg(target_os = "linux")]
fn wait_until_it_catches_signals(run: &Running) {
    let term = 1_u64 << 14;
    let catches = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", run.id())).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        caught.is_some_and(|mask| mask & term != 0)
    };
    while !catches() {
        std::thread::yield_now();
    }
}

#[test]
fn a_limit_on_file_sizes_is_told_with_its_remedy() {
    let folder = Folder::new();
    let script = "ulimit -f 8; exec \"$0\" load --config \"$1\"";
    let large = record("t", &json!({"id": 1, "text": "x".repeat(100 << 10)}));
    let ended = in_shell(&folder, script).run(schema("t") + &large).failed(1);
    let errors = ended.logged("ERROR");
    assert!(
        errors
            .iter()
            .any(|error| error.starts_with("folder_error: ") && error.contains("ulimit -f")),
        "{}",
        ended.stderr
    );
    assert!(
        ended.last_log_line().starts_with("CRITICAL writing "),
        "{}",
        ended.stderr
    );
    assert!(folder.objects().is_empty());
}

#[test]
fn a_stdin_that_is_closed_is_fatal() {
    let folder = Folder::new();
    let ended = in_shell(&folder, "exec \"$0\" load --config \"$1\" <&-")
        .run("")
        .failed(1);
    assert!(
        ended
            .last_log_line()
            .starts_with("CRITICAL stdin is closed, so there is nothing to load: "),
        "{}",
        ended.stderr
    );
    // Who means it says so.
    in_shell(&folder, "exec \"$0\" load --config \"$1\" </dev/null")
        .run("")
        .succeeded();
    let input = folder.bucket().with_file_name("input");
    std::fs::write(&input, numbered_run(3, 1, 3)).unwrap();
    let script = format!(
        "exec \"$0\" load --config \"$1\" --input '{}' <&-",
        input.display()
    );
    in_shell(&folder, &script).run("").succeeded();
    assert_eq!(numbers(&folder.objects()), [0, 1, 2]);
}

#[test]
fn a_file_in_the_way_of_a_folder_is_named_with_its_remedy() {
    for name in [".landfall-tmp", "demo"] {
        let folder = Folder::new();
        let path = folder.bucket().join(name);
        std::fs::write(&path, "").unwrap();
        assert!(folder.bucket().join(CHALLENGE).exists());
        let ended = Landfall::load(&folder.settings())
            .run(numbered_run(3, 1, 3))
            .failed(1);
        let reason = format!("{} is a file where a folder is needed", path.display());
        let errors = ended.logged("ERROR");
        assert!(
            errors
                .iter()
                .any(|error| error.contains(&reason) && error.contains("Remedy: Move that file away")),
            "{}",
            ended.stderr
        );
        assert!(ended.last_log_line().ends_with(&reason), "{}", ended.stderr);
    }
}

#[test]
fn a_variable_that_is_no_setting_is_named() {
    let folder = Folder::new();
    let ended = Landfall::load(&folder.settings())
        .config(&json!({"zeal": 1}))
        .argument("--config")
        .argument("ENV")
        .variable("TARGET_LANDFALL_BATCH_SIZE_ROW", "5")
        .run("")
        .failed(1);
    assert!(
        ended.stderr.contains(
            "TARGET_LANDFALL_BATCH_SIZE_ROW: there is no such setting: the nearest is batch_size_rows"
        ),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains(" zeal: there is no such setting"),
        "{}",
        ended.stderr
    );
}
