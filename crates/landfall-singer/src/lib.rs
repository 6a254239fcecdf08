//! The Singer protocol: messages in, STATE out (singer.md §3, §4; loading.md §5). Pure: lines come in as text, and what
//! they say comes out as types.

mod fault;
mod message;
mod state;
mod tail;

pub use fault::{LineError, LineFault, MAX_LINE_BYTES};
pub use message::{
    BatchMessage, Compression, Message, MessageReader, RecordStart, SchemaMessage, StreamVersion,
};
pub use state::{Position, StateTracker};
pub use tail::{Extracted, RecordFacts, TailFault, TailReader};
