//! Landfall over HTTP.
