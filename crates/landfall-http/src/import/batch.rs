//! The body of a batch (import-api.md §6 and §7).

mod message;
mod messages;
mod shape;

use std::ops::Range;

use landfall_core::intake::AcceptedPart;
use landfall_core::json::{JsonError, Kind, Value};
use landfall_core::units::TableVersion;

use super::answer::{Answer, Encoding};
use super::cursor::{Cursor, Scratch};
use super::judge::{CompileError, Workspace};
use super::limits::{MAX_NAMES, MAX_RECORDS};
use super::schema_cache::SchemaCache;
use super::type_name::{Overflow, type_name};
use super::violations::Node;
use messages::Messages;

/// Reads a body; the part that comes out owns it. Checks come in the order of §6.1, from parsing on.
pub(crate) fn read(
    body: String,
    schemas: &SchemaCache,
    scratch: &mut Scratch,
) -> Result<AcceptedPart, Answer> {
    let mut cursor = Cursor::new(&body);
    let root = Root::read(&mut cursor, &body, schemas, scratch).map_err(|error| malformed(&error))?;
    let mut root = root.map_err(|found| refused(&format!("#: expected type: JSONObject, found: {found}")))?;
    let violations = root.violations();
    if !violations.is_empty() {
        return Err(refused(&violations.flatten()));
    }
    let (Some(Ok(table)), Some(Ok(schema)), Some(Ok(mut messages))) =
        (root.table_name.take(), root.schema.take(), root.messages.take())
    else {
        // A root without violations has all three.
        return Err(refused(&violations.flatten()));
    };
    let key_names = root.key_names.and_then(Result::ok).unwrap_or_default();
    messages.check_shapes()?;
    let schema_text = &body[schema];
    let compiled = schemas.compiled(schema_text).map_err(|error| match error {
        CompileError::NotJson(error) => malformed(&error),
        CompileError::Schema(error) => Answer::batch_error(&error.to_string()),
    })?;
    messages.check_records(&body, &compiled, &key_names)?;
    let schema = Some(schema_text.to_owned());
    let (items, text) = messages.into_items(body);
    Ok(AcceptedPart {
        table,
        version: TableVersion::new(root.table_version.and_then(Result::ok).unwrap_or(0)),
        key_names,
        bookmark_names: root.bookmark_names.and_then(Result::ok).unwrap_or_default(),
        schema,
        items,
        text,
    })
}

fn malformed(error: &JsonError) -> Answer {
    Answer::malformed(Encoding::Json, &error.to_string())
}

/// A request of the wrong shape.
fn refused(violations: &str) -> Answer {
    Answer::batch_error(&format!("Request failed validation:{violations}"))
}

/// What a field of the root is, or what is wrong with it.
type Field<T> = Option<Result<T, Node>>;

/// The top-level keys of a body. Of a key that occurs twice, the last counts.
#[derive(Debug, Default)]
struct Root {
    table_name: Field<String>,
    schema: Field<Range<usize>>,
    messages: Field<Messages>,
    key_names: Field<Vec<String>>,
    table_version: Field<i64>,
    bookmark_names: Field<Vec<String>>,
    extraneous: Vec<String>,
}

