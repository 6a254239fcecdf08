//! Settings become the things they describe.

use std::sync::Arc;

use landfall_bucket::{Bucket, Credentials, Encryption, FolderBucket, S3Bucket, S3Config, S3Options};
use landfall_core::settings::{AccessSettings, Addressing, AuthMode, Endpoint, ServerSideEncryption};
use secrecy::ExposeSecret;

use crate::environment::variable;

/// A bucket of either kind, for those who need to know which.
pub(crate) enum OpenBucket {
    /// A folder.
    Folder(FolderBucket),
    /// Amazon S3.
    Aws(S3Bucket),
    /// A store that speaks its protocol.
    Store(S3Bucket),
}

impl OpenBucket {
    /// Opens the bucket `name` with the access of a destination. Nothing is sent yet.
    pub(crate) async fn open(access: &AccessSettings, name: &str, options: S3Options) -> Self {
        match &access.endpoint {
            Some(Endpoint::Folder(folder)) => Self::Folder(FolderBucket::open(folder.as_path(), name)),
            Some(endpoint) => {
                Self::Store(S3Bucket::open(s3_config(access, Some(endpoint), name), options).await)
            }
            None => {
                let config = S3Config {
                    endpoint_url: aws_address("S3"),
                    ..s3_config(access, None, name)
                };
                Self::Aws(S3Bucket::open(config, options).await)
            }
        }
    }
}

/// Opens the bucket `name` with the access of a destination. Nothing is sent yet.
pub(crate) async fn open_bucket(access: &AccessSettings, name: &str, options: S3Options) -> Arc<dyn Bucket> {
    match OpenBucket::open(access, name, options).await {
        OpenBucket::Folder(bucket) => Arc::new(bucket),
        OpenBucket::Aws(bucket) | OpenBucket::Store(bucket) => Arc::new(bucket),
    }
}

/// The default options, with STS where the environment says it is.
pub(crate) fn aws_options() -> S3Options {
    S3Options {
        sts_endpoint_url: aws_address("STS"),
        ..S3Options::default()
    }
}

/// Where a service of AWS is instead of its usual address, such as behind a VPC endpoint: by the variables that all AWS
/// tools know.
fn aws_address(service: &str) -> Option<String> {
    if variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    {
        return None;
    }
    variable(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| variable("AWS_ENDPOINT_URL"))
}

fn s3_config(access: &AccessSettings, endpoint: Option<&Endpoint>, name: &str) -> S3Config {
    S3Config {
        bucket: name.to_owned(),
        region: access.region.as_ref().map(|region| region.as_str().to_owned()),
        endpoint_url: match endpoint {
            Some(Endpoint::Url(url)) => Some(url.as_str().to_owned()),
            Some(Endpoint::Folder(_)) | None => None,
        },
        force_path_style: access.addressing == Addressing::Path,
        credentials: credentials(&access.auth),
        encryption: match &access.encryption {
            ServerSideEncryption::BucketDefault => Encryption::BucketDefault,
            ServerSideEncryption::Aes256 => Encryption::Aes256,
            ServerSideEncryption::Kms { key_id } => Encryption::Kms {
                key_id: key_id.as_ref().map(|key| key.as_str().to_owned()),
            },
        },
    }
}

fn credentials(auth: &AuthMode) -> Credentials {
    match auth {
        AuthMode::Ambient => Credentials::Ambient,
        AuthMode::AssumeRole {
            role_arn,
            external_id,
        } => Credentials::AssumeRole {
            role_arn: role_arn.as_str().to_owned(),
            external_id: external_id.as_ref().map(|id| id.as_str().to_owned()),
            session_name: "landfall-target".to_owned(),
        },
        AuthMode::Static {
            access_key_id,
            secret_access_key,
            session_token,
        } => Credentials::Static {
            access_key_id: access_key_id.expose_secret().to_owned(),
            secret_access_key: secret_access_key.expose_secret().to_owned(),
            session_token: session_token
                .as_ref()
                .map(|token| token.expose_secret().to_owned()),
        },
    }
}
