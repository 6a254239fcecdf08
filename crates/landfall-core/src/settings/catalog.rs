//! Every setting, described once: names, types, defaults and meanings for the parser, the schema and the reference.

use crate::object_key::ObjectKeyTemplate;

/// What there is to know about one setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// As it is spelled in settings files and in the management API.
    pub name: &'static str,
    /// What it does, in a sentence or two of Markdown.
    pub meaning: &'static str,
    /// Which values it takes.
    pub kind: SettingKind,
    /// What happens without it.
    pub default: SettingDefault,
    /// Whether its value must never be shown.
    pub is_secret: bool,
}

/// Which values a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// A text, and the regular expression that it matches where there is one.
    Text {
        /// The expression, anchored at both ends.
        pattern: Option<&'static str>,
    },
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// True or false.
    Boolean,
    /// A whole number within bounds, which are part of it.
    Integer {
        /// The smallest.
        min: u64,
        /// The largest.
        max: u64,
    },
    /// A list of texts.
    TextList {
        /// How many at most.
        max_items: usize,
    },
}

/// What happens when a setting is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingDefault {
    /// It must be given.
    Required,
    /// Nothing; the text says what that means.
    Unset(&'static str),
    /// This text counts.
    Text(&'static str),
    /// This number counts.
    Integer(u64),
    /// This counts.
    Boolean(bool),
    /// The empty list counts.
    EmptyList,
}

/// A setting before it has its name.
#[derive(Clone, Copy)]
struct Shape {
    kind: SettingKind,
    default: SettingDefault,
    is_secret: bool,
}

impl Shape {
    const fn new(kind: SettingKind, default: SettingDefault) -> Self {
        Self {
            kind,
            default,
            is_secret: false,
        }
    }

    const fn text(default: SettingDefault) -> Self {
        Self::new(SettingKind::Text { pattern: None }, default)
    }

    const fn pattern(pattern: &'static str, default: SettingDefault) -> Self {
        Self::new(
            SettingKind::Text {
                pattern: Some(pattern),
            },
            default,
        )
    }

    const fn choice(choices: &'static [&'static str], default: &'static str) -> Self {
        Self::new(SettingKind::Choice(choices), SettingDefault::Text(default))
    }

    const fn boolean(default: bool) -> Self {
        Self::new(SettingKind::Boolean, SettingDefault::Boolean(default))
    }

    const fn integer(min: u64, max: u64, default: u64) -> Self {
        Self::new(
            SettingKind::Integer { min, max },
            SettingDefault::Integer(default),
        )
    }

    const fn secret(self) -> Self {
        Self {
            is_secret: true,
            ..self
        }
    }
}

/// Generates [`SettingName`] from the rows below. A macro, so that there is no second list to keep in step.
macro_rules! catalog {
    ($($id:ident: $name:literal, $shape:expr, $meaning:literal;)+) => {
        /// The name of a setting; the order is that of the reference.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum SettingName {
            $(#[doc = $meaning] $id,)+
        }

        impl SettingName {
            /// Every setting, in the order of the reference.
            pub const ALL: &'static [Self] = &[$(Self::$id),+];

            /// What there is to know about it.
            #[must_use]
            pub const fn describe(self) -> Setting {
                match self {
                    $(Self::$id => {
                        const SHAPE: Shape = $shape;
                        Setting {
                            name: $name,
                            meaning: $meaning,
                            kind: SHAPE.kind,
                            default: SHAPE.default,
                            is_secret: SHAPE.is_secret,
                        }
                    })+
                }
            }
        }
    };
}

use SettingDefault::{Required, Unset};

const MANY: u64 = i64::MAX as u64;
const YEAR_SECONDS: u64 = 365 * 24 * 60 * 60;

