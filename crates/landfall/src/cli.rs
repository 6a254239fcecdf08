//! Commands and options, as `--help` shows them.

mod hooks;
mod serve;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use landfall_setup::Partition;
use landfall_setup::principal::PrincipalArn;

pub(crate) use self::hooks::{DeliveriesOptions, HooksCommand, ReplayOptions};
pub(crate) use self::serve::ServeOptions;
use crate::control::options::{DestinationOptions, SourceOptions};
use crate::policy::parse_partition;
use crate::setup::SetupOptions;

// What the exit codes mean, as docs/src/reference/exit-codes.md has it for every command.
const LOAD_CODES: &str = "Exit codes: 0 everything was landed or rejected; 1 settings, input, access or a load failed, or a \
    dry run found records to reject; 2 wrong options.";
const SERVE_CODES: &str =
    "Exit codes: 0 it was told to end; 1 it can't start or go on; 2 settings that can't be used.";
const SETUP_CODES: &str = "Exit codes: 0 done; 1 a check failed; 2 input that can't be used.";
const CHECK_CODES: &str = "Exit codes: 0 loads can run; 1 they can't; 2 settings that can't be used.";
const POLICY_CODES: &str = "Exit codes: 0 done; 2 settings that can't be used, or that have no such policy.";
const KEY_CODES: &str = "Exit codes: 0 the template is valid; 2 it is not.";
const VERIFY_CODES: &str = "Exit codes: 0 all adds up; 1 it does not, or it can't be told; 2 wrong options.";
const MANAGE_CODES: &str = "Exit codes: 0 done; 1 the check of a destination failed; 2 refused, nothing was changed; 3 the \
    server can't be reached, or is in trouble.";

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
    /// Connect a bucket: asks for what it needs (or takes flags), shows the bucket policy and the challenge file, writes
    /// the settings file, checks the access
    #[command(after_help = SETUP_CODES)]
    Setup(Box<SetupOptions>),
    /// Load a Singer stream from stdin into a bucket: `tap | landfall load --config target.json`
    #[command(after_help = LOAD_CODES)]
    Load(LoadOptions),
    /// Take records over HTTP (Stitch's Import API, incoming webhooks) and load them into buckets, exactly once
    #[command(after_help = SERVE_CODES)]
    Serve(Box<ServeOptions>),
    /// Prove that all a server accepted is in its buckets, or waits: the ledger against the log and the buckets
    #[command(after_help = VERIFY_CODES)]
    Verify(VerifyOptions),
    /// Post-load webhooks of a server: what was delivered, and telling it again
    #[command(subcommand)]
    Hooks(HooksCommand),
    /// Manage the destinations of a running server
    #[command(after_help = MANAGE_CODES)]
    Destination(Box<DestinationOptions>),
    /// Manage the sources of a running server
    #[command(after_help = MANAGE_CODES)]
    Source(SourceOptions),
    /// Check access to a bucket, step by step, with the remedy for whatever is wrong
    #[command(after_help = CHECK_CODES)]
    Check(CheckOptions),
    /// Print the bucket policy, or the same grant for other tools
    #[command(after_help = POLICY_CODES)]
    Policy(PolicyOptions),
    /// Judge an S3 Key template: all its problems, or the keys it makes
    #[command(after_help = KEY_CODES)]
    Key(KeyOptions),
    /// Print the completions of a shell, such as `landfall completions bash > /etc/bash_completion.d/landfall`
    Completions(CompletionsOptions),
    /// Print the man page, or write one for each command
    Man(ManOptions),
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
    /// Read and check everything, write nothing and hand back no state; the bucket is not asked. Exit 1 if any record
    /// would be rejected, with the reasons and the first line of each
    #[arg(long, short = 'n')]
    pub(crate) dry_run: bool,
}

/// Options of `landfall verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyOptions {
    /// The server's data folder, if not that of LANDFALL_DATA_DIR [default: ./landfall-data]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// File with the key that the log is encrypted with, if not LANDFALL_LOG_KEY or LANDFALL_LOG_KEY_FILE say it
    #[arg(long, value_name = "PATH")]
    pub(crate) log_key_file: Option<PathBuf>,
    /// Read every object and compare its checksum, not its size alone
    #[arg(long)]
    pub(crate) read: bool,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
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
    /// ARN that the bucket policy names; the check warns if another one is in use
    #[arg(long, value_name = "ARN", value_parser = PrincipalArn::parse)]
    pub(crate) principal: Option<PrincipalArn>,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `landfall policy`.
