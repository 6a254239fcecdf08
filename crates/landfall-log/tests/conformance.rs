//! The embedded log keeps the contract of logs, on a simulated disk and on a real one.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use landfall_log::conformance::{Opener, suite};
use landfall_log::sim::SimDisk;
use landfall_log::{EmbeddedLog, EmbeddedLogSettings, Log, LogKey};

#[derive(Debug)]
struct OnSimulatedDisk(SimDisk, EmbeddedLogSettings);

#[async_trait]
impl Opener for OnSimulatedDisk {
    async fn open(&self) -> Arc<dyn Log> {
        Arc::new(support::open(&self.0, self.1.clone()))
    }
}

#[derive(Debug)]
struct InFolder(PathBuf);

#[async_trait]
impl Opener for InFolder {
    async fn open(&self) -> Arc<dyn Log> {
        Arc::new(EmbeddedLog::open_folder(&self.0, EmbeddedLogSettings::default()).unwrap())
    }
}

#[tokio::test]
async fn the_embedded_log_keeps_the_contract_with_many_small_segments() {
    suite(&OnSimulatedDisk(SimDisk::new(), support::small())).await;
}

#[tokio::test]
async fn the_embedded_log_keeps_the_contract_with_encryption() {
    let settings = EmbeddedLogSettings {
        key: Some(LogKey::new([3; 32])),
        ..support::small()
    };
    suite(&OnSimulatedDisk(SimDisk::new(), settings)).await;
}

#[tokio::test]
async fn the_embedded_log_keeps_the_contract_where_writes_are_short() {
    let disk = SimDisk::new();
    disk.write_at_most(37);
    suite(&OnSimulatedDisk(disk, support::small())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_log_keeps_the_contract_in_a_folder() {
    let root = tempfile::tempdir().unwrap();
    suite(&InFolder(root.path().join("log"))).await;
}
