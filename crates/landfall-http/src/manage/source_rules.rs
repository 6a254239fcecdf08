//! Names and properties of sources (management-api.md §7, §8.1): pure.

use std::collections::{BTreeMap, BTreeSet};

use landfall_catalog::SourceType;
use serde_json::{Map, Value};
use thiserror::Error;

use super::request::property_text;
use super::types::{WEBHOOK_PRIMARY_KEY, source_properties};

/// "Under 50 characters."
const LONGEST_NAME_CHARS: usize = 49;
/// The longest name of a webhook's key field.
const LONGEST_KEY_FIELD_CHARS: usize = 50;

/// The name that a display name becomes: lowercase, `_` for blanks, and nothing but `a–z 0–9 _ - $`.
pub(super) fn derive_name(display_name: &str) -> String {
    let lowercase = display_name.chars().flat_map(char::to_lowercase);
    lowercase
        .map(|c| if c.is_whitespace() { '_' } else { c })
        .filter(|c| is_name_char(*c))
        .collect()
}

fn is_name_char(c: char) -> bool {
    matches!(c, 'a'..='z' | '0'..='9' | '_' | '-' | '$')
}

/// Whether a text can be the name of a source.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && text.chars().count() <= LONGEST_NAME_CHARS
        && text.chars().all(is_name_char)
}

/// Why a display name makes no name of a source, which its folder is called by. Each message ends with one that would.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SourceNameProblem {
    /// None of its characters can stand in the name.
    #[error(
        "the folder is named after it, of letters a to z, digits, _ - and $, and it has none of these: write it with \
         letters, such as Shop"
    )]
    NothingLeft,
    /// The name would begin with a digit, `-` or `$`.
    #[error(
        "the folder would be called {name}, but its name begins with a letter or _: begin with a letter, such as Shop {name}"
    )]
    BadStart {
        /// The name as it would be.
        name: String,
    },
    /// The name would be too long.
    #[error(
        "the folder is named after it, and its name would have {chars} characters: shorten it to {LONGEST_NAME_CHARS} or \
         fewer, such as {shortened}"
    )]
    TooLong {
        /// Characters of the name as it would be.
        chars: usize,
        /// The beginning of it.
        shortened: String,
    },
}

/// The name that a source gets from its display name (management-api.md §8.2).
///
/// # Errors
/// [`SourceNameProblem`].
pub fn source_name(display_name: &str) -> Result<String, SourceNameProblem> {
    let name = derive_name(display_name);
    let chars = name.chars().count();
    if is_name(&name) {
        Ok(name)
    } else if name.is_empty() {
        Err(SourceNameProblem::NothingLeft)
    } else if chars > LONGEST_NAME_CHARS {
        let shortened = name.chars().take(24).collect();
        Err(SourceNameProblem::TooLong { chars, shortened })
    } else {
        Err(SourceNameProblem::BadStart { name })
    }
}

/// Merges properties that were given into those that are stored.
///
/// # Errors
/// The names of those that can't be so, in order.
pub(super) fn merge(
    source_type: &SourceType,
    stored: &BTreeMap<String, String>,
    given: &Map<String, Value>,
) -> Result<BTreeMap<String, String>, BTreeSet<String>> {
    let mut properties = stored.clone();
    let mut bad = BTreeSet::new();
    for (name, value) in given {
        let is_removed = value.is_null();
        let text = property_text(value);
        let old = stored.get(name);
        // What can't be changed once it is set can still be given again.
        let is_same = old.is_some() && old == text.as_ref();
        let is_known = knows(source_type, name);
        let is_fine = match &text {
            Some(text) => is_known && (is_same || old.is_none()) && is_key_field(text),
            None => is_known && is_removed && old.is_none(),
        };
        match text {
            _ if !is_fine => {
                bad.insert(name.clone());
            }
            Some(text) => {
                properties.insert(name.clone(), text);
            }
            None => {}
        }
    }
    if bad.is_empty() { Ok(properties) } else { Err(bad) }
}

