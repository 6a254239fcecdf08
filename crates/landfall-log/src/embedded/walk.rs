//! Going through a segment from frame to frame, over damaged places if need be.

use std::io;
use std::ops::Range;

use super::format::{FRAME_HEADER_BYTES, FRAME_MAGIC, FrameHeader, SEGMENT_HEADER_BYTES};
use crate::disk::{DiskFile, read_full};
use crate::log::Position;

/// How much is read at once: many small frames, or the header and a part of a large one.
const READ_AHEAD_BYTES: u64 = 128 * 1024;

/// What comes next in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A frame with a whole header. Its payload is another matter.
    Frame { offset: u64, header: FrameHeader },
    /// Something that is no frame, and the positions that must have been there. Those are unknown, and said to be
    /// none, where nothing follows and the segment's last position is not known either.
    Damage { offset: u64, lost: Range<Position> },
    /// The end.
    End,
}

/// The part of a segment to go through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    /// Where a frame starts.
    pub(crate) offset: u64,
    /// The position of that frame.
    pub(crate) position: Position,
    /// Where to stop.
    pub(crate) end: u64,
    /// The position behind the last one, if it is known.
    pub(crate) last: Option<Position>,
}

/// A walk through a stretch of a segment.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    file: &'a dyn DiskFile,
    salt: u32,
    left: Stretch,
    window: Window,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(file: &'a dyn DiskFile, salt: u32, stretch: Stretch) -> Self {
        Self {
            file,
            salt,
            left: stretch,
            window: Window::default(),
        }
    }

    /// The position that comes next.
    pub(crate) fn position(&self) -> Position {
        self.left.position
    }

    pub(crate) fn step(&mut self) -> io::Result<Step> {
        let (offset, position) = (self.left.offset, self.left.position);
        if offset >= self.left.end {
            return Ok(match self.left.last {
                Some(last) if position < last => {
                    self.left.position = last;
                    let lost = position..last;
                    Step::Damage { offset, lost }
                }
                _ => Step::End,
            });
        }
        if let Some(header) = self.header_at(offset)?
            && header.position == position
        {
            self.left.offset = offset + header.frame_bytes();
            self.left.position = if header.is_entry() {
                position.next()
            } else {
                position
            };
            return Ok(Step::Frame { offset, header });
        }
        let (found_offset, found_position) = match self.find_frame(offset + 1)? {
            Some((offset, header)) => (offset, header.position),
            None => (self.left.end, self.left.last.unwrap_or(position)),
        };
        self.left.offset = found_offset;
        self.left.position = found_position;
        let lost = position..found_position;
        Ok(Step::Damage { offset, lost })
    }

    /// The payload of the frame at `offset`, shorter than it should be where the file ends.
    pub(crate) fn payload(&mut self, offset: u64, header: &FrameHeader) -> io::Result<&[u8]> {
        let start = offset + FRAME_HEADER_BYTES as u64;
        self.window
            .bytes(self.file, start, u64::from(header.payload_bytes), self.left.end)
    }

    /// The header at `offset`, if there is one that can belong there.
    fn header_at(&mut self, offset: u64) -> io::Result<Option<FrameHeader>> {
        let end = self.left.end;
        let bytes = self
            .window
            .bytes(self.file, offset, FRAME_HEADER_BYTES as u64, end)?;
        let header = FrameHeader::decode(bytes, self.salt);
        Ok(header.filter(|header| self.belongs(offset, header)))
    }

    fn belongs(&self, offset: u64, header: &FrameHeader) -> bool {
        let is_below_last = self.left.last.is_none_or(|last| header.position <= last);
        header.position >= self.left.position
            && is_below_last
            && header.frame_bytes() <= self.left.end - offset
            && (SEGMENT_HEADER_BYTES as u64..=offset).contains(&header.write_start)
    }

    /// The next frame that starts at `offset` or behind it.
    fn find_frame(&mut self, mut offset: u64) -> io::Result<Option<(u64, FrameHeader)>> {
        let end = self.left.end;
        while offset + FRAME_HEADER_BYTES as u64 <= end {
            let bytes = self.window.bytes(self.file, offset, READ_AHEAD_BYTES, end)?;
            if bytes.len() < FRAME_HEADER_BYTES {
                return Ok(None);
            }
            let found = bytes
                .windows(FRAME_MAGIC.len())
                .position(|window| window == FRAME_MAGIC);
            let Some(skip) = found else {
                offset += (bytes.len() - FRAME_MAGIC.len() + 1) as u64;
                continue;
            };
            offset += skip as u64;
            if let Some(header) = self.header_at(offset)? {
                return Ok(Some((offset, header)));
            }
            offset += 1;
        }
        Ok(None)
    }
}

/// A part of a file in memory.
#[derive(Debug, Default)]
struct Window {
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// The `wanted` bytes at `offset`, fewer if `end` or the file's end come first.
    fn bytes(&mut self, file: &dyn DiskFile, offset: u64, wanted: u64, end: u64) -> io::Result<&[u8]> {
        let left = end.saturating_sub(offset);
        let wanted = wanted.min(left);
        let is_here = offset >= self.start && offset + wanted <= self.start + self.bytes.len() as u64;
        if !is_here {
            let ahead = wanted.max(READ_AHEAD_BYTES).min(left);
            self.bytes.resize(to_usize(ahead), 0);
            self.start = offset;
            let filled = read_full(file, &mut self.bytes, offset);
            self.bytes.truncate(*filled.as_ref().unwrap_or(&0));
            filled?;
        }
        let from = to_usize(offset - self.start).min(self.bytes.len());
        let to = (from + to_usize(wanted)).min(self.bytes.len());
        Ok(&self.bytes[from..to])
    }
}

fn to_usize(bytes: u64) -> usize {
    usize::try_from(bytes).expect("frames are shorter than the address space")
}
