//! Bytes in blocks that a disk takes as they are.

/// File systems take direct writes from addresses, to offsets and of lengths that are multiples of this.
pub(super) const SECTOR_BYTES: usize = 4 << 10;

/// Whether the disk takes the bytes where they are.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes.len().is_multiple_of(SECTOR_BYTES)
        && bytes.as_ptr().align_offset(SECTOR_BYTES) == 0
}

/// A buffer at an aligned address.
#[derive(Debug)]
pub(super) struct Block {
    bytes: Vec<u8>,
    /// Where in `bytes` the aligned part begins.
    from: usize,
    filled: usize,
    capacity: usize,
}

impl Block {
    /// An empty block for so many sectors.
    pub(super) fn new(sectors: usize) -> Self {
        let capacity = sectors * SECTOR_BYTES;
        let bytes = vec![0; capacity + SECTOR_BYTES];
        let from = bytes.as_ptr().align_offset(SECTOR_BYTES);
        Self {
            bytes,
            from,
            filled: 0,
            capacity,
        }
    }

    /// Takes as much of `bytes` as it has room for, and returns the rest.
    pub(super) fn take<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let (taken, rest) = bytes.split_at(bytes.len().min(self.capacity - self.filled));
        let to = self.from + self.filled;
        self.bytes[to..to + taken.len()].copy_from_slice(taken);
        self.filled += taken.len();
        rest
    }

    pub(super) fn is_full(&self) -> bool {
        self.filled == self.capacity
    }

    /// What it holds: first what can be written directly, then the rest, shorter than a sector.
    pub(super) fn parts(&self) -> (&[u8], &[u8]) {
        let whole = self.filled - self.filled % SECTOR_BYTES;
        self.bytes[self.from..self.from + self.filled].split_at(whole)
    }

    pub(super) fn len(&self) -> usize {
        self.filled
    }

    pub(super) fn clear(&mut self) {
        self.filled = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_aligned_and_gives_back_what_it_took() {
        let content: Vec<u8> = (0..20_000_u32).map(|number| number as u8).collect();
        let mut block = Block::new(4);
        let rest = block.take(&content[..5000]);
        assert!(rest.is_empty() && !block.is_full());
        let (whole, tail) = block.parts();
        assert_eq!((whole.len(), tail.len()), (SECTOR_BYTES, 5000 - SECTOR_BYTES));
        assert_eq!(whole.as_ptr().align_offset(SECTOR_BYTES), 0);
        let rest = block.take(&content[5000..]);
        assert!(block.is_full());
        assert_eq!(rest, &content[4 * SECTOR_BYTES..]);
        assert_eq!(block.parts(), (&content[..4 * SECTOR_BYTES], &[][..]));
    }
}
