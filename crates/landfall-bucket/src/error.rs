//! What can go wrong with a bucket, with everything the error catalogue of `setup-flow.md` §6.3 needs.

use std::fmt;

/// The S3 operation that failed, spelled as S3 does. Folder buckets name the operation that they stand in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the variants are S3's own names")]
pub enum Operation {
    HeadBucket,
    ListObjectsV2,
    HeadObject,
    GetObject,
    PutObject,
    CreateMultipartUpload,
    UploadPart,
    CompleteMultipartUpload,
    AbortMultipartUpload,
    AssumeRole,
    GetCallerIdentity,
    GetBucketVersioning,
    GetObjectLockConfiguration,
    GetBucketLifecycleConfiguration,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// How the message of a connection that broke off begins, as in botocore.
const BROKEN_OFF: &str = "Connection was closed";

/// What happened, as a fact that callers match on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// No such object (404).
    NotFound,
    /// No such bucket (404 to `HeadBucket`, or `NoSuchBucket`).
    NoSuchBucket,
    /// 401 or 403 without a reason, as `HEAD` requests are answered.
    Forbidden,
    /// 403 with the code `AccessDenied`.
    AccessDenied,
    /// The bucket is in another region than the one asked.
    Redirect {
        /// The bucket's region, if the answer names it.
        region: Option<String>,
    },
    /// The access key is unknown.
    InvalidAccessKeyId,
    /// The secret key is wrong.
    SignatureDoesNotMatch,
    /// Temporary credentials ran out.
    ExpiredToken,
    /// The clock of this host is wrong.
    ClockSkew,
    /// No provider yields credentials.
    NoCredentials,
    /// A provider has credentials configured but did not deliver them.
    BrokenCredentials,
    /// The role may not be assumed.
    AssumeRoleDenied,
    /// The encryption key may not be used.
    KmsDenied,
    /// The request is not understood (400).
    BadRequest,
    /// The store does not have the feature (501).
    NotImplemented,
    /// Another answer that S3 does not document.
    UnexpectedAnswer,
    /// No connection, or it broke.
    Connect,
    /// The certificate is not trusted, or TLS failed otherwise.
    Tls,
    /// No answer in time.
    Timeout,
    /// Too many requests (429, `SlowDown`).
    Throttled,
    /// The store failed (500, 502, 503, 504).
    ServerError,
    /// Another writer was busy with the same key (409).
    Conflict,
    /// The key exists (412).
    AlreadyExists,
    /// The multipart upload does not exist, or no longer.
    NoSuchUpload,
    /// The store confirmed another checksum than that of the bytes sent.
    ChecksumMismatch,
    /// The store confirmed no checksum.
    ChecksumUnconfirmed,
    /// The store took an upload, but does not have it.
    NotKept,
    /// The object changed while it was read.
    ChangedWhileRead,
    /// The content had another length than it said, which breaks [`crate::ObjectBody`]'s promise.
    BodyLength {
        /// What `size_bytes` said.
        promised_bytes: u64,
    },
    /// The file system is full.
    DiskFull,
    /// The object is larger than the store, or a limit of this process, allows.
    ObjectTooLarge,
    /// The key, or a part of it, is longer than the store or the file system allows.
    NameTooLong,
    /// The key would leave the bucket or cannot be a file name: `..`, an empty part, the reserved folder, below a file.
    InvalidKey,
    /// The file system failed otherwise.
    Io,
}

/// What whoever holds a bucket error should do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// It will pass: try again, with growing waits (`loading.md` §7).
    Retry,
    /// Only the operator can help: pause the destination and say what to change.
    AskOperator,
    /// The request itself cannot succeed: stop this load.
    Stop,
}

/// Why an operation on a bucket failed. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketError(Box<Fault>);

/// The parts of a [`BucketError`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) operation: Operation,
    pub(crate) kind: FaultKind,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) endpoint: Option<String>,
}

impl BucketError {
    /// A fault of which no more is known than what it is.
    #[must_use]
    pub fn new(operation: Operation, kind: FaultKind) -> Self {
        Self::from(Fault {
            operation,
            kind,
            status: None,
            code: None,
            message: None,
            endpoint: None,
        })
    }

