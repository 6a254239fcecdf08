//! One record of a push.

use std::ops::Range;

use landfall_core::ids::ClientId;
use landfall_core::json::{JsonError, Kind, Value};

use super::fault;
use crate::import::cursor::{Cursor, Scratch};
use crate::import::limits::{MAX_DATA_POINTS, MAX_KEY_CHARACTERS, MAX_NAMES};

/// A record that was read: whose it is, and what it says.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) client: Client,
    pub(super) outcome: Outcome,
}

/// What the `client_id` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    NotAnObject,
    Absent,
    Ours,
    Other,
}

#[derive(Debug)]
pub(super) enum Outcome {
    Good(Good),
    /// The reason, as JSON.
    Faulty(String),
}

/// A record without fault.
#[derive(Debug)]
pub(super) struct Good {
    pub(super) table: String,
    pub(super) version: i64,
    pub(super) message: Message,
}

#[derive(Debug)]
pub(super) enum Message {
    Upsert {
        sequence: i64,
        key_names: Vec<String>,
        data: Range<usize>,
    },
    SwitchView,
}

/// Brackets open around a record, and around what is in it.
const OUTER_DEPTH: usize = 1;
const FIELD_DEPTH: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Action {
    Upsert,
    SwitchView,
}

/// The fields as they are needed of a good record; `None` is absent or of no use.
#[derive(Default)]
struct Fields {
    client: Option<Client>,
    table: Option<String>,
    sequence: Option<i64>,
    action: Option<Action>,
    key_names: Option<Vec<String>>,
    version: Option<Option<i64>>,
    data: Option<Range<usize>>,
    has_others: bool,
}

impl Record {
    /// Reads the record at hand.
    pub(super) fn read(
        cursor: &mut Cursor<'_>,
        fields: &mut Scratch,
        data: &mut Scratch,
        client: ClientId,
    ) -> Result<Self, JsonError> {
        let begin = cursor.clone();
        if cursor.peek() != b'{' {
            cursor.value(fields, OUTER_DEPTH)?;
            return Ok(Self {
                client: Client::NotAnObject,
                outcome: Outcome::Faulty(r#""record must be an object""#.to_owned()),
            });
        }
        let found = Fields::read(cursor, fields, data, client)?;
        let whose = found.client.unwrap_or(Client::Absent);
        if let Some(good) = found.into_good(cursor, data) {
            return Ok(Self {
                client: whose,
                outcome: Outcome::Good(good),
            });
        }
        // Rare: once more, to say what is wrong with it.
        *cursor = begin;
        let record = cursor.value(fields, OUTER_DEPTH)?;
        Ok(Self {
            client: whose,
            outcome: Outcome::Faulty(fault::explain(record)),
        })
    }
}

impl Fields {
    fn read(
        cursor: &mut Cursor<'_>,
        scratch: &mut Scratch,
        data: &mut Scratch,
        client: ClientId,
    ) -> Result<Self, JsonError> {
        let mut fields = Self::default();
        let mut goes_on = cursor.enter(b'}');
        while goes_on {
            let key = cursor.key(scratch)?;
            if key == "data" {
                let start = cursor.at();
                let value = cursor.value(data, FIELD_DEPTH)?;
                let is_object = value.kind() == Kind::Object;
                fields.data = is_object.then(|| start..cursor.at());
            } else {
                fields.read_small(&key, cursor.value(scratch, FIELD_DEPTH)?, client);
            }
            goes_on = cursor.next(b'}')?;
        }
        Ok(fields)
    }

