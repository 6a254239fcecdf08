//! Listing a folder as a bucket.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::bucket::ObjectSummary;
use crate::folder::TEMPORARY;

/// The first `max` objects in the order of their keys, as S3 lists them. Holds no more than these in memory.
pub(super) fn first_objects(folder: &Path, prefix: &str, max: usize) -> io::Result<Vec<ObjectSummary>> {
    let mut found = Found {
        prefix,
        max,
        sizes: BTreeMap::new(),
    };
    found.collect(folder, "")?;
    let summaries = found.sizes.into_iter();
    Ok(summaries
        .map(|(key, size_bytes)| ObjectSummary { key, size_bytes })
        .collect())
}

struct Found<'a> {
    prefix: &'a str,
    max: usize,
    sizes: BTreeMap<String, u64>,
}

impl Found<'_> {
    fn collect(&mut self, folder: &Path, folder_key: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            // Names that are not text, and the reserved folder, were not put here as objects.
            let Some(name) = name.to_str() else { continue };
            if folder_key.is_empty() && name == TEMPORARY {
                continue;
            }
            let key = format!("{folder_key}{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() {
                let inner = format!("{key}/");
                let may_match = inner.starts_with(self.prefix) || self.prefix.starts_with(&inner);
                if may_match {
                    self.collect(&entry.path(), &inner)?;
                }
            } else if kind.is_file() && key.starts_with(self.prefix) {
                self.sizes.insert(key, entry.metadata()?.len());
                if self.sizes.len() > self.max {
                    self.sizes.pop_last();
                }
            }
        }
        Ok(())
    }
}
