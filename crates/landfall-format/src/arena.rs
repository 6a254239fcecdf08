//! Room for the rows of large runs, in large pages.
//!
//! A batch of tens of mebibytes is written once and read once, so the first touch of each page of it is a good part of
//! its cost. Runs of a busy stream therefore take their room from chunks that ask for large pages.

use bytes::BytesMut;

/// Chunks are this long: a few large pages.
const CHUNK_BYTES: usize = 8 << 20;
/// Less than this is on the heap.
const WORTH_A_CHUNK_BYTES: usize = 64 << 10;

/// What is left of a chunk. A worker lends it to the runs of one stream, one after the other: so what shares a chunk is
/// freed together, and a small batch that stays open for long never keeps the room of others.
#[derive(Debug, Default)]
pub struct Arena {
    rest: BytesMut,
}

impl Arena {
    /// Room for `bytes` and more, if they are worth it.
    pub(crate) fn take(&mut self, bytes: usize) -> Option<BytesMut> {
        if bytes < WORTH_A_CHUNK_BYTES {
            return None;
        }
        // The next run is about as long as the last.
        let bytes = bytes + bytes / 8;
        if self.rest.capacity() < bytes {
            self.rest = BytesMut::with_capacity(CHUNK_BYTES.max(bytes));
            ask_for_large_pages(&mut self.rest);
        }
        let rest = self.rest.split_off(bytes);
        Some(std::mem::replace(&mut self.rest, rest))
    }
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code)] // Large pages saved a fifth of the CPU time of loading the orders of `make bench` as JSONL.
fn ask_for_large_pages(chunk: &mut BytesMut) {
    use rustix::mm::{Advice, madvise};

    let room = chunk.spare_capacity_mut();
    let start = room.as_mut_ptr();
    let page_bytes = rustix::param::page_size();
    let skipped = start.align_offset(page_bytes);
    let Some(bytes) = room.len().checked_sub(skipped) else {
        return;
    };
    // SAFETY: the range lies in memory that `chunk` owns, and this advice changes neither what it holds nor how it may
    // be used. The kernel may refuse it: then pages are small.
    let _ = unsafe { madvise(start.add(skipped).cast(), bytes, Advice::LinuxHugepage) };
}

#[cfg(not(target_os = "linux"))]
fn ask_for_large_pages(_chunk: &mut BytesMut) {}
