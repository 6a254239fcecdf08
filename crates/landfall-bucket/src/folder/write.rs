//! Writing the content of an object to its temporary file.

use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;

use crate::body::ObjectBody;

/// Files from this size on are synced while they are written.
const LARGE_BYTES: u64 = 16 << 20;
/// How much is written between two syncs of a large file.
const SYNC_EVERY_BYTES: u64 = 4 << 20;

/// Writes `body` and syncs it; false if it has not the length it promised.
pub(super) fn write_synced(file: &File, body: &dyn ObjectBody) -> io::Result<bool> {
    let promised_bytes = body.size_bytes();
    let written_bytes = if promised_bytes < LARGE_BYTES {
        write(file, body, |_| ())?
    } else {
        write_and_sync(file, body)?
    };
    file.sync_all()?;
    Ok(written_bytes == promised_bytes)
}

/// The disk works while the rest is still being put together, so that little is left for the last sync.
fn write_and_sync(file: &File, body: &dyn ObjectBody) -> io::Result<u64> {
    thread::scope(|scope| {
        let (due, syncs) = sync_channel::<()>(1);
        let syncing = scope.spawn(move || syncs.into_iter().try_for_each(|()| file.sync_data()));
        let written = write(file, body, sync_now_and_then(due));
        // A failed write-back is told to one sync only: its answer must not be lost, or the last sync would vouch for
        // what never reached the disk.
        match syncing.join() {
            Ok(synced) => synced.and(written),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn write(mut file: &File, body: &dyn ObjectBody, mut written: impl FnMut(u64)) -> io::Result<u64> {
    let mut written_bytes = 0;
    for piece in body.open() {
        file.write_all(&piece)?;
        written_bytes += piece.len() as u64;
        written(written_bytes);
    }
    Ok(written_bytes)
}

/// Asks for a sync whenever enough was written since the last one, and none is running.
fn sync_now_and_then(due: SyncSender<()>) -> impl FnMut(u64) {
    let mut synced_bytes = 0;
    move |written_bytes| {
        if written_bytes - synced_bytes < SYNC_EVERY_BYTES {
            return;
        }
        match due.try_send(()) {
            Ok(()) => synced_bytes = written_bytes,
            Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
        }
    }
}
