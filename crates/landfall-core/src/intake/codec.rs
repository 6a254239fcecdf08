//! The bytes of an accepted request in the log.
//!
//! ```text
//! entry   text… facts length-of-facts:u32 version=2:u8
//! facts   source received_at parts:n part…
//! part    table version keys:n name… bookmarks:n name… has_schema [schema] items:n item… length-of-text
//! item    0                                      ACTIVATE_VERSION
//!         1 sequence start length                a record
//!         2 sequence start length start length   a record and its time_extracted
//! ```
//!
//! The texts of all parts come first, as they are: the buffer that a body arrived in becomes the entry. Numbers are
//! LEB128, signed ones zigzag; names are a length and bytes. Ranges of an item start where the one before ended, plus
//! `start`.

use std::ops::Range;

use super::{AcceptedItem, AcceptedPart, AcceptedRecord, AcceptedRequest};
use crate::ids::SourceId;
use crate::time::Timestamp;
use crate::units::TableVersion;

const VERSION: u8 = 2;

/// What stands at the end of an entry: where its facts begin, and the format.
const TRAILER_BYTES: usize = 5;

/// What the facts of an item take, with some room to spare.
const ITEM_BYTES: usize = 16;

/// What the facts of a part take, but for names, schema and items.
const PART_BYTES: usize = 128;

/// Why bytes are no entry that this version of Landfall can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeEntryError {
    /// Written by another version.
    #[error("log entry of format {0} was written by another version of Landfall: start that version again")]
    OtherFormat(u8),
    /// The bytes don't follow the format.
    #[error("log entry is damaged at byte {0}")]
    Damaged(usize),
}

/// The bytes of `request`. The buffer of its first text is taken for them, so that nothing is copied if it has some
/// room left.
#[must_use]
pub fn encode(request: AcceptedRequest) -> Vec<u8> {
    let mut facts = Vec::with_capacity(room_for_facts(&request));
    put(&mut facts, u64::from(request.source.as_u32()));
    put_signed(&mut facts, request.received_at.as_millis());
    put(&mut facts, request.parts.len() as u64);
    request.parts.iter().for_each(|part| put_part(&mut facts, part));
    let mut texts = request.parts.into_iter().map(|part| part.text.into_bytes());
    let mut out = texts.next().unwrap_or_default();
    texts.for_each(|text| out.extend_from_slice(&text));
    // Requests are limited to far less than 4 GiB, and with them their facts.
    let length = facts.len() as u32;
    out.reserve_exact(facts.len() + TRAILER_BYTES);
    out.extend_from_slice(&facts);
    out.extend_from_slice(&length.to_le_bytes());
    out.push(VERSION);
    out
}

fn room_for_facts(request: &AcceptedRequest) -> usize {
    let of_part = |part: &AcceptedPart| {
        let names = part.key_names.iter().chain(&part.bookmark_names);
        let names: usize = names.map(|name| name.len() + 5).sum();
        let schema = part.schema.as_ref().map_or(0, String::len);
        PART_BYTES + part.table.len() + names + schema + part.items.len() * ITEM_BYTES
    };
    PART_BYTES + request.parts.iter().map(of_part).sum::<usize>()
}

fn put_part(out: &mut Vec<u8>, part: &AcceptedPart) {
    put_text(out, &part.table);
    put_signed(out, part.version.as_i64());
    for names in [&part.key_names, &part.bookmark_names] {
        put(out, names.len() as u64);
        names.iter().for_each(|name| put_text(out, name));
    }
    put(out, u64::from(part.schema.is_some()));
    if let Some(schema) = &part.schema {
        put_text(out, schema);
    }
    put(out, part.items.len() as u64);
    let mut at = 0;
    for item in &part.items {
        let AcceptedItem::Record(record) = item else {
            put(out, 0);
            continue;
        };
        put(out, if record.extracted_at.is_some() { 2 } else { 1 });
        put_signed(out, record.sequence);
        put_range(out, &mut at, &record.data);
        if let Some(extracted_at) = &record.extracted_at {
            put_range(out, &mut at, extracted_at);
        }
    }
    put(out, part.text.len() as u64);
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, ((number << 1) ^ (number >> 63)) as u64);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// `time_extracted` may come before the record it belongs to, so the start is signed.
fn put_range(out: &mut Vec<u8>, at: &mut usize, range: &Range<usize>) {
    put_signed(out, range.start as i64 - *at as i64);
    put(out, range.len() as u64);
    *at = range.end;
}

