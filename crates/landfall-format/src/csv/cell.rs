//! Single cells.

use landfall_core::json::{Kind, Value};

/// Delimiter and quoting of a table's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CsvStyle {
    pub(crate) delimiter: u8,
    pub(crate) force_quote: bool,
}

/// Writes the cell of a scalar and the delimiter after it.
#[inline(always)]
pub(crate) fn write_cell_and_delimiter(value: &Value<'_>, style: CsvStyle, out: &mut Vec<u8>) {
    /// Cells up to this length are copied as a piece of fixed length, which costs no call.
    const SHORT: usize = 31;
    if !value.is_plain_cell() || style.force_quote {
        return write_odd_cell(*value, style, out);
    }
    let text = value.text();
    match value.text_window::<{ SHORT + 1 }>() {
        Some(window) if text.len() <= SHORT => {
            let end = out.len() + text.len();
            // What is copied too much is taken off again; the delimiter takes the place of what followed the token.
            out.extend_from_slice(window);
            out.truncate(end + 1);
            out[end] = style.delimiter;
        }
        _ => {
            out.extend_from_slice(text);
            out.push(style.delimiter);
        }
    }
}

/// [`write_cell_and_delimiter`] of what may need quotes.
#[inline(never)]
fn write_odd_cell(value: Value<'_>, style: CsvStyle, out: &mut Vec<u8>) {
    write_cell(value, style, out);
    out.push(style.delimiter);
}

/// Writes the cell of a scalar; null writes nothing (files.md §5).
#[inline]
pub(crate) fn write_cell(value: Value<'_>, style: CsvStyle, out: &mut Vec<u8>) {
    match value.kind() {
        Kind::Null | Kind::Array | Kind::Object => {}
        Kind::String if value.is_escaped() => write_escaped_cell(value, style, out),
        Kind::String if style.force_quote || token_needs_quotes(value.text(), style.delimiter) => {
            write_quoted(value.text(), out);
        }
        Kind::String => value.append_text(out),
        _ if style.force_quote => write_quoted(value.text(), out),
        _ => value.append_text(out),
    }
}

/// Writes the cell of a string with escapes in JSON. Most of them stand for letters, so that the text needs no quotes.
fn write_escaped_cell(value: Value<'_>, style: CsvStyle, out: &mut Vec<u8>) {
    let start = out.len();
    value.append_string(out);
    let text = &out[start..];
    if style.force_quote || needs_quotes(text, style.delimiter) || memchr::memchr(0, text).is_some() {
        let text = out.split_off(start);
        write_text_cell(&text, style, out);
    }
}

/// Writes the cell of a string, or a header name.
pub(crate) fn write_text_cell(text: &[u8], style: CsvStyle, out: &mut Vec<u8>) {
    if memchr::memchr(0, text).is_none() {
        return write_plain_text_cell(text, style, out);
    }
    let mut replaced = Vec::with_capacity(text.len() + 2);
    for byte in text {
        match byte {
            0 => replaced.extend_from_slice("\u{FFFD}".as_bytes()),
            _ => replaced.push(*byte),
        }
    }
    write_plain_text_cell(&replaced, style, out);
}

/// Writes the cell of a text without U+0000.
#[inline]
fn write_plain_text_cell(text: &[u8], style: CsvStyle, out: &mut Vec<u8>) {
    if style.force_quote || needs_quotes(text, style.delimiter) {
        write_quoted(text, out);
    } else {
        out.extend_from_slice(text);
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Marks the bytes of `word` that equal `byte`; used only as a whole, for which the marks are exact.
const fn marks(word: u64, byte: u8) -> u64 {
    let difference = word ^ (ONES * byte as u64);
    difference.wrapping_sub(ONES) & !difference
}

/// Whether a string needs quotes as it stands in JSON, without escapes: quotes and line breaks can't be in it.
#[inline]
fn token_needs_quotes(text: &[u8], delimiter: u8) -> bool {
    let (Some(first), Some(last)) = (text.first(), text.last()) else {
        return true;
    };
    if matches!(first, b' ' | b'\t') || matches!(last, b' ' | b'\t') {
        return true;
    }
    let (words, rest) = text.as_chunks::<8>();
    let found = words.iter().fold(0, |found, word| {
        found | marks(u64::from_le_bytes(*word), delimiter)
    });
    found & HIGHS != 0 || rest.contains(&delimiter)
}

/// Whether a string needs quotes: it is empty, begins or ends with a space or tab, or holds the delimiter, a quote or a
/// line break.
#[inline]
fn needs_quotes(text: &[u8], delimiter: u8) -> bool {
    let (Some(first), Some(last)) = (text.first(), text.last()) else {
        return true;
    };
    if matches!(first, b' ' | b'\t') || matches!(last, b' ' | b'\t') {
        return true;
    }
    let (words, rest) = text.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        let found = marks(word, delimiter) | marks(word, b'"') | marks(word, b'\n') | marks(word, b'\r');
        if found & HIGHS != 0 {
            return true;
        }
    }
    rest.iter()
        .any(|byte| *byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r'))
}

fn write_quoted(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'"', rest) {
        out.extend_from_slice(&rest[..=at]);
        out.push(b'"');
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}
