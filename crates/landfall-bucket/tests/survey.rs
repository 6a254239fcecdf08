//! What can be known of a store and its bucket without leaving anything there.

// A test that can't go on says so by panicking.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use landfall_bucket::conformance::{Pieces, tags};
use landfall_bucket::{
    Bucket, ConditionTrial, Encryption, RefusedUpload, S3Bucket, S3Config, Seen, StoreCapabilities, Support,
    WriteProbe,
};
use landfall_sim::{ChecksumHabit, ConditionalHabit, Fault, FaultRule, Occurrence, RequestKind, StoreHabits};

use crate::support::{BUCKET, CHALLENGE, World};

const YES: Support = Support::Present;
const NO: Support = Support::Absent;

fn capabilities(conditional_create: Support, checksums: Support, multipart: Support) -> StoreCapabilities {
    StoreCapabilities {
        conditional_create,
        checksums,
        multipart,
    }
}

fn assert_untouched(world: &World, case: &str) {
    let objects = world.store.objects(BUCKET);
    let left: Vec<(&str, Bytes)> = objects
        .iter()
        .map(|(key, object)| (key.as_str(), object.content()))
        .collect();
    assert_eq!(left, [(CHALLENGE, Bytes::new())], "{case}");
    assert_eq!(world.store.unfinished_uploads(), 0, "{case}");
}

#[tokio::test]
async fn the_probes_of_a_check_show_what_a_store_can_do() {
    let like_aws = StoreHabits::like_aws();
    let cases = [
        (like_aws, ConditionTrial::Kept, capabilities(YES, YES, YES)),
        (
            StoreHabits {
                conditional: ConditionalHabit::Ignored,
                ..like_aws
            },
            ConditionTrial::Absent,
            capabilities(NO, YES, YES),
        ),
        (
            StoreHabits {
                conditional: ConditionalHabit::Refused,
                checksums: ChecksumHabit::Refused,
                ..like_aws
            },
            ConditionTrial::Absent,
            capabilities(NO, NO, YES),
        ),
        (
            StoreHabits {
                checksums: ChecksumHabit::Ignored,
                ..like_aws
            },
            ConditionTrial::Kept,
            capabilities(YES, Support::Unknown, YES),
        ),
        (
            StoreHabits {
                has_multipart: false,
                ..like_aws
            },
            ConditionTrial::Kept,
            capabilities(YES, Support::Unknown, NO),
        ),
    ];
    for (habits, trial, expected) in cases {
        let case = format!("{habits:?}");
        let world = World::with_habits(habits).await;
        let bucket = world.bucket().await;
        assert_eq!(bucket.capabilities(), StoreCapabilities::UNKNOWN, "{case}");
        assert_eq!(
            bucket.probe_write(CHALLENGE).await,
            Ok(WriteProbe::Clean),
            "{case}"
        );
        assert_eq!(bucket.try_condition_on(CHALLENGE).await, Ok(trial), "{case}");
        assert_eq!(bucket.capabilities(), expected, "{case}");
        let sent = bucket.send_to_be_refused(CHALLENGE, 3 << 20).await;
        let expected = match trial {
            ConditionTrial::Kept => RefusedUpload::AfterContent,
            ConditionTrial::Absent | ConditionTrial::NotTried => RefusedUpload::NotSent,
        };
        assert_eq!(sent, Ok(expected), "{case}");
        assert_untouched(&world, &case);
    }
}

#[tokio::test]
async fn a_challenge_file_with_content_or_none_is_never_put_over() {
    for content in [Some(b"content".as_slice()), None] {
        let world = World::with_habits(StoreHabits {
            conditional: ConditionalHabit::Ignored,
            ..StoreHabits::like_aws()
        })
        .await;
        let key = match content {
            Some(content) => {
                world.store.place(BUCKET, CHALLENGE, content);
                CHALLENGE
            }
            None => "stitch-challenge-file-missing",
        };
        let bucket = world.bucket().await;
        let before = world.store.objects(BUCKET);
        assert_eq!(bucket.try_condition_on(key).await, Ok(ConditionTrial::NotTried));
        assert_eq!(
            bucket.send_to_be_refused(key, 1000).await,
            Ok(RefusedUpload::NotSent)
        );
        assert_eq!(world.store.objects(BUCKET), before);
    }
}

