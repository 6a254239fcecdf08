//! A server without HTTP: a log, a catalog and buckets in folders, which outlive the runtimes that use them.
#![allow(dead_code, unreachable_pub, reason = "each test file takes what it needs")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use landfall_bucket::{Bucket, FolderBucket, Sleep, TokioSleep};
use landfall_catalog::{
    AccessFault, Act, Catalog, ConnectionCheck, Destination, DestinationProperties, Entropy, Form, Instance,
    Mapping, NewDestination, NewSource, SecretKey, SourceType, UnmappedSources, Verdict,
};
use landfall_core::ids::{ClientId, DestinationId, SourceId};
use landfall_core::intake::{AcceptedItem, AcceptedPart, AcceptedRecord, AcceptedRequest, encode};
use landfall_core::object_key::ObjectKeyTemplate;
use landfall_core::settings::{BatchLimits, Delimiter, FileFormat};
use landfall_core::time::Timestamp;
use landfall_core::units::{ByteCount, TableVersion};
use landfall_load::service::{
    Conductor, ConductorHandle, ExpiringRecords, FailedLoad, LandedLoad, LostRecords, Place, Places,
    ServiceObserver, ServiceParts, ServiceSettings, Step, Steps,
};
use landfall_load::{Clock, LoadError};
use landfall_log::{EmbeddedLog, EmbeddedLogSettings, Log, NewEntry, Partition};
use tokio::sync::Notify;

const CHALLENGE: &str = "stitch-challenge-file-of-tests";

#[derive(Debug)]
struct Counting(AtomicUsize);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(1, Ordering::Relaxed) as u8;
        }
    }
}

/// The time of tests: it stands at an instant until it is set to another, and also runs on.
#[derive(Debug)]
pub(crate) struct TestClock {
    started: Instant,
    /// How much longer ago it started than it did.
    skipped: Mutex<Duration>,
    pub(crate) now_ms: Mutex<i64>,
}

impl TestClock {
    /// Lets time pass.
    pub(crate) fn skip(&self, by: Duration) {
        *self.skipped.lock().unwrap() += by;
    }
}

impl Clock for TestClock {
    fn receiving_nanos(&self) -> i64 {
        *self.now_ms.lock().unwrap() * 1_000_000
    }
    fn closing(&self) -> Timestamp {
        Timestamp::from_millis(*self.now_ms.lock().unwrap())
    }
    fn elapsed(&self) -> Duration {
        self.started.elapsed() + *self.skipped.lock().unwrap()
    }
}

/// What stands between the loader and the folder of a bucket.
pub(crate) type Wrap = Arc<dyn Fn(Arc<dyn Bucket>) -> Arc<dyn Bucket> + Send + Sync>;

struct FolderPlaces {
    folder: PathBuf,
    format: FileFormat,
    wrap: Wrap,
}

#[async_trait]
impl Places for FolderPlaces {
    async fn open(&self, destination: &Destination) -> Result<Place, AccessFault> {
        let properties = destination.properties.open();
        let bucket = properties["s3_bucket"].clone();
        let format = match properties.get("output_file_format").map(String::as_str) {
            Some("csv") => FileFormat::Csv {
                delimiter: Delimiter::Comma,
                force_quote: false,
            },
            _ => self.format,
        };
        let template = match format {
            FileFormat::Jsonl => "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].jsonl",
            FileFormat::Csv { .. } => {
                "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].csv"
            }
        };
        Ok(Place {
            bucket: (self.wrap)(Arc::new(FolderBucket::open(&self.folder, bucket))),
            challenge: Some(CHALLENGE.to_owned()),
            template: ObjectKeyTemplate::parse(template, format.output_format()).unwrap(),
            format,
            max_key_part_bytes: Some(255),
        })
    }

    fn explain(&self, _place: &Place, error: &LoadError) -> AccessFault {
        AccessFault {
            code: "refused".to_owned(),
            message: error.to_string(),
        }
    }
}

/// Ends the life of a process after the so-manieth step of a sort.
pub(crate) struct CrashAfter {
    pub(crate) step: Step,
    pub(crate) count: usize,
    seen: AtomicUsize,
    crashed: Arc<Notify>,
}

impl CrashAfter {
    fn new(crash: Option<(Step, usize)>, crashed: Arc<Notify>) -> Self {
        let (step, count) = crash.unwrap_or((Step::Freed, usize::MAX));
        Self {
            step,
            count,
            seen: AtomicUsize::new(0),
            crashed,
        }
    }
}

