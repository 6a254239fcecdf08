//! Which segments there are, and what of them is durable. Shared by the writer, who adds to them, and all readers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use landfall_core::buffers::Buffers;
use landfall_core::time::Timestamp;
use landfall_core::units::ByteCount;
use tokio::sync::watch;

use super::format::segment_name;
use super::lock;
use super::payload::{KeyFault, LogKey};
use super::segment::{OpenSegment, SegmentFault};
use super::tail::Tail;
use crate::disk::Disk;
use crate::error::{Damage, DiskError, FreeError, ReadError};
use crate::log::{Bounds, Entry, Position};

/// How many segments stay open for readers. Each takes at most some 40 KiB for its places.
const MOST_OPEN_SEGMENTS: usize = 32;

/// A segment on disk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment {
    pub(crate) first: Position,
    /// What of it is durable.
    pub(crate) bytes: u64,
}

/// What waiting readers look at.
#[derive(Debug, Clone, Copy)]
struct Progress {
    next: Position,
    is_closed: bool,
}

#[derive(Debug)]
struct State {
    /// In order; the last one is written to.
    list: VecDeque<Segment>,
    next: Position,
    freed: Position,
    /// The size of the last entry that there was no room for, since the last one that there was.
    refused_bytes: u64,
    failure: Option<Arc<DiskError>>,
}

impl State {
    /// The position behind the last one of segment `index`.
    fn last_of(&self, index: usize) -> Position {
        self.list
            .get(index + 1)
            .map_or(self.next, |following| following.first)
    }
}

/// All segments of a log.
#[derive(Debug)]
pub(crate) struct Segments {
    disk: Arc<dyn Disk>,
    key: Option<LogKey>,
    state: Mutex<State>,
    progress: watch::Sender<Progress>,
    /// The most recently used one last.
    open: Mutex<VecDeque<Arc<OpenSegment>>>,
    /// Held while files are deleted, so that they go one after the other.
    freeing: Mutex<()>,
    oldest: Mutex<Option<(Position, Timestamp)>>,
    tail: Mutex<Tail>,
    /// Memory of entries that are read from the disk.
    buffers: Arc<Buffers>,
}

