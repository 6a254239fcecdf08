//! The S3 operations on the simulated store.

use std::collections::BTreeMap;
use std::ops::Range as ByteRange;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::TryStreamExt;
use md5::{Digest, Md5};
use s3s::dto::*;
use s3s::{Body, S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};

use crate::store::{ChecksumHabit, ConditionalHabit, ETagHabit, PendingUpload, State, Store, StoredObject};

type Answer<T> = S3Result<S3Response<T>>;

fn answer<T>(output: T) -> Answer<T> {
    Ok(S3Response::new(output))
}

fn crc32_text(crc32: u32) -> String {
    STANDARD.encode(crc32.to_be_bytes())
}

fn lacks(feature: &str) -> S3Error {
    s3_error!(
        NotImplemented,
        "A header you provided implies functionality that is not implemented: {feature}"
    )
}

impl Store {
    /// Reads an upload and checks it against the checksums it came with.
    async fn receive(
        &self,
        body: Option<StreamingBlob>,
        crc32: Option<&str>,
        md5: Option<&str>,
    ) -> S3Result<StoredObject> {
        if crc32.is_some() && self.habits.checksums == ChecksumHabit::Refused {
            return Err(lacks("x-amz-checksum-crc32"));
        }
        let (mut object, is_garbled) = if self.habits.keeps_contents {
            let pieces = match body {
                Some(body) => body.try_collect().await.map_err(|_broken| broken_off())?,
                None => Vec::new(),
            };
            let is_garbled = std::mem::take(&mut self.state().garbles_next);
            let pieces = if is_garbled { garbled(&pieces) } else { pieces };
            (StoredObject::new(pieces), is_garbled)
        } else {
            (swallow(body).await?, false)
        };
        if self.habits.e_tags == ETagHabit::Md5 {
            object.e_tag = format!("\"{}\"", hexadecimal(&object.md5()));
        }
        if is_garbled {
            return Ok(object);
        }
        let is_checked = self.habits.checksums == ChecksumHabit::Kept;
        if is_checked && crc32.is_some_and(|crc32| crc32 != crc32_text(object.crc32)) {
            return Err(s3_error!(
                BadDigest,
                "The CRC32 you specified did not match the calculated checksum."
            ));
        }
        if md5.is_some_and(|md5| md5 != md5_text(&object)) {
            return Err(s3_error!(
                BadDigest,
                "The Content-MD5 you specified did not match what we received."
            ));
        }
        Ok(object)
    }

    fn confirmed(&self, object: &StoredObject) -> Option<String> {
        (self.habits.checksums == ChecksumHabit::Kept).then(|| crc32_text(object.crc32))
    }

    fn check_condition(
        &self,
        condition: Option<&str>,
        state: &State,
        bucket: &str,
        key: &str,
    ) -> S3Result<()> {
        let Some(_any) = condition else { return Ok(()) };
        let exists = state
            .buckets
            .get(bucket)
            .is_some_and(|bucket| bucket.objects.contains_key(key));
        match self.habits.conditional {
            ConditionalHabit::Kept if exists => Err(s3_error!(
                PreconditionFailed,
                "At least one of the pre-conditions you specified did not hold"
            )),
            ConditionalHabit::Kept | ConditionalHabit::Ignored => Ok(()),
            ConditionalHabit::Refused => Err(lacks("If-None-Match")),
        }
    }

    fn find(&self, bucket: &str, key: &str) -> S3Result<StoredObject> {
        let state = self.state();
        let bucket = state.buckets.get(bucket).ok_or_else(no_such_bucket)?;
        bucket
            .objects
            .get(key)
            .cloned()
            .ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))
    }
}

/// Reads an upload of which only size and checksum are kept.
async fn swallow(body: Option<StreamingBlob>) -> S3Result<StoredObject> {
    let mut hasher = crc32fast::Hasher::new();
    let mut size_bytes = 0;
    if let Some(mut body) = body {
        while let Some(piece) = body.try_next().await.map_err(|_broken| broken_off())? {
            hasher.update(&piece);
            size_bytes += piece.len() as u64;
        }
    }
    Ok(StoredObject::with_checksum(Vec::new(), size_bytes, hasher))
}

fn broken_off() -> S3Error {
    s3_error!(IncompleteBody)
}

fn no_such_bucket() -> S3Error {
    s3_error!(NoSuchBucket, "The specified bucket does not exist")
}

fn no_such_upload() -> S3Error {
    s3_error!(NoSuchUpload, "The specified upload does not exist.")
}

fn md5_text(object: &StoredObject) -> String {
    STANDARD.encode(object.md5())
}

