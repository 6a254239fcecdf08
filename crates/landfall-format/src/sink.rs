//! Where the bytes of a file go: into a buffer, or only into a sum. Both run the same code, so that the length that is
//! announced for a file is the length it has.

/// Takes bytes.
pub(crate) trait Sink {
    /// Adds some bytes.
    fn put(&mut self, bytes: &[u8]);

    /// Adds the same byte `count` times.
    fn put_repeated(&mut self, byte: u8, count: usize);

    /// Adds a number in decimal digits.
    fn put_integer(&mut self, value: i64);

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
    fn put_integer(&mut self, value: i64) {
        self.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
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
    fn put_integer(&mut self, value: i64) {
        let digits = value.unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
        self.0 += digits as usize + usize::from(value < 0);
    }

    #[inline]
    fn taken_bytes(&self) -> usize {
        self.0
    }
}
