//! A bucket that fails as it is told to.
#![allow(dead_code, unreachable_pub, reason = "each test file takes what it needs")]

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use landfall_bucket::{
    Bucket, BucketError, BucketFacts, FaultKind, ObjectBody, ObjectBytes, ObjectFacts, ObjectSummary,
    Operation, PutOutcome, PutTags, Sleep, WriteProbe,
};

use super::service_world::{ServiceWorld, TestClock};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is answered.
    Answered,
    /// It fails, and nothing has changed.
    Refused(Refusal),
    /// It is done, but its answer is lost.
    Unheard,
}

/// The faults that tests make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 500
    Internal,
    /// 503 `SlowDown`
    SlowDown,
    /// The connection was reset.
    Reset,
    /// 403
    Denied,
    /// 400 `KeyTooLongError`
    KeyTooLong,
}

impl Refusal {
    fn kind(self) -> FaultKind {
        match self {
            Self::Internal => FaultKind::ServerError,
            Self::SlowDown => FaultKind::Throttled,
            Self::Reset => FaultKind::Connect,
            Self::Denied => FaultKind::AccessDenied,
            Self::KeyTooLong => FaultKind::NameTooLong,
        }
    }
}

/// Decides for a bucket, an operation and a key.
pub(crate) type Judge = Arc<dyn Fn(&str, Operation, &str) -> Fate + Send + Sync>;

struct FailingBucket {
    inner: Arc<dyn Bucket>,
    judge: Judge,
}

impl fmt::Debug for FailingBucket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(out)
    }
}

impl FailingBucket {
    async fn answer<T>(
        &self,
        operation: Operation,
        key: &str,
        done: impl Future<Output = Result<T, BucketError>>,
    ) -> Result<T, BucketError> {
        match (self.judge)(self.inner.name(), operation, key) {
            Fate::Answered => done.await,
            Fate::Refused(fault) => Err(BucketError::new(operation, fault.kind())),
            Fate::Unheard => {
                done.await?;
                Err(BucketError::new(operation, FaultKind::Timeout))
            }
        }
    }
}

#[async_trait]
impl Bucket for FailingBucket {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn max_key_part_bytes(&self) -> Option<usize> {
        self.inner.max_key_part_bytes()
    }

    async fn head_bucket(&self) -> Result<BucketFacts, BucketError> {
        self.answer(Operation::HeadBucket, "", self.inner.head_bucket())
            .await
    }

    async fn list(&self, prefix: &str, max: usize) -> Result<Vec<ObjectSummary>, BucketError> {
        self.inner.list(prefix, max).await
    }

    async fn head(&self, key: &str) -> Result<Option<ObjectFacts>, BucketError> {
        self.answer(Operation::HeadObject, key, self.inner.head(key))
            .await
    }

    async fn put_once(
        &self,
        key: &str,
        body: Arc<dyn ObjectBody>,
        tags: &PutTags,
    ) -> Result<PutOutcome, BucketError> {
        let put = self.inner.put_once(key, body, tags);
        self.answer(Operation::PutObject, key, put).await
    }

    async fn read(&self, key: &str) -> Result<ObjectBytes, BucketError> {
        self.inner.read(key).await
    }

    async fn probe_write(&self, challenge_key: &str) -> Result<WriteProbe, BucketError> {
        self.inner.probe_write(challenge_key).await
    }
}

/// The world with buckets that fail as `judge` says.
pub(crate) fn failing(mut world: ServiceWorld, judge: Judge) -> ServiceWorld {
    world.wrap = Arc::new(move |inner| {
        Arc::new(FailingBucket {
            inner,
            judge: judge.clone(),
        })
    });
    world
}

/// Lets the clock go on instead of waiting.
pub(crate) struct Skipping(pub(crate) Arc<TestClock>);

impl fmt::Debug for Skipping {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Skipping")
    }
}

#[async_trait]
impl Sleep for Skipping {
    async fn sleep(&self, wait: Duration) {
        self.0.skip(wait);
        tokio::task::yield_now().await;
    }
}

/// Numbers that follow from a seed (splitmix64).
#[derive(Debug)]
pub(crate) struct Dice(Mutex<u64>);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    pub(crate) fn below(&self, most: u64) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % most
    }
}
