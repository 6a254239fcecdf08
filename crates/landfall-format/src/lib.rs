//! From records to the bytes of objects: checks, system columns, JSONL and CSV with sub-files, rejects (files.md,
//! rejects.md).
//!
//! A [`TableEncoder`] turns records of one table into an [`EncodedRun`]; a [`TableBatch`] collects runs until it is
//! closed; a [`ClosedBatch`] knows its files and writes each of them for any load instant. Everything here is pure: the
//! same records and the same instant give the same bytes.

mod batch;
mod bindings;
mod bookmark;
mod checks;
mod content;
mod csv;
mod encoder;
mod jsonl;
mod plan;
mod reject;
mod run;
mod sink;
mod system;
mod text_pool;

pub use batch::{ClosedBatch, FileFacts, FileKind, TableBatch};
pub use bookmark::{BookmarkRange, BookmarkValue};
pub use content::{FileContent, Pieces};
pub use encoder::{KeySource, RandomKeys, RecordMeta, TableEncoder};
pub use plan::{Naming, PlanParts, TablePlan};
pub use reject::{Reason, ReasonCounts};
pub use run::{Claim, Claims, EncodedRun};