catalog! {
    S3Bucket: "s3_bucket", Shape::text(Required),
        "Name of the bucket, and nothing but the name: no `s3://`, no `https://`, no folder.";
    IntegrationName: "integration_name", Shape::text(Required),
        "Name of the source. It is `[integration_name]` in object keys, where other characters than letters, numbers, `_`, `-` and `.` become `_`.";
    OutputFileFormat: "output_file_format", Shape::choice(&["jsonl", "csv"], "jsonl"),
        "Data storage format: `jsonl` keeps nested data, `csv` flattens objects into columns and moves arrays to files of their own. `json` is another spelling of `jsonl`.";
    S3KeyFormatString: "s3_key_format_string", Shape::text(SettingDefault::Text(ObjectKeyTemplate::DEFAULT)),
        "The S3 Key: how objects are named. Needs `[integration_name]`, `[table_name]`, `[table_version]` and `[timestamp_loaded]`; may have `[year_loaded]`, `[month_loaded]`, `[day_loaded]` and `[hour_loaded]`.";
    CsvDelimiter: "csv_delimiter", Shape::choice(&[",", "|", "\\t"], ","),
        "What separates the columns of CSV files. `\\t` is a tab.";
    CsvForceQuote: "csv_force_quote", Shape::boolean(false),
        "Whether every value in CSV files is quoted, numbers included.";
    SentinelKey: "sentinel_key",
        Shape::pattern("^stitch-challenge-file-[A-Za-z0-9_-]{1,100}$", Unset("access is not checked")).secret(),
        "Name of the challenge file, the empty object at the top of the bucket that proves access to it.";
    BatchSizeRows: "batch_size_rows", Shape::integer(1, MANY, 100_000),
        "A batch is loaded when it has so many records.";
    BatchSizeBytes: "batch_size_bytes", Shape::integer(1, MANY, 67_108_864),
        "A batch is loaded when its records have so many bytes of JSON.";
    BatchWaitSeconds: "batch_wait_seconds", Shape::integer(1, YEAR_SECONDS, 300),
        "A batch is loaded when its first record has waited so long.";
    MemoryBudgetBytes: "memory_budget_bytes", Shape::integer(1, MANY, 268_435_456),
        "So many bytes of records may wait in memory for all tables together.";
    ValidateRecords: "validate_records", Shape::boolean(true),
        "Whether records are validated against their schema. Keys and names are checked in any case.";
    OnInvalidRecord: "on_invalid_record", Shape::choice(&["reject", "fail"], "reject"),
        "What happens to a record that can't be loaded: `reject` sets it aside in `_sdc_rejected`, `fail` ends the run.";
    ProcessActivateVersionMessages: "process_activate_version_messages", Shape::boolean(true),
        "Whether `ACTIVATE_VERSION` messages are obeyed; otherwise they are ignored altogether.";
    PostLoadWebhooks: "post_load_webhooks",
        Shape::new(SettingKind::TextList { max_items: 10 }, SettingDefault::EmptyList).secret(),
        "URLs that are told of every load.";
    AllowInsecureWebhooks: "allow_insecure_webhooks", Shape::boolean(false),
        "Whether post-load webhooks may use plain HTTP.";
    AwsAuthMode: "aws_auth_mode", Shape::choice(&["ambient", "assume_role", "static"], "ambient"),
        "How to sign in to AWS: `ambient` uses the credentials of the environment, `assume_role` those of a role, `static` the keys below.";
    AwsRoleArn: "aws_role_arn",
        Shape::pattern("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", Unset("needed with `assume_role`")),
        "The role to assume.";
    AwsExternalId: "aws_external_id", Shape::pattern("^[A-Za-z0-9+=,.@:/_-]{2,1224}$", Unset("none is sent")),
        "The external ID that the role asks for.";
    AwsAccessKeyId: "aws_access_key_id", Shape::text(Unset("needed with `static`")).secret(),
        "Access key ID, only with `static`.";
    AwsSecretAccessKey: "aws_secret_access_key", Shape::text(Unset("needed with `static`")).secret(),
        "Secret access key, only with `static`.";
    AwsSessionToken: "aws_session_token", Shape::text(Unset("none is sent")).secret(),
        "Session token of temporary keys, only with `static`.";
    S3Region: "s3_region", Shape::pattern("^[a-z0-9-]{1,32}$", Unset("found out from the bucket")),
        "Region of the bucket, such as `eu-central-1`.";
    S3EndpointUrl: "s3_endpoint_url", Shape::text(Unset("Amazon S3")),
        "Another S3-compatible server, `https://host[:port]`, or a local folder, `file:///folder`. Plain `http` only on this machine.";
    AllowInsecureEndpoint: "allow_insecure_endpoint", Shape::boolean(false),
        "Whether the endpoint may use plain HTTP on other machines too.";
    S3ForcePathStyle: "s3_force_path_style",
        Shape::new(SettingKind::Boolean, Unset("true with an endpoint, or if the bucket's name has dots")),
        "Whether the bucket stands in the path of requests instead of the host name.";
    S3ServerSideEncryption: "s3_server_side_encryption", Shape::choice(&["none", "AES256", "aws:kms"], "none"),
        "Encryption that is asked for with every object; `none` leaves it to the bucket.";
    S3KmsKeyId: "s3_kms_key_id", Shape::text(Unset("the AWS managed key")),
        "Key for `aws:kms`.";
}

impl SettingName {
    /// The setting with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|setting| setting.describe().name == name)
    }

    /// Its name, as in settings files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.describe().name
    }
}
