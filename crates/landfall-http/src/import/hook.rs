//! The body of an incoming webhook (management-api.md §9).

use landfall_core::intake::{AcceptedItem, AcceptedPart, AcceptedRecord};
use landfall_core::json::{JsonError, Kind};
use landfall_core::units::TableVersion;

use super::answer::{Answer, Encoding};
use super::cursor::{Cursor, Scratch};
use super::limits::MAX_RECORDS;

/// The one table of a webhook source (management-api.md §9).
pub const WEBHOOK_TABLE: &str = "data";

/// Reads a body: a record, or an array of records, which take their numbers from `first_sequence` on. `None` is an
/// empty array.
pub(crate) fn read(
    body: String,
    key_name: Option<&str>,
    first_sequence: i64,
    scratch: &mut Scratch,
) -> Result<Option<AcceptedPart>, Answer> {
    let malformed = |error: JsonError| Answer::malformed(Encoding::Json, &error.to_string());
    let mut cursor = Cursor::new(&body);
    let mut records = Records {
        items: Vec::new(),
        count: 0,
        key_name,
        first_sequence,
        has_other_values: false,
        lacks_key: false,
    };
    if cursor.peek() == b'[' {
        let mut goes_on = cursor.enter(b']');
        while goes_on {
            records.read(&mut cursor, scratch, 1).map_err(malformed)?;
            goes_on = cursor.next(b']').map_err(malformed)?;
        }
    } else {
        records.read(&mut cursor, scratch, 0).map_err(malformed)?;
    }
    cursor.finish().map_err(malformed)?;
    records.check()?;
    let items = records.items;
    Ok((!items.is_empty()).then(|| AcceptedPart {
        table: WEBHOOK_TABLE.to_owned(),
        version: TableVersion::default(),
        key_names: key_name.map(str::to_owned).into_iter().collect(),
        bookmark_names: Vec::new(),
        schema: None,
        items,
        text: body,
    }))
}

struct Records<'k> {
    items: Vec<AcceptedItem>,
    count: usize,
    key_name: Option<&'k str>,
    first_sequence: i64,
    has_other_values: bool,
    lacks_key: bool,
}

impl Records<'_> {
    fn read(
        &mut self,
        cursor: &mut Cursor<'_>,
        scratch: &mut Scratch,
        depth: usize,
    ) -> Result<(), JsonError> {
        scratch.refresh();
        let start = cursor.at();
        let record = cursor.value(scratch, depth)?;
        self.count += 1;
        if record.kind() != Kind::Object {
            self.has_other_values = true;
        }
        if self.has_other_values || self.count > MAX_RECORDS {
            return Ok(());
        }
        let is_present = |key: &str| record.member(key).is_some_and(|value| value.kind() != Kind::Null);
        self.lacks_key |= self.key_name.is_some_and(|key| !is_present(key));
        let index = i64::try_from(self.items.len()).unwrap_or(i64::MAX);
        self.items.push(AcceptedItem::Record(AcceptedRecord {
            sequence: self.first_sequence.saturating_add(index),
            extracted_at: None,
            data: start..cursor.at(),
        }));
        Ok(())
    }

    fn check(&self) -> Result<(), Answer> {
        if self.has_other_values {
            return Err(Answer::not_an_object());
        }
        if self.count > MAX_RECORDS {
            return Err(Answer::too_many_records());
        }
        match self.key_name {
            Some(key) if self.lacks_key => Err(Answer::missing_key(key)),
            _ => Ok(()),
        }
    }
}
