//! Parsed templates.

use std::fmt;

use super::rules;
use super::scan::{Lexeme, Token, scan};
use super::{KeyElement, KeyProblem, OutputFormat};

/// The convention that names every object a destination receives, for one data storage format.
///
/// A value of this type has passed every rule of object-keys.md §11. Changing the format means parsing again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectKeyTemplate {
    text: String,
    format: OutputFormat,
    pub(super) parts: Vec<KeyPart>,
    pub(super) extension: Extension,
}

/// A piece of a template before its extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyPart {
    Text(String),
    Integration,
    Table(TableForm),
    Version,
    LoadedMillis,
    LoadedYear,
    LoadedMonth,
    LoadedDay,
    LoadedHour,
}

/// How the names of a sub-table are joined (object-keys.md §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TableForm {
    /// By `/`: the element is a whole path segment and not the last one.
    Folder,
    /// By `__`.
    Joined,
}

/// How a template ends (object-keys.md §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extension {
    Placeholder,
    Literal(LiteralExtension),
    /// The template has none, so keys get that of the format.
    Appended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LiteralExtension {
    Csv,
    Jsonl,
    Json,
}

impl ObjectKeyTemplate {
    /// The template that set-up starts with (object-keys.md §1).
    pub const DEFAULT: &str =
        "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].[csv|jsonl]";

    /// Reads a template for keys of files in `format`.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of object-keys.md §11.
    pub fn parse(text: &str, format: OutputFormat) -> Result<Self, Vec<KeyProblem>> {
        let lexemes = scan(text);
        let problems = rules::problems(text, &lexemes, format);
        if !problems.is_empty() {
            return Err(problems);
        }
        let extension = Extension::of(text, &lexemes);
        let parts = parts(&lexemes, extension);
        Ok(Self {
            text: text.to_owned(),
            format,
            parts,
            extension,
        })
    }

    /// The template as typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The format it was read for.
    #[must_use]
    pub fn format(&self) -> OutputFormat {
        self.format
    }
}

impl fmt::Display for ObjectKeyTemplate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl Extension {
    pub(super) fn of(template: &str, lexemes: &[Lexeme<'_>]) -> Self {
        if let [.., dot, last] = lexemes
            && let (true, Token::Placeholder(_)) = (dot.is_char('.'), last.token)
        {
            return Self::Placeholder;
        }
        let name = template.rsplit_once('.').map_or("", |(_, name)| name);
        match name {
            "csv" => Self::Literal(LiteralExtension::Csv),
            "jsonl" => Self::Literal(LiteralExtension::Jsonl),
            "json" => Self::Literal(LiteralExtension::Json),
            _ => Self::Appended,
        }
    }

    /// How many lexemes at the end of the template it takes, its dot included.
    pub(super) fn lexeme_count(self) -> usize {
        match self {
            Self::Placeholder => 2,
            Self::Literal(literal) => 1 + literal.as_str().len(),
            Self::Appended => 0,
        }
    }
}

impl LiteralExtension {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Json => "json",
        }
    }

    pub(super) const fn fits(self, format: OutputFormat) -> bool {
        match self {
            Self::Csv => matches!(format, OutputFormat::Csv),
            Self::Jsonl | Self::Json => matches!(format, OutputFormat::Jsonl),
        }
    }
}

/// The pieces before the extension, of lexemes that broke no rule.
fn parts(lexemes: &[Lexeme<'_>], extension: Extension) -> Vec<KeyPart> {
    let mut parts = Vec::new();
    for (index, lexeme) in lexemes[..lexemes.len() - extension.lexeme_count()]
        .iter()
        .enumerate()
    {
        match lexeme.token {
            Token::Element(element) => parts.push(element_part(element, table_form(lexemes, index))),
            Token::Char(c) => match parts.last_mut() {
                Some(KeyPart::Text(text)) => text.push(c),
                _ => parts.push(KeyPart::Text(c.to_string())),
            },
            Token::UnknownElement(_)
            | Token::Placeholder(_)
            | Token::UnclosedBracket
            | Token::StrayBracket => {
                unreachable!("a template with this token has a problem, and was refused")
            }
        }
    }
    parts
}

fn element_part(element: KeyElement, form_of_table: TableForm) -> KeyPart {
    match element {
        KeyElement::IntegrationName => KeyPart::Integration,
        KeyElement::TableName => KeyPart::Table(form_of_table),
        KeyElement::TableVersion => KeyPart::Version,
        KeyElement::TimestampLoaded => KeyPart::LoadedMillis,
        KeyElement::YearLoaded => KeyPart::LoadedYear,
        KeyElement::MonthLoaded => KeyPart::LoadedMonth,
        KeyElement::DayLoaded => KeyPart::LoadedDay,
        KeyElement::HourLoaded => KeyPart::LoadedHour,
    }
}

/// The form of a table's name that is the lexeme at `index`.
fn table_form(lexemes: &[Lexeme<'_>], index: usize) -> TableForm {
    let starts_segment = index
        .checked_sub(1)
        .is_none_or(|before| lexemes[before].is_char('/'));
    let ends_segment = lexemes.get(index + 1).is_some_and(|after| after.is_char('/'));
    if starts_segment && ends_segment {
        TableForm::Folder
    } else {
        TableForm::Joined
    }
}