/// The request that `entry` holds.
///
/// # Errors
/// [`DecodeEntryError`]. Any bytes at all may be given.
pub fn decode(entry: &[u8]) -> Result<AcceptedRequest<&str>, DecodeEntryError> {
    let damage = || DecodeEntryError::Damaged(entry.len());
    let (rest, [length @ .., version]) = entry.split_last_chunk::<TRAILER_BYTES>().ok_or_else(damage)?;
    if *version != VERSION {
        return Err(DecodeEntryError::OtherFormat(*version));
    }
    let length = u32::from_le_bytes(*length) as usize;
    let facts = rest.len().checked_sub(length).ok_or_else(damage)?;
    let mut reader = Reader {
        entry: rest,
        at: facts,
        text: 0,
        texts: facts,
    };
    let source = u32::try_from(reader.number()?).map_err(|_| reader.damage())?;
    let received_at = Timestamp::from_millis(reader.signed()?);
    let parts = reader.list(Reader::part)?;
    if reader.at != rest.len() || reader.text != reader.texts {
        return Err(reader.damage());
    }
    Ok(AcceptedRequest {
        source: SourceId::new(source),
        received_at,
        parts,
    })
}

struct Reader<'e> {
    entry: &'e [u8],
    /// The next fact.
    at: usize,
    /// The next text.
    text: usize,
    /// Where texts end.
    texts: usize,
}

impl<'e> Reader<'e> {
    fn damage(&self) -> DecodeEntryError {
        DecodeEntryError::Damaged(self.at)
    }

    fn number(&mut self) -> Result<u64, DecodeEntryError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.entry.get(self.at).ok_or_else(|| self.damage())?;
            self.at += 1;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(self.damage())
    }

    fn signed(&mut self) -> Result<i64, DecodeEntryError> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn length(&mut self) -> Result<usize, DecodeEntryError> {
        let length = self.number()?;
        // No text and no list is longer than what is left of the entry.
        match usize::try_from(length) {
            Ok(length) if length <= self.entry.len() - self.at => Ok(length),
            _ => Err(self.damage()),
        }
    }

    fn name(&mut self) -> Result<String, DecodeEntryError> {
        let length = self.length()?;
        let bytes = &self.entry[self.at..self.at + length];
        let name = simdutf8::basic::from_utf8(bytes).map_err(|_| self.damage())?;
        self.at += length;
        Ok(name.to_owned())
    }

    fn text(&mut self) -> Result<&'e str, DecodeEntryError> {
        let length = usize::try_from(self.number()?).map_err(|_| self.damage())?;
        let end = self
            .text
            .checked_add(length)
            .filter(|end| *end <= self.texts)
            .ok_or_else(|| self.damage())?;
        let bytes = &self.entry[self.text..end];
        let text = simdutf8::basic::from_utf8(bytes).map_err(|_| self.damage())?;
        self.text = end;
        Ok(text)
    }

    fn list<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, DecodeEntryError>,
    ) -> Result<Vec<T>, DecodeEntryError> {
        let length = self.length()?;
        let mut list = Vec::with_capacity(length.min(20_000));
        for _ in 0..length {
            list.push(one(self)?);
        }
        Ok(list)
    }

    fn part(&mut self) -> Result<AcceptedPart<&'e str>, DecodeEntryError> {
        let table = self.name()?;
        let version = TableVersion::new(self.signed()?);
        let key_names = self.list(Self::name)?;
        let bookmark_names = self.list(Self::name)?;
        let schema = if self.number()? == 0 {
            None
        } else {
            Some(self.name()?)
        };
        let mut end = 0;
        let items = self.list(|reader| reader.item(&mut end))?;
        let text = self.text()?;
        let fits = |range: &Range<usize>| text.get(range.clone()).is_some();
        let all_fit = items.iter().all(|item| match item {
            AcceptedItem::ActivateVersion => true,
            AcceptedItem::Record(record) => {
                fits(&record.data) && record.extracted_at.as_ref().is_none_or(fits)
            }
        });
        if !all_fit {
            return Err(self.damage());
        }
        Ok(AcceptedPart {
            table,
            version,
            key_names,
            bookmark_names,
            schema,
            items,
            text,
        })
    }

    fn item(&mut self, end: &mut usize) -> Result<AcceptedItem, DecodeEntryError> {
        let kind = self.number()?;
        if kind == 0 {
            return Ok(AcceptedItem::ActivateVersion);
        }
        let sequence = self.signed()?;
        let data = self.range(end)?;
        let extracted_at = match kind {
            1 => None,
            2 => Some(self.range(end)?),
            _ => return Err(self.damage()),
        };
        Ok(AcceptedItem::Record(AcceptedRecord {
            sequence,
            extracted_at,
            data,
        }))
    }

    fn range(&mut self, end: &mut usize) -> Result<Range<usize>, DecodeEntryError> {
        let offset = self.signed()?;
        let length = usize::try_from(self.number()?).map_err(|_| self.damage())?;
        let start = i64::try_from(*end).ok().and_then(|end| end.checked_add(offset));
        let start = start
            .and_then(|start| usize::try_from(start).ok())
            .ok_or_else(|| self.damage())?;
        *end = start.checked_add(length).ok_or_else(|| self.damage())?;
        Ok(start..*end)
    }
}