#[derive(Debug, Args)]
pub(crate) struct PolicyOptions {
    /// Settings file (JSON), as for load
    #[arg(long, short = 'c', value_name = "PATH", required = true)]
    pub(crate) config: Vec<PathBuf>,
    /// What to print
    #[arg(long, value_enum, value_name = "FORM", default_value = "json")]
    pub(crate) format: PolicyForm,
    /// Whose policy, in any form
    #[arg(long, value_enum, value_name = "SIDE")]
    pub(crate) side: Option<PolicySide>,
    /// Partition of AWS: aws, aws-cn or aws-us-gov; otherwise told from the principal or the region
    #[arg(long, value_name = "PARTITION", value_parser = parse_partition)]
    pub(crate) partition: Option<Partition>,
    /// ARN of the role or user to grant access to, instead of the one that STS tells; for trust policies, whoever
    /// assumes the role
    #[arg(long, value_name = "ARN", value_parser = PrincipalArn::parse)]
    pub(crate) principal: Option<PrincipalArn>,
    /// Answer in JSON, with partition and principal
    #[arg(long)]
    pub(crate) json: bool,
}

/// Form of `landfall policy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyForm {
    /// The bucket policy.
    Json,
    /// The identity policy of the principal, needed too where the bucket is in another account.
    Identity,
    /// The trust policy of the role that is assumed.
    Trust,
    /// What a bucket needs that is encrypted with a KMS key of yours.
    Kms,
    /// Commands of the AWS CLI.
    AwsCli,
    /// Terraform, or OpenTofu.
    Terraform,
    /// A CloudFormation template.
    Cloudformation,
}

impl PolicyForm {
    /// As the option spells it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Identity => "identity",
            Self::Trust => "trust",
            Self::Kms => "kms",
            Self::AwsCli => "aws-cli",
            Self::Terraform => "terraform",
            Self::Cloudformation => "cloudformation",
        }
    }
}

/// Whose policy is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicySide {
    /// The bucket's.
    Bucket,
    /// The role's or user's that Landfall signs in as, needed too where the bucket is in another account.
    Principal,
    /// The trust policy of the role that is assumed.
    Trust,
    /// What the role or user needs besides for a KMS key of yours.
    Kms,
    /// What the KMS key itself must allow.
    Key,
}

/// Options of `landfall completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsOptions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: CompletionShell,
}

/// A shell that completions are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompletionShell {
    Bash,
    Zsh,
    Fish,
}

impl CompletionShell {
    /// What makes its completions.
    pub(crate) const fn generator(self) -> clap_complete::Shell {
        match self {
            Self::Bash => clap_complete::Shell::Bash,
            Self::Zsh => clap_complete::Shell::Zsh,
            Self::Fish => clap_complete::Shell::Fish,
        }
    }
}

/// Options of `landfall man`.
#[derive(Debug, Args)]
pub(crate) struct ManOptions {
    /// Folder for landfall.1 and a page for each command; without it landfall.1 is printed
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
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
    /// The template.
    #[arg(
        help = "The template, such as '[integration_name]/[table_name]/[table_version]_[timestamp_loaded].[csv|jsonl]'"
    )]
    pub(crate) template: String,
    /// Data storage format
    #[arg(long, value_name = "FORMAT", default_value = "jsonl", value_parser = ["jsonl", "json", "csv"])]
    pub(crate) format: String,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Lands a Singer stream from stdin in an S3 bucket, as JSON Lines or CSV: `tap | target-landfall --config target.json`
#[derive(Debug, Parser)]
#[command(name = TARGET, bin_name = TARGET, disable_version_flag = true)]
struct Target {
    #[command(flatten)]
    options: LoadOptions,
}

/// The name under which the binary is `landfall load`, so that Singer runners find it (singer.md §1).
const TARGET: &str = "target-landfall";

/// The command that the arguments ask for. Ends the process where they ask for help, or for what there is not.
pub(crate) fn command(given: impl Iterator<Item = OsString>) -> Command {
    let arguments: Vec<OsString> = given.collect();
    let name = arguments.first().map(PathBuf::from).unwrap_or_default();
    if name.file_stem().and_then(|stem| stem.to_str()) == Some(TARGET) {
        Command::Load(Target::parse_from(arguments).options)
    } else {
        Cli::parse_from(arguments).command
    }
}

/// Whether a `--config` names the environment.
pub(crate) fn is_environment(path: &Path) -> bool {
    path.as_os_str() == "ENV"
}