#[async_trait]
impl Steps for CrashAfter {
    async fn done(&self, step: Step) {
        if step == self.step && self.seen.fetch_add(1, Ordering::SeqCst) + 1 == self.count {
            self.crashed.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

/// Writes down what the loader says, in words.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    lines: Mutex<Vec<String>>,
    news: Notify,
}

impl Heard {
    fn push(&self, line: String) {
        self.lines.lock().unwrap().push(line);
        self.news.notify_one();
    }

    /// Waits until so many lines begin with a word.
    pub(crate) async fn until(&self, word: &str, count: usize) {
        while self.of(word).len() < count {
            self.news.notified().await;
        }
    }

    pub(crate) fn of(&self, word: &str) -> Vec<String> {
        let heard = self.lines.lock().unwrap();
        heard
            .iter()
            .filter(|line| line.starts_with(word))
            .cloned()
            .collect()
    }
}

impl ServiceObserver for Heard {
    fn landed(&self, load: &LandedLoad<'_>) {
        let rows = load.report.rows_landed;
        self.push(format!("landed {}/{} {rows}", load.source, load.report.table));
    }
    fn failed(&self, load: &FailedLoad<'_>) {
        self.push(format!("failed {}/{} {}", load.source, load.table, load.code));
    }
    fn expiring(&self, records: &ExpiringRecords<'_>) {
        self.push(format!(
            "expiring {}/{} {}",
            records.source, records.table, records.deleted_at
        ));
    }
    fn lost(&self, records: &LostRecords<'_>) {
        self.push(format!(
            "lost {}/{} {}",
            records.source, records.table, records.records
        ));
    }
}

/// Lets time go on instead of waiting.
pub(crate) struct Leaping(pub(crate) Arc<TestClock>);

impl std::fmt::Debug for Leaping {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Leaping")
    }
}

#[async_trait]
impl Sleep for Leaping {
    async fn sleep(&self, wait: Duration) {
        self.0.skip(wait);
        tokio::task::yield_now().await;
    }
}

/// How a life ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Drained,
    /// The loader would not go on, and said why.
    Stopped(String),
    Crashed,
}

pub(crate) struct ServiceWorld {
    dir: tempfile::TempDir,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) limits: BatchLimits,
    pub(crate) format: FileFormat,
    pub(crate) memory_budget: ByteCount,
    pub(crate) wrap: Wrap,
    pub(crate) sleep: Arc<dyn Sleep>,
    pub(crate) crashed: Arc<Notify>,
    pub(crate) heard: Arc<Heard>,
}

impl ServiceWorld {
    /// The source `shop` goes to the bucket `lake`.
    pub(crate) fn new(limits: BatchLimits) -> Self {
        Self::of(limits, "lake", "shop")
    }

    pub(crate) fn of(limits: BatchLimits, bucket: &str, source: &str) -> Self {
        let world = Self {
            clock: Arc::new(TestClock {
                started: Instant::now(),
                skipped: Mutex::default(),
                now_ms: Mutex::new(1_700_000_000_000),
            }),
            dir: folder(),
            limits,
            format: FileFormat::Jsonl,
            memory_budget: ByteCount::new(64 << 20),
            wrap: Arc::new(|bucket| bucket),
            sleep: Arc::new(TokioSleep),
            crashed: Arc::default(),
            heard: Arc::default(),
        };
        world.make_bucket(bucket);
        world.live(async |catalog, _| {
            world.destination(&catalog, bucket).await;
            world.source(&catalog, source).await;
        });
        world
    }

    /// A bucket with its challenge.
    pub(crate) fn make_bucket(&self, name: &str) {
        std::fs::create_dir_all(self.bucket(name)).unwrap();
        std::fs::write(self.bucket(name).join(CHALLENGE), "").unwrap();
    }

    pub(crate) fn bucket(&self, name: &str) -> PathBuf {
        self.dir.path().join("buckets").join(name)
    }

    pub(crate) fn challenge(&self) -> PathBuf {
        self.bucket("lake").join(CHALLENGE)
    }

    pub(crate) fn catalog_path(&self) -> PathBuf {
        self.dir.path().join("catalog.sqlite")
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.closing()
    }

