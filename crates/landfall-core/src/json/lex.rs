//! Scanning of single tokens: strings, numbers, escapes.

use super::error::{JsonError, JsonFault};
use super::text::write_escape;

/// What scanning a string told about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ScannedString {
    /// Position of the closing quote.
    pub(super) end: usize,
    /// Whether a backslash occurs.
    pub(super) is_escaped: bool,
    /// Whether the token is already written as files.md §4 asks.
    pub(super) is_canonical: bool,
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Marks the bytes of `word` that end a plain run in a string: `"`, `\` and control characters. The lowest mark is
/// exact; higher ones may be false.
fn string_stops(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let is_quote = quote.wrapping_sub(ONES) & !quote;
    let is_backslash = backslash.wrapping_sub(ONES) & !backslash;
    let is_control = word.wrapping_sub(ONES * 0x20) & !word;
    (is_quote | is_backslash | is_control) & HIGHS
}

/// The first position from `at` on that holds `"`, `\` or a control character, or the end of the text.
#[inline]
fn plain_run_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let stops = string_stops(u64::from_le_bytes(*chunk));
        if stops != 0 {
            return at + (stops.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while at < bytes.len() && bytes[at] != b'"' && bytes[at] != b'\\' && bytes[at] >= 0x20 {
        at += 1;
    }
    at
}

/// Scans the string whose content begins at `start`, right after the opening quote.
#[inline]
pub(super) fn scan_string(bytes: &[u8], start: usize) -> Result<ScannedString, JsonError> {
    let end = plain_run_end(bytes, start);
    if bytes.get(end) == Some(&b'"') {
        return Ok(ScannedString {
            end,
            is_escaped: false,
            is_canonical: true,
        });
    }
    scan_escaped_string(bytes, end)
}

/// [`scan_string`], which also tells whether the token can stand in a row whose cells `delimiter` parts: it is not empty,
/// neither begins nor ends with a space or tab, and holds neither an escape nor the delimiter. Looking for the delimiter
/// on the way costs next to nothing, since what comes after the string waits for its end alone.
#[inline]
pub(super) fn scan_cell(
    bytes: &[u8],
    start: usize,
    delimiter: u8,
) -> Result<(ScannedString, bool), JsonError> {
    let mut end = start;
    let mut found = 0;
    while let Some(chunk) = bytes.get(end..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        let stops = string_stops(word);
        let delimiters = delimiters(word, delimiter);
        if stops == 0 {
            found |= delimiters;
            end += 8;
            continue;
        }
        let lowest = stops & stops.wrapping_neg();
        found |= delimiters & (lowest - 1);
        end += (stops.trailing_zeros() / 8) as usize;
        if bytes.get(end) != Some(&b'"') {
            break;
        }
        let is_blank = |at: usize| bytes.get(at).is_none_or(|byte| matches!(byte, b' ' | b'\t'));
        let is_plain = end > start && found == 0 && !is_blank(start) && !is_blank(end - 1);
        let scanned = ScannedString {
            end,
            is_escaped: false,
            is_canonical: true,
        };
        return Ok((scanned, is_plain));
    }
    // Escapes, or the end of the text: seldom.
    scan_escaped_string(bytes, end).map(|scanned| (scanned, false))
}

/// Marks the bytes of `word` that are the delimiter. The lowest mark is exact; higher ones may be false.
#[inline]
fn delimiters(word: u64, delimiter: u8) -> u64 {
    let difference = word ^ (ONES * u64::from(delimiter));
    difference.wrapping_sub(ONES) & !difference & HIGHS
}

fn scan_escaped_string(bytes: &[u8], mut at: usize) -> Result<ScannedString, JsonError> {
    let mut is_escaped = false;
    let mut is_canonical = true;
    loop {
        at = plain_run_end(bytes, at);
        match bytes.get(at) {
            Some(b'"') => {
                return Ok(ScannedString {
                    end: at,
                    is_escaped,
                    is_canonical,
                });
            }
            Some(b'\\') => {
                is_escaped = true;
                let (length, canonical) = scan_escape(bytes, at)?;
                is_canonical &= canonical;
                at += length;
            }
            Some(_) => return Err(JsonError::new(JsonFault::ControlCharacter, at)),
            None => return Err(JsonError::new(JsonFault::UnexpectedEnd, at)),
        }
    }
}

/// The length of the escape at `at`, and whether files.md §4 writes its character in just this way.
fn scan_escape(bytes: &[u8], at: usize) -> Result<(usize, bool), JsonError> {
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'b' | b't' | b'n' | b'f' | b'r') => Ok((2, true)),
        Some(b'/') => Ok((2, false)),
        Some(b'u') => {
            let digits = bytes.get(at + 2..at + 6).and_then(hex4);
            let Some(unit) = digits else {
                return Err(JsonError::new(JsonFault::BadEscape, at));
            };
            let has_short_form = matches!(unit, 0x08 | 0x09 | 0x0A | 0x0C | 0x0D);
            let is_lower = !bytes[at + 2..at + 6].iter().any(u8::is_ascii_uppercase);
            Ok((6, unit < 0x20 && !has_short_form && is_lower))
        }
        _ => Err(JsonError::new(JsonFault::BadEscape, at)),
    }
}

