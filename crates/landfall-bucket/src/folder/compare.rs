//! Whether a file holds the content that is to be put.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use crate::body::ObjectBody;
use crate::folder::CHUNK_BYTES;

/// Compares byte by byte. Anything but a file, such as a folder, is different.
pub(super) fn holds(path: &Path, body: &dyn ObjectBody) -> io::Result<bool> {
    let file = File::open(path)?;
    let found = file.metadata()?;
    if !found.is_file() || found.len() != body.size_bytes() {
        return Ok(false);
    }
    let mut stored = BufReader::with_capacity(CHUNK_BYTES, file);
    let mut chunk = vec![0; CHUNK_BYTES];
    for piece in body.open(CHUNK_BYTES) {
        for wanted in piece.chunks(CHUNK_BYTES) {
            let read = chunk.split_at_mut(wanted.len()).0;
            stored.read_exact(read)?;
            if read != wanted {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
