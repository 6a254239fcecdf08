//! Many short texts in one buffer.

/// Texts stored end to end.
#[derive(Debug, Default)]
pub(crate) struct TextPool {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl TextPool {
    /// Makes room for about as much as a pool of the same kind held.
    pub(crate) fn reserve(&mut self, bytes: usize, texts: usize) {
        self.bytes.reserve(bytes + bytes / 16);
        self.ends.reserve(texts + texts / 16);
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The buffer to write the next text to; [`close_text`](Self::close_text) ends it.
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
        let start = if index == 0 {
            0
        } else {
            self.ends[index - 1] as usize
        };
        &self.bytes[start..self.ends[index] as usize]
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

    pub(crate) fn used_bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}
