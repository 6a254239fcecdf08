//! Random schemas and records: the plan, the interpreter and an independent validator agree.

use landfall_core::json::Json;
use landfall_core::schema::{DeclaredTable, Formats, RecordPlan, Schema};
use proptest::prelude::*;

use crate::parse;

const NAMES: [&str; 4] = ["a", "b", "c", "_sdc_d"];

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&NAMES[..])
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(
            &[
                "null",
                "true",
                "false",
                r#""""#,
                r#""x""#,
                r#""2020-01-01T00:00:00Z""#
            ][..]
        )
        .prop_map(str::to_owned),
        (-12_i64..12).prop_map(|number| number.to_string()),
        (-99_i64..99, 1_i64..9).prop_map(|(whole, tenths)| format!("{whole}.{tenths}")),
        prop::sample::select(&[r#""é🚀""#, r#""xyz""#, r#""x\ny\"""#, r#""a\\b""#][..])
            .prop_map(str::to_owned),
    ]
}

fn object_text(members: Vec<(&'static str, String)>) -> String {
    let mut seen = Vec::new();
    let members = members.into_iter().filter(|(name, _)| {
        let is_new = !seen.contains(name);
        seen.push(*name);
        is_new
    });
    let members: Vec<String> = members
        .map(|(name, value)| format!(r#""{name}":{value}"#))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn value() -> impl Strategy<Value = String> {
    scalar().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|elements| format!("[{}]", elements.join(","))),
            prop::collection::vec((name(), inner), 0..4).prop_map(object_text),
        ]
    })
}

fn record() -> impl Strategy<Value = String> {
    prop::collection::vec((name(), value()), 0..4).prop_map(object_text)
}

