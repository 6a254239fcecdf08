//! What a check warns of: it passes, but something should be looked at (setup-flow.md §6.3).

use std::fmt;

use serde::Serialize;

/// What a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    /// The challenge file has content.
    ChallengeNotEmpty,
    /// The bucket policy names another principal than the one in use.
    PrincipalMismatch,
    /// The key pair ends with its session token.
    StaticTemporaryCredentials,
    /// The unfinished upload of the write probe stays behind.
    AbortFailed,
    /// STS could not be asked whose identity is used.
    IdentityUnknown,
}

/// A warning with its text, which ends with what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckWarning {
    /// What it is about.
    pub code: WarningCode,
    /// The text.
    pub message: String,
}

impl WarningCode {
    /// Every code, in the order of the reference.
    pub const ALL: [Self; 5] = [
        Self::ChallengeNotEmpty,
        Self::PrincipalMismatch,
        Self::StaticTemporaryCredentials,
        Self::AbortFailed,
        Self::IdentityUnknown,
    ];

    /// As the API spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ChallengeNotEmpty => "challenge_not_empty",
            Self::PrincipalMismatch => "principal_mismatch",
            Self::StaticTemporaryCredentials => "static_temporary_credentials",
            Self::AbortFailed => "abort_failed",
            Self::IdentityUnknown => "identity_unknown",
        }
    }

    /// The text, where `{fields}` stand for what was found.
    pub(crate) const fn template(self) -> &'static str {
        match self {
            Self::ChallengeNotEmpty => {
                "The challenge file has {size_bytes} bytes, but should be empty: check that it is the right file, or \
                 upload an empty one."
            }
            Self::PrincipalMismatch => {
                "The bucket policy names {shown_principal}, but {principal} is in use: if access breaks, put \
                 {principal} into the policy, or sign in as the principal it names."
            }
            Self::StaticTemporaryCredentials => {
                "The credentials are temporary and are not renewed: before they end, enter new ones in \
                 aws_access_key_id, aws_secret_access_key and aws_session_token, or set aws_auth_mode to ambient or \
                 assume_role."
            }
            Self::AbortFailed => {
                "Writing works, but the unfinished upload of the test could not be ended ({raw_message}): add a \
                 lifecycle rule to {bucket} that deletes incomplete multipart uploads after some days."
            }
            Self::IdentityUnknown => {
                "STS could not be asked whose identity is used ({raw_message}): nothing else depends on it, but \
                 compare the principal of the bucket policy yourself, or let this host reach STS."
            }
        }
    }
}

impl fmt::Display for WarningCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
