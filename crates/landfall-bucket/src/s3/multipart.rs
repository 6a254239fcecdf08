//! Large objects in parts: the object appears only when all of them are there (`loading.md` §6).

use std::sync::Arc;

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use futures_util::{TryStreamExt, stream};
use md5::{Digest, Md5};
use tracing::debug;

use crate::bucket::{Bucket, PutOutcome};
use crate::error::{BucketError, FaultKind, Operation};
use crate::s3::S3Bucket;
use crate::s3::feed::{Feed, PartBytes, WrongLength};
use crate::s3::proof::{Proof, is_made_of};
use crate::s3::put::{Upload, blocking, if_none_match};
use crate::s3::traits::{StoreTraits, UploadChecksum, parse_crc32, render_crc32};

/// Enough to keep a connection busy while the next part is read; each holds one part in memory.
const PARTS_IN_FLIGHT: usize = 2;

/// A part that the store has taken.
struct StoredPart {
    listed: CompletedPart,
    crc32: crc32fast::Hasher,
    proof: Proof,
    /// Whether the store has said that these are its bytes.
    is_confirmed: bool,
}

impl S3Bucket {
    pub(super) async fn put_in_parts(
        &self,
        upload: &Upload<'_>,
        traits: StoreTraits,
    ) -> Result<PutOutcome, BucketError> {
        if let Some(outcome) = self.look_first_with_retries(upload, traits).await? {
            return Ok(outcome);
        }
        let upload_id = self.create_upload(upload, traits).await?;
        let landed = match self.upload_parts(upload, traits, &upload_id).await {
            Ok(parts) => self.complete_upload(upload, traits, &upload_id, parts).await,
            Err(refusal) => Err(refusal),
        };
        let is_complete = matches!(landed, Ok(PutOutcome::Created { .. }));
        if !is_complete {
            // The documented policy does not allow it, so a refusal is expected and harmless.
            if let Err(refusal) = self.abort_upload(upload.key, &upload_id).await {
                debug!(object.key = upload.key, "the unfinished upload stays: {refusal}");
            }
        }
        landed
    }

    async fn look_first_with_retries(
        &self,
        upload: &Upload<'_>,
        traits: StoreTraits,
    ) -> Result<Option<PutOutcome>, BucketError> {
        let attempt = || self.look_first(upload, traits);
        self.inner
            .options
            .retry
            .run(&*self.inner.options.sleep, attempt)
            .await
    }

    async fn create_upload(&self, upload: &Upload<'_>, traits: StoreTraits) -> Result<String, BucketError> {
        let (encryption, key_id) = self.encryption();
        let (algorithm, kind) = match traits.checksum {
            UploadChecksum::Crc32 => (Some(ChecksumAlgorithm::Crc32), Some(ChecksumType::FullObject)),
            UploadChecksum::ContentMd5 => (None, None),
        };
        let answer = self
            .request(Operation::CreateMultipartUpload, 0, |client| {
                let creating = client
                    .create_multipart_upload()
                    .bucket(self.name())
                    .key(upload.key);
                creating
                    .content_type(&upload.tags.content_type)
                    .metadata(super::LOAD_ID, &upload.tags.load_id)
                    .metadata(super::PART, &upload.tags.part)
                    .set_checksum_algorithm(algorithm.clone())
                    .set_checksum_type(kind.clone())
                    .set_server_side_encryption(encryption.clone())
                    .set_ssekms_key_id(key_id.clone())
                    .send()
            })
            .await?;
        let nameless = || BucketError::new(Operation::CreateMultipartUpload, FaultKind::UnexpectedAnswer);
        answer.upload_id.ok_or_else(nameless)
    }

    async fn upload_parts(
        &self,
        upload: &Upload<'_>,
        traits: StoreTraits,
        upload_id: &str,
    ) -> Result<Vec<StoredPart>, BucketError> {
        let part_bytes = self
            .inner
            .options
            .multipart
            .part_bytes_for(upload.body.size_bytes());
        let feed = Feed::open(Arc::clone(&upload.body));
        let parts = stream::try_unfold((feed, 1), |(mut feed, number)| async move {
            let part = feed.next_part(part_bytes).await.map_err(wrong_length)?;
            let is_end = part.size_bytes == 0;
            Ok((!is_end).then_some(((number, part), (feed, number + 1))))
        });
        let stored: Vec<StoredPart> = parts
            .map_ok(|(number, part)| self.upload_part(upload.key, traits, upload_id, number, part))
            .try_buffered(PARTS_IN_FLIGHT)
            .try_collect()
            .await?;
        let mut whole = crc32fast::Hasher::new();
        for part in &stored {
            whole.combine(&part.crc32);
        }
        upload.note_crc32(whole.finalize());
        Ok(stored)
    }