fn hexadecimal(md5: &[u8]) -> String {
    md5.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The MD5 of the MD5s of the parts, and how many they are.
fn e_tag_of_parts<'a>(parts: impl ExactSizeIterator<Item = &'a StoredObject>) -> String {
    let count = parts.len();
    let mut hasher = Md5::new();
    parts.for_each(|part| hasher.update(part.md5()));
    format!("\"{}-{count}\"", hexadecimal(&hasher.finalize()))
}

/// The same bytes, but for one bit.
fn garbled(pieces: &[Bytes]) -> Vec<Bytes> {
    let mut bytes = pieces.concat();
    if let Some(byte) = bytes.last_mut() {
        *byte ^= 1;
    }
    vec![bytes.into()]
}

fn sorted(metadata: Option<Metadata>) -> BTreeMap<String, String> {
    metadata.unwrap_or_default().into_iter().collect()
}

fn byte_range(range: Option<Range>, size_bytes: u64) -> S3Result<ByteRange<u64>> {
    match range {
        None => Ok(0..size_bytes),
        Some(range) => range
            .check(size_bytes)
            .map_err(|_outside| S3Error::new(S3ErrorCode::InvalidRange)),
    }
}

#[async_trait::async_trait]
impl S3 for Store {
    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> Answer<HeadBucketOutput> {
        let state = self.state();
        let bucket = state
            .buckets
            .get(&request.input.bucket)
            .ok_or_else(no_such_bucket)?;
        answer(HeadBucketOutput {
            bucket_region: bucket.region.clone(),
            ..Default::default()
        })
    }

