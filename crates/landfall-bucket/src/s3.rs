//! A bucket of Amazon S3 or of a store that speaks its protocol.

mod config;
mod connection;
mod fault;
mod feed;
mod multipart;
mod probe;
mod proof;
mod pulse;
mod put;
mod read;
mod recognise;
mod survey;
mod traits;
mod transport;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{ChecksumMode, Object};

pub use self::config::{Credentials, Encryption, MultipartPlan, S3Config, S3Options, Timeouts};
use self::connection::{Connection, Link, sts_config};
use self::put::Upload;
use self::traits::StoreTraits;
use crate::body::ObjectBody;
use crate::bucket::{
    Bucket, BucketFacts, ObjectBytes, ObjectFacts, ObjectSummary, PutOutcome, PutTags, Turn, WriteProbe,
};
use crate::error::{BucketError, FaultKind, Operation};

/// The user metadata that names the load which wrote an object.
pub(crate) const LOAD_ID: &str = "landfall-load-id";
/// The user metadata that names the file of the load.
pub(crate) const PART: &str = "landfall-part";

/// A bucket reached by the S3 protocol. Cheap to clone; clones share connections and what they learnt.
#[derive(Clone)]
pub struct S3Bucket {
    inner: Arc<Inner>,
}

struct Inner {
    config: S3Config,
    options: S3Options,
    link: Link,
    traits: traits::Learnt,
}

impl fmt::Debug for S3Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Bucket")
            .field("config", &self.inner.config)
            .finish_non_exhaustive()
    }
}

/// Who the store takes us for, as STS says (`setup-flow.md` §6.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The account number.
    pub account: String,
    /// Such as `arn:aws:sts::111122223333:assumed-role/landfall/landfall-7`.
    pub arn: String,
}

impl S3Bucket {
    /// Prepares a bucket. No request is sent for it, except that ambient credentials without a region ask the
    /// host's profile and instance metadata for one.
    pub async fn open(config: S3Config, options: S3Options) -> Self {
        let link = Link::open(config.clone(), &options).await;
        let traits = traits::Learnt::new(match config.endpoint_url {
            None => StoreTraits::aws(),
            Some(_) => StoreTraits::unknown(),
        });
        Self {
            inner: Arc::new(Inner {
                config,
                options,
                link,
                traits,
            }),
        }
    }

    /// Whose credentials are in use, from STS `GetCallerIdentity` (`setup-flow.md` §6.2 step 1; AWS only).
    ///
    /// # Errors
    /// `NoCredentials`, `AssumeRoleDenied` or another fault of getting credentials or asking STS.
    pub async fn caller_identity(&self) -> Result<CallerIdentity, BucketError> {
        let sts = aws_sdk_sts::Client::new(&sts_config(&self.inner.link.sdk, &self.inner.options));
        let mut asked = self.inner.link.current().asked(Operation::GetCallerIdentity);
        asked.endpoint = match &self.inner.options.sts_endpoint_url {
            Some(url) => url.clone(),
            None => format!("https://sts.{}.amazonaws.com/", asked.region),
        };
        let asking = || async {
            let answer = tokio::time::timeout(
                self.inner.options.timeouts.answer,
                sts.get_caller_identity().send(),
            );
            let answer = answer
                .await
                .map_err(|_elapsed| asked.failed(FaultKind::Timeout))?;
            answer.map_err(|refusal| asked.judge(&refusal))
        };
        let answer = self
            .inner
            .options
            .retry
            .run(&*self.inner.options.sleep, asking)
            .await?;
        Ok(CallerIdentity {
            account: answer.account.unwrap_or_default(),
            arn: answer.arn.unwrap_or_default(),
        })
    }

