//! Opening a log: what its last process left is looked at, and made durable or cut off.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::format::{
    FrameHeader, FrameKind, SEGMENT_HEADER_BYTES, UNFINISHED_SUFFIX, parse_segment_name, segment_name,
};
use super::payload::{KeyFault, LogKey, NoRandomness};
use super::segment::{OpenSegment, SegmentFault};
use super::segments::Segment;
use super::walk::{Step, Stretch, Walk};
use crate::disk::{Disk, read_full, write_all};
use crate::error::{Damage, DiskError};
use crate::log::Position;

/// How much is written again at once.
const REWRITE_BYTES: usize = 1024 * 1024;

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it.
    #[error(
        "{folder:?} is in use by process {}: stop it first, or choose another folder",
        process.map_or("?".to_owned(), |process| process.to_string())
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The other process, if it said.
        process: Option<u32>,
    },
    /// The folder cannot be made or entered.
    #[error("cannot use the folder {folder:?}: check that it may be written to")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] Arc<DiskError>),
    /// The last segment does not say how many entries there have been, so that new ones could take the places of old
    /// ones.
    #[error(
        "the start of {segment:?} is damaged: restore the file from a copy, or start with an empty folder"
    )]
    Unreadable {
        /// The file.
        segment: String,
    },
    /// The log is encrypted with another key.
    #[error("{segment:?} is encrypted with another key: give the key it was written with")]
    WrongKey {
        /// The file.
        segment: String,
    },
    /// The log is encrypted, and no key was given.
    #[error("{segment:?} is encrypted: give the key it was written with")]
    KeyMissing {
        /// The file.
        segment: String,
    },
    /// The system gave no random bytes.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// There can be no thread for the writer.
    #[error("cannot start the log's thread: allow the process more of them")]
    Thread(#[source] std::io::Error),
}

/// The unfinished end of a write, which was never acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The file.
    pub segment: String,
    /// Where it starts.
    pub offset: u64,
    /// How long it was.
    pub bytes: u64,
}

/// What was found when the log was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovery {
    /// What was cut off.
    pub torn: Option<TornTail>,
    /// Entries of the last segment that are lost. Other segments are looked at when they are read.
    pub damages: Vec<Damage>,
    /// Positions that had been given, by [`EmbeddedLogSettings::next_at_least`](crate::EmbeddedLogSettings), but that
    /// no file knows of.
    pub missing: Option<Range<Position>>,
}

/// What there is to go on with.
#[derive(Debug)]
pub(crate) struct Found {
    /// The segments that hold entries, in order.
    pub(crate) list: VecDeque<Segment>,
    /// The position of the next entry.
    pub(crate) next: Position,
    pub(crate) recovery: Recovery,
}

impl Found {
    /// Leaves out the positions before `floor`.
    pub(crate) fn skip_to(&mut self, floor: Position) {
        if self.next < floor {
            self.recovery.missing = Some(self.next..floor);
            self.next = floor;
        }
    }
}

/// Looks through the folder, cuts off a torn tail, and makes sure that everything else is durable.
pub(crate) fn recover(disk: &dyn Disk, key: Option<&LogKey>) -> Result<Found, OpenError> {
    let names = disk.list().map_err(DiskError::of("list", "the folder"))?;
    for name in names.iter().filter(|name| name.ends_with(UNFINISHED_SUFFIX)) {
        disk.remove(name).map_err(DiskError::of("delete", name))?;
    }
    let mut firsts: Vec<Position> = names.iter().filter_map(|name| parse_segment_name(name)).collect();
    firsts.sort_unstable();
    let mut found = Found {
        list: VecDeque::new(),
        next: Position::FIRST,
        recovery: Recovery::default(),
    };
    let Some((last, sealed)) = firsts.split_last() else {
        return Ok(found);
    };
    for first in sealed {
        let name = segment_name(*first);
        let file = disk.open(&name).map_err(DiskError::of("open", &name))?;
        let bytes = file.size_bytes().map_err(DiskError::of("measure", &name))?;
        found.list.push_back(Segment { first: *first, bytes });
    }
    // A wrong key shows at once, in the last segment; and in the first one, if the key has been changed in between.
    if let Some(first) = sealed.first() {
        match OpenSegment::open(disk, *first, key, &Arc::default()) {
            Ok(_) | Err(SegmentFault::Header) => {}
            Err(fault) => return Err(describe(fault, *first)),
        }
    }
    let segment =
        OpenSegment::open(disk, *last, key, &Arc::default()).map_err(|fault| describe(fault, *last))?;
    let scan = Scan::of(&segment).map_err(DiskError::of("read from", &segment.name))?;
    settle(&segment, &scan)?;
    found.next = scan.next;
    // A segment without entries is replaced by the one that is made next, which has the same name.
    if scan.next > *last {
        let bytes = scan.end;
        found.list.push_back(Segment { first: *last, bytes });
    }
    found.recovery = scan.recovery(&segment.name);
    Ok(found)
}

