//! The messages of a batch: read once, and judged while they are on the tape.

use std::sync::Arc;

use landfall_core::intake::{AcceptedItem, AcceptedRecord};
use landfall_core::json::{JsonError, Kind};

use super::message::{Extracted, Message, MessageFault};
use super::{Answer, Cursor, MAX_RECORDS, Node, Overflow, Scratch, Workspace, at_key, malformed, refused};
use crate::import::judge::CompiledSchema;

/// What was learned from the messages.
#[derive(Debug)]
pub(super) struct Messages {
    count: usize,
    items: Vec<AcceptedItem>,
    /// `time_extracted` of items that were written with escapes.
    unescaped: Vec<(usize, String)>,
    overflow: Option<Overflow>,
    /// The first message of a wrong shape.
    shape_fault: Option<String>,
    verdict: Option<Verdict>,
    workspace: Workspace,
    /// Where the workspace came from.
    schema: Option<Arc<CompiledSchema>>,
}

/// What the schema says: the first record that does not conform, and how.
#[derive(Debug)]
struct Verdict {
    fault: Option<(usize, String)>,
}

impl Messages {
    /// Reads the array at hand.
    pub(super) fn read(
        cursor: &mut Cursor<'_>,
        body: &str,
        scratch: &mut Scratch,
        workspace: Workspace,
        schema: Option<Arc<CompiledSchema>>,
    ) -> Result<Self, JsonError> {
        let mut messages = Self {
            count: 0,
            items: Vec::new(),
            unescaped: Vec::new(),
            overflow: None,
            shape_fault: None,
            verdict: schema.is_some().then_some(Verdict { fault: None }),
            workspace,
            schema,
        };
        let mut goes_on = cursor.enter(b']');
        while goes_on {
            scratch.refresh();
            let message = Message::read(cursor, scratch, &mut messages.workspace, messages.count)?;
            messages.take(message, body);
            messages.count += 1;
            goes_on = cursor.next(b']')?;
        }
        Ok(messages)
    }

    fn take(&mut self, message: Message, body: &str) {
        match message {
            // Too many: they are only counted.
            Message::Upsert { .. } | Message::ActivateVersion if self.count >= MAX_RECORDS => {}
            Message::ActivateVersion => self.items.push(AcceptedItem::ActivateVersion),
            Message::Upsert {
                sequence,
                data,
                extracted,
            } => {
                self.judge(body);
                let extracted_at = match extracted {
                    Extracted::Nothing => None,
                    Extracted::At(range) => Some(range),
                    Extracted::Unescaped(text) => {
                        self.unescaped.push((self.items.len(), text));
                        None
                    }
                };
                self.items.push(AcceptedItem::Record(AcceptedRecord {
                    sequence,
                    extracted_at,
                    data,
                }));
            }
            Message::Faulty(MessageFault { overflow, shape }) => {
                self.overflow = self.overflow.or(overflow);
                self.shape_fault.get_or_insert(shape);
            }
        }
    }

    /// Judges the record that was parsed last, if the schema is known and no record before it was found wanting.
    #[inline]
    fn judge(&mut self, body: &str) {
        let (Some(schema), Some(verdict)) = (&self.schema, &mut self.verdict) else {
            return;
        };
        if verdict.fault.is_some() {
            return;
        }
        match self.workspace.judge(body, schema) {
            Some(text) => verdict.fault = Some((self.count, text)),
            None => self.workspace.note_shape(body, self.count),
        }
    }

    /// A schema followed that replaces the one by which the records were judged.
    pub(super) fn forget_verdict(&mut self) {
        self.verdict = None;
    }

    /// Too many messages, or none.
    pub(super) fn count_violation(&self) -> Option<Node> {
        let mut node = at_key("messages");
        let count = self.count;
        match count {
            0 => node.add("expected minimum item count: 1, found: 0"),
            1..=MAX_RECORDS => return None,
            _ => node.add(format_args!(
                "expected maximum item count: {MAX_RECORDS}, found: {count}"
            )),
        }
        Some(node)
    }

