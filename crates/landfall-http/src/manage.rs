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
mod api;
mod audit;
mod authentication;
mod bodies;
mod bucket_policy;
mod buffer;
mod check_object;
mod check_progress;
mod checks;
mod custom_emails;
mod deliveries;
mod destination_body;
mod destination_object;
mod destination_rules;
mod destinations;
mod destinations_v3;
mod event_hooks;
mod grant;
mod hooks;
mod https;
mod instance;
mod instant;
mod key_preview;
mod ledger;
mod load_object;
mod loading;
mod loads;
mod messenger;
mod minted;
mod notifications;
mod openapi;
mod refused_keys;
mod rejects;
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
mod usage;
mod verify;

pub use authentication::{AdminKey, AdminKeyError, Internal};
pub use buffer::{Buffer, Waiting};
pub use check_progress::CheckProgress;
pub use checks::{Checker, WAIT_FOR_CHECK};
pub use destination_rules::{InstanceRules, settings_of};
pub use https::{Arrival, Network, NetworkError, Protection, require_https};
pub use instance::{Facts, KeptDays};
pub use loading::{Backlog, Loader, LoadingNow, WaitingTable};
pub use messenger::{Mail, Messenger, RawErrors, event_body, event_mail, test_event_body, test_mail};
pub use minted::Minted;
pub use openapi::openapi;
pub use routes::router;
pub use source_rules::{SourceNameProblem, source_name};
pub use state::{ManageState, Parts, PublicAddress};
