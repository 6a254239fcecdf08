//! Writing an object: to a temporary file first, then under its name, so that it appears whole or not at all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tracing::{debug, warn};

use crate::body::ObjectBody;
use crate::bucket::{PutOutcome, WriteProbe};
use crate::error::{BucketError, FaultKind, Operation};
use crate::folder::fault::{judge, judge_at};
use crate::folder::write::write_synced;
use crate::folder::{Place, TEMPORARY, compare, key};

/// Temporary files that nobody wrote to for so long belong to no running process: no upload takes so long.
const STALE_AFTER: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Those that nobody holds a lock on belong to none after so long already. Not at once: between making a file and
/// locking it there is a moment.
const STALE_UNLOCKED_AFTER: Duration = Duration::from_secs(10 * 60);

/// Makes names of temporary files differ within the process.
static NEXT_TEMPORARY: AtomicU64 = AtomicU64::new(0);

impl Place {
    /// Writes `body` to a temporary file beside the objects.
    pub(super) fn stage(&self, key: &str, body: Arc<dyn ObjectBody>) -> Result<Staged, BucketError> {
        let operation = Operation::PutObject;
        let refused = |kind| BucketError::new(operation, kind);
        let target = key::path_of(&self.folder, key).map_err(refused)?;
        self.check_exists(operation)?;
        let promised_bytes = body.size_bytes();
        if target.symlink_metadata().is_ok() {
            let temporary = None;
            return Ok(Staged {
                target,
                body,
                temporary,
            });
        }
        let temporary = self.temporary_file(operation)?;
        if !write_synced(&temporary.file, &*body).map_err(|fault| judge(operation, &fault))? {
            return Err(refused(FaultKind::BodyLength { promised_bytes }));
        }
        self.create_folders(&target)
            .map_err(|fault| judge_at(operation, &fault, &self.folder, &target))?;
        let temporary = Some(temporary);
        Ok(Staged {
            target,
            body,
            temporary,
        })
    }

    /// Gives what was staged its name.
    pub(super) fn publish(&self, staged: Staged) -> Result<PutOutcome, BucketError> {
        self.give_name(&staged)
            .map_err(|fault| judge_at(Operation::PutObject, &fault, &self.folder, &staged.target))
    }

    fn give_name(&self, staged: &Staged) -> io::Result<PutOutcome> {
        let target = &staged.target;
        let Some(temporary) = &staged.temporary else {
            return self.recognise(target, &*staged.body);
        };
        match fs::hard_link(&temporary.path, target) {
            Ok(()) => {
                sync_parent(target)?;
                Ok(PutOutcome::Created { e_tag: None })
            }
            Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => {
                self.recognise(target, &*staged.body)
            }
            Err(fault) => Err(fault),
        }
    }

    /// Whose file it is that has the name already. An earlier put of ours may have been cut off before it had synced
    /// the folders, so that is done again.
    fn recognise(&self, target: &Path, body: &dyn ObjectBody) -> io::Result<PutOutcome> {
        if !compare::holds(target, body)? {
            return Ok(PutOutcome::Taken);
        }
        File::open(target)?.sync_all()?;
        for folder in target.ancestors().skip(1) {
            sync_folder(folder)?;
            if folder == self.folder {
                break;
            }
        }
        Ok(PutOutcome::AlreadyOurs)
    }

    /// Creates the folders of `target` that are missing, and syncs each into the one above.
    fn create_folders(&self, target: &Path) -> io::Result<()> {
        let missing: Vec<&Path> = target
            .ancestors()
            .skip(1)
            .take_while(|folder| *folder != self.folder && !folder.is_dir())
            .collect();
        for folder in missing.into_iter().rev() {
            match fs::create_dir(folder) {
                Err(fault) if fault.kind() != io::ErrorKind::AlreadyExists => return Err(fault),
                Ok(()) | Err(_) => sync_parent(folder)?,
            }
        }
        Ok(())
    }

    fn temporary_file(&self, operation: Operation) -> Result<TemporaryFile, BucketError> {
        let folder = self.folder.join(TEMPORARY);
        match fs::create_dir(&folder) {
            Err(fault) if fault.kind() != io::ErrorKind::AlreadyExists => {
                return Err(judge(operation, &fault));
            }
            Ok(()) | Err(_) => {}
        }
        let temporary = TemporaryFile::create_in(&folder)
            .map_err(|fault| judge_at(operation, &fault, &self.folder, &folder.join("new")))?;
        self.tidied.call_once(|| {
            if let Err(fault) = remove_stale(&folder, &temporary) {
                debug!("temporary files of earlier runs stay: {fault}");
            }
        });
        Ok(temporary)
    }

    /// Creates a file and removes it again.
    pub(super) fn probe(&self) -> Result<WriteProbe, BucketError> {
        let operation = Operation::CreateMultipartUpload;
        self.check_exists(operation)?;
        let temporary = self.temporary_file(operation)?;
        Ok(match temporary.remove() {
            Ok(()) => WriteProbe::Clean,
            Err(fault) => WriteProbe::AbortFailed(judge(Operation::AbortMultipartUpload, &fault)),
        })
    }
}

/// Content that waits for its name. Dropped, it is gone.
pub(super) struct Staged {
    target: PathBuf,
    body: Arc<dyn ObjectBody>,
    /// Nothing where the name was taken already.
    temporary: Option<TemporaryFile>,
}

/// A file without an object's name, removed when dropped.
struct TemporaryFile {
    path: PathBuf,
    file: File,
}

impl TemporaryFile {
    /// The name need not be unpredictable: `create_new` never opens a file that someone else made. The lock tells other
    /// processes that this one is alive; where there are no locks, only age tells.
    fn create_in(folder: &Path) -> io::Result<Self> {
        loop {
            let number = NEXT_TEMPORARY.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{}-{number}", std::process::id()));
            match File::create_new(&path) {
                Ok(file) => {
                    let _ = try_lock(&file);
                    return Ok(Self { path, file });
                }
                Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => {}
                Err(fault) => return Err(fault),
            }
        }
    }

    fn remove(&self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        match self.remove() {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => {
                warn!("the temporary file {} stays: {fault}", self.path.display());
            }
            Ok(()) | Err(_) => {}
        }
    }
}

/// Removes what crashed runs left. `now` is a file made just now, so that ages are reckoned by the clock of the file
/// system alone.
fn remove_stale(folder: &Path, now: &TemporaryFile) -> io::Result<()> {
    let present = now.file.metadata()?.modified()?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(found) = entry.metadata() else { continue };
        let age = present.duration_since(found.modified()?).unwrap_or_default();
        let is_stale =
            age > STALE_AFTER || age > STALE_UNLOCKED_AFTER && is_unlocked(&entry.path()).unwrap_or(false);
        if is_stale {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether no process is at work on the file.
fn is_unlocked(path: &Path) -> io::Result<bool> {
    match try_lock(&File::open(path)?) {
        Ok(()) => Ok(true),
        Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// Locks the file until it is closed, if nobody else has.
fn try_lock(file: &File) -> io::Result<()> {
    Ok(rustix::fs::flock(
        file,
        rustix::fs::FlockOperation::NonBlockingLockExclusive,
    )?)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), sync_folder)
}

/// Makes the names in a folder survive a power cut.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
