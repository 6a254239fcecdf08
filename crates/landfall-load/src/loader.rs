//! The one loader: a closed batch becomes its objects, once (loading.md §3, §4, §6).

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::{try_join, try_join_all};
use landfall_bucket::{Bucket, CACHED_PIECE_BYTES, ObjectBody, PutOutcome, PutTags, Turn};
use landfall_core::settings::FileFormat;
use landfall_core::time::Timestamp;
use landfall_format::{ClosedBatch, FileContent, FileFacts, FileKind, Pieces};
use tokio::sync::{Mutex, oneshot};

use crate::clock::{Clock, LoadInstants};
use crate::error::{AccessError, LoadError};
use crate::report::{FileReport, LoadReport};
use crate::service::{Step, Steps, Uninterrupted};

/// How long a successful check counts (loading.md §4).
const CHECK_LASTS: Duration = Duration::from_secs(60);
/// Sub-files of a load that are written at the same time.
const FILES_AT_ONCE: usize = 4;
/// Stretches of a content that are read at the same time for its checksum, and what is worth a thread of its own.
const READ_AT_ONCE: usize = 2;
const LEAST_STRETCH_BYTES: usize = 4 << 20;
/// Load instants tried before a load gives up on foreign objects.
const MOST_INSTANTS: usize = 1_000;

/// The check of the challenge file before loads.
#[derive(Debug)]
pub struct AccessCheck {
    bucket: Arc<dyn Bucket>,
    challenge: Option<String>,
    last_success: Mutex<Option<Instant>>,
}

impl AccessCheck {
    /// The check of `challenge`; without one nothing is checked.
    #[must_use]
    pub fn new(bucket: Arc<dyn Bucket>, challenge: Option<String>) -> Self {
        Self {
            bucket,
            challenge,
            last_success: Mutex::new(None),
        }
    }

    /// The next load asks again, whenever the last one did.
    pub async fn forget(&self) {
        *self.last_success.lock().await = None;
    }

    /// Checks, unless a check succeeded within the last minute.
    ///
    /// # Errors
    /// [`AccessError`] if the challenge file can't be seen.
    pub async fn check(&self) -> Result<(), AccessError> {
        let Some(challenge) = &self.challenge else {
            return Ok(());
        };
        let mut last_success = self.last_success.lock().await;
        if last_success.is_some_and(|last| last.elapsed() < CHECK_LASTS) {
            return Ok(());
        }
        match self.bucket.head(challenge).await.map_err(AccessError::Bucket)? {
            Some(_) => {
                *last_success = Some(Instant::now());
                Ok(())
            }
            None => {
                // A missing bucket hides behind the same 404: ask, so that the message names the right thing.
                self.bucket.head_bucket().await.map_err(AccessError::Bucket)?;
                Err(AccessError::ChallengeMissing(
                    landfall_bucket::BucketError::missing_object(),
                ))
            }
        }
    }
}

/// A batch on its way to the bucket.
#[derive(Debug, Clone)]
pub struct Load {
    /// The records.
    pub batch: Arc<ClosedBatch>,
    /// The load instant, fixed when the batch was closed.
    pub loaded_at: Timestamp,
    /// Names the load in the metadata of its objects.
    pub load_id: String,
}

/// Gives a load another instant, because an object of somebody else has one of its keys.
#[async_trait]
pub trait NextInstant: Send + Sync {
    /// The next free instant for `load`, durable where loads outlive the process.
    ///
    /// # Errors
    /// [`LoadError::Ledger`].
    async fn next_instant(&self, load: &Load) -> Result<Timestamp, LoadError>;
}

/// Instants of a run of its own.
pub struct RunInstants {
    /// Those given out, shared with the pipeline.
    pub instants: Arc<LoadInstants>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl NextInstant for RunInstants {
    async fn next_instant(&self, _load: &Load) -> Result<Timestamp, LoadError> {
        Ok(self.instants.next(self.clock.closing()))
    }
}

/// Writes closed batches to a bucket. Every step is safe to repeat.
pub struct Loader {
    bucket: Arc<dyn Bucket>,
    access: Arc<AccessCheck>,
    instants: Arc<dyn NextInstant>,
    checksums: Checksums,
    steps: Arc<dyn Steps>,
}

/// Whether reports have the checksum of each file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Checksums {
    /// Where the upload needed it.
    AsNeeded,
    /// Of every file.
    Kept,
}

impl Loader {
    /// A loader into `bucket`; `challenge` is the destination's `sentinel_key`.
    #[must_use]
    pub fn new(bucket: Arc<dyn Bucket>, challenge: Option<String>, instants: Arc<dyn NextInstant>) -> Self {
        let access = Arc::new(AccessCheck::new(bucket.clone(), challenge));
        Self::sharing(bucket, access, instants)
    }

