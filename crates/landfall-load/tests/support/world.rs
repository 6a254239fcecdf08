//! One run of the target, without the binary.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use landfall_core::settings::{OnInvalidRecord, RawSettings, TargetSettings};
use landfall_core::time::Timestamp;
use landfall_format::{KeySource, Naming};
use landfall_load::{
    BatchFiles, Clock, InvalidRecords, LoadError, LoadFacts, LoadInstants, LoadReport, Loader, Observer,
    Pipeline, PipelineParts, PipelineSettings, RunError, RunInstants, RunSummary,
};
use serde_json::{Map, Value, json};

use super::bucket::{MemoryBucket, Object};

/// What a run is given beside its input.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) settings: Value,
    pub(crate) received_ms: Vec<i64>,
    pub(crate) load_ms: Vec<i64>,
    pub(crate) uuids: Vec<String>,
    pub(crate) workers: usize,
    pub(crate) is_dry: bool,
    pub(crate) max_key_part_bytes: Option<usize>,
    /// Keys that hold this text are slow to write.
    pub(crate) slow: Option<String>,
    /// Keys that hold this text can't be written.
    pub(crate) broken: Option<String>,
}

/// How a run went.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) objects: Vec<Object>,
    pub(crate) stdout: String,
    /// How many objects the bucket held when each line of stdout came.
    pub(crate) objects_at_line: Vec<usize>,
    pub(crate) warnings: Vec<String>,
    pub(crate) result: Result<RunSummary, RunError>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            settings: json!({"integration_name": "demo"}),
            received_ms: vec![1_699_999_999_001],
            load_ms: vec![1_700_000_000_123],
            uuids: Vec::new(),
            workers: 1,
            is_dry: false,
            max_key_part_bytes: None,
            slow: None,
            broken: None,
        }
    }
}