    /// The fault that a missing challenge file is reported with (`loading.md` §4).
    #[must_use]
    pub fn missing_object() -> Self {
        Self::with_status(Operation::HeadObject, FaultKind::NotFound, 404)
    }

    /// The same fault with what the answer said: the status, and code and text where it had a body. For other
    /// implementations of [`crate::Bucket`], and for tests of those who explain errors.
    #[must_use]
    pub fn with_answer(mut self, status: u16, code_and_message: Option<(&str, &str)>) -> Self {
        self.0.status = Some(status);
        self.0.code = code_and_message.map(|(code, _)| code.to_owned());
        self.0.message = code_and_message.map(|(_, message)| message.to_owned());
        self
    }

    /// The same fault of a connection to `endpoint`, whose `reason` is that of the system or of TLS.
    #[must_use]
    pub fn with_connection(mut self, endpoint: &str, reason: Option<&str>) -> Self {
        self.0.endpoint = Some(endpoint.to_owned());
        self.0.message = reason.map(str::to_owned);
        self
    }

    pub(crate) fn with_status(operation: Operation, kind: FaultKind, status: u16) -> Self {
        Self::from(Fault {
            operation,
            kind,
            status: Some(status),
            code: None,
            message: None,
            endpoint: None,
        })
    }

    /// The operation that failed.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.0.operation
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> &FaultKind {
        &self.0.kind
    }

    /// The HTTP status, where there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The error code of the answer, such as `AccessDenied`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The text of the answer.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// What to do about it. Callers act on this, never on the text.
    #[must_use]
    pub fn reaction(&self) -> Reaction {
        match self.0.kind {
            FaultKind::Connect
            | FaultKind::Timeout
            | FaultKind::Throttled
            | FaultKind::ServerError
            | FaultKind::Conflict
            | FaultKind::NoSuchUpload
            | FaultKind::ChecksumMismatch
            | FaultKind::NotKept
            | FaultKind::ChangedWhileRead => Reaction::Retry,
            FaultKind::NotFound
            | FaultKind::NoSuchBucket
            | FaultKind::Forbidden
            | FaultKind::AccessDenied
            | FaultKind::Redirect { .. }
            | FaultKind::InvalidAccessKeyId
            | FaultKind::SignatureDoesNotMatch
            | FaultKind::ExpiredToken
            | FaultKind::ClockSkew
            | FaultKind::NoCredentials
            | FaultKind::BrokenCredentials
            | FaultKind::AssumeRoleDenied
            | FaultKind::KmsDenied
            | FaultKind::BadRequest
            | FaultKind::NotImplemented
            | FaultKind::UnexpectedAnswer
            | FaultKind::ChecksumUnconfirmed
            | FaultKind::Tls
            | FaultKind::DiskFull
            | FaultKind::Io => Reaction::AskOperator,
            FaultKind::AlreadyExists
            | FaultKind::BodyLength { .. }
            | FaultKind::ObjectTooLarge
            | FaultKind::NameTooLong
            | FaultKind::InvalidKey => Reaction::Stop,
        }
    }

    /// The raw message of `setup-flow.md` §6.3, which users compare with the documentation:
    /// `An error occurred (404) when calling the HeadObject operation: Not Found`.
    #[must_use]
    pub fn raw_message(&self) -> String {
        let endpoint = self.0.endpoint.as_deref().unwrap_or("the bucket");
        match self.0.kind {
            FaultKind::NoCredentials => "Unable to locate credentials".to_owned(),
            FaultKind::Connect if self.broke_off() => {
                format!("{BROKEN_OFF} before we received a valid response from endpoint URL: \"{endpoint}\".")
            }
            FaultKind::Connect => format!("Could not connect to the endpoint URL: \"{endpoint}\""),
            FaultKind::Tls => format!("SSL validation failed for {endpoint}"),
            FaultKind::Timeout if self.0.status.is_none() => "Connection timed out.".to_owned(),
            _ => format!(
                "An error occurred ({}) when calling the {} operation: {}",
                self.shown_code(),
                self.0.operation,
                self.shown_text()
            ),
        }
    }

