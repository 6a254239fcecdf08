//! Memory of large bodies and entries, used again: fresh memory costs the system as much time as filling it.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Smaller buffers are left to the allocator, which keeps such memory itself.
const LEAST_BYTES: usize = 256 << 10;
/// How much is kept at most.
const MOST_SPARE_BYTES: usize = 16 << 20;

/// Spare buffers. Whoever shares what is in one gives it back by dropping the last share, wherever that is: see
/// [`Buffers::lend`].
#[derive(Debug, Default)]
pub struct Buffers {
    spare: Mutex<Vec<Vec<u8>>>,
}

impl Buffers {
    /// An empty buffer for `bytes`.
    #[must_use]
    pub fn take(&self, bytes: usize) -> Vec<u8> {
        let mut buffer = self.find(bytes).unwrap_or_else(|| Vec::with_capacity(bytes));
        buffer.clear();
        buffer
    }

    /// A buffer of that length, to be written over: it holds whatever was in it before.
    #[must_use]
    pub fn take_used(&self, bytes: usize) -> Vec<u8> {
        let mut buffer = self.find(bytes).unwrap_or_default();
        buffer.resize(bytes, 0);
        buffer
    }

    fn find(&self, bytes: usize) -> Option<Vec<u8>> {
        if bytes < LEAST_BYTES {
            return None;
        }
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        // One far too large would keep memory from bodies that need it.
        let fits = |buffer: &Vec<u8>| (bytes..=bytes.saturating_mul(4)).contains(&buffer.capacity());
        let found = spare.iter().position(fits)?;
        Some(spare.swap_remove(found))
    }

    /// Shares what a buffer holds, and takes the buffer back when the last share is dropped.
    #[must_use]
    pub fn lend(self: &Arc<Self>, buffer: Vec<u8>) -> Bytes {
        if buffer.capacity() < LEAST_BYTES {
            return Bytes::from(buffer);
        }
        Bytes::from_owner(Lent {
            buffer,
            home: Arc::clone(self),
        })
    }

    fn give(&self, buffer: Vec<u8>) {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let kept: usize = spare.iter().map(Vec::capacity).sum();
        if kept + buffer.capacity() <= MOST_SPARE_BYTES {
            spare.push(buffer);
        }
    }
}

struct Lent {
    buffer: Vec<u8>,
    home: Arc<Buffers>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.home.give(std::mem::take(&mut self.buffer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_buffer_comes_back() {
        let buffers = Arc::new(Buffers::default());
        let mut buffer = buffers.take(LEAST_BYTES);
        buffer.extend_from_slice(b"a body");
        let place = buffer.as_ptr();
        let body = buffers.lend(buffer);
        let share = body.clone();
        drop(body);
        assert_eq!(share, "a body");
        drop(share);
        let again = buffers.take(LEAST_BYTES / 2 + 1);
        assert_ne!(again.as_ptr(), place, "a small one is left to the allocator");
        let again = buffers.take(LEAST_BYTES);
        assert_eq!((again.as_ptr(), again.len()), (place, 0));
    }

    #[test]
    fn no_more_than_a_few_are_kept() {
        let buffers = Arc::new(Buffers::default());
        (0..10)
            .map(|_| buffers.take(4 << 20))
            .collect::<Vec<_>>()
            .into_iter()
            .for_each(|buffer| drop(buffers.lend(buffer)));
        let kept: usize = buffers.spare.lock().unwrap().iter().map(Vec::capacity).sum();
        assert!(kept <= MOST_SPARE_BYTES, "{kept}");
    }
}
