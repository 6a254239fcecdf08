//! Strings and numbers by their JSON text, without resolving or copying anything.

use std::sync::Arc;

use crate::decimal::Decimal;
use crate::json::{Json, Kind};
use crate::schema::Formats;
use crate::schema::date_time::is_date_time;
use crate::schema::node::{Bound, Node, NumberRules, Side, StringRules};
use crate::schema::pattern::Pattern;

use super::rules::Part;

/// Numbers an `enum` may have to be looked through value by value.
const MAX_LISTED_NUMBERS: usize = 16;

/// Bytes of JSON text that one character may take: two escapes of six (`\ud83d\ude80`).
const MAX_BYTES_PER_CHARACTER: u64 = 12;

#[derive(Debug, Clone)]
pub(super) struct StringTest {
    rules: StringRules,
    /// Strings of `enum`, sorted.
    listed: Option<Vec<String>>,
}

impl StringTest {
    pub(super) fn of(node: &Node, formats: Formats) -> Part<Self> {
        let mut rules = node.strings.clone();
        rules.is_date_time &= formats == Formats::Enforce;
        let listed = node.values.as_ref().map(|values| {
            let mut strings: Vec<String> = values
                .listed
                .iter()
                .filter_map(Json::as_str)
                .map(str::to_owned)
                .collect();
            strings.sort_unstable();
            strings
        });
        let has_lengths = rules.min_length.is_some_and(|minimum| minimum > 0) || rules.max_length.is_some();
        if !has_lengths && rules.pattern.is_none() && !rules.is_date_time && listed.is_none() {
            return Part::Free;
        }
        Part::Rule(Self { rules, listed })
    }

    /// Whether a string certainly conforms, by the bytes between its quotes.
    pub(super) fn accepts(&self, raw_text: &[u8]) -> bool {
        self.has_fitting_length(raw_text) && (!self.looks_at_text() || self.has_fitting_text(raw_text))
    }

    fn has_fitting_length(&self, raw_text: &[u8]) -> bool {
        let minimum = self.rules.min_length.unwrap_or(0);
        let maximum = self.rules.max_length.unwrap_or(u64::MAX);
        let bytes = raw_text.len() as u64;
        if bytes <= maximum && bytes / MAX_BYTES_PER_CHARACTER >= minimum {
            return true;
        }
        // Bytes 0b10…… continue a character.
        let count_characters = || raw_text.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u64;
        !has_escapes(raw_text) && (minimum..=maximum).contains(&count_characters())
    }

    fn looks_at_text(&self) -> bool {
        self.rules.pattern.is_some() || self.rules.is_date_time || self.listed.is_some()
    }

    fn has_fitting_text(&self, raw_text: &[u8]) -> bool {
        if has_escapes(raw_text) {
            return false;
        }
        let is_listed = |listed: &Vec<String>| {
            listed
                .binary_search_by(|value| value.as_bytes().cmp(raw_text))
                .is_ok()
        };
        let matches = |pattern: &Arc<Pattern>| {
            str::from_utf8(raw_text).is_ok_and(|text| pattern.matches(text) == Some(true))
        };
        self.listed.as_ref().is_none_or(is_listed)
            && (!self.rules.is_date_time || is_date_time(raw_text))
            && self.rules.pattern.as_ref().is_none_or(matches)
    }
}

fn has_escapes(raw_text: &[u8]) -> bool {
    raw_text.contains(&b'\\')
}

#[derive(Debug, Clone)]
pub(super) struct NumberTest {
    rules: NumberRules,
    /// The bounds as integers, if all are.
    range: Option<Vec<(Side, i64, bool)>>,
    /// Numbers of `enum`.
    listed: Option<Vec<String>>,
}

impl NumberTest {
    pub(super) fn of(node: &Node) -> Part<Self> {
        let rules = node.numbers.clone();
        let number_text = |value: &Json| {
            if let Json::Number(text) = value {
                Some(text.clone())
            } else {
                None
            }
        };
        let listed: Option<Vec<String>> = node
            .values
            .as_ref()
            .map(|values| values.listed.iter().filter_map(number_text).collect());
        if rules.bounds.is_empty() && rules.multiple_of.is_none() && listed.is_none() {
            return Part::Free;
        }
        if listed
            .as_ref()
            .is_some_and(|listed| listed.len() > MAX_LISTED_NUMBERS)
        {
            return Part::Opaque;
        }
        let range = rules.bounds.iter().map(integer_bound).collect();
        Part::Rule(Self { rules, range, listed })
    }

    /// Whether a number certainly conforms, by its text.
    pub(super) fn accepts(&self, kind: Kind, text: &[u8]) -> bool {
        let needs_only_range = self.rules.multiple_of.is_none() && self.listed.is_none();
        if needs_only_range
            && kind == Kind::Integer
            && let (Some(range), Some(number)) = (&self.range, parse_integer(text))
        {
            return range.iter().all(|bound| is_within(number, *bound));
        }
        let Some(number) = Decimal::parse(text) else {
            return false;
        };
        let equals = |listed: &String| Decimal::parse(listed.as_bytes()) == Some(number);
        self.rules.bounds.iter().all(|bound| bound.admits(number))
            && self
                .rules
                .multiple_of
                .as_ref()
                .is_none_or(|multiple_of| multiple_of.divisor.divides(number))
            && self
                .listed
                .as_ref()
                .is_none_or(|listed| listed.iter().any(equals))
    }
}

fn integer_bound(bound: &Bound) -> Option<(Side, i64, bool)> {
    Some((bound.side, bound.limit.parse().ok()?, bound.is_exclusive))
}

fn is_within(number: i64, (side, limit, is_exclusive): (Side, i64, bool)) -> bool {
    match (side, is_exclusive) {
        (Side::Lower, false) => number >= limit,
        (Side::Lower, true) => number > limit,
        (Side::Upper, false) => number <= limit,
        (Side::Upper, true) => number < limit,
    }
}

fn parse_integer(text: &[u8]) -> Option<i64> {
    str::from_utf8(text).ok()?.parse().ok()
}
