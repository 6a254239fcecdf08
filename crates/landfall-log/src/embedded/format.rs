//! What a segment file looks like. Numbers are little-endian.
//!
//! ```text
//! 00000000000000000000.log   a segment, named after the position of its first entry
//! 00000000000000000042.log
//! 00000000000000000042.new   a segment that is being made: never read, removed at the next start
//! lock                       locked by the process that has the log
//!
//! segment = header frame*
//!
//! header, 64 bytes
//!   0  "LFLOG\0\0\1"
//!   8  position of the first entry, u64
//!  16  salt that every checksum of the segment starts from, u32
//!  20  1 if entries are encrypted, else 0, u32
//!  24  key id, 16 bytes: the start of HMAC-SHA-256(key, "landfall log key id")
//!  40  key salt, 16 bytes: the segment's own key is HKDF-SHA-256(key, key salt, "landfall log segment")
//!  56  0, u32
//!  60  CRC-32 of the 60 bytes before, u32
//!
//! frame, 56 bytes and a payload
//!   0  "LFfr"
//!   4  flags, u32: 1 = compressed, 2 = encrypted, 4 = the log was closed here, which has no payload and no position
//!   8  position, u64
//!  16  time of the entry, milliseconds since 1970, i64
//!  24  start of the write that the frame was part of, u64: everything before that was durable by then
//!  32  nonce, u64: a number that no other payload under the segment's key has
//!  40  size of the payload, u32
//!  44  size of the entry, u32
//!  48  CRC-32 of salt and payload, u32
//!  52  CRC-32 of salt and the 52 bytes before, u32
//!  56  payload: the entry, as an LZ4 block if compressed, then AES-256-GCM with tag if encrypted
//! ```
//!
//! The *start of the write* tells damage from a torn tail. Pages of a write that was not synced reach the disk in any
//! order, so a broken frame may be followed by whole ones. But where a later frame says that the broken place had been
//! durable before, it is damage to entries that were acknowledged.
//!
//! The salt is drawn at random for each start of the log. It makes sure that bytes which a client sent, or which an
//! older file left on the disk, cannot pass for a frame when the reader looks for the next one behind a damaged place.

use landfall_core::time::Timestamp;

use crate::log::Position;

pub(crate) const SEGMENT_HEADER_BYTES: usize = 64;
pub(crate) const FRAME_HEADER_BYTES: usize = 56;
pub(crate) const FRAME_MAGIC: [u8; 4] = *b"LFfr";
const SEGMENT_MAGIC: [u8; 8] = *b"LFLOG\0\0\x01";
const SEGMENT_SUFFIX: &str = ".log";
pub(crate) const UNFINISHED_SUFFIX: &str = ".new";
const COMPRESSED: u32 = 1;
const ENCRYPTED: u32 = 2;
const CLOSED: u32 = 4;

/// Which key a segment was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyMark {
    pub(crate) id: [u8; 16],
    pub(crate) salt: [u8; 16],
}

/// The start of a segment file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) first: Position,
    pub(crate) salt: u32,
    pub(crate) key: Option<KeyMark>,
}

/// What a frame is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameKind {
    Entry { is_compressed: bool, is_encrypted: bool },
    Closed,
}

/// The start of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) kind: FrameKind,
    pub(crate) position: Position,
    pub(crate) at: Timestamp,
    pub(crate) write_start: u64,
    pub(crate) nonce: u64,
    pub(crate) payload_bytes: u32,
    pub(crate) entry_bytes: u32,
    pub(crate) payload_crc: u32,
}

/// The name of the segment that starts with `first`.
pub(crate) fn segment_name(first: Position) -> String {
    format!("{:020}{SEGMENT_SUFFIX}", first.as_u64())
}

/// The name of that segment while it is being made.
pub(crate) fn unfinished_name(first: Position) -> String {
    format!("{:020}{UNFINISHED_SUFFIX}", first.as_u64())
}

/// The first position of a segment, by its name; none if it is not a segment's name.
pub(crate) fn parse_segment_name(name: &str) -> Option<Position> {
    let digits = name.strip_suffix(SEGMENT_SUFFIX)?;
    let first = Position::new(digits.parse().ok()?);
    (segment_name(first) == name).then_some(first)
}

/// The checksum of `bytes` in a segment with that salt.
pub(crate) fn checksum(salt: u32, bytes: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&salt.to_le_bytes());
    crc.update(bytes);
    crc.finalize()
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        bytes[..8].copy_from_slice(&SEGMENT_MAGIC);
        bytes[8..16].copy_from_slice(&self.first.as_u64().to_le_bytes());
        bytes[16..20].copy_from_slice(&self.salt.to_le_bytes());
        if let Some(key) = &self.key {
            bytes[20..24].copy_from_slice(&1_u32.to_le_bytes());
            bytes[24..40].copy_from_slice(&key.id);
            bytes[40..56].copy_from_slice(&key.salt);
        }
        let crc = crc32fast::hash(&bytes[..60]);
        bytes[60..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8; SEGMENT_HEADER_BYTES]) -> Option<Self> {
        let is_whole = bytes[..8] == SEGMENT_MAGIC && u32_at(bytes, 60) == crc32fast::hash(&bytes[..60]);
        if !is_whole {
            return None;
        }
        let key = match u32_at(bytes, 20) {
            0 => None,
            1 => Some(KeyMark {
                id: array_at(bytes, 24),
                salt: array_at(bytes, 40),
            }),
            _ => return None,
        };
        Some(Self {
            first: Position::new(u64_at(bytes, 8)),
            salt: u32_at(bytes, 16),
            key,
        })
    }
}

