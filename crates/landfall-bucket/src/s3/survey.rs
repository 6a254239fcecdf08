//! Looking at a store and its bucket. Nothing of it is needed by a load, so nothing is repeated.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_s3::types::{BucketVersioningStatus, ExpirationStatus, LifecycleRule, ObjectLockEnabled};
use bytes::Bytes;

use crate::body::ObjectBody;
use crate::bucket::Bucket;
use crate::error::{BucketError, FaultKind, Operation};
use crate::s3::S3Bucket;
use crate::s3::feed::Feed;
use crate::s3::proof::md5_of;
use crate::s3::put::send_unsigned;
use crate::s3::traits::render_md5;
use crate::survey::{
    BucketRules, ConditionTrial, IncompleteUploads, ObjectLock, RefusedUpload, Seen, StoreCapabilities,
    Versioning,
};

const PIECE_BYTES: usize = 64 * 1024;

impl S3Bucket {
    /// What is known by now of what the store can do. Of stores that are not Amazon's, probes and uploads show it.
    #[must_use]
    pub fn capabilities(&self) -> StoreCapabilities {
        self.inner.traits.capabilities()
    }

    /// What the store's clock said with its last answer (`Date`), in whole seconds since 1970.
    #[must_use]
    pub fn last_answer_seconds(&self) -> Option<i64> {
        self.inner.link.pulse.last_seconds()
    }

    /// How the bucket is set up. What may not be looked at is [`Seen::Hidden`], which is no fault.
    pub async fn rules(&self) -> BucketRules {
        let (versioning, object_lock, incomplete_uploads) = futures_util::future::join3(
            self.see_versioning(),
            self.see_object_lock(),
            self.see_incomplete_uploads(),
        )
        .await;
        BucketRules {
            versioning: seen(versioning),
            object_lock: seen(object_lock),
            incomplete_uploads: seen(incomplete_uploads),
        }
    }

    async fn see_versioning(&self) -> Result<Versioning, BucketError> {
        let answer = self
            .attempt(Operation::GetBucketVersioning, 0, |client| {
                client.get_bucket_versioning().bucket(self.name()).send()
            })
            .await?;
        Ok(match answer.status {
            Some(BucketVersioningStatus::Enabled) => Versioning::Enabled,
            Some(BucketVersioningStatus::Suspended) => Versioning::Suspended,
            Some(_) | None => Versioning::Off,
        })
    }

    async fn see_object_lock(&self) -> Result<ObjectLock, BucketError> {
        let answer = self
            .attempt(Operation::GetObjectLockConfiguration, 0, |client| {
                client.get_object_lock_configuration().bucket(self.name()).send()
            })
            .await;
        let found = match answer {
            Ok(answer) => answer.object_lock_configuration,
            Err(refusal) if refusal.code() == Some("ObjectLockConfigurationNotFoundError") => {
                return Ok(ObjectLock::Off);
            }
            Err(refusal) => return Err(refusal),
        };
        if found.is_none() {
            let operation = Operation::GetObjectLockConfiguration;
            return Err(BucketError::new(operation, FaultKind::UnexpectedAnswer));
        }
        let is_enabled =
            found.and_then(|found| found.object_lock_enabled) == Some(ObjectLockEnabled::Enabled);
        Ok(if is_enabled {
            ObjectLock::Enabled
        } else {
            ObjectLock::Off
        })
    }

