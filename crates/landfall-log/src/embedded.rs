//! The log in segment files of one folder.

mod format;
mod payload;
mod queue;
mod recover;
mod room;
mod segment;
mod segments;
mod settings;
mod tail;
mod walk;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use async_trait::async_trait;
use bytes::Bytes;
use landfall_core::units::ByteCount;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use self::format::{FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES, segment_name};
use self::payload::{SealedEntry, Sealer};
use self::queue::{Queue, Waiting};
use self::room::Room;
use self::segments::{Segment, Segments};
use self::writer::{Writer, WriterParts};
use crate::disk::{Disk, FolderDisk};
use crate::error::{AppendError, DiskError, FreeError, ReadError, Unwritable};
use crate::log::{Bounds, Entry, Log, NewEntry, Partition, Position, Usage};

pub use self::payload::{LogKey, NoRandomness};
pub use self::recover::{OpenError, Recovery, TornTail};
pub use self::settings::EmbeddedLogSettings;

/// Entries from this size on are compressed and encrypted on a thread of their own: it takes about a millisecond.
const LARGE_ENTRY_BYTES: usize = 256 * 1024;

/// A durable log in one folder, with one partition.
///
/// Appenders compress and encrypt their entries themselves, side by side. One thread takes all that waits, writes it to
/// the last segment, syncs once and answers everybody. Readers see what was synced. Whole segments are deleted when all
/// their entries were freed.
///
/// Dropping the log writes what waits, which may take a moment; [`EmbeddedLog::close`] does it without blocking.
#[derive(Debug)]
pub struct EmbeddedLog {
    shared: Arc<Shared>,
    recovery: Recovery,
    /// None once it was joined.
    writer: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    disk: Arc<dyn Disk>,
    queue: Arc<Queue>,
    segments: Arc<Segments>,
    sealer: Arc<Sealer>,
    room: Room,
    segment_bytes: u64,
    most_entry_bytes: u64,
}

impl EmbeddedLog {
    /// Opens the log in `folder`, which is made if it is missing. Blocks for as long as it takes to read the last
    /// segment.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_folder(folder: &Path, settings: EmbeddedLogSettings) -> Result<Self, OpenError> {
        Self::open(Arc::new(FolderDisk::open(folder)?), settings)
    }

    /// Opens the log on a disk that nobody else uses.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(disk: Arc<dyn Disk>, settings: EmbeddedLogSettings) -> Result<Self, OpenError> {
        let mut found = recover::recover(&*disk, settings.key.as_ref())?;
        found.skip_to(settings.next_at_least);
        report(&found.recovery);
        let sealer = Arc::new(Sealer::draw(settings.key.as_ref())?);
        let first = found.next;
        // Always a new segment: salt and key belong to this opening, and nothing is written behind a repaired place.
        let file = segment::make(&*disk, first, &sealer)?;
        disk.sync_names().map_err(DiskError::of(
            "sync the folder after making",
            &segment_name(first),
        ))?;
        let mut list = found.list;
        let bytes = SEGMENT_HEADER_BYTES as u64;
        list.push_back(Segment { first, bytes });
        let segments = Arc::new(Segments::new(
            Arc::clone(&disk),
            settings.key.clone(),
            list,
            first,
            settings.tail,
        ));
        let queue = Arc::new(Queue::new(settings.queue));
        let shared = Arc::new(Shared {
            disk,
            queue,
            segments,
            sealer,
            room: settings.room(),
            segment_bytes: settings.effective_segment_bytes(),
            most_entry_bytes: settings.effective_most_entry_bytes(),
        });
        let writer = Writer::new(WriterParts {
            disk: Arc::clone(&shared.disk),
            queue: Arc::clone(&shared.queue),
            segments: Arc::clone(&shared.segments),
            sealer: Arc::clone(&shared.sealer),
            room: shared.room,
            segment_bytes: shared.segment_bytes,
            file,
            first,
        });
        let thread = std::thread::Builder::new().name("landfall-log".to_owned());
        let writer = thread.spawn(|| writer.run()).map_err(OpenError::Thread)?;
        Ok(Self {
            shared,
            recovery: found.recovery,
            writer: Mutex::new(Some(writer)),
        })
    }

    /// What was found when it was opened.
    #[must_use]
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// Writes what waits, and refuses everything from now on.
    pub async fn close(&self) {
        self.shared.queue.close();
        let writer = lock(&self.writer).take();
        if let Some(writer) = writer {
            // The writer does not panic, and if it did, everybody has got an error.
            let _ = spawn_blocking(|| writer.join()).await;
        }
    }
}

impl Drop for EmbeddedLog {
    fn drop(&mut self) {
        self.shared.queue.close();
        if let Some(writer) = lock(&self.writer).take() {
            let _ = writer.join();
        }
    }
}

