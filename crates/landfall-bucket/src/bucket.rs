//! The contract of a bucket, and the facts that its answers carry.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;

use crate::body::ObjectBody;
use crate::error::BucketError;

/// The bytes of one object in order, in pieces of a few mebibytes at most.
pub type ObjectBytes = BoxStream<'static, Result<Bytes, BucketError>>;

/// Tells a put that its object may appear.
pub type Turn = tokio::sync::oneshot::Receiver<()>;

/// A place that objects are put into once and never changed in. Implemented by [`crate::S3Bucket`] and
/// [`crate::FolderBucket`]; `conformance::suite` is the contract in executable form.
///
/// Every call repeats transient failures by the bucket's [`crate::RetryPolicy`] before it reports them.
#[async_trait]
pub trait Bucket: fmt::Debug + Send + Sync {
    /// The bucket's name, as `s3_bucket` spells it.
    fn name(&self) -> &str;

    /// The most bytes that the text between two `/` of a key may have here; `None` where only the whole key is
    /// limited. Longer keys are refused with [`crate::FaultKind::NameTooLong`] (`rejects.md`, T3).
    fn max_key_part_bytes(&self) -> Option<usize>;

    /// Whether the bucket exists and where (`setup-flow.md` §6.2 step 2).
    ///
    /// # Errors
    /// `NoSuchBucket`, `Forbidden`, `Redirect` or another fault of operation `HeadBucket`.
    async fn head_bucket(&self) -> Result<BucketFacts, BucketError>;

    /// At most `max` objects whose key begins with `prefix`, in the order of their keys
    /// (`setup-flow.md` §6.2 step 3).
    ///
    /// # Errors
    /// Any fault of operation `ListObjectsV2`.
    async fn list(&self, prefix: &str, max: usize) -> Result<Vec<ObjectSummary>, BucketError>;

    /// What is known of the object `key`; `None` if there is none, for which
    /// [`BucketError::missing_object`] has the documented text (`loading.md` §4).
    ///
    /// # Errors
    /// Any fault of operation `HeadObject` but 404. A missing bucket is `None` too, as S3 cannot tell: ask
    /// [`Bucket::head_bucket`].
    async fn head(&self, key: &str) -> Result<Option<ObjectFacts>, BucketError>;

    /// Creates the object `key` with `body`, or finds that it exists. An existing object is never changed, the
    /// object appears whole or not at all, and once the call returns it survives a power cut (`loading.md` §6).
    ///
    /// Calling it again, also after an error or a crash, is safe and ends in [`PutOutcome::AlreadyOurs`].
    ///
    /// # Errors
    /// Any fault; the object may then exist or not, and a repeated call finds out.
    async fn put_once(
        &self,
        key: &str,
        body: Arc<dyn ObjectBody>,
        tags: &PutTags,
    ) -> Result<PutOutcome, BucketError>;

    /// As [`put_once`](Self::put_once), but the object appears only after `turn` was given. Nothing appears, and the
    /// answer is `None`, if the sender of `turn` is dropped. Where it can, a bucket takes in the content meanwhile.
    ///
    /// # Errors
    /// Those of [`put_once`](Self::put_once).
    async fn put_in_turn(
        &self,
        key: &str,
        body: Arc<dyn ObjectBody>,
        tags: &PutTags,
        turn: Turn,
    ) -> Result<Option<PutOutcome>, BucketError> {
        match turn.await {
            Ok(()) => self.put_once(key, body, tags).await.map(Some),
            Err(_) => Ok(None),
        }
    }

    /// The content of the object `key`, as it was at the time of the call. At most a few pieces are in memory.
    ///
    /// # Errors
    /// `NotFound` if there is none, otherwise any fault; later ones arrive in the stream, which then ends.
    async fn read(&self, key: &str) -> Result<ObjectBytes, BucketError>;

    /// Proves that objects can be written, and leaves none (`setup-flow.md` §6.2 step 5). `challenge_key` is
    /// the existing challenge file, which keeps its content.
    ///
    /// # Errors
    /// Any fault of the operations that prove it.
    async fn probe_write(&self, challenge_key: &str) -> Result<WriteProbe, BucketError>;
}

/// What a bucket says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketFacts {
    /// The region named by `x-amz-bucket-region`; `None` for folders and stores without the header.
    pub region: Option<String>,
}

/// One line of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectSummary {
    /// The whole key.
    pub key: String,
    /// The size in bytes.
    pub size_bytes: u64,
}

/// What is known of one object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectFacts {
    /// The size in bytes.
    pub size_bytes: u64,
    /// The store's mark of this content, quotes included.
    pub e_tag: Option<String>,
    /// The CRC-32 of the whole content, where the store keeps it.
    pub crc32: Option<u32>,
    /// The content type it was put with.
    pub content_type: Option<String>,
    /// The load that wrote it, from the metadata `landfall-load-id`.
    pub load_id: Option<String>,
    /// The file of that load, from the metadata `landfall-part`.
    pub part: Option<String>,
}

/// What is said about an object when it is put, besides its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutTags {
    /// `Content-Type`; `loading.md` §6 names the two that loads use.
    pub content_type: String,
    /// Identifies the load, as metadata `landfall-load-id`.
    pub load_id: String,
    /// Which file of the load it is, as metadata `landfall-part`.
    pub part: String,
}

/// How a put ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutOutcome {
    /// The object is new.
    Created {
        /// The store's mark of this content; `None` for folders.
        e_tag: Option<String>,
    },
    /// The object was there, with the same size and checksum: an earlier upload of ours. Go on.
    AlreadyOurs,
    /// The key holds other content, which stays as it is. The load needs the next free `T`.
    Taken,
}

/// How a successful write probe ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteProbe {
    /// Nothing was left behind.
    Clean,
    /// Writing works, but the unfinished upload could not be ended: the warning `abort_failed`.
    AbortFailed(BucketError),
}
