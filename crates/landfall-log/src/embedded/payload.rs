//! Entries on their way into frames and back: compression, encryption, checksums.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use landfall_core::buffers::Buffers;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{hkdf, hmac};

use super::format::{FrameHeader, FrameKind, KeyMark, SegmentHeader, checksum};
use super::lock;

/// Shorter entries are not worth the time: LZ4 finds next to nothing in them.
const LEAST_TO_COMPRESS: usize = 64;

/// The key that entries are encrypted with at rest (operations.md §9). It is not shown by `Debug`.
#[derive(Clone)]
pub struct LogKey([u8; 32]);

impl LogKey {
    /// The key with those bytes, which should come from a source of randomness.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    fn id(&self) -> [u8; 16] {
        let tag = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, &self.0),
            b"landfall log key id",
        );
        let mut id = [0; 16];
        id.copy_from_slice(&tag.as_ref()[..16]);
        id
    }

    fn cipher(&self, salt: &[u8; 16]) -> Cipher {
        let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(&self.0);
        let key = derived
            .expand(&[b"landfall log segment"], &AES_256_GCM)
            .expect("32 bytes are less than HKDF can give");
        Cipher(LessSafeKey::new(UnboundKey::from(key)))
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("LogKey(..)")
    }
}

/// Encryption with the key of some segments.
struct Cipher(LessSafeKey);

impl Cipher {
    fn nonce(number: u64) -> Nonce {
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&number.to_le_bytes());
        Nonce::assume_unique_for_key(nonce)
    }

    /// What the tag covers besides the payload: how to read it.
    fn context(is_compressed: bool, entry_bytes: u32) -> Aad<[u8; 5]> {
        let mut context = [u8::from(is_compressed); 5];
        context[1..].copy_from_slice(&entry_bytes.to_le_bytes());
        Aad::from(context)
    }
}

/// An entry as its frame will hold it.
#[derive(Debug)]
pub(crate) struct SealedEntry {
    pub(crate) payload: Bytes,
    pub(crate) entry_bytes: u32,
    pub(crate) kind: FrameKind,
    pub(crate) nonce: u64,
    pub(crate) crc: u32,
}

/// Turns entries into payloads, for the segments made since the log was opened: those share one salt and one key.
pub(crate) struct Sealer {
    salt: u32,
    key_mark: Option<KeyMark>,
    cipher: Option<Cipher>,
    next_nonce: AtomicU64,
    packer: Packer,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_encrypting = self.cipher.is_some();
        out.debug_struct("Sealer")
            .field("is_encrypting", &is_encrypting)
            .finish_non_exhaustive()
    }
}

/// The system gave no random bytes.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoRandomness;

impl Sealer {
    /// Draws salt and key anew.
    pub(crate) fn draw(key: Option<&LogKey>) -> Result<Self, NoRandomness> {
        let random = SystemRandom::new();
        let mut salt = [0; 4];
        random.fill(&mut salt).map_err(|_| NoRandomness)?;
        let mut key_salt = [0; 16];
        random.fill(&mut key_salt).map_err(|_| NoRandomness)?;
        Ok(Self {
            salt: u32::from_le_bytes(salt),
            key_mark: key.map(|key| KeyMark {
                id: key.id(),
                salt: key_salt,
            }),
            cipher: key.map(|key| key.cipher(&key_salt)),
            next_nonce: AtomicU64::new(0),
            packer: Packer::default(),
        })
    }

    pub(crate) fn salt(&self) -> u32 {
        self.salt
    }

    pub(crate) fn key_mark(&self) -> Option<KeyMark> {
        self.key_mark
    }

