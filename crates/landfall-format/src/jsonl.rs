//! JSON Lines: the record's own part of a line (files.md §4).

use landfall_core::json::{Kind, Value, write_compact};

/// Writes a record in compact form without its closing brace, so that the system columns can follow. `generated` is a
/// key to put where the record has `__sdc_primary_key` null: node and text.
pub(crate) fn write_record(record: Value<'_>, generated: Option<(usize, &[u8])>, out: &mut Vec<u8>) {
    out.push(b'{');
    for member in record.children() {
        out.extend_from_slice(member.key_text());
        match generated {
            Some((node, key)) if node == member.index() => {
                out.push(b'"');
                out.extend_from_slice(key);
                out.push(b'"');
            }
            _ if member.kind().is_scalar() => member.write_scalar(out),
            _ => write_compact(member, out),
        }
        out.push(b',');
    }
    if out.last() == Some(&b',') && record.kind() == Kind::Object {
        out.pop();
    }
}
