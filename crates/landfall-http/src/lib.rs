//! Landfall over HTTP.
//!
//! [`manage`] is the management API: how destinations, sources and keys are set up.

pub mod manage;
