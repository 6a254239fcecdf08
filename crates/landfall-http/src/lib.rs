//! Landfall over HTTP.
//!
//! [`import`] is the Import API: what clients that push to Stitch talk to, and incoming webhooks. [`manage`] is the
//! management API: how destinations, sources and keys are set up. [`require_host`] keeps either from answering under names
//! that aren't the server's.

mod hosts;
pub mod import;
pub mod manage;

pub use hosts::{AllowedHosts, require_host};
