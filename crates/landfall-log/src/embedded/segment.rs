//! One segment: how it is made, and how entries are read from it.

use std::io;
use std::sync::{Arc, Mutex};

use landfall_core::buffers::Buffers;

use super::format::{SEGMENT_HEADER_BYTES, SegmentHeader, segment_name, unfinished_name};
use super::lock;
use super::payload::{KeyFault, LogKey, Sealer, Unsealer};
use super::walk::{Step, Stretch, Walk};
use crate::disk::{Disk, DiskFile, read_full, write_all};
use crate::error::{Damage, DiskError, ReadError};
use crate::log::{Entry, Position};

/// How far apart the places are that are remembered. A read starts at most so far before what it is for.
const BYTES_BETWEEN_PLACES: u64 = 32 * 1024;

/// Makes the segment that starts with `first`, in place of an empty one of that name. Its content is durable then, its
/// name not yet. A crash leaves no segment without a header.
pub(crate) fn make(
    disk: &dyn Disk,
    first: Position,
    sealer: &Sealer,
) -> Result<Arc<dyn DiskFile>, Arc<DiskError>> {
    let (unfinished, name) = (unfinished_name(first), segment_name(first));
    let header = SegmentHeader {
        first,
        salt: sealer.salt(),
        key: sealer.key_mark(),
    };
    let file = disk
        .create(&unfinished)
        .map_err(DiskError::of("make", &unfinished))?;
    write_all(&*file, &header.encode(), 0).map_err(DiskError::of("write to", &unfinished))?;
    file.sync().map_err(DiskError::of("sync", &unfinished))?;
    disk.rename(&unfinished, &name)
        .map_err(DiskError::of("rename", &unfinished))?;
    Ok(file)
}

/// Why a segment cannot be opened.
#[derive(Debug)]
pub(crate) enum SegmentFault {
    /// Its header is damaged.
    Header,
    /// Its key is not ours.
    Key(KeyFault),
    /// The disk failed.
    Io(io::Error),
}

/// A segment to read from.
#[derive(Debug)]
pub(crate) struct OpenSegment {
    pub(crate) name: String,
    pub(crate) first: Position,
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) unsealer: Unsealer,
    /// Where some of the frames start, in order. Grows as the segment is read.
    places: Mutex<Vec<(Position, u64)>>,
}

impl OpenSegment {
    pub(crate) fn open(
        disk: &dyn Disk,
        first: Position,
        key: Option<&LogKey>,
        buffers: &Arc<Buffers>,
    ) -> Result<Self, SegmentFault> {
        let name = segment_name(first);
        let file = disk.open(&name).map_err(SegmentFault::Io)?;
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        let filled = read_full(&*file, &mut bytes, 0).map_err(SegmentFault::Io)?;
        let header = SegmentHeader::decode(&bytes)
            .filter(|header| filled == bytes.len() && header.first == first)
            .ok_or(SegmentFault::Header)?;
        Ok(Self {
            name,
            first,
            unsealer: Unsealer::of(&header, key, buffers).map_err(SegmentFault::Key)?,
            file,
            places: Mutex::new(vec![(first, SEGMENT_HEADER_BYTES as u64)]),
        })
    }

    /// Reads entries from `from` on, of those before `last`, which are in the first `end` bytes: together at most
    /// `most` bytes, but at least one.
    pub(crate) fn read(
        &self,
        from: Position,
        last: Position,
        end: u64,
        most: u64,
    ) -> Result<Vec<Entry>, ReadError> {
        let failed = |error| DiskError::of("read from", &self.name)(error);
        let mut walk = self.walk(from, last, end);
        let mut entries: Vec<Entry> = Vec::new();
        let mut taken: u64 = 0;
        loop {
            let (offset, lost) = match walk.step().map_err(failed)? {
                Step::End => return Ok(entries),
                Step::Damage { offset, lost } => (offset, lost),
                Step::Frame { header, .. } if !header.is_entry() => continue,
                Step::Frame { offset, header } => {
                    self.remember(header.position, offset);
                    let entry_bytes = u64::from(header.entry_bytes);
                    if header.position < from {
                        continue;
                    }
                    if !entries.is_empty() && taken + entry_bytes > most {
                        return Ok(entries);
                    }
                    let payload = walk.payload(offset, &header).map_err(failed)?;
                    if let Some(bytes) = self.unsealer.unseal(&header, payload) {
                        taken += entry_bytes;
                        let (position, at) = (header.position, header.at);
                        entries.push(Entry { position, at, bytes });
                        continue;
                    }
                    (offset, header.position..header.position.next())
                }
            };
            // What is lost before `from` does not concern this reader.
            let lost = lost.start.max(from)..lost.end;
            if !lost.is_empty() {
                let segment = self.name.clone();
                let damage = Damage {
                    segment,
                    offset,
                    lost,
                };
                return if entries.is_empty() {
                    Err(damage.into())
                } else {
                    Ok(entries)
                };
            }
        }
    }

    fn walk(&self, from: Position, last: Position, end: u64) -> Walk<'_> {
        let places = lock(&self.places);
        let behind = places.partition_point(|(position, _)| *position <= from);
        let (position, offset) = places[behind.saturating_sub(1)];
        let stretch = Stretch {
            offset,
            position,
            end,
            last: Some(last),
        };
        Walk::new(&*self.file, self.unsealer.salt(), stretch)
    }

    fn remember(&self, position: Position, offset: u64) {
        let mut places = lock(&self.places);
        let is_far = places
            .last()
            .is_none_or(|(_, last)| offset >= last + BYTES_BETWEEN_PLACES);
        if is_far {
            places.push((position, offset));
        }
    }
}
