//! The target without the binary, for runs with more retries than a test can wait for.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use landfall_bucket::{
    Credentials, Encryption, MultipartPlan, RetryPolicy, S3Bucket, S3Config, S3Options, Sleep, Timeouts,
};
use landfall_core::settings::{RawSettings, TargetSettings};
use landfall_core::time::Timestamp;
use landfall_format::{Naming, RandomKeys};
use landfall_load::{
    BatchFiles, Clock, InvalidRecords, LoadError, LoadFacts, LoadInstants, LoadReport, Loader, Observer,
    Pipeline, PipelineParts, PipelineSettings, RunError, RunInstants, RunSummary,
};
use landfall_sim::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use serde_json::{Value, json};

use super::place::{BUCKET, CHALLENGE, Place, Store};

/// Objects of a few kilobytes are uploaded in parts.
pub const SMALL_PARTS: MultipartPlan = MultipartPlan {
    threshold_bytes: 4 * 1024,
    part_bytes: 2 * 1024,
};

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    pub result: Result<RunSummary, RunError>,
    pub states: Vec<String>,
}

/// Loads an input into a store, with the stand-alone target's retries but without their waits.
pub fn load(store: &Store, more: Value, multipart: MultipartPlan, input: &str) -> Outcome {
    let settings = settings(&store.settings_with(more));
    let states = SharedOutput::default();
    let result = run(store, settings, multipart, states.clone(), input);
    let states = states.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Outcome {
        result,
        states: String::from_utf8(states)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect(),
    }
}

fn run(
    store: &Store,
    settings: TargetSettings,
    multipart: MultipartPlan,
    output: SharedOutput,
    input: &str,
) -> Result<RunSummary, RunError> {
    let handle = store.runtime().handle();
    let bucket: Arc<S3Bucket> = Arc::new(handle.block_on(bucket(store, multipart)));
    let (clock, instants) = (
        Arc::new(RunningClock(Instant::now())),
        Arc::new(LoadInstants::default()),
    );
    let loader = Loader::new(
        bucket,
        Some(CHALLENGE.to_owned()),
        Arc::new(RunInstants {
            instants: instants.clone(),
            clock: clock.clone(),
        }),
    );
    handle.block_on(loader.check_access())?;
    let parts = PipelineParts {
        settings: pipeline_settings(settings),
        loader: Some(Arc::new(loader)),
        instants,
        runtime: handle.clone(),
        clock,
        keys: Box::new(|| Box::new(RandomKeys::default())),
        files: Box::new(NoFiles),
        output: Box::new(output),
        observer: Arc::new(Silent),
    };
    let mut pipeline = Pipeline::start(parts).map_err(RunError::Input)?;
    // In pieces, so that loads run while input is cut.
    for piece in input.as_bytes().chunks(8 * 1024) {
        pipeline.feed(piece.to_owned())?;
    }
    pipeline.finish()
}

async fn bucket(store: &Store, multipart: MultipartPlan) -> S3Bucket {
    let config = S3Config {
        bucket: BUCKET.to_owned(),
        region: None,
        endpoint_url: Some(store.server().endpoint_url()),
        force_path_style: true,
        credentials: Credentials::Static {
            access_key_id: ACCESS_KEY_ID.to_owned(),
            secret_access_key: SECRET_ACCESS_KEY.to_owned(),
            session_token: None,
        },
        encryption: Encryption::BucketDefault,
    };
    let options = S3Options {
        retry: RetryPolicy::standalone(),
        sleep: Arc::new(NoWaits),
        timeouts: Timeouts {
            answer: Duration::from_secs(20),
            ..Timeouts::default()
        },
        multipart,
        sts_endpoint_url: None,
    };
    S3Bucket::open(config, options).await
}

fn settings(settings: &Value) -> TargetSettings {
    let mut raw = RawSettings::default();
    raw.add_file(&settings.to_string()).unwrap();
    TargetSettings::parse(raw)
        .unwrap_or_else(|problems| panic!("{problems:?}"))
        .0
}

fn pipeline_settings(settings: TargetSettings) -> PipelineSettings {
    PipelineSettings {
        naming: Arc::new(Naming {
            integration: settings.integration_name.as_str().to_owned(),
            template: settings.destination.key_template,
            format: settings.destination.format,
            max_key_part_bytes: None,
        }),
        bucket: BUCKET.to_owned(),
        limits: settings.batch,
        memory_budget: settings.memory_budget,
        validates_records: settings.validate_records,
        invalid_records: InvalidRecords::Reject,
        processes_activate_version: true,
        workers: 2,
        loads_at_once: 3,
    }
}

/// Makes waits instant.
#[derive(Debug)]
struct NoWaits;

#[async_trait]
impl Sleep for NoWaits {
    async fn sleep(&self, _wait: Duration) {}
}

/// Starts in July 2019 and runs as fast as any other.
struct RunningClock(Instant);

impl Clock for RunningClock {
    fn receiving_nanos(&self) -> i64 {
        1_563_294_550_038_000_000 + i64::try_from(self.0.elapsed().as_nanos()).unwrap()
    }

    fn closing(&self) -> Timestamp {
        Timestamp::from_millis(self.receiving_nanos() / 1_000_000)
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

struct NoFiles;

impl BatchFiles for NoFiles {
    fn open(&self, name: &str) -> std::io::Result<Box<dyn Read + Send>> {
        Err(std::io::Error::other(format!("{name} is not there")))
    }
}

struct Silent;

impl Observer for Silent {
    fn warn(&self, _message: &str) {}

    fn prepared(&self, _stream: &str, _records: u64, _record_bytes: u64) {}

    fn loaded(&self, _report: &LoadReport, _facts: &LoadFacts) {}

    fn failed(&self, _table: &str, _took: Duration, _error: &LoadError) {}
}

#[derive(Debug, Clone, Default)]
struct SharedOutput(Arc<Mutex<Vec<u8>>>);

impl Write for SharedOutput {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Settings with batches so small that a few thousand records make many loads.
pub fn small_batches(rows: u64, format: &str) -> Value {
    json!({"batch_size_rows": rows, "output_file_format": format})
}
