//! From the system's errors to ours.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::error::{BucketError, Fault, FaultKind, Operation};
use crate::folder::TEMPORARY;

/// What may be wrong with a bucket folder beside the whole of it. Messages tell it in words that are the same each
/// time, so that it is known again where nothing but the message was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FolderTrouble {
    /// A folder in the bucket may not be written to, and the bucket itself may.
    ClosedFolder,
    /// A file has the place of a folder.
    FileInTheWay,
    /// A folder in the bucket is on another file system, to which no file can be moved whole.
    OtherFileSystem,
    /// The process may not write files of that size (`ulimit -f`).
    FileSizeLimit,
}

impl FolderTrouble {
    const ALL: [Self; 4] = [
        Self::ClosedFolder,
        Self::FileInTheWay,
        Self::OtherFileSystem,
        Self::FileSizeLimit,
    ];

    const fn words(self) -> &'static str {
        match self {
            Self::ClosedFolder => "takes no files of this user",
            Self::FileInTheWay => "is a file where a folder is needed",
            Self::OtherFileSystem => "is on another file system than the rest of the bucket",
            Self::FileSizeLimit => "the limit on file sizes (ulimit -f) is in the way",
        }
    }

    /// What a message of ours tells.
    #[must_use]
    pub fn told_in(message: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|trouble| message.contains(trouble.words()))
    }
}

/// What the error means, with the texts that S3 would use where they mean the same.
pub(super) fn judge(operation: Operation, fault: &io::Error) -> BucketError {
    let is_head = matches!(operation, Operation::HeadBucket | Operation::HeadObject);
    let kind = match fault.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem if is_head => {
            return BucketError::with_status(operation, FaultKind::Forbidden, 403);
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => FaultKind::AccessDenied,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => FaultKind::DiskFull,
        ErrorKind::InvalidFilename => FaultKind::NameTooLong,
        // A file is where the key needs a folder.
        ErrorKind::NotADirectory => FaultKind::InvalidKey,
        ErrorKind::FileTooLarge => FaultKind::ObjectTooLarge,
        _ => FaultKind::Io,
    };
    let (code, message) = match (&kind, fault.kind()) {
        (FaultKind::AccessDenied, _) => ("AccessDenied".to_owned(), "Access Denied".to_owned()),
        (_, ErrorKind::FileTooLarge) => (
            "FileTooLarge".to_owned(),
            FolderTrouble::FileSizeLimit.words().to_owned(),
        ),
        (_, other) => (format!("{other:?}"), fault.to_string()),
    };
    told(operation, kind, code, message)
}

/// As [`judge`], for a file or folder at `path` within the bucket `folder`: where a part of the way there is at fault,
/// that is named.
pub(super) fn judge_at(operation: Operation, fault: &io::Error, folder: &Path, path: &Path) -> BucketError {
    let (trouble, culprit) = match fault.kind() {
        ErrorKind::NotADirectory => (
            FolderTrouble::FileInTheWay,
            way_to(folder, path).find(|part| part.is_file()),
        ),
        ErrorKind::PermissionDenied => (
            FolderTrouble::ClosedFolder,
            way_to(folder, path).take_while(|part| part.is_dir()).last(),
        ),
        ErrorKind::CrossesDevices => (
            FolderTrouble::OtherFileSystem,
            mounted_in(folder, path).or_else(|| path.parent().map(Path::to_owned)),
        ),
        _ => return judge(operation, fault),
    };
    let Some(culprit) = culprit else {
        return judge(operation, fault);
    };
    let (kind, code) = match fault.kind() {
        ErrorKind::PermissionDenied => (FaultKind::AccessDenied, "AccessDenied".to_owned()),
        // Without a place for temporary files nothing can be written.
        other if culprit == folder.join(TEMPORARY) => (FaultKind::Io, format!("{other:?}")),
        other => (FaultKind::InvalidKey, format!("{other:?}")),
    };
    let message = format!("{} {}", culprit.display(), trouble.words());
    told(operation, kind, code, message)
}

fn told(operation: Operation, kind: FaultKind, code: String, message: String) -> BucketError {
    Fault {
        operation,
        kind,
        status: None,
        code: Some(code),
        message: Some(message),
        endpoint: None,
    }
    .into()
}

