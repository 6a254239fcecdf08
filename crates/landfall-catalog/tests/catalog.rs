//! The catalog as its users see it.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "catalog/audit.rs"]
mod audit;
#[path = "catalog/destinations.rs"]
mod destinations;
#[path = "catalog/file.rs"]
mod file;
#[path = "catalog/keys.rs"]
mod keys;
#[path = "catalog/ledger.rs"]
mod ledger;
#[path = "catalog/ledger_crashes.rs"]
mod ledger_crashes;
#[path = "catalog/notifications.rs"]
mod notifications;
#[path = "catalog/outbox.rs"]
mod outbox;
#[path = "catalog/reports.rs"]
mod reports;
#[path = "catalog/sources.rs"]
mod sources;
#[path = "catalog/tokens.rs"]
mod tokens;
#[path = "catalog/users.rs"]
mod users;
#[path = "catalog/world.rs"]
mod world;
