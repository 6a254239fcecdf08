//! A bucket without a cloud: a folder whose files are the objects.
//!
//! ```text
//! <root>/                       s3_endpoint_url = file:///<root>
//!   com-test/                   the bucket
//!     stitch-challenge-file-…   objects are files, the parts of their keys are folders
//!     shop/orders/1_….jsonl
//!     .landfall-tmp/            reserved: objects being written, not listed
//! ```
//!
//! An object is written to a temporary file, synced, and then given its name with a hard link, which appears whole
//! or not at all and never replaces a file.

mod compare;
mod fault;
mod key;
mod listing;
mod publish;
mod write;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};

use crate::body::ObjectBody;
use crate::bucket::{
    Bucket, BucketFacts, ObjectBytes, ObjectFacts, ObjectSummary, PutOutcome, PutTags, Turn, WriteProbe,
};
use crate::error::{BucketError, Fault, FaultKind, Operation};
pub use crate::folder::fault::FolderTrouble;
use crate::folder::fault::judge;
use crate::survey::StoreCapabilities;

/// The folder for unfinished objects, within the bucket so that it is on the same file system.
const TEMPORARY: &str = ".landfall-tmp";
/// The longest file name of the usual file systems (spec README, "A bucket without a cloud").
const MAX_NAME_BYTES: usize = 255;
/// One read or write.
const CHUNK_BYTES: usize = 1024 * 1024;

/// A bucket that is a sub-folder of a root folder. Content types and load marks are not kept.
#[derive(Debug, Clone)]
pub struct FolderBucket {
    place: Arc<Place>,
}

#[derive(Debug)]
struct Place {
    name: String,
    folder: PathBuf,
    tidied: Once,
}

impl FolderBucket {
    /// The bucket `name` below `root`. Nothing is touched yet, and the folder is never created here: a missing one is
    /// `NoSuchBucket`, so that a mistyped name is noticed.
    pub fn open(root: impl AsRef<Path>, name: impl Into<String>) -> Self {
        let name = name.into();
        let folder = root.as_ref().join(&name);
        Self {
            place: Arc::new(Place {
                name,
                folder,
                tidied: Once::new(),
            }),
        }
    }

    /// What folders can do.
    #[must_use]
    pub fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities::FOLDER
    }

    /// Where the bucket's objects are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.place.folder
    }

    /// File systems block, so their work is done on threads that may.
    async fn with_place<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Place) -> Result<T, BucketError> + Send + 'static,
    ) -> Result<T, BucketError> {
        let place = Arc::clone(&self.place);
        match tokio::task::spawn_blocking(move || work(&place)).await {
            Ok(done) => done,
            Err(failed) => match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is shutting down, and this call with it.
                Err(_cancelled) => std::future::pending().await,
            },
        }
    }
}

impl Place {
    /// That the bucket exists, as S3 tells it for each operation.
    fn check_exists(&self, operation: Operation) -> Result<(), BucketError> {
        let missing = || {
            let said = |text: &str| (operation != Operation::HeadBucket).then(|| text.to_owned());
            BucketError::from(Fault {
                operation,
                kind: FaultKind::NoSuchBucket,
                status: Some(404),
                code: said("NoSuchBucket"),
                message: said("The specified bucket does not exist"),
                endpoint: None,
            })
        };
        match fs::metadata(&self.folder) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(missing()),
            Err(fault) if is_absence(&fault) => Err(missing()),
            Err(fault) => Err(judge(operation, &fault)),
        }
    }

    fn facts_of(&self, key: &str) -> Result<Option<ObjectFacts>, BucketError> {
        let path =
            key::path_of(&self.folder, key).map_err(|kind| BucketError::new(Operation::HeadObject, kind))?;
        match fs::metadata(path) {
            Ok(found) if found.is_file() => Ok(Some(ObjectFacts {
                size_bytes: found.len(),
                e_tag: None,
                crc32: None,
                content_type: None,
                load_id: None,
                part: None,
            })),
            Ok(_) => Ok(None),
            Err(fault) if is_absence(&fault) => Ok(None),
            Err(fault) => Err(judge(Operation::HeadObject, &fault)),
        }
    }

    fn open_object(&self, key: &str) -> Result<fs::File, BucketError> {
        let operation = Operation::GetObject;
        let path = key::path_of(&self.folder, key).map_err(|kind| BucketError::new(operation, kind))?;
        let missing = || BucketError::with_status(operation, FaultKind::NotFound, 404);
        let file = match fs::File::open(path) {
            Ok(file) => file,
            Err(fault) if is_absence(&fault) => return Err(missing()),
            Err(fault) => return Err(judge(operation, &fault)),
        };
        let is_object = file
            .metadata()
            .map_err(|fault| judge(operation, &fault))?
            .is_file();
        if is_object { Ok(file) } else { Err(missing()) }
    }
}

