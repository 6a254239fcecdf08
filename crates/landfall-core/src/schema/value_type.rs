//! Type names: those of schemas and those of violations (import-api.md §7, "Type names").

use crate::json::{Json, Kind, KindMask};

/// A type that a schema may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueType {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl ValueType {
    /// Understands the name a schema uses.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::Null,
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "string" => Self::String,
            "array" => Self::Array,
            "object" => Self::Object,
            _ => return None,
        })
    }

    /// The name violations use.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "Boolean",
            Self::Integer => "Integer",
            Self::Number => "Number",
            Self::String => "String",
            Self::Array => "JSONArray",
            Self::Object => "JSONObject",
        }
    }

    /// The kinds of value that are of this type.
    pub(super) fn kinds(self) -> KindMask {
        match self {
            Self::Null => Kind::Null.mask(),
            Self::Boolean => KindMask::BOOLEAN,
            Self::Integer => Kind::Integer.mask(),
            Self::Number => KindMask::NUMBER,
            Self::String => Kind::String.mask(),
            Self::Array => Kind::Array.mask(),
            Self::Object => Kind::Object.mask(),
        }
    }
}

/// The name violations use for the type of a value.
pub(super) fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "Null",
        Json::Bool(_) => "Boolean",
        Json::Number(text) if value.kind() == Kind::Integer => integer_name(text),
        Json::Number(_) => "Double",
        Json::String(_) => "String",
        Json::Array(_) => "JSONArray",
        Json::Object(_) => "JSONObject",
    }
}

fn integer_name(text: &str) -> &'static str {
    match text.parse::<i64>() {
        Ok(number) if i32::try_from(number).is_ok() => "Integer",
        Ok(_) => "Long",
        Err(_) => "BigInteger",
    }
}
