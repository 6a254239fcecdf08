//! Schemas and records, by the vectors and by properties.

// A test that can't go on says so by panicking.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use landfall_core::json::Json;
use landfall_core::schema::{DeclaredTable, Formats, RecordPlan, Schema};

mod schema {
    mod declared;
    mod limits;
    mod plans;
    mod properties;
    mod readings;
}

fn parse(text: &str) -> Json {
    Json::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn compile(text: &str) -> Schema {
    Schema::compile(&parse(text)).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn violations(schema: &str, record: &str) -> Option<String> {
    compile(schema).violations(&parse(record), Formats::Enforce)
}

fn declared(schema: &str) -> DeclaredTable {
    DeclaredTable::of(&compile(schema))
}

fn vector_cases(text: &str) -> Vec<Json> {
    parse(text)
        .member("cases")
        .and_then(Json::as_array)
        .expect("vectors have cases")
        .to_vec()
}

fn text_of<'a>(case: &'a Json, name: &str) -> Option<&'a str> {
    case.member(name).and_then(Json::as_str)
}

#[test]
fn records_have_the_violations_of_the_vectors() {
    let mut checked = 0;
    for case in vector_cases(include_str!("vectors/schema/records.json")) {
        let name = text_of(&case, "name").expect("cases have names");
        let schema = compile(text_of(&case, "schema_text").expect("cases have schemas"));
        let record = parse(text_of(&case, "record_text").expect("cases have records"));
        let applicable = match text_of(&case, "applies_to").expect("cases say where they apply") {
            "both" => vec![Formats::Enforce, Formats::Ignore],
            "import_api" => vec![Formats::Enforce],
            "singer" => vec![Formats::Ignore],
            other => panic!("{name}: {other}"),
        };
        for formats in applicable {
            let found = schema.violations(&record, formats);
            assert_eq!(
                found.as_deref(),
                text_of(&case, "violations"),
                "{name}, {formats:?}"
            );
            let is_accepted = RecordPlan::new(&schema, formats).accepts_record(&record);
            assert!(
                !is_accepted || found.is_none(),
                "{name}, {formats:?}: the plan accepts it"
            );
            checked += 1;
        }
    }
    assert!(checked > 300, "only {checked} cases");
}

#[test]
fn unusable_schemas_are_refused_with_the_texts_of_the_vectors() {
    for case in vector_cases(include_str!("vectors/schema/invalid.json")) {
        let name = text_of(&case, "name").expect("cases have names");
        let schema = parse(text_of(&case, "schema_text").expect("cases have schemas"));
        let refusal = Schema::compile(&schema).expect_err(name).to_string();
        assert_eq!(Some(refusal.as_str()), text_of(&case, "error"), "{name}");
    }
}
