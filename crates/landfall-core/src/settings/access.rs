//! How the bucket is reached: identity, place and encryption (management-api.md §4.2).

use std::fmt;

use super::SettingName;
use super::auth::AuthMode;
use super::draft::{Draft, without_blanks};
use super::endpoint::Endpoint;
use super::problem::SettingFault;
use super::web_url::PlainHttp;
use crate::bucket_name::BucketName;

/// How the bucket is reached.
#[derive(Debug, Clone)]
pub struct AccessSettings {
    /// Whose identity is used.
    pub auth: AuthMode,
    /// Region of the bucket; found out where it isn't given.
    pub region: Option<Region>,
    /// Where the bucket is, if not at Amazon S3.
    pub endpoint: Option<Endpoint>,
    /// Where the bucket's name stands in requests.
    pub addressing: Addressing,
    /// Which encryption is asked for with every object.
    pub encryption: ServerSideEncryption,
}

/// Where the bucket's name stands in requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressing {
    /// In the path, `https://host/bucket/key`: for endpoints, and for names with dots, which wildcard TLS certificates
    /// don't match.
    Path,
    /// In the host name, `https://bucket.host/key`.
    VirtualHost,
}

/// Which encryption is asked for with every object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerSideEncryption {
    /// None, so that of the bucket applies.
    BucketDefault,
    /// `AES256`.
    Aes256,
    /// `aws:kms`, with this key or else with the AWS managed one.
    Kms {
        /// The key.
        key_id: Option<KmsKeyId>,
    },
}

/// An AWS region, 1 to 32 of `a`–`z`, digits and `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region(String);

/// ID, ARN or alias of a KMS key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmsKeyId(String);

impl Region {
    fn parse(text: &str) -> Result<Self, SettingFault> {
        let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=32).contains(&text.len()) && text.bytes().all(is_allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SettingFault::NotARegion {
                found: text.to_owned(),
            })
        }
    }

    /// The region's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl KmsKeyId {
    /// The ID.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AccessSettings {
    /// `bucket` is none if its name is at fault, which has been reported.
    pub(super) fn read(draft: &mut Draft, bucket: Option<&BucketName>) -> Option<Self> {
        let auth = AuthMode::read(draft);
        let region = draft.parsed(SettingName::S3Region, Region::parse);
        let plain = if draft.is_true(SettingName::AllowInsecureEndpoint) {
            PlainHttp::Anywhere
        } else {
            PlainHttp::OnLoopback
        };
        let endpoint = draft.parsed(SettingName::S3EndpointUrl, |text| Endpoint::parse(text, plain));
        let is_path_style = draft.boolean(SettingName::S3ForcePathStyle);
        let by_default = || endpoint.is_some() || bucket.is_some_and(BucketName::has_dots);
        let addressing = if is_path_style.unwrap_or_else(by_default) {
            Addressing::Path
        } else {
            Addressing::VirtualHost
        };
        let encryption = read_encryption(draft);
        Some(Self {
            auth: auth?,
            region,
            endpoint,
            addressing,
            encryption: encryption?,
        })
    }
}

fn read_encryption(draft: &mut Draft) -> Option<ServerSideEncryption> {
    let key_id = draft.parsed(SettingName::S3KmsKeyId, |text| {
        without_blanks(text).map(str::to_owned)
    });
    let encryption = draft.choice(SettingName::S3ServerSideEncryption, |spelling| match spelling {
        "none" => Some(ServerSideEncryption::BucketDefault),
        "AES256" => Some(ServerSideEncryption::Aes256),
        "aws:kms" => Some(ServerSideEncryption::Kms {
            key_id: key_id.map(KmsKeyId),
        }),
        _ => None,
    })?;
    let is_kms = matches!(encryption, ServerSideEncryption::Kms { .. });
    if !is_kms && draft.is_set(SettingName::S3KmsKeyId) {
        let with = SettingName::S3ServerSideEncryption.as_str();
        draft.report(
            SettingName::S3KmsKeyId,
            SettingFault::OnlyWith {
                with,
                value: "aws:kms",
            },
        );
    }
    Some(encryption)
}