    /// Whether a message of [`FaultKind::Connect`] tells of a connection that was there, and ended too early: by the
    /// words of the system, of HTTP and of TLS, or by those of [`BucketError::raw_message`].
    #[must_use]
    pub fn tells_of_broken_connection(message: &str) -> bool {
        let words = [
            "Connection reset",
            "Broken pipe",
            "connection closed",
            "unexpected end of file",
            "peer closed connection",
            BROKEN_OFF,
        ];
        words.iter().any(|part| message.contains(part))
    }

    fn broke_off(&self) -> bool {
        let message = self.0.message.as_deref();
        message.is_some_and(Self::tells_of_broken_connection)
    }

    fn shown_code(&self) -> String {
        match (&self.0.code, self.0.status) {
            (Some(code), _) => code.clone(),
            (None, Some(status)) => status.to_string(),
            (None, None) => self.0.kind.name().to_owned(),
        }
    }

    fn shown_text(&self) -> &str {
        match (&self.0.message, self.0.status) {
            (Some(message), _) => message,
            (None, Some(status)) => reason_phrase(status),
            (None, None) => self.0.kind.explanation(),
        }
    }
}

impl FaultKind {
    fn name(&self) -> &'static str {
        match self {
            Self::ChecksumMismatch => "ChecksumMismatch",
            Self::ChecksumUnconfirmed => "ChecksumUnconfirmed",
            Self::NotKept => "NotKept",
            Self::ChangedWhileRead => "ChangedWhileRead",
            Self::BodyLength { .. } => "BodyLength",
            Self::DiskFull => "DiskFull",
            Self::NameTooLong => "NameTooLong",
            Self::InvalidKey => "InvalidKey",
            Self::BrokenCredentials => "CredentialsError",
            _ => "Unknown",
        }
    }

    fn explanation(&self) -> &'static str {
        match self {
            Self::ChecksumMismatch => "the store confirmed another checksum than that of the bytes sent",
            Self::ChecksumUnconfirmed => "the store confirmed no checksum",
            Self::NotKept => "the store answered that it took the upload, but does not have it",
            Self::ChangedWhileRead => "the object changed while it was read",
            Self::BodyLength { .. } => "the content has another length than announced",
            Self::DiskFull => "no space is left on the device",
            Self::NameTooLong => "a part of the key is longer than the 255 bytes of a file name",
            Self::InvalidKey => "the key cannot be the path of a file in the bucket",
            _ => "no details are known",
        }
    }
}

fn reason_phrase(status: u16) -> &'static str {
    match status {
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        412 => "Precondition Failed",
        416 => "Range Not Satisfiable",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}

impl From<Fault> for BucketError {
    fn from(fault: Fault) -> Self {
        Self(Box::new(fault))
    }
}

impl fmt::Display for BucketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw_message())
    }
}

impl std::error::Error for BucketError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_made_by_hand_reads_like_one_of_the_store() {
        let denied = BucketError::new(Operation::ListObjectsV2, FaultKind::AccessDenied);
        let cases = [
            (
                denied
                    .clone()
                    .with_answer(403, Some(("AccessDenied", "Access Denied"))),
                "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: Access Denied",
            ),
            (
                denied.with_answer(403, None),
                "An error occurred (403) when calling the ListObjectsV2 operation: Forbidden",
            ),
            (
                BucketError::new(Operation::HeadBucket, FaultKind::Connect)
                    .with_connection("https://minio.example.com", Some("Connection refused")),
                "Could not connect to the endpoint URL: \"https://minio.example.com\"",
            ),
            (
                BucketError::new(Operation::PutObject, FaultKind::Connect).with_connection(
                    "https://minio.example.com",
                    Some("Connection reset by peer (os error 104)"),
                ),
                "Connection was closed before we received a valid response from endpoint URL: \"https://minio.example.com\".",
            ),
        ];
        for (fault, raw_message) in cases {
            assert_eq!(fault.raw_message(), raw_message, "{fault:?}");
        }
    }
}
