//! The one thread that writes: it takes all that waits, writes it, syncs once, and answers everybody.

use std::sync::Arc;

use super::format::{FrameHeader, SEGMENT_HEADER_BYTES, segment_name};
use super::payload::Sealer;
use super::queue::{Queue, Waiting, Work};
use super::room::Room;
use super::segment;
use super::segments::{Segment, Segments};
use crate::disk::{Disk, DiskFile, write_all};
use crate::error::{AppendError, DiskError, Shortage};
use crate::log::{Entry, Position};

/// Payloads from this size on are written from where they are. Shorter ones are put together first: a copy costs less
/// than a system call.
const DIRECT_BYTES: usize = 64 * 1024;
/// How much is put together at most.
const BUFFER_BYTES: usize = 1024 * 1024;

/// The segment that is written to.
#[derive(Debug)]
struct Active {
    name: String,
    file: Arc<dyn DiskFile>,
    first: Position,
    /// The position of the next entry.
    next: Position,
    /// Where its frame will start. Everything before is durable.
    end: u64,
}

/// What the writer needs.
#[derive(Debug)]
pub(crate) struct Writer {
    disk: Arc<dyn Disk>,
    queue: Arc<Queue>,
    segments: Arc<Segments>,
    sealer: Arc<Sealer>,
    room: Room,
    segment_bytes: u64,
    active: Active,
    buffer: Vec<u8>,
}

/// What a writer is made from.
#[derive(Debug)]
pub(crate) struct WriterParts {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) segments: Arc<Segments>,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) room: Room,
    pub(crate) segment_bytes: u64,
    /// The empty segment to start with.
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) first: Position,
}

impl Active {
    fn empty(file: Arc<dyn DiskFile>, first: Position) -> Self {
        Self {
            name: segment_name(first),
            file,
            first,
            next: first,
            end: SEGMENT_HEADER_BYTES as u64,
        }
    }
}

impl Writer {
    pub(crate) fn new(parts: WriterParts) -> Self {
        Self {
            active: Active::empty(parts.file, parts.first),
            disk: parts.disk,
            queue: parts.queue,
            segments: parts.segments,
            sealer: parts.sealer,
            room: parts.room,
            segment_bytes: parts.segment_bytes,
            buffer: Vec::with_capacity(BUFFER_BYTES),
        }
    }

    /// Works until the queue is closed and empty.
    pub(crate) fn run(mut self) {
        while let Some(work) = self.queue.take() {
            let Work { entries, rolls } = work;
            self.write(entries);
            for answer in rolls {
                let _ = answer.send(self.roll_if_freed());
            }
        }
        self.mark_closed();
    }

    fn write(&mut self, entries: Vec<Waiting>) {
        let (mut used, mut left) = match self.free_bytes() {
            Ok(left) => (self.segments.bytes(), left),
            Err(error) => return refuse(entries, &AppendError::Io(error)),
        };
        let mut entries = entries.into_iter().peekable();
        while entries.peek().is_some() {
            if let Err(error) = self.make_ready() {
                return refuse(entries, &error);
            }
            let mut chunk = Vec::new();
            let mut end = self.active.end;
            let segment_bytes = self.segment_bytes;
            while let Some(entry) =
                entries.next_if(|entry| chunk.is_empty() || end + entry.frame_bytes() <= segment_bytes)
            {
                let bytes = entry.frame_bytes();
                if let Some(shortage) = self.room.shortage(used, left, bytes) {
                    self.segments.note_refused(bytes);
                    entry.answer(Err(shortage.into()));
                    continue;
                }
                used += bytes;
                left = left.saturating_sub(bytes);
                end += bytes;
                chunk.push(entry);
            }
            self.commit(chunk);
        }
    }

    fn free_bytes(&self) -> Result<u64, Arc<DiskError>> {
        let asked = self.disk.free_bytes();
        asked.map_err(DiskError::of(
            "ask for the free space of the file system of",
            &self.active.name,
        ))
    }

    /// Starts a new segment if this one is full.
    fn make_ready(&mut self) -> Result<(), AppendError> {
        if let Some(failure) = self.segments.failure() {
            return Err(AppendError::ReadOnly(failure));
        }
        let is_full = self.active.end >= self.segment_bytes && self.active.first < self.active.next;
        if is_full {
            self.roll().map_err(describe)
        } else {
            Ok(())
        }
    }

    /// Writes a chunk into this segment and answers for it.
    fn commit(&mut self, chunk: Vec<Waiting>) {
        if chunk.is_empty() {
            return;
        }
        let end = match self.write_frames(&chunk) {
            Ok(end) => end,
            Err(error) => {
                self.roll_back();
                return refuse(chunk, &describe(error));
            }
        };
        if let Err(error) = self.sync() {
            return refuse(chunk, &AppendError::Io(error));
        }
        let first = self.active.next;
        self.active.end = end;
        self.active.next = first.plus(chunk.len() as u64);
        // Before the answers: whoever has one may read.
        let newest = chunk.iter().enumerate().map(|(index, waiting)| Entry {
            position: first.plus(index as u64),
            at: waiting.at,
            bytes: waiting.plain.clone(),
        });
        self.segments.publish(end, self.active.next, newest);
        for (index, entry) in chunk.into_iter().enumerate() {
            entry.answer(Ok(first.plus(index as u64)));
        }
    }

