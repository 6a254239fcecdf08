//! Files that BATCH messages name (singer.md §4.5).

use std::io::Read;

use futures_util::StreamExt;
use landfall_bucket::ObjectBytes;
use landfall_core::settings::AccessSettings;
use landfall_load::BatchFiles;
use tokio::runtime::Handle;

use crate::wiring::{aws_options, open_bucket};

/// Opens local files, and objects with the target's own access.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) access: AccessSettings,
    pub(crate) runtime: Handle,
}

impl BatchFiles for Files {
    fn open(&self, name: &str) -> std::io::Result<Box<dyn Read + Send>> {
        if let Some(object) = name.strip_prefix("s3://") {
            return self.open_object(object);
        }
        let path = name.strip_prefix("file://").unwrap_or(name);
        if !path.starts_with('/') {
            let problem = "write a file:// URL, an absolute path or s3://bucket/key";
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, problem));
        }
        match std::fs::File::open(path) {
            Ok(file) => Ok(Box::new(file)),
            // URLs may be percent-encoded, and files may have percent signs in their names.
            Err(error) if name.starts_with("file://") => match percent_decoded(path) {
                Some(decoded) if decoded != path => Ok(Box::new(std::fs::File::open(decoded)?)),
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }
}

impl Files {
    fn open_object(&self, object: &str) -> std::io::Result<Box<dyn Read + Send>> {
        let Some((bucket, key)) = object.split_once('/') else {
            return Err(std::io::Error::new(
                std::io::ErrorKind::InvalidInput,
                "write s3://bucket/key",
            ));
        };
        let bytes = self.runtime.block_on(async {
            let bucket = open_bucket(&self.access, bucket, aws_options()).await;
            bucket.read(key).await.map_err(std::io::Error::other)
        })?;
        Ok(Box::new(ObjectReader {
            bytes,
            piece: Vec::new(),
            at: 0,
            runtime: self.runtime.clone(),
        }))
    }
}

/// Reads an object piece by piece.
struct ObjectReader {
    bytes: ObjectBytes,
    piece: Vec<u8>,
    at: usize,
    runtime: Handle,
}

impl Read for ObjectReader {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while self.at == self.piece.len() {
            match self.runtime.block_on(self.bytes.next()) {
                None => return Ok(0),
                Some(Err(error)) => return Err(std::io::Error::other(error)),
                Some(Ok(piece)) => {
                    self.piece = piece.to_vec();
                    self.at = 0;
                }
            }
        }
        let length = out.len().min(self.piece.len() - self.at);
        out[..length].copy_from_slice(&self.piece[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = after
                .get(..2)
                .and_then(|digits| std::str::from_utf8(digits).ok())?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}