    /// Runs a loader while something is done beside it, then lets it drain.
    pub(crate) async fn beside(
        &self,
        catalog: Arc<Catalog>,
        log: Arc<EmbeddedLog>,
        work: impl AsyncFnOnce(&ConductorHandle),
    ) {
        let conductor = Conductor::start(self.parts(catalog, log, None)).await.unwrap();
        let handle = conductor.handle();
        let (ran, ()) = tokio::join!(conductor.run(), async {
            work(&handle).await;
            handle.drain();
        });
        ran.unwrap();
    }

    pub(crate) async fn catalog(&self) -> Arc<Catalog> {
        let instance = Instance {
            id: "instance".to_owned(),
            client_id: ClientId::new(1000),
            created_at: self.now(),
        };
        let entropy = Box::new(Counting(AtomicUsize::new(1)));
        Arc::new(
            Catalog::open(&self.catalog_path(), &SecretKey::new([7; 32]), entropy, &instance)
                .await
                .unwrap(),
        )
    }

    fn log(&self) -> Arc<EmbeddedLog> {
        Arc::new(
            EmbeddedLog::open_folder(&self.dir.path().join("log"), EmbeddedLogSettings::default()).unwrap(),
        )
    }

    pub(crate) fn act(&self) -> Act<'static> {
        Act {
            who: "test",
            at: self.now(),
        }
    }

    pub(crate) async fn destination(&self, catalog: &Catalog, bucket: &str) -> DestinationId {
        self.destination_of(catalog, bucket, "jsonl").await
    }

    /// A destination whose objects hold `format`.
    pub(crate) async fn destination_of(
        &self,
        catalog: &Catalog,
        bucket: &str,
        format: &str,
    ) -> DestinationId {
        let mut properties = DestinationProperties::default();
        properties.set("s3_bucket", bucket);
        properties.set("output_file_format", format);
        let new = NewDestination {
            name: None,
            description: None,
            properties,
            form: Form::Complete,
            unmapped_sources: UnmappedSources::Map,
            most_destinations: 10,
        };
        let made = catalog.create_destination(&new, self.act()).await.unwrap();
        self.check(catalog, made.id).await;
        made.id
    }

    /// A check of the destination succeeds.
    pub(crate) async fn check(&self, catalog: &Catalog, id: DestinationId) {
        let destination = catalog.destination(id).await.unwrap().unwrap();
        catalog.start_check(id, "check", self.now()).await.unwrap();
        let check = ConnectionCheck {
            name: "check".to_owned(),
            started_at: self.now(),
            completed_at: Some(self.now()),
            errors: Vec::new(),
            warnings: Vec::new(),
        };
        let revision = destination.access_revision;
        catalog
            .finish_check(id, revision, &check, &Verdict::Succeeded, self.now())
            .await
            .unwrap();
    }

    pub(crate) async fn source(&self, catalog: &Catalog, name: &str) -> SourceId {
        let new = NewSource {
            source_type: SourceType::ImportApi,
            name: name.to_owned(),
            display_name: name.to_owned(),
            properties: BTreeMap::new(),
            mapping: Mapping::OnlyDestination,
        };
        catalog.create_source(&new, self.act()).await.unwrap().id
    }

    /// Does something in a life of its own.
    pub(crate) fn live<T>(&self, work: impl AsyncFnOnce(Arc<Catalog>, Arc<EmbeddedLog>) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let done = runtime.block_on(async {
            let (catalog, log) = (self.catalog().await, self.log());
            let done = work(catalog.clone(), log.clone()).await;
            log.close().await;
            done
        });
        runtime.shutdown_timeout(Duration::from_secs(5));
        done
    }

    /// Accepts records of a table: each is `{"id":n}`.
    pub(crate) fn push(&self, table: &str, ids: std::ops::Range<u64>, at_once: usize) {
        let ids: Vec<u64> = ids.collect();
        self.live(async |_, log| {
            for ids in ids.chunks(at_once) {
                append(&log, &request(&[part(table, 0, ids)], self.now())).await;
            }
        });
    }

    /// Accepts one request.
    pub(crate) fn accept(&self, parts: Vec<AcceptedPart>) {
        self.accept_all(&[parts]);
    }

    /// Accepts requests, one after the other.
    pub(crate) fn accept_all(&self, requests: &[Vec<AcceptedPart>]) {
        self.live(async |_, log| {
            for parts in requests {
                append(&log, &request(parts, self.now())).await;
            }
        });
    }

    /// Puts bytes into the log that no intake would write.
    pub(crate) fn corrupt_log(&self, bytes: &'static [u8]) {
        self.live(async |_, log| {
            let entry = NewEntry {
                bytes: bytes.into(),
                at: self.now(),
            };
            log.append(Partition::FIRST, entry).await.unwrap();
        });
    }

    /// Runs a server until it has nothing more to do, or dies.
    pub(crate) fn run(&self, crash: Option<(Step, usize)>) -> End {
        self.live(async |catalog, log| self.conduct(catalog, log, crash).await)
    }

    pub(crate) async fn conduct(
        &self,
        catalog: Arc<Catalog>,
        log: Arc<EmbeddedLog>,
        crash: Option<(Step, usize)>,
    ) -> End {
        let conductor = Conductor::start(self.parts(catalog, log, crash)).await.unwrap();
        conductor.handle().drain();
        tokio::select! {
            done = conductor.run() => match done {
                Ok(()) => End::Drained,
                Err(fault) => End::Stopped(fault.to_string()),
            },
            () = self.crashed.notified() => End::Crashed,
        }
    }

    /// What a loader of this world works with.
    pub(crate) fn parts(
        &self,
        catalog: Arc<Catalog>,
        log: Arc<EmbeddedLog>,
        crash: Option<(Step, usize)>,
    ) -> ServiceParts {
        ServiceParts {
            settings: ServiceSettings {
                limits: self.limits,
                memory_budget: self.memory_budget,
                loads_at_once: 4,
                keep_unloaded: Duration::from_secs(30 * 24 * 60 * 60),
            },
            instance: "instance".to_owned(),
            log,
            catalog,
            places: Arc::new(FolderPlaces {
                folder: self.dir.path().join("buckets"),
                format: self.format,
                wrap: self.wrap.clone(),
            }),
            clock: self.clock.clone(),
            sleep: self.sleep.clone(),
            steps: Arc::new(CrashAfter::new(crash, self.crashed.clone())),
            observer: self.heard.clone(),
            notices: Arc::new(Notify::new()),
        }
    }

    /// All objects but the challenge, by key.
    pub(crate) fn objects(&self, bucket: &str) -> BTreeMap<String, String> {
        let root = self.bucket(bucket);
        let mut found = BTreeMap::new();
        collect(&root, &root, &mut found);
        found.remove(CHALLENGE);
        found
    }

    /// The `id` of every row of a table, sorted.
    pub(crate) fn ids(&self, table: &str) -> Vec<u64> {
        let objects = self.objects("lake");
        let of_table = objects
            .iter()
            .filter(|(key, _)| key.starts_with(&format!("shop/{table}/")));
        let mut ids: Vec<u64> = of_table
            .flat_map(|(_, content)| content.lines())
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap()["id"]
                    .as_u64()
                    .unwrap()
            })
            .collect();
        ids.sort_unstable();
        ids
    }
}

