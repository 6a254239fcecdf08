//! What an S3 bucket is opened with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::retry::{RetryPolicy, Sleep, TokioSleep};

/// Where the bucket is and with whose credentials it is used (`management-api.md` §4.2, `setup-flow.md` §6.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Config {
    /// `s3_bucket`.
    pub bucket: String,
    /// `s3_region`; `None` finds it from the bucket's answers.
    pub region: Option<String>,
    /// `s3_endpoint_url`; `None` for AWS.
    pub endpoint_url: Option<String>,
    /// `s3_force_path_style`.
    pub force_path_style: bool,
    /// `aws_auth_mode` with its properties.
    pub credentials: Credentials,
    /// `s3_server_side_encryption` and `s3_kms_key_id`.
    pub encryption: Encryption,
}

/// Whose identity is used. `Debug` prints no secret.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// The default provider chain: environment, profile, SSO, web identity, container, instance.
    Ambient,
    /// A role assumed with the ambient identity, for 1 h, renewed 5 min before expiry.
    AssumeRole {
        /// `aws_role_arn`.
        role_arn: String,
        /// `aws_external_id`.
        external_id: Option<String>,
        /// `landfall-<destination id>`.
        session_name: String,
    },
    /// A key pair.
    Static {
        /// `aws_access_key_id`.
        access_key_id: String,
        /// `aws_secret_access_key`.
        secret_access_key: String,
        /// `aws_session_token`, of temporary credentials.
        session_token: Option<String>,
    },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambient => f.write_str("Ambient"),
            Self::AssumeRole {
                role_arn,
                session_name,
                ..
            } => f
                .debug_struct("AssumeRole")
                .field("role_arn", role_arn)
                .field("session_name", session_name)
                .finish_non_exhaustive(),
            Self::Static { access_key_id, .. } => f
                .debug_struct("Static")
                .field("access_key_id", access_key_id)
                .finish_non_exhaustive(),
        }
    }
}

/// How the store is asked to encrypt objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// By the bucket's own default.
    BucketDefault,
    /// With keys of S3 (`AES256`).
    Aes256,
    /// With a key of KMS (`aws:kms`).
    Kms {
        /// `None` for the account's key for S3.
        key_id: Option<String>,
    },
}

/// How an S3 bucket behaves towards its store.
#[derive(Debug, Clone)]
pub struct S3Options {
    /// When failed requests are sent again.
    pub retry: RetryPolicy,
    /// Waits between repetitions.
    pub sleep: Arc<dyn Sleep>,
    /// How long answers may take.
    pub timeouts: Timeouts,
    /// From which size on, and in which pieces, objects are uploaded in parts.
    pub multipart: MultipartPlan,
    /// Another address of STS than AWS's.
    pub sts_endpoint_url: Option<String>,
}

impl Default for S3Options {
    fn default() -> Self {
        Self {
            retry: RetryPolicy::standalone(),
            sleep: Arc::new(TokioSleep),
            timeouts: Timeouts::default(),
            multipart: MultipartPlan::default(),
            sts_endpoint_url: None,
        }
    }
}

/// How long one request may take: a fixed time, and more for the bytes it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To connect. 10 s.
    pub connect: Duration,
    /// For a request without a body, and before the first byte of others. 60 s.
    pub answer: Duration,
    /// The slowest transfer that is waited for. 64 KiB/s.
    pub slowest_bytes_per_second: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            slowest_bytes_per_second: 64 * 1024,
        }
    }
}

impl Timeouts {
    pub(crate) fn for_transfer(&self, bytes: u64) -> Duration {
        self.answer + Duration::from_secs(bytes / self.slowest_bytes_per_second.max(1))
    }
}

/// When and how objects are uploaded in parts (`loading.md` §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MultipartPlan {
    /// Objects of this size and more are uploaded in parts. 64 MiB.
    pub threshold_bytes: u64,
    /// The size of all parts but the last, unless there would be more than 10,000. 8 MiB; S3 takes no less than 5.
    pub part_bytes: u64,
}

/// S3's limit.
const MAX_PARTS: u64 = 10_000;
const MEBIBYTE: u64 = 1024 * 1024;

impl Default for MultipartPlan {
    fn default() -> Self {
        Self {
            threshold_bytes: 64 * MEBIBYTE,
            part_bytes: 8 * MEBIBYTE,
        }
    }
}

impl MultipartPlan {
    pub(crate) fn part_bytes_for(&self, object_bytes: u64) -> u64 {
        let least = object_bytes.div_ceil(MAX_PARTS);
        if least <= self.part_bytes {
            self.part_bytes
        } else {
            least.next_multiple_of(MEBIBYTE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_grow_so_that_there_are_never_more_than_ten_thousand() {
        let plan = MultipartPlan::default();
        let cases = [
            (64 * MEBIBYTE, 8 * MEBIBYTE),
            (80_000 * MEBIBYTE, 8 * MEBIBYTE),
            (80_000 * MEBIBYTE + 1, 9 * MEBIBYTE),
            (5 * 1024 * 1024 * MEBIBYTE, 525 * MEBIBYTE),
        ];
        for (object_bytes, part_bytes) in cases {
            assert_eq!(
                plan.part_bytes_for(object_bytes),
                part_bytes,
                "object of {object_bytes} bytes"
            );
            assert!(
                object_bytes.div_ceil(part_bytes) <= MAX_PARTS,
                "object of {object_bytes} bytes"
            );
        }
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let credentials = Credentials::Static {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "do-not-print".to_owned(),
            session_token: Some("nor-this".to_owned()),
        };
        assert_eq!(
            format!("{credentials:?}"),
            r#"Static { access_key_id: "AKIDEXAMPLE", .. }"#
        );
    }
}
