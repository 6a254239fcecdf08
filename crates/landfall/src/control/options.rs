//! Options of `landfall destination` and `landfall source`.

use clap::{Args, Subcommand};

/// Which server, and how to answer.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// Address of the server [default: $LANDFALL_SERVER, or http://127.0.0.1:8080]. Its key is taken from LANDFALL_KEY
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// Answer in JSON, as the API does
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// Options of `landfall destination`.
#[derive(Debug, Args)]
pub(crate) struct DestinationOptions {
    #[command(flatten)]
    pub(crate) server: Server,
    #[command(subcommand)]
    pub(crate) command: DestinationCommand,
}

/// What to do with a destination.
#[derive(Debug, Subcommand)]
pub(crate) enum DestinationCommand {
    /// Make a destination: prints the bucket policy and, this once, the name of the challenge file
    Create(DestinationFields),
    /// Judge an S3 Key: all its problems, or the key of an example
    ValidateKey {
        /// The template
        template: String,
        /// Data storage format
        #[arg(long, value_name = "FORMAT", default_value = "json", value_parser = ["json", "jsonl", "csv"])]
        format: String,
    },
    /// Print the bucket policy of a destination
    Policy {
        /// Number of the destination
        id: u32,
        /// Partition of AWS
        #[arg(long, value_name = "PARTITION", value_parser = ["aws", "aws-cn", "aws-us-gov"])]
        partition: Option<String>,
    },
    /// Check the access to the bucket, step by step
    Check {
        /// Number of the destination
        id: u32,
    },
    /// Make a new name for the challenge file, shown this once
    NewChallenge {
        /// Number of the destination
        id: u32,
    },
    /// Change a destination: what isn't given stays
    Update {
        /// Number of the destination
        id: u32,
        #[command(flatten)]
        fields: DestinationFields,
    },
    /// Hold loading; what comes in is kept
    Pause {
        /// Number of the destination
        id: u32,
    },
    /// Load again
    Resume {
        /// Number of the destination
        id: u32,
    },
    /// List the destinations
    List,
    /// Show a destination
    Show {
        /// Number of the destination
        id: u32,
    },
    /// Delete a destination. Objects in its bucket stay
    Delete {
        /// Number of the destination
        id: u32,
        /// Yes, delete it
        #[arg(long)]
        yes: bool,
        /// What becomes of the sources that load to it
        #[arg(long, value_name = "WHAT", required = true, value_parser = ["pause", "delete"])]
        sources: String,
    },
}

/// What a destination is made of. Secrets come from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
/// AWS_SESSION_TOKEN) or a prompt, never from flags.
#[derive(Debug, Default, Args)]
pub(crate) struct DestinationFields {
    /// Its name
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// The bucket, its name only
    #[arg(long, value_name = "BUCKET")]
    pub(crate) bucket: Option<String>,
    /// Data storage format
    #[arg(long, value_name = "FORMAT", value_parser = ["json", "jsonl", "csv"])]
    pub(crate) format: Option<String>,
    /// Delimiter of CSV: `,`, pipe or tab
    #[arg(long, value_name = "DELIMITER", value_parser = [",", "comma", "pipe", "tab", "|"])]
    pub(crate) delimiter: Option<String>,
    /// Quote every value of CSV
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub(crate) quote_all: Option<bool>,
    /// The S3 Key, a template
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) key: Option<String>,
    /// Name of a challenge file that is in the bucket already
    #[arg(long, value_name = "NAME")]
    pub(crate) challenge_file: Option<String>,
    /// How Landfall signs in
    #[arg(long, value_name = "MODE", value_parser = ["ambient", "assume-role", "static"])]
    pub(crate) auth: Option<String>,
    /// The role to assume
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<String>,
    /// The external ID that the role asks for
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Option<String>,
    /// Region of the bucket; otherwise found out
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Endpoint of another store than AWS, with its scheme, or a folder as file:///path
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Name the bucket in the path rather than in the host
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub(crate) path_style: Option<bool>,
    /// Encryption of objects by the store
    #[arg(long, value_name = "KIND", value_parser = ["none", "AES256", "aws:kms"])]
    pub(crate) sse: Option<String>,
    /// KMS key of that encryption
    #[arg(long, value_name = "ID")]
    pub(crate) kms_key: Option<String>,
}

/// Options of `landfall source`.
#[derive(Debug, Args)]
pub(crate) struct SourceOptions {
    #[command(flatten)]
    pub(crate) server: Server,
    #[command(subcommand)]
    pub(crate) command: SourceCommand,
}

/// What to do with a source.
#[derive(Debug, Subcommand)]
pub(crate) enum SourceCommand {
    /// Make a source
    Create {
        #[command(subcommand)]
        kind: SourceKind,
    },
    /// List the sources
    List {
        /// Deleted ones too
        #[arg(long)]
        all: bool,
    },
    /// Show a source, which may be deleted
    Show {
        /// Number of the source
        id: u32,
    },
    /// Give a source another name. Its folder stays
    Rename {
        /// Number of the source
        id: u32,
        /// The new name
        name: String,
    },
    /// Load a source to a destination. One whose data went to another is paused until you unpause it
    Move {
        /// Number of the source
        id: u32,
        /// Number of the destination
        destination: u32,
    },
    /// Load what was received of a source now, rather than when its batches are full or old enough
    Load {
        /// Name or number of the source
        #[arg(value_name = "NAME|ID")]
        source: String,
    },
    /// Refuse what is sent to a source. What was received before is loaded
    Pause {
        /// Number of the source
        id: u32,
    },
    /// Take data again
    #[command(visible_alias = "resume")]
    Unpause {
        /// Number of the source
        id: u32,
    },
    /// Delete a source: its tokens stop working. What was received before is loaded, objects in the bucket stay
    Delete {
        /// Number of the source
        id: u32,
        /// Yes, delete it
        #[arg(long)]
        yes: bool,
    },
    /// Access tokens of a source that clients of the Import API push to
    Tokens {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// URLs of a source that takes webhooks
    Urls {
        #[command(subcommand)]
        command: TokenCommand,
    },
}

/// What kind of source.
#[derive(Debug, Subcommand)]
pub(crate) enum SourceKind {
    /// One that clients of the Import API push to: prints its first token, this once
    ImportApi(NewSourceFields),
    /// One that takes requests at a URL: prints the URL, this once
    Webhook(NewSourceFields),
}

/// What a source is made of.
#[derive(Debug, Args)]
pub(crate) struct NewSourceFields {
    /// Its name; the folder in the bucket is derived from it
    pub(crate) name: String,
    /// The destination, if there are several
    #[arg(long, value_name = "ID")]
    pub(crate) destination: Option<u32>,
}

/// What to do with the tokens or URLs of a source.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make one, shown this once. A source has two at most, so that one can be replaced without a gap
    Create {
        /// Number of the source
        source: u32,
    },
    /// List them, newest first
    List {
        /// Number of the source
        source: u32,
    },
    /// Revoke one: it stops working at once
    Revoke {
        /// Number of the source
        source: u32,
        /// Number of the token or URL
        id: u32,
    },
}
