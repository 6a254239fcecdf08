//! The management API as its clients see it: over a socket, with a catalog in a folder of its own.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "manage/authorisation.rs"]
mod authorisation;
#[path = "manage/destinations.rs"]
mod destinations;
#[path = "manage/document.rs"]
mod document;
#[path = "manage/events.rs"]
mod events;
#[path = "manage/keys_and_hooks.rs"]
mod keys_and_hooks;
#[path = "manage/old_destinations.rs"]
mod old_destinations;
#[path = "manage/reports.rs"]
mod reports;
#[path = "manage/setup_help.rs"]
mod setup_help;
#[path = "manage/sources.rs"]
mod sources;
#[path = "manage/world.rs"]
mod world;
