//! Bodies that nobody wrote: no panic on any of them, and the same opinion as a slow reader of what is acceptable.
#![allow(clippy::unwrap_used, reason = "a test that can't set itself up has failed")]

use std::sync::LazyLock;

use landfall_core::ids::{ClientId, SourceId};
use landfall_core::intake::{AcceptedItem, AcceptedRequest, decode, encode};
use landfall_http::import::{Answer, Encoding, Intake, PushForm, ReceiptInstant};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

static INTAKE: LazyLock<Intake> = LazyLock::new(|| Intake::new(1 << 20));
const SOURCE: SourceId = SourceId::new(1);
const NOW: ReceiptInstant = ReceiptInstant { nanos: 0 };

fn batch(body: &[u8]) -> Result<AcceptedRequest, Answer> {
    INTAKE.read_batch(body.to_vec(), SOURCE, NOW)
}

fn push(body: &[u8], encoding: Encoding) -> Result<AcceptedRequest, Answer> {
    let form = PushForm {
        encoding,
        user_agent: None,
        client: ClientId::new(7723),
    };
    INTAKE.read_push(body.to_vec(), form, SOURCE, NOW)
}

/// Whatever comes out is whole: answers are JSON, and entries can be read back.
fn check_outcome(outcome: Result<AcceptedRequest, Answer>) {
    match outcome {
        Ok(request) => {
            let entry = encode(request.clone());
            assert_eq!(
                decode(&entry).map(AcceptedRequest::into_owned),
                Ok(request.clone())
            );
            for part in &request.parts {
                for item in &part.items {
                    let AcceptedItem::Record(record) = item else {
                        continue;
                    };
                    let data: Value = serde_json::from_str(&part.text[record.data.clone()]).unwrap();
                    assert!(data.is_object(), "{data}");
                }
            }
        }
        Err(answer) => {
            assert!(
                matches!(answer.status(), 400 | 401 | 403 | 413 | 422),
                "{answer:?}"
            );
            serde_json::from_str::<Value>(answer.body()).unwrap();
        }
    }
}

/// Values that requests are made of, right and wrong ones.
fn part() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!(true)),
        Just(json!("upsert")),
        Just(json!("activate_version")),
        Just(json!("")),
        Just(json!(1.5)),
        Just(json!([])),
        Just(json!({})),
        Just(json!(["id"])),
        any::<i64>().prop_map(|number| json!(number)),
        Just(json!(u64::MAX)),
        "[a-c~^ ]{0,5}".prop_map(|text| json!(text)),
    ]
}

