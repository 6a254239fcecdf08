//! The loader of the server: from the log to the buckets, exactly once (loading.md §3, §6).
//!
//! ```text
//! log ─ read ─ gather (encode, cut into batches) ─ open the load ─ put ─ commit ─ free the log
//!                                                    └──────── catalog ────────┘
//! ```
//!
//! One task, the [`Conductor`], owns all order. A load is opened in the ledger before its first object is written, with
//! all that fixes the bytes of its objects: the records' place in the log, the load instant, the format. So whatever
//! dies in between, the same load is made again from the log, under the same keys and to the same bytes, and is
//! committed once.
//!
//! A table whose destination can't be loaded to is *parked*: nothing of it is kept in memory, and its records are read
//! again when that changes. So memory stays bounded, and no table waits for another.

mod batch;
mod conductor;
mod encoding;
mod gather;
mod jobs;
mod keys;
mod landing;
mod notices;
mod observer;
mod places;
mod point;
mod steps;
mod stock;
mod tables;
mod waiting;

pub use conductor::{Conductor, ConductorError, ConductorHandle, EntryFault, ServiceParts, ServiceSettings};
pub use encoding::EncodingError;
pub use keys::EntryKeys;
pub use landing::{HELD_BY_LANDFALL, NEVER_LANDS};
pub use notices::{ANSWER_WITHIN, NoticeParts, Notices};
pub use observer::{ExpiringRecords, FailedLoad, LandedLoad, LostRecords, ServiceObserver};
pub use places::{OpenPlace, Place, Places};
pub use steps::{Step, Steps, Uninterrupted};
pub use waiting::{Backlog, LoadingNow, WaitingTable, announced_for};
