//! Commands and options, as `--help` shows them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Lands streams of records in S3 buckets, as JSON Lines or CSV.
#[derive(Debug, Parser)]
#[command(name = "landfall", version = concat!("v", env!("CARGO_PKG_VERSION")), propagate_version = false)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Try everything without account or network: a bucket folder, a check, a sample loaded as JSONL and as CSV
    Demo(DemoOptions),
    /// Load a Singer stream from stdin into a bucket: `tap | landfall load --config target.json`
    Load(LoadOptions),
    /// Check access to a bucket, step by step, with the remedy for whatever is wrong
    Check(CheckOptions),
    /// Judge an S3 Key template: all its problems, or the keys it makes
    Key(KeyOptions),
}

/// Options of `landfall load`, which are those of a Singer target (singer.md §1).
#[derive(Debug, Args)]
#[command(disable_version_flag = true)]
pub(crate) struct LoadOptions {
    /// Settings file (JSON); may be repeated, later files override earlier ones. The word ENV reads
    /// TARGET_LANDFALL_… variables, which override all files
    #[arg(long, short = 'c', value_name = "PATH")]
    pub(crate) config: Vec<PathBuf>,
    /// Read messages from a file instead of stdin
    #[arg(long, value_name = "PATH")]
    pub(crate) input: Option<PathBuf>,
    /// Print the version
    #[arg(long)]
    pub(crate) version: bool,
    /// Print name, version, capabilities and settings
    #[arg(long)]
    pub(crate) about: bool,
    /// Form of --about
    #[arg(long, value_enum, value_name = "FORM", requires = "about")]
    pub(crate) format: Option<AboutForm>,
    /// Log more
    #[arg(long, short = 'v', conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Log warnings and errors only
    #[arg(long, short = 'q')]
    pub(crate) quiet: bool,
    /// Read and check everything, write nothing; exit 1 if any record would be rejected
    #[arg(long, short = 'n')]
    pub(crate) dry_run: bool,
}

/// Form of `--about`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AboutForm {
    /// One JSON object, with the settings as JSON Schema.
    Json,
    /// A Markdown page.
    Markdown,
}

/// Options of `landfall check`.
#[derive(Debug, Args)]
pub(crate) struct CheckOptions {
    /// Settings file (JSON), as for load
    #[arg(long, short = 'c', value_name = "PATH", required = true)]
    pub(crate) config: Vec<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `landfall demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// Folder for the demo's settings and bucket; made if it isn't there
    #[arg(long, value_name = "FOLDER", default_value = "landfall-demo")]
    pub(crate) dir: PathBuf,
}

/// Options of `landfall key`.
#[derive(Debug, Args)]
pub(crate) struct KeyOptions {
    /// The template, such as '[integration_name]/[table_name]/[table_version]_[timestamp_loaded].[csv|jsonl]'
    pub(crate) template: String,
    /// Data storage format
    #[arg(long, value_name = "FORMAT", default_value = "jsonl", value_parser = ["jsonl", "json", "csv"])]
    pub(crate) format: String,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The arguments as if the binary had been called by its own name: under the name `target-landfall` it is
/// `landfall load`, so that Singer runners find it (singer.md §1).
pub(crate) fn arguments(given: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = given.collect();
    let name = arguments.first().map(PathBuf::from).unwrap_or_default();
    if name.file_stem().and_then(|stem| stem.to_str()) == Some("target-landfall") {
        arguments.insert(1, "load".into());
    }
    arguments
}

/// Whether a `--config` names the environment.
pub(crate) fn is_environment(path: &Path) -> bool {
    path.as_os_str() == "ENV"
}
