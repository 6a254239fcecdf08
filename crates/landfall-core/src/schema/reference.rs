//! `$ref`: references inside one schema document (import-api.md §12, singer.md §6).

use std::collections::HashMap;

use super::SchemaError;
use crate::json::Json;

/// Objects with more members than this get an index when a reference leads through them.
const SMALL_OBJECT: usize = 16;

/// Finds what references mean. All references of a document share one, so that large objects are searched once.
#[derive(Debug)]
pub(super) struct References<'a> {
    document: &'a Json,
    indexes: HashMap<*const Json, HashMap<&'a str, &'a Json>>,
}

impl<'a> References<'a> {
    pub(super) fn new(document: &'a Json) -> Self {
        Self {
            document,
            indexes: HashMap::new(),
        }
    }

    /// The value that `reference` (`#` or `#/…`) points to.
    pub(super) fn resolve(&mut self, reference: &str) -> Result<&'a Json, SchemaError> {
        self.find(reference)
            .ok_or_else(|| SchemaError::UnresolvedReference(reference.to_owned()))
    }

    fn find(&mut self, reference: &str) -> Option<&'a Json> {
        let pointer = decode_percent(reference.strip_prefix('#')?)?;
        if pointer.is_empty() {
            return Some(self.document);
        }
        let mut found = self.document;
        for step in pointer.strip_prefix('/')?.split('/') {
            let name = step.replace("~1", "/").replace("~0", "~");
            found = self.step(found, &name)?;
        }
        Some(found)
    }

    fn step(&mut self, value: &'a Json, name: &str) -> Option<&'a Json> {
        match value {
            Json::Object(members) if members.len() > SMALL_OBJECT => {
                let index = self.indexes.entry(std::ptr::from_ref(value));
                let index =
                    index.or_insert_with(|| members.iter().map(|(name, value)| (&**name, value)).collect());
                index.get(name).copied()
            }
            Json::Object(_) => value.member(name),
            Json::Array(elements) => elements.get(array_index(name)?),
            _ => None,
        }
    }
}

fn array_index(step: &str) -> Option<usize> {
    let is_plain = step == "0" || !step.starts_with(['0', '+']);
    if is_plain { step.parse().ok() } else { None }
}

/// Resolves `%41` and the like; `None` if the result is not UTF-8 or a `%` has no two hexadecimal digits.
fn decode_percent(fragment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (hex, after) = rest.split_at_checked(2)?;
        let digits = (char::from(hex[0]).to_digit(16)?, char::from(hex[1]).to_digit(16)?);
        bytes.push(u8::try_from(digits.0 * 16 + digits.1).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}
