//! Landfall over HTTP.
//!
//! [`import`] is the Import API: what clients that push to Stitch talk to, and incoming webhooks.

pub mod import;
