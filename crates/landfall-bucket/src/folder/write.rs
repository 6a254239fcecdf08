//! Writing the content of an object to its temporary file.

mod block;
mod direct;

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use crate::body::ObjectBody;

/// Files from this size on go to the disk past the page cache, while the rest is still being put together.
const LARGE_BYTES: u64 = 4 << 20;

/// Less is written more slowly by disks, also several pieces at the same time.
const PIECE_BYTES: usize = 1 << 20;

/// Writes `body` and syncs it; false if it has not the length it promised.
pub(super) fn write_synced(file: &File, body: &dyn ObjectBody) -> io::Result<bool> {
    let promised_bytes = body.size_bytes();
    let directly = if promised_bytes < LARGE_BYTES {
        None
    } else {
        direct::write(file, body, promised_bytes)?
    };
    let written_bytes = match directly {
        Some(written_bytes) => written_bytes,
        None => write(file, body)?,
    };
    file.sync_all()?;
    Ok(written_bytes == promised_bytes)
}

/// Writes `body` as all that the file holds.
fn write(mut file: &File, body: &dyn ObjectBody) -> io::Result<u64> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    let mut written_bytes = 0;
    for piece in body.open(PIECE_BYTES) {
        file.write_all(&piece)?;
        written_bytes += piece.len() as u64;
    }
    Ok(written_bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::path::Path;

    use bytes::Bytes;

    use super::*;

    /// Content in pieces whose lengths are these in turn, at addresses where sectors begin if they follow from that.
    struct InPieces {
        content: Bytes,
        lengths: &'static [usize],
        promised_bytes: u64,
    }

    /// A length that divides nothing.
    const ODD: &[usize] = &[777_777];
    const SECTORS: &[usize] = &[64 << 10, 4 << 10];
    /// From the third piece on they are whole sectors that begin elsewhere.
    const MIXED: &[usize] = &[8 << 10, (4 << 10) + 100, 4 << 10];

    impl ObjectBody for InPieces {
        fn size_bytes(&self) -> u64 {
            self.promised_bytes
        }

        fn open(&self, _piece_bytes: usize) -> Box<dyn Iterator<Item = Bytes> + Send + '_> {
            let mut rest = self.content.clone();
            let mut lengths = self.lengths.iter().cycle();
            Box::new(std::iter::from_fn(move || {
                let length = (*lengths.next()?).min(rest.len());
                (length > 0).then(|| rest.split_to(length))
            }))
        }
    }

    fn body(bytes: usize, lengths: &'static [usize], promised_bytes: u64) -> InPieces {
        let mut content: Vec<u8> = Vec::with_capacity(bytes + 4096);
        let from = content.as_ptr().align_offset(4096);
        content.resize(from, 0);
        content.extend((0..bytes as u32).map(|number| (number ^ number >> 9) as u8));
        InPieces {
            content: Bytes::from(content).slice(from..),
            lengths,
            promised_bytes,
        }
    }

    fn written(folder: &Path, body: &InPieces) -> (bool, Vec<u8>) {
        let path = folder.join("object");
        let file = File::create(&path).unwrap();
        let is_whole = write_synced(&file, body).unwrap();
        let mut content = Vec::new();
        File::open(&path).unwrap().read_to_end(&mut content).unwrap();
        (is_whole, content)
    }

    #[test]
    fn content_of_every_length_is_written_whole() {
        let folder = tempfile::tempdir().unwrap();
        let large = LARGE_BYTES as usize;
        let mebibyte = 1 << 20;
        for bytes in [
            0,
            1,
            large - 1,
            large,
            large + 1,
            large + 4096,
            5 * mebibyte,
            5 * mebibyte + 4095,
            9_000_001,
        ] {
            for lengths in [ODD, SECTORS, MIXED] {
                let body = body(bytes, lengths, bytes as u64);
                let (is_whole, content) = written(folder.path(), &body);
                assert!(
                    is_whole && content == body.content,
                    "{bytes} bytes in pieces of {lengths:?}"
                );
            }
        }
    }

    #[test]
    fn content_of_another_length_than_promised_is_told() {
        let folder = tempfile::tempdir().unwrap();
        for (bytes, promised) in [
            (5_000_000, 6_000_000),
            (6_000_000, 5_000_000),
            (0, 5_000_000),
            (9, 8),
        ] {
            assert!(
                !written(folder.path(), &body(bytes, ODD, promised)).0,
                "{bytes} of {promised}"
            );
        }
    }

    #[test]
    fn what_direct_writes_have_left_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("object")).unwrap();
        assert_eq!(
            direct::write(&file, &body(7_000_000, SECTORS, 7_000_000), 7_000_000)
                .unwrap()
                .unwrap_or(7_000_000),
            7_000_000
        );
        assert_eq!(write(&file, &body(5, ODD, 5)).unwrap(), 5);
        assert_eq!(file.metadata().unwrap().len(), 5);
    }
}
