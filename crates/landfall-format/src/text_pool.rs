//! Many short texts in one buffer.

/// Texts stored end to end.
#[derive(Debug, Default)]
pub(crate) struct TextPool {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

/// What a pool held: the next of its kind is likely to need as much room.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PoolSize {
    pub(crate) bytes: usize,
    pub(crate) texts: usize,
}

impl TextPool {
    /// Makes room for about as much as a pool of the same kind held.
    pub(crate) fn like(size: PoolSize) -> Self {
        Self {
            bytes: Vec::with_capacity(size.bytes + size.bytes / 16),
            ends: Vec::with_capacity(size.texts + size.texts / 16),
        }
    }

    pub(crate) fn size(&self) -> PoolSize {
        PoolSize {
            bytes: self.bytes.len(),
            texts: self.len(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The buffer to append the next text to; [`close_text`](Self::close_text) ends it.
    #[inline]
    pub(crate) fn open_text(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Ends the text that was written since the last one.
    #[inline]
    pub(crate) fn close_text(&mut self) {
        // Runs end long before 4 GiB: a record holds 20 MB at most and a run is cut after a few MiB of input.
        self.ends.push(self.bytes.len() as u32);
    }

    pub(crate) fn get(&self, index: usize) -> &[u8] {
        let (start, end) = self.span(index);
        &self.bytes[start..end]
    }

    /// Where a text stands in the [`buffer`](Self::buffer).
    #[inline]
    pub(crate) fn span(&self, index: usize) -> (usize, usize) {
        let start = index
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize);
        (start, self.ends[index] as usize)
    }

    /// All texts end to end.
    #[inline]
    pub(crate) fn buffer(&self) -> &[u8] {
        &self.bytes
    }

    /// How long a text is.
    #[inline]
    pub(crate) fn length(&self, index: usize) -> usize {
        let (start, end) = self.span(index);
        end - start
    }

    /// Adds all texts of another pool.
    pub(crate) fn append(&mut self, more: &Self) {
        // Small pools are put together: their sum stays far below 4 GiB.
        let shift = self.bytes.len() as u32;
        self.bytes.extend_from_slice(&more.bytes);
        self.ends.extend(more.ends.iter().map(|end| end + shift));
    }

    /// Closes empty texts until there are `count`.
    pub(crate) fn pad(&mut self, count: usize) {
        while self.len() < count {
            self.close_text();
        }
    }

    pub(crate) fn allocated_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<u32>()
    }

    #[inline]
    pub(crate) fn used_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Gives back memory that growing left over.
    pub(crate) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}
