//! What proves that an upload arrived whole: a response that does not confirm it is a failed upload (`loading.md` §6).

use std::sync::Arc;

use md5::{Digest, Md5};

use crate::body::{CACHED_PIECE_BYTES, ObjectBody};
use crate::bucket::PutOutcome;
use crate::error::{BucketError, FaultKind, Operation};
use crate::s3::S3Bucket;
use crate::s3::put::{Upload, blocking};
use crate::s3::traits::{StoreTraits, UploadChecksum, parse_crc32, render_crc32, render_md5};

/// The checksum that goes with an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// The answer must repeat it.
    Crc32(u32),
    /// Most stores make it the object's ETag.
    Md5([u8; 16]),
}

/// What an answer says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Confirmation {
    /// The store has these bytes.
    Given,
    /// The store has other bytes.
    Denied,
    /// Nothing.
    Missing,
}

impl Proof {
    /// The header `x-amz-checksum-crc32`.
    pub(super) fn crc32_header(self) -> Option<String> {
        match self {
            Self::Crc32(crc32) => Some(render_crc32(crc32)),
            Self::Md5(_) => None,
        }
    }

    /// The header `Content-MD5`.
    pub(super) fn md5_header(self) -> Option<String> {
        match self {
            Self::Crc32(_) => None,
            Self::Md5(md5) => Some(render_md5(md5)),
        }
    }

    /// What an answer with this checksum and this ETag says.
    pub(super) fn judge(self, crc32: Option<&str>, e_tag: Option<&str>) -> Confirmation {
        match self {
            Self::Crc32(sent) => match crc32.and_then(parse_crc32) {
                Some(confirmed) if confirmed == sent => Confirmation::Given,
                Some(_) => Confirmation::Denied,
                None => Confirmation::Missing,
            },
            Self::Md5(sent) if is_e_tag(e_tag, &hexadecimal(&sent)) => Confirmation::Given,
            // Not every ETag is an MD5.
            Self::Md5(_) => Confirmation::Missing,
        }
    }
}

/// Whether an ETag, quoted or not, is `wanted`.
fn is_e_tag(e_tag: Option<&str>, wanted: &str) -> bool {
    e_tag.is_some_and(|e_tag| e_tag.trim_matches('"').eq_ignore_ascii_case(wanted))
}

fn hexadecimal(md5: &[u8]) -> String {
    md5.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The ETag that most stores give an object of several parts: the MD5 of their MD5s, and how many they are.
fn e_tag_of_parts(parts: &[Proof]) -> Option<String> {
    let mut hasher = Md5::new();
    for part in parts {
        match part {
            Proof::Md5(md5) => hasher.update(md5),
            Proof::Crc32(_) => return None,
        }
    }
    Some(format!("{}-{}", hexadecimal(&hasher.finalize()), parts.len()))
}

/// Whether an answer has the ETag of these parts.
pub(super) fn is_made_of(parts: &[Proof], e_tag: Option<&str>) -> bool {
    e_tag_of_parts(parts).is_some_and(|wanted| is_e_tag(e_tag, &wanted))
}

pub(super) async fn md5_of(body: Arc<dyn ObjectBody>) -> [u8; 16] {
    blocking(move || {
        let mut hasher = Md5::new();
        for piece in body.open(CACHED_PIECE_BYTES) {
            hasher.update(&piece);
        }
        hasher.finalize().into()
    })
    .await
}

impl S3Bucket {
    pub(super) async fn proof_of(&self, upload: &Upload<'_>, traits: StoreTraits) -> Proof {
        match traits.checksum {
            UploadChecksum::Crc32 => Proof::Crc32(upload.crc32().await),
            UploadChecksum::ContentMd5 => Proof::Md5(md5_of(Arc::clone(&upload.body)).await),
        }
    }

    /// Takes an answer for what it confirms. `Ok(false)`: it confirms nothing, which at this store need not mean
    /// anything; whoever asked has to look.
    pub(super) fn confirm(
        &self,
        operation: Operation,
        traits: StoreTraits,
        confirmation: Confirmation,
    ) -> Result<bool, BucketError> {
        let learnt = &self.inner.traits;
        match confirmation {
            Confirmation::Given => {
                if traits.knows_crc32() {
                    learnt.note_confirmed();
                }
                Ok(true)
            }
            Confirmation::Denied => Err(BucketError::new(operation, FaultKind::ChecksumMismatch)),
            // A store that never confirmed any may not know this kind of checksum.
            Confirmation::Missing
                if traits.is_adaptable && traits.knows_crc32() && !learnt.has_confirmed() =>
            {
                Err(BucketError::new(operation, FaultKind::ChecksumUnconfirmed))
            }
            Confirmation::Missing => Ok(false),
        }
    }

    /// After an answer that confirms nothing: whether the store has the object, byte for byte.
    pub(super) async fn look_back(
        &self,
        operation: Operation,
        upload: &Upload<'_>,
    ) -> Result<(), BucketError> {
        match self.inspect(upload).await? {
            Some(PutOutcome::AlreadyOurs) => Ok(()),
            Some(_) => Err(BucketError::new(operation, FaultKind::ChecksumMismatch)),
            None => Err(BucketError::new(operation, FaultKind::NotKept)),
        }
    }

    /// The same for an object whose parts were confirmed: whether it is there, and has its size.
    pub(super) async fn look_for(
        &self,
        operation: Operation,
        upload: &Upload<'_>,
    ) -> Result<(), BucketError> {
        let fault = match self.head_attempt(upload.key).await? {
            Some(found) if found.size_bytes == upload.body.size_bytes() => return Ok(()),
            Some(_) => FaultKind::ChecksumMismatch,
            None => FaultKind::NotKept,
        };
        Err(BucketError::new(operation, fault))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_taken_for_what_they_confirm() {
        let crc32 = Proof::Crc32(crc32fast::hash(b"123456789"));
        let md5 = Proof::Md5(Md5::digest(b"123456789").into());
        let known = "25f9e794323b453885f5181f1b624d0b";
        let quoted = format!("\"{}\"", known.to_ascii_uppercase());
        let cases = [
            (crc32, Some("y/Q5Jg=="), None, Confirmation::Given),
            (crc32, Some("AAAAAA=="), Some(known), Confirmation::Denied),
            (crc32, Some("y/Q5Jg==-3"), None, Confirmation::Missing),
            (crc32, None, Some(known), Confirmation::Missing),
            (md5, None, Some(known), Confirmation::Given),
            (md5, None, Some(&quoted), Confirmation::Given),
            (md5, Some("y/Q5Jg=="), Some("\"kms\""), Confirmation::Missing),
            (md5, None, None, Confirmation::Missing),
        ];
        for (proof, crc32, e_tag, expected) in cases {
            assert_eq!(
                proof.judge(crc32, e_tag),
                expected,
                "{proof:?} {crc32:?} {e_tag:?}"
            );
        }
    }

    #[test]
    fn the_etag_of_parts_is_that_of_s3() {
        // Two parts, "a" and "b".
        let parts = [
            Proof::Md5(Md5::digest(b"a").into()),
            Proof::Md5(Md5::digest(b"b").into()),
        ];
        assert!(
            is_made_of(&parts, Some("\"96e024ba2074fe77e8e965ba43a704be-2\"")),
            "{:?}",
            e_tag_of_parts(&parts)
        );
        assert!(!is_made_of(&parts, Some("96e024ba2074fe77e8e965ba43a704be-3")));
        assert!(!is_made_of(&[Proof::Crc32(1)], None));
    }
}