impl FrameHeader {
    /// A frame that says that the log was closed behind everything before it.
    pub(crate) fn closed(position: Position, salt: u32, offset: u64) -> Self {
        Self {
            kind: FrameKind::Closed,
            position,
            at: Timestamp::from_millis(0),
            write_start: offset,
            nonce: 0,
            payload_bytes: 0,
            entry_bytes: 0,
            payload_crc: checksum(salt, &[]),
        }
    }

    /// What the frame takes.
    pub(crate) fn frame_bytes(&self) -> u64 {
        FRAME_HEADER_BYTES as u64 + u64::from(self.payload_bytes)
    }

    pub(crate) fn is_entry(&self) -> bool {
        matches!(self.kind, FrameKind::Entry { .. })
    }

    pub(crate) fn encode(&self, salt: u32) -> [u8; FRAME_HEADER_BYTES] {
        let mut bytes = [0; FRAME_HEADER_BYTES];
        bytes[..4].copy_from_slice(&FRAME_MAGIC);
        bytes[4..8].copy_from_slice(&self.kind.flags().to_le_bytes());
        bytes[8..16].copy_from_slice(&self.position.as_u64().to_le_bytes());
        bytes[16..24].copy_from_slice(&self.at.as_millis().to_le_bytes());
        bytes[24..32].copy_from_slice(&self.write_start.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.nonce.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.payload_bytes.to_le_bytes());
        bytes[44..48].copy_from_slice(&self.entry_bytes.to_le_bytes());
        bytes[48..52].copy_from_slice(&self.payload_crc.to_le_bytes());
        let crc = checksum(salt, &bytes[..52]);
        bytes[52..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// The header that starts `bytes`, if a whole one does.
    pub(crate) fn decode(bytes: &[u8], salt: u32) -> Option<Self> {
        let bytes = bytes.first_chunk::<FRAME_HEADER_BYTES>()?;
        let is_whole = bytes[..4] == FRAME_MAGIC && u32_at(bytes, 52) == checksum(salt, &bytes[..52]);
        if !is_whole {
            return None;
        }
        Some(Self {
            kind: FrameKind::parse(u32_at(bytes, 4))?,
            position: Position::new(u64_at(bytes, 8)),
            at: Timestamp::from_millis(i64::from_le_bytes(array_at(bytes, 16))),
            write_start: u64_at(bytes, 24),
            nonce: u64_at(bytes, 32),
            payload_bytes: u32_at(bytes, 40),
            entry_bytes: u32_at(bytes, 44),
            payload_crc: u32_at(bytes, 48),
        })
    }
}

impl FrameKind {
    fn flags(self) -> u32 {
        match self {
            Self::Entry {
                is_compressed,
                is_encrypted,
            } => u32::from(is_compressed) * COMPRESSED + u32::from(is_encrypted) * ENCRYPTED,
            Self::Closed => CLOSED,
        }
    }

    fn parse(flags: u32) -> Option<Self> {
        if flags == CLOSED {
            return Some(Self::Closed);
        }
        (flags & !(COMPRESSED | ENCRYPTED) == 0).then_some(Self::Entry {
            is_compressed: flags & COMPRESSED != 0,
            is_encrypted: flags & ENCRYPTED != 0,
        })
    }
}

fn array_at<const N: usize>(bytes: &[u8], start: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[start..start + N]);
    array
}

fn u32_at(bytes: &[u8], start: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, start))
}

fn u64_at(bytes: &[u8], start: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_read_back_as_written_and_no_flipped_bit_passes() {
        let header = SegmentHeader {
            first: Position::new(77),
            salt: 5,
            key: Some(KeyMark {
                id: [1; 16],
                salt: [2; 16],
            }),
        };
        assert_eq!(SegmentHeader::decode(&header.encode()), Some(header));
        for bit in 0..SEGMENT_HEADER_BYTES * 8 {
            let mut bytes = header.encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(SegmentHeader::decode(&bytes), None, "bit {bit}");
        }
        let frame = FrameHeader::closed(Position::new(3), 9, 640);
        assert_eq!(FrameHeader::decode(&frame.encode(9), 9), Some(frame));
        assert_eq!(FrameHeader::decode(&frame.encode(9), 8), None, "another salt");
        for bit in 0..FRAME_HEADER_BYTES * 8 {
            let mut bytes = frame.encode(9);
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(FrameHeader::decode(&bytes, 9), None, "bit {bit}");
        }
    }

    #[test]
    fn only_the_names_of_segments_are_taken_for_segments() {
        let cases = [
            ("00000000000000000042.log", Some(42)),
            ("00000000000000000042.new", None),
            ("42.log", None),
            ("+0000000000000000042.log", None),
            ("lock", None),
        ];
        for (name, first) in cases {
            assert_eq!(parse_segment_name(name), first.map(Position::new), "{name}");
        }
    }
}
