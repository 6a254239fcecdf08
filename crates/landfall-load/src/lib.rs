//! From input to objects: lines are cut and prepared in parallel, collected to batches, and each closed batch is landed
//! once (loading.md).
//!
//! [`Pipeline`] is the way of a Singer stream; [`Loader`] is the one loader that every way in uses.

mod block;
mod clock;
mod cut;
mod error;
mod jitter;
mod loader;
mod pipeline;
mod prepare;
mod report;
pub mod service;
mod streams;
mod webhook;
mod workers;

pub use clock::{Clock, LoadInstants};
pub use error::{AccessError, LoadError, RunError};
pub use jitter::Jitter;
pub use loader::{AccessCheck, Load, Loader, NextInstant, RunInstants};
pub use pipeline::{
    BatchFiles, GiveUp, InvalidRecords, Observer, Pipeline, PipelineParts, PipelineSettings, RejectionGroup,
    RunSummary,
};
pub use report::{FileReport, LoadReport};
pub use webhook::{
    BookmarkFacts, EventFault, EventPost, HookFailure, HookFault, HookParts, HookSender, HookTiming, Hooks,
    InvalidHookUrl, LoadFacts, NoRootCertificates, SubTableFacts, hook_body,
};
