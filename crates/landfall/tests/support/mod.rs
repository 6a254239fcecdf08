//! The binary, the places it loads into, and what lands there.

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each test binary uses its part"
)]
#![allow(clippy::unwrap_used, reason = "a test whose surroundings fail has failed")]

pub mod guarded;
pub mod in_process;
pub mod lines;
pub mod listener;
pub mod place;
pub mod process;
pub mod python;
pub mod random;
pub mod rows;

pub use lines::{record, schema, state};
pub use place::{Folder, Place, Store};
pub use process::{Landfall, Running};
pub use rows::Row;
