use super::*;

fn decoded(text: &str) -> Result<String, TransitError> {
    decode(text, LengthUnit::Utf16Units, 1 << 20, &mut Scratch::new())
}

#[test]
fn numbers_become_json_numbers_with_all_their_digits() {
    let cases = [
        ("~i+5", "5"),
        ("~i007", "7"),
        ("~i-0", "-0"),
        ("~n-000", "-0"),
        ("~f.5", "0.5"),
        ("~f-5.", "-5.0"),
        ("~f+1.50E+3", "1.50E+3"),
        ("~f1E+400", "1E+400"),
        ("~d1e-05", "1e-05"),
        ("~fNaN", "null"),
        ("~f-Infinity", "null"),
        ("~f0007.10", "7.10"),
    ];
    for (text, json) in cases {
        assert_eq!(
            decoded(&format!("[\"{text}\"]")).unwrap(),
            format!("[{json}]"),
            "{text}"
        );
    }
    for text in [
        "~i",
        "~i1.5",
        "~ix",
        "~f",
        "~f.",
        "~f1e",
        "~f 1",
        "~f1 ",
        "~d--1",
        "~m",
        "~m1.5",
        "~m99999999999999999",
    ] {
        decoded(&format!("[\"{text}\"]")).expect_err(text);
    }
}

#[test]
fn ratios_are_as_exact_as_a_float() {
    let cases = [
        ("1", "3", "0.3333333333333333"),
        ("1", "0", "null"),
        ("4", "2", "2"),
        ("-7", "2", "-3.5"),
    ];
    for (above, below, json) in cases {
        let text = format!(r#"[["~#ratio",["~n{above}","~n{below}"]]]"#);
        assert_eq!(decoded(&text).unwrap(), format!("[{json}]"), "{above}/{below}");
    }
    assert_eq!(
        decoded(r#"[["~#ratio",["a","b"]],["~#u",[1]]]"#).unwrap(),
        r#"[["a","b"],[1]]"#
    );
}

#[test]
fn a_small_body_that_stands_for_a_large_one_is_refused() {
    let key = "k".repeat(10_000);
    let text = format!(r#"[["^ ","{key}",0]{}]"#, r#",["^ ","^0",0]"#.repeat(1_000));
    assert!(matches!(decoded(&text), Err(TransitError::TooLarge(_))));
    let text = format!(r#"[["^ ","{key}",0]{}]"#, r#",["^ ","^0",0]"#.repeat(10));
    assert!(decoded(&text).unwrap().len() > 110_000);
}

#[test]
fn tags_stand_before_exactly_one_value() {
    for text in [
        r#"[1,"~#set"]"#,
        r#"[["^ ","~#set",1,"b",2]]"#,
        r#"{"~#a":1,"~#b":2}"#,
        r#"["~#set"]"#,
    ] {
        assert!(matches!(decoded(text), Err(TransitError::MisplacedTag)), "{text}");
    }
}

#[path = "../../../tests/support/generator.rs"]
#[allow(unreachable_pub, reason = "it is shared with the tests of the whole crate")]
mod generator;

#[test]
fn every_transit_vector_decodes_to_its_json() {
    let vectors = include_str!("../../../tests/vectors/transit.json");
    let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
    let either = |case: &serde_json::Value, plain: &str, generated: &str| {
        let text = case[plain].as_str().map(str::to_owned);
        text.or_else(|| case.get(generated).map(generator::text))
    };
    for case in vectors["cases"].as_array().unwrap() {
        let is_python = case["user_agent"]
            .as_str()
            .is_some_and(|agent| agent.starts_with("python-requests/"));
        let unit = if is_python {
            LengthUnit::CodePoints
        } else {
            LengthUnit::Utf16Units
        };
        let text = either(case, "text", "text_generator").unwrap();
        let decoded = decode(&text, unit, 1 << 20, &mut Scratch::new());
        match either(case, "json_text", "json_generator") {
            Some(json) => assert_eq!(decoded.unwrap(), json, "{}", case["name"]),
            None => assert!(decoded.is_err(), "{}: {decoded:?}", case["name"]),
        }
    }
}