    async fn list_objects_v2(&self, request: S3Request<ListObjectsV2Input>) -> Answer<ListObjectsV2Output> {
        let input = request.input;
        let prefix = input.prefix.unwrap_or_default();
        let after = input.continuation_token.unwrap_or_default();
        let max = usize::try_from(input.max_keys.unwrap_or(1000))
            .unwrap_or(0)
            .min(1000);
        let state = self.state();
        let bucket = state.buckets.get(&input.bucket).ok_or_else(no_such_bucket)?;
        let matching = bucket
            .objects
            .iter()
            .filter(|(key, _)| key.starts_with(&prefix) && **key > after);
        let mut contents: Vec<Object> = matching
            .take(max + 1)
            .map(|(key, object)| Object {
                key: Some(key.clone()),
                size: i64::try_from(object.size_bytes).ok(),
                e_tag: Some(object.e_tag()),
                ..Default::default()
            })
            .collect();
        let is_truncated = contents.len() > max;
        contents.truncate(max);
        let next = contents
            .last()
            .and_then(|last| last.key.clone())
            .filter(|_| is_truncated);
        answer(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: Some(prefix),
            key_count: i32::try_from(contents.len()).ok(),
            max_keys: input.max_keys,
            is_truncated: Some(is_truncated),
            next_continuation_token: next,
            contents: Some(contents),
            ..Default::default()
        })
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> Answer<HeadObjectOutput> {
        let input = request.input;
        let object = self.find(&input.bucket, &input.key)?;
        let checksum = input.checksum_mode.and_then(|_enabled| self.confirmed(&object));
        answer(HeadObjectOutput {
            content_length: i64::try_from(object.size_bytes).ok(),
            content_type: object.content_type.as_deref().and_then(|kind| kind.parse().ok()),
            e_tag: Some(object.e_tag()),
            metadata: Some(object.metadata.into_iter().collect()),
            checksum_type: checksum
                .as_ref()
                .map(|_| ChecksumType::from_static(ChecksumType::FULL_OBJECT)),
            checksum_crc32: checksum,
            ..Default::default()
        })
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> Answer<GetObjectOutput> {
        let input = request.input;
        let object = self.find(&input.bucket, &input.key)?;
        if input
            .if_match
            .is_some_and(|wanted| wanted.trim_matches('"') != object.e_tag().trim_matches('"'))
        {
            return Err(s3_error!(PreconditionFailed));
        }
        let is_partial = input.range.is_some();
        let range = byte_range(input.range, object.size_bytes)?;
        let bytes = object.range(range.start, range.end);
        let content_range = format!(
            "bytes {}-{}/{}",
            range.start,
            range.end.saturating_sub(1),
            object.size_bytes
        );
        answer(GetObjectOutput {
            content_length: i64::try_from(bytes.len()).ok(),
            content_range: is_partial.then_some(content_range),
            e_tag: Some(object.e_tag()),
            body: Some(StreamingBlob::from(Body::from(bytes))),
            ..Default::default()
        })
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
        let input = request.input;
        let mut object = self
            .receive(
                input.body,
                input.checksum_crc32.as_deref(),
                input.content_md5.as_deref(),
            )
            .await?;
        object.metadata = sorted(input.metadata);
        object.content_type = input.content_type.map(|kind| kind.to_string());
        let mut state = self.state();
        if !state.buckets.contains_key(&input.bucket) {
            return Err(no_such_bucket());
        }
        self.check_condition(input.if_none_match.as_deref(), &state, &input.bucket, &input.key)?;
        let e_tag = object.e_tag();
        let checksum_crc32 = input.checksum_crc32.and_then(|_| self.confirmed(&object));
        state.insert(&input.bucket, &input.key, object);
        answer(PutObjectOutput {
            e_tag: Some(e_tag),
            checksum_crc32,
            ..Default::default()
        })
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> Answer<CreateMultipartUploadOutput> {
        let input = request.input;
        if !self.habits.has_multipart {
            return Err(lacks("multipart uploads"));
        }
        if input.checksum_algorithm.is_some() && self.habits.checksums == ChecksumHabit::Refused {
            return Err(lacks("x-amz-checksum-algorithm"));
        }
        let mut state = self.state();
        if !state.buckets.contains_key(&input.bucket) {
            return Err(no_such_bucket());
        }
        state.uploads_made += 1;
        let upload_id = format!("upload-{}", state.uploads_made);
        let pending = PendingUpload {
            bucket: input.bucket.clone(),
            key: input.key.clone(),
            metadata: sorted(input.metadata),
            content_type: input.content_type.map(|kind| kind.to_string()),
            parts: BTreeMap::new(),
        };
        state.uploads.insert(upload_id.clone(), pending);
        answer(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(upload_id),
            checksum_algorithm: input
                .checksum_algorithm
                .filter(|_| self.habits.checksums == ChecksumHabit::Kept),
            ..Default::default()
        })
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
        let input = request.input;
        let part = self
            .receive(
                input.body,
                input.checksum_crc32.as_deref(),
                input.content_md5.as_deref(),
            )
            .await?;
        let e_tag = Some(part.e_tag());
        let checksum_crc32 = input.checksum_crc32.and_then(|_| self.confirmed(&part));
        let mut state = self.state();
        let upload = state
            .uploads
            .get_mut(&input.upload_id)
            .ok_or_else(no_such_upload)?;
        upload.parts.insert(input.part_number, part);
        answer(UploadPartOutput {
            e_tag,
            checksum_crc32,
            ..Default::default()
        })
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> Answer<CompleteMultipartUploadOutput> {
        let input = request.input;
        let mut state = self.state();
        self.check_condition(input.if_none_match.as_deref(), &state, &input.bucket, &input.key)?;
        let upload = state.uploads.get(&input.upload_id).ok_or_else(no_such_upload)?;
        let listed = input
            .multipart_upload
            .and_then(|listed| listed.parts)
            .unwrap_or_default();
        let is_listed_whole = listed
            .iter()
            .filter_map(|part| part.part_number)
            .eq(upload.parts.keys().copied());
        if !is_listed_whole {
            return Err(s3_error!(
                InvalidPart,
                "One or more of the specified parts could not be found."
            ));
        }
        let mut object = StoredObject::joined(upload.parts.values());
        if self.habits.e_tags == ETagHabit::Md5 {
            object.e_tag = e_tag_of_parts(upload.parts.values());
        }
        object.metadata = upload.metadata.clone();
        object.content_type = upload.content_type.clone();
        let is_checked = self.habits.checksums == ChecksumHabit::Kept;
        if is_checked
            && input
                .checksum_crc32
                .is_some_and(|crc32| crc32 != crc32_text(object.crc32))
        {
            return Err(s3_error!(
                BadDigest,
                "The CRC32 you specified did not match the calculated checksum."
            ));
        }
        let (bucket, key) = (upload.bucket.clone(), upload.key.clone());
        let (e_tag, checksum_crc32) = (Some(object.e_tag()), self.confirmed(&object));
        state.uploads.remove(&input.upload_id);
        state.insert(&bucket, &key, object);
        answer(CompleteMultipartUploadOutput {
            bucket: Some(bucket),
            key: Some(key),
            e_tag,
            checksum_crc32,
            ..Default::default()
        })
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> Answer<AbortMultipartUploadOutput> {
        let removed = self.state().uploads.remove(&request.input.upload_id);
        removed.ok_or_else(no_such_upload)?;
        answer(AbortMultipartUploadOutput::default())
    }
}
