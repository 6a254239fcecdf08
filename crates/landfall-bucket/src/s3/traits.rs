//! What a store can do, as far as it is known: AWS can do everything, of others we learn it while we work.

use std::sync::{Mutex, MutexGuard};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::{BucketError, FaultKind, Operation};
use crate::survey::{ConditionTrial, StoreCapabilities, Support};

/// Whether the store keeps `If-None-Match: *`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConditionalCreate {
    /// It refuses to write over an existing object: no `HeadObject` is needed.
    Kept,
    /// Not known yet: sent, but `HeadObject` comes first.
    Unknown,
    /// Refused or ignored: `HeadObject` comes first (`loading.md` §6).
    Absent,
}

/// How uploads prove that they arrived whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UploadChecksum {
    /// CRC-32 in `x-amz-checksum-crc32`, which the answer must repeat.
    Crc32,
    /// `Content-MD5`, which every store since 2006 must check before it accepts: for those that do not know, or do
    /// not confirm, the newer checksums.
    ContentMd5,
}

/// What one store can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoreTraits {
    pub(crate) conditional: ConditionalCreate,
    pub(crate) checksum: UploadChecksum,
    pub(crate) has_multipart: bool,
    pub(crate) is_adaptable: bool,
}

impl StoreTraits {
    /// S3 itself, where a refusal is never a missing feature.
    pub(crate) fn aws() -> Self {
        Self {
            conditional: ConditionalCreate::Kept,
            checksum: UploadChecksum::Crc32,
            has_multipart: true,
            is_adaptable: false,
        }
    }

    /// Another store of which nothing is known.
    pub(crate) fn unknown() -> Self {
        Self {
            conditional: ConditionalCreate::Unknown,
            is_adaptable: true,
            ..Self::aws()
        }
    }

    /// What `lesser` lacks in comparison, for the log.
    pub(crate) fn lost(self, lesser: Self) -> &'static str {
        if self.has_multipart && !lesser.has_multipart {
            "uploads in parts"
        } else if self.checksum != lesser.checksum {
            "CRC-32 checksums, with Content-MD5 instead"
        } else {
            "creating objects conditionally, by looking before writing"
        }
    }

    pub(crate) fn knows_crc32(self) -> bool {
        self.checksum == UploadChecksum::Crc32
    }

    /// The traits to try next if `refusal` may come from a feature that the store lacks; each is given up once.
    pub(crate) fn without_refused(self, refusal: &BucketError) -> Option<Self> {
        let is_lack = match refusal.kind() {
            FaultKind::NotImplemented | FaultKind::ChecksumUnconfirmed => true,
            FaultKind::BadRequest => {
                matches!(
                    refusal.code(),
                    Some("InvalidArgument" | "InvalidRequest" | "InvalidDigest")
                )
            }
            _ => false,
        };
        if !self.is_adaptable || !is_lack {
            return None;
        }
        let text = refusal.message().unwrap_or_default().to_ascii_lowercase();
        let names_condition = text.contains("if-none-match") || text.contains("conditional");
        let no_condition = || Self {
            conditional: ConditionalCreate::Absent,
            ..self
        };
        let no_crc32 = || Self {
            checksum: UploadChecksum::ContentMd5,
            ..self
        };
        let may_lack_multipart = refusal.operation() != Operation::PutObject;
        if names_condition && self.conditional != ConditionalCreate::Absent {
            Some(no_condition())
        } else if self.knows_crc32() {
            Some(no_crc32())
        } else if self.conditional == ConditionalCreate::Unknown && *refusal.kind() != FaultKind::BadRequest {
            Some(no_condition())
        } else if self.has_multipart && may_lack_multipart {
            Some(Self {
                has_multipart: false,
                ..self
            })
        } else {
            None
        }
    }
}

/// What has been learnt of a store in this run. Of what uploads give up, only what one succeeded with is kept.
#[derive(Debug)]
pub(crate) struct Learnt(Mutex<Knowledge>);

#[derive(Debug)]
struct Knowledge {
    traits: StoreTraits,
    /// What has shown, apart from what is assumed until it fails.
    shown: StoreCapabilities,
    is_condition_proven: bool,
    /// Whether an answer to an upload has repeated its CRC-32.
    has_confirmed: bool,
}

