//! The calls that a check makes (setup-flow.md §6.2), and how a real bucket answers them.

use std::fmt;

use async_trait::async_trait;
use landfall_bucket::{
    Bucket, BucketError, BucketFacts, CallerIdentity, FolderBucket, ObjectFacts, ObjectSummary, S3Bucket,
    WriteProbe,
};

/// What a check asks of a bucket. Implemented by [`BucketProbes`], and by scripts in tests.
#[async_trait]
pub trait Probes: fmt::Debug + Send + Sync {
    /// Whose credentials are in use (step 1).
    ///
    /// # Errors
    /// Any fault of getting credentials or of asking STS.
    async fn identity(&self) -> Result<Identity, BucketError>;

    /// Whether the bucket exists, and where (step 2).
    ///
    /// # Errors
    /// Any fault of `HeadBucket`.
    async fn head_bucket(&self) -> Result<BucketFacts, BucketError>;

    /// The first objects whose key begins with `prefix` (step 3).
    ///
    /// # Errors
    /// Any fault of `ListObjectsV2`.
    async fn list(&self, prefix: &str, max: usize) -> Result<Vec<ObjectSummary>, BucketError>;

    /// What is known of an object; none if there is none (step 4).
    ///
    /// # Errors
    /// Any fault of `HeadObject` but 404.
    async fn head(&self, key: &str) -> Result<Option<ObjectFacts>, BucketError>;

    /// Proves that objects can be written, and leaves none (step 5).
    ///
    /// # Errors
    /// Any fault of the operations that prove it.
    async fn probe_write(&self, challenge_key: &str) -> Result<WriteProbe, BucketError>;

    /// What is known by now about the store. Asked after the last step.
    fn capabilities(&self) -> StoreCapabilities;
}

/// Whose credentials are in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// As STS says.
    Caller(CallerIdentity),
    /// There is no STS to ask: a folder, or a store that is not AWS.
    NoSts,
}

/// Whether a store has a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It has.
    Present,
    /// It doesn't.
    Absent,
    /// It shows with the first upload.
    Unknown,
}

/// What a store can do, as far as uploads depend on it (loading.md §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreCapabilities {
    /// An object is created only if there is none (`If-None-Match: *`, or a hard link in folders).
    pub conditional_create: Support,
    /// Uploads are confirmed by the checksum of what arrived.
    pub checksums: Support,
    /// Large objects are uploaded in parts.
    pub multipart: Support,
}

impl StoreCapabilities {
    /// Amazon S3.
    pub const AWS: Self = Self {
        conditional_create: Support::Present,
        checksums: Support::Present,
        multipart: Support::Present,
    };
    /// A folder: files are compared byte by byte, and written in one piece.
    pub const FOLDER: Self = Self {
        conditional_create: Support::Present,
        checksums: Support::Present,
        multipart: Support::Absent,
    };
    /// A store of which nothing is known yet.
    pub const UNKNOWN: Self = Self {
        conditional_create: Support::Unknown,
        checksums: Support::Unknown,
        multipart: Support::Unknown,
    };
}

/// The probes of a real bucket.
#[derive(Debug, Clone, Copy)]
pub struct BucketProbes<'a> {
    bucket: &'a dyn Bucket,
    sts: Option<&'a S3Bucket>,
    capabilities: StoreCapabilities,
}

impl<'a> BucketProbes<'a> {
    /// Of a bucket at Amazon S3, where STS says who asks.
    #[must_use]
    pub fn of_aws(bucket: &'a S3Bucket) -> Self {
        Self {
            bucket,
            sts: Some(bucket),
            capabilities: StoreCapabilities::AWS,
        }
    }

    /// Of a bucket in another store, of which `capabilities` are known.
    #[must_use]
    pub fn of_store(bucket: &'a S3Bucket, capabilities: StoreCapabilities) -> Self {
        Self {
            bucket,
            sts: None,
            capabilities,
        }
    }

    /// Of a folder.
    #[must_use]
    pub fn of_folder(bucket: &'a FolderBucket) -> Self {
        Self {
            bucket,
            sts: None,
            capabilities: StoreCapabilities::FOLDER,
        }
    }
}

#[async_trait]
impl Probes for BucketProbes<'_> {
    async fn identity(&self) -> Result<Identity, BucketError> {
        match self.sts {
            Some(sts) => sts.caller_identity().await.map(Identity::Caller),
            None => Ok(Identity::NoSts),
        }
    }

    async fn head_bucket(&self) -> Result<BucketFacts, BucketError> {
        self.bucket.head_bucket().await
    }

    async fn list(&self, prefix: &str, max: usize) -> Result<Vec<ObjectSummary>, BucketError> {
        self.bucket.list(prefix, max).await
    }

    async fn head(&self, key: &str) -> Result<Option<ObjectFacts>, BucketError> {
        self.bucket.head(key).await
    }

    async fn probe_write(&self, challenge_key: &str) -> Result<WriteProbe, BucketError> {
        self.bucket.probe_write(challenge_key).await
    }

    fn capabilities(&self) -> StoreCapabilities {
        self.capabilities
    }
}
