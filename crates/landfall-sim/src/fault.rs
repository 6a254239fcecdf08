//! What can be made to go wrong, and at which request.

use hyper::{Method, Uri};

/// The S3 operation that a request asks for, told by its method and address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the variants are S3's own names")]
pub enum RequestKind {
    HeadBucket,
    ListObjectsV2,
    HeadObject,
    GetObject,
    PutObject,
    CreateMultipartUpload,
    UploadPart,
    CompleteMultipartUpload,
    AbortMultipartUpload,
    GetBucketVersioning,
    GetObjectLockConfiguration,
    GetBucketLifecycleConfiguration,
    /// Anything that Landfall never sends.
    Unused,
}

impl RequestKind {
    /// All that loads and the steps of a check need.
    pub const ALL: [Self; 9] = [
        Self::HeadBucket,
        Self::ListObjectsV2,
        Self::HeadObject,
        Self::GetObject,
        Self::PutObject,
        Self::CreateMultipartUpload,
        Self::UploadPart,
        Self::CompleteMultipartUpload,
        Self::AbortMultipartUpload,
    ];

    pub(crate) fn of(method: &Method, uri: &Uri) -> Self {
        let has_key = uri.path().trim_matches('/').contains('/');
        let asks = |name: &str| {
            uri.query()
                .unwrap_or_default()
                .split('&')
                .any(|pair| names(pair, name))
        };
        match (method.as_str(), has_key) {
            ("HEAD", false) => Self::HeadBucket,
            ("HEAD", true) => Self::HeadObject,
            ("GET", false) if asks("versioning") => Self::GetBucketVersioning,
            ("GET", false) if asks("object-lock") => Self::GetObjectLockConfiguration,
            ("GET", false) if asks("lifecycle") => Self::GetBucketLifecycleConfiguration,
            ("GET", false) => Self::ListObjectsV2,
            ("GET", true) => Self::GetObject,
            ("PUT", true) if asks("partNumber") => Self::UploadPart,
            ("PUT", true) => Self::PutObject,
            ("POST", true) if asks("uploads") => Self::CreateMultipartUpload,
            ("POST", true) if asks("uploadId") => Self::CompleteMultipartUpload,
            ("DELETE", true) if asks("uploadId") => Self::AbortMultipartUpload,
            _ => Self::Unused,
        }
    }
}

fn names(pair: &str, name: &str) -> bool {
    pair.split('=').next() == Some(name)
}

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The request is answered with an error and not handled.
    Refuse {
        /// The HTTP status.
        status: u16,
        /// S3's error code.
        code: &'static str,
        /// S3's error message.
        message: &'static str,
    },
    /// `301` with the region where the bucket is said to be.
    MovedTo(&'static str),
    /// The connection breaks before the request is handled.
    ResetBefore,
    /// The request is handled, and the connection breaks instead of the answer: a lost reply.
    ResetAfter,
    /// The request is not handled and never answered.
    Hang,
    /// The request is handled and never answered.
    HangAfter,
    /// The answer confirms another checksum than that of the bytes received.
    WrongChecksum,
    /// The answer's body breaks off.
    CutBody,
    /// The request is not handled, but answered `200` without a word: what a proxy or a broken store may do.
    Swallow,
    /// What is uploaded is stored with a wrong bit, whatever checksums came with it.
    Garble,
}

impl Fault {
    /// S3's own failure.
    #[must_use]
    pub fn internal_error() -> Self {
        let message = "We encountered an internal error. Please try again.";
        Self::Refuse {
            status: 500,
            code: "InternalError",
            message,
        }
    }

    /// Too many requests.
    #[must_use]
    pub fn slow_down() -> Self {
        Self::Refuse {
            status: 503,
            code: "SlowDown",
            message: "Please reduce your request rate.",
        }
    }

    /// No permission.
    #[must_use]
    pub fn access_denied() -> Self {
        Self::Refuse {
            status: 403,
            code: "AccessDenied",
            message: "Access Denied",
        }
    }

    /// A missing feature.
    #[must_use]
    pub fn not_implemented() -> Self {
        let message = "A header you provided implies functionality that is not implemented";
        Self::Refuse {
            status: 501,
            code: "NotImplemented",
            message,
        }
    }
}

/// Which of the matching requests a rule strikes, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occurrence {
    /// One only.
    Nth(usize),
    /// The first so many.
    First(usize),
    /// All.
    Every,
}

impl Occurrence {
    fn strikes(self, count: usize) -> bool {
        match self {
            Self::Nth(nth) => count == nth,
            Self::First(first) => count <= first,
            Self::Every => true,
        }
    }
}

/// A fault with its place in the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRule {
    /// The requests that count.
    pub kind: RequestKind,
    /// Which of them are struck.
    pub occurrence: Occurrence,
    /// What happens to them.
    pub fault: Fault,
}

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRequest {
    /// What it asked for.
    pub kind: RequestKind,
    /// Bucket and key as in its address.
    pub path: String,
    /// Whether it carried `If-None-Match: *`.
    pub is_conditional: bool,
    /// Whether it carried one of the `x-amz-checksum-*` headers.
    pub has_new_checksum: bool,
    /// Whether it carried `Content-MD5`.
    pub has_md5: bool,
    /// `x-amz-server-side-encryption`.
    pub encryption: Option<String>,
    /// `x-amz-server-side-encryption-aws-kms-key-id`.
    pub kms_key: Option<String>,
}

/// The rules in force and what has been seen so far.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) rules: Vec<FaultRule>,
    pub(crate) seen: Vec<SeenRequest>,
}

impl Script {
    /// Notes a request and says what happens to it; the first matching rule counts.
    pub(crate) fn note(&mut self, request: SeenRequest) -> Option<Fault> {
        let kind = request.kind;
        self.seen.push(request);
        let count = self.seen.iter().filter(|seen| seen.kind == kind).count();
        let struck = self
            .rules
            .iter()
            .find(|rule| rule.kind == kind && rule.occurrence.strikes(count));
        struck.map(|rule| rule.fault.clone())
    }
}
