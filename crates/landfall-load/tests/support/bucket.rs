//! A bucket in memory that remembers the order of uploads.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use landfall_bucket::{
    Bucket, BucketError, BucketFacts, FaultKind, ObjectBody, ObjectBytes, ObjectFacts, ObjectSummary,
    Operation, PutOutcome, PutTags, WriteProbe,
};

/// An object: its key and content.
pub(crate) type Object = (String, Vec<u8>);

/// Objects in the order of upload.
#[derive(Debug, Default)]
pub(crate) struct MemoryBucket {
    objects: Mutex<Vec<Object>>,
    /// Keys that hold this text are slow to write.
    slow: Option<String>,
    /// Keys that hold this text can't be written.
    broken: Option<String>,
}

impl MemoryBucket {
    pub(crate) fn new(slow: Option<String>, broken: Option<String>) -> Self {
        Self {
            slow,
            broken,
            ..Self::default()
        }
    }

    /// How many objects it holds.
    pub(crate) fn count(&self) -> usize {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// A copy of what it holds.
    pub(crate) fn objects(&self) -> Vec<Object> {
        self.objects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[async_trait]
impl Bucket for MemoryBucket {
    fn name(&self) -> &str {
        "com-test-stitch-bucket"
    }

    fn max_key_part_bytes(&self) -> Option<usize> {
        None
    }

    async fn head_bucket(&self) -> Result<BucketFacts, BucketError> {
        Ok(BucketFacts { region: None })
    }

    async fn list(&self, _prefix: &str, _max: usize) -> Result<Vec<ObjectSummary>, BucketError> {
        unreachable!("a load lists nothing")
    }

    async fn head(&self, _key: &str) -> Result<Option<ObjectFacts>, BucketError> {
        unreachable!("no challenge file is set")
    }

    async fn put_once(
        &self,
        key: &str,
        body: Arc<dyn ObjectBody>,
        _tags: &PutTags,
    ) -> Result<PutOutcome, BucketError> {
        let is_among = |text: &Option<String>| text.as_ref().is_some_and(|text| key.contains(text));
        if is_among(&self.broken) {
            return Err(BucketError::new(Operation::PutObject, FaultKind::AccessDenied));
        }
        if is_among(&self.slow) {
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
        }
        let content: Vec<u8> = body.open(1 << 20).flatten().collect();
        assert_eq!(body.size_bytes(), content.len() as u64, "promised size of {key}");
        let again: Vec<u8> = body.open(64 << 10).flatten().collect();
        assert!(again == content, "{key} must be the same at every reading");
        assert_eq!(body.crc32(), crc32fast::hash(&content), "checksum of {key}");
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        if objects.iter().any(|(known, _)| known == key) {
            return Ok(PutOutcome::Taken);
        }
        objects.push((key.to_owned(), content));
        Ok(PutOutcome::Created { e_tag: None })
    }

    async fn read(&self, _key: &str) -> Result<ObjectBytes, BucketError> {
        unreachable!("a load reads nothing")
    }

    async fn probe_write(&self, _challenge_key: &str) -> Result<WriteProbe, BucketError> {
        unreachable!("a load probes nothing")
    }
}