fn object(
    good: Vec<(&'static str, BoxedStrategy<Value>)>,
    extra: Vec<&'static str>,
) -> impl Strategy<Value = Value> {
    let members: Vec<_> = good
        .into_iter()
        .map(|(name, value)| {
            let value = prop_oneof![80 => value.prop_map(Some), 1 => part().prop_map(Some), 1 => Just(None)];
            value.prop_map(move |value| (name, value))
        })
        .collect();
    let extra: Vec<_> = extra
        .into_iter()
        .map(|name| {
            prop_oneof![80 => Just(None), 1 => part().prop_map(Some)].prop_map(move |value| (name, value))
        })
        .collect();
    (members, extra).prop_map(|(members, extra)| {
        let present = members.into_iter().chain(extra);
        let present = present.filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(present.collect::<Map<_, _>>())
    })
}

fn data() -> BoxedStrategy<Value> {
    object(
        vec![("id", any::<i32>().prop_map(|id| json!(id)).boxed())],
        vec!["name", "x"],
    )
    .boxed()
}

fn batch_body() -> impl Strategy<Value = Value> {
    let constant = |value: Value| Just(value).boxed();
    let upsert = object(
        vec![
            ("action", constant(json!("upsert"))),
            (
                "sequence",
                any::<i64>().prop_map(|sequence| json!(sequence)).boxed(),
            ),
            ("data", data()),
        ],
        vec!["time_extracted", "vintage", "foo"],
    );
    let activate = object(
        vec![
            ("action", constant(json!("activate_version"))),
            ("sequence", constant(json!(5))),
        ],
        vec!["data"],
    );
    let messages = proptest::collection::vec(prop_oneof![8 => upsert, 1 => activate], 0..4);
    let schema = json!({"properties":{"id":{"type":"integer"},"name":{"type":["null","string"]}}});
    object(
        vec![
            ("table_name", constant(json!("t"))),
            ("schema", constant(schema)),
            ("messages", messages.prop_map(Value::Array).boxed()),
            (
                "key_names",
                prop_oneof![Just(json!([])), Just(json!(["id"])), Just(json!(["name", "id"]))].boxed(),
            ),
        ],
        vec!["table_version", "bookmark_names", "bar"],
    )
}

/// The rules of import-api.md §6 as they are written there, for bodies of [`batch_body`].
fn is_acceptable(body: &Value) -> bool {
    let known = [
        "table_name",
        "schema",
        "messages",
        "key_names",
        "table_version",
        "bookmark_names",
    ];
    let Some(root) = body.as_object() else {
        return false;
    };
    let names = |value: Option<&Value>| match value {
        None => Some(Vec::new()),
        Some(value) => value
            .as_array()?
            .iter()
            .map(|name| Some(name.as_str()?.to_owned()))
            .collect::<Option<Vec<_>>>(),
    };
    let (Some(keys), Some(_)) = (names(root.get("key_names")), names(root.get("bookmark_names"))) else {
        return false;
    };
    let Some(messages) = root.get("messages").and_then(Value::as_array) else {
        return false;
    };
    root.keys().all(|key| known.contains(&key.as_str()))
        && root
            .get("table_name")
            .and_then(Value::as_str)
            .is_some_and(|name| !name.is_empty())
        && root.get("schema").is_some_and(Value::is_object)
        && root.get("table_version").is_none_or(Value::is_i64)
        && !messages.is_empty()
        && messages
            .iter()
            .all(|message| is_message(message, &keys, root["schema"] != json!({})))
}

fn is_message(message: &Value, keys: &[String], has_schema: bool) -> bool {
    let Some(fields) = message.as_object() else {
        return false;
    };
    let knows = |known: &[&str]| fields.keys().all(|key| known.contains(&key.as_str()));
    let is_text = |key: &str| message.get(key).is_none_or(Value::is_string);
    if !message["sequence"].is_i64() {
        return false;
    }
    match message["action"].as_str() {
        Some("activate_version") => knows(&["action", "sequence"]),
        Some("upsert") => {
            let data = &message["data"];
            let id_fits = data.get("id").is_none_or(|id| id.is_i64() || id.is_u64());
            let name_fits = data
                .get("name")
                .is_none_or(|name| name.is_null() || name.is_string());
            knows(&["action", "sequence", "data", "time_extracted", "vintage"])
                && is_text("time_extracted")
                && is_text("vintage")
                && data.is_object()
                && (!has_schema || id_fits && name_fits)
                && keys.iter().all(|key| !data[key].is_null())
        }
        _ => false,
    }
}

fn push_body() -> impl Strategy<Value = Value> {
    let constant = |value: Value| Just(value).boxed();
    let record = object(
        vec![
            ("client_id", constant(json!(7723))),
            ("table_name", constant(json!("t"))),
            ("sequence", constant(json!(1))),
            (
                "action",
                prop_oneof![4 => Just(json!("upsert")), 1 => Just(json!("switch_view"))].boxed(),
            ),
            ("key_names", constant(json!(["id"]))),
            ("data", data()),
        ],
        vec!["table_version", "namespace", "foo"],
    );
    proptest::collection::vec(record, 0..4).prop_map(Value::Array)
}

/// Cached Transit, as a writer that never uses its cache writes it.
fn write_transit(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let entries = members
                .iter()
                .flat_map(|(name, value)| [json!(escape(name)), write_transit(value)]);
            Value::Array(std::iter::once(json!("^ ")).chain(entries).collect())
        }
        Value::Array(elements) => Value::Array(elements.iter().map(write_transit).collect()),
        Value::String(text) => json!(escape(text)),
        Value::Number(number)
            if number
                .as_i64()
                .is_some_and(|number| number.unsigned_abs() > 1 << 53) =>
        {
            json!(format!("~i{number}"))
        }
        other => other.clone(),
    }
}

fn escape(text: &str) -> String {
    let is_special = text.starts_with(['~', '^', '`']);
    if is_special {
        format!("~{text}")
    } else {
        text.to_owned()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check_outcome(batch(&bytes));
        check_outcome(push(&bytes, Encoding::Json));
        check_outcome(push(&bytes, Encoding::Transit));
        let hook = INTAKE.read_hook(bytes, Some("id"), SOURCE, NOW);
        check_outcome(hook.map(|request| request.unwrap_or_else(|| AcceptedRequest { source: SOURCE, received_at: NOW.timestamp(), parts: vec![] })));
    }

    #[test]
    fn any_text_of_json_and_transit_tokens_is_answered(tokens in proptest::collection::vec(
        prop::sample::select(vec!["[", "]", "{", "}", ",", ":", "\"^ \"", "\"~#set\"", "\"~#cmap\"", "\"~#u\"", "\"~#ratio\"", "\"^0\"", "\"~:word\"", "\"~i5\"",
            "\"~\"", "\"data\"", "\"client_id\"", "7723", "-1", "1e5", "null", "\"\\ud83d\"", "\"messages\"", "\"schema\"", " "]), 0..40)) {
        let text = tokens.concat();
        check_outcome(batch(text.as_bytes()));
        check_outcome(push(text.as_bytes(), Encoding::Json));
        check_outcome(push(text.as_bytes(), Encoding::Transit));
        check_outcome(push(format!("[{text}]").as_bytes(), Encoding::Transit));
    }

    #[test]
    fn a_batch_is_accepted_exactly_if_the_rules_say_so(body in batch_body(), is_pretty in any::<bool>()) {
        let text = if is_pretty { serde_json::to_string_pretty(&body).unwrap() } else { body.to_string() };
        let outcome = batch(text.as_bytes());
        prop_assert_eq!(outcome.is_ok(), is_acceptable(&body), "{} {:?}", text, outcome);
        check_outcome(outcome);
    }

    #[test]
    fn transit_says_what_the_same_push_says_in_json(body in push_body()) {
        let json = push(body.to_string().as_bytes(), Encoding::Json);
        let transit = push(write_transit(&body).to_string().as_bytes(), Encoding::Transit);
        match (&json, &transit) {
            (Ok(json), Ok(transit)) => prop_assert_eq!(json, transit),
            (json, transit) => prop_assert_eq!(json.as_ref().err(), transit.as_ref().err()),
        }
        check_outcome(json);
    }
}
