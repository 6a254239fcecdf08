//! The records of a push by table.

use std::collections::HashMap;

use landfall_core::intake::{AcceptedItem, AcceptedPart, AcceptedRecord};
use landfall_core::units::TableVersion;

use super::record::{Good, Message};

/// Parts so far; ranges of their items are of the whole body.
#[derive(Debug, Default)]
pub(super) struct Parts {
    parts: Vec<AcceptedPart>,
    /// The part that the table's next record may join.
    last_of: HashMap<String, usize>,
}

impl Parts {
    pub(super) fn add(&mut self, good: Good) {
        let version = TableVersion::new(good.version);
        let last = self
            .last_of
            .get(&good.table)
            .map(|last| (*last, &self.parts[*last]));
        let joins = last.filter(|(_, part)| {
            part.version == version
                && match &good.message {
                    Message::Upsert { key_names, .. } => *key_names == part.key_names,
                    Message::SwitchView => true,
                }
        });
        let (item, key_names) = match good.message {
            Message::Upsert {
                sequence,
                ref key_names,
                ref data,
            } => {
                let record = AcceptedRecord {
                    sequence,
                    extracted_at: None,
                    data: data.clone(),
                };
                (AcceptedItem::Record(record), key_names.as_slice())
            }
            Message::SwitchView => (AcceptedItem::ActivateVersion, [].as_slice()),
        };
        if let Some((index, _)) = joins {
            self.parts[index].items.push(item);
            return;
        }
        self.last_of.insert(good.table.clone(), self.parts.len());
        self.parts.push(AcceptedPart {
            table: good.table,
            version,
            key_names: key_names.to_vec(),
            bookmark_names: Vec::new(),
            schema: None,
            items: vec![item],
            text: String::new(),
        });
    }

    /// Gives each part its text: the body itself if it is the only one, and otherwise a copy of its records.
    pub(super) fn finish(self, body: String) -> Vec<AcceptedPart> {
        let mut parts = self.parts;
        match parts.as_mut_slice() {
            [only] => only.text = body,
            several => several.iter_mut().for_each(|part| copy_records(part, &body)),
        }
        parts
    }
}

fn copy_records(part: &mut AcceptedPart, body: &str) {
    for item in &mut part.items {
        if let AcceptedItem::Record(record) = item {
            let start = part.text.len();
            part.text.push_str(&body[record.data.clone()]);
            record.data = start..part.text.len();
        }
    }
}