    /// A loader into `bucket` that shares its checks with others.
    #[must_use]
    pub fn sharing(
        bucket: Arc<dyn Bucket>,
        access: Arc<AccessCheck>,
        instants: Arc<dyn NextInstant>,
    ) -> Self {
        Self {
            bucket,
            access,
            instants,
            checksums: Checksums::AsNeeded,
            steps: Arc::new(Uninterrupted),
        }
    }

    /// Has reports tell the checksum of every file.
    #[must_use]
    pub fn keeping_checksums(self) -> Self {
        Self {
            checksums: Checksums::Kept,
            ..self
        }
    }

    /// Tells of each object that is in the bucket.
    #[must_use]
    pub(crate) fn telling(self, steps: Arc<dyn Steps>) -> Self {
        Self { steps, ..self }
    }

    /// Checks access as before a load.
    ///
    /// # Errors
    /// [`LoadError::Access`].
    pub async fn check_access(&self) -> Result<(), LoadError> {
        let bucket = || self.bucket.name().to_owned();
        self.access.check().await.map_err(|source| LoadError::Access {
            bucket: bucket(),
            source,
        })
    }

    /// Lands a batch. When it returns, every object is in the bucket to stay.
    ///
    /// # Errors
    /// [`LoadError`] if the bucket refuses or stays out of reach; what was written until then stays, without the
    /// table's own file, and the same call may be made again.
    pub async fn load(&self, load: &Load) -> Result<LoadReport, LoadError> {
        let started = Instant::now();
        self.check_access().await?;
        let mut loaded_at = load.loaded_at;
        for _ in 0..MOST_INSTANTS {
            match self.try_at(load, loaded_at).await? {
                Attempt::Done(files) => return Ok(report(load, loaded_at, started.elapsed(), files)),
                // Somebody else's object is in the way: nothing is overwritten, all files move on together.
                Attempt::Taken => loaded_at = self.instants.next_instant(load).await?,
            }
        }
        let key = load
            .batch
            .files()
            .last()
            .map(|file| load.batch.key(file, loaded_at).to_string());
        Err(LoadError::Crowded {
            bucket: self.bucket.name().to_owned(),
            key: key.unwrap_or_default(),
        })
    }

    /// Writes all files under the keys of one instant: sub-files first, the table's own file last, so that a visible
    /// root file means that all is there. The bucket may take in what the last file holds while the others are written.
    async fn try_at(&self, load: &Load, loaded_at: Timestamp) -> Result<Attempt, LoadError> {
        let files = load.batch.files();
        let Some((last, earlier)) = files.split_last() else {
            return Ok(Attempt::Done(Vec::new()));
        };
        let (go, turn) = oneshot::channel();
        let earlier = async {
            let reports = self.put_earlier(load, loaded_at, earlier).await?;
            if reports.is_some() {
                // Gone only if the last file has failed.
                let _ = go.send(());
            }
            Ok(reports)
        };
        let last = self.put(load, loaded_at, files.len() - 1, last, Some(turn));
        let (earlier, last) = try_join(earlier, last).await?;
        Ok(match (earlier, last) {
            (Some(mut reports), Some(last)) => {
                reports.push(last);
                Attempt::Done(reports)
            }
            _ => Attempt::Taken,
        })
    }

    /// Writes all files but the last: sub-files side by side, then rejected records. `None` if a key is taken.
    async fn put_earlier(
        &self,
        load: &Load,
        loaded_at: Timestamp,
        files: &[FileFacts],
    ) -> Result<Option<Vec<FileReport>>, LoadError> {
        let is_sub_file = |file: &&FileFacts| matches!(file.kind, FileKind::Table(index) if index > 0);
        let (sub_files, rest) = files.split_at(files.iter().filter(is_sub_file).count());
        let groups = sub_files.chunks(FILES_AT_ONCE).chain(rest.chunks(1));
        let mut reports: Vec<FileReport> = Vec::with_capacity(files.len() + 1);
        for group in groups {
            let numbered = group.iter().zip(reports.len()..);
            let puts = numbered.map(|(file, part)| self.put(load, loaded_at, part, file, None));
            let written: Option<Vec<FileReport>> = try_join_all(puts).await?.into_iter().collect();
            let Some(written) = written else {
                return Ok(None);
            };
            reports.extend(written);
        }
        Ok(Some(reports))
    }