#[async_trait]
impl Bucket for FolderBucket {
    fn name(&self) -> &str {
        &self.place.name
    }

    fn max_key_part_bytes(&self) -> Option<usize> {
        Some(MAX_NAME_BYTES)
    }

    async fn head_bucket(&self) -> Result<BucketFacts, BucketError> {
        self.with_place(|place| {
            place.check_exists(Operation::HeadBucket)?;
            Ok(BucketFacts { region: None })
        })
        .await
    }

    async fn list(&self, prefix: &str, max: usize) -> Result<Vec<ObjectSummary>, BucketError> {
        let prefix = prefix.to_owned();
        self.with_place(move |place| {
            place.check_exists(Operation::ListObjectsV2)?;
            listing::first_objects(&place.folder, &prefix, max)
                .map_err(|fault| judge(Operation::ListObjectsV2, &fault))
        })
        .await
    }

    async fn head(&self, key: &str) -> Result<Option<ObjectFacts>, BucketError> {
        let key = key.to_owned();
        self.with_place(move |place| place.facts_of(&key)).await
    }

    async fn put_once(
        &self,
        key: &str,
        body: Arc<dyn ObjectBody>,
        _tags: &PutTags,
    ) -> Result<PutOutcome, BucketError> {
        let key = key.to_owned();
        self.with_place(move |place| place.publish(place.stage(&key, body)?))
            .await
    }

    async fn put_in_turn(
        &self,
        key: &str,
        body: Arc<dyn ObjectBody>,
        _tags: &PutTags,
        turn: Turn,
    ) -> Result<Option<PutOutcome>, BucketError> {
        let key = key.to_owned();
        let staged = self.with_place(move |place| place.stage(&key, body)).await?;
        match turn.await {
            Ok(()) => self
                .with_place(move |place| place.publish(staged))
                .await
                .map(Some),
            Err(_) => Ok(None),
        }
    }

    async fn read(&self, key: &str) -> Result<ObjectBytes, BucketError> {
        let key = key.to_owned();
        let file = self.with_place(move |place| place.open_object(&key)).await?;
        let chunks = stream::try_unfold((self.clone(), file), |(bucket, file)| async move {
            let (chunk, file) = bucket.with_place(move |_place| read_chunk(file)).await?;
            Ok((!chunk.is_empty()).then_some((chunk, (bucket, file))))
        });
        Ok(chunks.boxed())
    }

    async fn probe_write(&self, _challenge_key: &str) -> Result<WriteProbe, BucketError> {
        self.with_place(Place::probe).await
    }
}

fn read_chunk(file: fs::File) -> Result<(Bytes, fs::File), BucketError> {
    let mut chunk = Vec::with_capacity(CHUNK_BYTES);
    let mut reading = file.take(CHUNK_BYTES as u64);
    reading
        .read_to_end(&mut chunk)
        .map_err(|fault| judge(Operation::GetObject, &fault))?;
    Ok((chunk.into(), reading.into_inner()))
}

fn is_absence(fault: &io::Error) -> bool {
    matches!(
        fault.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