    async fn see_incomplete_uploads(&self) -> Result<IncompleteUploads, BucketError> {
        let answer = self
            .attempt(Operation::GetBucketLifecycleConfiguration, 0, |client| {
                client
                    .get_bucket_lifecycle_configuration()
                    .bucket(self.name())
                    .send()
            })
            .await;
        match answer {
            Ok(answer) => Ok(first_end_of_uploads(answer.rules())),
            Err(refusal) if refusal.code() == Some("NoSuchLifecycleConfiguration") => {
                Ok(IncompleteUploads::Stay)
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Whether the store creates objects on condition that there are none. An empty object is put over the challenge
    /// file, which must be empty too: whatever the store does, the file stays what it is.
    ///
    /// # Errors
    /// Faults that tell nothing about conditions.
    pub async fn try_condition_on(&self, challenge_key: &str) -> Result<ConditionTrial, BucketError> {
        let is_empty = |size_bytes: u64| size_bytes == 0;
        let found = self.head_attempt(challenge_key).await?;
        if !found.is_some_and(|found| is_empty(found.size_bytes)) {
            return Ok(ConditionTrial::NotTried);
        }
        let trial = match self
            .put_where_nothing_is(challenge_key, Arc::new(Bytes::new()))
            .await
        {
            Ok(()) => ConditionTrial::Absent,
            Err(refusal) => match refusal.kind() {
                FaultKind::AlreadyExists => ConditionTrial::Kept,
                FaultKind::NotImplemented | FaultKind::BadRequest => ConditionTrial::Absent,
                _ => return Err(refusal),
            },
        };
        self.inner.traits.note_condition(trial);
        Ok(trial)
    }

    /// Sends `content_bytes` for the store to refuse, so that the way to it can be measured and nothing is left there:
    /// they are for the challenge file, on the condition that there is none. Only where
    /// [`S3Bucket::try_condition_on`] was answered with [`ConditionTrial::Kept`] before.
    ///
    /// # Errors
    /// Any fault of `PutObject`.
    pub async fn send_to_be_refused(
        &self,
        challenge_key: &str,
        content_bytes: u64,
    ) -> Result<RefusedUpload, BucketError> {
        if !self.inner.traits.is_condition_proven() {
            return Ok(RefusedUpload::NotSent);
        }
        let noise = Arc::new(Noise::new(content_bytes));
        let body = Arc::clone(&noise) as Arc<dyn ObjectBody>;
        match self.put_where_nothing_is(challenge_key, body).await {
            Ok(()) => Ok(RefusedUpload::Written),
            Err(refusal) if *refusal.kind() == FaultKind::AlreadyExists => Ok(if noise.is_taken() {
                RefusedUpload::AfterContent
            } else {
                RefusedUpload::BeforeContent
            }),
            Err(refusal) => Err(refusal),
        }
    }

    async fn put_where_nothing_is(&self, key: &str, body: Arc<dyn ObjectBody>) -> Result<(), BucketError> {
        let (encryption, key_id) = self.encryption();
        let size_bytes = body.size_bytes();
        // Every store knows this one, and buckets with Object Lock demand a checksum.
        let md5 = render_md5(md5_of(Arc::clone(&body)).await);
        self.attempt(Operation::PutObject, size_bytes, |client| {
            let putting = client
                .put_object()
                .bucket(self.name())
                .key(key)
                .if_none_match("*")
                .content_length(size_bytes.try_into().unwrap_or(i64::MAX))
                .content_md5(&md5)
                .set_server_side_encryption(encryption.clone())
                .set_ssekms_key_id(key_id.clone())
                .body(Feed::open(Arc::clone(&body)).into_stream());
            send_unsigned(putting)
        })
        .await?;
        Ok(())
    }
}

fn seen<T>(answer: Result<T, BucketError>) -> Seen<T> {
    match answer {
        Ok(shown) => Seen::Shown(shown),
        Err(refusal) => match refusal.kind() {
            FaultKind::AccessDenied | FaultKind::Forbidden => Seen::Hidden,
            _ => Seen::Untold,
        },
    }
}

/// The rule for all keys, if there is one, or else the first for some.
fn first_end_of_uploads(rules: &[LifecycleRule]) -> IncompleteUploads {
    let ends = rules.iter().filter_map(|rule| {
        let days = rule
            .abort_incomplete_multipart_upload()?
            .days_after_initiation()?;
        let is_enabled = *rule.status() == ExpirationStatus::Enabled;
        #[expect(deprecated, reason = "old rules have their prefix there")]
        let prefix = rule.filter().and_then(|filter| filter.prefix()).or(rule.prefix());
        is_enabled.then(|| IncompleteUploads::EndAfter {
            days: u32::try_from(days).unwrap_or(0),
            prefix: prefix.unwrap_or_default().to_owned(),
        })
    });
    let is_partial = |end: &IncompleteUploads| matches!(end, IncompleteUploads::EndAfter { prefix, .. } if !prefix.is_empty());
    ends.min_by_key(is_partial).unwrap_or(IncompleteUploads::Stay)
}

/// Content that no line in between can make smaller, and that knows how much of it was taken last.
struct Noise {
    total_bytes: u64,
    taken_bytes: AtomicU64,
    piece: Bytes,
}

impl Noise {
    fn new(total_bytes: u64) -> Self {
        // xorshift64: the same bytes each time, without a pattern.
        let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
        let words = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        });
        let piece: Vec<u8> = words.take(PIECE_BYTES / 8).flatten().collect();
        Self {
            total_bytes,
            taken_bytes: AtomicU64::new(0),
            piece: piece.into(),
        }
    }

    fn is_taken(&self) -> bool {
        self.taken_bytes.load(Ordering::Relaxed) == self.total_bytes
    }
}

impl ObjectBody for Noise {
    fn size_bytes(&self) -> u64 {
        self.total_bytes
    }

