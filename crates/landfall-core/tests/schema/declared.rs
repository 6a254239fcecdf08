//! Declared columns (files.md §8).

use crate::declared;

/// `a b` for columns, `name(…)` for arrays, in order.
fn summary(table: &landfall_core::schema::DeclaredTable) -> String {
    let arrays = table
        .arrays
        .iter()
        .map(|(name, table)| format!("{name}({})", summary(table)));
    table
        .columns
        .iter()
        .cloned()
        .chain(arrays)
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn a_property_declares_what_its_schemas_say() {
    let cases = [
        (r#"{"type":"integer"}"#, "p"),
        (r#"{"type":["string"]}"#, "p"),
        (r#"{"type":["null","integer","string"]}"#, "p"),
        ("{}", "p"),
        (r#"{"format":"date-time"}"#, "p"),
        (r#"{"enum":["a","b"]}"#, "p"),
        (r#"{"type":"null"}"#, "p"),
        (r#"{"type":["null"]}"#, "p"),
        (
            r#"{"anyOf":[{"type":"string","format":"date-time"},{"type":["string","null"]}]}"#,
            "p",
        ),
        (
            r#"{"anyOf":[{"type":"object","properties":{"k":{"type":"string"}}},{"type":"null"}]}"#,
            "p__k",
        ),
        (
            r#"{"anyOf":[{"type":"null"},{"type":"object","properties":{"k":{}}}]}"#,
            "p__k",
        ),
        (r#"{"oneOf":[{"type":"integer"},{"type":"string"}]}"#, "p"),
        (r#"{"allOf":[{"type":"string"},{"maxLength":5}]}"#, "p"),
        (
            r#"{"allOf":[{"properties":{"a":{}}},{"properties":{"b":{}}},{"title":"t"}]}"#,
            "p__a p__b",
        ),
        (r#"{"type":"object"}"#, ""),
        (r#"{"type":["null","object"]}"#, ""),
        (r#"{"type":"object","properties":{}}"#, ""),
        (r#"{"properties":{"k":{"type":"string"}}}"#, "p__k"),
        (
            r#"{"type":"object","properties":{"a":{}},"anyOf":[{"required":["a"]},{"required":["b"]}]}"#,
            "p__a",
        ),
        (
            r#"{"anyOf":[{"type":"object","properties":{"a":{}}},{}]}"#,
            "p__a p",
        ),
        (
            r#"{"type":["null","string","object"],"properties":{"k":{}}}"#,
            "p p__k",
        ),
        (
            r#"{"type":["string","object","array"],"properties":{"k":{}},"items":{"type":"integer"}}"#,
            "p p__k p(value)",
        ),
        (r#"{"patternProperties":{"x":{}},"type":"object"}"#, ""),
        (r#"{"type":"array","items":{"type":"string"}}"#, "p(value)"),
        (r#"{"items":{"type":"string"}}"#, "p(value)"),
        (r#"{"type":"array"}"#, "p()"),
        (r#"{"type":"array","items":{}}"#, "p()"),
        (
            r#"{"type":"array","items":[{"type":"string"},{"properties":{"x":{}}}]}"#,
            "p(value x)",
        ),
        (
            r#"{"items":{"type":["null","string","object"],"properties":{"k":{"type":"string"}}}}"#,
            "p(value k)",
        ),
        (
            r#"{"items":{"items":{"properties":{"x":{},"y":{}}}}}"#,
            "p(value(x y))",
        ),
        (
            r#"{"properties":{"codes":{"items":{"type":"string"}},"b":{}}}"#,
            "p__b p__codes(value)",
        ),
        (
            r#"{"anyOf":[{"items":{"properties":{"a":{}}}},{"items":{"properties":{"b":{},"a":{}}}}]}"#,
            "p(a b)",
        ),
    ];
    for (property, expected) in cases {
        let table = declared(&format!(r#"{{"type":"object","properties":{{"p":{property}}}}}"#));
        assert_eq!(summary(&table), expected, "{property}");
    }
}

#[test]
fn columns_stand_in_schema_order_and_once() {
    let table = declared(
        r#"{"properties":{"z":{},"a":{"properties":{"y":{},"x":{}}},"a__x":{},"b":{"items":{"type":"string"}},"c":{}},
            "allOf":[{"properties":{"z":{},"d":{}}}]}"#,
    );
    assert_eq!(summary(&table), "z a__y a__x c d b(value)");
}

#[test]
fn recursive_objects_are_observed() {
    let cases = [
        (
            r##"{"properties":{"name":{},"child":{"$ref":"#"},"children":{"items":{"$ref":"#"}}}}"##,
            "name children()",
        ),
        (
            r##"{"definitions":{"n":{"type":["null","object"],"properties":{"v":{},"n":{"$ref":"#/definitions/n"}}}},
                "properties":{"n":{"$ref":"#/definitions/n"},"m":{"$ref":"#/definitions/n"}}}"##,
            "n__v m__v",
        ),
    ];
    for (schema, expected) in cases {
        assert_eq!(summary(&declared(schema)), expected, "{schema}");
    }
}
