//! The wizard over HTTP, as a browser without JavaScript has it: its messages, and what it keeps to itself.
#![allow(
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "a test whose world can't be built has failed"
)]

#[path = "wizard/checks.rs"]
mod checks;
#[path = "wizard/drafts.rs"]
mod drafts;
#[path = "wizard/messages.rs"]
mod messages;
#[path = "wizard/secrecy.rs"]
mod secrecy;
#[path = "wizard/travels.rs"]
mod travels;
#[path = "wizard/trip.rs"]
mod trip;
#[path = "pages/world.rs"]
mod world;
