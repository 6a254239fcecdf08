//! Pieces as a disk takes them: whole pages, at addresses where pages begin.

use bytes::Bytes;

/// Disks take writes past the page cache from addresses and of lengths that are multiples of this.
const PAGE_BYTES: usize = 4 << 10;

/// A piece that is being written.
#[derive(Debug)]
pub(super) struct OpenPiece {
    bytes: Vec<u8>,
    /// Where its content begins.
    from: usize,
}

impl OpenPiece {
    /// With room for some bytes.
    pub(super) fn with_room(room_bytes: usize) -> Self {
        let mut bytes: Vec<u8> = Vec::with_capacity(room_bytes + PAGE_BYTES);
        let from = bytes.as_ptr().align_offset(PAGE_BYTES).min(PAGE_BYTES);
        bytes.resize(from, 0);
        Self { bytes, from }
    }

    /// To append to.
    pub(super) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Whether it has a whole page.
    pub(super) fn has_a_page(&self) -> bool {
        self.bytes.len() - self.from >= PAGE_BYTES
    }

    /// Takes off what is behind its last whole page.
    pub(super) fn split_off_rest(&mut self, rest: &mut Vec<u8>) {
        let content_bytes = self.bytes.len() - self.from;
        let end = self.from + content_bytes - content_bytes % PAGE_BYTES;
        rest.clear();
        rest.extend_from_slice(&self.bytes[end..]);
        self.bytes.truncate(end);
    }

    /// Its content; nothing if it has none.
    pub(super) fn close(self) -> Option<Bytes> {
        (self.bytes.len() > self.from).then(|| Bytes::from(self.bytes).slice(self.from..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_whole_pages_at_a_page() {
        for content_bytes in [1, PAGE_BYTES - 1, PAGE_BYTES, 3 * PAGE_BYTES + 5] {
            let content: Vec<u8> = (0..content_bytes).map(|number| number as u8).collect();
            let mut piece = OpenPiece::with_room(content_bytes);
            piece.out().extend_from_slice(&content);
            let mut rest = vec![7];
            piece.split_off_rest(&mut rest);
            let pages = piece.close().unwrap_or_default();
            assert_eq!(pages.len() % PAGE_BYTES, 0, "{content_bytes}");
            if !pages.is_empty() {
                assert_eq!(pages.as_ptr().align_offset(PAGE_BYTES), 0, "{content_bytes}");
            }
            assert!(rest.len() < PAGE_BYTES, "{content_bytes}");
            assert_eq!([&pages[..], &rest[..]].concat(), content, "{content_bytes}");
        }
    }
}
