//! Transit, in both of its JSON forms, becomes JSON (import-api.md §14).

mod cache;
mod number;
mod scalar;

use landfall_core::json::{JsonError, Kind, Value, write_canonical_string};

use super::cursor::{Cursor, Scratch};
pub(crate) use cache::LengthUnit;
use cache::{Cache, Resolved};

/// Marks an array as a map.
const MAP: &str = "^ ";

/// Why a body is not Transit.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransitError {
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error("a map lacks its last value")]
    OddMap,
    #[error("a tag stands where none may be, or not before exactly one value")]
    MisplacedTag,
    #[error("{0:?} refers to nothing that was written before")]
    UnknownReference(String),
    #[error("{0:?} is not a number")]
    BadNumber(String),
    #[error("{0:?} is not an instant in the years 0000 to 9999")]
    BadInstant(String),
    /// References repeat what they refer to, so a small body may stand for a large one.
    #[error("the body stands for more than {0} bytes of JSON")]
    TooLarge(usize),
}

/// The JSON text that `text` stands for, of at most `limit` bytes.
pub(crate) fn decode(
    text: &str,
    unit: LengthUnit,
    limit: usize,
    scratch: &mut Scratch,
) -> Result<String, TransitError> {
    let mut decoder = Decoder {
        cache: Cache::new(unit),
        out: Vec::with_capacity(text.len().min(limit)),
        limit,
    };
    let mut cursor = Cursor::new(text);
    if is_plain_array(&cursor) {
        decoder.decode_elements(&mut cursor, scratch)?;
    } else {
        decoder.value(cursor.value(scratch, 0)?)?;
    }
    cursor.finish()?;
    // What was written is text, cut nowhere.
    Ok(super::answer::into_text(decoder.out))
}

/// Whether an array is at hand that can be neither map nor tag, so that its elements may be read one by one.
fn is_plain_array(cursor: &Cursor<'_>) -> bool {
    let mut inside = cursor.clone();
    cursor.peek() == b'[' && inside.enter(b']') && inside.peek() != b'"'
}

struct Decoder {
    cache: Cache,
    out: Vec<u8>,
    limit: usize,
}

impl Decoder {
    fn decode_elements(
        &mut self,
        cursor: &mut Cursor<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), TransitError> {
        self.out.push(b'[');
        let mut goes_on = cursor.enter(b']');
        while goes_on {
            scratch.refresh();
            self.value(cursor.value(scratch, 1)?)?;
            goes_on = cursor.next(b']')?;
            if goes_on {
                self.out.push(b',');
            }
        }
        self.out.push(b']');
        Ok(())
    }

    fn value(&mut self, value: Value<'_>) -> Result<(), TransitError> {
        if self.out.len() > self.limit {
            return Err(TransitError::TooLarge(self.limit));
        }
        match value.kind() {
            Kind::Object => self.verbose_map(value),
            Kind::Array => self.array(value),
            Kind::String => {
                let text = self.resolve(value, false)?;
                scalar::write_value(&text, &mut self.out)
            }
            Kind::Null | Kind::False | Kind::True | Kind::Integer | Kind::Decimal => {
                value.write_scalar(&mut self.out);
                Ok(())
            }
        }
    }

