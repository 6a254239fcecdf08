//! JSON read without losing anything: number text, property order and string content stay exactly as received.
//!
//! [`Tape`] is the fast form (one pass, no allocation per value, used for every record); [`Json`] is the owned tree
//! used for what is rare (schemas, settings, states, records that need a closer look).

mod error;
mod kind;
mod lex;
mod node;
mod parser;
mod paths;
mod tape;
mod text;
mod tree;
mod value;

pub use error::{JsonError, JsonFault};
pub use kind::{Kind, KindMask};
pub use paths::{PathId, Paths, Step};
pub use tape::{NonFinite, Tape};
pub use text::{write_canonical_string, write_compact, write_compact_string};
pub use tree::Json;
pub use value::{Children, Value};