/// The key of a webhook's records is the only property there is, and can't be changed once it is set.
fn knows(source_type: &SourceType, name: &str) -> bool {
    let properties = source_properties(source_type).unwrap_or_default();
    name == WEBHOOK_PRIMARY_KEY && properties.iter().any(|property| property.name == name)
}

fn is_key_field(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LONGEST_KEY_FIELD_CHARS
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_is_derived_from_the_display_name() {
        let cases = [
            ("Recurly Stitch", "recurly_stitch"),
            ("Import API tokens example", "import_api_tokens_example"),
            ("Salesforce-Prod", "salesforce-prod"),
            ("GitHub!!!", "github"),
            ("####", ""),
            ("Größe $5", "gre_$5"),
            ("a\tb\u{a0}c", "a_b_c"),
            ("İstanbul", "istanbul"),
        ];
        for (display_name, name) in cases {
            assert_eq!(derive_name(display_name), name, "{display_name:?}");
        }
    }

    #[test]
    fn a_display_name_that_makes_no_name_is_told_why_and_what_would() {
        let long = "a long name ".repeat(5);
        let cases = [
            ("My Shop", None),
            ("####", Some("such as Shop")),
            ("日本", Some("it has none of these")),
            ("1st", Some("would be called 1st")),
            ("-a", Some("such as Shop -a")),
            (
                long.as_str(),
                Some("60 characters: shorten it to 49 or fewer, such as a_long_name_a_long_name_"),
            ),
        ];
        for (display_name, told) in cases {
            let problem = source_name(display_name).err().map(|problem| problem.to_string());
            match (told, &problem) {
                (None, None) => {}
                (Some(told), Some(problem)) => assert!(problem.contains(told), "{display_name}: {problem}"),
                _ => panic!("{display_name}: {problem:?}"),
            }
        }
        for example in ["Shop", "Shop 1st", "Shop -a", "a_long_name_a_long_name_"] {
            assert!(source_name(example).is_ok(), "{example} fits");
        }
    }

    #[test]
    fn a_name_begins_with_a_letter_and_is_under_50_characters() {
        let longest = "a".repeat(49);
        let too_long = "a".repeat(50);
        let cases = [
            ("github", true),
            ("_x", true),
            ("salesforce-prod", true),
            ("a$1", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("", false),
            ("1st", false),
            ("-a", false),
            ("$a", false),
            ("GitHub", false),
            ("a b", false),
            ("größe", false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_name(text), expected, "{text:?}");
        }
    }

    #[test]
    fn properties_are_known_texts_and_immutable_ones_stay() {
        let unset = BTreeMap::new();
        let set = BTreeMap::from([(WEBHOOK_PRIMARY_KEY.to_owned(), "id".to_owned())]);
        let (webhook, import) = (SourceType::IncomingWebhook, SourceType::ImportApi);
        let cases = [
            (&webhook, &unset, json!({"webhookz_primary_key": "id"}), true),
            (&webhook, &unset, json!({"webhookz_primary_key": 5}), true),
            (&webhook, &unset, json!({"webhookz_primary_key": null}), true),
            (&webhook, &unset, json!({"webhookz_primary_key": ""}), false),
            (&webhook, &unset, json!({"webhookz_primary_key": " "}), false),
            (&webhook, &unset, json!({"webhookz_primary_key": ["id"]}), false),
            (
                &webhook,
                &unset,
                json!({"webhookz_primary_key": "x".repeat(50)}),
                true,
            ),
            (
                &webhook,
                &unset,
                json!({"webhookz_primary_key": "x".repeat(51)}),
                false,
            ),
            (&webhook, &unset, json!({"other": "id"}), false),
            (&webhook, &set, json!({"webhookz_primary_key": "id"}), true),
            (&webhook, &set, json!({"webhookz_primary_key": "uid"}), false),
            (&webhook, &set, json!({"webhookz_primary_key": null}), false),
            (&import, &unset, json!({}), true),
            (&import, &unset, json!({"webhookz_primary_key": "id"}), false),
        ];
        for (source_type, stored, given, expected) in cases {
            let merged = merge(source_type, stored, given.as_object().unwrap());
            assert_eq!(merged.is_ok(), expected, "{source_type} {stored:?} {given}");
        }
    }
}