    /// Writes frames for the entries, and says where they end.
    fn write_frames(&mut self, chunk: &[Waiting]) -> Result<u64, Arc<DiskError>> {
        let failed = |error| DiskError::of("write to", &self.active.name)(error);
        let file = &*self.active.file;
        let buffer = &mut self.buffer;
        let mut written = self.active.end;
        buffer.clear();
        for (index, waiting) in chunk.iter().enumerate() {
            let position = self.active.next.plus(index as u64);
            let header = header(waiting, position, self.active.end);
            buffer.extend_from_slice(&header.encode(self.sealer.salt()));
            let payload = &waiting.entry.payload;
            let is_direct = payload.len() >= DIRECT_BYTES;
            if !is_direct {
                buffer.extend_from_slice(payload);
            }
            let is_last = index + 1 == chunk.len();
            if is_direct || is_last || buffer.len() + DIRECT_BYTES > BUFFER_BYTES {
                write_all(file, buffer, written).map_err(failed)?;
                written += buffer.len() as u64;
                buffer.clear();
            }
            if is_direct {
                write_all(file, payload, written).map_err(failed)?;
                written += payload.len() as u64;
            }
        }
        Ok(written)
    }

    /// Syncs. If that fails, the system may have given up what it did not write, so that the next sync would succeed
    /// over a hole: nothing more is written until the log has been opened anew.
    fn sync(&self) -> Result<(), Arc<DiskError>> {
        let synced = self.active.file.sync();
        synced
            .map_err(DiskError::of("sync", &self.active.name))
            .inspect_err(|error| self.fail(error))
    }

    fn fail(&self, error: &Arc<DiskError>) {
        tracing::error!(
            log.segment = %self.active.name,
            error = %error.source,
            "the log takes no entries any more: {error}"
        );
        self.segments.fail(Arc::clone(error));
    }

    /// Cuts off what a failed write has left.
    fn roll_back(&self) {
        let cut = self.active.file.cut(self.active.end);
        if let Err(error) = cut.map_err(DiskError::of("cut the unfinished end off", &self.active.name)) {
            self.fail(&error);
        }
    }

    /// Starts a new segment. This one is durable as it is.
    fn roll(&mut self) -> Result<(), Arc<DiskError>> {
        let first = self.active.next;
        let file = segment::make(&*self.disk, first, &self.sealer)?;
        let synced = self.disk.sync_names();
        // A name that may be lost in a power cut must not get entries, now or later.
        synced
            .map_err(DiskError::of(
                "sync the folder after making",
                &segment_name(first),
            ))
            .inspect_err(|error| self.fail(error))?;
        self.active = Active::empty(file, first);
        let bytes = self.active.end;
        self.segments.add(Segment { first, bytes });
        Ok(())
    }

    /// Starts a new segment if all entries of this one were freed, so that it can be deleted.
    fn roll_if_freed(&mut self) -> Result<(), Arc<DiskError>> {
        let is_freed = self.segments.freed_active_bytes().is_some();
        if is_freed && self.segments.failure().is_none() {
            self.roll()?;
        }
        self.segments.delete_freed()
    }

    /// Says at the end of the segment that it is complete.
    fn mark_closed(&mut self) {
        let is_empty = self.active.first == self.active.next;
        if is_empty || self.segments.failure().is_some() {
            return;
        }
        let (next, end) = (self.active.next, self.active.end);
        let frame = FrameHeader::closed(next, self.sealer.salt(), end).encode(self.sealer.salt());
        let marked = write_all(&*self.active.file, &frame, end).and_then(|()| self.active.file.sync());
        // Without the mark the next start takes a closer look: nothing is lost.
        if let Err(error) = marked {
            tracing::warn!(log.segment = %self.active.name, %error, "the log was closed without a mark of it");
        }
    }
}

/// However the writer ends: nobody waits for it any longer.
impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
        while self.queue.take().is_some() {}
        self.segments.close();
    }
}

fn header(waiting: &Waiting, position: Position, write_start: u64) -> FrameHeader {
    let entry = &waiting.entry;
    FrameHeader {
        kind: entry.kind,
        position,
        at: waiting.at,
        write_start,
        nonce: entry.nonce,
        payload_bytes: u32::try_from(entry.payload.len()).expect("settings limit entries to less than 4 GiB"),
        entry_bytes: entry.entry_bytes,
        payload_crc: entry.crc,
    }
}

fn describe(error: Arc<DiskError>) -> AppendError {
    if error.is_full() {
        Shortage::Refused.into()
    } else {
        AppendError::Io(error)
    }
}

fn refuse(entries: impl IntoIterator<Item = Waiting>, error: &AppendError) {
    for entry in entries {
        entry.answer(Err(error.clone()));
    }
}