impl Segments {
    /// `list` is in order and not empty; `next` is the position that the first entry of the last segment will have.
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        key: Option<LogKey>,
        list: VecDeque<Segment>,
        next: Position,
        tail: ByteCount,
    ) -> Self {
        let freed = list.front().map_or(next, |segment| segment.first);
        Self {
            disk,
            key,
            state: Mutex::new(State {
                list,
                next,
                freed,
                refused_bytes: 0,
                failure: None,
            }),
            progress: watch::Sender::new(Progress {
                next,
                is_closed: false,
            }),
            open: Mutex::default(),
            freeing: Mutex::default(),
            oldest: Mutex::default(),
            buffers: Arc::default(),
            tail: Mutex::new(Tail::new(usize::try_from(tail.as_u64()).unwrap_or(usize::MAX))),
        }
    }

    pub(crate) fn bounds(&self) -> Bounds {
        let state = lock(&self.state);
        Bounds {
            first: state.list.front().map_or(state.next, |segment| segment.first),
            next: state.next,
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        lock(&self.state).list.iter().map(|segment| segment.bytes).sum()
    }

    pub(crate) fn failure(&self) -> Option<Arc<DiskError>> {
        lock(&self.state).failure.clone()
    }

    /// From now on nothing more is written.
    pub(crate) fn fail(&self, failure: Arc<DiskError>) {
        lock(&self.state).failure.get_or_insert(failure);
    }

    /// The last segment is durable up to `bytes`, and the next entry will be at `next`. `newest` are the entries that
    /// became durable.
    pub(crate) fn publish(&self, bytes: u64, next: Position, newest: impl Iterator<Item = Entry>) {
        let mut state = lock(&self.state);
        if let Some(active) = state.list.back_mut() {
            active.bytes = bytes;
        }
        state.next = next;
        state.refused_bytes = 0;
        drop(state);
        // After the end has moved: who read beyond the end would be told that there is nothing.
        let mut tail = lock(&self.tail);
        newest.for_each(|entry| tail.push(entry));
        drop(tail);
        self.progress.send_modify(|progress| progress.next = next);
    }

    /// There was no room for an entry that takes so much.
    pub(crate) fn note_refused(&self, bytes: u64) {
        lock(&self.state).refused_bytes = bytes;
    }

    /// What the next entry is reckoned to take: nothing to speak of, unless the last one did not fit.
    pub(crate) fn refused_bytes(&self) -> u64 {
        lock(&self.state).refused_bytes
    }

    /// There is a further segment, which is written to from now on.
    pub(crate) fn add(&self, segment: Segment) {
        lock(&self.state).list.push_back(segment);
    }

    pub(crate) fn close(&self) {
        self.progress.send_modify(|progress| progress.is_closed = true);
    }

    pub(crate) async fn wait_for(&self, position: Position) -> Result<(), ReadError> {
        let mut progress = self.progress.subscribe();
        let seen = progress
            .wait_for(|progress| progress.next > position || progress.is_closed)
            .await;
        match seen {
            Ok(progress) if progress.next > position => Ok(()),
            _ => Err(ReadError::Closed),
        }
    }

    /// Reads entries, from memory if they are there, else those of one segment. See [`Log::read`](crate::Log::read).
    pub(crate) fn read(&self, from: Position, most: ByteCount) -> Result<Vec<Entry>, ReadError> {
        let bounds = self.bounds();
        if (bounds.first..bounds.next).contains(&from) {
            let newest = lock(&self.tail).take(from, most.as_u64());
            if !newest.is_empty() {
                return Ok(newest);
            }
        }
        self.read_disk(from, most)
    }

    fn read_disk(&self, from: Position, most: ByteCount) -> Result<Vec<Entry>, ReadError> {
        loop {
            let Some((segment, last)) = self.locate(from)? else {
                return Ok(Vec::new());
            };
            match self.open(segment.first) {
                Ok(open) => return open.read(from, last, segment.bytes, most.as_u64()),
                Err(fault) => {
                    // It may have been freed in the meantime. If it was, it is not listed any more.
                    if self.bounds().first <= from {
                        return Err(describe(fault, from, segment.first, last));
                    }
                }
            }
        }
    }

    /// The segment that `from` is in, and the position behind its last one.
    fn locate(&self, from: Position) -> Result<Option<(Segment, Position)>, ReadError> {
        let state = lock(&self.state);
        let behind = state.list.partition_point(|segment| segment.first <= from);
        let (asked, next) = (from, state.next);
        match (asked.cmp(&next), behind.checked_sub(1)) {
            (std::cmp::Ordering::Greater, _) => Err(ReadError::Beyond { asked, next }),
            (std::cmp::Ordering::Equal, _) => Ok(None),
            (std::cmp::Ordering::Less, Some(index)) => Ok(Some((state.list[index], state.last_of(index)))),
            (std::cmp::Ordering::Less, None) => {
                let first = state.list.front().map_or(next, |segment| segment.first);
                Err(ReadError::Freed { asked, first })
            }
        }
    }

    fn open(&self, first: Position) -> Result<Arc<OpenSegment>, SegmentFault> {
        let mut open = lock(&self.open);
        if let Some(index) = open.iter().position(|segment| segment.first == first)
            && let Some(segment) = open.remove(index)
        {
            open.push_back(Arc::clone(&segment));
            return Ok(segment);
        }
        let segment = Arc::new(OpenSegment::open(
            &*self.disk,
            first,
            self.key.as_ref(),
            &self.buffers,
        )?);
        open.push_back(Arc::clone(&segment));
        if open.len() > MOST_OPEN_SEGMENTS {
            open.pop_front();
        }
        Ok(segment)
    }

    /// Marks the entries before `before` as freed.
    pub(crate) fn mark_freed(&self, before: Position) -> Result<(), FreeError> {
        let mut state = lock(&self.state);
        let next = state.next;
        if before > next {
            return Err(FreeError::Beyond { asked: before, next });
        }
        state.freed = state.freed.max(before);
        Ok(())
    }

    /// The size of the segment that is written to, if all its entries were freed.
    pub(crate) fn freed_active_bytes(&self) -> Option<u64> {
        let state = lock(&self.state);
        let active = state.list.back()?;
        (state.freed == state.next && active.first < state.next).then_some(active.bytes)
    }

    /// Deletes the segments that hold nothing but freed entries, the oldest first.
    pub(crate) fn delete_freed(&self) -> Result<(), Arc<DiskError>> {
        let _alone = lock(&self.freeing);
        while let Some(segment) = self.take_freed() {
            if let Err(error) = self.delete(segment) {
                lock(&self.state).list.push_front(segment);
                return Err(error);
            }
        }
        Ok(())
    }

    fn take_freed(&self) -> Option<Segment> {
        let mut state = lock(&self.state);
        let is_freed = state.list.len() > 1 && state.last_of(0) <= state.freed;
        if is_freed { state.list.pop_front() } else { None }
    }

    fn delete(&self, segment: Segment) -> Result<(), Arc<DiskError>> {
        let name = segment_name(segment.first);
        match self.disk.remove(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(DiskError::of("delete", &name)(error));
            }
            _ => {}
        }
        // After the removal, when nobody can open it again: a file that is open keeps its room.
        lock(&self.open).retain(|open| open.first != segment.first);
        // One by one, so that what a power cut leaves has no gap.
        self.disk
            .sync_names()
            .map_err(DiskError::of("sync the folder after deleting", &name))
    }

    /// The time of the oldest entry that can be read and was not freed.
    pub(crate) fn oldest(&self) -> Result<Option<Timestamp>, ReadError> {
        let mut position = lock(&self.state).freed;
        loop {
            if let Some((known, at)) = *lock(&self.oldest)
                && known == position
            {
                return Ok(Some(at));
            }
            match self.read_disk(position, ByteCount::new(0)) {
                Ok(entries) => {
                    let oldest = entries.first().map(|entry| entry.at);
                    *lock(&self.oldest) = oldest.map(|at| (position, at));
                    return Ok(oldest);
                }
                Err(ReadError::Damaged(damage)) => position = damage.lost.end,
                Err(ReadError::Freed { first, .. }) => position = first,
                Err(error) => return Err(error),
            }
        }
    }
}

fn describe(fault: SegmentFault, from: Position, first: Position, last: Position) -> ReadError {
    let segment = segment_name(first);
    match fault {
        SegmentFault::Header => ReadError::Damaged(Damage {
            segment,
            offset: 0,
            lost: from..last,
        }),
        SegmentFault::Key(KeyFault::Missing) => ReadError::KeyMissing { segment },
        SegmentFault::Key(KeyFault::Wrong) => ReadError::WrongKey { segment },
        SegmentFault::Io(error) => ReadError::Io(DiskError::of("read from", &segment)(error)),
    }
}
