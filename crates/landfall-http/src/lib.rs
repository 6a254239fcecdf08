//! Landfall over HTTP.
//!
//! [`import`] is the Import API: what clients that push to Stitch talk to, and incoming webhooks. [`manage`] is the
//! management API: how destinations, sources and keys are set up.

pub mod import;
pub mod manage;