    /// Writes one file, when it is its turn; `None` if its key holds something else, or its turn does not come.
    async fn put(
        &self,
        load: &Load,
        loaded_at: Timestamp,
        part: usize,
        file: &FileFacts,
        turn: Option<Turn>,
    ) -> Result<Option<FileReport>, LoadError> {
        let key = load.batch.key(file, loaded_at).to_string();
        let content = load.batch.content(file.kind, loaded_at);
        let body = Arc::new(LoadBody::new(content, self.checksums));
        let tags = PutTags {
            content_type: content_type(load, file.kind).to_owned(),
            load_id: load.load_id.clone(),
            part: part.to_string(),
        };
        let outcome = match turn {
            None => self.bucket.put_once(&key, body.clone(), &tags).await.map(Some),
            Some(turn) => self.bucket.put_in_turn(&key, body.clone(), &tags, turn).await,
        };
        if matches!(outcome, Ok(Some(PutOutcome::Created { .. }))) {
            self.steps.done(Step::ObjectPut).await;
        }
        match outcome {
            Ok(Some(PutOutcome::Created { .. } | PutOutcome::AlreadyOurs)) => Ok(Some(FileReport {
                key,
                rows: file.rows,
                size_bytes: body.size_bytes(),
                crc32: match self.checksums {
                    Checksums::Kept => checksum(body).await,
                    Checksums::AsNeeded => body.known_crc32(),
                },
            })),
            Ok(Some(PutOutcome::Taken) | None) => Ok(None),
            Err(source) => Err(LoadError::Put {
                bucket: self.bucket.name().to_owned(),
                key,
                source,
            }),
        }
    }
}

/// The checksum, made where work may take long; `None` if the process ends meanwhile.
async fn checksum(body: Arc<LoadBody>) -> Option<u32> {
    tokio::task::spawn_blocking(move || body.crc32()).await.ok()
}

enum Attempt {
    Done(Vec<FileReport>),
    Taken,
}

fn content_type(load: &Load, file: FileKind) -> &'static str {
    match (file, load.batch.plan().naming().format) {
        (FileKind::Table(_), FileFormat::Csv { .. }) => "text/csv; charset=utf-8",
        _ => "application/x-ndjson",
    }
}

fn report(load: &Load, loaded_at: Timestamp, took: Duration, files: Vec<FileReport>) -> LoadReport {
    LoadReport {
        table: load.batch.plan().table().to_owned(),
        loaded_at,
        took,
        rows_landed: load.batch.rows_landed(),
        rows_rejected: load.batch.rows_rejected(),
        reasons: load.batch.reasons().iter().collect(),
        files,
    }
}

/// The content of a file, as a bucket takes it.
#[derive(Debug)]
struct LoadBody {
    content: FileContent,
    size: OnceLock<u64>,
    checksums: Checksums,
    /// Its CRC-32, once it was asked for or, where it is kept, read to the end.
    crc32: OnceLock<u32>,
}

impl LoadBody {
    fn new(content: FileContent, checksums: Checksums) -> Self {
        Self {
            content,
            checksums,
            size: OnceLock::new(),
            crc32: OnceLock::new(),
        }
    }

    fn known_crc32(&self) -> Option<u32> {
        self.crc32.get().copied()
    }
}

impl ObjectBody for LoadBody {
    fn size_bytes(&self) -> u64 {
        *self.size.get_or_init(|| self.content.size_bytes())
    }

    fn open(&self, piece_bytes: usize) -> Box<dyn Iterator<Item = Bytes> + Send + '_> {
        let pieces = self.content.pieces(piece_bytes);
        if self.checksums == Checksums::AsNeeded || self.crc32.get().is_some() {
            return Box::new(pieces);
        }
        // The upload reads it all anyhow: a pass of its own for the checksum would put every row together twice.
        Box::new(Summed {
            pieces,
            hasher: crc32fast::Hasher::new(),
            sum: &self.crc32,
        })
    }

    fn crc32(&self) -> u32 {
        *self.crc32.get_or_init(|| checksum_of(&self.content))
    }
}

/// The CRC-32 of a content. An upload can't begin before it is known, so that its halves are read at the same time.
fn checksum_of(content: &FileContent) -> u32 {
    let sum = |pieces: Pieces<'_>| {
        let mut hasher = crc32fast::Hasher::new();
        pieces.for_each(|piece| hasher.update(&piece));
        hasher
    };
    let mut stretches = content
        .stretches(READ_AT_ONCE, LEAST_STRETCH_BYTES, CACHED_PIECE_BYTES)
        .into_iter();
    let first = stretches.next();
    std::thread::scope(|scope| {
        let mut others = Vec::new();
        for pieces in stretches {
            let threads = std::thread::Builder::new().name("checksum".to_owned());
            let mine = pieces.clone();
            let begun = threads.spawn_scoped(scope, move || sum(mine));
            // Where no more threads are to be had, it takes longer.
            others.push(begun.map_err(|_denied| pieces));
        }
        let mut whole = first.map(sum).unwrap_or_default();
        for other in others {
            let hasher = match other {
                Ok(begun) => begun
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                Err(pieces) => sum(pieces),
            };
            whole.combine(&hasher);
        }
        whole.finalize()
    })
}

/// Pieces of a content, whose checksum is known after the last.
struct Summed<'b, P> {
    pieces: P,
    hasher: crc32fast::Hasher,
    sum: &'b OnceLock<u32>,
}

impl<P: Iterator<Item = Bytes>> Iterator for Summed<'_, P> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let piece = self.pieces.next();
        match &piece {
            Some(piece) => self.hasher.update(piece),
            None => {
                self.sum.get_or_init(|| self.hasher.clone().finalize());
            }
        }
        piece
    }
}
