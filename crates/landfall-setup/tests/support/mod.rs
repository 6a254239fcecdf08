//! Probes that answer by a script, and a clock that ticks.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use landfall_bucket::{
    BucketError, BucketFacts, BucketRules, CallerIdentity, ConditionTrial, ObjectFacts, ObjectSummary,
    RefusedUpload, Seen, StoreCapabilities, WriteProbe,
};
use landfall_core::bucket_name::{BucketHost, BucketName};
use landfall_core::settings::{ChallengeKey, ServerSideEncryption};
use landfall_core::time::Timestamp;
use landfall_setup::{
    Check, CheckContext, CheckEvent, CheckReport, Identity, Place, Probes, SignIn, Step, Survey,
};

pub const BUCKET: &str = "com-test-stitch-bucket";
pub const CHALLENGE: &str = "stitch-challenge-file-af295ad1-7a4b-4881-89dc-c9be27de13a5";

/// What each probe answers.
#[derive(Debug, Clone)]
pub struct Script {
    pub identity: Result<Identity, BucketError>,
    pub head_bucket: Result<BucketFacts, BucketError>,
    pub list: Result<Vec<ObjectSummary>, BucketError>,
    pub head: Result<Option<ObjectFacts>, BucketError>,
    pub probe_write: Result<WriteProbe, BucketError>,
    pub capabilities: StoreCapabilities,
    pub answer_seconds: Option<i64>,
    pub rules: BucketRules,
    pub condition: Result<ConditionTrial, BucketError>,
    pub refused: Result<RefusedUpload, BucketError>,
}

/// This host's time in every check by script.
pub const CLOCK_SECONDS: i64 = 1_563_294_550;

impl Script {
    pub fn healthy() -> Self {
        Self {
            identity: Ok(Identity::Caller(CallerIdentity {
                account: "111122223333".to_owned(),
                arn: "arn:aws:sts::111122223333:assumed-role/landfall-loader/i-0".to_owned(),
            })),
            head_bucket: Ok(BucketFacts {
                region: Some("eu-central-1".to_owned()),
            }),
            list: Ok(vec![summary("")]),
            head: Ok(Some(object(0))),
            probe_write: Ok(WriteProbe::Clean),
            capabilities: StoreCapabilities::AWS,
            answer_seconds: Some(CLOCK_SECONDS),
            rules: BucketRules {
                versioning: Seen::Hidden,
                object_lock: Seen::Hidden,
                incomplete_uploads: Seen::Hidden,
            },
            condition: Ok(ConditionTrial::Kept),
            refused: Ok(RefusedUpload::AfterContent),
        }
    }
}

#[async_trait]
impl Probes for Script {
    async fn identity(&self) -> Result<Identity, BucketError> {
        self.identity.clone()
    }

    async fn head_bucket(&self) -> Result<BucketFacts, BucketError> {
        self.head_bucket.clone()
    }

    async fn list(&self, prefix: &str, max: usize) -> Result<Vec<ObjectSummary>, BucketError> {
        assert_eq!((prefix, max), (CHALLENGE, 10));
        self.list.clone()
    }

    async fn head(&self, key: &str) -> Result<Option<ObjectFacts>, BucketError> {
        assert_eq!(key, CHALLENGE);
        self.head.clone()
    }

    async fn probe_write(&self, challenge_key: &str) -> Result<WriteProbe, BucketError> {
        assert_eq!(challenge_key, CHALLENGE);
        self.probe_write.clone()
    }

    fn capabilities(&self) -> StoreCapabilities {
        self.capabilities
    }

    fn last_answer_seconds(&self) -> Option<i64> {
        self.answer_seconds
    }

    async fn rules(&self) -> BucketRules {
        self.rules.clone()
    }

    async fn try_condition(&self, challenge_key: &str) -> Result<ConditionTrial, BucketError> {
        assert_eq!(challenge_key, CHALLENGE);
        self.condition.clone()
    }

    async fn send_to_be_refused(
        &self,
        challenge_key: &str,
        _bytes: u64,
    ) -> Result<RefusedUpload, BucketError> {
        assert_eq!(challenge_key, CHALLENGE);
        assert_eq!(
            self.condition,
            Ok(ConditionTrial::Kept),
            "nothing is sent before that"
        );
        self.refused.clone()
    }
}

/// A listed object whose key is that of the challenge with `more` after it.
pub fn summary(more: &str) -> ObjectSummary {
    ObjectSummary {
        key: format!("{CHALLENGE}{more}"),
        size_bytes: 0,
    }
}

pub fn object(size_bytes: u64) -> ObjectFacts {
    ObjectFacts {
        size_bytes,
        e_tag: None,
        crc32: None,
        content_type: None,
        load_id: None,
        part: None,
    }
}

pub fn challenge() -> ChallengeKey {
    ChallengeKey::parse(CHALLENGE).expect("a name")
}

pub fn aws_context() -> CheckContext {
    CheckContext {
        bucket: BucketName::parse(BUCKET, BucketHost::Amazon).expect("a name"),
        place: Place::Aws,
        sign_in: SignIn::Ambient,
        fixed_region: None,
        encryption: ServerSideEncryption::BucketDefault,
        shown_principal: None,
    }
}

/// Runs a check whose clock ticks by 7 ms a reading; with it each step told, and whether as ended.
pub async fn run(context: &CheckContext, probes: &dyn Probes) -> (CheckReport, Vec<(Step, bool)>) {
    let ticks = AtomicU64::new(0);
    let now = || Duration::from_millis(7 * ticks.fetch_add(1, Ordering::Relaxed));
    let challenge = challenge();
    let check = Check {
        context,
        challenge: &challenge,
        probes,
        now: &now,
        clock: &|| Timestamp::from_millis(CLOCK_SECONDS * 1000),
    };
    let mut told = Vec::new();
    let mut observe = |event: CheckEvent<'_>| match event {
        CheckEvent::Started(step) => told.push((step, false)),
        CheckEvent::Ended { result, .. } => told.push((result.step, true)),
    };
    let mut report = check.run(&mut observe).await;
    let mut survey = Survey::default();
    check.survey(&report, &mut survey).await;
    report.conclude(context, &survey);
    (report, told)
}

/// Compares with a file of `tests/expected`; `UPDATE_DOCS=1` writes it.
pub fn assert_is_file(text: &str, name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/expected")
        .join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, text).expect("the folder is writable");
    }
    let expected = fs::read_to_string(&path).expect(name);
    assert_eq!(text, expected, "{name}: UPDATE_DOCS=1 writes it");
}
