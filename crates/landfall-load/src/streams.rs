//! The streams of a run, each with its latest SCHEMA.

use std::collections::HashMap;
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

/// All streams that had a SCHEMA. Cloned when it changes, so that earlier records keep theirs.
#[derive(Debug, Clone)]
pub(crate) struct Streams {
    naming: Arc<Naming>,
    enforces_schemas: bool,
    by_name: HashMap<String, Arc<StreamPlan>>,
    /// Which stream took a cleaned name first.
    taken: HashMap<String, String>,
}

impl Streams {
    pub(crate) fn new(naming: Arc<Naming>, enforces_schemas: bool) -> Self {
        Self {
            naming,
            enforces_schemas,
            by_name: HashMap::new(),
            taken: HashMap::new(),
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
        let parts = PlanParts {
            naming: self.naming.clone(),
            table: message.stream.clone(),
            keys: message.keys.clone(),
            bookmarks: message.bookmarks.clone(),
            schema: self.enforces_schemas.then_some(schema),
            formats: Formats::Ignore,
            declared,
            problem: self.name_problem(&message.stream),
        };
        let stream = message.stream.clone();
        let plan = StreamPlan {
            message,
            plan: Arc::new(TablePlan::new(parts)),
        };
        let before = self.by_name.insert(stream, Arc::new(plan));
        Ok(if before.is_some() {
            SchemaEffect::Changed
        } else {
            SchemaEffect::Began
        })
    }

    /// T1 and T2 of rejects.md; takes the cleaned name if it is free.
    fn name_problem(&mut self, stream: &str) -> Option<Reason> {
        let cleaned = clean_name(stream).into_owned();
        if is_reserved(stream) || is_reserved(&cleaned) {
            return Some(Reason::ReservedTable {
                table: stream.to_owned(),
            });
        }
        let owner = self
            .taken
            .entry(cleaned.clone())
            .or_insert_with(|| stream.to_owned());
        (owner != stream).then_some(Reason::TableCollision { cleaned })
    }
}

fn is_reserved(name: &str) -> bool {
    name.as_bytes()
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"_sdc") || start.eq_ignore_ascii_case(b"_rjm"))
}
