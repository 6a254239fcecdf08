//! Putting an object once (`loading.md` §6).

use std::sync::Arc;
use std::sync::OnceLock;

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
use aws_sdk_s3::types::ServerSideEncryption;
use futures_util::future::join;
use tracing::debug;

use crate::body::ObjectBody;
use crate::bucket::{Bucket, PutOutcome, PutTags, Turn};
use crate::error::{BucketError, FaultKind, Operation};
use crate::s3::config::Encryption;
use crate::s3::feed::Feed;
use crate::s3::proof::Proof;
use crate::s3::traits::{ConditionalCreate, StoreTraits};
use crate::s3::{LOAD_ID, PART, S3Bucket};

/// Objects up to this size are put a second time to see whether the store keeps `If-None-Match`.
const CHEAP_TO_PUT_TWICE_BYTES: u64 = 1024 * 1024;

/// One object to put.
pub(super) struct Upload<'a> {
    pub(super) key: &'a str,
    pub(super) body: Arc<dyn ObjectBody>,
    pub(super) tags: &'a PutTags,
    crc32: OnceLock<u32>,
}

impl<'a> Upload<'a> {
    pub(super) fn new(key: &'a str, body: Arc<dyn ObjectBody>, tags: &'a PutTags) -> Self {
        Self {
            key,
            body,
            tags,
            crc32: OnceLock::new(),
        }
    }

    /// The checksum of the whole content, reckoned at most once and away from the runtime's threads.
    pub(super) async fn crc32(&self) -> u32 {
        if let Some(known) = self.crc32.get() {
            return *known;
        }
        let body = Arc::clone(&self.body);
        let crc32 = blocking(move || body.crc32()).await;
        *self.crc32.get_or_init(|| crc32)
    }

    /// Remembers a checksum that was reckoned in passing.
    pub(super) fn note_crc32(&self, crc32: u32) {
        self.crc32.get_or_init(|| crc32);
    }
}

impl S3Bucket {
    /// Puts an object when its turn comes; `None` if it does not. What the request says of the content before it begins
    /// is reckoned meanwhile.
    pub(super) async fn put_after(
        &self,
        upload: Upload<'_>,
        turn: Turn,
    ) -> Result<Option<PutOutcome>, BucketError> {
        let traits = self.inner.traits.now();
        let reckoned = async {
            if traits.knows_crc32() && !self.takes_parts(&upload, traits) {
                let _ = upload.crc32().await;
            }
        };
        let (turn, ()) = join(turn, reckoned).await;
        match turn {
            Ok(()) => self.put(upload).await.map(Some),
            Err(_) => Ok(None),
        }
    }

    pub(super) async fn put(&self, upload: Upload<'_>) -> Result<PutOutcome, BucketError> {
        let mut traits = self.inner.traits.now();
        let mut is_accepted = false;
        loop {
            let refusal = match self.put_by(&upload, traits).await {
                // Accepted before, but without the checksum; by now it was read back and found to be whole.
                Ok(PutOutcome::AlreadyOurs) if is_accepted => {
                    self.inner.traits.keep(traits);
                    return Ok(PutOutcome::Created { e_tag: None });
                }
                Ok(outcome) => {
                    self.inner
                        .traits
                        .keep(self.try_condition(&upload, traits, &outcome).await);
                    return Ok(outcome);
                }
                Err(refusal) => refusal,
            };
            is_accepted |= *refusal.kind() == FaultKind::ChecksumUnconfirmed;
            let lesser = traits.without_refused(&refusal).ok_or(refusal)?;
            debug!(
                "the store lacks a feature: going on without {}",
                traits.lost(lesser)
            );
            traits = lesser;
        }
    }

    async fn put_by(&self, upload: &Upload<'_>, traits: StoreTraits) -> Result<PutOutcome, BucketError> {
        if self.takes_parts(upload, traits) {
            return self.put_in_parts(upload, traits).await;
        }
        let attempt = || self.put_attempt(upload, traits);
        self.inner
            .options
            .retry
            .run(&*self.inner.options.sleep, attempt)
            .await
    }

    fn takes_parts(&self, upload: &Upload<'_>, traits: StoreTraits) -> bool {
        traits.has_multipart && upload.body.size_bytes() >= self.inner.options.multipart.threshold_bytes
    }

