//! Buckets in folders of this machine: what can be made without anybody's help (README, "A bucket without a cloud").

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use landfall_core::settings::{DestinationSettings, Endpoint};

/// The bucket's folder, where the bucket is one.
pub(crate) fn bucket_folder(destination: &DestinationSettings) -> Option<PathBuf> {
    match &destination.access.endpoint {
        Some(Endpoint::Folder(root)) => Some(root.as_path().join(destination.bucket.as_str())),
        Some(Endpoint::Url(_)) | None => None,
    }
}

/// Makes the bucket's folder.
pub(crate) fn make(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| {
        format!(
            "making the folder {}: check who may write there",
            folder.display()
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
        Err(error) => Err(error).with_context(|| {
            format!(
                "making the challenge file in {}: check who may write there",
                folder.display()
            )
        }),
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
