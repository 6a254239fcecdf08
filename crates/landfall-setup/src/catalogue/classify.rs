//! From a bucket's error to the entry of the catalogue.

use landfall_bucket::{BucketError, FaultKind, FolderTrouble, Operation};
use landfall_core::settings::ServerSideEncryption;

use crate::catalogue::{
    Entry, Failing, ProblemCode, credential_entries, denials, entries, folder_entries, network_entries,
};
use crate::context::{ExternalIdSetting, Place, SignIn};
use crate::step::Step;

/// S3's codes for accounts that are blocked.
const ACCOUNT_CODES: [&str; 4] = [
    "AccountProblem",
    "AllAccessDisabled",
    "NotSignedUp",
    "UserSuspended",
];
/// What each reason reads like in a message. Explicit denials come first: their messages name a policy type as well.
const DENIALS: [(&str, &Entry); 9] = [
    (
        "explicit deny in a resource-based policy",
        &denials::DENIED_BY_RESOURCE_POLICY,
    ),
    (
        "explicit deny in an identity-based policy",
        &denials::DENIED_BY_IDENTITY_POLICY,
    ),
    (
        "service control policy",
        &denials::DENIED_BY_SERVICE_CONTROL_POLICY,
    ),
    (
        "resource control policy",
        &denials::DENIED_BY_RESOURCE_CONTROL_POLICY,
    ),
    ("permissions boundary", &denials::DENIED_BY_PERMISSIONS_BOUNDARY),
    ("session policy", &denials::DENIED_BY_SESSION_POLICY),
    ("VPC endpoint policy", &denials::DENIED_BY_VPC_ENDPOINT),
    (
        "no identity-based policy",
        &denials::DENIED_WITHOUT_IDENTITY_POLICY,
    ),
    (
        "no resource-based policy",
        &denials::DENIED_WITHOUT_RESOURCE_POLICY,
    ),
];

/// The parts of a bucket's error that decide.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal<'a> {
    pub(super) operation: Operation,
    pub(super) kind: &'a FaultKind,
    pub(super) code: Option<&'a str>,
    pub(super) message: Option<&'a str>,
}

impl<'a> Refusal<'a> {
    pub(super) fn of(error: &'a BucketError) -> Self {
        Self {
            operation: error.operation(),
            kind: error.kind(),
            code: error.code(),
            message: error.message(),
        }
    }

    fn folder_trouble(&self) -> Option<FolderTrouble> {
        self.message.and_then(FolderTrouble::told_in)
    }

    fn says(&self, part: &str) -> bool {
        self.message.is_some_and(|message| message.contains(part))
    }
}

/// The entry of `refusal`, and the code it is reported with.
pub(super) fn pick(refusal: &Refusal<'_>, failing: &Failing<'_>) -> (ProblemCode, &'static Entry) {
    let is_account_problem = refusal.code.is_some_and(|code| ACCOUNT_CODES.contains(&code));
    let entry = match refusal.kind {
        _ if is_account_problem => &credential_entries::ACCOUNT_PROBLEM,
        FaultKind::Forbidden | FaultKind::AccessDenied => return pick_denial(refusal, failing),
        kind => pick_by_kind(kind, refusal, failing),
    };
    let code = match refusal.kind {
        FaultKind::Timeout => ProblemCode::Timeout,
        _ => entry.codes[0],
    };
    (code, entry)
}