fn type_keyword() -> impl Strategy<Value = String> {
    const TYPES: [&str; 7] = [
        "null", "boolean", "integer", "number", "string", "array", "object",
    ];
    prop_oneof![
        prop::sample::select(&TYPES[..]).prop_map(|name| format!(r#""type":"{name}""#)),
        prop::sample::subsequence(&TYPES[..], 1..4)
            .prop_map(|names| format!(r#""type":["{}"]"#, names.join(r#"",""#))),
    ]
}

fn structure(inner: impl Strategy<Value = String> + Clone + 'static) -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec((name(), inner.clone()), 0..4)
            .prop_map(|members| format!(r#""properties":{}"#, object_text(members))),
        inner.clone().prop_map(|schema| format!(r#""items":{schema}"#)),
        prop_oneof![Just("true".to_owned()), Just("false".to_owned()), inner]
            .prop_map(|schema| format!(r#""additionalProperties":{schema}"#)),
        prop::sample::subsequence(&NAMES[..], 1..3)
            .prop_map(|names| format!(r#""required":{}"#, parse_names(&names))),
    ]
}

fn parse_names(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!(r#""{name}""#)).collect();
    format!("[{}]", quoted.join(","))
}

fn schema_of(keywords: Vec<String>) -> String {
    let mut seen = Vec::new();
    let keywords: Vec<String> = keywords
        .into_iter()
        .filter(|keyword| {
            let name = keyword.split(':').next().unwrap_or_default().to_owned();
            let is_new = !seen.contains(&name);
            seen.push(name);
            is_new
        })
        .collect();
    format!("{{{}}}", keywords.join(","))
}

/// Schemas whose verdict the plan gives exactly.
fn plain_schema() -> impl Strategy<Value = String> {
    prop::collection::vec(type_keyword(), 0..2)
        .prop_map(schema_of)
        .prop_recursive(4, 24, 4, |inner| {
            (
                prop::collection::vec(type_keyword(), 0..2),
                prop::collection::vec(structure(inner), 0..4),
            )
                .prop_map(|(types, structures)| schema_of([types, structures].concat()))
        })
}

fn rule() -> impl Strategy<Value = String> {
    prop_oneof![
        (0..4).prop_map(|limit| format!(r#""minLength":{limit}"#)),
        (0..4).prop_map(|limit| format!(r#""maxLength":{limit}"#)),
        (-9..9).prop_map(|limit| format!(r#""minimum":{limit}"#)),
        (-9..9).prop_map(|limit| format!(r#""maximum":{limit}.5"#)),
        (0..4).prop_map(|limit| format!(r#""minItems":{limit}"#)),
        (0..4).prop_map(|limit| format!(r#""maxItems":{limit}"#)),
        (0..3).prop_map(|limit| format!(r#""minProperties":{limit}"#)),
        (0..3).prop_map(|limit| format!(r#""maxProperties":{limit}"#)),
        (1..5).prop_map(|divisor| format!(r#""multipleOf":{divisor}"#)),
        any::<bool>().prop_map(|is_unique| format!(r#""uniqueItems":{is_unique}"#)),
        prop::sample::select(&[r#""pattern":"^x""#, r#""pattern":"^(?!x)""#][..]).prop_map(str::to_owned),
        prop::collection::vec(value(), 1..4)
            .prop_map(|values| format!(r#""enum":[{}]"#, distinct(values).join(","))),
        any::<bool>().prop_map(|is_exclusive| format!(r#""minimum":1,"exclusiveMinimum":{is_exclusive}"#)),
    ]
}

fn distinct(mut values: Vec<String>) -> Vec<String> {
    values.sort();
    values.dedup();
    values
}

fn combinator(inner: impl Strategy<Value = String> + Clone + 'static) -> impl Strategy<Value = String> {
    let branches = prop::collection::vec(inner.clone(), 1..4);
    prop_oneof![
        (
            prop::sample::select(&["anyOf", "oneOf", "allOf"][..]),
            branches.clone()
        )
            .prop_map(|(keyword, branches)| format!(r#""{keyword}":[{}]"#, branches.join(","))),
        inner.clone().prop_map(|schema| format!(r#""not":{schema}"#)),
        inner
            .clone()
            .prop_map(|schema| format!(r#""patternProperties":{{"[ab]":{schema}}}"#)),
        (
            branches,
            prop_oneof![Just("true".to_owned()), Just("false".to_owned()), inner]
        )
            .prop_map(|(places, rest)| format!(r#""items":[{}],"additionalItems":{rest}"#, places.join(","))),
    ]
}

/// Schemas with everything in them. References lead to the root, through a member or an element.
fn any_schema() -> impl Strategy<Value = String> {
    let leaf = prop::collection::vec(prop_oneof![3 => type_keyword(), 2 => rule()], 0..3).prop_map(schema_of);
    leaf.prop_recursive(4, 32, 4, |inner| {
        let reference = Just(r##"{"$ref":"#"}"##.to_owned());
        let below = prop_oneof![4 => inner.clone(), 1 => reference];
        let keyword = prop_oneof![
            2 => type_keyword().boxed(),
            2 => rule().boxed(),
            4 => structure(below).boxed(),
            4 => combinator(inner).boxed()
        ];
        prop::collection::vec(keyword, 0..4).prop_map(schema_of)
    })
}

fn peer_verdict(schema: &str, record: &str) -> bool {
    let schema: serde_json::Value = serde_json::from_str(schema).expect("schemas are JSON");
    let record: serde_json::Value = serde_json::from_str(record).expect("records are JSON");
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft4)
        .should_validate_formats(false)
        .build(&schema)
        .unwrap_or_else(|error| panic!("{schema}: {error}"))
        .is_valid(&record)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn plain_schemas_have_exact_plans(schema in plain_schema(), record in record()) {
        let compiled = Schema::compile(&parse(&schema)).expect("the schema is fine");
        let plan = RecordPlan::new(&compiled, Formats::Enforce);
        let record = parse(&record);
        let violations = compiled.violations(&record, Formats::Enforce);
        prop_assert_eq!(plan.accepts_record(&record), violations.is_none(), "{:?}", violations);
    }

    #[test]
    fn what_a_plan_accepts_is_valid(schema in any_schema(), record in record(), is_enforced in any::<bool>()) {
        let formats = if is_enforced { Formats::Enforce } else { Formats::Ignore };
        let compiled = Schema::compile(&parse(&schema)).expect("the schema is fine");
        let plan = RecordPlan::new(&compiled, formats);
        let record = parse(&record);
        if plan.accepts_record(&record) {
            prop_assert_eq!(compiled.violations(&record, formats), None);
        }
    }

    #[test]
    fn verdicts_equal_those_of_a_peer(schema in any_schema(), record in record()) {
        // The exemption of these columns is ours alone.
        let (schema, record) = (schema.replace("_sdc_d", "d"), record.replace("_sdc_d", "d"));
        let compiled = Schema::compile(&parse(&schema)).expect("the schema is fine");
        let violations = compiled.violations(&parse(&record), Formats::Ignore);
        prop_assert_eq!(violations.is_none(), peer_verdict(&schema, &record), "{:?}", violations);
    }

    #[test]
    fn any_json_is_a_schema_or_refused(keywords in arbitrary_json(), record in record()) {
        let schema: Json = parse(&keywords);
        if let Ok(compiled) = Schema::compile(&schema) {
            let record = parse(&record);
            let violations = compiled.violations(&record, Formats::Enforce);
            let accepts = RecordPlan::new(&compiled, Formats::Enforce).accepts_record(&record);
            prop_assert!(!accepts || violations.is_none());
            let _ = DeclaredTable::of(&compiled);
        }
    }
}

/// JSON that uses the words of schemas in all the wrong places.
fn arbitrary_json() -> impl Strategy<Value = String> {
    const WORDS: [&str; 26] = [
        "type",
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "items",
        "additionalItems",
        "minItems",
        "maxItems",
        "uniqueItems",
        "enum",
        "minimum",
        "exclusiveMinimum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "maxProperties",
        "anyOf",
        "oneOf",
        "allOf",
        "not",
        "$ref",
        "format",
        "a",
        "definitions",
    ];
    let leaf = prop_oneof![
        scalar(),
        prop::sample::select(
            &[
                "\"#\"",
                "\"#/a\"",
                "\"#/not\"",
                "\"#/anyOf/0\"",
                "\"object\"",
                "\"date-time\""
            ][..]
        )
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(|elements| format!("[{}]", elements.join(","))),
            3 => prop::collection::vec((prop::sample::select(&WORDS[..]), inner), 0..5).prop_map(object_text),
        ]
    })
}
