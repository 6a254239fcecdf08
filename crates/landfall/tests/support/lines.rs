//! Singer messages.

use serde_json::{Value, json};

/// A SCHEMA that declares `id` as an integer key and leaves the rest open.
pub fn schema(stream: &str) -> String {
    let schema = json!({"type": "object", "properties": {"id": {"type": "integer"}}});
    line(&json!({"type": "SCHEMA", "stream": stream, "key_properties": ["id"], "schema": schema}))
}

/// A RECORD.
pub fn record(stream: &str, record: &Value) -> String {
    line(&json!({"type": "RECORD", "stream": stream, "record": record}))
}

/// A STATE.
pub fn state(value: &Value) -> String {
    line(&json!({"type": "STATE", "value": value}))
}

/// Any message.
pub fn line(message: &Value) -> String {
    format!("{message}\n")
}

/// Record `number` of a run over streams `s0`, `s1`, …: it goes to each of them in turn. The array becomes a table of
/// its own in CSV.
pub fn numbered(number: u64, streams: u64) -> String {
    let stream = format!("s{}", number % streams);
    record(
        &stream,
        &json!({"id": number, "text": format!("record {number}, \"with\" quotes"), "tags": [{"of": number}]}),
    )
}

/// A whole run: schemas, then records `0..records`, after every `state_every` of them a STATE that says how many there
/// were.
pub fn numbered_run(records: u64, streams: u64, state_every: u64) -> String {
    let mut input: String = (0..streams).map(|stream| schema(&format!("s{stream}"))).collect();
    for number in 0..records {
        input.push_str(&numbered(number, streams));
        if (number + 1) % state_every == 0 {
            input.push_str(&state(&json!({"done": number + 1})));
        }
    }
    input
}

/// What a STATE of [`numbered_run`] says.
pub fn done(state: &str) -> u64 {
    let state: Value = serde_json::from_str(state).unwrap();
    state["done"].as_u64().unwrap()
}
