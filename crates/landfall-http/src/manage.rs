//! The management API (management-api.md): destinations, sources, tokens, keys, hooks, and what was loaded.
//!
//! [`router`] answers everything below `/v4`, `/v3` and `/notifications`; every request there needs an access key. The
//! rules are pure functions beside the handlers, the [`Catalog`](landfall_catalog::Catalog) keeps what they let pass.
//! Whoever starts it passes in the clock, the entropy, a [`Checker`] that talks to buckets, and what is to be called
//! when something changed that loading or authentication depends on: see [`Parts`].
//!
//! # Errors
//! Requests are answered with the documented bodies (management-api.md §1.2); no answer holds a secret that was shown
//! before.
//!
//! ```
//! use landfall_http::manage::{AdminKey, AdminKeyError};
//!
//! assert!(AdminKey::parse("a key of sixteen characters and more").is_ok());
//! assert_eq!(AdminKey::parse("short").err(), Some(AdminKeyError::TooShort));
//! ```

mod access_keys;
mod answer;
mod authentication;
mod bucket_policy;
mod check_object;
mod check_progress;
mod checks;
mod destination_body;
mod destination_object;
mod destination_rules;
mod destinations;
mod grant;
mod hooks;
mod instant;
mod key_preview;
mod loads;
mod minted;
mod request;
mod routes;
mod setup_help;
mod source_body;
mod source_object;
mod source_rules;
mod sources;
mod state;
mod tokens;
mod types;
mod verify;

pub use authentication::{AdminKey, AdminKeyError, Internal};
pub use check_progress::CheckProgress;
pub use checks::{Checker, WAIT_FOR_CHECK};
pub use destination_rules::{InstanceRules, settings_of};
pub use minted::Minted;
pub use routes::router;
pub use state::{ManageState, Parts, PublicAddress};
