//! JSON text in the one form that Landfall writes (files.md §4).

use super::value::Value;
use super::{Kind, lex};

/// Appends `bytes[from..to]`. Most pieces of a record are short, and a copy of fixed length costs no call: what it
/// copies too much is taken off again.
#[inline]
pub(super) fn append_piece(out: &mut Vec<u8>, bytes: &[u8], from: usize, to: usize) {
    const SHORT: usize = 32;
    let length = to - from;
    match bytes.get(from..).and_then(|rest| rest.first_chunk::<SHORT>()) {
        Some(piece) if length <= SHORT => {
            let end = out.len() + length;
            out.extend_from_slice(piece);
            out.truncate(end);
        }
        _ => out.extend_from_slice(&bytes[from..to]),
    }
}

/// Whether `text` begins with `start`. As [`append_piece`], without a call for what is short.
#[inline]
pub(super) fn begins_with(text: &[u8], start: &[u8]) -> bool {
    let (words, rest) = start.as_chunks::<8>();
    let Some(text) = text.get(..start.len()) else {
        return false;
    };
    let (text_words, text_rest) = text.as_chunks::<8>();
    let same = |one: &[u8; 8], other: &[u8; 8]| u64::from_ne_bytes(*one) == u64::from_ne_bytes(*other);
    if words.is_empty() {
        let half = |one: Option<&[u8; 4]>, other: Option<&[u8; 4]>| match (one, other) {
            (Some(one), Some(other)) => u32::from_ne_bytes(*one) == u32::from_ne_bytes(*other),
            _ => rest == text_rest,
        };
        return half(start.first_chunk(), text.first_chunk()) && half(start.last_chunk(), text.last_chunk());
    }
    // The last eight bytes overlap with the words before them.
    let tail = start.last_chunk::<8>().zip(text.last_chunk::<8>());
    words.iter().zip(text_words).all(|(one, other)| same(one, other))
        && tail.is_some_and(|(one, other)| same(one, other))
}

/// Writes `text` as a JSON string, quotes included, escaping only what files.md §4 escapes.
pub fn write_canonical_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte >= 0x20 && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[copied..at]);
        copied = at + 1;
        write_escape(*byte, out);
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}

pub(super) fn write_escape(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        0x08 => b'b',
        0x09 => b't',
        0x0A => b'n',
        0x0C => b'f',
        0x0D => b'r',
        _ => {
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 0xF)]);
            return;
        }
    };
    out.push(b'\\');
    out.push(short);
}

/// Writes a string token, given without its quotes and not in canonical form, in the form of files.md §4.
pub fn write_compact_string(raw: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    lex::write_unescaped(raw, out);
    out.push(b'"');
}

/// Writes `value` as compact JSON: no white space, strings in canonical form, number text untouched.
pub fn write_compact(value: Value<'_>, out: &mut Vec<u8>) {
    match value.kind() {
        Kind::Object => {
            out.push(b'{');
            let mut is_first = true;
            for member in value.children() {
                if !std::mem::take(&mut is_first) {
                    out.push(b',');
                }
                out.extend_from_slice(member.key_text());
                write_compact(member, out);
            }
            out.push(b'}');
        }
        Kind::Array => {
            out.push(b'[');
            let mut is_first = true;
            for element in value.elements() {
                if !std::mem::take(&mut is_first) {
                    out.push(b',');
                }
                write_compact(element, out);
            }
            out.push(b']');
        }
        _ => value.write_scalar(out),
    }
}
