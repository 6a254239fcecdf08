//! `enum`, numbers and strings.

use super::Checker;
use crate::decimal::Decimal;
use crate::json::Json;
use crate::schema::Formats;
use crate::schema::date_time::is_date_time;
use crate::schema::node::{Node, NumberRules, StringRules};
use crate::schema::pattern::MAX_BACKTRACKS;

impl Checker<'_> {
    pub(super) fn enum_faults(&mut self, node: &Node, value: &Json) -> usize {
        let Some(values) = &node.values else { return 0 };
        if values.contains(value) {
            return 0;
        }
        match value {
            Json::String(text) => self.fault(format_args!("{text} is not a valid enum value")),
            value => self.fault(format_args!(
                "{} is not a valid enum value",
                value.to_compact_text()
            )),
        }
    }

    pub(super) fn number_faults(&mut self, rules: &NumberRules, text: &str) -> usize {
        if rules.bounds.is_empty() && rules.multiple_of.is_none() {
            return 0;
        }
        let Some(number) = Decimal::parse(text.as_bytes()) else {
            return 0;
        };
        let mut faults = 0;
        for bound in rules.bounds.iter().filter(|bound| !bound.admits(number)) {
            faults += self.fault(format_args!("{text} is not {} {}", bound.claim(), bound.limit));
        }
        if let Some(multiple_of) = &rules.multiple_of
            && !multiple_of.divisor.divides(number)
        {
            faults += self.fault(format_args!("{text} is not a multiple of {}", multiple_of.text));
        }
        faults
    }

    pub(super) fn string_faults(&mut self, rules: &StringRules, text: &str) -> usize {
        let mut faults = 0;
        if rules.min_length.is_some() || rules.max_length.is_some() {
            let actual = text.chars().count() as u64;
            if let Some(minimum) = rules.min_length.filter(|minimum| actual < *minimum) {
                faults += self.fault(format_args!("expected minLength: {minimum}, actual: {actual}"));
            }
            if let Some(maximum) = rules.max_length.filter(|maximum| actual > *maximum) {
                faults += self.fault(format_args!("expected maxLength: {maximum}, actual: {actual}"));
            }
        }
        if let Some(pattern) = &rules.pattern {
            let matches = pattern.matches(text);
            if matches.is_none() {
                self.spend(u64::from(MAX_BACKTRACKS));
            }
            if matches != Some(true) {
                faults += self.fault(format_args!(
                    "string [{text}] does not match pattern {}",
                    pattern.text
                ));
            }
        }
        if rules.is_date_time && self.formats == Formats::Enforce && !is_date_time(text.as_bytes()) {
            faults += self.fault(format_args!(
                "[{text}] is not a valid date-time. Expected \
                 [yyyy-MM-dd'T'HH:mm:ssZ, yyyy-MM-dd'T'HH:mm:ss.[0-9]{{1,9}}Z]"
            ));
        }
        faults
    }
}
