//! A simulated store and a bucket of it, with instant waits.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]

pub mod process;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use landfall_bucket::{
    Credentials, Encryption, MultipartPlan, RetryPolicy, S3Bucket, S3Config, S3Options, Sleep, Timeouts,
};
use landfall_sim::{ACCESS_KEY_ID, Fault, S3Simulator, SECRET_ACCESS_KEY, SimulatorConfig, StoreHabits};

pub const BUCKET: &str = "com-test";
pub const CHALLENGE: &str = "stitch-challenge-file-af295ad1-7a4b-4881-89dc-c9be27de13a5";

/// So that a few dozen kilobytes make several parts.
pub const SMALL_PARTS: MultipartPlan = MultipartPlan {
    threshold_bytes: 64 * 1024,
    part_bytes: 24 * 1024,
};

/// Counts the waits instead of waiting.
#[derive(Debug, Default)]
pub struct NoSleep {
    pub waits: AtomicUsize,
}

#[async_trait]
impl Sleep for NoSleep {
    async fn sleep(&self, _wait: Duration) {
        self.waits.fetch_add(1, Ordering::Relaxed);
    }
}

pub struct World {
    pub store: S3Simulator,
    pub sleep: Arc<NoSleep>,
}

impl World {
    pub async fn new() -> Self {
        Self::with(SimulatorConfig::with_bucket(BUCKET)).await
    }

    pub async fn with_habits(habits: StoreHabits) -> Self {
        Self::with(SimulatorConfig {
            habits,
            ..SimulatorConfig::with_bucket(BUCKET)
        })
        .await
    }

    pub async fn in_region(region: &str) -> Self {
        let buckets = vec![(BUCKET.to_owned(), Some(region.to_owned()))];
        Self::with(SimulatorConfig {
            buckets,
            ..SimulatorConfig::with_bucket(BUCKET)
        })
        .await
    }

    pub async fn with(config: SimulatorConfig) -> Self {
        let store = S3Simulator::start(config).await.expect("a free port");
        store.place(BUCKET, CHALLENGE, b"");
        Self {
            store,
            sleep: Arc::default(),
        }
    }

    pub fn config(&self) -> S3Config {
        S3Config {
            bucket: BUCKET.to_owned(),
            region: None,
            endpoint_url: Some(self.store.endpoint_url()),
            force_path_style: true,
            credentials: Credentials::Static {
                access_key_id: ACCESS_KEY_ID.to_owned(),
                secret_access_key: SECRET_ACCESS_KEY.to_owned(),
                session_token: None,
            },
            encryption: Encryption::BucketDefault,
        }
    }

    /// Small parts; the waits of the stand-alone target, but instant.
    pub fn options(&self) -> S3Options {
        S3Options {
            retry: RetryPolicy::standalone(),
            sleep: Arc::clone(&self.sleep) as Arc<dyn Sleep>,
            timeouts: Timeouts {
                answer: Duration::from_millis(200),
                ..Timeouts::default()
            },
            multipart: MultipartPlan {
                threshold_bytes: 64 * 1024,
                part_bytes: 24 * 1024,
            },
            sts_endpoint_url: None,
        }
    }

    /// For stores that never answer: a healthy answer must fit in on a busy machine.
    pub fn impatient_options(&self) -> S3Options {
        let timeouts = Timeouts {
            answer: Duration::from_millis(200),
            ..Timeouts::default()
        };
        S3Options {
            timeouts,
            ..self.options()
        }
    }

    /// Impatient only where `fault` needs it, so that the others cannot run into a time-out by chance.
    pub async fn bucket_under(&self, fault: &Fault) -> S3Bucket {
        let options = match fault {
            Fault::Hang | Fault::HangAfter => self.impatient_options(),
            _ => self.options(),
        };
        S3Bucket::open(self.config(), options).await
    }

    pub async fn bucket(&self) -> S3Bucket {
        S3Bucket::open(self.config(), self.options()).await
    }
}
