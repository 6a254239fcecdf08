//! What strings stand for once references are resolved (import-api.md §14.2).

use landfall_core::json::write_canonical_string;
use landfall_core::time::{Instant, Timestamp};

use super::{TransitError, number};

/// The name of a tag, if the string is one.
pub(super) fn tag(text: &str) -> Option<&str> {
    text.strip_prefix("~#")
}

/// Splits `~x…` into the character and what follows it. `None` for literal text, which a lone `~` is too.
fn split(text: &str) -> Option<(char, &str)> {
    let mut characters = text.strip_prefix('~')?.chars();
    let kind = characters.next()?;
    Some((kind, characters.as_str()))
}

/// The text of a map's key.
pub(super) fn key_text(text: &str) -> Result<&str, TransitError> {
    Ok(match split(text) {
        None => text,
        Some(('~' | '^' | '`', _)) => &text[1..],
        Some(('#', _)) => return Err(TransitError::MisplacedTag),
        Some(('?', "t")) => "true",
        Some(('?', "f")) => "false",
        Some(('_', "")) => "null",
        Some((_, rest)) => rest,
    })
}

/// Writes the JSON that a string stands for.
pub(super) fn write_value(text: &str, out: &mut Vec<u8>) -> Result<(), TransitError> {
    let Some((kind, rest)) = split(text) else {
        write_canonical_string(text, out);
        return Ok(());
    };
    match (kind, rest) {
        ('~' | '^' | '`', _) => write_canonical_string(&text[1..], out),
        ('#', _) => return Err(TransitError::MisplacedTag),
        ('?', "t") => out.extend_from_slice(b"true"),
        ('?', "f") => out.extend_from_slice(b"false"),
        ('_', "") | ('z', _) => out.extend_from_slice(b"null"),
        ('i' | 'n', _) => {
            out.extend_from_slice(number::integer(rest).ok_or_else(|| bad_number(rest))?.as_bytes())
        }
        ('d' | 'f', _) => {
            out.extend_from_slice(number::decimal(rest).ok_or_else(|| bad_number(rest))?.as_bytes())
        }
        ('m', _) => write_instant(millis(rest)?, out),
        // What can't be read as an instant is landed as it is.
        ('t', _) => match Instant::parse(rest.as_bytes()) {
            Some(instant) => write_instant(instant.timestamp(), out),
            None => write_canonical_string(rest, out),
        },
        _ => write_canonical_string(rest, out),
    }
    Ok(())
}

fn millis(text: &str) -> Result<Timestamp, TransitError> {
    let millis = text.parse::<i64>().ok();
    // A timestamp holds itself within the years that can be written.
    millis
        .map(|millis| (millis, Timestamp::from_millis(millis)))
        .filter(|(millis, instant)| instant.as_millis() == *millis)
        .map(|(_, instant)| instant)
        .ok_or_else(|| TransitError::BadInstant(shown(text)))
}

fn write_instant(instant: Timestamp, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(&instant.render());
    out.push(b'"');
}

fn bad_number(text: &str) -> TransitError {
    TransitError::BadNumber(shown(text))
}

fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}
