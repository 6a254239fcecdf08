//! Hostile schemas and records come to an end.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::{compile, declared, parse};
use landfall_core::schema::{Formats, RecordPlan, Schema};

/// Definitions `d0` … `d<count>`, each made from the name of the next; the last is `last`.
fn chain(count: usize, link: impl Fn(&str) -> String, last: &str) -> String {
    let mut definitions = String::new();
    for index in 0..count {
        let next = format!(r##"{{"$ref":"#/definitions/d{}"}}"##, index + 1);
        let _ = write!(definitions, r#""d{index}":{},"#, link(&next));
    }
    format!(
        r##"{{"definitions":{{{definitions}"d{count}":{last}}},"properties":{{"v":{{"$ref":"#/definitions/d0"}}}}}}"##
    )
}

fn nested(open: &str, levels: usize, middle: &str, close: &str) -> String {
    format!("{}{middle}{}", open.repeat(levels), close.repeat(levels))
}

fn is_valid(schema: &Schema, record: &str) -> bool {
    let record = parse(record);
    let is_valid = schema.violations(&record, Formats::Enforce).is_none();
    let is_accepted = RecordPlan::new(schema, Formats::Enforce).accepts_record(&record);
    assert!(is_valid || !is_accepted);
    is_valid
}

#[test]
fn long_chains_of_references_are_followed() {
    let start = Instant::now();
    let plain = compile(&chain(20_000, str::to_owned, r#"{"type":"integer"}"#));
    assert!(is_valid(&plain, r#"{"v":1}"#));
    assert!(!is_valid(&plain, r#"{"v":"x"}"#));
    let shallow = compile(&chain(
        200,
        |next| format!(r#"{{"allOf":[{next}]}}"#),
        r#"{"type":"integer"}"#,
    ));
    assert!(is_valid(&shallow, r#"{"v":1}"#));
    let deep = compile(&chain(
        20_000,
        |next| format!(r#"{{"allOf":[{next}]}}"#),
        r#"{"type":"integer"}"#,
    ));
    let given_up = deep.violations(&parse(r#"{"v":1}"#), Formats::Enforce);
    assert_eq!(
        given_up.as_deref(),
        Some("#: the schema takes too many steps to check this record")
    );
    let properties = compile(&chain(
        20_000,
        |next| format!(r#"{{"properties":{{"x":{next}}}}}"#),
        "{}",
    ));
    assert!(is_valid(&properties, r#"{"v":{"x":{"x":{}}}}"#));
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn branches_that_double_at_every_level_are_given_up() {
    let start = Instant::now();
    let doubling = chain(
        64,
        |next| format!(r#"{{"anyOf":[{next},{next}]}}"#),
        r#"{"type":"integer"}"#,
    );
    let doubling = compile(&doubling);
    assert!(is_valid(&doubling, r#"{"v":1}"#));
    assert!(!is_valid(&doubling, r#"{"v":"x"}"#));
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn columns_that_double_at_every_level_are_bounded() {
    let start = Instant::now();
    let doubling = chain(
        40,
        |next| format!(r#"{{"properties":{{"a":{next},"b":{next}}}}}"#),
        "{}",
    );
    assert!(!declared(&doubling).columns.is_empty());
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn the_deepest_records_are_checked_by_recursive_schemas() {
    let schema = r##"{"properties":{"x":{"anyOf":[{"$ref":"#"},{"items":{"$ref":"#/properties/x"}},{"type":"null"}]}}}"##;
    let schema = compile(schema);
    assert!(is_valid(&schema, &nested(r#"{"x":"#, 127, "null", "}")));
    assert!(is_valid(
        &schema,
        &format!(r#"{{"x":{}}}"#, nested("[", 126, "null", "]"))
    ));
    let wrapped = nested(r#"{"anyOf":["#, 6, r##"{"$ref":"#"}"##, r#",{"type":"null"}]}"#);
    let wrapped = compile(&format!(r#"{{"type":"object","properties":{{"x":{wrapped}}}}}"#));
    assert!(is_valid(&wrapped, &nested(r#"{"x":"#, 127, "null", "}")));
    assert!(!is_valid(&wrapped, &nested(r#"{"x":"#, 127, "5", "}")));
    let recursive = compile(r##"{"properties":{"x":{"$ref":"#"}},"type":"object"}"##);
    assert!(!is_valid(&recursive, &nested(r#"{"x":"#, 127, "5", "}")));
}

#[test]
fn nested_schemas_compile() {
    let deep = compile(&nested(r#"{"items":"#, 127, "{}", "}"));
    assert!(is_valid(&deep, "{}"));
    let deep = compile(&nested(r#"{"not":"#, 127, "{}", "}"));
    assert!(!is_valid(&deep, "{}"));
}

#[test]
fn wide_objects_are_checked_in_one_pass() {
    let start = Instant::now();
    let mut members = String::new();
    for index in 0..20_000 {
        let _ = write!(members, r#""p{index}":{{"type":"integer"}},"#);
    }
    let schema = compile(&format!(
        r#"{{"properties":{{{members}"last":{{}}}},"additionalProperties":false}}"#
    ));
    let mut record = String::new();
    for index in 0..20_000 {
        let _ = write!(record, r#""p{index}":{index},"#);
    }
    assert!(is_valid(&schema, &format!(r#"{{{record}"last":1}}"#)));
    assert!(!is_valid(&schema, &format!(r#"{{{record}"more":1}}"#)));
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn huge_numbers_are_compared_by_their_text() {
    let schema = compile(r#"{"properties":{"v":{"multipleOf":7,"maximum":1e999999999999}}}"#);
    assert!(is_valid(&schema, r#"{"v":7e999999999998}"#));
    assert!(!is_valid(&schema, r#"{"v":7e999999999999}"#));
    assert!(!is_valid(&schema, r#"{"v":1e999999999}"#));
    let digits = "7".repeat(100_000);
    assert!(is_valid(&schema, &format!(r#"{{"v":{digits}}}"#)));
    let long = "1".repeat(1001);
    assert!(Schema::compile(&parse(&format!(r#"{{"multipleOf":{long}}}"#))).is_err());
}
