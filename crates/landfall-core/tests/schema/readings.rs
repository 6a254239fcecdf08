//! What the pages leave open, and how it is read.

use crate::{compile, parse, violations};
use landfall_core::schema::{Formats, Schema};

#[test]
fn unusable_schemas_say_which_keyword_is_wrong() {
    let cases = [
        (
            "[]",
            "key schema: expected type is one of JSONObject, found: JSONArray",
        ),
        (
            r#"{"properties":5}"#,
            "key properties: expected type is one of JSONObject, found: Integer",
        ),
        (
            r#"{"properties":{"a":true}}"#,
            "key properties: expected type is one of JSONObject, found: Boolean",
        ),
        (
            r#"{"patternProperties":[]}"#,
            "key patternProperties: expected type is one of JSONObject, found: JSONArray",
        ),
        (
            r#"{"additionalProperties":"no"}"#,
            "key additionalProperties: expected type is one of Boolean or JSONObject, found: String",
        ),
        (
            r#"{"required":"id"}"#,
            "key required: expected type is one of JSONArray, found: String",
        ),
        (
            r#"{"required":[1]}"#,
            "key required: expected type is one of String, found: Integer",
        ),
        (
            r#"{"type":5}"#,
            "key type: expected type is one of String or JSONArray, found: Integer",
        ),
        (
            r#"{"type":["null",{}]}"#,
            "key type: expected type is one of String, found: JSONObject",
        ),
        (
            r#"{"items":null}"#,
            "key items: expected type is one of JSONObject or JSONArray, found: Null",
        ),
        (
            r#"{"items":[5]}"#,
            "key items: expected type is one of JSONObject, found: Integer",
        ),
        (
            r#"{"additionalItems":1.5}"#,
            "key additionalItems: expected type is one of Boolean or JSONObject, found: Double",
        ),
        (
            r#"{"minLength":"3"}"#,
            "key minLength: expected type is one of Integer, found: String",
        ),
        (
            r#"{"maxItems":1.5}"#,
            "key maxItems: expected type is one of Integer, found: Double",
        ),
        (
            r#"{"uniqueItems":1}"#,
            "key uniqueItems: expected type is one of Boolean, found: Integer",
        ),
        (
            r#"{"minimum":"1"}"#,
            "key minimum: expected type is one of Number, found: String",
        ),
        (
            r#"{"exclusiveMaximum":null}"#,
            "key exclusiveMaximum: expected type is one of Boolean or Number, found: Null",
        ),
        (
            r#"{"multipleOf":[]}"#,
            "key multipleOf: expected type is one of Number, found: JSONArray",
        ),
        (
            r#"{"enum":"a"}"#,
            "key enum: expected type is one of JSONArray, found: String",
        ),
        (
            r#"{"pattern":5}"#,
            "key pattern: expected type is one of String, found: Integer",
        ),
        (
            r#"{"pattern":"a("}"#,
            "key pattern: [a(] is not a valid regular expression",
        ),
        (
            r#"{"patternProperties":{"*":{}}}"#,
            "key patternProperties: [*] is not a valid regular expression",
        ),
        (
            r#"{"oneOf":{}}"#,
            "key oneOf: expected type is one of JSONArray, found: JSONObject",
        ),
        (
            r#"{"$ref":5}"#,
            "key $ref: expected type is one of String, found: Integer",
        ),
        (
            r##"{"a":5,"properties":{"x":{"$ref":"#/a"}}}"##,
            "key $ref: expected type is one of JSONObject, found: Integer",
        ),
        (
            r#"{"properties":{"b":{"type":"x"},"a":{"type":"y"}},"type":"z"}"#,
            "unknown type: [x]",
        ),
        (r##"{"$ref":"#"}"##, "could not resolve reference #"),
        (
            r##"{"a":{"$ref":"#/b"},"b":{"$ref":"#/a"},"items":{"$ref":"#/a"}}"##,
            "could not resolve reference #/b",
        ),
        (
            r##"{"anyOf":[{"type":"null"},{"$ref":"#"}]}"##,
            "could not resolve reference #",
        ),
        (
            r##"{"definitions":{"a":{"allOf":[{"not":{"$ref":"#/definitions/a"}}]}},"items":{"$ref":"#/definitions/a"}}"##,
            "could not resolve reference #/definitions/a",
        ),
        (
            r##"{"items":{"$ref":"#/definitions/a%2"},"definitions":{}}"##,
            "could not resolve reference #/definitions/a%2",
        ),
        (
            r##"{"items":{"$ref":"#/anyOf/01"},"anyOf":[{},{}]}"##,
            "could not resolve reference #/anyOf/01",
        ),
        (r##"{"items":{"$ref":""}}"##, "could not resolve reference "),
    ];
    for (schema, expected) in cases {
        let refusal = Schema::compile(&parse(schema)).expect_err(schema);
        assert_eq!(
            refusal.to_string(),
            format!("Invalid JSON schema: {expected}"),
            "{schema}"
        );
    }
}

#[test]
fn what_taps_send_without_harm_is_tolerated() {
    let tolerated = [
        r#"{"properties":{"a":{"type":"string","required":true}}}"#,
        r#"{"properties":{"a":{"format":null,"minLength":-1,"maxLength":-1,"maxItems":255.0,"minProperties":1e0}}}"#,
        r#"{"definitions":{"unused":{"type":"whatever","properties":5}}}"#,
        r##"{"properties":{"a":{"$ref":"#/definitions/s","type":"whatever"}},"definitions":{"s":{"type":"string"}}}"##,
        r#"{"$schema":"x","id":5,"const":5,"if":5,"dependencies":5,"default":[],"title":7}"#,
    ];
    for schema in tolerated {
        assert_eq!(violations(schema, r#"{"a":"x"}"#), None, "{schema}");
    }
}

#[test]
fn references_reach_any_place_of_the_schema() {
    let cases = [
        (
            r##"{"properties":{"n":{"type":"integer"},"v":{"$ref":"#/properties/n"}}}"##,
            "Integer",
        ),
        (
            r##"{"anyOf":[{},{"type":"boolean"}],"properties":{"v":{"$ref":"#/anyOf/1"}}}"##,
            "Boolean",
        ),
        (
            r##"{"d":{"a/b":{"~":{"type":"null"}}},"properties":{"v":{"$ref":"#/d/a~1b/~0"}}}"##,
            "null",
        ),
        (
            r##"{"d":{"a b%ä":{"type":"array"}},"properties":{"v":{"$ref":"#/d/a%20b%25%C3%a4"}}}"##,
            "JSONArray",
        ),
        (
            r##"{"":{"type":"object"},"properties":{"v":{"$ref":"#/"}}}"##,
            "JSONObject",
        ),
    ];
    for (schema, expected) in cases {
        let text = format!("#/v: expected: {expected}, found: String");
        assert_eq!(violations(schema, r#"{"v":"x"}"#), Some(text), "{schema}");
    }
}

#[test]
fn violations_of_one_value_have_a_fixed_order() {
    let cases = [
        // A wrong type is all that is said.
        (
            r#"{"type":"integer","enum":[1],"minimum":5,"minLength":9}"#,
            r#""x""#,
            "#/v: expected: Integer, found: String",
        ),
        (
            r#"{"enum":[1],"maximum":2,"minimum":5,"multipleOf":2,"not":{}}"#,
            "3",
            "#/v: 5 schema violations found #/v: 3 is not a valid enum value #/v: 3 is not greater or equal to 5 \
             #/v: 3 is not less or equal to 2 #/v: 3 is not a multiple of 2 \
             #/v: subject must not be valid against the schema in [not]",
        ),
        (
            r#"{"minLength":2,"pattern":"y","format":"date-time"}"#,
            r#""x""#,
            "#/v: 3 schema violations found #/v: expected minLength: 2, actual: 1 \
             #/v: string [x] does not match pattern y #/v: [x] is not a valid date-time. Expected \
             [yyyy-MM-dd'T'HH:mm:ssZ, yyyy-MM-dd'T'HH:mm:ss.[0-9]{1,9}Z]",
        ),
        (
            r#"{"maxItems":1,"uniqueItems":true,"items":{"type":"string"}}"#,
            "[1,1.0]",
            "#/v: 4 schema violations found #/v: expected maximum item count: 1, found: 2 \
             #/v: array items are not unique #/v/0: expected: String, found: Integer \
             #/v/1: expected: String, found: Double",
        ),
        (
            r#"{"properties":{"a":{"type":"null"}},"patternProperties":{"^b":{"type":"null"}},"additionalProperties":{"type":"null"},"required":["z"],"maxProperties":2}"#,
            r#"{"c":1,"b":2,"a":3}"#,
            "#/v: 5 schema violations found #/v: required key [z] not found \
             #/v: expected maximum property count: 2, found: 3 #/v/a: expected: null, found: Integer \
             #/v/c: expected: null, found: Integer #/v/b: expected: null, found: Integer",
        ),
        (
            r#"{"oneOf":[{"type":"number"},{"type":"integer"},{"type":"string"}],"allOf":[{"minimum":5}]}"#,
            "1",
            "#/v: 2 schema violations found #/v: #: only 0 subschema matches out of 1 #/v: 1 is not greater or equal to 5 \
             #/v: #: 2 subschemas matched instead of one #/v: expected: String, found: Integer",
        ),
        (
            r#"{"enum":["x"]}"#,
            r#"{"a":[1, 2.50]}"#,
            r#"#/v: {"a":[1,2.50]} is not a valid enum value"#,
        ),
    ];
    for (schema, value, expected) in cases {
        let schema = format!(r#"{{"properties":{{"v":{schema}}}}}"#);
        assert_eq!(
            violations(&schema, &format!(r#"{{"v":{value}}}"#)).as_deref(),
            Some(expected),
            "{schema}"
        );
    }
}

#[test]
fn equality_is_by_value() {
    let valid = [
        (r#"{"enum":[1]}"#, "1.0"),
        (r#"{"enum":[100]}"#, "1e2"),
        (r#"{"enum":[{"a":1,"b":[2.0]}]}"#, r#"{"b":[2],"a":1e0}"#),
        (r#"{"uniqueItems":true}"#, r#"[1,"1",true,[1],{"a":1}]"#),
    ];
    for (schema, value) in valid {
        let schema = format!(r#"{{"properties":{{"v":{schema}}}}}"#);
        assert_eq!(
            violations(&schema, &format!(r#"{{"v":{value}}}"#)),
            None,
            "{schema} {value}"
        );
    }
    for value in ["[1,1.0]", "[0,-0]", r#"[{"a":1,"b":2},{"b":2.0,"a":1}]"#] {
        let schema = r#"{"properties":{"v":{"uniqueItems":true}}}"#;
        assert!(
            violations(schema, &format!(r#"{{"v":{value}}}"#)).is_some(),
            "{value}"
        );
    }
}

#[test]
fn system_columns_pass_at_the_top_level_only() {
    let schema = r#"{"additionalProperties":false,"properties":{"o":{"additionalProperties":false}}}"#;
    assert_eq!(violations(schema, r#"{"_sdc_x":1,"_SDC_Y":2}"#), None);
    let refused = [
        (
            r#"{"_SDC_Sequence":1}"#,
            "#: extraneous key [_SDC_Sequence] is not permitted",
        ),
        (r#"{"__sdc_x":1}"#, "#: extraneous key [__sdc_x] is not permitted"),
        (r#"{"_sdc":1}"#, "#: extraneous key [_sdc] is not permitted"),
        (
            r#"{"o":{"_sdc_x":1}}"#,
            "#/o: extraneous key [_sdc_x] is not permitted",
        ),
    ];
    for (record, expected) in refused {
        assert_eq!(violations(schema, record).as_deref(), Some(expected));
    }
}

#[test]
fn date_times_have_an_exact_form() {
    let schema = compile(r#"{"properties":{"v":{"format":"date-time"}}}"#);
    let refused = [
        "2018-04-30T17:00:60Z",
        "2018-04-30t17:00:00Z",
        "2018-04-30T17:00:00z",
        "2018-04-30 17:00:00Z",
        "2018-04-30T17:00:00.Z",
        "2018-04-30T17:00:00+24:00",
        "2018-04-30T17:00:00+00",
        "2018-04-30T17:00:00Z ",
        "2018-04-30T17:00:00+0060",
        "1900-02-29T00:00:00Z",
        "2018-00-10T00:00:00Z",
        "2018-01-00T00:00:00Z",
        "20180430T170000Z",
        "2018-04-30T17:00Z",
        "+018-04-30T17:00:00Z",
        "2018-04-30T17:00:00é",
    ];
    for text in refused {
        let record = parse(&format!(r#"{{"v":"{text}"}}"#));
        assert!(schema.violations(&record, Formats::Enforce).is_some(), "{text}");
        assert_eq!(schema.violations(&record, Formats::Ignore), None, "{text}");
    }
    for text in ["2000-02-29T23:59:59+2359", "0000-01-01T00:00:00-00:00"] {
        let record = parse(&format!(r#"{{"v":"{text}"}}"#));
        assert_eq!(schema.violations(&record, Formats::Enforce), None, "{text}");
    }
}
