//! Any bytes as a line: what is accepted is JSON, survives being written and read again, and says the same whether the
//! line is read whole or, as most are, from the end of a known beginning. What follows a line break replaces the record
//! and the rest of the line before it.
#![no_main]

use landfall_core::json::{Json, JsonError, JsonFault, Kind, NonFinite, Paths, Tape, write_compact};
use landfall_singer::{LineFault, Message, MessageReader, RecordStart, TailFault, TailReader};
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;

fuzz_target!(|data: &[u8]| {
    compare_with_serde(data);
    write_and_read_again(data);
    let mut lines = data.split(|byte| *byte == b'\n');
    let line = lines.next().unwrap_or_default();
    if let Ok(Message::Record(start)) = MessageReader::new().read(line) {
        read_record(line, &start);
        read_behind_prefix(line, &start, lines.next().unwrap_or_default());
    }
});

/// Another reader of JSON has the same opinion of what JSON is.
fn compare_with_serde(data: &[u8]) {
    let (mut tape, mut paths) = (Tape::new(), Paths::new());
    let ours = tape.parse_document(data, NonFinite::Refuse, &mut paths).map(drop);
    let is_json =
        std::str::from_utf8(data).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
    match ours {
        Ok(()) => assert!(is_json, "accepted, but no JSON"),
        Err(JsonError {
            fault: JsonFault::TooDeep | JsonFault::TooManyNames,
            ..
        }) => {}
        Err(error) => assert!(!is_json, "JSON, but refused: {error}"),
    }
}

fn write_and_read_again(data: &[u8]) {
    let (mut tape, mut paths) = (Tape::new(), Paths::new());
    let Ok(value) = tape.parse_document(data, NonFinite::AsNull, &mut paths) else {
        return;
    };
    let (kind, start) = (value.kind(), value.start());
    let read = Json::from_value(value);
    let mut compact = Vec::new();
    write_compact(value, &mut compact);
    assert_eq!(
        Json::parse(&compact).as_ref(),
        Ok(&read),
        "written and read again"
    );
    assert_eq!(
        read.to_compact_text().as_bytes(),
        compact,
        "the owned tree is written alike"
    );
    if matches!(kind, Kind::Array | Kind::Object) {
        let text = std::str::from_utf8(data).expect("JSON is UTF-8");
        let span = (start, text.trim_end_matches([' ', '\t', '\r', '\n']).len());
        let mut copied = Vec::new();
        tape.write_compact_document(text, span, &paths, &mut copied);
        assert_eq!(copied, compact, "copied with edits");
        if tape.is_verbatim() {
            assert_eq!(&data[span.0..span.1], compact, "verbatim");
        }
    }
}

/// The record can be parsed from where the message says that it begins.
fn read_record(line: &[u8], start: &RecordStart) {
    let text = std::str::from_utf8(line).expect("messages are UTF-8");
    let (mut tape, mut paths) = (Tape::new(), Paths::new());
    let parsed = tape.parse_at(text, start.offset, 1, NonFinite::AsNull, &mut paths);
    let (record, end) = parsed.expect("a record stands there");
    assert_eq!(record.kind(), Kind::Object);
    if let Some(before) = start.prefix_facts {
        match TailReader::new().read(&text[end..], before) {
            Ok(facts) => assert_eq!(facts, start.facts, "the end says what the line says"),
            Err(fault) => assert_eq!(fault, TailFault::SaysMore, "the end of a good line"),
        }
    }
}

/// A line that begins like `line` and goes on with `rest` at its record is understood as if it was read whole.
fn read_behind_prefix(line: &[u8], start: &RecordStart, rest: &[u8]) {
    let Some(before) = start.prefix_facts else { return };
    let whole = [&line[..start.offset], rest].concat();
    let Ok(text) = std::str::from_utf8(&whole) else {
        return;
    };
    let (mut tape, mut paths) = (Tape::new(), Paths::new());
    let parsed = tape.parse_at(text, start.offset, 1, NonFinite::AsNull, &mut paths);
    let quick = match parsed {
        Err(_) => Err(TailFault::NotJson),
        Ok((record, end)) => {
            let (kind, begin) = (record.kind(), record.start());
            TailReader::new()
                .read(&text[end..], before)
                .map(|facts| (kind, begin, facts))
        }
    };
    let thorough = MessageReader::new().read(&whole);
    match (quick, thorough) {
        (Ok((Kind::Object, begin, facts)), Ok(Message::Record(whole))) => {
            assert_eq!((facts, begin), (whole.facts, whole.offset));
            assert_eq!(start.stream, whole.stream);
        }
        (Ok((Kind::Object, ..)), whole) => panic!("taken for a good record, but it is {whole:?}"),
        (Ok(_) | Err(TailFault::Fault(_)), whole) => {
            assert!(matches!(whole, Err(LineFault::WrongKind { .. })), "{whole:?}");
        }
        (Err(TailFault::NotJson | TailFault::Unparsed(_)), whole) => {
            let is_unreadable = matches!(whole, Err(LineFault::NotJson { .. } | LineFault::TooDeep { .. }));
            assert!(is_unreadable, "{whole:?}");
        }
        (Err(TailFault::SaysMore), _) => {}
    }
}