    #[inline]
    fn read_small(&mut self, key: &str, value: Value<'_>, client: ClientId) {
        let text = |value: Value<'_>| (value.kind() == Kind::String).then(|| value.string().into_owned());
        match key {
            "client_id" => {
                self.client = Some(match value.kind() {
                    Kind::Null => Client::Absent,
                    _ if value.as_i64() == Some(i64::from(client.as_u32())) => Client::Ours,
                    _ => Client::Other,
                });
            }
            "table_name" => self.table = text(value).filter(|name| !is_blank(name)),
            "sequence" => self.sequence = value.as_i64(),
            "action" => self.action = text(value).and_then(|name| read_action(&name)),
            "key_names" => self.key_names = read_key_names(value).filter(|names| !names.is_empty()),
            // Null is as if absent.
            "table_version" if value.kind() == Kind::Null => self.version = None,
            "table_version" => self.version = Some(value.as_i64()),
            "namespace" => {}
            _ => self.has_others = true,
        }
    }

    /// The record, if nothing is wrong with it. Its `data` is on the tape.
    fn into_good(self, cursor: &Cursor<'_>, data: &Scratch) -> Option<Good> {
        if self.has_others || self.version == Some(None) {
            return None;
        }
        let message = match self.action? {
            Action::SwitchView => {
                self.sequence?;
                self.version?;
                Message::SwitchView
            }
            Action::Upsert => Message::Upsert {
                sequence: self.sequence?,
                key_names: self.key_names?,
                data: self.data?,
            },
        };
        if let Message::Upsert { key_names, .. } = &message {
            let record = data.tape.document(cursor.text(), &data.paths);
            if data_faults(record, key_names).next().is_some() {
                return None;
            }
        }
        Some(Good {
            table: self.table?,
            version: self.version.flatten().unwrap_or(0),
            message,
        })
    }
}

/// Whether a text counts as not given.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

fn read_action(name: &str) -> Option<Action> {
    match name {
        "upsert" => Some(Action::Upsert),
        "switch_view" | "activate_version" => Some(Action::SwitchView),
        _ => None,
    }
}

/// Whether the value is an action that needs neither keys nor data.
pub(super) fn is_switch_view(action: Value<'_>) -> bool {
    action.kind() == Kind::String && read_action(&action.string()) == Some(Action::SwitchView)
}

/// Whether the value is an action at all.
pub(super) fn is_action(action: Value<'_>) -> bool {
    action.kind() == Kind::String && read_action(&action.string()).is_some()
}

/// The names, if the value is an array of strings.
pub(super) fn read_key_names(value: Value<'_>) -> Option<Vec<String>> {
    if value.kind() != Kind::Array || value.elements().count() > MAX_NAMES {
        return None;
    }
    let name = |element: Value<'_>| (element.kind() == Kind::String).then(|| element.string().into_owned());
    value.elements().map(name).collect()
}

/// What is wrong with a record's `data`, in the order of §8.3.
pub(super) fn data_faults<'d>(
    data: Value<'d>,
    keys: &[String],
) -> impl Iterator<Item = &'static str> + use<'d> {
    let (mut lacks_key, mut has_null, mut has_long) = (false, false, false);
    for key in keys {
        match data.member(key) {
            None => lacks_key = true,
            Some(value) if value.kind() == Kind::Null => has_null = true,
            Some(value) => has_long |= is_long_key(value),
        }
    }
    let has_many = data.subtree().filter(|value| is_data_point(*value)).count() > MAX_DATA_POINTS;
    let faults = [
        (lacks_key, "data must include keys"),
        (has_null, "keys cannot not be null in data"),
        (has_long, "String keys cannot be longer than 1024 characters"),
        (has_many, "data cannot contain more than 10000 data points"),
    ];
    faults
        .into_iter()
        .filter_map(|(is_fault, text)| is_fault.then_some(text))
}

fn is_long_key(value: Value<'_>) -> bool {
    // No character takes less than a byte of text.
    value.kind() == Kind::String
        && value.text().len() > MAX_KEY_CHARACTERS
        && value.string().chars().count() > MAX_KEY_CHARACTERS
}

fn is_data_point(value: Value<'_>) -> bool {
    value.kind().is_scalar() || value.children().next().is_none()
}
