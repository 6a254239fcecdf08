//! One text for all JSON values that count as equal: numbers by value, objects without order.

use crate::decimal::Decimal;
use crate::json::{Json, write_canonical_string};

/// The canonical text of `value`. Two values have the same one exactly if `enum` and `uniqueItems` take them as equal.
pub(super) fn canonical_text(value: &Json) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

fn write(value: &Json, out: &mut Vec<u8>) {
    match value {
        Json::Number(text) => match Decimal::parse(text.as_bytes()) {
            Some(number) => number.write_canonical(out),
            None => out.extend_from_slice(text.as_bytes()),
        },
        Json::Array(elements) => {
            out.push(b'[');
            for element in elements {
                write(element, out);
                out.push(b',');
            }
            out.push(b']');
        }
        Json::Object(members) => {
            let mut sorted: Vec<&(String, Json)> = members.iter().collect();
            sorted.sort_by(|left, right| left.0.cmp(&right.0));
            out.push(b'{');
            for (name, value) in sorted {
                write_canonical_string(name, out);
                write(value, out);
                out.push(b',');
            }
            out.push(b'}');
        }
        Json::String(text) => write_canonical_string(text, out),
        Json::Null => out.push(b'n'),
        Json::Bool(false) => out.push(b'f'),
        Json::Bool(true) => out.push(b't'),
    }
}
