//! The fields of screen 2 (setup-flow.md §3.1), also on the page that edits a destination.

use super::choice::Choice;
use super::draft::Draft;
use super::judge::{Faults, suggest};
use crate::components::Field;

/// All fields, filled in.
pub(crate) struct SettingsFields {
    pub(crate) is_folder: bool,
    pub(crate) is_csv: bool,
    pub(crate) is_quoted: bool,
    pub(crate) is_open: bool,
    /// The one-click fix of the bucket's name.
    pub(crate) use_name: Option<String>,
    pub(crate) name: Field,
    pub(crate) description: Field,
    pub(crate) folder: Field,
    pub(crate) bucket: Field,
    pub(crate) delimiter: Choice,
    pub(crate) auth: Choice,
    pub(crate) role: Field,
    pub(crate) external_id: Field,
    pub(crate) access_key: Field,
    pub(crate) secret: Field,
    pub(crate) token: Field,
    pub(crate) region: Field,
    pub(crate) endpoint: Field,
    pub(crate) path_style: Choice,
    pub(crate) encryption: Choice,
    pub(crate) kms_key: Field,
}

const BUCKET_HELP: &str =
    "Only the bucket name: no URLs, https, or S3 parts. For example com-test-stitch-bucket";

/// The entry for the default, which may be stored under its name.
fn default_of(chosen: &str, spelled: &'static str) -> &'static str {
    if chosen == spelled { spelled } else { "" }
}

impl SettingsFields {
    /// The fields of `draft`. `is_stored`: whether credentials may be there already.
    pub(crate) fn new(draft: &Draft, faults: &Faults, is_stored: bool) -> Self {
        let errors = |name: &str| faults.get(name).cloned().unwrap_or_default();
        let is_unchanged = |kept: &str| is_stored || !kept.is_empty();
        let keep = "Leave it blank to keep the one that is set.";
        let secret_help = |kept: &str, help| if is_unchanged(kept) { keep } else { help };
        let advanced_faults = faults
            .keys()
            .any(|name| name.starts_with("aws_") || (name.starts_with("s3_") && name != "s3_bucket"));
        Self {
            is_folder: draft.is_folder(),
            is_csv: draft.output_file_format == "csv",
            is_quoted: draft.csv_force_quote == "true",
            is_open: draft.is_advanced() || advanced_faults,
            use_name: suggest(draft),
            name: Field::text("name", "Display Name")
                .help("Distinguishes several destinations of the same type")
                .value(&draft.name)
                .errors(errors("name")),
            description: Field::area("description", "Description (optional)")
                .help("Free text")
                .value(&draft.description)
                .errors(errors("description")),
            folder: Field::text("folder", "Folder")
                .help("An absolute path on the machine that Landfall runs on. Its sub-folders are buckets.")
                .value(&draft.folder)
                .errors(errors("folder")),
            bucket: Field::text("s3_bucket", "Bucket Name")
                .help(if draft.is_folder() {
                    "The sub-folder that data goes into. For example lake"
                } else {
                    BUCKET_HELP
                })
                .value(&draft.s3_bucket)
                .errors(errors("s3_bucket")),
            delimiter: delimiter(draft, errors("csv_delimiter")),
            auth: auth(draft, errors("aws_auth_mode")),
            role: Field::text("aws_role_arn", "Role ARN")
                .help("The role that Landfall assumes, such as arn:aws:iam::111122223333:role/landfall")
                .value(&draft.aws_role_arn)
                .errors(errors("aws_role_arn")),
            external_id: Field::text("aws_external_id", "External ID")
                .help("The trust policy of the role asks for it. This one is made for you.")
                .value(&draft.aws_external_id)
                .errors(errors("aws_external_id")),
            access_key: Field::text("aws_access_key_id", "Access key ID")
                .help(secret_help(
                    &draft.aws_access_key_id,
                    "For example AKIAIOSFODNN7EXAMPLE",
                ))
                .errors(errors("aws_access_key_id")),
            secret: Field::password("aws_secret_access_key", "Secret access key")
                .optional()
                .autocomplete("new-password")
                .help(secret_help(
                    &draft.aws_secret_access_key,
                    "Encrypted at rest, and never shown again.",
                ))
                .errors(errors("aws_secret_access_key")),
            token: Field::password("aws_session_token", "Session token (optional)")
                .optional()
                .autocomplete("new-password")
                .help(secret_help(
                    &draft.aws_session_token,
                    "Only for temporary keys. Loads stop when it expires.",
                ))
                .errors(errors("aws_session_token")),
            region: Field::text("s3_region", "Region (optional)")
                .help("Found out from the bucket if you leave it blank. For example eu-central-1")
                .value(&draft.s3_region)
                .errors(errors("s3_region")),
            endpoint: Field::text("s3_endpoint_url", "Endpoint URL (optional)")
                .help("For MinIO, R2, Ceph and other stores that speak S3: https://host:port")
                .value(&draft.s3_endpoint_url)
                .errors(errors("s3_endpoint_url")),
            path_style: path_style(draft, errors("s3_force_path_style")),
            encryption: encryption(draft, errors("s3_server_side_encryption")),
            kms_key: Field::text("s3_kms_key_id", "KMS key (optional)")
                .help("ID, ARN or alias. Without one, the AWS managed key is used.")
                .value(&draft.s3_kms_key_id)
                .errors(errors("s3_kms_key_id")),
        }
    }
}

fn delimiter(draft: &Draft, errors: Vec<String>) -> Choice {
    Choice {
        name: "csv_delimiter",
        label: "Delimiter",
        help: "Stands between the columns of a row",
        chosen: draft.csv_delimiter.clone(),
        options: vec![(",", "Comma ,"), ("|", "Pipe |"), ("\\t", "Tab")],
        errors,
    }
}

fn auth(draft: &Draft, errors: Vec<String>) -> Choice {
    Choice {
        name: "aws_auth_mode",
        label: "Sign-in",
        help: "How Landfall signs in to AWS",
        chosen: draft.aws_auth_mode.clone(),
        options: vec![
            (
                default_of(&draft.aws_auth_mode, "ambient"),
                "With this server's own identity (default)",
            ),
            ("assume_role", "As a role that it assumes"),
            ("static", "With an access key"),
        ],
        errors,
    }
}

fn path_style(draft: &Draft, errors: Vec<String>) -> Choice {
    Choice {
        name: "s3_force_path_style",
        label: "Path-style addressing",
        help: "Whether the bucket's name stands in the path of requests instead of the host name",
        chosen: draft.s3_force_path_style.clone(),
        options: vec![
            ("", "Automatic: with an endpoint, or a dot in the name"),
            ("true", "Always"),
            ("false", "Never"),
        ],
        errors,
    }
}

fn encryption(draft: &Draft, errors: Vec<String>) -> Choice {
    Choice {
        name: "s3_server_side_encryption",
        label: "Encryption",
        help: "What Landfall asks for with every object",
        chosen: draft.s3_server_side_encryption.clone(),
        options: vec![
            (
                default_of(&draft.s3_server_side_encryption, "none"),
                "Nothing: the bucket's own setting applies (default)",
            ),
            ("AES256", "AES256, keys of S3"),
            ("aws:kms", "aws:kms, a key of KMS"),
        ],
        errors,
    }
}
