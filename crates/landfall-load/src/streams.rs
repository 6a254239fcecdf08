//! The streams of a run, each with its latest SCHEMA.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use landfall_core::clean_name::clean_name;
use landfall_core::schema::{DeclaredTable, Formats, Schema};
use landfall_format::{Naming, PlanParts, Reason, TablePlan};
use landfall_singer::{LineFault, SchemaMessage};

/// A stream under one SCHEMA.
#[derive(Debug)]
pub(crate) struct StreamPlan {
    message: SchemaMessage,
    plan: Arc<TablePlan>,
}

impl StreamPlan {
    /// The stream's name.
    pub(crate) fn name(&self) -> &str {
        &self.message.stream
    }

    /// The compiled plan.
    pub(crate) fn plan(&self) -> &Arc<TablePlan> {
        &self.plan
    }
}

/// What receiving a SCHEMA did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SchemaEffect {
    /// The stream is new.
    Began,
    /// Nothing: it says what the last one said.
    Same,
    /// Later records are under another plan.
    Changed,
}

/// All streams that had a SCHEMA. Every change is written down, so that input can be read again from where a
/// [`Mark`] was made: thousands of streams make a copy for each mark too dear.
#[derive(Debug)]
pub(crate) struct Streams {
    naming: Arc<Naming>,
    enforces_schemas: bool,
    by_name: HashMap<String, Arc<StreamPlan>>,
    /// Which stream took a cleaned name first.
    taken: HashMap<String, String>,
    changes: VecDeque<Change>,
    /// Changes that were forgotten.
    forgotten: u64,
}

/// A point between changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark(u64);

/// What a SCHEMA changed.
#[derive(Debug)]
struct Change {
    stream: String,
    before: Option<Arc<StreamPlan>>,
    /// The cleaned name, if it took one.
    took: Option<String>,
}

impl Streams {
    pub(crate) fn new(naming: Arc<Naming>, enforces_schemas: bool) -> Self {
        Self {
            naming,
            enforces_schemas,
            by_name: HashMap::new(),
            taken: HashMap::new(),
            changes: VecDeque::new(),
            forgotten: 0,
        }
    }

    /// What holds now, to be returned to.
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.forgotten + self.changes.len() as u64)
    }

    /// Nobody will return to before `mark`.
    pub(crate) fn forget_before(&mut self, mark: Mark) {
        while self.forgotten < mark.0 && self.changes.pop_front().is_some() {
            self.forgotten += 1;
        }
    }

    /// Takes back all changes since `mark`.
    pub(crate) fn return_to(&mut self, mark: Mark) {
        while self.mark() > mark
            && let Some(change) = self.changes.pop_back()
        {
            match change.before {
                Some(plan) => self.by_name.insert(change.stream, plan),
                None => self.by_name.remove(&change.stream),
            };
            if let Some(cleaned) = change.took {
                self.taken.remove(&cleaned);
            }
        }
    }

    pub(crate) fn get(&self, stream: &str) -> Option<&Arc<StreamPlan>> {
        self.by_name.get(stream)
    }

    /// Whether the message changes nothing.
    pub(crate) fn knows(&self, message: &SchemaMessage) -> bool {
        self.get(&message.stream)
            .is_some_and(|known| known.message.says_the_same(message))
    }

    /// Takes a SCHEMA.
    pub(crate) fn receive(&mut self, message: SchemaMessage) -> Result<SchemaEffect, LineFault> {
        if self.knows(&message) {
            return Ok(SchemaEffect::Same);
        }
        let schema = Schema::compile(&message.schema).map_err(|error| LineFault::InvalidSchema {
            text: error.to_string(),
        })?;
        let declared = DeclaredTable::of(&schema);
        let (problem, took) = self.name_problem(&message.stream);
        let parts = PlanParts {
            naming: self.naming.clone(),
            table: message.stream.clone(),
            keys: message.keys.clone(),
            bookmarks: message.bookmarks.clone(),
            schema: self.enforces_schemas.then_some(schema),
            formats: Formats::Ignore,
            declared,
            problem,
        };
        let stream = message.stream.clone();
        let plan = StreamPlan {
            message,
            plan: Arc::new(TablePlan::new(parts)),
        };
        let before = self.by_name.insert(stream.clone(), Arc::new(plan));
        let effect = if before.is_some() {
            SchemaEffect::Changed
        } else {
            SchemaEffect::Began
        };
        self.changes.push_back(Change { stream, before, took });
        Ok(effect)
    }

    /// T1 and T2 of rejects.md; takes the cleaned name if it is free, and says which that was.
    fn name_problem(&mut self, stream: &str) -> (Option<Reason>, Option<String>) {
        let cleaned = clean_name(stream).into_owned();
        if is_reserved(stream) || is_reserved(&cleaned) {
            let table = stream.to_owned();
            return (Some(Reason::ReservedTable { table }), None);
        }
        match self.taken.get(&cleaned) {
            Some(owner) if owner == stream => (None, None),
            Some(_) => (Some(Reason::TableCollision { cleaned }), None),
            None => {
                self.taken.insert(cleaned.clone(), stream.to_owned());
                (None, Some(cleaned))
            }
        }
    }
}

/// Whether a table name is the loader's own (rejects.md T1).
pub(crate) fn is_reserved(name: &str) -> bool {
    name.as_bytes()
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"_sdc") || start.eq_ignore_ascii_case(b"_rjm"))
}

#[cfg(test)]
mod tests {
    use landfall_core::object_key::{ObjectKeyTemplate, OutputFormat};
    use landfall_core::settings::FileFormat;
    use landfall_singer::{Message, MessageReader};

    use super::*;

    fn streams() -> Streams {
        let template = ObjectKeyTemplate::parse(ObjectKeyTemplate::DEFAULT, OutputFormat::Jsonl).unwrap();
        let naming = Naming {
            integration: "demo".to_owned(),
            template,
            format: FileFormat::Jsonl,
            max_key_part_bytes: None,
        };
        Streams::new(Arc::new(naming), true)
    }

    fn receive(streams: &mut Streams, stream: &str, property: &str) {
        let line = format!(
            r#"{{"type":"SCHEMA","stream":"{stream}","key_properties":[],"schema":{{"properties":{{"{property}":{{}}}}}}}}"#
        );
        let Message::Schema(message) = MessageReader::new().read(line.as_bytes()).unwrap() else {
            panic!("not a SCHEMA")
        };
        streams.receive(message).unwrap();
    }

    #[test]
    fn what_was_received_after_a_mark_is_taken_back() {
        let mut streams = streams();
        receive(&mut streams, "a b", "x");
        let before = streams.get("a b").unwrap().clone();
        let mark = streams.mark();
        receive(&mut streams, "a b", "y");
        receive(&mut streams, "c d", "x");
        receive(&mut streams, "c d", "y");
        streams.return_to(mark);
        assert!(Arc::ptr_eq(streams.get("a b").unwrap(), &before));
        assert!(streams.get("c d").is_none());
        // The cleaned name is free again, for another stream.
        assert_eq!(streams.name_problem("c!d"), (None, Some("c_d".to_owned())));
        assert!(streams.name_problem("a!b").0.is_some());
        assert_eq!(streams.mark(), mark);
    }

    #[test]
    fn changes_before_a_mark_are_forgotten_and_later_ones_kept() {
        let mut streams = streams();
        receive(&mut streams, "a", "x");
        let mark = streams.mark();
        receive(&mut streams, "b", "x");
        streams.forget_before(mark);
        assert_eq!(streams.changes.len(), 1);
        streams.return_to(mark);
        assert!(streams.get("a").is_some() && streams.get("b").is_none());
    }
}
