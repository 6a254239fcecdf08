//! Killed at any moment and started again from its last STATE, the target loses nothing (loading.md §6).
#![allow(clippy::unwrap_used, reason = "a test whose surroundings fail has failed")]

mod support;

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::json;
use support::lines::{done, numbered, schema, state};
use support::random::Random;
use support::rows::{number, rows};
use support::{Folder, Landfall, Place};

const STREAMS: u64 = 3;
const STATE_EVERY: u64 = 10;
const KILLS: u64 = 15;

/// What a reader of the bucket has seen so far.
#[derive(Default)]
struct Seen {
    keys: BTreeSet<String>,
    numbers: BTreeSet<u64>,
    sub_rows: BTreeSet<u64>,
    is_csv: bool,
}

impl Seen {
    /// Reads what is new; every object that is visible must be whole.
    fn look_at(&mut self, folder: &Folder) {
        let mut root_numbers = Vec::new();
        for (key, content) in folder.objects() {
            if !self.keys.insert(key.clone()) {
                continue;
            }
            for row in rows(&key, &content) {
                if key.contains("/tags/") {
                    self.sub_rows.insert(row["of"].as_str().unwrap().parse().unwrap());
                } else {
                    root_numbers.push(number(&row));
                }
            }
        }
        self.numbers.extend(root_numbers);
    }

    #[track_caller]
    fn assert_vouched(&self, records: u64) {
        let missing: Vec<u64> = (0..records)
            .filter(|number| !self.numbers.contains(number))
            .collect();
        assert!(
            missing.is_empty(),
            "a state vouches for {records} records, but these are missing: {missing:?}"
        );
    }

    #[track_caller]
    fn assert_sub_rows(&self) {
        if self.is_csv {
            let alone: Vec<_> = self.numbers.difference(&self.sub_rows).collect();
            assert!(alone.is_empty(), "root rows without their sub-rows: {alone:?}");
        }
    }
}

/// When a run is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// When so many records are written to it.
    Written(u64),
    /// When it has handed back so many states.
    Vouched(u64),
    /// Never: it is to finish.
    End,
}

/// Runs a tap that resumes from record `from` and the target, until the moment comes. Returns the last state.
fn run_until(moment: Moment, from: u64, records: u64, format: &str, folder: &Folder, seen: &mut Seen) -> u64 {
    let settings = folder.settings_with(json!({"batch_size_rows": 20, "output_file_format": format}));
    let mut target = Landfall::load(&settings).argument("-q").start();
    let mut stdin = target.take_stdin();
    let written_to = match moment {
        Moment::Written(count) => records.min(from + count),
        _ => records,
    };
    let is_killed_by_tap = written_to < records || matches!(moment, Moment::Written(_));
    let (tap_done, tap_is_done) = std::sync::mpsc::channel();
    let tap = std::thread::spawn(move || {
        let schemas: String = (0..STREAMS).map(|stream| schema(&format!("s{stream}"))).collect();
        let mut write = |text: String| stdin.write_all(text.as_bytes());
        // A target that is gone ends the tap.
        let _ = write(schemas).and_then(|()| {
            (from..written_to).try_for_each(|number| {
                let is_state = (number + 1) % STATE_EVERY == 0;
                let state = if is_state {
                    state(&json!({"done": number + 1}))
                } else {
                    String::new()
                };
                write(numbered(number, STREAMS) + &state)
            })
        });
        let _ = tap_done.send(());
        // The tap's end must not look like the end of input to a target that is to be killed.
        is_killed_by_tap.then_some(stdin)
    });
    if is_killed_by_tap {
        tap_is_done.recv().unwrap();
        target.kill();
    }
    let (mut last, mut count) = (from, 0);
    while let Some(line) = target.next_state() {
        last = done(&line);
        seen.look_at(folder);
        seen.assert_vouched(last);
        count += 1;
        if let Moment::Vouched(most) = moment
            && count >= most
        {
            target.kill();
        }
    }
    let ended = target.end();
    drop(tap.join().unwrap());
    if matches!(moment, Moment::End) {
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    seen.look_at(folder);
    seen.assert_vouched(last);
    seen.assert_sub_rows();
    last
}

fn crashes(format: &str) {
    let mut random = Random::seeded(15);
    let folder = Folder::new();
    let mut seen = Seen {
        is_csv: format == "csv",
        ..Seen::default()
    };
    let (mut from, mut records) = (0, 0);
    for kill in 0..KILLS {
        // There is always more to come.
        records = from + 2_000;
        let moment = match random.below(2) {
            0 => Moment::Written(random.below(1_500)),
            _ => Moment::Vouched(1 + random.below(8)),
        };
        println!("kill {kill} at {moment:?}, from record {from}");
        from = run_until(moment, from, records, format, &folder, &mut seen);
    }
    let last = run_until(Moment::End, from, records, format, &folder, &mut seen);
    assert_eq!(last, records - records % STATE_EVERY);
    seen.assert_vouched(records);
}

#[test]
fn a_target_that_is_killed_again_and_again_loses_no_jsonl() {
    crashes("jsonl");
}

#[test]
fn a_target_that_is_killed_again_and_again_loses_no_csv() {
    crashes("csv");
}