fn describe(fault: SegmentFault, first: Position) -> OpenError {
    let segment = segment_name(first);
    match fault {
        SegmentFault::Header => OpenError::Unreadable { segment },
        SegmentFault::Key(KeyFault::Missing) => OpenError::KeyMissing { segment },
        SegmentFault::Key(KeyFault::Wrong) => OpenError::WrongKey { segment },
        SegmentFault::Io(error) => OpenError::Disk(DiskError::of("open", &segment)(error)),
    }
}

/// A place that is no whole frame.
#[derive(Debug)]
struct Broken {
    offset: u64,
    lost: Range<Position>,
}

/// What the last segment holds.
#[derive(Debug)]
struct Scan {
    /// Where the last durable frame ends.
    end: u64,
    /// The file's size.
    size_bytes: u64,
    /// Everything before this was durable before the last write.
    durable_end: u64,
    next: Position,
    damages: Vec<Broken>,
    is_closed: bool,
}

impl Scan {
    fn of(segment: &OpenSegment) -> std::io::Result<Self> {
        let size_bytes = segment.file.size_bytes()?;
        let stretch = Stretch {
            offset: SEGMENT_HEADER_BYTES as u64,
            position: segment.first,
            end: size_bytes,
            last: None,
        };
        let mut walk = Walk::new(&*segment.file, segment.unsealer.salt(), stretch);
        let mut durable_end = SEGMENT_HEADER_BYTES as u64;
        let mut broken = Vec::new();
        let mut is_closed = false;
        loop {
            match walk.step()? {
                Step::End => break,
                Step::Damage { offset, lost } => broken.push(Broken { offset, lost }),
                Step::Frame { offset, header } if is_whole(segment, &mut walk, offset, &header)? => {
                    durable_end = durable_end.max(header.write_start);
                    is_closed = header.kind == FrameKind::Closed;
                }
                Step::Frame { offset, header } => {
                    let lost = header.position..walk.position();
                    broken.push(Broken { offset, lost });
                }
            }
        }
        // What is broken behind the last sync was never acknowledged, nor was anything after it.
        let torn = broken.iter().position(|broken| broken.offset >= durable_end);
        let (end, next) = torn.map_or((size_bytes, walk.position()), |torn| {
            (broken[torn].offset, broken[torn].lost.start)
        });
        broken.truncate(torn.unwrap_or(broken.len()));
        Ok(Self {
            end,
            size_bytes,
            durable_end,
            next,
            damages: broken,
            is_closed: is_closed && torn.is_none(),
        })
    }

    fn recovery(self, name: &str) -> Recovery {
        let is_torn = self.end < self.size_bytes;
        Recovery {
            torn: is_torn.then(|| TornTail {
                segment: name.to_owned(),
                offset: self.end,
                bytes: self.size_bytes - self.end,
            }),
            damages: self
                .damages
                .into_iter()
                .map(|broken| damage(name, broken))
                .collect(),
            missing: None,
        }
    }
}

fn damage(name: &str, broken: Broken) -> Damage {
    Damage {
        segment: name.to_owned(),
        offset: broken.offset,
        lost: broken.lost,
    }
}

fn is_whole(
    segment: &OpenSegment,
    walk: &mut Walk<'_>,
    offset: u64,
    header: &FrameHeader,
) -> std::io::Result<bool> {
    let payload = walk.payload(offset, header)?;
    Ok(segment.unsealer.is_whole(header, payload))
}

/// Cuts off the torn tail, and makes the last write durable: it may never have been synced.
fn settle(segment: &OpenSegment, scan: &Scan) -> Result<(), Arc<DiskError>> {
    let (file, name) = (&*segment.file, &segment.name);
    if scan.is_closed {
        return Ok(());
    }
    if scan.end < scan.size_bytes {
        file.cut(scan.end)
            .map_err(DiskError::of("cut the unfinished end off", name))?;
    }
    // If a sync failed before the log was closed, the system may take these bytes for written although the disk does
    // not have them. Writing them once more makes the sync mean something.
    let mut buffer = vec![0; REWRITE_BYTES];
    let mut offset = scan.durable_end.min(scan.end);
    while offset < scan.end {
        let most = usize::try_from(scan.end - offset)
            .unwrap_or(REWRITE_BYTES)
            .min(REWRITE_BYTES);
        let read = read_full(file, &mut buffer[..most], offset).map_err(DiskError::of("read from", name))?;
        if read == 0 {
            break;
        }
        write_all(file, &buffer[..read], offset).map_err(DiskError::of("write to", name))?;
        offset += read as u64;
    }
    file.sync().map_err(DiskError::of("sync", name))
}
