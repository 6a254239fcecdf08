//! Keywords that hold no schemas, and the types their values must have.

use std::sync::Arc;

use super::Compiled;
use crate::decimal::{Decimal, Divisor};
use crate::json::Json;
use crate::schema::SchemaError;
use crate::schema::node::{Additional, Bound, Items, MultipleOf, NumberRules, Side, StringRules, Types};
use crate::schema::pattern::Pattern;
use crate::schema::value_type::ValueType;

/// The keywords of one schema object that only together have a meaning.
#[derive(Default)]
pub(super) struct Parts<'a> {
    minimum: Option<&'a str>,
    maximum: Option<&'a str>,
    is_minimum_exclusive: bool,
    is_maximum_exclusive: bool,
    exclusive_minimum: Option<&'a str>,
    exclusive_maximum: Option<&'a str>,
    pub(super) items: Items,
    pub(super) additional_items: Additional,
}

impl Parts<'_> {
    pub(super) fn bounds(&self) -> Vec<Bound> {
        [
            (Side::Lower, self.minimum, self.is_minimum_exclusive),
            (Side::Lower, self.exclusive_minimum, true),
            (Side::Upper, self.maximum, self.is_maximum_exclusive),
            (Side::Upper, self.exclusive_maximum, true),
        ]
        .into_iter()
        .filter_map(|(side, limit, is_exclusive)| {
            Some(Bound {
                side,
                is_exclusive,
                limit: limit?.to_owned(),
            })
        })
        .collect()
    }

    pub(super) fn items(self) -> Items {
        match self.items {
            Items::Tuple(places, _) => Items::Tuple(places, self.additional_items),
            items => items, // additionalItems means nothing without a tuple
        }
    }
}

pub(super) fn number_keyword<'a>(
    name: &str,
    value: &'a Json,
    rules: &mut NumberRules,
    parts: &mut Parts<'a>,
) -> Compiled<()> {
    match (name, value) {
        ("minimum", _) => parts.minimum = Some(number("minimum", value)?),
        ("maximum", _) => parts.maximum = Some(number("maximum", value)?),
        ("exclusiveMinimum", Json::Bool(is_exclusive)) => parts.is_minimum_exclusive = *is_exclusive,
        ("exclusiveMaximum", Json::Bool(is_exclusive)) => parts.is_maximum_exclusive = *is_exclusive,
        ("exclusiveMinimum", Json::Number(limit)) => parts.exclusive_minimum = Some(limit),
        ("exclusiveMaximum", Json::Number(limit)) => parts.exclusive_maximum = Some(limit),
        ("exclusiveMinimum", _) => {
            return Err(SchemaError::wrong_type(
                "exclusiveMinimum",
                "Boolean or Number",
                value,
            ));
        }
        ("exclusiveMaximum", _) => {
            return Err(SchemaError::wrong_type(
                "exclusiveMaximum",
                "Boolean or Number",
                value,
            ));
        }
        ("multipleOf", _) => rules.multiple_of = multiple_of(number("multipleOf", value)?)?,
        _ => {}
    }
    Ok(())
}

pub(super) fn string_keyword(name: &str, value: &Json, rules: &mut StringRules) -> Compiled<()> {
    match name {
        "minLength" => rules.min_length = count("minLength", value)?,
        "maxLength" => rules.max_length = count("maxLength", value)?,
        "pattern" => rules.pattern = Some(Arc::new(parse_pattern("pattern", string("pattern", value)?)?)),
        "format" => rules.is_date_time = value.as_str() == Some("date-time"),
        _ => {}
    }
    Ok(())
}

pub(super) fn types(value: &Json) -> Compiled<Types> {
    match value {
        Json::String(name) => Ok(Types::new(vec![value_type(name)?], false)),
        Json::Array(names) => {
            let listed = names.iter().map(|name| value_type(string("type", name)?));
            Ok(Types::new(listed.collect::<Compiled<_>>()?, true))
        }
        _ => Err(SchemaError::wrong_type("type", "String or JSONArray", value)),
    }
}

fn value_type(name: &str) -> Compiled<ValueType> {
    ValueType::parse(name).ok_or_else(|| SchemaError::UnknownType(name.to_owned()))
}

/// The names a schema requires. The Boolean of Draft 3 stands in the property it is about; taps still send it.
pub(super) fn required(value: &Json) -> Compiled<Vec<String>> {
    if let Json::Bool(_) = value {
        return Ok(Vec::new());
    }
    array("required", value)?
        .iter()
        .map(|name| Ok(string("required", name)?.to_owned()))
        .collect()
}

fn multiple_of(text: &str) -> Compiled<Option<MultipleOf>> {
    let Some(number) = Decimal::parse(text.as_bytes()) else {
        return Ok(None);
    };
    if number.is_zero() || number.is_negative() {
        return Ok(None); // singer.md §6
    }
    let divisor = Divisor::new(number).ok_or(SchemaError::TooManyDigits)?;
    Ok(Some(MultipleOf {
        text: text.to_owned(),
        divisor,
    }))
}

pub(super) fn parse_pattern(keyword: &'static str, text: &str) -> Compiled<Pattern> {
    Pattern::parse(text).ok_or_else(|| SchemaError::InvalidPattern {
        keyword,
        pattern: text.to_owned(),
    })
}

/// A number of characters, elements or properties. Negative ones ask for nothing.
pub(super) fn count(keyword: &'static str, value: &Json) -> Compiled<Option<u64>> {
    let wrong_type = || SchemaError::wrong_type(keyword, "Integer", value);
    let Json::Number(text) = value else {
        return Err(wrong_type());
    };
    let number = Decimal::parse(text.as_bytes()).ok_or_else(wrong_type)?;
    if number.is_negative() {
        return Ok(None);
    }
    Ok(Some(number.to_count().ok_or_else(wrong_type)?))
}

fn number<'a>(keyword: &'static str, value: &'a Json) -> Compiled<&'a str> {
    let Json::Number(text) = value else {
        return Err(SchemaError::wrong_type(keyword, "Number", value));
    };
    Ok(text)
}

pub(super) fn string<'a>(keyword: &'static str, value: &'a Json) -> Compiled<&'a str> {
    value
        .as_str()
        .ok_or_else(|| SchemaError::wrong_type(keyword, "String", value))
}

pub(super) fn array<'a>(keyword: &'static str, value: &'a Json) -> Compiled<&'a [Json]> {
    value
        .as_array()
        .ok_or_else(|| SchemaError::wrong_type(keyword, "JSONArray", value))
}

pub(super) fn object<'a>(keyword: &'static str, value: &'a Json) -> Compiled<&'a [(String, Json)]> {
    value
        .as_object()
        .ok_or_else(|| SchemaError::wrong_type(keyword, "JSONObject", value))
}
