//! The calls that a check makes (setup-flow.md §6.2), and how a real bucket answers them.

use std::fmt;

use async_trait::async_trait;
use landfall_bucket::{
    Bucket, BucketError, BucketFacts, BucketRules, CallerIdentity, ConditionTrial, FolderBucket, ObjectFacts,
    ObjectSummary, RefusedUpload, S3Bucket, Seen, StoreCapabilities, WriteProbe,
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

    /// What the store's clock said with its last answer, in whole seconds since 1970.
    fn last_answer_seconds(&self) -> Option<i64>;

    /// How the bucket is set up, as far as that may be looked at.
    async fn rules(&self) -> BucketRules;

    /// Whether the store creates objects on condition that there are none, tried without changing anything.
    ///
    /// # Errors
    /// Any fault that tells nothing about that.
    async fn try_condition(&self, challenge_key: &str) -> Result<ConditionTrial, BucketError>;

    /// Sends content that the store refuses, to see how long that takes.
    ///
    /// # Errors
    /// Any fault of `PutObject` but the refusal.
    async fn send_to_be_refused(
        &self,
        challenge_key: &str,
        content_bytes: u64,
    ) -> Result<RefusedUpload, BucketError>;
}

/// Whose credentials are in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// As STS says.
    Caller(CallerIdentity),
    /// There is no STS to ask: a folder, or a store that is not AWS.
    NoSts,
}

/// The probes of a real bucket.
#[derive(Debug, Clone, Copy)]
pub struct BucketProbes<'a>(Kind<'a>);

#[derive(Debug, Clone, Copy)]
enum Kind<'a> {
    Aws(&'a S3Bucket),
    Store(&'a S3Bucket),
    Folder(&'a FolderBucket),
}

impl<'a> BucketProbes<'a> {
    /// Of a bucket at Amazon S3, where STS says who asks.
    #[must_use]
    pub fn of_aws(bucket: &'a S3Bucket) -> Self {
        Self(Kind::Aws(bucket))
    }

    /// Of a bucket in another store.
    #[must_use]
    pub fn of_store(bucket: &'a S3Bucket) -> Self {
        Self(Kind::Store(bucket))
    }

    /// Of a folder.
    #[must_use]
    pub fn of_folder(bucket: &'a FolderBucket) -> Self {
        Self(Kind::Folder(bucket))
    }

    fn bucket(&self) -> &'a dyn Bucket {
        match self.0 {
            Kind::Aws(bucket) | Kind::Store(bucket) => bucket,
            Kind::Folder(bucket) => bucket,
        }
    }

    fn store(&self) -> Option<&'a S3Bucket> {
        match self.0 {
            Kind::Aws(bucket) | Kind::Store(bucket) => Some(bucket),
            Kind::Folder(_) => None,
        }
    }
}

#[async_trait]
impl Probes for BucketProbes<'_> {
    async fn identity(&self) -> Result<Identity, BucketError> {
        match self.0 {
            Kind::Aws(bucket) => bucket.caller_identity().await.map(Identity::Caller),
            Kind::Store(_) | Kind::Folder(_) => Ok(Identity::NoSts),
        }
    }

    async fn head_bucket(&self) -> Result<BucketFacts, BucketError> {
        self.bucket().head_bucket().await
    }

    async fn list(&self, prefix: &str, max: usize) -> Result<Vec<ObjectSummary>, BucketError> {
        self.bucket().list(prefix, max).await
    }

    async fn head(&self, key: &str) -> Result<Option<ObjectFacts>, BucketError> {
        self.bucket().head(key).await
    }

    async fn probe_write(&self, challenge_key: &str) -> Result<WriteProbe, BucketError> {
        self.bucket().probe_write(challenge_key).await
    }

    fn capabilities(&self) -> StoreCapabilities {
        match self.0 {
            Kind::Aws(bucket) | Kind::Store(bucket) => bucket.capabilities(),
            Kind::Folder(bucket) => bucket.capabilities(),
        }
    }

    fn last_answer_seconds(&self) -> Option<i64> {
        self.store()?.last_answer_seconds()
    }

    async fn rules(&self) -> BucketRules {
        match self.store() {
            Some(bucket) => bucket.rules().await,
            None => BucketRules {
                versioning: Seen::Untold,
                object_lock: Seen::Untold,
                incomplete_uploads: Seen::Untold,
            },
        }
    }

    async fn try_condition(&self, challenge_key: &str) -> Result<ConditionTrial, BucketError> {
        match self.store() {
            Some(bucket) => bucket.try_condition_on(challenge_key).await,
            None => Ok(ConditionTrial::NotTried),
        }
    }

    async fn send_to_be_refused(
        &self,
        challenge_key: &str,
        content_bytes: u64,
    ) -> Result<RefusedUpload, BucketError> {
        match self.store() {
            Some(bucket) => bucket.send_to_be_refused(challenge_key, content_bytes).await,
            None => Ok(RefusedUpload::NotSent),
        }
    }
}
