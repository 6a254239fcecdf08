//! Bodies as they arrive: bounded in size, time and memory, unpacked on the way into the one buffer they end up in.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use http_body_util::BodyExt;
use landfall_core::buffers::Buffers;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use super::headers::Packing;
use super::settings::ImportSettings;

/// A body that has arrived, and its share of the memory that bodies may take.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) bytes: Vec<u8>,
    pub(super) room: OwnedSemaphorePermit,
}

/// Why a body was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyFault {
    /// It is too large; so many bytes were announced, or counted until then.
    TooLarge { bytes: u64 },
    /// Other bodies take all the memory there is for them.
    NoRoom,
    /// The client sends too slowly.
    TooSlow,
    /// The connection broke, or the compression is damaged.
    Unreadable(String),
}

/// Memory is given out in pieces of this size.
const PIECE_BYTES: usize = 16 << 10;

/// Compressed bytes that are unpacked at a time; they may stand for a thousand times as many.
const GZIP_STEP_BYTES: usize = 4 << 10;

/// Takes in bodies.
#[derive(Debug)]
pub(super) struct BodyReader {
    /// One permit for each piece of memory.
    room: Arc<Semaphore>,
    max_body: u64,
    buffers: Arc<Buffers>,
    room_timeout: Duration,
    idle_timeout: Duration,
    body_timeout: Duration,
}

impl BodyReader {
    pub(super) fn new(settings: &ImportSettings) -> Self {
        let max_body = settings.max_body.as_u64();
        let bytes = settings.max_bodies.as_u64().max(max_body);
        let pieces = usize::try_from(bytes).unwrap_or(usize::MAX).div_ceil(PIECE_BYTES);
        Self {
            room: Arc::new(Semaphore::new(pieces.min(Semaphore::MAX_PERMITS))),
            max_body,
            buffers: Arc::clone(&settings.buffers),
            room_timeout: settings.room_timeout,
            idle_timeout: settings.idle_timeout,
            body_timeout: settings.body_timeout,
        }
    }

    /// Takes in a body of which `announced` bytes were promised.
    pub(super) async fn receive(
        &self,
        mut body: Body,
        packing: Packing,
        announced: Option<u64>,
    ) -> Result<Received, BodyFault> {
        if let Some(bytes) = announced.filter(|bytes| *bytes > self.max_body) {
            return Err(BodyFault::TooLarge { bytes });
        }
        let deadline = Instant::now() + self.body_timeout;
        let received = self.collect(&mut body, packing, announced, deadline).await;
        if matches!(received, Err(BodyFault::NoRoom)) {
            // Clients that are still sending would not see the answer, and take that for a failure that is final.
            self.discard(&mut body, deadline).await;
        }
        received
    }

    async fn collect(
        &self,
        body: &mut Body,
        packing: Packing,
        announced: Option<u64>,
        deadline: Instant,
    ) -> Result<Received, BodyFault> {
        let mut buffer = Buffer {
            bytes: Vec::new(),
            room: self.take_room(0).await?,
        };
        // No more than max_body, so it fits.
        let expected = announced.map_or(0, |bytes| usize::try_from(bytes).unwrap_or(0));
        if packing == Packing::Identity {
            self.reserve(&mut buffer, expected).await?;
        }
        let mut unpacker = (packing == Packing::Gzip).then(|| MultiGzDecoder::new(Vec::new()));
        let mut arrived = 0_u64;
        while let Some(data) = self.next_data(body, deadline).await? {
            arrived += data.len() as u64;
            if arrived > self.max_body {
                return Err(BodyFault::TooLarge { bytes: arrived });
            }
            match &mut unpacker {
                None => {
                    self.reserve(&mut buffer, data.len()).await?;
                    buffer.bytes.extend_from_slice(&data);
                }
                Some(unpacker) => self.unpack(unpacker, &data, &mut buffer).await?,
            }
        }
        if let Some(mut unpacker) = unpacker {
            if arrived > 0 {
                unpacker.try_finish().map_err(|error| damaged(&error))?;
            }
            self.append(&mut buffer, unpacker.get_mut()).await?;
        }
        Ok(Received {
            bytes: buffer.bytes,
            room: buffer.room,
        })
    }

