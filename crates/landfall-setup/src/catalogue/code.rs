//! The stable codes of check errors.

use std::fmt;

use serde::Serialize;

/// What is wrong, as programs tell it apart. The first nineteen are those of setup-flow.md §6.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[expect(missing_docs, reason = "the catalogue says what each code means")]
pub enum ProblemCode {
    MissingChallengeFile,
    NoSuchBucket,
    BucketAccessDenied,
    MissingListBucket,
    MissingGetObject,
    MissingPutObject,
    KmsDenied,
    WrongRegion,
    CredentialsMissing,
    AssumeRoleDenied,
    InvalidAccessKey,
    BadSecret,
    ExpiredCredentials,
    ClockSkew,
    EndpointUnreachable,
    TlsError,
    Timeout,
    Throttled,
    Internal,
    CredentialsBroken,
    InvalidSessionToken,
    AccountProblem,
    EncryptionRefused,
    MultipartNotSupported,
    NotSupported,
    BadRequest,
    UnexpectedAnswer,
    ServerError,
    DiskFull,
    FolderError,
}

impl ProblemCode {
    /// As the API spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingChallengeFile => "missing_challenge_file",
            Self::NoSuchBucket => "no_such_bucket",
            Self::BucketAccessDenied => "bucket_access_denied",
            Self::MissingListBucket => "missing_list_bucket",
            Self::MissingGetObject => "missing_get_object",
            Self::MissingPutObject => "missing_put_object",
            Self::KmsDenied => "kms_denied",
            Self::WrongRegion => "wrong_region",
            Self::CredentialsMissing => "credentials_missing",
            Self::AssumeRoleDenied => "assume_role_denied",
            Self::InvalidAccessKey => "invalid_access_key",
            Self::BadSecret => "bad_secret",
            Self::ExpiredCredentials => "expired_credentials",
            Self::ClockSkew => "clock_skew",
            Self::EndpointUnreachable => "endpoint_unreachable",
            Self::TlsError => "tls_error",
            Self::Timeout => "timeout",
            Self::Throttled => "throttled",
            Self::Internal => "internal",
            Self::CredentialsBroken => "credentials_broken",
            Self::InvalidSessionToken => "invalid_session_token",
            Self::AccountProblem => "account_problem",
            Self::EncryptionRefused => "encryption_refused",
            Self::MultipartNotSupported => "multipart_not_supported",
            Self::NotSupported => "not_supported",
            Self::BadRequest => "bad_request",
            Self::UnexpectedAnswer => "unexpected_answer",
            Self::ServerError => "server_error",
            Self::DiskFull => "disk_full",
            Self::FolderError => "folder_error",
        }
    }
}

impl ProblemCode {
    /// The code that the API spells so.
    pub(crate) fn from_spelling(text: &str) -> Option<Self> {
        let mut codes = super::entries().into_iter().flat_map(|entry| entry.codes);
        codes.find(|code| code.as_str() == text).copied()
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
