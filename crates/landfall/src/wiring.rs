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
                let moved = MovedS3::of_environment();
                let usual = s3_config(access, None, name);
                let config = S3Config {
                    force_path_style: usual.force_path_style || moved.as_ref().is_some_and(MovedS3::is_store),
                    endpoint_url: moved.map(|moved| moved.url),
                    ..usual
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
        sts_endpoint_url: aws_address("STS").map(|(_, url)| url),
        ..S3Options::default()
    }
}

/// Where the environment says that Amazon S3 is, instead of its usual address.
#[derive(Debug)]
pub(crate) struct MovedS3 {
    variable: String,
    url: String,
}

impl MovedS3 {
    /// What the environment says, if it says so.
    pub(crate) fn of_environment() -> Option<Self> {
        aws_address("S3").map(|(variable, url)| Self { variable, url })
    }

    /// As [`MovedS3::of_environment`], where the settings name no endpoint of their own.
    pub(crate) fn for_access(access: &AccessSettings) -> Option<Self> {
        match access.endpoint {
            None => Self::of_environment(),
            Some(_) => None,
        }
    }

    /// Whether that is another store, for which the bucket's name stands in the path, and not a VPC endpoint of AWS.
    fn is_store(&self) -> bool {
        let (_, rest) = self.url.split_once("://").unwrap_or(("", &self.url));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit_once(':').map_or(authority, |(host, _port)| host);
        let host = host.to_ascii_lowercase();
        !host.ends_with(".amazonaws.com") && !host.ends_with(".amazonaws.com.cn")
    }

    /// One line for people who wonder where their requests go.
    pub(crate) fn line(&self) -> String {
        let Self { variable, url } = self;
        let style = match self.is_store() {
            true => ", with the name of the bucket in the path",
            false => "",
        };
        format!("{variable} is set: Amazon S3 is asked at {url}{style}.")
    }
}

/// Where a service of AWS is instead of its usual address, such as behind a VPC endpoint: by the variables that all AWS
/// tools know. The name of the variable, and its value.
fn aws_address(service: &str) -> Option<(String, String)> {
    if variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    {
        return None;
    }
    let names = [
        format!("AWS_ENDPOINT_URL_{service}"),
        "AWS_ENDPOINT_URL".to_owned(),
    ];
    names
        .into_iter()
        .find_map(|name| variable(&name).map(|url| (name, url)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_of_the_environment_is_a_store_unless_amazon_keeps_it() {
        let cases = [
            ("http://localhost:5000", true),
            ("https://minio.example.com/", true),
            (
                "https://bucket.vpce-1-2.s3.eu-central-1.vpce.amazonaws.com",
                false,
            ),
            ("https://s3.cn-north-1.amazonaws.com.cn:443/", false),
        ];
        for (url, is_store) in cases {
            let moved = MovedS3 {
                variable: "AWS_ENDPOINT_URL".to_owned(),
                url: url.to_owned(),
            };
            assert_eq!(moved.is_store(), is_store, "{url}");
            assert!(
                moved
                    .line()
                    .starts_with(&format!("AWS_ENDPOINT_URL is set: Amazon S3 is asked at {url}"))
            );
        }
    }
}
