//! What an object holds: content that can be read again from its start, as often as an upload needs.

use std::sync::Arc;

use bytes::Bytes;

/// The content of one object, the same bytes at every opening.
///
/// An upload opens its content again for each attempt, so a lost connection never needs the whole object in
/// memory (`loading.md` §6: same records, same `T`, same bytes).
pub trait ObjectBody: Send + Sync + 'static {
    /// How many bytes [`ObjectBody::open`] yields in all.
    fn size_bytes(&self) -> u64;

    /// The content from its start, in pieces that are best of about `piece_bytes`; contents that are put together for the
    /// upload keep to it. Runs on a thread that may block.
    fn open(&self, piece_bytes: usize) -> Box<dyn Iterator<Item = Bytes> + Send + '_>;

    /// The CRC-32 (ISO-HDLC, as S3's `x-amz-checksum-crc32`) of the whole content.
    ///
    /// Encoders that know it from the first encoding return it here and save a pass over the content.
    fn crc32(&self) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        for piece in self.open(CACHED_PIECE_BYTES) {
            hasher.update(&piece);
        }
        hasher.finalize()
    }
}

/// Pieces that are read again at once, by a checksum or the network: they stay in the processor's cache until then.
pub const CACHED_PIECE_BYTES: usize = 256 << 10;

impl ObjectBody for Bytes {
    fn size_bytes(&self) -> u64 {
        self.len() as u64
    }

    fn open(&self, _piece_bytes: usize) -> Box<dyn Iterator<Item = Bytes> + Send + '_> {
        Box::new(std::iter::once(self.clone()).filter(|piece| !piece.is_empty()))
    }
}

impl ObjectBody for Arc<dyn ObjectBody> {
    fn size_bytes(&self) -> u64 {
        (**self).size_bytes()
    }

    fn open(&self, piece_bytes: usize) -> Box<dyn Iterator<Item = Bytes> + Send + '_> {
        (**self).open(piece_bytes)
    }

    fn crc32(&self) -> u32 {
        (**self).crc32()
    }
}