/// A folder in memory where the system has one: what is tested is order, and no test cuts the power.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|name| name == ".landfall-tmp") {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            let key = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.insert(key, std::fs::read_to_string(&path).unwrap());
        }
    }
}

pub(crate) fn part(table: &str, version: i64, ids: &[u64]) -> AcceptedPart {
    let mut text = String::new();
    let items = ids.iter().map(|id| {
        let start = text.len();
        text.push_str(&format!("{{\"id\":{id}}}"));
        AcceptedItem::Record(AcceptedRecord {
            sequence: *id as i64,
            extracted_at: None,
            data: start..text.len(),
        })
    });
    let items = items.collect();
    AcceptedPart {
        table: table.to_owned(),
        version: TableVersion::new(version),
        key_names: Vec::new(),
        bookmark_names: Vec::new(),
        schema: None,
        items,
        text,
    }
}

pub(crate) fn request(parts: &[AcceptedPart], received_at: Timestamp) -> AcceptedRequest {
    AcceptedRequest {
        source: SourceId::new(1),
        received_at,
        parts: parts.to_vec(),
    }
}

pub(crate) async fn append(log: &EmbeddedLog, request: &AcceptedRequest) {
    let entry = NewEntry {
        bytes: encode(request.clone()).into(),
        at: request.received_at,
    };
    log.append(Partition::FIRST, entry).await.unwrap();
}
