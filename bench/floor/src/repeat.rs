//! One body again and again, on one thread: to the disk, through the parser.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, Seek, SeekFrom, Write};
use std::time::{Duration, Instant};

/// A file begins anew from this size on, so that the floor doesn't fill the disk.
const MOST_FILE_BYTES: u64 = 1 << 30;

/// Appends the body to `file` and syncs it to the disk.
pub(crate) fn sync(file: &str, body: &str, seconds: u32) -> io::Result<String> {
    let body = fs::read(body)?;
    let mut file = File::create(file)?;
    repeat(&body, seconds, || {
        if file.stream_position()? >= MOST_FILE_BYTES {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
        }
        file.write_all(&body)?;
        file.sync_data()
    })
}

/// Parses the body into a [`sonic_rs::Value`].
pub(crate) fn parse_body(body: &str, seconds: u32) -> io::Result<String> {
    let body = fs::read(body)?;
    repeat(&body, seconds, || {
        let value: sonic_rs::Value = sonic_rs::from_slice(&body).map_err(io::Error::other)?;
        black_box(&value);
        Ok(())
    })
}

fn repeat(body: &[u8], seconds: u32, mut once: impl FnMut() -> io::Result<()>) -> io::Result<String> {
    let started = Instant::now();
    let mut count = 0;
    while started.elapsed() < Duration::from_secs(seconds.into()) {
        once()?;
        count += 1;
    }
    let (bytes, took) = (count * body.len(), started.elapsed().as_secs_f64());
    Ok(format!(
        r#"{{"count": {count}, "bytes": {bytes}, "seconds": {took:.6}}}"#
    ))
}
