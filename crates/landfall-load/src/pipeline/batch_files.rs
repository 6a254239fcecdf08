//! BATCH messages: records in files (singer.md §4.5).

use std::io::Read;

use flate2::read::MultiGzDecoder;
use landfall_singer::{BatchMessage, Compression, LineFault, MAX_LINE_BYTES};

use super::Pipeline;
use crate::cut::at_line;
use crate::error::RunError;

/// Opens the files that BATCH manifests name: `file://` URLs, absolute paths, `s3://bucket/key`.
pub trait BatchFiles: Send {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    fn open(&self, name: &str) -> std::io::Result<Box<dyn Read + Send>>;
}

/// Bytes of a file that are read at a time.
const PIECE_BYTES: usize = 1 << 20;

impl Pipeline {
    /// Takes in the records of a BATCH, which line `line` of the input names.
    pub(super) fn cut_batch(&mut self, message: &BatchMessage, line: u64) -> Result<(), RunError> {
        for name in &message.manifest {
            if self.again.is_some() {
                return Ok(());
            }
            self.cut_file(message, name, line)?;
        }
        Ok(())
    }

    fn cut_file(&mut self, message: &BatchMessage, name: &str, line: u64) -> Result<(), RunError> {
        let unreadable = |error: std::io::Error| {
            let fault = LineFault::UnreadableBatchFile {
                file: name.to_owned(),
                problem: error.to_string(),
            };
            RunError::Line(at_line(line, fault))
        };
        let file = self.files.open(name).map_err(unreadable)?;
        let mut file: Box<dyn Read + Send> = match message.compression {
            Compression::None => file,
            Compression::Gzip => Box::new(MultiGzDecoder::new(file)),
        };
        let mut lines: Vec<u8> = Vec::new();
        loop {
            let before = lines.len();
            let piece = (&mut file).take(PIECE_BYTES as u64);
            let read = { piece }.read_to_end(&mut lines).map_err(unreadable)?;
            if read == 0 {
                break;
            }
            let end = memchr::memrchr(b'\n', &lines[before..]).map(|at| before + at + 1);
            if let Some(end) = end {
                let rest = lines.split_off(end);
                let whole = std::mem::replace(&mut lines, rest);
                self.cut_bare(whole, message, line)?;
                if self.again.is_some() {
                    return Ok(());
                }
            } else if lines.len() > MAX_LINE_BYTES {
                return Err(at_line(line, LineFault::TooLong).into());
            }
        }
        if lines.is_empty() {
            Ok(())
        } else {
            self.cut_bare(lines, message, line)
        }
    }
}
