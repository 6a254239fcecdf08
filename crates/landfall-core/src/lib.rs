//! Landfall's pure core: names, settings, object keys, JSON, schemas and time. Nothing here does I/O, reads a clock or
//! the environment, or spawns anything.

pub mod bucket_name;
pub mod buffers;
pub mod clean_name;
pub mod decimal;
mod edit_distance;
pub mod ids;
pub mod intake;
pub mod json;
pub mod object_key;
pub mod schema;
pub mod settings;
pub mod time;
pub mod units;
pub mod utf8;
pub mod visible;
