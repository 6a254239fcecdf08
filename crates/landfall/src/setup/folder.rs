//! Buckets in folders of this machine: what can be made without anybody's help (README, "A bucket without a cloud").

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use landfall_core::settings::{DestinationSettings, Endpoint};

/// The bucket's folder, where the bucket is one.
pub(crate) fn bucket_folder(destination: &DestinationSettings) -> Option<PathBuf> {
    match &destination.access.endpoint {
        Some(Endpoint::Folder(root)) => Some(root.as_path().join(destination.bucket.as_str())),
        Some(Endpoint::Url(_)) | None => None,
    }
}

/// Why the file system did not let us make something, and what to do.
fn explain(error: &std::io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::PermissionDenied => {
            "give the user that Landfall runs as the permission to write there (chmod, chown), or choose another folder"
        }
        ErrorKind::ReadOnlyFilesystem => {
            "its file system is mounted read-only: mount it writable, or choose another folder"
        }
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
            "a file is in the place of the folder, or of one above it: choose another folder"
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "its file system is full: free space, or choose another folder"
        }
        _ => {
            "its file system keeps no files, as /proc and /sys do not, or is broken: choose a folder on a disk, such as \
             /srv/landfall/buckets"
        }
    }
}

/// Makes the bucket's folder.
pub(crate) fn make(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| {
        anyhow!(
            "making the folder {}: {error}: {}",
            folder.display(),
            explain(&error)
        )
    })
}

/// Makes the empty challenge file; one that is there stays as it is. Errors don't tell the name.
pub(crate) fn make_challenge(folder: &Path, name: &str) -> anyhow::Result<()> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(folder.join(name));
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(anyhow!(
            "making the challenge file in {}: {error}: {}",
            folder.display(),
            explain(&error)
        )),
    }
}

/// What a person typed as an absolute path: `~` is their home, other paths start here.
pub(crate) fn absolute(typed: &str) -> anyhow::Result<PathBuf> {
    let home = || std::env::home_dir().context("finding your home folder");
    let path = match typed.strip_prefix('~') {
        Some("") => home()?,
        Some(rest) if rest.starts_with('/') => home()?.join(rest.trim_start_matches('/')),
        Some(_) | None => PathBuf::from(typed),
    };
    std::path::absolute(&path).with_context(|| format!("finding the folder {typed}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_made_says_which_and_what_to_do() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        std::fs::write(&file, b"").unwrap();
        let told = "a file is in the place of the folder";
        for folder in [file.clone(), file.join("lake")] {
            let said = make(&folder).unwrap_err().to_string();
            assert!(
                said.starts_with(&format!("making the folder {}: ", folder.display())) && said.contains(told),
                "{said}"
            );
        }
        // As root, /proc answers so.
        let told = explain(&ErrorKind::NotFound.into());
        assert!(told.contains("such as /srv/landfall/buckets"), "{told}");
    }
}
