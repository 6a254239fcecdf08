//! The disk as the embedded log sees it: flat files in one folder.

mod folder;

use std::fmt;
use std::io;
use std::sync::Arc;

pub use folder::FolderDisk;

/// A folder of files. Nothing is durable before it is synced: content by [`DiskFile::sync`], names by
/// [`Disk::sync_names`].
pub trait Disk: fmt::Debug + Send + Sync {
    /// The names of all files.
    ///
    /// # Errors
    /// As the system says.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Opens a file for reading and writing that is made, or emptied if it is there.
    ///
    /// # Errors
    /// As the system says.
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens a file that is there for reading and writing.
    ///
    /// # Errors
    /// As the system says.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Gives a file another name, in place of the file that has it.
    ///
    /// # Errors
    /// As the system says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Deletes a file. Who has it open can still read it.
    ///
    /// # Errors
    /// As the system says.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes durable which files there are, and under which names.
    ///
    /// # Errors
    /// As the system says.
    fn sync_names(&self) -> io::Result<()>;

    /// What the file system has left for this process.
    ///
    /// # Errors
    /// As the system says.
    fn free_bytes(&self) -> io::Result<u64>;
}

/// An open file.
pub trait DiskFile: fmt::Debug + Send + Sync {
    /// Its size.
    ///
    /// # Errors
    /// As the system says.
    fn size_bytes(&self) -> io::Result<u64>;

    /// Reads some bytes from `offset` on; none at the end.
    ///
    /// # Errors
    /// As the system says.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes some of `bytes` to `offset`.
    ///
    /// # Errors
    /// As the system says.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Makes it `size_bytes` long.
    ///
    /// # Errors
    /// As the system says.
    fn cut(&self, size_bytes: u64) -> io::Result<()>;

    /// Makes its content durable.
    ///
    /// # Errors
    /// As the system says. What was written since the last success may be lost then, and a later success says nothing
    /// about it.
    fn sync(&self) -> io::Result<()>;
}

/// Writes all of `bytes` to `offset`.
pub(crate) fn write_all(file: &dyn DiskFile, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = &bytes[written..];
                offset += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads from `offset` on until `buffer` is full or the file ends, and says how much that was.
pub(crate) fn read_full(file: &dyn DiskFile, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