    /// Refuses the first message that is none.
    pub(super) fn check_shapes(&self) -> Result<(), Answer> {
        match (self.overflow, &self.shape_fault) {
            (Some(Overflow::Above), _) => Err(refused(&format!("#: sequence can not be above {}", i64::MAX))),
            (Some(Overflow::Below), _) => Err(refused(&format!("#: sequence can not be below {}", i64::MIN))),
            (None, Some(shape)) => Err(refused(shape)),
            (None, None) => Ok(()),
        }
    }

    /// Refuses the first record that does not conform to the schema or lacks a key.
    pub(super) fn check_records(
        &mut self,
        body: &str,
        schema: &Arc<CompiledSchema>,
        keys: &[String],
    ) -> Result<(), Answer> {
        if self.verdict.is_none() {
            self.judge_again(body, schema)?;
        }
        let fault = self.verdict.take().and_then(|verdict| verdict.fault);
        let end = fault.as_ref().map_or(self.items.len(), |(index, _)| *index);
        if let Some(key) = self.missing_key(body, keys, end)? {
            return Err(Answer::missing_key(&key));
        }
        match fault {
            Some((index, text)) => Err(Answer::batch_error(&format!(
                "Record {index} did not conform to schema: {text}"
            ))),
            None => Ok(()),
        }
    }

    /// The schema came behind the records: they are read once more.
    fn judge_again(&mut self, body: &str, schema: &Arc<CompiledSchema>) -> Result<(), Answer> {
        self.workspace = schema.take_workspace();
        self.schema = Some(Arc::clone(schema));
        let mut fault = None;
        for (index, item) in self.items.iter().enumerate() {
            let AcceptedItem::Record(record) = item else {
                continue;
            };
            let mut cursor = Cursor::at_token(body, record.data.start);
            self.workspace
                .parse(&mut cursor, RECORD_DEPTH)
                .map_err(|error| malformed(&error))?;
            fault = self.workspace.judge(body, schema).map(|text| (index, text));
            if fault.is_some() {
                break;
            }
            self.workspace.note_shape(body, index);
        }
        self.verdict = Some(Verdict { fault });
        Ok(())
    }

    /// The first key that a record before `end` lacks.
    fn missing_key(&mut self, body: &str, keys: &[String], end: usize) -> Result<Option<String>, Answer> {
        if keys.is_empty() {
            return Ok(None);
        }
        if !self.workspace.shapes.is_lost() {
            let found = self.workspace.shapes.missing_key(keys, self.workspace.paths());
            let found = found.filter(|(index, _)| *index < end);
            return Ok(found.map(|(_, key)| key.to_owned()));
        }
        for item in &self.items[..end] {
            let AcceptedItem::Record(record) = item else {
                continue;
            };
            let mut cursor = Cursor::at_token(body, record.data.start);
            let record = self
                .workspace
                .parse(&mut cursor, RECORD_DEPTH)
                .map_err(|error| malformed(&error))?;
            let is_present =
                |key: &&String| record.member(key).is_some_and(|value| value.kind() != Kind::Null);
            if let Some(key) = keys.iter().find(|key| !is_present(key)) {
                return Ok(Some(key.clone()));
            }
        }
        Ok(None)
    }

    /// The items, and the text that they point into.
    pub(super) fn into_items(mut self, mut body: String) -> (Vec<AcceptedItem>, String) {
        for (index, text) in self.unescaped {
            let start = body.len();
            body.push_str(&text);
            if let Some(AcceptedItem::Record(record)) = self.items.get_mut(index) {
                record.extracted_at = Some(start..body.len());
            }
        }
        if let Some(schema) = self.schema {
            schema.give_back(self.workspace);
        }
        (self.items, body)
    }
}

/// Brackets open around a record: the body's, those of the messages and its message's.
pub(super) const RECORD_DEPTH: usize = 3;
