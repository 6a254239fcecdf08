//! Proving that objects can be written, without writing one (`setup-flow.md` §6.2 step 5).

use aws_sdk_s3::operation::create_multipart_upload::CreateMultipartUploadOutput;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType};

use crate::bucket::{Bucket, WriteProbe};
use crate::error::{BucketError, FaultKind, Operation};
use crate::s3::S3Bucket;
use crate::survey::Support;

impl S3Bucket {
    pub(super) async fn probe_by_multipart(&self, challenge_key: &str) -> Result<WriteProbe, BucketError> {
        let upload_id = match self.begin_probe(challenge_key).await {
            Ok(upload_id) => upload_id,
            Err(refusal) if *refusal.kind() == FaultKind::NotImplemented => {
                self.inner.traits.note_multipart(Support::Absent);
                return self.probe_by_put(challenge_key, refusal).await;
            }
            Err(refusal) => return Err(refusal),
        };
        self.inner.traits.note_multipart(Support::Present);
        Ok(match self.abort_upload(challenge_key, &upload_id).await {
            Ok(()) => WriteProbe::Clean,
            Err(refusal) => WriteProbe::AbortFailed(refusal),
        })
    }

    /// Begins an upload as loads do, with checksums. Stores other than Amazon's may not know these.
    async fn begin_probe(&self, challenge_key: &str) -> Result<String, BucketError> {
        let traits = self.inner.traits.now();
        let algorithm = traits.knows_crc32().then_some(ChecksumAlgorithm::Crc32);
        let refusal = match self.create_probe(challenge_key, algorithm.clone()).await {
            Ok(answer) => {
                if answer.checksum_algorithm == algorithm && algorithm.is_some() {
                    self.inner.traits.note_checksums(Support::Present);
                }
                return Ok(answer.upload_id.unwrap_or_default());
            }
            Err(refusal) => refusal,
        };
        let may_lack_checksums = matches!(refusal.kind(), FaultKind::NotImplemented | FaultKind::BadRequest);
        if algorithm.is_none() || !traits.is_adaptable || !may_lack_checksums {
            return Err(refusal);
        }
        let answer = self.create_probe(challenge_key, None).await?;
        self.inner.traits.note_checksums(Support::Absent);
        Ok(answer.upload_id.unwrap_or_default())
    }

    async fn create_probe(
        &self,
        challenge_key: &str,
        algorithm: Option<ChecksumAlgorithm>,
    ) -> Result<CreateMultipartUploadOutput, BucketError> {
        let (encryption, key_id) = self.encryption();
        let kind = algorithm.as_ref().map(|_| ChecksumType::FullObject);
        self.request(Operation::CreateMultipartUpload, 0, |client| {
            let creating = client
                .create_multipart_upload()
                .bucket(self.name())
                .key(challenge_key);
            creating
                .set_checksum_algorithm(algorithm.clone())
                .set_checksum_type(kind.clone())
                .set_server_side_encryption(encryption.clone())
                .set_ssekms_key_id(key_id.clone())
                .send()
        })
        .await
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
