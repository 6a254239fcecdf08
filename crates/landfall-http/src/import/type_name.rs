//! What a value is called in the texts of violations (import-api.md §7, "Type names").

use landfall_core::json::{Kind, Value};

/// `String`, `Integer`, `Long`, …
pub(crate) fn type_name(value: Value<'_>) -> &'static str {
    match value.kind() {
        Kind::Null => "Null",
        Kind::False | Kind::True => "Boolean",
        Kind::Integer => match value.as_i64() {
            Some(number) if i32::try_from(number).is_ok() => "Integer",
            Some(_) => "Long",
            None => "BigInteger",
        },
        Kind::Decimal => "Double",
        Kind::String => "String",
        Kind::Array => "JSONArray",
        Kind::Object => "JSONObject",
    }
}

/// Whether the value is an integer above 64 bits or below.
pub(crate) fn overflow(value: Value<'_>) -> Option<Overflow> {
    if value.kind() != Kind::Integer || value.as_i64().is_some() {
        return None;
    }
    Some(if value.text().starts_with(b"-") {
        Overflow::Below
    } else {
        Overflow::Above
    })
}

/// On which side an integer leaves the 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overflow {
    Above,
    Below,
}