fn hex4(digits: &[u8]) -> Option<u16> {
    let mut unit = 0u16;
    for digit in digits {
        unit = unit << 4 | u16::try_from(char::from(*digit).to_digit(16)?).ok()?;
    }
    Some(unit)
}

/// Resolves the escapes of a scanned string token (without its quotes). An unpaired surrogate becomes U+FFFD.
pub(super) fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    each_unescaped(raw, |piece| out.push_str(piece));
    out
}

/// Appends what [`unescape`] returns.
pub(super) fn append_unescaped(raw: &str, out: &mut Vec<u8>) {
    each_unescaped(raw, |piece| out.extend_from_slice(piece.as_bytes()));
}

#[inline]
fn each_unescaped(raw: &str, mut put: impl FnMut(&str)) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        put(&rest[..at]);
        let escape = rest.as_bytes().get(at + 1).copied().unwrap_or(b'\\');
        let (character, length) = match escape {
            b'u' => unescape_unicode(&rest.as_bytes()[at..]),
            b'b' => ('\u{8}', 2),
            b't' => ('\t', 2),
            b'n' => ('\n', 2),
            b'f' => ('\u{C}', 2),
            b'r' => ('\r', 2),
            other => (char::from(other), 2),
        };
        put(character.encode_utf8(&mut [0; 4]));
        rest = rest.get(at + length..).unwrap_or("");
    }
    put(rest);
}

/// Writes a scanned string token (without its quotes) in the form of files.md §4: what need not be escaped is not.
pub(super) fn write_unescaped(raw: &str, out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let length = match rest.as_bytes().get(at + 1) {
            Some(b'u') => {
                let (character, length) = unescape_unicode(&rest.as_bytes()[at..]);
                match character {
                    '"' | '\\' | '\0'..='\u{1F}' => write_escape(character as u8, out),
                    _ => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
                }
                length
            }
            Some(b'/') => {
                out.push(b'/');
                2
            }
            _ => {
                out.extend_from_slice(rest.as_bytes().get(at..at + 2).unwrap_or_default());
                2
            }
        };
        rest = rest.get(at + length..).unwrap_or("");
    }
    out.extend_from_slice(rest.as_bytes());
}

/// The character that `\uXXXX`, or a pair of them, stands for, and the length of the escape.
fn unescape_unicode(bytes: &[u8]) -> (char, usize) {
    let Some(first) = bytes.get(2..6).and_then(hex4) else {
        return (char::REPLACEMENT_CHARACTER, bytes.len().min(2));
    };
    if let Some(character) = char::from_u32(u32::from(first)) {
        return (character, 6);
    }
    let is_high = (0xD800..0xDC00).contains(&first);
    let second = if bytes.get(6..8) == Some(b"\\u") {
        bytes.get(8..12).and_then(hex4)
    } else {
        None
    };
    match second {
        Some(low) if is_high && (0xDC00..0xE000).contains(&low) => {
            let code = 0x10000 + ((u32::from(first) - 0xD800) << 10) + (u32::from(low) - 0xDC00);
            (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
        }
        _ => (char::REPLACEMENT_CHARACTER, 6),
    }
}

/// Scans a number by JSON's grammar. Returns its end and whether it has neither fraction nor exponent.
#[inline]
pub(super) fn scan_number(bytes: &[u8], start: usize) -> Result<(usize, bool), JsonError> {
    let mut at = start;
    if bytes.get(at) == Some(&b'-') {
        at += 1;
    }
    at = match bytes.get(at) {
        Some(b'0') => at + 1,
        Some(b'1'..=b'9') => digits_end(bytes, at),
        _ => return Err(JsonError::new(JsonFault::BadNumber, start)),
    };
    let mut is_integer = true;
    if bytes.get(at) == Some(&b'.') {
        is_integer = false;
        at = some_digits_end(bytes, at + 1, start)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        is_integer = false;
        at += 1;
        if let Some(b'+' | b'-') = bytes.get(at) {
            at += 1;
        }
        at = some_digits_end(bytes, at, start)?;
    }
    Ok((at, is_integer))
}

fn digits_end(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    at
}

fn some_digits_end(bytes: &[u8], at: usize, number_start: usize) -> Result<usize, JsonError> {
    let end = digits_end(bytes, at);
    if end == at {
        Err(JsonError::new(JsonFault::BadNumber, number_start))
    } else {
        Ok(end)
    }
}
