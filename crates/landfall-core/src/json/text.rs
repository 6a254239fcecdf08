//! JSON text in the one form that Landfall writes (files.md §4).

use super::tape::Value;
use super::{Kind, lex};

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