    async fn next_data(&self, body: &mut Body, deadline: Instant) -> Result<Option<Bytes>, BodyFault> {
        loop {
            let patience = deadline.min(Instant::now() + self.idle_timeout);
            let frame = timeout_at(patience, body.frame()).await;
            match frame.map_err(|_elapsed| BodyFault::TooSlow)? {
                None => return Ok(None),
                Some(Err(error)) => return Err(BodyFault::Unreadable(error.to_string())),
                Some(Ok(frame)) => {
                    // Trailers say nothing.
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// Unpacks in small steps, and lets other requests go on between them.
    async fn unpack(
        &self,
        unpacker: &mut MultiGzDecoder<Vec<u8>>,
        data: &[u8],
        buffer: &mut Buffer,
    ) -> Result<(), BodyFault> {
        for step in data.chunks(GZIP_STEP_BYTES) {
            unpacker.write_all(step).map_err(|error| damaged(&error))?;
            unpacker.flush().map_err(|error| damaged(&error))?;
            self.append(buffer, unpacker.get_mut()).await?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn append(&self, buffer: &mut Buffer, unpacked: &mut Vec<u8>) -> Result<(), BodyFault> {
        let bytes = (buffer.bytes.len() + unpacked.len()) as u64;
        if bytes > self.max_body {
            return Err(BodyFault::TooLarge { bytes });
        }
        self.reserve(buffer, unpacked.len()).await?;
        buffer.bytes.append(unpacked);
        Ok(())
    }

    /// Makes room for `more` bytes behind those that are there.
    async fn reserve(&self, buffer: &mut Buffer, more: usize) -> Result<(), BodyFault> {
        let needed = buffer.bytes.len() + more;
        if needed <= buffer.bytes.capacity() {
            return Ok(());
        }
        let largest = usize::try_from(self.max_body).unwrap_or(usize::MAX);
        let is_first = buffer.bytes.capacity() == 0;
        // Without an announcement the buffer doubles, so that bytes are moved a few times at most.
        let wanted = if is_first {
            needed
        } else {
            needed.max(buffer.bytes.capacity() * 2).min(largest)
        };
        let held = buffer.room.num_permits();
        let lacking = wanted.div_ceil(PIECE_BYTES).saturating_sub(held);
        if lacking > 0 {
            buffer.room.merge(self.take_room(lacking).await?);
        }
        if is_first {
            // Its facts will follow it in the log.
            buffer.bytes = self.buffers.take(wanted + wanted / 16);
        } else {
            buffer.bytes.reserve_exact(wanted - buffer.bytes.len());
        }
        Ok(())
    }

    async fn take_room(&self, pieces: usize) -> Result<OwnedSemaphorePermit, BodyFault> {
        let pieces = u32::try_from(pieces).map_err(|_| BodyFault::NoRoom)?;
        let taking = Arc::clone(&self.room).acquire_many_owned(pieces);
        match timeout(self.room_timeout, taking).await {
            Ok(Ok(room)) => Ok(room),
            // The semaphore is never closed.
            Ok(Err(_)) | Err(_) => Err(BodyFault::NoRoom),
        }
    }

    async fn discard(&self, body: &mut Body, deadline: Instant) {
        let mut discarded = 0;
        while let Ok(Some(data)) = self.next_data(body, deadline).await {
            discarded += data.len() as u64;
            if discarded > self.max_body {
                return;
            }
        }
    }
}

#[derive(Debug)]
struct Buffer {
    bytes: Vec<u8>,
    room: OwnedSemaphorePermit,
}

fn damaged(error: &io::Error) -> BodyFault {
    BodyFault::Unreadable(format!("damaged gzip: {error}"))
}

#[cfg(test)]
mod tests;
