//! Object keys, judged by the shared vectors and by properties.
#![allow(clippy::unwrap_used, reason = "a test that can't read its cases has failed")]

use std::collections::HashSet;

use landfall_core::clean_name::clean_name;
use landfall_core::object_key::{FileKind, KeyContext, ObjectKey, ObjectKeyTemplate, OutputFormat};
use landfall_core::time::Timestamp;
use landfall_core::units::TableVersion;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

fn cases(vectors: &str, list: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(vectors).unwrap();
    file[list].as_array().unwrap().clone()
}

fn format_of(case: &Value) -> OutputFormat {
    OutputFormat::from_spelling(case["format"].as_str().unwrap()).unwrap()
}

fn rendered(case: &Value) -> ObjectKey {
    let template = ObjectKeyTemplate::parse(case["template"].as_str().unwrap(), format_of(case)).unwrap();
    let path: Vec<&str> = case["path"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    let is_rejects = case.get("rejects").and_then(Value::as_bool) == Some(true);
    template.render(&KeyContext {
        integration: case["integration"].as_str().unwrap(),
        path: &path,
        version: TableVersion::new(case["version"].as_i64().unwrap()),
        loaded_at: Timestamp::from_millis(case["T"].as_i64().unwrap()),
        kind: if is_rejects {
            FileKind::Rejects
        } else {
            FileKind::Data
        },
    })
}

#[test]
fn every_template_gets_its_verdict() {
    for case in cases(include_str!("vectors/object-keys/templates.json"), "cases") {
        let text = case["template"].as_str().unwrap();
        let problems = match ObjectKeyTemplate::parse(text, format_of(&case)) {
            Ok(template) => {
                assert_eq!(template.as_str(), text);
                Vec::new()
            }
            Err(problems) => problems,
        };
        let reported: Vec<Value> = problems
            .iter()
            .map(|problem| json!({"code": problem.code(), "text": problem.to_string()}))
            .collect();
        let expected = case.get("problems").cloned().unwrap_or(json!([]));
        assert_eq!(Value::from(reported), expected, "{text:?} for {}", case["format"]);
    }
}

#[test]
fn every_position_is_the_one_in_the_text() {
    for case in cases(include_str!("vectors/object-keys/templates.json"), "cases") {
        let text = case["template"].as_str().unwrap();
        for problem in ObjectKeyTemplate::parse(text, format_of(&case))
            .err()
            .unwrap_or_default()
        {
            let message = problem.to_string();
            if let Some((_, after)) = message.split_once(" at character ") {
                let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
                assert_eq!(
                    problem.position().map(|at| at.to_string()),
                    Some(digits),
                    "{message}"
                );
            }
            let chars = text.chars().count();
            assert!(
                problem.position().is_none_or(|at| (1..=chars).contains(&at)),
                "{message}"
            );
        }
    }
}

#[test]
fn every_key_is_the_expected_one() {
    for case in cases(include_str!("vectors/object-keys/rendered.json"), "cases") {
        assert_eq!(rendered(&case).as_str(), case["key"].as_str().unwrap(), "{case}");
    }
}

#[test]
fn keys_over_1024_bytes_do_not_fit() {
    for case in cases(include_str!("vectors/object-keys/rendered.json"), "limits") {
        let key = rendered(&case);
        assert_eq!(Some(key.byte_len() as u64), case["key_bytes"].as_u64());
        assert_eq!(Some(key.fits()), case["fits"].as_bool());
    }
}

#[test]
fn every_name_is_cleaned_as_expected() {
    for case in cases(include_str!("vectors/object-keys/names.json"), "cases") {
        let name = case["name"].as_str().unwrap();
        assert_eq!(clean_name(name), case["cleaned"].as_str().unwrap(), "{name:?}");
    }
}

#[test]
fn a_mismatching_extension_offers_a_template_for_every_format() {
    let text = "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].csv";
    let problems = ObjectKeyTemplate::parse(text, OutputFormat::Jsonl).unwrap_err();
    let suggestion = problems[0].suggestion().unwrap();
    assert_eq!(suggestion, ObjectKeyTemplate::DEFAULT);
    assert!(ObjectKeyTemplate::parse(suggestion, OutputFormat::Jsonl).is_ok());
}

#[test]
fn a_run_of_slashes_is_one_problem() {
    let text = "a///[integration_name]/[table_name]/[table_version]_[timestamp_loaded]";
    let problems = ObjectKeyTemplate::parse(text, OutputFormat::Csv).unwrap_err();
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        ["The S3 Key contains \"//\" at character 2. Use a single \"/\"."]
    );
}

