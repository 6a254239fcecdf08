//! An owned JSON tree for what is read rarely and looked at closely.

use super::error::JsonError;
use super::tape::{NonFinite, Tape};
use super::text::write_canonical_string;
use super::value::Value;
use super::{Kind, Paths};

/// A JSON value that keeps number text and property order. Repeated names are already merged: the last value stands at
/// the position of the first (files.md §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A string, escapes resolved.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object: names and values in order of first appearance.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads one JSON value from `text`; white space around it is allowed, nothing else.
    ///
    /// # Errors
    /// [`JsonError`] when the text is not exactly one JSON value (strict grammar, at most
    /// [`Tape::MAX_DEPTH`] levels).
    pub fn parse(text: &[u8]) -> Result<Self, JsonError> {
        let mut paths = Paths::new();
        let mut tape = Tape::for_reading();
        let value = tape.parse_document(text, NonFinite::Refuse, &mut paths)?;
        Ok(Self::from_value(value))
    }

    /// Copies a value of a tape.
    #[must_use]
    pub fn from_value(value: Value<'_>) -> Self {
        match value.kind() {
            Kind::Null => Self::Null,
            Kind::False => Self::Bool(false),
            Kind::True => Self::Bool(true),
            Kind::Integer | Kind::Decimal => Self::Number(String::from_utf8_lossy(value.text()).into_owned()),
            Kind::String => Self::String(value.string().into_owned()),
            Kind::Array => Self::Array(value.elements().map(Self::from_value).collect()),
            Kind::Object => {
                let members = value.members();
                Self::Object(
                    members
                        .map(|(name, value)| (name.into_owned(), Self::from_value(value)))
                        .collect(),
                )
            }
        }
    }

    /// The kind of this value.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Bool(false) => Kind::False,
            Self::Bool(true) => Kind::True,
            Self::Number(text) if text.contains(['.', 'e', 'E']) => Kind::Decimal,
            Self::Number(_) => Kind::Integer,
            Self::String(_) => Kind::String,
            Self::Array(_) => Kind::Array,
            Self::Object(_) => Kind::Object,
        }
    }

    /// The member of that name, if this is an object that has one.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        self.as_object()?
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value)
    }

    /// The members, if this is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&[(String, Self)]> {
        if let Self::Object(members) = self {
            Some(members)
        } else {
            None
        }
    }

    /// The elements, if this is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(elements) = self {
            Some(elements)
        } else {
            None
        }
    }

    /// The text, if this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// Writes the value as compact JSON in the form of files.md §4.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Number(text) => out.extend_from_slice(text.as_bytes()),
            Self::String(text) => write_canonical_string(text, out),
            Self::Array(elements) => {
                out.push(b'[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    element.write_to(out);
                }
                out.push(b']');
            }
            Self::Object(members) => {
                out.push(b'{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    write_canonical_string(name, out);
                    out.push(b':');
                    value.write_to(out);
                }
                out.push(b'}');
            }
        }
    }

    /// The value as compact JSON text.
    #[must_use]
    pub fn to_compact_text(&self) -> String {
        let mut out = Vec::new();
        self.write_to(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}
