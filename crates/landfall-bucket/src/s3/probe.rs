//! Proving that objects can be written, without writing one (`setup-flow.md` §6.2 step 5).

use crate::bucket::{Bucket, WriteProbe};
use crate::error::{BucketError, FaultKind, Operation};
use crate::s3::S3Bucket;

impl S3Bucket {
    pub(super) async fn probe_by_multipart(&self, challenge_key: &str) -> Result<WriteProbe, BucketError> {
        let (encryption, key_id) = self.encryption();
        let created = self
            .request(Operation::CreateMultipartUpload, 0, |client| {
                let creating = client
                    .create_multipart_upload()
                    .bucket(self.name())
                    .key(challenge_key);
                creating
                    .set_server_side_encryption(encryption.clone())
                    .set_ssekms_key_id(key_id.clone())
                    .send()
            })
            .await;
        let upload_id = match created {
            Ok(answer) => answer.upload_id.unwrap_or_default(),
            Err(refusal) if *refusal.kind() == FaultKind::NotImplemented => {
                return self.probe_by_put(challenge_key, refusal).await;
            }
            Err(refusal) => return Err(refusal),
        };
        Ok(match self.abort_upload(challenge_key, &upload_id).await {
            Ok(()) => WriteProbe::Clean,
            Err(refusal) => WriteProbe::AbortFailed(refusal),
        })
    }

    /// For stores without multipart uploads: an empty object over the empty challenge file. Where that is not empty,
    /// nothing can be proven without harm, and the refusal of the multipart upload stands.
    async fn probe_by_put(
        &self,
        challenge_key: &str,
        no_multipart: BucketError,
    ) -> Result<WriteProbe, BucketError> {
        let found = self
            .head(challenge_key)
            .await?
            .ok_or_else(BucketError::missing_object)?;
        if found.size_bytes > 0 {
            return Err(no_multipart);
        }
        let (encryption, key_id) = self.encryption();
        self.request(Operation::PutObject, 0, |client| {
            let putting = client
                .put_object()
                .bucket(self.name())
                .key(challenge_key)
                .content_length(0);
            putting
                .set_server_side_encryption(encryption.clone())
                .set_ssekms_key_id(key_id.clone())
                .send()
        })
        .await?;
        Ok(WriteProbe::Clean)
    }
}
