//! JSON Schema, Draft 4, as taps and Import API clients send it (import-api.md §12, singer.md §6).
//!
//! - [`Schema`] is a schema that was understood; [`Schema::violations`] is the authority on what conforms to it.
//! - [`RecordPlan`] answers the same question for the common schemas while a record is read, without building anything.
//!   A record it accepts conforms; about any other the authority is asked.
//! - [`DeclaredTable`] lists the columns a schema declares for CSV files (files.md §8).
//!
//! Readings of the pages, where they leave room:
//!
//! - Only what the root reaches is looked at: an unused entry of `definitions` may be anything.
//! - The first fault of a schema in document order is the one reported.
//! - `required: true` or `false` (Draft 3), a `format` that is no string, and negative counts are ignored, as
//!   `multipleOf` ≤ 0 is. Counts may be written `255.0`.
//! - `$ref` hides its siblings. A reference that leads back to itself without descending into the record can't be
//!   resolved.
//! - A value of a wrong type has that one violation; other keywords of its schema are not looked at. Otherwise the
//!   order is: `enum`, numbers, strings, arrays, objects, `allOf`, `anyOf`, `oneOf`, `not`.
//! - In `enum` and `uniqueItems`, numbers are equal if their values are, and objects whatever their order.
//! - Names beginning `_sdc_` pass `additionalProperties: false` at the top level of a record only, where columns are.
//! - Work is bounded: see [`Schema::violations`].

mod canonical;
mod check;
mod compile;
mod date_time;
mod declared;
mod error;
mod node;
mod pattern;
mod plan;
mod reference;
mod same_value;
mod system_column;
mod value_type;

pub use declared::DeclaredTable;
pub use error::SchemaError;
pub use plan::{Member, PlanId, RecordPlan};

use crate::json::Json;
use node::{Node, NodeId};

/// A JSON Schema that was understood, ready to check records.
#[derive(Debug)]
pub struct Schema {
    /// Every schema object that the root reaches, references resolved.
    nodes: Vec<Node>,
    root: NodeId,
}

/// Whether `format: date-time` says something about values. Other formats never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formats {
    /// Import API: a string must be a date-time (import-api.md §12).
    Enforce,
    /// Singer: values are landed as they are (singer.md §6, rejects.md §5).
    Ignore,
}

impl Schema {
    /// Understands a schema.
    ///
    /// # Errors
    /// [`SchemaError`] for the first thing in it that can't be used.
    pub fn compile(schema: &Json) -> Result<Self, SchemaError> {
        compile::compile(schema)
    }

    /// What is wrong with `record`: the text that follows `Record <i> did not conform to schema: ` (import-api.md §7),
    /// or `None` if it conforms.
    ///
    /// Checks that would take more than some 16 million steps, or more than 1,024 levels of schema inside schema (only
    /// possible with combinators that refer to each other), are given up: the record then does not conform.
    #[must_use]
    pub fn violations(&self, record: &Json, formats: Formats) -> Option<String> {
        check::violations(self, record, formats)
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }
}