fn pick_by_kind(kind: &FaultKind, refusal: &Refusal<'_>, failing: &Failing<'_>) -> &'static Entry {
    let is_static = matches!(
        failing.context.sign_in,
        SignIn::StaticKeys | SignIn::TemporaryKeys
    );
    match kind {
        FaultKind::NoSuchBucket => no_such_bucket(failing),
        FaultKind::NotFound => missing_challenge(failing),
        FaultKind::Redirect { region: Some(_) } => &entries::WRONG_REGION,
        FaultKind::Redirect { region: None } => &entries::WRONG_REGION_UNNAMED,
        FaultKind::NoCredentials => &credential_entries::CREDENTIALS_MISSING,
        FaultKind::BrokenCredentials if refusal.operation == Operation::AssumeRole => {
            &credential_entries::ASSUME_ROLE_REFUSED
        }
        FaultKind::BrokenCredentials => &credential_entries::CREDENTIALS_BROKEN,
        FaultKind::AssumeRoleDenied => match failing.context.sign_in {
            SignIn::AssumeRole {
                external_id: ExternalIdSetting::Unset,
                ..
            } => &credential_entries::ASSUME_ROLE_WITHOUT_EXTERNAL_ID,
            SignIn::AssumeRole { .. } | SignIn::Ambient | SignIn::StaticKeys | SignIn::TemporaryKeys => {
                &credential_entries::ASSUME_ROLE_DENIED
            }
        },
        FaultKind::InvalidAccessKeyId if is_static => &credential_entries::INVALID_ACCESS_KEY,
        FaultKind::InvalidAccessKeyId => &credential_entries::INVALID_HOST_ACCESS_KEY,
        FaultKind::SignatureDoesNotMatch => &credential_entries::BAD_SECRET,
        FaultKind::ExpiredToken if refusal.code == Some("InvalidToken") => {
            &credential_entries::INVALID_SESSION_TOKEN
        }
        FaultKind::ExpiredToken if is_static => &credential_entries::EXPIRED_CREDENTIALS,
        FaultKind::ExpiredToken => &credential_entries::EXPIRED_HOST_CREDENTIALS,
        FaultKind::ClockSkew => &credential_entries::CLOCK_SKEW,
        FaultKind::KmsDenied => kms_trouble(refusal),
        FaultKind::Connect | FaultKind::Timeout if needs_sts(failing) => &network_entries::STS_UNREACHABLE,
        FaultKind::Connect => connection_trouble(refusal),
        FaultKind::Tls => tls_trouble(refusal),
        FaultKind::Timeout => &network_entries::TIMEOUT,
        FaultKind::Throttled => &network_entries::THROTTLED,
        FaultKind::ServerError | FaultKind::Conflict => &network_entries::SERVER_ERROR,
        FaultKind::BadRequest | FaultKind::NotImplemented if asks_for_encryption(refusal, failing) => {
            &entries::ENCRYPTION_REFUSED
        }
        FaultKind::NotImplemented if refusal.operation == Operation::CreateMultipartUpload => {
            &network_entries::MULTIPART_NOT_SUPPORTED
        }
        FaultKind::NotImplemented => &network_entries::NOT_SUPPORTED,
        FaultKind::BadRequest => &network_entries::BAD_REQUEST,
        FaultKind::UnexpectedAnswer
        | FaultKind::ChecksumMismatch
        | FaultKind::ChecksumUnconfirmed
        | FaultKind::NotKept => &network_entries::UNEXPECTED_ANSWER,
        FaultKind::DiskFull => &folder_entries::DISK_FULL,
        FaultKind::Io => folder_trouble(refusal).unwrap_or(&folder_entries::FOLDER_ERROR),
        FaultKind::InvalidKey | FaultKind::ObjectTooLarge => {
            folder_trouble(refusal).unwrap_or(&entries::INTERNAL)
        }
        // The rest are faults of uploads, which a check does not make.
        _ => &entries::INTERNAL,
    }
}

