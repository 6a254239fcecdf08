//! A folder of a file system.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FlockOperation, flock, statvfs};
use rustix::io::Errno;

use crate::disk::{Disk, DiskFile};
use crate::embedded::OpenError;

const LOCK_NAME: &str = "lock";
const OWNER_ONLY_FOLDER: u32 = 0o700;
const OWNER_ONLY_FILE: u32 = 0o600;

/// A folder that one process at a time has for itself. Only its owner can enter it and read its files
/// (operations.md §9).
#[derive(Debug)]
pub struct FolderDisk {
    root: PathBuf,
    /// Holds the lock until it is dropped, or the process ends in whatever way.
    _lock: File,
}

impl FolderDisk {
    /// Makes the folder if it is missing, and locks it.
    ///
    /// # Errors
    /// [`OpenError::InUse`] if another process has it, [`OpenError::Folder`] if it cannot be made or entered.
    pub fn open(root: &Path) -> Result<Self, OpenError> {
        let refused = |source| OpenError::Folder {
            folder: root.to_owned(),
            source,
        };
        make_folder(root).map_err(refused)?;
        let mut lock = owner_only(OpenOptions::new().read(true).write(true).create(true))
            .open(root.join(LOCK_NAME))
            .map_err(refused)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                return Err(OpenError::InUse {
                    folder: root.to_owned(),
                    process: read_process(&mut lock),
                });
            }
            Err(errno) => return Err(refused(errno.into())),
        }
        // For the message of a second opener only: the lock itself is the operating system's.
        lock.set_len(0)
            .and_then(|()| write!(lock, "{}", std::process::id()))
            .map_err(refused)?;
        Ok(Self {
            root: root.to_owned(),
            _lock: lock,
        })
    }
}

fn make_folder(root: &Path) -> io::Result<()> {
    if root.is_dir() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(OWNER_ONLY_FOLDER)
        .create(root)?;
    match root.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(OWNER_ONLY_FILE)
}

fn read_process(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

impl Disk for FolderDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.root)? {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        Ok(Arc::new(owner_only(&mut options).open(self.root.join(name))?))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(self.root.join(name))?;
        Ok(Arc::new(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.root.join(from), self.root.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.root.join(name))
    }

    fn sync_names(&self) -> io::Result<()> {
        File::open(&self.root)?.sync_all()
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let facts = statvfs(&self.root)?;
        Ok(facts.f_bavail.saturating_mul(facts.f_frsize))
    }
}

impl DiskFile for File {
    fn size_bytes(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        FileExt::write_at(self, bytes, offset)
    }

    fn cut(&self, size_bytes: u64) -> io::Result<()> {
        self.set_len(size_bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}
