//! What is wrong with a record of a push, as the reason that clients are told (import-api.md §8.3).

use landfall_core::json::{Kind, Value, write_canonical_string};

use super::record::{data_faults, is_action, is_blank, is_switch_view, read_key_names};
use crate::import::answer::into_text;
use crate::import::type_name::{Overflow, overflow};

const BLANK: &str = "can't be blank";
const AT_MOST: &str = "should be less than or equal to 9223372036854775807";
const AT_LEAST: &str = "should be greater than or equal to -9223372036854775808";

/// Unknown keys that are listed.
const MOST_UNKNOWN: usize = 1_000;

const KNOWN: [&str; 8] = [
    "client_id",
    "table_name",
    "sequence",
    "action",
    "key_names",
    "table_version",
    "data",
    "namespace",
];

/// The reason as JSON: fields and their messages.
pub(super) fn explain(record: Value<'_>) -> String {
    let mut reason = Reason { json: vec![b'{'] };
    let given = |name: &str| record.member(name).filter(|value| !is_not_given(*value));
    let is_switch_view = given("action").is_some_and(is_switch_view);
    reason.add("table_name", &text_faults(given("table_name")));
    reason.add("sequence", &given("sequence").map_or(vec![BLANK], integer_faults));
    reason.add("action", &action_faults(given("action")));
    let key_names = given("key_names");
    if !is_switch_view {
        reason.add("key_names", &key_names_faults(key_names));
    }
    // Only switch_view needs one; null is as if absent.
    let version = record
        .member("table_version")
        .filter(|value| value.kind() != Kind::Null);
    match version {
        None if is_switch_view => reason.add("table_version", &[BLANK]),
        None => {}
        Some(version) => reason.add("table_version", &integer_faults(version)),
    }
    if !is_switch_view {
        let keys = key_names.and_then(read_key_names).unwrap_or_default();
        reason.add("data", &data_field_faults(given("data"), &keys));
    }
    let unknown = record.members().filter(|(name, _)| !KNOWN.contains(&&**name));
    let mut unknown: Vec<_> = unknown.map(|(name, _)| name).collect();
    unknown.sort_unstable();
    for name in unknown.iter().take(MOST_UNKNOWN) {
        reason.add(name, &["unknown key"]);
    }
    reason.json.push(b'}');
    into_text(reason.json)
}

/// Absent, null, empty or blank.
fn is_not_given(value: Value<'_>) -> bool {
    match value.kind() {
        Kind::Null => true,
        Kind::String => is_blank(&value.string()),
        Kind::False | Kind::True | Kind::Integer | Kind::Decimal | Kind::Array | Kind::Object => false,
    }
}

fn text_faults(value: Option<Value<'_>>) -> Vec<&'static str> {
    match value {
        None => vec![BLANK],
        Some(value) if value.kind() != Kind::String => vec!["should be a string"],
        Some(_) => vec![],
    }
}

fn integer_faults(value: Value<'_>) -> Vec<&'static str> {
    match (value.kind(), overflow(value)) {
        (Kind::Integer, None) => vec![],
        (_, Some(Overflow::Above)) => vec![AT_MOST],
        (_, Some(Overflow::Below)) => vec![AT_LEAST],
        (Kind::Decimal, None) => vec!["should be an integer"],
        _ => vec!["should be an integer", "should be a number"],
    }
}

fn action_faults(value: Option<Value<'_>>) -> Vec<&'static str> {
    match value {
        None => vec![BLANK],
        Some(action) if is_action(action) => vec![],
        Some(_) => vec!["must be one of: upsert, switch_view"],
    }
}

fn key_names_faults(value: Option<Value<'_>>) -> Vec<&'static str> {
    match value {
        None => vec![BLANK],
        Some(names) if names.kind() == Kind::Array && names.children().next().is_none() => vec![BLANK],
        Some(names) if read_key_names(names).is_none() => vec!["should be an array of strings"],
        Some(_) => vec![],
    }
}

fn data_field_faults(value: Option<Value<'_>>, keys: &[String]) -> Vec<&'static str> {
    match value {
        None => vec![BLANK],
        Some(data) if data.kind() != Kind::Object => vec!["data must be an object"],
        Some(data) => data_faults(data, keys).collect(),
    }
}

struct Reason {
    json: Vec<u8>,
}

impl Reason {
    fn add(&mut self, field: &str, messages: &[&str]) {
        if messages.is_empty() {
            return;
        }
        if self.json.len() > 1 {
            self.json.push(b',');
        }
        write_canonical_string(field, &mut self.json);
        self.json.extend_from_slice(b":[");
        for (index, message) in messages.iter().enumerate() {
            if index > 0 {
                self.json.push(b',');
            }
            write_canonical_string(message, &mut self.json);
        }
        self.json.push(b']');
    }
}