    /// Sends a request until it is answered. `carried_bytes` gives it more time.
    pub(crate) async fn request<T, E, Sending>(
        &self,
        operation: Operation,
        carried_bytes: u64,
        send: impl Fn(Client) -> Sending,
    ) -> Result<T, BucketError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        Sending: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let attempt = || self.attempt(operation, carried_bytes, &send);
        self.inner
            .options
            .retry
            .run(&*self.inner.options.sleep, attempt)
            .await
    }

    /// Sends a request once, and once more if the bucket is in another region than we guessed.
    pub(crate) async fn attempt<T, E, Sending>(
        &self,
        operation: Operation,
        carried_bytes: u64,
        send: impl Fn(Client) -> Sending,
    ) -> Result<T, BucketError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        Sending: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let limit = self.inner.options.timeouts.for_transfer(carried_bytes);
        let send_by = |connection: Arc<Connection>| {
            let answer = tokio::time::timeout(limit, send(connection.client.clone()));
            async move {
                let answer = answer
                    .await
                    .map_err(|_elapsed| connection.asked(operation).failed(FaultKind::Timeout))?;
                answer.map_err(|refusal| connection.asked(operation).judge(&refusal))
            }
        };
        let connection = self.inner.link.current();
        let refusal = match send_by(Arc::clone(&connection)).await {
            Ok(answer) => return Ok(answer),
            Err(refusal) => refusal,
        };
        match self.inner.link.follow(&connection, &refusal) {
            Some(moved) => send_by(moved).await,
            None => Err(refusal),
        }
    }

    /// One `HeadObject`, not repeated.
    pub(crate) async fn head_attempt(&self, key: &str) -> Result<Option<ObjectFacts>, BucketError> {
        let bucket = &self.inner.config.bucket;
        let mode = self
            .inner
            .traits
            .now()
            .knows_crc32()
            .then_some(ChecksumMode::Enabled);
        let answer = self
            .attempt(Operation::HeadObject, 0, |client| {
                client
                    .head_object()
                    .bucket(bucket)
                    .key(key)
                    .set_checksum_mode(mode.clone())
                    .send()
            })
            .await;
        match answer {
            Ok(found) => Ok(Some(facts(found))),
            Err(fault) if *fault.kind() == FaultKind::NotFound => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}

fn facts(found: HeadObjectOutput) -> ObjectFacts {
    let metadata = |name: &str| {
        found
            .metadata
            .as_ref()
            .and_then(|metadata| metadata.get(name))
            .cloned()
    };
    ObjectFacts {
        size_bytes: found
            .content_length
            .and_then(|length| u64::try_from(length).ok())
            .unwrap_or(0),
        crc32: found.checksum_crc32.as_deref().and_then(traits::parse_crc32),
        load_id: metadata(LOAD_ID),
        part: metadata(PART),
        e_tag: found.e_tag,
        content_type: found.content_type,
    }
}

fn summary(found: Object) -> Option<ObjectSummary> {
    let size_bytes = found.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
    found.key.map(|key| ObjectSummary { key, size_bytes })
}

#[async_trait]
impl Bucket for S3Bucket {
    fn name(&self) -> &str {
        &self.inner.config.bucket
    }

    fn max_key_part_bytes(&self) -> Option<usize> {
        None
    }

    async fn head_bucket(&self) -> Result<BucketFacts, BucketError> {
        let bucket = &self.inner.config.bucket;
        let answer = self
            .request(Operation::HeadBucket, 0, |client| {
                client.head_bucket().bucket(bucket).send()
            })
            .await?;
        Ok(BucketFacts {
            region: answer.bucket_region,
        })
    }

    async fn list(&self, prefix: &str, max: usize) -> Result<Vec<ObjectSummary>, BucketError> {
        let bucket = &self.inner.config.bucket;
        let mut found: Vec<ObjectSummary> = Vec::new();
        let mut continuation: Option<String> = None;
        while found.len() < max {
            let page_size = i32::try_from((max - found.len()).min(MAX_PAGE)).unwrap_or(i32::MAX);
            let page = self
                .request(Operation::ListObjectsV2, 0, |client| {
                    let asking = client
                        .list_objects_v2()
                        .bucket(bucket)
                        .prefix(prefix)
                        .max_keys(page_size);
                    asking.set_continuation_token(continuation.clone()).send()
                })
                .await?;
            found.extend(page.contents.unwrap_or_default().into_iter().filter_map(summary));
            continuation = page.next_continuation_token;
            if continuation.is_none() {
                break;
            }
        }
        found.truncate(max);
        Ok(found)
    }

    async fn head(&self, key: &str) -> Result<Option<ObjectFacts>, BucketError> {
        let attempt = || self.head_attempt(key);
        self.inner
            .options
            .retry
            .run(&*self.inner.options.sleep, attempt)
            .await
    }

    async fn put_once(
        &self,
        key: &str,
        body: Arc<dyn ObjectBody>,
        tags: &PutTags,
    ) -> Result<PutOutcome, BucketError> {
        self.put(Upload::new(key, body, tags)).await
    }

    async fn put_in_turn(
        &self,
        key: &str,
        body: Arc<dyn ObjectBody>,
        tags: &PutTags,
        turn: Turn,
    ) -> Result<Option<PutOutcome>, BucketError> {
        self.put_after(Upload::new(key, body, tags), turn).await
    }

    async fn read(&self, key: &str) -> Result<ObjectBytes, BucketError> {
        self.read_in_ranges(key).await
    }

    async fn probe_write(&self, challenge_key: &str) -> Result<WriteProbe, BucketError> {
        self.probe_by_multipart(challenge_key).await
    }
}

/// The most keys in one answer to `ListObjectsV2`.
const MAX_PAGE: usize = 1000;
