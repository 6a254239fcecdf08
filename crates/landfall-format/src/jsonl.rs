//! JSON Lines: the record's own part of a line (files.md §4).

use landfall_core::json::{Value, write_compact};

/// Writes a record in compact form without its closing brace, with a generated key in the place of the null that stands
/// at `node`.
pub(crate) fn write_record(record: Value<'_>, (node, key): (usize, &[u8]), out: &mut Vec<u8>) {
    out.push(b'{');
    for member in record.children() {
        out.extend_from_slice(member.key_text());
        if node == member.index() {
            out.push(b'"');
            out.extend_from_slice(key);
            out.push(b'"');
        } else {
            write_compact(member, out);
        }
        out.push(b',');
    }
    if out.last() == Some(&b',') {
        out.pop();
    }
}
