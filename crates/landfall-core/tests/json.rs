//! JSON text, judged by hand and against an independent parser.
#![allow(clippy::unwrap_used, reason = "a test that can't set itself up has failed")]

use landfall_core::json::{
    Json, JsonFault, Kind, NonFinite, Paths, Tape, write_canonical_string, write_compact,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde::de::IgnoredAny;

fn compact(text: &str) -> String {
    let (mut tape, mut paths, mut out) = (Tape::new(), Paths::new(), Vec::new());
    write_compact(
        tape.parse_document(text.as_bytes(), NonFinite::AsNull, &mut paths)
            .unwrap(),
        &mut out,
    );
    String::from_utf8(out).unwrap()
}

#[test]
fn compact_text_is_canonical() {
    let cases = [
        (
            " { \"a\" : [ 1 , -0 , 1.50 , 1E+5 ] } ",
            r#"{"a":[1,-0,1.50,1E+5]}"#,
        ),
        (
            r#""\/\u00e9\u000a\u001F\u007f\"\\\b\f\n\r\t""#,
            "\"/é\\n\\u001f\u{7f}\\\"\\\\\\b\\f\\n\\r\\t\"",
        ),
        (r#"{"\u0061":1,"\/":2}"#, r#"{"a":1,"/":2}"#),
        (r#""\ud83d\ude00""#, "\"😀\""),
        (
            r#"["\ud83d","\ude00","\ud83d\ud83d\ude00","\ude00\ud83d","\ud83dx","\ud83d\n"]"#,
            "[\"\u{FFFD}\",\"\u{FFFD}\",\"\u{FFFD}😀\",\"\u{FFFD}\u{FFFD}\",\"\u{FFFD}x\",\"\u{FFFD}\\n\"]",
        ),
        ("[NaN,Infinity,-Infinity,null]", "[null,null,null,null]"),
        (
            "12345678901234567890.123456789012345678",
            "12345678901234567890.123456789012345678",
        ),
        (
            r#""plain and long enough for whole words, ünd möre""#,
            r#""plain and long enough for whole words, ünd möre""#,
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(compact(text), expected, "text: {text}");
    }
}

#[test]
fn of_repeated_names_the_last_value_stands_at_the_place_of_the_first() {
    let cases = [
        (r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#),
        (
            r#"{"a":{"x":1,"x":2},"b":[{"c":1,"c":[]}],"\u0061":{"y":1}}"#,
            r#"{"a":{"y":1},"b":[{"c":[]}]}"#,
        ),
        (r#"[{"a":1},{"a":2}]"#, r#"[{"a":1},{"a":2}]"#),
        (
            r#"{"a":{"a":1},"b":{"a":2,"b":{"a":3}}}"#,
            r#"{"a":{"a":1},"b":{"a":2,"b":{"a":3}}}"#,
        ),
        (r#"{"":1,"":{"":2,"":3}}"#, r#"{"":{"":3}}"#),
    ];
    for (text, expected) in cases {
        assert_eq!(compact(text), expected, "text: {text}");
        assert_eq!(
            Json::parse(text.as_bytes()).unwrap().to_compact_text(),
            expected,
            "tree of {text}"
        );
    }
}

#[test]
fn verbatim_is_what_needs_no_writing_anew() {
    let cases = [
        (r#"{"a":[1,"é\n\u0001"]}"#, true),
        (r#" {"a":1} "#, true), // White space around the value is no part of it.
        (r#"{"a": 1}"#, false),
        (r#"{"a":"\/"}"#, false),
        (r#"{"a":"\u0041"}"#, false),
        (r#"{"a":"\u001F"}"#, false),
        (r#"{"a":"\u000a"}"#, false),
        (r#"{"\u0061":1}"#, false),
        (r#"{"a":1,"a":1}"#, false),
        (r#"{"a":NaN}"#, false),
    ];
    for (text, expected) in cases {
        let (mut tape, mut paths) = (Tape::new(), Paths::new());
        tape.parse_document(text.as_bytes(), NonFinite::AsNull, &mut paths)
            .unwrap();
        assert_eq!(tape.is_verbatim(), expected, "text: {text}");
    }
}

#[test]
fn brackets_nest_128_deep() {
    for (depth, is_fine) in [(1, true), (128, true), (129, false), (100_000, false)] {
        let text = "[".repeat(depth) + &"]".repeat(depth);
        let result = Json::parse(text.as_bytes());
        assert_eq!(result.is_ok(), is_fine, "depth {depth}");
        if let Err(error) = result {
            assert_eq!(error.fault, JsonFault::TooDeep);
        }
    }
}

#[test]
fn kinds_follow_the_text() {
    let cases = [
        ("1", Kind::Integer),
        ("-0", Kind::Integer),
        ("1.0", Kind::Decimal),
        ("1e0", Kind::Decimal),
    ];
    for (text, kind) in cases {
        assert_eq!(Json::parse(text.as_bytes()).unwrap().kind(), kind, "text: {text}");
    }
}

fn deepest(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut is_escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Both parsers take it or both refuse it.
fn agrees(text: &[u8]) -> Result<(), TestCaseError> {
    let (mut tape, mut paths) = (Tape::new(), Paths::new());
    let is_ours = tape.parse_document(text, NonFinite::Refuse, &mut paths).is_ok();
    let is_theirs = std::str::from_utf8(text).is_ok_and(|text| {
        serde_json::from_str::<IgnoredAny>(text).is_ok() && deepest(text) <= Tape::MAX_DEPTH
    });
    prop_assert_eq!(is_ours, is_theirs, "text: {}", String::from_utf8_lossy(text));
    Ok(())
}

fn json_text() -> impl Strategy<Value = String> {
    let scalars = prop_oneof![
        select(vec![
            "null",
            "true",
            "false",
            "0",
            "-1",
            "1.5e-3",
            "\"\"",
            "\"a\\\\\\\"\\u00e9\"",
            "\"\\ud800\"",
            "{}",
            "[]"
        ])
        .prop_map(str::to_owned),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        any::<i128>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| serde_json::to_string(&number).unwrap()),
    ];
    let spaces = || select(vec!["", "", " ", "\n\t\r "]);
    scalars.prop_recursive(4, 40, 5, move |inner| {
        let names = prop_oneof![Just("a".to_owned()), Just("b".to_owned()), any::<String>()];
        let member = (names, spaces(), inner.clone()).prop_map(|(name, space, value)| {
            format!(
                "{space}{}{space}:{space}{value}{space}",
                serde_json::to_string(&name).unwrap()
            )
        });
        prop_oneof![
            vec((inner, spaces()), 0..5).prop_map(|values| {
                let values: Vec<String> = values
                    .into_iter()
                    .map(|(value, space)| format!("{space}{value}{space}"))
                    .collect();
                format!("[{}]", values.join(","))
            }),
            vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_are_taken_or_refused_as_elsewhere(text in vec(any::<u8>(), 0..60)) {
        agrees(&text)?;
    }

    #[test]
    fn text_of_json_characters_is_taken_or_refused_as_elsewhere(
        text in vec(select(b"{}[]:,\"\\ \n0123456789.eE+-truefalsn/bu\x00\x1f\xc3\xa9NI".to_vec()), 0..30),
    ) {
        agrees(&text)?;
    }

    #[test]
    fn mutated_json_is_taken_or_refused_as_elsewhere(
        text in json_text(),
        changes in vec((any::<Index>(), any::<u8>(), 0..3_u8), 0..4),
    ) {
        let mut text = text.into_bytes();
        for (at, byte, how) in changes {
            let at = at.index(text.len().max(1));
            match how {
                0 if at < text.len() => text[at] = byte,
                1 if at < text.len() => drop(text.remove(at)),
                _ => text.insert(at, byte),
            }
        }
        agrees(&text)?;
    }

    #[test]
    fn json_keeps_its_meaning_and_settles_in_one_form(texts in vec(json_text(), 1..4)) {
        // One table of places for all: what it learns from one document must not show in the next.
        let (mut tape, mut paths) = (Tape::new(), Paths::new());
        for text in texts {
            let mut once = Vec::new();
            write_compact(tape.parse_document(text.as_bytes(), NonFinite::Refuse, &mut paths).unwrap(), &mut once);
            let (is_verbatim, once) = (tape.is_verbatim(), String::from_utf8(once).unwrap());
            prop_assert_eq!(is_verbatim, once == text.trim_matches([' ', '\t', '\r', '\n']));
            prop_assert_eq!(&compact(&once), &once);
            prop_assert_eq!(Json::parse(text.as_bytes()).unwrap().to_compact_text(), once.clone());
            if let Ok(theirs) = serde_json::from_str::<serde_json::Value>(&text) {
                prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&once).unwrap(), theirs);
            }
        }
    }

    #[test]
    fn what_can_stand_in_a_row_is_known(
        text in prop_oneof![any::<String>(), "[ ,|\t\"\\\\a-c\u{e9}]{0,20}"],
        delimiter in select(b",|\t".to_vec()),
    ) {
        let token = serde_json::to_string(&text).unwrap();
        let is_blank = |character: char| character == ' ' || character == '\t';
        let is_plain = !token.contains('\\')
            && !text.is_empty()
            && !text.starts_with(is_blank)
            && !text.ends_with(is_blank)
            && !text.contains(char::from(delimiter));
        // Near the end of a document it may be left open.
        let document = format!("[{token}, 1, null      ]");
        let mut paths = Paths::new();
        for (tape, expected) in [
            (&mut Tape::for_cells(delimiter), [is_plain, true, false]),
            (&mut Tape::for_reading(), [false, true, false]),
            (&mut Tape::new(), [false, true, false]),
        ] {
            let value = tape.parse_document(document.as_bytes(), NonFinite::Refuse, &mut paths).unwrap();
            let found: Vec<bool> = value.elements().map(|cell| cell.is_plain_cell()).collect();
            prop_assert_eq!(found, expected);
            let short = tape.parse_document(token.as_bytes(), NonFinite::Refuse, &mut paths).unwrap();
            prop_assert!(!short.is_plain_cell() || expected[0]);
        }
    }

    #[test]
    fn strings_come_back(text in any::<String>()) {
        let mut written = Vec::new();
        write_canonical_string(&text, &mut written);
        prop_assert_eq!(Json::parse(&written).unwrap(), Json::String(text.clone()));
        prop_assert_eq!(serde_json::from_slice::<String>(&written).unwrap(), text);
    }
}

#[test]
fn a_table_of_places_can_be_kept_small() {
    // The document itself is a place too.
    let (mut tape, mut paths) = (Tape::new(), Paths::at_most(4));
    let mut parse = |text: &str| {
        let parsed = tape.parse_document(text.as_bytes(), NonFinite::Refuse, &mut paths);
        parsed.map(drop).map_err(|error| error.fault)
    };
    assert_eq!(parse(r#"{"a":1,"b":2,"c":3}"#), Ok(()));
    assert_eq!(
        parse(r#"{"a":1,"b":2,"c":3}"#),
        Ok(()),
        "what is known and expected costs nothing"
    );
    assert_eq!(parse(r#"{"a":1,"b":2,"d":3}"#), Err(JsonFault::TooManyNames));
}
