//! Why a value is no message: the two shapes it could have, and what each lacks (import-api.md §7, "Messages").

use landfall_core::json::{Kind, Value, write_compact};

use crate::import::answer::into_text;
use crate::import::type_name::type_name;
use crate::import::violations::Node;

/// One of the shapes a message may have.
struct Shape {
    action: &'static str,
    required: &'static [&'static str],
    /// Further keys and the kinds of their values, in the order in which faults are reported.
    properties: &'static [(&'static str, Kind)],
}

/// In the order in which they are tried.
const SHAPES: [Shape; 2] = [
    Shape {
        action: "activate_version",
        required: &["action", "sequence"],
        properties: &[("sequence", Kind::Integer)],
    },
    Shape {
        action: "upsert",
        required: &["action", "sequence", "data"],
        properties: &[
            ("sequence", Kind::Integer),
            ("data", Kind::Object),
            ("time_extracted", Kind::String),
            ("vintage", Kind::String),
        ],
    },
];

/// What follows `Request failed validation:` for message number `index`.
pub(super) fn explain(message: Value<'_>, index: usize) -> String {
    let pointer = format!("#/messages/{index}");
    let mut text = format!("{pointer}: #: 0 subschemas matched instead of one");
    for shape in &SHAPES {
        let mut node = Node::new(&*pointer);
        shape.check(message, &mut node);
        text.push(' ');
        text.push_str(&node.flatten());
    }
    text
}

impl Shape {
    fn check(&self, message: Value<'_>, node: &mut Node) {
        if message.kind() != Kind::Object {
            node.add(format_args!(
                "expected type: JSONObject, found: {}",
                type_name(message)
            ));
            return;
        }
        for key in self.required.iter().filter(|key| message.member(key).is_none()) {
            node.missing_key(key);
        }
        for (key, _) in message.members().filter(|(key, _)| !self.knows(key)) {
            node.extraneous_key(&key);
        }
        for (key, kind) in self.properties {
            if let Some(value) = message.member(key).filter(|value| value.kind() != *kind) {
                let expected = label(*kind);
                node.add_at(
                    key,
                    format_args!("expected type: {expected}, found: {}", type_name(value)),
                );
            }
        }
        // A wrong action counts only where nothing else is wrong.
        if let Some(action) = message
            .member("action")
            .filter(|action| node.is_empty() && !self.is_action(*action))
        {
            node.add_at(
                "action",
                format_args!("{} is not a valid enum value", shown(action)),
            );
        }
    }

    fn knows(&self, key: &str) -> bool {
        key == "action" || self.properties.iter().any(|(known, _)| *known == key)
    }

    fn is_action(&self, action: Value<'_>) -> bool {
        action.kind() == Kind::String && action.string() == self.action
    }
}

fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Integer => "Integer",
        Kind::Object => "JSONObject",
        Kind::String => "String",
        Kind::Null | Kind::False | Kind::True | Kind::Decimal | Kind::Array => "Any",
    }
}

fn shown(value: Value<'_>) -> String {
    if value.kind() == Kind::String {
        return value.string().into_owned();
    }
    let mut out = Vec::new();
    write_compact(value, &mut out);
    into_text(out)
}
