//! Buckets: where loads put their objects, once each.
//!
//! [`Bucket`] is the contract. [`S3Bucket`] keeps it on Amazon S3 and on stores that speak its protocol,
//! [`FolderBucket`] with files of a local folder. An object is never written over and never deleted; a put that is
//! repeated, after whatever fault or crash, finds its own object again ([`PutOutcome::AlreadyOurs`]).
//!
//! # Errors
//! [`BucketError`] says which operation failed and how ([`FaultKind`]), what to do about it ([`Reaction`]), and the
//! raw message that the documentation shows. Transient faults have been retried by the bucket's [`RetryPolicy`]
//! before a caller sees them; retrying longer is the caller's decision.
//!
//! # Example
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! # let root = tempfile::tempdir().unwrap();
//! # std::fs::create_dir(root.path().join("com-test")).unwrap();
//! use std::sync::Arc;
//! use bytes::Bytes;
//! use landfall_bucket::{Bucket, FolderBucket, PutOutcome, PutTags};
//!
//! let bucket = FolderBucket::open(root.path(), "com-test");
//! let tags = PutTags {
//!     content_type: "application/x-ndjson".to_owned(),
//!     load_id: "load-1".to_owned(),
//!     part: "root".to_owned(),
//! };
//! let body = Arc::new(Bytes::from_static(b"{\"id\":1}\n"));
//! let key = "shop/orders/0_1563294550038.jsonl";
//! assert_eq!(bucket.put_once(key, body.clone(), &tags).await?, PutOutcome::Created { e_tag: None });
//! assert_eq!(bucket.put_once(key, body, &tags).await?, PutOutcome::AlreadyOurs);
//! # Ok::<(), landfall_bucket::BucketError>(())
//! # }).unwrap();
//! ```

mod body;
mod bucket;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod folder;
mod retry;
mod s3;
mod survey;

pub use crate::body::{CACHED_PIECE_BYTES, ObjectBody};
pub use crate::bucket::{
    Bucket, BucketFacts, ObjectBytes, ObjectFacts, ObjectSummary, PutOutcome, PutTags, Turn, WriteProbe,
};
pub use crate::error::{BucketError, FaultKind, Operation, Reaction};
pub use crate::folder::{FolderBucket, FolderTrouble};
pub use crate::retry::{RetryPolicy, Sleep, TokioSleep};
pub use crate::s3::{
    CallerIdentity, Credentials, Encryption, MultipartPlan, S3Bucket, S3Config, S3Options, Timeouts,
};
pub use crate::survey::{
    BucketRules, ConditionTrial, IncompleteUploads, ObjectLock, RefusedUpload, Seen, StoreCapabilities,
    Support, Versioning,
};