fn report(recovery: &Recovery) {
    if let Some(torn) = &recovery.torn {
        tracing::warn!(
            log.segment = %torn.segment,
            log.offset = torn.offset,
            log.bytes = torn.bytes,
            "cut {} bytes off the end of {}: they were never acknowledged",
            torn.bytes,
            torn.segment
        );
    }
    if let Some(missing) = &recovery.missing {
        let (start, end) = (missing.start, missing.end);
        tracing::error!(
            "entries {start} up to, not including, {end} were read once, and the log has lost them"
        );
    }
    for damage in &recovery.damages {
        tracing::error!(log.segment = %damage.segment, log.offset = damage.offset, "{damage}");
    }
}

impl Shared {
    async fn seal(&self, entry: Bytes) -> Option<SealedEntry> {
        if entry.len() < LARGE_ENTRY_BYTES {
            return Some(self.sealer.seal(entry));
        }
        let sealer = Arc::clone(&self.sealer);
        spawn_blocking(move || sealer.seal(entry)).await.ok()
    }

    fn writable(&self) -> Result<Result<(), Unwritable>, ReadError> {
        if let Some(failure) = self.segments.failure() {
            return Ok(Err(Unwritable::ReadOnly(failure)));
        }
        if self.queue.is_closed() {
            return Ok(Err(Unwritable::Closed));
        }
        let left = self.disk.free_bytes();
        let left = left.map_err(DiskError::of(
            "ask for the free space of",
            "the log's file system",
        ))?;
        // Appends never go past the limit, so it is what the last one was refused for that shows whether there is room.
        let more = self.segments.refused_bytes();
        let shortage = self.room.shortage(self.segments.bytes(), left, more);
        Ok(shortage.map_or(Ok(()), |shortage| Err(shortage.into())))
    }

    fn usage(&self) -> Result<Usage, ReadError> {
        Ok(Usage {
            bytes: ByteCount::new(self.segments.bytes()),
            budget: self.room.budget,
            oldest: self.segments.oldest()?,
            writable: self.writable()?,
        })
    }
}

#[async_trait]
impl Log for EmbeddedLog {
    fn partitions(&self) -> u32 {
        1
    }

    async fn append(&self, partition: Partition, entry: NewEntry) -> Result<Position, AppendError> {
        if partition != Partition::FIRST {
            return Err(AppendError::NoPartition(partition));
        }
        let shared = &self.shared;
        if let Some(failure) = shared.segments.failure() {
            return Err(AppendError::ReadOnly(failure));
        }
        let bytes = entry.bytes.len() as u64;
        if bytes > shared.most_entry_bytes {
            return Err(AppendError::TooLarge {
                bytes: ByteCount::new(bytes),
                most: ByteCount::new(shared.most_entry_bytes),
            });
        }
        let mut reservation = shared.queue.reserve(bytes + FRAME_HEADER_BYTES as u64)?;
        let sealed = shared
            .seal(entry.bytes.clone())
            .await
            .ok_or(AppendError::Closed)?;
        reservation.shrink_to(sealed.payload.len() as u64 + FRAME_HEADER_BYTES as u64);
        let (answer, answered) = oneshot::channel();
        shared.queue.push(Waiting {
            entry: sealed,
            plain: entry.bytes,
            at: entry.at,
            answer,
            reservation,
        });
        answered.await.unwrap_or(Err(AppendError::Closed))
    }

    async fn read(
        &self,
        partition: Partition,
        from: Position,
        most: ByteCount,
    ) -> Result<Vec<Entry>, ReadError> {
        check(partition)?;
        let segments = Arc::clone(&self.shared.segments);
        let read = spawn_blocking(move || segments.read(from, most)).await;
        read.unwrap_or(Err(ReadError::Closed))
    }

    async fn wait_for(&self, partition: Partition, position: Position) -> Result<(), ReadError> {
        check(partition)?;
        self.shared.segments.wait_for(position).await
    }

    async fn bounds(&self, partition: Partition) -> Result<Bounds, ReadError> {
        check(partition)?;
        Ok(self.shared.segments.bounds())
    }

    async fn free(&self, partition: Partition, before: Position) -> Result<(), FreeError> {
        if partition != Partition::FIRST {
            return Err(FreeError::NoPartition(partition));
        }
        let shared = Arc::clone(&self.shared);
        shared.segments.mark_freed(before)?;
        // A segment that is written to goes only when it is worth a new one.
        let freed_active = shared.segments.freed_active_bytes();
        if freed_active.is_some_and(|bytes| bytes >= shared.segment_bytes / 4) {
            let (answer, answered) = oneshot::channel();
            shared.queue.ask_to_roll(answer);
            if let Ok(rolled) = answered.await {
                return Ok(rolled?);
            }
        }
        let deleted = spawn_blocking(move || shared.segments.delete_freed()).await;
        Ok(deleted.unwrap_or(Ok(()))?)
    }

    async fn usage(&self) -> Result<Usage, ReadError> {
        let shared = Arc::clone(&self.shared);
        spawn_blocking(move || shared.usage())
            .await
            .unwrap_or(Err(ReadError::Closed))
    }
}

fn check(partition: Partition) -> Result<(), ReadError> {
    match partition {
        Partition::FIRST => Ok(()),
        other => Err(ReadError::NoPartition(other)),
    }
}

/// Locks. A thread that panicked while it held the lock has left whole values: they are changed by single assignments.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