/// How the input is handed over.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Feeding<'f> {
    /// Each piece is dealt with, loads included, before the next one comes.
    Settled(&'f [Vec<u8>]),
    /// Pieces follow each other at once.
    Flowing(&'f [Vec<u8>]),
}

impl World {
    /// The world of a case of vectors.
    pub(crate) fn of(case: &Value) -> Self {
        let args = case.get("args").and_then(Value::as_array);
        let mut world = Self {
            settings: case["settings"].clone(),
            ..Self::default()
        };
        world.uuids = super::cases::uuids(case);
        world.is_dry = args.is_some_and(|args| args.contains(&json!("--dry-run")));
        if let Some(readings) = super::cases::readings(case, "received_ms") {
            world.received_ms = readings;
        }
        if let Some(readings) = super::cases::readings(case, "load_ms") {
            world.load_ms = readings;
        }
        world
    }

    fn parsed_settings(&self) -> TargetSettings {
        let mut all: Map<String, Value> = self.settings.as_object().unwrap().clone();
        all.entry("s3_bucket")
            .or_insert_with(|| json!("com-test-stitch-bucket"));
        all.entry("s3_endpoint_url")
            .or_insert_with(|| json!("http://127.0.0.1:9000"));
        let mut raw = RawSettings::default();
        raw.add_object(all);
        TargetSettings::parse(raw)
            .unwrap_or_else(|problems| panic!("{problems:?}"))
            .0
    }

    /// Runs the target over an input.
    pub(crate) fn run(&self, input: Feeding<'_>) -> Outcome {
        let settings = self.parsed_settings();
        let bucket = Arc::new(MemoryBucket::new(self.slow.clone(), self.broken.clone()));
        let clock = Arc::new(ListedClock::new(&self.received_ms, &self.load_ms));
        let instants = Arc::new(LoadInstants::default());
        let loader = Loader::new(
            bucket.clone(),
            None,
            Arc::new(RunInstants {
                instants: instants.clone(),
                clock: clock.clone(),
            }),
        );
        let (output, observer) = (SharedOutput::of(&bucket), Arc::new(Witness::default()));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        let parts = PipelineParts {
            settings: pipeline_settings(&settings, self),
            loader: (!self.is_dry).then(|| Arc::new(loader)),
            instants,
            runtime: runtime.handle().clone(),
            clock,
            keys: key_factory(&self.uuids),
            files: Box::new(LocalFiles),
            output: Box::new(output.clone()),
            observer: observer.clone(),
        };
        let result = drive(Pipeline::start(parts).unwrap(), input);
        Outcome {
            objects: bucket.objects(),
            stdout: output.text(),
            objects_at_line: output.objects_at_line(),
            warnings: observer
                .warnings
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            result,
        }
    }
}

fn drive(mut pipeline: Pipeline, input: Feeding<'_>) -> Result<RunSummary, RunError> {
    let (pieces, settles) = match input {
        Feeding::Settled(pieces) => (pieces, true),
        Feeding::Flowing(pieces) => (pieces, false),
    };
    for piece in pieces {
        pipeline.feed(piece.clone())?;
        if settles {
            pipeline.settle()?;
        }
    }
    pipeline.finish()
}

fn pipeline_settings(settings: &TargetSettings, world: &World) -> PipelineSettings {
    PipelineSettings {
        naming: Arc::new(Naming {
            integration: settings.integration_name.as_str().to_owned(),
            template: settings.destination.key_template.clone(),
            format: settings.destination.format,
            max_key_part_bytes: world.max_key_part_bytes,
        }),
        bucket: "com-test-stitch-bucket".to_owned(),
        limits: settings.batch,
        memory_budget: settings.memory_budget,
        validates_records: settings.validate_records,
        invalid_records: match settings.on_invalid_record {
            OnInvalidRecord::Reject => InvalidRecords::Reject,
            OnInvalidRecord::Fail => InvalidRecords::Fail,
        },
        processes_activate_version: settings.process_activate_version_messages,
        workers: world.workers,
        loads_at_once: 4,
    }
}

/// Reads two lists; the last reading of each repeats.
#[derive(Debug)]
struct ListedClock {
    received: Mutex<VecDeque<i64>>,
    loads: Mutex<VecDeque<i64>>,
}

impl ListedClock {
    fn new(received_ms: &[i64], load_ms: &[i64]) -> Self {
        let list = |readings: &[i64]| Mutex::new(readings.iter().copied().collect());
        Self {
            received: list(received_ms),
            loads: list(load_ms),
        }
    }
}

fn next_reading(readings: &Mutex<VecDeque<i64>>) -> i64 {
    let mut readings = readings.lock().unwrap_or_else(PoisonError::into_inner);
    let reading = *readings.front().unwrap();
    if readings.len() > 1 {
        readings.pop_front();
    }
    reading
}

impl Clock for ListedClock {
    fn receiving_nanos(&self) -> i64 {
        next_reading(&self.received) * 1_000_000
    }

    fn closing(&self) -> Timestamp {
        Timestamp::from_millis(next_reading(&self.loads))
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

/// The first source made is the conductor's own; all others take from the list.
fn key_factory(uuids: &[String]) -> Box<dyn Fn() -> Box<dyn KeySource + Send> + Send> {
    let listed: Arc<Mutex<VecDeque<String>>> = Arc::new(Mutex::new(uuids.iter().cloned().collect()));
    let made = AtomicUsize::new(0);
    Box::new(move || {
        let is_first = made.fetch_add(1, Ordering::Relaxed) == 0;
        Box::new(ListedKeys((!is_first).then(|| listed.clone())))
    })
}

/// Keys of the list; the same one for ever where there is none left.
struct ListedKeys(Option<Arc<Mutex<VecDeque<String>>>>);

impl KeySource for ListedKeys {
    fn next_key(&mut self) -> [u8; 36] {
        let listed = self.0.as_ref();
        let key = listed.and_then(|listed| listed.lock().unwrap_or_else(PoisonError::into_inner).pop_front());
        key.map_or(*b"00000000-0000-4000-8000-000000000000", |key| {
            key.as_bytes().try_into().unwrap()
        })
    }
}

/// Files of this machine.
struct LocalFiles;

impl BatchFiles for LocalFiles {
    fn open(&self, name: &str) -> std::io::Result<Box<dyn Read + Send>> {
        let path = name.strip_prefix("file://").unwrap_or(name);
        Ok(Box::new(std::fs::File::open(path)?))
    }
}

/// Keeps what is written, and what the bucket held then.
#[derive(Debug, Clone)]
struct SharedOutput {
    bucket: Arc<MemoryBucket>,
    lines: Arc<Mutex<Vec<Line>>>,
}

/// What was written at once, and how many objects there were.
type Line = (Vec<u8>, usize);

impl SharedOutput {
    fn of(bucket: &Arc<MemoryBucket>) -> Self {
        Self {
            bucket: bucket.clone(),
            lines: Arc::default(),
        }
    }

    fn text(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines
            .iter()
            .map(|(line, _)| String::from_utf8(line.clone()).unwrap())
            .collect()
    }

    fn objects_at_line(&self) -> Vec<usize> {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(|(_, objects)| *objects)
            .collect()
    }
}

impl Write for SharedOutput {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let line = (bytes.to_vec(), self.bucket.count());
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keeps the warnings.
#[derive(Debug, Default)]
struct Witness {
    warnings: Mutex<Vec<String>>,
}

impl Observer for Witness {
    fn warn(&self, message: &str) {
        self.warnings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(message.to_owned());
    }

    fn prepared(&self, _stream: &str, _records: u64, _record_bytes: u64) {}

    fn loaded(&self, _report: &LoadReport, _facts: &LoadFacts) {}

    fn failed(&self, _table: &str, _took: Duration, _error: &LoadError) {}
}
