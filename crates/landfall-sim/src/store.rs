//! What the simulated store holds.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::{Bytes, BytesMut};
use md5::{Digest, Md5};

/// What a store does with `If-None-Match: *` on writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionalHabit {
    /// Refuses to write over an object, as S3 does.
    Kept,
    /// Writes nevertheless.
    Ignored,
    /// Answers `501`.
    Refused,
}

/// What a store does with the `x-amz-checksum-*` headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecksumHabit {
    /// Checks and confirms them, as S3 does.
    Kept,
    /// Neither checks nor confirms them.
    Ignored,
    /// Answers `501`.
    Refused,
}

/// What a store's ETags are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ETagHabit {
    /// The MD5 of the content, as S3's are without encryption by KMS.
    Md5,
    /// Something else.
    Opaque,
}

/// Which features the store has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreHabits {
    /// Conditional writes.
    pub conditional: ConditionalHabit,
    /// The newer checksums.
    pub checksums: ChecksumHabit,
    /// Multipart uploads; without them they are answered with `501`.
    pub has_multipart: bool,
    /// ETags.
    pub e_tags: ETagHabit,
    /// Whether contents are kept. Otherwise their size and CRC-32 are, and no other checksum is known.
    pub keeps_contents: bool,
}

impl StoreHabits {
    /// All features, as S3 has them. ETags are opaque, as with encryption by KMS: they cost the simulator nothing.
    #[must_use]
    pub fn like_aws() -> Self {
        Self {
            conditional: ConditionalHabit::Kept,
            checksums: ChecksumHabit::Kept,
            has_multipart: true,
            e_tags: ETagHabit::Opaque,
            keeps_contents: true,
        }
    }
}

/// An object as it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// The content, in the pieces in which it arrived; none if it was not kept.
    pub(crate) pieces: Vec<Bytes>,
    /// The size in bytes.
    pub size_bytes: u64,
    /// CRC-32 of the content.
    pub crc32: u32,
    /// User metadata.
    pub metadata: BTreeMap<String, String>,
    /// The content type.
    pub content_type: Option<String>,
    pub(crate) e_tag: String,
}

impl StoredObject {
    pub(crate) fn new(pieces: Vec<Bytes>) -> Self {
        let mut hasher = crc32fast::Hasher::new();
        pieces.iter().for_each(|piece| hasher.update(piece));
        let size_bytes = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self::with_checksum(pieces, size_bytes, hasher)
    }

    /// What parts are together.
    pub(crate) fn joined<'p>(parts: impl Iterator<Item = &'p Self>) -> Self {
        let mut hasher = crc32fast::Hasher::new();
        let mut pieces = Vec::new();
        let mut size_bytes = 0;
        for part in parts {
            hasher.combine(&crc32fast::Hasher::new_with_initial_len(
                part.crc32,
                part.size_bytes,
            ));
            pieces.extend_from_slice(&part.pieces);
            size_bytes += part.size_bytes;
        }
        Self::with_checksum(pieces, size_bytes, hasher)
    }

    pub(crate) fn with_checksum(pieces: Vec<Bytes>, size_bytes: u64, hasher: crc32fast::Hasher) -> Self {
        let crc32 = hasher.finalize();
        let e_tag = format!("\"{crc32:08x}{size_bytes:024x}\"");
        Self {
            pieces,
            size_bytes,
            crc32,
            metadata: BTreeMap::new(),
            content_type: None,
            e_tag,
        }
    }

    /// The content in one piece.
    #[must_use]
    pub fn content(&self) -> Bytes {
        self.range(0, self.size_bytes)
    }

    pub(crate) fn e_tag(&self) -> String {
        self.e_tag.clone()
    }

    pub(crate) fn md5(&self) -> [u8; 16] {
        let mut hasher = Md5::new();
        self.pieces.iter().for_each(|piece| hasher.update(piece));
        hasher.finalize().into()
    }

    pub(crate) fn range(&self, from_byte: u64, to_byte: u64) -> Bytes {
        let mut wanted = BytesMut::new();
        let mut at_byte = 0;
        for piece in &self.pieces {
            let clip = |edge: u64| edge.saturating_sub(at_byte).min(piece.len() as u64) as usize;
            wanted.extend_from_slice(&piece[clip(from_byte)..clip(to_byte)]);
            at_byte += piece.len() as u64;
        }
        wanted.freeze()
    }
}

/// An unfinished multipart upload.
#[derive(Debug)]
pub(crate) struct PendingUpload {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) content_type: Option<String>,
    pub(crate) parts: BTreeMap<i32, StoredObject>,
}

#[derive(Debug)]
pub(crate) struct BucketState {
    /// `None` accepts requests signed for any region and names none.
    pub(crate) region: Option<String>,
    pub(crate) objects: BTreeMap<String, StoredObject>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) buckets: BTreeMap<String, BucketState>,
    pub(crate) uploads: BTreeMap<String, PendingUpload>,
    pub(crate) uploads_made: u64,
    /// Whether what is received next is stored with a wrong bit, unnoticed.
    pub(crate) garbles_next: bool,
    /// The order in which objects arrived, for forgetting the oldest.
    arrived: VecDeque<(String, String)>,
    stored_bytes: u64,
    keep_bytes: Option<u64>,
}

/// The store's content, shared by its connections.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    state: Arc<Mutex<State>>,
    pub(crate) habits: StoreHabits,
}

impl Store {
    pub(crate) fn new(
        buckets: &[(String, Option<String>)],
        habits: StoreHabits,
        keep_bytes: Option<u64>,
    ) -> Self {
        let empty = |region: &Option<String>| BucketState {
            region: region.clone(),
            objects: BTreeMap::new(),
        };
        let buckets = buckets
            .iter()
            .map(|(name, region)| (name.clone(), empty(region)))
            .collect();
        Self {
            state: Arc::new(Mutex::new(State {
                buckets,
                keep_bytes,
                ..State::default()
            })),
            habits,
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl State {
    pub(crate) fn insert(&mut self, bucket: &str, key: &str, object: StoredObject) {
        let Some(state) = self.buckets.get_mut(bucket) else {
            return;
        };
        self.stored_bytes += object.size_bytes;
        if let Some(replaced) = state.objects.insert(key.to_owned(), object) {
            self.stored_bytes -= replaced.size_bytes;
        }
        if self.keep_bytes.is_some() {
            self.arrived.push_back((bucket.to_owned(), key.to_owned()));
        }
        while self
            .keep_bytes
            .is_some_and(|keep_bytes| self.stored_bytes > keep_bytes)
        {
            let Some((bucket, key)) = self.arrived.pop_front() else {
                break;
            };
            let forgotten = self
                .buckets
                .get_mut(&bucket)
                .and_then(|bucket| bucket.objects.remove(&key));
            self.stored_bytes -= forgotten.map_or(0, |object| object.size_bytes);
        }
    }
}