fn format() -> impl Strategy<Value = OutputFormat> {
    select(vec![OutputFormat::Jsonl, OutputFormat::Csv])
}

/// What templates are made of; with any number of these they are often, but not always, valid.
const SOUND_PIECES: [&str; 17] = [
    "[integration_name]",
    "[table_name]",
    "[table_version]",
    "[timestamp_loaded]",
    "[year_loaded]",
    "[month_loaded]",
    "[day_loaded]",
    "[hour_loaded]",
    "/",
    "/",
    "_",
    "-",
    ".",
    "a",
    "x=1",
    "~",
    ".csv",
];
const FAULTY_PIECES: [&str; 10] = [
    "..",
    "[",
    "]",
    "<",
    ">",
    " ",
    "é",
    "[x]",
    ".[csv|jsonl]",
    "<csv|json>",
];

/// Texts that are close to templates.
fn made_of(pieces: &[&'static str]) -> impl Strategy<Value = String> + use<> {
    let pieces = prop::collection::vec(select(pieces.to_vec()), 0..6).prop_map(|pieces| pieces.concat());
    (
        pieces.clone(),
        pieces,
        select(vec!["", ".csv", ".jsonl", ".[csv|jsonl]", "/"]),
    )
        .prop_map(|(before, after, end)| {
            format!("{before}[integration_name]/[table_name]{after}[table_version]_[timestamp_loaded]{end}")
        })
}

fn kind() -> impl Strategy<Value = FileKind> {
    select(vec![FileKind::Data, FileKind::Rejects])
}

proptest! {
    #[test]
    fn any_text_is_judged_without_panic(text in any::<String>(), format in format()) {
        let _ = ObjectKeyTemplate::parse(&text, format);
    }

    #[test]
    fn texts_close_to_templates_are_judged_without_panic(text in made_of(&[SOUND_PIECES.as_slice(), &FAULTY_PIECES].concat()), format in format()) {
        if let Err(problems) = ObjectKeyTemplate::parse(&text, format) {
            prop_assert!(!problems.is_empty());
        }
    }

    #[test]
    fn an_accepted_template_renders_sound_keys(
        text in made_of(&SOUND_PIECES),
        format in format(),
        integration in any::<String>(),
        path in prop::collection::vec(any::<String>(), 0..4),
        version in any::<i64>(),
        millis in any::<i64>(),
        kind in kind(),
    ) {
        let Ok(template) = ObjectKeyTemplate::parse(&text, format) else { return Ok(()) };
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let context = KeyContext {
            integration: &integration,
            path: &path,
            version: TableVersion::new(version),
            loaded_at: Timestamp::from_millis(millis),
            kind,
        };
        let key = template.render(&context);
        let text = key.as_str();
        prop_assert!(text.split('/').all(|segment| !matches!(segment, "" | "." | "..")), "{}", text);
        let is_sound = |c: char| !c.is_whitespace() && !c.is_control() && !"!@#$%^&*\\\"`{}[]<>|".contains(c);
        prop_assert!(text.chars().all(is_sound), "{}", text);
        prop_assert!(kind == FileKind::Data || text.ends_with(".jsonl"), "{}", text);
        prop_assert_eq!(template.render(&context), key);
    }

    #[test]
    fn another_load_instant_makes_another_key(first in 0_i64..4_000_000_000_000, later in 1_i64..1_000_000) {
        let template = ObjectKeyTemplate::parse(ObjectKeyTemplate::DEFAULT, OutputFormat::Csv).unwrap();
        let keys: HashSet<ObjectKey> = [first, first + later]
            .map(|millis| template.render(&KeyContext {
                integration: "shop",
                path: &["orders"],
                version: TableVersion::default(),
                loaded_at: Timestamp::from_millis(millis),
                kind: FileKind::Data,
            }))
            .into();
        prop_assert_eq!(keys.len(), 2);
    }

    #[test]
    fn cleaning_twice_is_cleaning_once(name in any::<String>()) {
        let cleaned = clean_name(&name).into_owned();
        prop_assert_eq!(clean_name(&cleaned), cleaned.as_str());
        prop_assert!(!cleaned.is_empty() && !cleaned.contains('/'));
    }
}