    /// Compresses `entry` if that gains something, encrypts it if there is a key. The entry must be shorter than 4 GiB.
    pub(crate) fn seal(&self, entry: Bytes) -> SealedEntry {
        let entry_bytes = u32::try_from(entry.len()).expect("settings limit entries to less than 4 GiB");
        let (mut payload, is_compressed) = self.packer.compress(entry);
        let nonce = self.next_nonce.fetch_add(1, Ordering::Relaxed);
        if let Some(cipher) = &self.cipher {
            let mut sealed = Vec::from(payload);
            sealed.reserve_exact(AES_256_GCM.tag_len());
            let context = Cipher::context(is_compressed, entry_bytes);
            cipher
                .0
                .seal_in_place_append_tag(Cipher::nonce(nonce), context, &mut sealed)
                .expect("entries are shorter than AES-GCM's limit of 64 GiB");
            payload = sealed.into();
        }
        SealedEntry {
            crc: checksum(self.salt, &payload),
            payload,
            entry_bytes,
            kind: FrameKind::Entry {
                is_compressed,
                is_encrypted: self.cipher.is_some(),
            },
            nonce,
        }
    }
}

/// Room for compressing that is kept: about one for each core that does.
const MOST_SPARE_ROOMS: usize = 4;
/// Larger rooms are not kept.
const MOST_SPARE_BYTES: usize = 8 << 20;

/// Compresses entries. The room that takes is larger than what comes out and used again: fresh memory costs more time
/// than a copy.
#[derive(Debug, Default)]
struct Packer {
    rooms: Mutex<Vec<Vec<u8>>>,
}

impl Packer {
    /// The entry compressed if that saves at least a sixteenth, and whether it was.
    fn compress(&self, entry: Bytes) -> (Bytes, bool) {
        if entry.len() < LEAST_TO_COMPRESS {
            return (entry, false);
        }
        let mut room = lock(&self.rooms).pop().unwrap_or_default();
        let needed = lz4_flex::block::get_maximum_output_size(entry.len());
        if room.len() < needed {
            room.resize(needed, 0);
        }
        let compressed = match lz4_flex::block::compress_into(&entry, &mut room) {
            Ok(length) if length <= entry.len() - entry.len() / 16 => {
                Some(Bytes::copy_from_slice(&room[..length]))
            }
            // It can't fail in a room of that size; the entry as it is would do as well.
            Ok(_) | Err(_) => None,
        };
        let mut rooms = lock(&self.rooms);
        if room.len() <= MOST_SPARE_BYTES && rooms.len() < MOST_SPARE_ROOMS {
            rooms.push(room);
        }
        drop(rooms);
        compressed.map_or((entry, false), |compressed| (compressed, true))
    }
}

/// Why a segment's payloads cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyFault {
    Missing,
    Wrong,
}

/// Turns the payloads of one segment back into entries.
pub(crate) struct Unsealer {
    salt: u32,
    cipher: Option<Cipher>,
    buffers: Arc<Buffers>,
}

impl fmt::Debug for Unsealer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Unsealer").finish_non_exhaustive()
    }
}

impl Unsealer {
    /// For the payloads behind `header`; entries get their memory from `buffers`.
    pub(crate) fn of(
        header: &SegmentHeader,
        key: Option<&LogKey>,
        buffers: &Arc<Buffers>,
    ) -> Result<Self, KeyFault> {
        let cipher = match (&header.key, key) {
            (None, _) => None,
            (Some(_), None) => return Err(KeyFault::Missing),
            (Some(mark), Some(key)) if key.id() == mark.id => Some(key.cipher(&mark.salt)),
            (Some(_), Some(_)) => return Err(KeyFault::Wrong),
        };
        Ok(Self {
            salt: header.salt,
            cipher,
            buffers: Arc::clone(buffers),
        })
    }

    pub(crate) fn salt(&self) -> u32 {
        self.salt
    }

    /// Whether `payload` is what was written behind `header`.
    pub(crate) fn is_whole(&self, header: &FrameHeader, payload: &[u8]) -> bool {
        payload.len() == header.payload_bytes as usize && checksum(self.salt, payload) == header.payload_crc
    }