/// The folders that lead from the bucket to `path`, the uppermost first, without either.
fn way_to(folder: &Path, path: &Path) -> impl Iterator<Item = PathBuf> {
    let parts: Vec<_> = path
        .ancestors()
        .skip(1)
        .take_while(|part| *part != folder)
        .map(Path::to_owned)
        .collect();
    parts.into_iter().rev()
}

/// The folder on the way to `path`, or else the one for temporary files, at which another file system begins.
fn mounted_in(folder: &Path, path: &Path) -> Option<PathBuf> {
    let whole = mount_of(folder)?;
    way_to(folder, path)
        .chain([folder.join(TEMPORARY)])
        .find(|part| mount_of(part).is_some_and(|mount| mount != whole))
}

/// Tells mounts apart: two of one file system are as far from each other as two file systems.
#[cfg(target_os = "linux")]
fn mount_of(path: &Path) -> Option<(u32, u32, u64)> {
    use rustix::fs::{AtFlags, CWD, StatxFlags, statx};
    let found = statx(CWD, path, AtFlags::empty(), StatxFlags::MNT_ID).ok()?;
    Some((found.stx_dev_major, found.stx_dev_minor, found.stx_mnt_id))
}

#[cfg(not(target_os = "linux"))]
fn mount_of(path: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    Some(path.metadata().ok()?.dev())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_systems_errors_become_the_facts_that_s3_would_tell() {
        let put = Operation::PutObject;
        let head = Operation::HeadObject;
        let cases = [
            (put, ErrorKind::StorageFull, FaultKind::DiskFull),
            (put, ErrorKind::QuotaExceeded, FaultKind::DiskFull),
            (put, ErrorKind::PermissionDenied, FaultKind::AccessDenied),
            (put, ErrorKind::ReadOnlyFilesystem, FaultKind::AccessDenied),
            (head, ErrorKind::PermissionDenied, FaultKind::Forbidden),
            (put, ErrorKind::InvalidFilename, FaultKind::NameTooLong),
            (put, ErrorKind::NotADirectory, FaultKind::InvalidKey),
            (put, ErrorKind::FileTooLarge, FaultKind::ObjectTooLarge),
            (put, ErrorKind::Interrupted, FaultKind::Io),
        ];
        for (operation, fault, kind) in cases {
            assert_eq!(
                *judge(operation, &fault.into()).kind(),
                kind,
                "{fault:?} of {operation}"
            );
        }
    }

    #[test]
    fn the_part_of_the_bucket_that_is_at_fault_is_named() {
        let root = tempfile::tempdir().unwrap();
        let bucket = root.path();
        fs::create_dir(bucket.join(TEMPORARY)).unwrap();
        fs::create_dir_all(bucket.join("crm/orders")).unwrap();
        fs::write(bucket.join("shop"), "").unwrap();
        let denied = ErrorKind::PermissionDenied;
        let is_file = "is a file where a folder is needed";
        let closed = "takes no files of this user";
        let cases = [
            (denied, ".landfall-tmp/7-0", ".landfall-tmp", closed),
            (denied, "crm/orders/1.jsonl", "crm/orders", closed),
            (denied, "crm/people/1.jsonl", "crm", closed),
            (ErrorKind::NotADirectory, "shop/orders/1.jsonl", "shop", is_file),
            (
                ErrorKind::CrossesDevices,
                "crm/orders/1.jsonl",
                "crm/orders",
                "is on another file system than the rest of the bucket",
            ),
        ];
        for (fault, path, culprit, words) in cases {
            let told = judge_at(Operation::PutObject, &fault.into(), bucket, &bucket.join(path));
            let expected = format!("{} {words}", bucket.join(culprit).display());
            assert_eq!(told.message(), Some(expected.as_str()), "{fault:?} of {path}");
            let trouble = FolderTrouble::told_in(&expected).unwrap();
            assert_eq!(trouble.words(), words);
        }
    }

    #[test]
    fn a_bucket_that_may_not_be_written_to_is_told_as_such() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(TEMPORARY);
        let denied = ErrorKind::PermissionDenied.into();
        let told = judge_at(Operation::CreateMultipartUpload, &denied, root.path(), &path);
        assert_eq!(told.message(), Some("Access Denied"));
        assert_eq!(FolderTrouble::told_in("Access Denied"), None);
    }
}
