//! The durable log that accepted requests wait in, until they are in their bucket.
//!
//! [`Log`] is the contract, and `conformance` (with the feature of that name) is the contract in executable form.
//! [`EmbeddedLog`] keeps it with segment files in one folder of one machine. Entries are opaque bytes to the log; what
//! intake puts into them is `landfall_core::intake`'s affair.
//!
//! # Errors
//! [`AppendError`] is what intake answers 503 to: nothing was acknowledged, the client keeps its data. [`ReadError`]
//! tells entries that were freed from entries that are damaged: [`Damage`] names the file and the positions that are
//! lost, so that a reader can go on behind them once somebody has decided to.
//!
//! # Example
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! # let root = tempfile::tempdir().unwrap();
//! use bytes::Bytes;
//! use landfall_core::time::Timestamp;
//! use landfall_core::units::ByteCount;
//! use landfall_log::{EmbeddedLog, EmbeddedLogSettings, Log, NewEntry, Partition};
//!
//! let log = EmbeddedLog::open_folder(&root.path().join("log"), EmbeddedLogSettings::default())?;
//! let entry = NewEntry { bytes: Bytes::from_static(b"one"), at: Timestamp::from_millis(0) };
//! let position = log.append(Partition::FIRST, entry).await?; // durable from here on
//! let entries = log.read(Partition::FIRST, position, ByteCount::new(1 << 20)).await?;
//! assert_eq!(entries[0].bytes, "one");
//! log.free(Partition::FIRST, position.next()).await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

#[cfg(feature = "conformance")]
pub mod conformance;
mod disk;
mod embedded;
mod error;
mod log;
#[cfg(feature = "sim")]
pub mod sim;

pub use crate::disk::{Disk, DiskFile, FolderDisk};
pub use crate::embedded::{
    EmbeddedLog, EmbeddedLogSettings, LogKey, NoRandomness, OpenError, Recovery, TornTail,
};
pub use crate::error::{AppendError, Damage, DiskError, FreeError, ReadError, Shortage, Unwritable};
pub use crate::log::{Bounds, Entry, Log, NewEntry, Partition, Position, Usage};
