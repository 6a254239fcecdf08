//! What can be wrong with a template (object-keys.md §11).

use thiserror::Error;

use super::{KeyElement, OutputFormat};

/// The longest template, in characters as typed (object-keys.md §6, from Stitch's documentation).
pub const MAX_TEMPLATE_CHARS: usize = 500;

/// One thing that is wrong with an S3 Key template. The text ends with the remedy; the set-up pages, the API and the
/// command line show it unchanged. Positions count characters from 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the texts say what each problem and its fields are")]
pub enum KeyProblem {
    #[error(
        "The S3 Key is empty. Use the default [integration_name]/[table_name]/[table_version]_[timestamp_loaded].[csv|jsonl], or build one from the S3 Key elements."
    )]
    Empty,
    #[error("The S3 Key has {chars} characters; the limit is {max}. Remove at least {excess}.", max = MAX_TEMPLATE_CHARS, excess = .chars - MAX_TEMPLATE_CHARS)]
    TooLong { chars: usize },
    #[error("The S3 Key is missing the required element {0}. Add {0} anywhere in the key.")]
    MissingElement(KeyElement),
    #[error("The S3 Key contains the unknown element [{name}] at character {at}. {}", remedy(.nearest))]
    UnknownElement {
        name: String,
        at: usize,
        nearest: Option<KeyElement>,
    },
    #[error("The S3 Key has a \"[\" at character {at} that is never closed. Write elements as [table_name].")]
    UnclosedBracket { at: usize },
    #[error(
        "The S3 Key has a \"]\" at character {at} without a matching \"[\". Remove it, or write the element as [table_name]."
    )]
    StrayBracket { at: usize },
    #[error("The S3 Key contains a space at character {at}. Remove it, or use \"_\" or \"-\" instead.")]
    Space { at: usize },
    #[error(
        "The S3 Key contains a whitespace or control character (U+{:04X}) at character {at}. Remove it.",
        u32::from(*.found)
    )]
    ControlCharacter { found: char, at: usize },
    #[error(
        "The S3 Key contains the special character \"{found}\" at character {at}. Remove it; ! @ # $ % ^ & * are not allowed."
    )]
    SpecialCharacter { found: char, at: usize },
    #[error(
        "The S3 Key contains the unsupported character \"{found}\" at character {at}. Outside elements, use only A-Z a-z 0-9 and / _ - . = + , : ; ( ) ' ~ ?"
    )]
    UnsupportedCharacter { found: char, at: usize },
    #[error(
        "The extension placeholder {placeholder} at character {at} must be the end of the S3 Key, right after a \".\"."
    )]
    ExtensionPosition { placeholder: String, at: usize },
    /// `suggestion` is the whole template with a placeholder for its extension, which fits every format.
    #[error(
        "The S3 Key ends in \".{extension}\" but the data storage format is {format}. End it with .[csv|jsonl] or .{format}."
    )]
    ExtensionMismatch {
        extension: &'static str,
        format: OutputFormat,
        at: usize,
        suggestion: String,
    },
    #[error("The S3 Key starts with \"/\". Remove the leading \"/\".")]
    LeadingSlash,
    #[error("The S3 Key ends with \"/\", so it names a folder. Add a file name after the last \"/\".")]
    TrailingSlash { at: usize },
    #[error("The S3 Key contains \"//\" at character {at}. Use a single \"/\".")]
    EmptySegment { at: usize },
    #[error("The S3 Key contains the path segment \"{segment}\". Remove it.")]
    DotSegment { segment: &'static str, at: usize },
    #[error("The last part of the S3 Key is only a file extension. Add a name before the \".\".")]
    EmptyFileName { at: usize },
}

fn remedy(nearest: &Option<KeyElement>) -> String {
    match nearest {
        Some(element) => format!("Did you mean {element}?"),
        None => {
            let elements = KeyElement::ALL.map(|element| element.to_string());
            format!("Use one of: {}.", elements.join(", "))
        }
    }
}

impl KeyProblem {
    /// The stable name of the kind of problem, such as `key_missing_element`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "key_empty",
            Self::TooLong { .. } => "key_too_long",
            Self::MissingElement(_) => "key_missing_element",
            Self::UnknownElement { .. } => "key_unknown_element",
            Self::UnclosedBracket { .. } => "key_unclosed_bracket",
            Self::StrayBracket { .. } => "key_stray_bracket",
            Self::Space { .. } => "key_space",
            Self::ControlCharacter { .. } => "key_control_character",
            Self::SpecialCharacter { .. } => "key_special_character",
            Self::UnsupportedCharacter { .. } => "key_unsupported_character",
            Self::ExtensionPosition { .. } => "key_extension_position",
            Self::ExtensionMismatch { .. } => "key_extension_mismatch",
            Self::LeadingSlash => "key_leading_slash",
            Self::TrailingSlash { .. } => "key_trailing_slash",
            Self::EmptySegment { .. } => "key_empty_segment",
            Self::DotSegment { .. } => "key_dot_segment",
            Self::EmptyFileName { .. } => "key_empty_file_name",
        }
    }

    /// The character to look at, counted from 1; none if the problem is about the template as a whole.
    #[must_use]
    pub const fn position(&self) -> Option<usize> {
        match self {
            Self::Empty | Self::MissingElement(_) => None,
            Self::TooLong { .. } => Some(MAX_TEMPLATE_CHARS + 1),
            Self::LeadingSlash => Some(1),
            Self::UnknownElement { at, .. }
            | Self::UnclosedBracket { at }
            | Self::StrayBracket { at }
            | Self::Space { at }
            | Self::ControlCharacter { at, .. }
            | Self::SpecialCharacter { at, .. }
            | Self::UnsupportedCharacter { at, .. }
            | Self::ExtensionPosition { at, .. }
            | Self::ExtensionMismatch { at, .. }
            | Self::TrailingSlash { at }
            | Self::EmptySegment { at }
            | Self::DotSegment { at, .. }
            | Self::EmptyFileName { at } => Some(*at),
        }
    }

    /// The whole template with this problem mended, where there is one obvious way to mend it: the one-click fix.
    #[must_use]
    pub fn suggestion(&self) -> Option<&str> {
        match self {
            Self::ExtensionMismatch { suggestion, .. } => Some(suggestion),
            _ => None,
        }
    }
}