impl Learnt {
    pub(crate) fn new(traits: StoreTraits) -> Self {
        let shown = if traits.is_adaptable {
            StoreCapabilities::UNKNOWN
        } else {
            StoreCapabilities::AWS
        };
        Self(Mutex::new(Knowledge {
            traits,
            shown,
            is_condition_proven: false,
            has_confirmed: false,
        }))
    }

    pub(crate) fn now(&self) -> StoreTraits {
        self.lock().traits
    }

    /// What has shown by now.
    pub(crate) fn capabilities(&self) -> StoreCapabilities {
        let known = self.lock();
        StoreCapabilities {
            conditional_create: match known.traits.conditional {
                ConditionalCreate::Kept => Support::Present,
                ConditionalCreate::Absent => Support::Absent,
                ConditionalCreate::Unknown => Support::Unknown,
            },
            checksums: match known.traits.checksum {
                UploadChecksum::Crc32 => known.shown.checksums,
                UploadChecksum::ContentMd5 => Support::Absent,
            },
            multipart: if known.traits.has_multipart {
                known.shown.multipart
            } else {
                Support::Absent
            },
        }
    }

    /// Keeps the features given up in `proven`; what another upload gave up or proved meanwhile stays so.
    pub(crate) fn keep(&self, proven: StoreTraits) {
        let known = &mut self.lock().traits;
        if known.conditional == ConditionalCreate::Unknown {
            known.conditional = proven.conditional;
        }
        if proven.checksum == UploadChecksum::ContentMd5 {
            known.checksum = UploadChecksum::ContentMd5;
        }
        known.has_multipart &= proven.has_multipart;
    }

    pub(crate) fn note_multipart(&self, support: Support) {
        self.lock().shown.multipart = support;
    }

    pub(crate) fn note_checksums(&self, support: Support) {
        self.lock().shown.checksums = support;
    }

    /// An answer has repeated the CRC-32 of an upload: from now on one that does not is no answer of this store.
    pub(crate) fn note_confirmed(&self) {
        let known = &mut self.lock();
        known.has_confirmed = true;
        known.shown.checksums = Support::Present;
    }

    pub(crate) fn has_confirmed(&self) -> bool {
        self.lock().has_confirmed
    }

    pub(crate) fn note_condition(&self, trial: ConditionTrial) {
        let mut known = self.lock();
        known.is_condition_proven = trial == ConditionTrial::Kept;
        known.traits.conditional = match trial {
            ConditionTrial::Kept => ConditionalCreate::Kept,
            ConditionTrial::Absent => ConditionalCreate::Absent,
            ConditionTrial::NotTried => known.traits.conditional,
        };
    }

    pub(crate) fn is_condition_proven(&self) -> bool {
        self.lock().is_condition_proven
    }

    fn lock(&self) -> MutexGuard<'_, Knowledge> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// `x-amz-checksum-crc32`'s form: base64 of the four bytes, most significant first.
pub(crate) fn render_crc32(crc32: u32) -> String {
    STANDARD.encode(crc32.to_be_bytes())
}

/// Reads it back; `None` also for checksums of checksums (`…-3`), which say nothing about the content as a whole.
pub(crate) fn parse_crc32(text: &str) -> Option<u32> {
    let bytes = STANDARD.decode(text).ok()?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

pub(crate) fn render_md5(digest: [u8; 16]) -> String {
    STANDARD.encode(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_written_as_s3_documents_them() {
        // From S3's user guide on checking object integrity: the CRC-32 of "123456789" is cbf43926.
        assert_eq!(render_crc32(crc32fast::hash(b"123456789")), "y/Q5Jg==");
        assert_eq!(parse_crc32("y/Q5Jg=="), Some(0xcbf4_3926));
        assert_eq!(parse_crc32("y/Q5Jg==-3"), None, "a checksum of checksums");
    }

    #[test]
    fn aws_never_loses_a_feature() {
        let refusal = BucketError::with_status(Operation::PutObject, FaultKind::NotImplemented, 501);
        assert_eq!(StoreTraits::aws().without_refused(&refusal), None);
    }
}