    async fn upload_part(
        &self,
        key: &str,
        traits: StoreTraits,
        upload_id: &str,
        number: i32,
        part: PartBytes,
    ) -> Result<StoredPart, BucketError> {
        let hashed = part.clone();
        let (crc32, proof) = blocking(move || hash(&hashed, traits.checksum)).await;
        let uploading = || async {
            let answer = self
                .attempt(Operation::UploadPart, part.size_bytes, |client| {
                    let uploading = client
                        .upload_part()
                        .bucket(self.name())
                        .key(key)
                        .upload_id(upload_id)
                        .part_number(number)
                        .content_length(part.size_bytes.try_into().unwrap_or(i64::MAX))
                        .set_checksum_crc32(proof.crc32_header())
                        .set_content_md5(proof.md5_header())
                        .body(part.clone().into_stream());
                    uploading.customize().disable_payload_signing().send()
                })
                .await?;
            let told = proof.judge(answer.checksum_crc32(), answer.e_tag());
            let is_confirmed = self.confirm(Operation::UploadPart, traits, told)?;
            // A part can't be looked at; without an ETag it can't be named either.
            if !is_confirmed && (traits.knows_crc32() || answer.e_tag.is_none()) {
                return Err(BucketError::new(Operation::UploadPart, FaultKind::NotKept));
            }
            Ok((answer, is_confirmed))
        };
        let (answer, is_confirmed) = self
            .inner
            .options
            .retry
            .run(&*self.inner.options.sleep, uploading)
            .await?;
        let listed = CompletedPart::builder()
            .part_number(number)
            .set_e_tag(answer.e_tag)
            .set_checksum_crc32(proof.crc32_header())
            .build();
        Ok(StoredPart {
            listed,
            crc32,
            proof,
            is_confirmed,
        })
    }

    async fn complete_upload(
        &self,
        upload: &Upload<'_>,
        traits: StoreTraits,
        upload_id: &str,
        stored: Vec<StoredPart>,
    ) -> Result<PutOutcome, BucketError> {
        let whole = upload.crc32().await;
        let listed = stored.iter().map(|part| part.listed.clone()).collect();
        let parts = CompletedMultipartUpload::builder()
            .set_parts(Some(listed))
            .build();
        let completing = || async {
            let answer = self
                .attempt(Operation::CompleteMultipartUpload, 0, |client| {
                    let completing = client
                        .complete_multipart_upload()
                        .bucket(self.name())
                        .key(upload.key)
                        .upload_id(upload_id)
                        .set_if_none_match(if_none_match(traits))
                        .multipart_upload(parts.clone());
                    match traits.checksum {
                        UploadChecksum::Crc32 => completing
                            .checksum_crc32(render_crc32(whole))
                            .checksum_type(ChecksumType::FullObject)
                            .mpu_object_size(upload.body.size_bytes().try_into().unwrap_or(i64::MAX)),
                        UploadChecksum::ContentMd5 => completing,
                    }
                    .send()
                })
                .await;
            match answer {
                Ok(answer) => {
                    self.confirm_whole(upload, &stored, answer.checksum_crc32(), answer.e_tag())
                        .await?;
                    Ok(PutOutcome::Created { e_tag: answer.e_tag })
                }
                // Also after a lost reply: the upload is gone then, or the object there.
                Err(refusal) => self.settle(upload, refusal).await,
            }
        };
        self.inner
            .options
            .retry
            .run(&*self.inner.options.sleep, completing)
            .await
    }

    /// Whether the parts have become the object.
    async fn confirm_whole(
        &self,
        upload: &Upload<'_>,
        stored: &[StoredPart],
        crc32: Option<&str>,
        e_tag: Option<&str>,
    ) -> Result<(), BucketError> {
        let operation = Operation::CompleteMultipartUpload;
        let proofs: Vec<Proof> = stored.iter().map(|part| part.proof).collect();
        match crc32.and_then(parse_crc32) {
            Some(crc32) if crc32 == upload.crc32().await => Ok(()),
            Some(_) => Err(BucketError::new(operation, FaultKind::ChecksumMismatch)),
            None if is_made_of(&proofs, e_tag) => Ok(()),
            None if stored.iter().all(|part| part.is_confirmed) => self.look_for(operation, upload).await,
            None => self.look_back(operation, upload).await,
        }
    }

    pub(super) async fn abort_upload(&self, key: &str, upload_id: &str) -> Result<(), BucketError> {
        self.attempt(Operation::AbortMultipartUpload, 0, |client| {
            client
                .abort_multipart_upload()
                .bucket(self.name())
                .key(key)
                .upload_id(upload_id)
                .send()
        })
        .await?;
        Ok(())
    }
}

fn wrong_length(wrong: WrongLength) -> BucketError {
    let WrongLength { promised_bytes } = wrong;
    BucketError::new(Operation::UploadPart, FaultKind::BodyLength { promised_bytes })
}

fn hash(part: &PartBytes, checksum: UploadChecksum) -> (crc32fast::Hasher, Proof) {
    let mut crc32 = crc32fast::Hasher::new();
    let mut md5 = (checksum == UploadChecksum::ContentMd5).then(Md5::new);
    for piece in part.pieces() {
        crc32.update(piece);
        if let Some(md5) = &mut md5 {
            md5.update(piece);
        }
    }
    let proof = match md5 {
        Some(md5) => Proof::Md5(md5.finalize().into()),
        None => Proof::Crc32(crc32.clone().finalize()),
    };
    (crc32, proof)
}