    /// The entry; none if the payload is damaged.
    pub(crate) fn unseal(&self, header: &FrameHeader, payload: &[u8]) -> Option<Bytes> {
        let FrameKind::Entry {
            is_compressed,
            is_encrypted,
        } = header.kind
        else {
            return None;
        };
        if !self.is_whole(header, payload) {
            return None;
        }
        if !is_encrypted {
            return self.expand(payload, is_compressed, header.entry_bytes);
        }
        let mut sealed = payload.to_vec();
        let context = Cipher::context(is_compressed, header.entry_bytes);
        let opened = self
            .cipher
            .as_ref()?
            .0
            .open_in_place(Cipher::nonce(header.nonce), context, &mut sealed)
            .ok()?;
        self.expand(opened, is_compressed, header.entry_bytes)
    }

    fn expand(&self, payload: &[u8], is_compressed: bool, entry_bytes: u32) -> Option<Bytes> {
        if !is_compressed {
            return (payload.len() == entry_bytes as usize).then(|| Bytes::copy_from_slice(payload));
        }
        let mut entry = self.buffers.take_used(entry_bytes as usize);
        let length = lz4_flex::block::decompress_into(payload, &mut entry).ok()?;
        (length == entry.len()).then(|| self.buffers.lend(entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Position;
    use landfall_core::time::Timestamp;

    fn header(sealed: &SealedEntry) -> FrameHeader {
        FrameHeader {
            kind: sealed.kind,
            position: Position::FIRST,
            at: Timestamp::from_millis(0),
            write_start: 0,
            nonce: sealed.nonce,
            payload_bytes: sealed.payload.len() as u32,
            entry_bytes: sealed.entry_bytes,
            payload_crc: sealed.crc,
        }
    }

    fn segment(sealer: &Sealer) -> SegmentHeader {
        SegmentHeader {
            first: Position::FIRST,
            salt: sealer.salt(),
            key: sealer.key_mark(),
        }
    }

    #[test]
    fn entries_come_back_whatever_is_done_to_them() {
        let key = LogKey::new([7; 32]);
        let noise: Vec<u8> = (0..5000_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        for key in [None, Some(&key)] {
            let sealer = Sealer::draw(key).unwrap();
            let unsealer = Unsealer::of(&segment(&sealer), key, &Arc::default()).unwrap();
            for entry in [Vec::new(), vec![1], vec![9; 5000], noise.clone()] {
                let sealed = sealer.seal(entry.clone().into());
                let opened = unsealer.unseal(&header(&sealed), &sealed.payload);
                assert_eq!(
                    opened.as_deref(),
                    Some(&entry[..]),
                    "{key:?}, {} bytes",
                    entry.len()
                );
            }
        }
    }

    #[test]
    fn encrypted_entries_show_neither_content_nor_repetition() {
        let key = LogKey::new([7; 32]);
        let sealer = Sealer::draw(Some(&key)).unwrap();
        let (first, second) = (sealer.seal("a secret".into()), sealer.seal("a secret".into()));
        assert_ne!(first.payload, second.payload);
        assert!(!first.payload.windows(6).any(|window| window == b"secret"));
        assert_eq!(format!("{key:?}"), "LogKey(..)");
    }

    #[test]
    fn a_payload_that_was_changed_with_its_checksum_is_refused_by_the_cipher() {
        let key = LogKey::new([7; 32]);
        let sealer = Sealer::draw(Some(&key)).unwrap();
        let sealed = sealer.seal("a secret".into());
        let mut forged = sealed.payload.to_vec();
        forged[0] ^= 1;
        let mut header = header(&sealed);
        header.payload_crc = checksum(sealer.salt(), &forged);
        let unsealer = Unsealer::of(&segment(&sealer), Some(&key), &Arc::default()).unwrap();
        assert_eq!(unsealer.unseal(&header, &forged), None);
    }

    #[test]
    fn a_missing_key_and_a_wrong_one_are_told_apart() {
        let sealer = Sealer::draw(Some(&LogKey::new([7; 32]))).unwrap();
        let wrong = LogKey::new([8; 32]);
        assert_eq!(
            Unsealer::of(&segment(&sealer), None, &Arc::default()).unwrap_err(),
            KeyFault::Missing
        );
        assert_eq!(
            Unsealer::of(&segment(&sealer), Some(&wrong), &Arc::default()).unwrap_err(),
            KeyFault::Wrong
        );
    }
}
