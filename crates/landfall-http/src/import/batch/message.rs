//! One message of a batch.

use std::ops::Range;

use landfall_core::json::{JsonError, Kind, Value};
use landfall_core::time::Instant;

use super::messages::RECORD_DEPTH;
use super::shape;
use super::{Cursor, Overflow, Scratch, Workspace};
use crate::import::type_name::overflow;

/// A message that was read.
#[derive(Debug)]
pub(super) enum Message {
    /// A record; it is on the workspace's tape.
    Upsert {
        sequence: i64,
        data: Range<usize>,
        extracted: Extracted,
    },
    ActivateVersion,
    /// JSON, but no message.
    Faulty(MessageFault),
}

/// A readable `time_extracted`.
#[derive(Debug)]
pub(super) enum Extracted {
    Nothing,
    At(Range<usize>),
    /// It was written with escapes; this is its content.
    Unescaped(String),
}

#[derive(Debug)]
pub(super) struct MessageFault {
    /// Its `sequence` is beyond 64 bits.
    pub(super) overflow: Option<Overflow>,
    /// What follows `Request failed validation:`.
    pub(super) shape: String,
}

/// What is known of a key so far.
#[derive(Debug)]
enum Field<T> {
    Absent,
    Good(T),
    Bad,
}

#[derive(Debug, PartialEq)]
enum Action {
    Upsert,
    ActivateVersion,
}

struct Fields {
    action: Field<Action>,
    sequence: Field<i64>,
    data: Field<Range<usize>>,
    extracted: Field<Extracted>,
    vintage: Field<()>,
    has_others: bool,
}

impl Message {
    /// Reads the message at hand, which is number `index`.
    pub(super) fn read(
        cursor: &mut Cursor<'_>,
        scratch: &mut Scratch,
        workspace: &mut Workspace,
        index: usize,
    ) -> Result<Self, JsonError> {
        let begin = Cursor::clone(cursor);
        if cursor.peek() == b'{' {
            let fields = Fields::read(cursor, scratch, workspace)?;
            if let Some(message) = fields.into_message() {
                return Ok(message);
            }
        }
        // Rare: once more, to say what is wrong with it.
        *cursor = begin;
        let value = cursor.value(scratch, RECORD_DEPTH - 1)?;
        Ok(Self::Faulty(MessageFault {
            overflow: value.member("sequence").and_then(overflow),
            shape: shape::explain(value, index),
        }))
    }
}

impl Fields {
    fn read(
        cursor: &mut Cursor<'_>,
        scratch: &mut Scratch,
        workspace: &mut Workspace,
    ) -> Result<Self, JsonError> {
        let mut fields = Self {
            action: Field::Absent,
            sequence: Field::Absent,
            data: Field::Absent,
            extracted: Field::Absent,
            vintage: Field::Absent,
            has_others: false,
        };
        let mut goes_on = cursor.enter(b'}');
        while goes_on {
            let key = cursor.key(scratch)?;
            if key == "data" && cursor.peek() == b'{' {
                let start = cursor.at();
                workspace.parse(cursor, RECORD_DEPTH)?;
                fields.data = Field::Good(start..cursor.at());
            } else {
                fields.read_small(&key, cursor.value(scratch, RECORD_DEPTH)?);
            }
            goes_on = cursor.next(b'}')?;
        }
        Ok(fields)
    }

    #[inline]
    fn read_small(&mut self, key: &str, value: Value<'_>) {
        match key {
            "action" => {
                self.action = match &*value.string() {
                    "upsert" if value.kind() == Kind::String => Field::Good(Action::Upsert),
                    "activate_version" if value.kind() == Kind::String => {
                        Field::Good(Action::ActivateVersion)
                    }
                    _ => Field::Bad,
                }
            }
            "sequence" => self.sequence = value.as_i64().map_or(Field::Bad, Field::Good),
            "data" => self.data = Field::Bad,
            "time_extracted" if value.kind() == Kind::String => {
                self.extracted = Field::Good(read_extracted(value));
            }
            "time_extracted" => self.extracted = Field::Bad,
            "vintage" if value.kind() == Kind::String => self.vintage = Field::Good(()),
            "vintage" => self.vintage = Field::Bad,
            _ => self.has_others = true,
        }
    }

    fn into_message(self) -> Option<Message> {
        if self.has_others {
            return None;
        }
        match (
            self.action,
            self.sequence,
            self.data,
            self.extracted,
            self.vintage,
        ) {
            (
                Field::Good(Action::Upsert),
                Field::Good(sequence),
                Field::Good(data),
                extracted @ (Field::Absent | Field::Good(_)),
                Field::Absent | Field::Good(()),
            ) => Some(Message::Upsert {
                sequence,
                data,
                extracted: if let Field::Good(extracted) = extracted {
                    extracted
                } else {
                    Extracted::Nothing
                },
            }),
            (
                Field::Good(Action::ActivateVersion),
                Field::Good(_),
                Field::Absent,
                Field::Absent,
                Field::Absent,
            ) => Some(Message::ActivateVersion),
            _ => None,
        }
    }
}

/// Keeps what can be read as an instant (import-api.md §13).
fn read_extracted(value: Value<'_>) -> Extracted {
    let content = value.string();
    if Instant::parse(content.as_bytes()).is_none() {
        Extracted::Nothing
    } else if value.is_escaped() {
        Extracted::Unescaped(content.into_owned())
    } else {
        Extracted::At(value.start()..value.start() + content.len())
    }
}
