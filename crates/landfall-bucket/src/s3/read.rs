//! Reading objects range by range, so that memory stays bounded and a broken connection costs one range.

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use crate::bucket::{Bucket, ObjectBytes};
use crate::error::{BucketError, FaultKind, Operation};
use crate::s3::S3Bucket;

/// One request, and the most that is in memory.
const RANGE_BYTES: u64 = 4 * 1024 * 1024;

/// How far the reading of an object is.
struct Cursor {
    bucket: S3Bucket,
    key: String,
    e_tag: Option<String>,
    at_byte: u64,
    size_bytes: u64,
}

impl S3Bucket {
    pub(super) async fn read_in_ranges(&self, key: &str) -> Result<ObjectBytes, BucketError> {
        let missing = || BucketError::with_status(Operation::GetObject, FaultKind::NotFound, 404);
        let found = self.head(key).await?.ok_or_else(missing)?;
        let cursor = Cursor {
            bucket: self.clone(),
            key: key.to_owned(),
            e_tag: found.e_tag,
            at_byte: 0,
            size_bytes: found.size_bytes,
        };
        let ranges = stream::try_unfold(cursor, |cursor| async move {
            if cursor.at_byte == cursor.size_bytes {
                return Ok(None);
            }
            let bytes = cursor.read_range().await?;
            let at_byte = cursor.at_byte + bytes.len() as u64;
            Ok(Some((bytes, Cursor { at_byte, ..cursor })))
        });
        Ok(ranges.boxed())
    }
}

impl Cursor {
    async fn read_range(&self) -> Result<Bytes, BucketError> {
        let end_byte = self.size_bytes.min(self.at_byte + RANGE_BYTES);
        let wanted_bytes = end_byte - self.at_byte;
        let range = format!("bytes={}-{}", self.at_byte, end_byte - 1);
        let options = &self.bucket.inner.options;
        let attempt = || async {
            let connection = self.bucket.inner.link.current();
            let asked = connection.asked(Operation::GetObject);
            let answer = self
                .bucket
                .attempt(Operation::GetObject, wanted_bytes, |client| {
                    let getting = client
                        .get_object()
                        .bucket(self.bucket.name())
                        .key(&self.key)
                        .range(&range);
                    getting.set_if_match(self.e_tag.clone()).send()
                })
                .await?;
            let body =
                tokio::time::timeout(options.timeouts.for_transfer(wanted_bytes), answer.body.collect());
            let body = body.await.map_err(|_elapsed| asked.failed(FaultKind::Timeout))?;
            let bytes = body
                .map_err(|_broken| asked.failed(FaultKind::Connect))?
                .into_bytes();
            let is_whole = bytes.len() as u64 == wanted_bytes;
            if is_whole {
                Ok(bytes)
            } else {
                Err(asked.failed(FaultKind::Connect))
            }
        };
        options
            .retry
            .run(&*options.sleep, attempt)
            .await
            .map_err(changed_while_read)
    }
}

/// `If-Match` failed: what was read before belongs to other content.
fn changed_while_read(refusal: BucketError) -> BucketError {
    match refusal.kind() {
        FaultKind::AlreadyExists => BucketError::new(Operation::GetObject, FaultKind::ChangedWhileRead),
        _ => refusal,
    }
}
