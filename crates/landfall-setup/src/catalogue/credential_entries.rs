//! Credentials, roles and accounts.

use super::{Entry, ProblemCode};

/// In the order of the reference.
pub(super) const ALL: &[&Entry] = &[
    &CREDENTIALS_MISSING,
    &CREDENTIALS_BROKEN,
    &ASSUME_ROLE_DENIED,
    &ASSUME_ROLE_WITHOUT_EXTERNAL_ID,
    &ASSUME_ROLE_REFUSED,
    &INVALID_ACCESS_KEY,
    &INVALID_HOST_ACCESS_KEY,
    &BAD_SECRET,
    &EXPIRED_CREDENTIALS,
    &EXPIRED_HOST_CREDENTIALS,
    &INVALID_SESSION_TOKEN,
    &CLOCK_SKEW,
    &ACCOUNT_PROBLEM,
];

pub(super) const CREDENTIALS_MISSING: Entry = Entry {
    id: "credentials_missing",
    codes: &[ProblemCode::CredentialsMissing],
    raw: "Unable to locate credentials",
    cause: "This host offers no credentials: not in the environment, a profile, single sign-on, a web \
            identity, a container role or an instance profile.",
    remedy: "Attach a role to this machine or container, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY, in its environment, or set aws_auth_mode to static with \
             aws_access_key_id and aws_secret_access_key.",
};

pub(super) const CREDENTIALS_BROKEN: Entry = Entry {
    id: "credentials_broken",
    codes: &[ProblemCode::CredentialsBroken],
    raw: "An error occurred (CredentialsError) when calling the GetCallerIdentity operation: …",
    cause: "This host has a source of credentials configured, but the source does not deliver them.",
    remedy: "Mend the source that the message names: sign in again (aws sso login), correct the \
             profile in ~/.aws/config, or look why the credential process, container or instance \
             metadata refuses.",
};

pub(super) const ASSUME_ROLE_DENIED: Entry = Entry {
    id: "assume_role_denied",
    codes: &[ProblemCode::AssumeRoleDenied],
    raw: "An error occurred (AccessDenied) when calling the AssumeRole operation: …",
    cause: "The role {role} may not be assumed: its trust policy does not name the identity in the \
            message, or demands another external ID than aws_external_id, or that identity lacks \
            sts:AssumeRole.",
    remedy: "Set the generated trust policy on the role {role}, compare its sts:ExternalId with \
             aws_external_id, and allow sts:AssumeRole on {role} to the identity in the message.",
};

pub(super) const ASSUME_ROLE_WITHOUT_EXTERNAL_ID: Entry = Entry {
    id: "assume_role_without_external_id",
    codes: &[ProblemCode::AssumeRoleDenied],
    raw: "An error occurred (AccessDenied) when calling the AssumeRole operation: …",
    cause: "The role {role} may not be assumed: its trust policy does not name the identity in the \
            message, or demands an external ID while aws_external_id is not set, or that identity \
            lacks sts:AssumeRole.",
    remedy: "Set the generated trust policy on the role {role}; if it has the condition \
             sts:ExternalId, set aws_external_id to its value; and allow sts:AssumeRole on {role} to \
             the identity in the message.",
};

pub(super) const ASSUME_ROLE_REFUSED: Entry = Entry {
    id: "assume_role_refused",
    codes: &[ProblemCode::AssumeRoleDenied],
    raw: "An error occurred (ValidationError) when calling the AssumeRole operation: …",
    cause: "STS does not understand the request to assume the role {role}.",
    remedy: "Correct aws_role_arn and aws_external_id as the message says.",
};

pub(super) const INVALID_ACCESS_KEY: Entry = Entry {
    id: "invalid_access_key",
    codes: &[ProblemCode::InvalidAccessKey],
    raw: "An error occurred (InvalidAccessKeyId) when calling the ListObjectsV2 operation: The AWS \
          Access Key Id you provided does not exist in our records.",
    cause: "The access key does not exist: it is mistyped, was deleted or deactivated, or belongs to \
            another partition or store.",
    remedy: "Enter a valid pair in aws_access_key_id and aws_secret_access_key.",
};

pub(super) const INVALID_HOST_ACCESS_KEY: Entry = Entry {
    id: "invalid_host_access_key",
    codes: &[ProblemCode::InvalidAccessKey],
    raw: "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: The \
          security token included in the request is invalid.",
    cause: "The access key that this host offers does not exist: it was deleted or deactivated, or \
            belongs to another partition.",
    remedy: "Put a valid access key into the environment or profile of this host, or remove it so \
             that the role of the machine is used.",
};

pub(super) const BAD_SECRET: Entry = Entry {
    id: "bad_secret",
    codes: &[ProblemCode::BadSecret],
    raw: "An error occurred (SignatureDoesNotMatch) when calling the ListObjectsV2 operation: The \
          request signature we calculated does not match the signature you provided. …",
    cause: "The secret access key does not belong to the access key: it is mistyped, or lost a \
            character when it was copied.",
    remedy: "Enter aws_secret_access_key again, or make a new key pair and enter both halves; for \
             ambient credentials mend the profile or environment of this host.",
};

pub(super) const EXPIRED_CREDENTIALS: Entry = Entry {
    id: "expired_credentials",
    codes: &[ProblemCode::ExpiredCredentials],
    raw: "An error occurred (ExpiredToken) when calling the ListObjectsV2 operation: The provided \
          token has expired.",
    cause: "The temporary credentials in the settings have ended.",
    remedy: "Enter new ones in aws_access_key_id, aws_secret_access_key and aws_session_token, or set \
             aws_auth_mode to ambient or assume_role, which renew themselves.",
};

pub(super) const EXPIRED_HOST_CREDENTIALS: Entry = Entry {
    id: "expired_host_credentials",
    codes: &[ProblemCode::ExpiredCredentials],
    raw: "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The security \
          token included in the request is expired",
    cause: "The temporary credentials that this host offers have ended.",
    remedy: "Sign in again on this host (aws sso login), or replace AWS_SESSION_TOKEN and the key \
             pair in its environment or profile.",
};

pub(super) const INVALID_SESSION_TOKEN: Entry = Entry {
    id: "invalid_session_token",
    codes: &[ProblemCode::InvalidSessionToken],
    raw: "An error occurred (InvalidToken) when calling the ListObjectsV2 operation: The provided \
          token is malformed or otherwise invalid.",
    cause: "The session token is not valid, or does not belong to the access key.",
    remedy: "Enter aws_session_token again, together with the key pair it was issued with; leave it \
             out if the key pair is a lasting one.",
};

pub(super) const CLOCK_SKEW: Entry = Entry {
    id: "clock_skew",
    codes: &[ProblemCode::ClockSkew],
    raw: "An error occurred (RequestTimeTooSkewed) when calling the ListObjectsV2 operation: The \
          difference between the request time and the current time is too large.",
    cause: "The clock of this host is off by more than 15 minutes.",
    remedy: "Set the clock right: switch on time synchronisation (NTP, chrony or systemd-timesyncd) \
             on this host.",
};

pub(super) const ACCOUNT_PROBLEM: Entry = Entry {
    id: "account_problem",
    codes: &[ProblemCode::AccountProblem],
    raw: "An error occurred (AccountProblem) when calling the ListObjectsV2 operation: There is a \
          problem with your AWS account …",
    cause: "The account of the bucket {bucket} or of the identity in use is suspended, not signed up \
            for S3, or blocked.",
    remedy: "Sign in to the account in the console, settle what it asks for (payment, sign-up), or \
             ask the support of AWS or of the store.",
};