    /// One request in the simplest case. A repeated call also finds what a lost reply left behind.
    async fn put_attempt(&self, upload: &Upload<'_>, traits: StoreTraits) -> Result<PutOutcome, BucketError> {
        if let Some(outcome) = self.look_first(upload, traits).await? {
            return Ok(outcome);
        }
        let proof = self.proof_of(upload, traits).await;
        match self.put_request(upload, traits, proof).await {
            Ok(answer) => {
                let told = proof.judge(answer.checksum_crc32(), answer.e_tag());
                if !self.confirm(Operation::PutObject, traits, told)? {
                    self.look_back(Operation::PutObject, upload).await?;
                }
                Ok(PutOutcome::Created { e_tag: answer.e_tag })
            }
            Err(refusal) => self.settle(upload, refusal).await,
        }
    }

    async fn put_request(
        &self,
        upload: &Upload<'_>,
        traits: StoreTraits,
        proof: Proof,
    ) -> Result<PutObjectOutput, BucketError> {
        self.attempt(Operation::PutObject, upload.body.size_bytes(), |client| {
            let putting = self.describe(client.put_object(), upload, traits);
            let putting = putting
                .set_checksum_crc32(proof.crc32_header())
                .set_content_md5(proof.md5_header());
            let putting = putting.body(Feed::open(Arc::clone(&upload.body)).into_stream());
            send_unsigned(putting)
        })
        .await
    }

    fn describe(
        &self,
        putting: PutObjectFluentBuilder,
        upload: &Upload<'_>,
        traits: StoreTraits,
    ) -> PutObjectFluentBuilder {
        let (encryption, key_id) = self.encryption();
        putting
            .bucket(self.name())
            .key(upload.key)
            .content_length(upload.body.size_bytes().try_into().unwrap_or(i64::MAX))
            .content_type(&upload.tags.content_type)
            .metadata(LOAD_ID, &upload.tags.load_id)
            .metadata(PART, &upload.tags.part)
            .set_if_none_match(if_none_match(traits))
            .set_server_side_encryption(encryption)
            .set_ssekms_key_id(key_id)
    }

    pub(super) fn encryption(&self) -> (Option<ServerSideEncryption>, Option<String>) {
        match &self.inner.config.encryption {
            Encryption::BucketDefault => (None, None),
            Encryption::Aes256 => (Some(ServerSideEncryption::Aes256), None),
            Encryption::Kms { key_id } => (Some(ServerSideEncryption::AwsKms), key_id.clone()),
        }
    }

    /// After the first small object of a run: puts the same bytes again, which a store that keeps `If-None-Match`
    /// refuses and any other one may safely accept.
    async fn try_condition(
        &self,
        upload: &Upload<'_>,
        traits: StoreTraits,
        outcome: &PutOutcome,
    ) -> StoreTraits {
        let is_new = matches!(outcome, PutOutcome::Created { .. });
        let is_small = upload.body.size_bytes() <= CHEAP_TO_PUT_TWICE_BYTES;
        if traits.conditional != ConditionalCreate::Unknown || !is_new || !is_small {
            return traits;
        }
        let proof = self.proof_of(upload, traits).await;
        let conditional = match self.put_request(upload, traits, proof).await {
            Ok(_) => ConditionalCreate::Absent,
            Err(refusal) if *refusal.kind() == FaultKind::AlreadyExists => ConditionalCreate::Kept,
            Err(_) => ConditionalCreate::Unknown,
        };
        debug!("creating objects conditionally at this store: {conditional:?}");
        StoreTraits {
            conditional,
            ..traits
        }
    }
}

pub(super) fn if_none_match(traits: StoreTraits) -> Option<String> {
    match traits.conditional {
        ConditionalCreate::Kept | ConditionalCreate::Unknown => Some("*".to_owned()),
        ConditionalCreate::Absent => None,
    }
}

/// Sends without signing the content: its checksum is a signed header, and hashing it twice would halve the speed.
pub(super) async fn send_unsigned(
    putting: PutObjectFluentBuilder,
) -> Result<PutObjectOutput, SdkError<PutObjectError>> {
    putting.customize().disable_payload_signing().send().await
}

/// Work above a millisecond.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down, and this call with it.
            Err(_cancelled) => std::future::pending().await,
        },
    }
}