fn folder_trouble(refusal: &Refusal<'_>) -> Option<&'static Entry> {
    Some(match refusal.folder_trouble()? {
        FolderTrouble::ClosedFolder => &folder_entries::FOLDER_WITHIN_NOT_WRITABLE,
        FolderTrouble::FileInTheWay => &folder_entries::FILE_IN_THE_WAY,
        FolderTrouble::OtherFileSystem => &folder_entries::FOLDER_ON_OTHER_FILE_SYSTEM,
        FolderTrouble::FileSizeLimit => &folder_entries::FILE_SIZE_LIMIT,
    })
}

/// Where a role is assumed nothing works without STS; otherwise only the identity stays unknown.
fn needs_sts(failing: &Failing<'_>) -> bool {
    failing.step == Step::Credentials && matches!(failing.context.sign_in, SignIn::AssumeRole { .. })
}

fn missing_challenge(failing: &Failing<'_>) -> &'static Entry {
    match failing.context.place {
        Place::Folder { .. } => &folder_entries::MISSING_CHALLENGE_FILE_IN_FOLDER,
        Place::Aws | Place::Store { .. } => &entries::MISSING_CHALLENGE_FILE,
    }
}

fn no_such_bucket(failing: &Failing<'_>) -> &'static Entry {
    match failing.context.place {
        Place::Aws => &entries::NO_SUCH_BUCKET,
        Place::Store { .. } => &entries::NO_SUCH_BUCKET_IN_STORE,
        Place::Folder { .. } => &folder_entries::NO_SUCH_FOLDER,
    }
}

fn pick_denial(refusal: &Refusal<'_>, failing: &Failing<'_>) -> (ProblemCode, &'static Entry) {
    let code = match failing.step {
        Step::Credentials | Step::HeadBucket => ProblemCode::BucketAccessDenied,
        Step::ListBucket => ProblemCode::MissingListBucket,
        Step::HeadChallenge => ProblemCode::MissingGetObject,
        Step::WriteProbe => ProblemCode::MissingPutObject,
    };
    let named = DENIALS.iter().find(|(reason, _)| refusal.says(reason));
    let entry = match (&failing.context.place, named, failing.step) {
        (Place::Folder { .. }, _, Step::WriteProbe) => match refusal.folder_trouble() {
            Some(FolderTrouble::ClosedFolder) => &folder_entries::FOLDER_WITHIN_NOT_WRITABLE,
            Some(_) | None => &folder_entries::FOLDER_NOT_WRITABLE,
        },
        (Place::Folder { .. }, _, _) => &folder_entries::FOLDER_NOT_READABLE,
        (Place::Aws, Some((_, named)), _) => named,
        (Place::Store { .. }, _, Step::Credentials | Step::HeadBucket) => {
            &entries::BUCKET_ACCESS_DENIED_BY_STORE
        }
        (_, _, Step::Credentials | Step::HeadBucket) => &entries::BUCKET_ACCESS_DENIED,
        (_, _, Step::ListBucket) => &entries::MISSING_LIST_BUCKET,
        (_, _, Step::HeadChallenge) => &entries::MISSING_GET_OBJECT,
        (_, _, Step::WriteProbe) => &entries::MISSING_PUT_OBJECT,
    };
    (code, entry)
}

fn kms_trouble(refusal: &Refusal<'_>) -> &'static Entry {
    match refusal.code {
        Some("KMS.DisabledException") => &entries::KMS_KEY_DISABLED,
        Some("KMS.NotFoundException") => &entries::KMS_KEY_NOT_FOUND,
        Some(
            "KMS.KMSInvalidStateException" | "KMS.InvalidKeyUsageException" | "KMS.KeyUnavailableException",
        ) => &entries::KMS_KEY_UNUSABLE,
        Some(_) | None => &entries::KMS_DENIED,
    }
}

fn connection_trouble(refusal: &Refusal<'_>) -> &'static Entry {
    let is_unknown_host = [
        "lookup address",
        "dns error",
        "Name or service not known",
        "No such host",
    ];
    if is_unknown_host.iter().any(|text| refusal.says(text)) {
        &network_entries::ENDPOINT_UNKNOWN_HOST
    } else if refusal.says("Connection refused") || refusal.says("actively refused") {
        &network_entries::ENDPOINT_REFUSED
    } else if refusal
        .message
        .is_some_and(BucketError::tells_of_broken_connection)
    {
        &network_entries::CONNECTION_BROKE_OFF
    } else {
        &network_entries::ENDPOINT_UNREACHABLE
    }
}

/// By the words of rustls.
fn tls_trouble(refusal: &Refusal<'_>) -> &'static Entry {
    let is_untrusted = ["UnknownIssuer", "CaUsedAsEndEntity", "BadSignature"];
    if is_untrusted.iter().any(|text| refusal.says(text)) {
        &network_entries::TLS_UNTRUSTED
    } else if refusal.says("not valid for name") || refusal.says("NotValidForName") {
        &network_entries::TLS_WRONG_NAME
    } else if refusal.says("xpired") || refusal.says("ot valid yet") || refusal.says("NotValidYet") {
        &network_entries::TLS_OUTSIDE_VALIDITY
    } else {
        &network_entries::TLS_ERROR
    }
}

fn asks_for_encryption(refusal: &Refusal<'_>, failing: &Failing<'_>) -> bool {
    let text = refusal.message.unwrap_or_default().to_ascii_lowercase();
    let is_named = text.contains("encryption") || text.contains("kms");
    let is_asked = failing.context.encryption != ServerSideEncryption::BucketDefault;
    failing.step == Step::WriteProbe && is_asked && is_named
}

#[cfg(test)]
mod tests;
