//! Where memory comes from.
//!
//! Batches are tens of mebibytes that live for a moment, and a page that is touched for the first time costs the system
//! as much as filling it does. So large areas are asked for in huge pages, and kept for the next batch instead of being
//! given back at once (docs/adr/0009).

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// `thp`: huge pages wherever the system has them for the asking. `oversize_threshold`: large areas are kept like all
/// others. `narenas`: one place in which spare memory lies; small pieces come from each thread's own cache anyway.
/// `dirty_decay_ms`: spare memory goes back after a while.
///
/// SAFETY: the allocator reads this symbol once, as a pointer to a C string: it is a pointer to bytes that end in a zero
/// and live as long as the program. The name is the allocator's own.
#[expect(unsafe_code, reason = "the allocator's settings are a symbol of a given name")]
#[unsafe(export_name = "_rjem_malloc_conf")]
pub(crate) static SETTINGS: &[u8; 62] = b"thp:always,oversize_threshold:0,narenas:1,dirty_decay_ms:5000\0";
