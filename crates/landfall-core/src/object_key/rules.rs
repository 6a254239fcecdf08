//! The rules of templates, in the order in which their problems are reported (object-keys.md §11).

use std::collections::HashSet;

use super::problem::MAX_TEMPLATE_CHARS;
use super::scan::{Lexeme, Token};
use super::template::Extension;
use super::{KeyElement, KeyProblem, OutputFormat};

/// All that is wrong with `template`, whose lexemes are given.
pub(super) fn problems(template: &str, lexemes: &[Lexeme<'_>], format: OutputFormat) -> Vec<KeyProblem> {
    if template.trim().is_empty() {
        return vec![KeyProblem::Empty];
    }
    let mut problems = Vec::new();
    problems.extend(too_long(template));
    problems.extend(missing_elements(lexemes));
    problems.extend(unknown_elements(lexemes));
    problems.extend(brackets(lexemes));
    problems.extend(characters(lexemes));
    problems.extend(misplaced_placeholders(lexemes));
    problems.extend(mismatching_extension(template, lexemes, format));
    problems.extend(slashes(lexemes));
    problems.extend(dot_segments(lexemes));
    problems.extend(empty_file_name(template, lexemes));
    problems
}

fn too_long(template: &str) -> Option<KeyProblem> {
    let chars = template.chars().count();
    (chars > MAX_TEMPLATE_CHARS).then_some(KeyProblem::TooLong { chars })
}

fn missing_elements(lexemes: &[Lexeme<'_>]) -> impl Iterator<Item = KeyProblem> {
    KeyElement::ALL
        .into_iter()
        .filter(|element| element.is_required())
        .filter(|element| {
            !lexemes
                .iter()
                .any(|lexeme| lexeme.token == Token::Element(*element))
        })
        .map(KeyProblem::MissingElement)
}

fn unknown_elements(lexemes: &[Lexeme<'_>]) -> impl Iterator<Item = KeyProblem> {
    lexemes.iter().filter_map(|lexeme| match lexeme.token {
        Token::UnknownElement(name) => Some(KeyProblem::UnknownElement {
            name: name.to_owned(),
            at: lexeme.at,
            nearest: KeyElement::nearest(name),
        }),
        _ => None,
    })
}

fn brackets(lexemes: &[Lexeme<'_>]) -> impl Iterator<Item = KeyProblem> {
    let places = |token| {
        lexemes
            .iter()
            .filter(move |lexeme| lexeme.token == token)
            .map(|lexeme| lexeme.at)
    };
    let unclosed = places(Token::UnclosedBracket).map(|at| KeyProblem::UnclosedBracket { at });
    let stray = places(Token::StrayBracket).map(|at| KeyProblem::StrayBracket { at });
    unclosed.chain(stray)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ForbiddenChar {
    Space,
    Control,
    Special,
    Unsupported,
}

impl ForbiddenChar {
    const IN_REPORT_ORDER: [Self; 4] = [Self::Space, Self::Control, Self::Special, Self::Unsupported];

    fn of(c: char) -> Option<Self> {
        match c {
            'A'..='Z' | 'a'..='z' | '0'..='9' => None,
            '/' | '_' | '-' | '.' | '=' | '+' | ',' | ':' | ';' | '(' | ')' | '\'' | '~' | '?' => None,
            '!' | '@' | '#' | '$' | '%' | '^' | '&' | '*' => Some(Self::Special),
            ' ' => Some(Self::Space),
            other if other.is_whitespace() || other.is_control() => Some(Self::Control),
            _ => Some(Self::Unsupported),
        }
    }

    fn problem(self, found: char, at: usize) -> KeyProblem {
        match self {
            Self::Space => KeyProblem::Space { at },
            Self::Control => KeyProblem::ControlCharacter { found, at },
            Self::Special => KeyProblem::SpecialCharacter { found, at },
            Self::Unsupported => KeyProblem::UnsupportedCharacter { found, at },
        }
    }
}

/// Each forbidden character once, where it first stands.
fn characters(lexemes: &[Lexeme<'_>]) -> Vec<KeyProblem> {
    let mut seen = HashSet::new();
    let forbidden: Vec<(ForbiddenChar, char, usize)> = lexemes
        .iter()
        .filter_map(|lexeme| match lexeme.token {
            Token::Char(c) => ForbiddenChar::of(c).map(|kind| (kind, c, lexeme.at)),
            _ => None,
        })
        .filter(|(_, c, _)| seen.insert(*c))
        .collect();
    let of_kind = |kind| {
        forbidden
            .iter()
            .filter(move |(found_kind, ..)| *found_kind == kind)
    };
    ForbiddenChar::IN_REPORT_ORDER
        .into_iter()
        .flat_map(of_kind)
        .map(|(kind, c, at)| kind.problem(*c, *at))
        .collect()
}

fn misplaced_placeholders(lexemes: &[Lexeme<'_>]) -> impl Iterator<Item = KeyProblem> {
    lexemes
        .iter()
        .enumerate()
        .filter_map(|(index, lexeme)| match lexeme.token {
            Token::Placeholder(text) => {
                let is_at_end = index + 1 == lexemes.len();
                let follows_dot = index
                    .checked_sub(1)
                    .is_some_and(|before| lexemes[before].is_char('.'));
                (!is_at_end || !follows_dot).then(|| KeyProblem::ExtensionPosition {
                    placeholder: text.to_owned(),
                    at: lexeme.at,
                })
            }
            _ => None,
        })
}

fn mismatching_extension(template: &str, lexemes: &[Lexeme<'_>], format: OutputFormat) -> Option<KeyProblem> {
    let ending = Extension::of(template, lexemes);
    let Extension::Literal(extension) = ending else {
        return None;
    };
    if extension.fits(format) {
        return None;
    }
    let dot = lexemes.len() - ending.lexeme_count();
    let name = template.strip_suffix(extension.as_str()).unwrap_or(template);
    Some(KeyProblem::ExtensionMismatch {
        extension: extension.as_str(),
        format,
        at: lexemes[dot].at,
        suggestion: format!("{name}[csv|jsonl]"),
    })
}

fn slashes(lexemes: &[Lexeme<'_>]) -> Vec<KeyProblem> {
    let mut problems = Vec::new();
    if lexemes.first().is_some_and(|first| first.is_char('/')) {
        problems.push(KeyProblem::LeadingSlash);
    }
    if let Some(last) = lexemes.last().filter(|last| last.is_char('/')) {
        problems.push(KeyProblem::TrailingSlash { at: last.at });
    }
    let mut is_in_run = false;
    for pair in lexemes.windows(2) {
        let is_double = pair.iter().all(|lexeme| lexeme.is_char('/'));
        if is_double && !is_in_run {
            problems.push(KeyProblem::EmptySegment { at: pair[0].at });
        }
        is_in_run = is_double;
    }
    problems
}

fn dot_segments(lexemes: &[Lexeme<'_>]) -> impl Iterator<Item = KeyProblem> {
    lexemes
        .split(|lexeme| lexeme.is_char('/'))
        .filter_map(|segment| match segment {
            [dot] if dot.is_char('.') => Some(KeyProblem::DotSegment {
                segment: ".",
                at: dot.at,
            }),
            [dot, second] if dot.is_char('.') && second.is_char('.') => Some(KeyProblem::DotSegment {
                segment: "..",
                at: dot.at,
            }),
            _ => None,
        })
}

fn empty_file_name(template: &str, lexemes: &[Lexeme<'_>]) -> Option<KeyProblem> {
    let file_name = lexemes.rsplit(|lexeme| lexeme.is_char('/')).next()?;
    let is_only_extension = file_name.len() == Extension::of(template, lexemes).lexeme_count();
    file_name
        .first()
        .filter(|_| is_only_extension)
        .map(|dot| KeyProblem::EmptyFileName { at: dot.at })
}
