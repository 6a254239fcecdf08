//! The Import API: what clients that push to Stitch talk to (import-api.md), and incoming webhooks
//! (management-api.md §9).
//!
//! A body becomes an [`AcceptedRequest`](landfall_core::intake::AcceptedRequest) or an [`Answer`] that says what is
//! wrong with it: [`Intake`] does that, without any I/O. [`router`] is the HTTP around it, and [`Gate`] what it needs of
//! the catalog and the journal.
//!
//! Readings of the pages, where they leave room:
//!
//! - Integers below 64 bits are refused as those above are, with the lowest one in the text.
//! - A `table_version` beyond 64 bits is an `expected type: Integer, found: BigInteger`.
//! - `key_names` and `bookmark_names` of more than 10,000 names are refused; of any list of violations or unknown keys
//!   the first 1,000 are printed.
//! - A message with more than 262,144 different property names is malformed.
//! - Records of a push are grouped by table: those of one table keep their order.
//! - A Transit instant outside the years 0000 to 9999, and a number that is none, are malformed; a `~t` that can't be
//!   read is landed as text. A Transit body may stand for at most twice the body limit of JSON: beyond that it is too
//!   large.
//! - The 413 of a body that grows too large when it is unpacked gives its unpacked size, as far as it was read.
//! - A body that comes too slowly is a 504, since sending it again may help.
//! - An incoming webhook may hold 20,000 records; an empty array holds none and is accepted.

mod answer;
mod batch;
mod cursor;
mod gate;
mod hook;
mod http;
mod intake;
mod judge;
pub mod limits;
mod pool;
mod push;
mod schema_cache;
mod transit;
mod type_name;
mod violations;

pub use answer::{Answer, Encoding, Identity};
pub use gate::{
    AppendError, Gate, Holder, HookSource, ImportSource, JournalHealth, Loading, LookupError, ReceiptInstant,
    TokenDigest,
};
pub use hook::WEBHOOK_TABLE;
pub use http::{ImportSettings, router};
pub use intake::{Intake, PushForm};
