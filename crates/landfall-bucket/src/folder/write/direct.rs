//! Large files go past the page cache: their bytes would push out what others on the machine read, and copying them
//! there takes more processor time than encoding them did.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use bytes::Bytes;
use rustix::fs::{FallocateFlags, OFlags, fallocate, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use super::PIECE_BYTES;
use super::block::{Block, SECTOR_BYTES, is_whole};
use crate::body::ObjectBody;

const BLOCK_SECTORS: usize = PIECE_BYTES / SECTOR_BYTES;
/// Writes under way at the same time.
const WRITERS: usize = 3;
/// Blocks: those that are written, and one that is being filled.
const BLOCKS: usize = WRITERS + 1;

/// What is written, and where it goes.
type Due = (Content, u64);

/// Bytes as the disk takes them.
enum Content {
    /// Put together here.
    Block(Block),
    /// A piece that is whole sectors as it came.
    Piece(Bytes),
}

impl Content {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Block(block) => block.parts().0,
            Self::Piece(piece) => piece,
        }
    }
}

/// Blocks that are used again and again, made when one is needed.
struct Blocks {
    free: Receiver<Block>,
    left: usize,
}

impl Blocks {
    /// An empty block; nothing if the writers have ended.
    fn take(&mut self) -> Option<Block> {
        if let Ok(block) = self.free.try_recv() {
            return Some(block);
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Some(Block::new(BLOCK_SECTORS))
            }
            None => self.free.recv().ok(),
        }
    }
}

/// Writes `body` from the beginning of `file` and returns its length; nothing if the file system takes no direct
/// writes, and then the file may hold anything.
pub(super) fn write(file: &File, body: &dyn ObjectBody, promised_bytes: u64) -> io::Result<Option<u64>> {
    let flags = fcntl_getfl(file)?;
    if fcntl_setfl(file, flags | OFlags::DIRECT).is_err() {
        return Ok(None);
    }
    let written = reserve(file, promised_bytes).and_then(|()| write_blocks(file, body));
    fcntl_setfl(file, flags)?;
    let (last, at) = match written {
        Ok(last) => last,
        Err(fault) if fault.raw_os_error() == Some(Errno::INVAL.raw_os_error()) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let (whole, rest) = last.parts();
    file.write_all_at(rest, at + whole.len() as u64)?;
    Ok(Some(at + last.len() as u64))
}

/// Takes the room that the file will need, so that a full disk is noticed before the work, and writes side by side don't
/// wait for one another to make the file longer.
fn reserve(file: &File, bytes: u64) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

/// Writes all whole sectors, and returns the last block with its offset.
fn write_blocks(file: &File, body: &dyn ObjectBody) -> io::Result<(Block, u64)> {
    thread::scope(|scope| {
        let (used, free) = sync_channel(BLOCKS);
        let mut lanes: Vec<SyncSender<Due>> = Vec::with_capacity(WRITERS);
        let mut writers = Vec::with_capacity(WRITERS);
        for _ in 0..WRITERS {
            // Nothing waits before a writer: what is on its way is held in memory.
            let (lane, due) = sync_channel(0);
            let used = used.clone();
            lanes.push(lane);
            writers.push(scope.spawn(move || write_due(file, &due, &used)));
        }
        drop(used);
        let last = fill(body, &lanes, Blocks { free, left: BLOCKS });
        drop(lanes);
        for writer in writers {
            match writer.join() {
                Ok(written) => written?,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        let (block, at) = last.ok_or_else(|| io::Error::other("a writer of the file ended early"))?;
        file.write_all_at(block.parts().0, at)?;
        Ok((block, at))
    })
}

/// Hands what is full to the writers in turn and returns the last block; nothing if a writer ended before.
fn fill(body: &dyn ObjectBody, lanes: &[SyncSender<Due>], mut blocks: Blocks) -> Option<(Block, u64)> {
    let mut block = blocks.take()?;
    let mut at = 0;
    let mut turn = lanes.iter().cycle();
    for piece in body.open(PIECE_BYTES) {
        if block.len() == 0 && is_whole(&piece) {
            let next = at + piece.len() as u64;
            turn.next()?.send((Content::Piece(piece), at)).ok()?;
            at = next;
            continue;
        }
        let mut rest = &*piece;
        loop {
            rest = block.take(rest);
            if !block.is_full() {
                break;
            }
            let next = at + block.len() as u64;
            turn.next()?.send((Content::Block(block), at)).ok()?;
            block = blocks.take()?;
            at = next;
        }
    }
    Some((block, at))
}

fn write_due(file: &File, due: &Receiver<Due>, used: &SyncSender<Block>) -> io::Result<()> {
    for (content, at) in due {
        file.write_all_at(content.bytes(), at)?;
        if let Content::Block(mut block) = content {
            block.clear();
            let _ = used.send(block); // perhaps none is needed any longer
        }
    }
    Ok(())
}
