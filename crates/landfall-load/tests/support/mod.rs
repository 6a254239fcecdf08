//! Runs of the pipeline with everything injected: clock, keys, bucket, files, output.

#![allow(dead_code, reason = "each test file takes what it needs")]

pub(crate) mod bucket;
pub(crate) mod cases;
pub(crate) mod world;
