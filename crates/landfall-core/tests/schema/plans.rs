//! What plans answer, and that they answer for the schemas that taps send.

use landfall_core::json::{Kind, KindMask};
use landfall_core::schema::{Formats, Member, PlanId, RecordPlan};

use crate::{compile, parse};

fn plan(schema: &str) -> RecordPlan {
    RecordPlan::new(&compile(schema), Formats::Enforce)
}

#[test]
fn common_schemas_need_no_interpreter() {
    let cases = [
        (r#"{"type":["null","string"]}"#, "null"),
        (r#"{"type":["null","string"],"maxLength":3}"#, r#""é🚀x""#),
        (r#"{"type":"string","maxLength":12}"#, r#""a\nb""#),
        (
            r#"{"type":"string","minLength":1,"pattern":"^[a-z]+$"}"#,
            r#""abc""#,
        ),
        (
            r#"{"type":"string","format":"date-time"}"#,
            r#""2020-01-01T00:00:00.5+0100""#,
        ),
        (r#"{"type":["null","string"],"enum":["a","b",null]}"#, r#""b""#),
        (r#"{"enum":["a",1,true]}"#, "1.0"),
        (
            r#"{"type":["null","integer"],"minimum":-2147483648,"maximum":2147483647}"#,
            "-5",
        ),
        (r#"{"type":"number","multipleOf":0.01,"maximum":1e9}"#, "12.50"),
        (r#"{"type":"number","exclusiveMinimum":0}"#, "1e-400"),
        (
            r#"{"anyOf":[{"type":"string","format":"date-time"},{"type":["string","null"]}]}"#,
            r#""soon""#,
        ),
        (
            r#"{"anyOf":[{"type":"null"},{"type":"object","properties":{"a":{"type":"integer"}}}]}"#,
            r#"{"a":1}"#,
        ),
        (
            r##"{"anyOf":[{"$ref":"#/properties/w"},{"type":"null"}]}"##,
            r#"[{"k":"x"}]"#,
        ),
        (
            r#"{"oneOf":[{"type":"null"},{"type":"array","items":{"type":"integer"}}]}"#,
            "[1,2]",
        ),
        (
            r#"{"allOf":[{"type":"object"},{"properties":{"a":{"type":"null"}}}]}"#,
            r#"{"a":null}"#,
        ),
        (r#"{"not":{"type":"null"}}"#, r#"{"a":[]}"#),
        (
            r#"{"type":"array","minItems":0,"uniqueItems":false,"items":{"type":"string"}}"#,
            r#"["x"]"#,
        ),
        (
            r#"{"type":"object","additionalProperties":{"type":"integer"}}"#,
            r#"{"x":1}"#,
        ),
        (r#"{"type":["null","array"],"minItems":1}"#, "null"),
    ];
    for (property, value) in cases {
        let schema = format!(
            r#"{{"type":"object","properties":{{"v":{property},"w":{{"items":{{"properties":{{"k":{{"type":"string"}}}}}}}}}}}}"#
        );
        assert!(
            plan(&schema).accepts_record(&parse(&format!(r#"{{"v":{value}}}"#))),
            "{property} {value}"
        );
    }
}

#[test]
fn a_plan_answers_for_single_values() {
    let plan = plan(
        r##"{"type":"object","required":["id"],"additionalProperties":false,"properties":{
            "id":{"type":"integer"},"any":{},"list":{"type":["null","array"],"items":{"type":"string","maxLength":2}},
            "odd":{"minItems":1},"self":{"$ref":"#"}}}"##,
    );
    let root = plan.root();
    let property = |name| match plan.member(root, name) {
        Member::Allowed(id) => id,
        Member::Denied => panic!("{name} is denied"),
    };
    assert_eq!(plan.accepts(root), Kind::Object.mask());
    assert_eq!(plan.required(root), ["id"]);
    assert_eq!(plan.accepts(property("id")), Kind::Integer.mask());
    assert!(!plan.scalar_check(property("id")));
    assert_eq!(property("any"), PlanId::ANY);
    assert_eq!(property("_sdc_batch"), PlanId::ANY);
    assert_eq!(plan.member(root, "_sdc_sequence"), Member::Denied);
    assert_eq!(plan.member(property("self"), "_sdc_batch"), Member::Denied);
    assert_eq!(
        plan.accepts(property("list")),
        Kind::Null.mask().or(Kind::Array.mask())
    );
    let element = plan.element(property("list"));
    assert!(plan.scalar_check(element));
    assert!(plan.accepts_scalar(element, Kind::String, b"ab"));
    assert!(!plan.accepts_scalar(element, Kind::String, b"abc"));
    assert!(!plan.accepts_scalar(element, Kind::Integer, b"1"));
    assert!(plan.needs_interpreter(property("odd")));
    assert!(!plan.needs_interpreter(root));
    assert_eq!(plan.accepts(PlanId::ANY), KindMask::ALL);
    assert_eq!(plan.member(PlanId::ANY, "x"), Member::Allowed(PlanId::ANY));
    assert_eq!(plan.element(PlanId::ANY), PlanId::ANY);
}
