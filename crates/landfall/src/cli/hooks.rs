//! Options of `landfall hooks`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use landfall_core::time::Timestamp;

use crate::hooks::parse_since;

/// What to do with post-load webhooks.
#[derive(Debug, Subcommand)]
pub(crate) enum HooksCommand {
    /// Tell hooks once more of the loads since an instant, in their order, after all that still waits. The server may
    /// run meanwhile: it begins within seconds
    Replay(ReplayOptions),
    /// Show the delivery log, newest first
    Deliveries(DeliveriesOptions),
}

/// Options of `landfall hooks replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayOptions {
    /// From when on: an instant such as 2026-01-05T10:00:00Z, or a day, which begins at midnight UTC
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    pub(crate) since: Timestamp,
    /// Number of one hook; without it, all of them
    #[arg(long, value_name = "ID")]
    pub(crate) hook: Option<u32>,
    /// The server's data folder, if not that of LANDFALL_DATA_DIR [default: ./landfall-data]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
}

/// Options of `landfall hooks deliveries`.
#[derive(Debug, Args)]
pub(crate) struct DeliveriesOptions {
    /// Number of one hook; without it, all of them
    #[arg(long, value_name = "ID")]
    pub(crate) hook: Option<u32>,
    /// How many lines of each hook
    #[arg(long, value_name = "LINES", default_value_t = 20)]
    pub(crate) limit: u32,
    /// The server's data folder, if not that of LANDFALL_DATA_DIR [default: ./landfall-data]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}