    fn open(&self, _piece_bytes: usize) -> Box<dyn Iterator<Item = Bytes> + Send + '_> {
        self.taken_bytes.store(0, Ordering::Relaxed);
        Box::new(std::iter::from_fn(|| {
            let left_bytes = self.total_bytes - self.taken_bytes.load(Ordering::Relaxed);
            let size_bytes = left_bytes.min(PIECE_BYTES as u64);
            self.taken_bytes.fetch_add(size_bytes, Ordering::Relaxed);
            let piece = usize::try_from(size_bytes).map(|size| self.piece.slice(..size));
            piece.ok().filter(|piece| !piece.is_empty())
        }))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::{AbortIncompleteMultipartUpload, LifecycleRuleFilter};

    use super::*;

    fn rule(status: ExpirationStatus, days: Option<i32>, prefix: &str) -> LifecycleRule {
        let abort = days.map(|days| {
            AbortIncompleteMultipartUpload::builder()
                .days_after_initiation(days)
                .build()
        });
        LifecycleRule::builder()
            .status(status)
            .set_abort_incomplete_multipart_upload(abort)
            .filter(LifecycleRuleFilter::builder().prefix(prefix).build())
            .build()
            .expect("a rule")
    }

    #[test]
    fn the_rule_for_all_keys_counts_first_and_disabled_ones_do_not() {
        let on = ExpirationStatus::Enabled;
        let end = |days, prefix: &str| IncompleteUploads::EndAfter {
            days,
            prefix: prefix.to_owned(),
        };
        let cases = [
            (vec![], IncompleteUploads::Stay),
            (vec![rule(on.clone(), None, "")], IncompleteUploads::Stay),
            (
                vec![rule(ExpirationStatus::Disabled, Some(7), "")],
                IncompleteUploads::Stay,
            ),
            (
                vec![rule(on.clone(), Some(3), "raw/"), rule(on.clone(), Some(7), "")],
                end(7, ""),
            ),
            (vec![rule(on, Some(3), "raw/")], end(3, "raw/")),
        ];
        for (rules, expected) in cases {
            assert_eq!(first_end_of_uploads(&rules), expected, "{rules:?}");
        }
    }

    #[test]
    fn noise_has_its_size_and_knows_when_it_was_taken() {
        let noise = Noise::new(100_000);
        assert!(!noise.is_taken());
        let sizes: Vec<usize> = noise.open(PIECE_BYTES).map(|piece| piece.len()).collect();
        assert_eq!(sizes, [65_536, 34_464]);
        assert!(noise.is_taken());
    }
}
