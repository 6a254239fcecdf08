//! JSON read without losing anything: number text, property order and string content stay exactly as received.
//!
//! [`Tape`] is the fast form (one pass, no allocation per value, used for every record); [`Json`] is the owned tree
//! used for what is rare (schemas, settings, states, records that need a closer look).

mod kind;
mod lex;
mod parser;
mod paths;
mod tape;
mod text;
mod tree;

pub use kind::{Kind, KindMask};
pub use paths::{PathId, Paths, Step};
pub use tape::{Children, JsonError, JsonFault, NonFinite, Tape, Value};
pub use text::{write_canonical_string, write_compact, write_compact_string};
pub use tree::Json;
