//! Cuts a template into its lexemes (object-keys.md §2, "reading order").

use super::KeyElement;

/// The names of the extension placeholder; each may stand in square or in angle brackets.
const PLACEHOLDERS: [&str; 4] = ["csv|jsonl", "jsonl|csv", "csv|json", "json|csv"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Element(KeyElement),
    UnknownElement(&'a str),
    /// With its brackets.
    Placeholder(&'a str),
    UnclosedBracket,
    StrayBracket,
    /// Any other character, allowed or not.
    Char(char),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lexeme<'a> {
    pub(super) token: Token<'a>,
    /// Position of its first character in the template, counted in characters from 1.
    pub(super) at: usize,
}

impl Lexeme<'_> {
    pub(super) fn is_char(&self, c: char) -> bool {
        self.token == Token::Char(c)
    }
}

/// Every character of `template` ends up in exactly one lexeme.
pub(super) fn scan(template: &str) -> Vec<Lexeme<'_>> {
    let mut lexemes = Vec::new();
    let mut rest = template;
    let mut at = 1;
    while let Some(first) = rest.chars().next() {
        let (token, bytes) = match first {
            '[' => bracketed(rest),
            '<' => angled(rest),
            ']' => (Token::StrayBracket, 1),
            other => (Token::Char(other), other.len_utf8()),
        };
        let (read, unread) = rest.split_at(bytes);
        lexemes.push(Lexeme { token, at });
        at += read.chars().count();
        rest = unread;
    }
    lexemes
}

/// What the `[` at the start of `rest` opens, and its length in bytes.
fn bracketed(rest: &str) -> (Token<'_>, usize) {
    let inside = &rest[1..];
    let Some((name, after)) = inside
        .find(['[', ']'])
        .map(|end| inside.split_at(end))
        .filter(|(_, after)| after.starts_with(']'))
    else {
        return (Token::UnclosedBracket, 1);
    };
    let whole = &rest[..rest.len() - after.len() + 1];
    let token = if PLACEHOLDERS.contains(&name) {
        Token::Placeholder(whole)
    } else {
        KeyElement::from_name(name).map_or(Token::UnknownElement(name), Token::Element)
    };
    (token, whole.len())
}

/// What the `<` at the start of `rest` is: it means something only as part of a placeholder.
fn angled(rest: &str) -> (Token<'_>, usize) {
    let inside = &rest[1..];
    let found = PLACEHOLDERS.into_iter().find(|name| {
        inside
            .strip_prefix(name)
            .is_some_and(|after| after.starts_with('>'))
    });
    match found {
        Some(name) => (Token::Placeholder(&rest[..name.len() + 2]), name.len() + 2),
        None => (Token::Char('<'), 1),
    }
}
