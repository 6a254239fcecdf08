//! A policy document: JSON whose keys keep their order.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A policy of S3 or IAM. As [`Serialize`] it keeps the order of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDocument(Node);

/// The JSON that policies are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(&'static str, Node)>),
}

impl Node {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    pub(super) fn map<const N: usize>(entries: [(&'static str, Self); N]) -> Self {
        Self::Map(entries.into())
    }
}

impl PolicyDocument {
    pub(super) fn new<const N: usize>(entries: [(&'static str, Node); N]) -> Self {
        Self(Node::map(entries))
    }

    pub(super) fn root(&self) -> &Node {
        &self.0
    }

    /// As the read-only box shows it: one value a line, indented by two blanks (setup-flow.md §5.1).
    #[must_use]
    pub fn box_text(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts, lists and maps are JSON")
    }

    /// On one line.
    #[must_use]
    pub fn compact_text(&self) -> String {
        serde_json::to_string(self).expect("texts, lists and maps are JSON")
    }
}

impl fmt::Display for PolicyDocument {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.box_text())
    }
}

impl Serialize for PolicyDocument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

/// `text` between double quotes as JSON writes it, which YAML reads too.
pub(super) fn json_quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