#[tokio::test]
async fn an_early_refusal_is_told_from_one_after_the_content() {
    let world = World::new().await;
    let bucket = world.bucket().await;
    assert_eq!(bucket.try_condition_on(CHALLENGE).await, Ok(ConditionTrial::Kept));
    world.store.script(vec![FaultRule {
        kind: RequestKind::PutObject,
        occurrence: Occurrence::Every,
        fault: Fault::access_denied(),
    }]);
    let refusal = bucket
        .send_to_be_refused(CHALLENGE, 1000)
        .await
        .expect_err("denied");
    assert_eq!(refusal.code(), Some("AccessDenied"));
    assert_untouched(&world, "after a denial");
}

#[tokio::test]
async fn what_may_not_be_looked_at_is_hidden_and_what_is_not_known_is_untold() {
    let kinds = [
        RequestKind::GetBucketVersioning,
        RequestKind::GetObjectLockConfiguration,
        RequestKind::GetBucketLifecycleConfiguration,
    ];
    let world = World::new().await;
    let rules = world.bucket().await.rules().await;
    assert_eq!(
        (rules.versioning, rules.object_lock),
        (Seen::Untold, Seen::Untold)
    );
    assert_eq!(rules.incomplete_uploads, Seen::Untold);
    let denied = kinds.map(|kind| FaultRule {
        kind,
        occurrence: Occurrence::Every,
        fault: Fault::access_denied(),
    });
    world.store.script(denied.into());
    let rules = world.bucket().await.rules().await;
    assert_eq!(
        (rules.versioning, rules.object_lock),
        (Seen::Hidden, Seen::Hidden)
    );
    assert_eq!(rules.incomplete_uploads, Seen::Hidden);
    assert_eq!(world.store.requests().len(), 3, "each is asked once");
}

#[tokio::test]
async fn every_answer_tells_the_time_of_the_store() {
    let world = World::new().await;
    let bucket = world.bucket().await;
    assert_eq!(bucket.last_answer_seconds(), None);
    bucket.head(CHALLENGE).await.expect("head");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let told = bucket.last_answer_seconds().expect("answers have a Date");
    assert!(told.abs_diff(i64::try_from(now).unwrap()) <= 60, "{told}");
}

#[tokio::test]
async fn uploads_and_probes_ask_for_the_encryption_that_is_set() {
    let key = "arn:aws:kms:eu-central-1:111122223333:key/0f1e";
    let with_key = Encryption::Kms {
        key_id: Some(key.to_owned()),
    };
    let cases = [
        (Encryption::BucketDefault, None, None),
        (Encryption::Aes256, Some("AES256"), None),
        (Encryption::Kms { key_id: None }, Some("aws:kms"), None),
        (with_key, Some("aws:kms"), Some(key)),
    ];
    for (encryption, algorithm, key) in cases {
        let case = format!("{encryption:?}");
        let world = World::new().await;
        let config = S3Config {
            encryption,
            ..world.config()
        };
        let bucket = S3Bucket::open(config, world.options()).await;
        let large = Pieces {
            piece_bytes: 10_000,
            total_bytes: 70_000,
        };
        bucket
            .put_once("small", Arc::new(Bytes::from_static(b"1")), &tags())
            .await
            .expect(&case);
        bucket
            .put_once("large", Arc::new(large), &tags())
            .await
            .expect(&case);
        bucket.probe_write(CHALLENGE).await.expect(&case);
        bucket.try_condition_on(CHALLENGE).await.expect(&case);
        let requests = world.store.requests();
        let writing = [RequestKind::PutObject, RequestKind::CreateMultipartUpload];
        assert!(
            requests
                .iter()
                .filter(|seen| writing.contains(&seen.kind))
                .count()
                >= 4,
            "{case}"
        );
        for seen in requests {
            let asked = (seen.encryption.as_deref(), seen.kms_key.as_deref());
            let expected = if writing.contains(&seen.kind) {
                (algorithm, key)
            } else {
                (None, None)
            };
            assert_eq!(asked, expected, "{case}: {:?}", seen.kind);
        }
    }
}
