//! Whether an object that is there is ours, from an earlier attempt, or someone else's (`loading.md` §6).

use futures_util::TryStreamExt;
use tracing::debug;

use crate::bucket::PutOutcome;
use crate::error::{BucketError, FaultKind};
use crate::s3::S3Bucket;
use crate::s3::put::Upload;
use crate::s3::traits::{ConditionalCreate, StoreTraits};

impl S3Bucket {
    /// `HeadObject` before the upload, where the store is not known to refuse overwriting by itself.
    pub(super) async fn look_first(
        &self,
        upload: &Upload<'_>,
        traits: StoreTraits,
    ) -> Result<Option<PutOutcome>, BucketError> {
        match traits.conditional {
            ConditionalCreate::Kept => Ok(None),
            ConditionalCreate::Unknown | ConditionalCreate::Absent => self.inspect(upload).await,
        }
    }

    /// After a refusal: if it says that the object exists, whose it is.
    pub(super) async fn settle(
        &self,
        upload: &Upload<'_>,
        refusal: BucketError,
    ) -> Result<PutOutcome, BucketError> {
        match refusal.kind() {
            FaultKind::AlreadyExists | FaultKind::Conflict | FaultKind::NoSuchUpload => {
                let gone = BucketError::new(refusal.operation(), FaultKind::Conflict);
                let is_upload_lost = *refusal.kind() == FaultKind::NoSuchUpload;
                let otherwise = if is_upload_lost { refusal } else { gone };
                self.inspect(upload).await?.ok_or(otherwise)
            }
            _ => Err(refusal),
        }
    }

    /// Compares the object that holds the key, if any, with ours: size and checksum, or else the bytes.
    pub(super) async fn inspect(&self, upload: &Upload<'_>) -> Result<Option<PutOutcome>, BucketError> {
        let Some(found) = self.head_attempt(upload.key).await? else {
            return Ok(None);
        };
        if found.size_bytes != upload.body.size_bytes() {
            return Ok(Some(PutOutcome::Taken));
        }
        let found_crc32 = match found.crc32 {
            Some(crc32) => crc32,
            None => self.crc32_of_stored(upload.key).await?,
        };
        let is_ours = found_crc32 == upload.crc32().await;
        debug!(object.key = upload.key, is_ours, "the object exists");
        Ok(Some(if is_ours {
            PutOutcome::AlreadyOurs
        } else {
            PutOutcome::Taken
        }))
    }

    async fn crc32_of_stored(&self, key: &str) -> Result<u32, BucketError> {
        let bytes = self.read_in_ranges(key).await?;
        let hasher = crc32fast::Hasher::new();
        let hasher = bytes
            .try_fold(hasher, |mut hasher, piece| async move {
                hasher.update(&piece);
                Ok(hasher)
            })
            .await?;
        Ok(hasher.finalize())
    }
}
