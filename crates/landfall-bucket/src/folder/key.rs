//! From object keys to paths that stay within the bucket.

use std::path::{Path, PathBuf};

use crate::error::FaultKind;
use crate::folder::{MAX_NAME_BYTES, TEMPORARY};

/// The file of `key`. Each part between two `/` must be able to be a file name, and none may lead out.
pub(super) fn path_of(folder: &Path, key: &str) -> Result<PathBuf, FaultKind> {
    let parts = key.split('/');
    if parts.clone().next() == Some(TEMPORARY) {
        return Err(FaultKind::InvalidKey);
    }
    let mut path = folder.to_owned();
    for part in parts {
        if part.len() > MAX_NAME_BYTES {
            return Err(FaultKind::NameTooLong);
        }
        let is_file_name = !matches!(part, "" | "." | "..") && !part.contains(['\0', '\\']);
        if !is_file_name {
            return Err(FaultKind::InvalidKey);
        }
        path.push(part);
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_no_file_names_are_refused() {
        let too_long = "x".repeat(256);
        let cases = [
            ("shop/orders/1.csv", None),
            ("stitch-challenge-file-1", None),
            ("..", Some(FaultKind::InvalidKey)),
            ("shop/../../etc/passwd", Some(FaultKind::InvalidKey)),
            ("/etc/passwd", Some(FaultKind::InvalidKey)),
            ("shop//orders", Some(FaultKind::InvalidKey)),
            ("shop/", Some(FaultKind::InvalidKey)),
            ("", Some(FaultKind::InvalidKey)),
            ("a\0b", Some(FaultKind::InvalidKey)),
            (".landfall-tmp/1", Some(FaultKind::InvalidKey)),
            (too_long.as_str(), Some(FaultKind::NameTooLong)),
        ];
        for (key, refusal) in cases {
            assert_eq!(path_of(Path::new("/b"), key).err(), refusal, "key: {key:?}");
        }
    }
}
