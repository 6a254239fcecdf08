//! Buckets of both kinds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use landfall_sim::{ACCESS_KEY_ID, FaultRule, S3Simulator, SECRET_ACCESS_KEY, SeenRequest, SimulatorConfig};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub const BUCKET: &str = "com-test-stitch-bucket";
pub const CHALLENGE: &str = "stitch-challenge-file-af295ad1-7a4b-4881-89dc-c9be27de13a5";

/// Objects by their keys, without the challenge file.
pub type Objects = BTreeMap<String, String>;

/// Where a run loads to.
pub trait Place {
    /// Settings that lead there; the challenge file is among them.
    fn settings(&self) -> Value;

    /// What is visible there now.
    fn objects(&self) -> Objects;

    /// [`settings`](Self::settings), and some more; `null` takes one away.
    fn settings_with(&self, more: Value) -> Value {
        let mut settings = self.settings();
        for (name, value) in more.as_object().unwrap() {
            settings[name] = value.clone();
        }
        settings
    }
}

/// A bucket folder.
#[derive(Debug)]
pub struct Folder {
    root: TempDir,
}

impl Folder {
    pub fn new() -> Self {
        let folder = Self {
            root: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(folder.bucket()).unwrap();
        std::fs::write(folder.bucket().join(CHALLENGE), "").unwrap();
        folder
    }

    pub fn bucket(&self) -> PathBuf {
        self.root.path().join(BUCKET)
    }
}

impl Place for Folder {
    fn settings(&self) -> Value {
        json!({
            "s3_bucket": BUCKET,
            "integration_name": "demo",
            "sentinel_key": CHALLENGE,
            "s3_endpoint_url": format!("file://{}", self.root.path().display()),
        })
    }

    fn objects(&self) -> Objects {
        let mut objects = Objects::new();
        let bucket = self.bucket();
        gather(&bucket, &bucket, &mut objects);
        objects.remove(CHALLENGE);
        objects
    }
}

/// Objects below `folder`; the one for unfinished objects is none of the bucket's.
fn gather(bucket: &Path, folder: &Path, objects: &mut Objects) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let key = path.strip_prefix(bucket).unwrap().to_str().unwrap().to_owned();
        if key == ".landfall-tmp" {
            continue;
        }
        if path.is_dir() {
            gather(bucket, &path, objects);
        } else {
            objects.insert(key, std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// A simulated S3 server.
#[derive(Debug)]
pub struct Store {
    server: S3Simulator,
    runtime: Runtime,
}

impl Store {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let server = runtime
            .block_on(S3Simulator::start(SimulatorConfig::with_bucket(BUCKET)))
            .unwrap();
        server.place(BUCKET, CHALLENGE, b"");
        Self { server, runtime }
    }

    /// A store at which things go wrong.
    pub fn with_faults(rules: Vec<FaultRule>) -> Self {
        let store = Self::new();
        store.server.script(rules);
        store
    }

    pub fn server(&self) -> &S3Simulator {
        &self.server
    }

    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    pub fn requests(&self) -> Vec<SeenRequest> {
        self.server.requests()
    }
}

impl Place for Store {
    fn settings(&self) -> Value {
        json!({
            "s3_bucket": BUCKET,
            "integration_name": "demo",
            "sentinel_key": CHALLENGE,
            "s3_endpoint_url": self.server.endpoint_url(),
            "aws_auth_mode": "static",
            "aws_access_key_id": ACCESS_KEY_ID,
            "aws_secret_access_key": SECRET_ACCESS_KEY,
        })
    }

    fn objects(&self) -> Objects {
        let stored = self
            .server
            .objects(BUCKET)
            .into_iter()
            .filter(|(key, _)| key != CHALLENGE);
        stored
            .map(|(key, object)| (key, String::from_utf8_lossy(&object.content()).into_owned()))
            .collect()
    }
}
