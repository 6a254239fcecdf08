//! Where the bytes of a file go: into a buffer, or only into a sum. Both run the same code, so that the length that is
//! announced for a file is the length it has.

use crate::text_pool::TextPool;

/// Takes bytes.
pub(crate) trait Sink {
    /// Adds some bytes.
    fn put(&mut self, bytes: &[u8]);

    /// Adds the same byte `count` times.
    fn put_repeated(&mut self, byte: u8, count: usize);

    /// Adds a text, most likely a short one.
    fn put_text(&mut self, texts: &TextPool, index: usize);

    /// Adds so many bytes, if their number is all that matters and it is known. False if they are to be added one by one.
    fn put_counted(&mut self, _bytes: impl FnOnce() -> Option<usize>) -> bool {
        false
    }

    /// How many bytes it took.
    fn taken_bytes(&self) -> usize;

    /// Adds one byte.
    #[inline]
    fn put_byte(&mut self, byte: u8) {
        self.put_repeated(byte, 1);
    }
}

impl Sink for Vec<u8> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    #[inline]
    fn put_repeated(&mut self, byte: u8, count: usize) {
        self.resize(self.len() + count, byte);
    }

    #[inline]
    fn put_byte(&mut self, byte: u8) {
        self.push(byte);
    }

    #[inline]
    fn put_text(&mut self, texts: &TextPool, index: usize) {
        /// Texts up to this length are copied as a piece of fixed length, which costs no call.
        const SHORT: usize = 64;
        let (start, end) = texts.span(index);
        match texts
            .buffer()
            .get(start..)
            .and_then(|rest| rest.first_chunk::<SHORT>())
        {
            Some(window) if end - start <= SHORT => {
                let end = self.len() + (end - start);
                // What is copied too much is taken off again.
                self.extend_from_slice(window);
                self.truncate(end);
            }
            _ => self.extend_from_slice(texts.get(index)),
        }
    }

    #[inline]
    fn taken_bytes(&self) -> usize {
        self.len()
    }
}

/// Counts bytes.
#[derive(Debug, Default)]
pub(crate) struct Counter(usize);

impl Sink for Counter {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }

    #[inline]
    fn put_repeated(&mut self, _byte: u8, count: usize) {
        self.0 += count;
    }

    #[inline]
    fn put_text(&mut self, texts: &TextPool, index: usize) {
        self.0 += texts.length(index);
    }

    #[inline]
    fn put_counted(&mut self, bytes: impl FnOnce() -> Option<usize>) -> bool {
        let bytes = bytes();
        self.0 += bytes.unwrap_or(0);
        bytes.is_some()
    }

    #[inline]
    fn taken_bytes(&self) -> usize {
        self.0
    }
}