impl Root {
    /// Parses the whole body. The inner result is the type of a body that is no object.
    fn read(
        cursor: &mut Cursor<'_>,
        body: &str,
        schemas: &SchemaCache,
        scratch: &mut Scratch,
    ) -> Result<Result<Self, &'static str>, JsonError> {
        if cursor.peek() != b'{' {
            let found = type_name(cursor.value(scratch, 0)?);
            cursor.finish()?;
            return Ok(Err(found));
        }
        let mut root = Self::default();
        let mut goes_on = cursor.enter(b'}');
        while goes_on {
            let key = cursor.key(scratch)?;
            root.read_member(&key, cursor, body, schemas, scratch)?;
            goes_on = cursor.next(b'}')?;
        }
        cursor.finish()?;
        Ok(Ok(root))
    }

    fn read_member(
        &mut self,
        key: &str,
        cursor: &mut Cursor<'_>,
        body: &str,
        schemas: &SchemaCache,
        scratch: &mut Scratch,
    ) -> Result<(), JsonError> {
        if key == "messages" && cursor.peek() == b'[' {
            let messages = self.read_messages(cursor, body, schemas, scratch)?;
            self.messages = Some(Ok(messages));
            return Ok(());
        }
        scratch.refresh();
        let start = cursor.at();
        let value = cursor.value(scratch, 1)?;
        match key {
            "table_name" => self.table_name = Some(read_table_name(value)),
            "schema" => {
                self.schema =
                    Some(of_kind(value, Kind::Object, "JSONObject", key).map(|()| start..cursor.at()));
                // The records were judged by another schema, if at all.
                if let Some(Ok(messages)) = &mut self.messages {
                    messages.forget_verdict();
                }
            }
            "messages" => self.messages = Some(Err(wrong_type(value, "JSONArray", key))),
            "key_names" => self.key_names = Some(read_names(value, key)),
            "table_version" => self.table_version = Some(read_version(value)),
            "bookmark_names" => self.bookmark_names = Some(read_names(value, key)),
            _ => self.extraneous.push(key.to_owned()),
        }
        Ok(())
    }

    /// Reads the messages, and judges them on the way if the schema came before them.
    fn read_messages(
        &self,
        cursor: &mut Cursor<'_>,
        body: &str,
        schemas: &SchemaCache,
        scratch: &mut Scratch,
    ) -> Result<Messages, JsonError> {
        let schema = match &self.schema {
            Some(Ok(span)) => schemas.compiled(&body[span.clone()]).ok(),
            Some(Err(_)) | None => None,
        };
        let Some(schema) = schema else {
            return Messages::read(cursor, body, scratch, Workspace::default(), None);
        };
        Messages::read(cursor, body, scratch, schema.take_workspace(), Some(schema))
    }

    /// What is wrong with the top level, the messages themselves aside.
    fn violations(&self) -> Node {
        let mut node = Node::new("#");
        let missing = [
            ("table_name", self.table_name.is_none()),
            ("schema", self.schema.is_none()),
            ("messages", self.messages.is_none()),
        ];
        for (key, _) in missing.into_iter().filter(|(_, is_missing)| *is_missing) {
            node.missing_key(key);
        }
        let mut seen = std::collections::HashSet::new();
        for key in self.extraneous.iter().filter(|key| seen.insert(key.as_str())) {
            node.extraneous_key(key);
        }
        let count = match &self.messages {
            Some(Ok(messages)) => messages.count_violation(),
            Some(Err(_)) | None => None,
        };
        let in_order = [
            fault(&self.table_name),
            fault(&self.schema),
            fault(&self.messages),
            count.as_ref(),
            fault(&self.key_names),
            fault(&self.table_version),
            fault(&self.bookmark_names),
        ];
        for inside in in_order.into_iter().flatten() {
            node.add_node(inside);
        }
        node
    }
}

fn fault<T>(field: &Field<T>) -> Option<&Node> {
    field.as_ref()?.as_ref().err()
}

fn at_key(key: &str) -> Node {
    Node::new(format!("#/{key}"))
}

fn wrong_type(value: Value<'_>, expected: &str, key: &str) -> Node {
    let mut node = at_key(key);
    node.add(format_args!(
        "expected type: {expected}, found: {}",
        type_name(value)
    ));
    node
}

fn of_kind(value: Value<'_>, kind: Kind, expected: &str, key: &str) -> Result<(), Node> {
    if value.kind() == kind {
        Ok(())
    } else {
        Err(wrong_type(value, expected, key))
    }
}

fn read_table_name(value: Value<'_>) -> Result<String, Node> {
    of_kind(value, Kind::String, "String", "table_name")?;
    let name = value.string().into_owned();
    if !name.is_empty() {
        return Ok(name);
    }
    let mut node = at_key("table_name");
    node.add("expected minLength: 1, actual: 0");
    Err(node)
}

fn read_version(value: Value<'_>) -> Result<i64, Node> {
    value
        .as_i64()
        .ok_or_else(|| wrong_type(value, "Integer", "table_version"))
}

fn read_names(value: Value<'_>, key: &str) -> Result<Vec<String>, Node> {
    of_kind(value, Kind::Array, "JSONArray", key)?;
    let mut node = at_key(key);
    let count = value.elements().count();
    if count > MAX_NAMES {
        node.add(format_args!(
            "expected maximum item count: {MAX_NAMES}, found: {count}"
        ));
        return Err(node);
    }
    let mut names: Vec<String> = Vec::with_capacity(count);
    for (index, element) in value.elements().enumerate() {
        if element.kind() == Kind::String {
            names.push(element.string().into_owned());
        } else {
            node.add_at(
                index,
                format_args!("expected type: String, found: {}", type_name(element)),
            );
        }
    }
    if node.is_empty() { Ok(names) } else { Err(node) }
}
