//! Names as they stand in object keys (object-keys.md §7).

use std::borrow::Cow;

use unicode_general_category::{GeneralCategory, get_general_category};

/// Makes a name fit for an object key: letters, marks, numbers and `_ - .` stay as they are, every other character
/// becomes `_`, so that no name adds a path segment, a space or a special character to a key. Names of nothing but
/// dots become as many `_`, the empty name becomes `_`.
///
/// Applied to the integration's name, the table's name and each array's name, one by one. Cleaning a cleaned name
/// changes nothing.
#[must_use]
pub fn clean_name(name: &str) -> Cow<'_, str> {
    if name.is_empty() {
        return Cow::Borrowed("_");
    }
    if name.chars().all(|c| c == '.') {
        return Cow::Owned("_".repeat(name.len()));
    }
    if name.chars().all(is_kept) {
        return Cow::Borrowed(name);
    }
    Cow::Owned(name.chars().map(|c| if is_kept(c) { c } else { '_' }).collect())
}

fn is_kept(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    }
    matches!(
        get_general_category(c),
        GeneralCategory::UppercaseLetter
            | GeneralCategory::LowercaseLetter
            | GeneralCategory::TitlecaseLetter
            | GeneralCategory::ModifierLetter
            | GeneralCategory::OtherLetter
            | GeneralCategory::NonspacingMark
            | GeneralCategory::SpacingMark
            | GeneralCategory::EnclosingMark
            | GeneralCategory::DecimalNumber
            | GeneralCategory::LetterNumber
            | GeneralCategory::OtherNumber
    )
}
