//! Many short texts in one buffer.

/// Texts stored end to end.
#[derive(Debug, Default)]
pub(crate) struct TextPool {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl TextPool {
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
