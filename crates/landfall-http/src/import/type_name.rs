//! What a value is called in the texts of violations (import-api.md §7, "Type names").

use landfall_core::json::{Kind, Value};

/// `String`, `Integer`, `Long`, …
pub(crate) fn type_name(value: Value<'_>) -> &'static str {
    match value.kind() {
        Kind::Null => "Null",
        Kind::False | Kind::True => "Boolean",
        Kind::Integer => match integer(value) {
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

/// The number, if the value is an integer of 64 bits.
#[inline]
pub(crate) fn integer(value: Value<'_>) -> Option<i64> {
    if value.kind() != Kind::Integer {
        return None;
    }
    std::str::from_utf8(value.text()).ok()?.parse().ok()
}

/// Whether the value is an integer above 64 bits or below.
pub(crate) fn overflow(value: Value<'_>) -> Option<Overflow> {
    if value.kind() != Kind::Integer || integer(value).is_some() {
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
