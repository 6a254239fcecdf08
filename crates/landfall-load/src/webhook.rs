//! Post-load webhooks: what a done load tells, and to whom (loading.md §8).
//!
//! [`LoadFacts`] are what is told, [`hook_body`] writes them as the exact bytes of a request, and [`HookSender`]
//! delivers those to every hook: retried, in load order for each table. A load counts as successful whatever happens
//! here, so nothing in this module can fail a load or hold one up: what can't be delivered is reported, once.

mod address;
mod body;
mod client;
mod event;
mod facts;
mod lanes;
mod sender;

pub(crate) use address::HookUrl;
pub use address::{Hooks, InvalidHookUrl};
pub use body::hook_body;
pub(crate) use client::HookClient;
pub use client::{HookFault, NoRootCertificates};
pub use event::{EventFault, EventPost};
pub use facts::{BookmarkFacts, LoadFacts, SubTableFacts};
pub use sender::{HookFailure, HookParts, HookSender, HookTiming};