    /// The content of a string, looked up if it is a reference.
    fn resolve<'v>(&mut self, string: Value<'v>, is_key: bool) -> Result<Resolved<'v>, TransitError> {
        self.cache.read(string.string(), is_key)
    }

    fn verbose_map(&mut self, map: Value<'_>) -> Result<(), TransitError> {
        let mut members = map.members();
        if let (Some((name, only)), None) = (members.next(), members.next()) {
            let name = self.cache.read(name, true)?;
            return match scalar::tag(&name) {
                Some(tag) => self.tagged(tag, only),
                None => {
                    self.out.push(b'{');
                    self.member(&name, only, true)?;
                    self.out.push(b'}');
                    Ok(())
                }
            };
        }
        self.out.push(b'{');
        for (index, (name, value)) in map.members().enumerate() {
            let name = self.cache.read(name, true)?;
            self.member(&name, value, index == 0)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn member(&mut self, name: &str, value: Value<'_>, is_first: bool) -> Result<(), TransitError> {
        if !is_first {
            self.out.push(b',');
        }
        write_canonical_string(scalar::key_text(name)?, &mut self.out);
        self.out.push(b':');
        self.value(value)
    }

    /// An array, or what is written as one: maps and tagged values.
    fn array(&mut self, array: Value<'_>) -> Result<(), TransitError> {
        let mut elements = array.elements();
        let first = elements.next();
        if let Some(first) = first.filter(|first| first.kind() == Kind::String) {
            if first.string() == MAP {
                return self.map(elements, true);
            }
            let text = self.resolve(first, false)?;
            if let Some(tag) = scalar::tag(&text) {
                return match (elements.next(), elements.next()) {
                    (Some(representation), None) => self.tagged(tag, representation),
                    _ => Err(TransitError::MisplacedTag),
                };
            }
            self.out.push(b'[');
            scalar::write_value(&text, &mut self.out)?;
        } else {
            self.out.push(b'[');
            if let Some(first) = first {
                self.value(first)?;
            }
        }
        for element in elements {
            self.out.push(b',');
            self.value(element)?;
        }
        self.out.push(b']');
        Ok(())
    }

    /// Keys and values in turn; only the keys of maps, not those of a `cmap`, are in key position.
    fn map<'v>(
        &mut self,
        mut entries: impl Iterator<Item = Value<'v>>,
        is_key_position: bool,
    ) -> Result<(), TransitError> {
        self.out.push(b'{');
        let mut is_first = true;
        while let Some(key) = entries.next() {
            if !std::mem::take(&mut is_first) {
                self.out.push(b',');
            }
            if key.kind() == Kind::String {
                let name = self.resolve(key, is_key_position)?;
                write_canonical_string(scalar::key_text(&name)?, &mut self.out);
            } else {
                self.composite_key(key)?;
            }
            self.out.push(b':');
            self.value(entries.next().ok_or(TransitError::OddMap)?)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    /// A key that is no string: its JSON as text.
    fn composite_key(&mut self, key: Value<'_>) -> Result<(), TransitError> {
        let outer = std::mem::take(&mut self.out);
        let written = self.value(key);
        let json = super::answer::into_text(std::mem::replace(&mut self.out, outer));
        written?;
        // Keys inside keys are escaped once more at each level.
        if json.len() > self.limit {
            return Err(TransitError::TooLarge(self.limit));
        }
        if json.starts_with('"') {
            self.out.extend_from_slice(json.as_bytes());
        } else {
            write_canonical_string(&json, &mut self.out);
        }
        Ok(())
    }

    fn tagged(&mut self, tag: &str, representation: Value<'_>) -> Result<(), TransitError> {
        let is_array = representation.kind() == Kind::Array;
        match tag {
            "cmap" if is_array => self.map(representation.elements(), false),
            "ratio" | "u" if is_array => self.pair(tag, representation),
            // Quotes, sets, lists and links are what they hold, as is everything under a tag that nobody knows.
            _ => self.value(representation),
        }
    }

    /// A ratio, or a UUID of two integers. Anything else is written as it is.
    fn pair(&mut self, tag: &str, representation: Value<'_>) -> Result<(), TransitError> {
        let start = self.out.len();
        self.value(representation)?;
        let written = String::from_utf8_lossy(&self.out[start..]).into_owned();
        let pair = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let Some((first, second)) = pair.and_then(|pair| pair.split_once(',')) else {
            return Ok(());
        };
        let text = if tag == "u" {
            number::uuid(first, second)
        } else {
            number::ratio(first, second)
        };
        if let Some(text) = text {
            self.out.truncate(start);
            self.out.extend_from_slice(text.as_bytes());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
