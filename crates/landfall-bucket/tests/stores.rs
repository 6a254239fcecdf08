//! Regions, wrong keys, and stores that are not quite like S3.

// A test that can't go on says so by panicking.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::sync::Arc;

use bytes::Bytes;
use landfall_bucket::conformance::tags;
use landfall_bucket::{Bucket, Credentials, FaultKind, PutOutcome, Reaction, S3Bucket, S3Config, WriteProbe};
use landfall_sim::{
    ACCESS_KEY_ID, ChecksumHabit, ConditionalHabit, ETagHabit, Fault, FaultRule, Occurrence, RequestKind,
    StoreHabits,
};

use crate::support::{BUCKET, CHALLENGE, World};

async fn put(bucket: &S3Bucket, key: &str, content: &'static str) -> PutOutcome {
    bucket
        .put_once(key, Arc::new(Bytes::from_static(content.as_bytes())), &tags())
        .await
        .expect(key)
}

fn count(world: &World, kind: RequestKind) -> usize {
    world
        .store
        .requests()
        .iter()
        .filter(|seen| seen.kind == kind)
        .count()
}

#[tokio::test]
async fn the_region_is_found_from_whatever_is_asked_first() {
    let world = World::in_region("eu-central-1").await;
    let bucket = world.bucket().await;
    let facts = bucket.head_bucket().await.expect("followed");
    assert_eq!(facts.region.as_deref(), Some("eu-central-1"));
    assert_eq!(
        world
            .bucket()
            .await
            .list("stitch", 10)
            .await
            .expect("followed")
            .len(),
        1
    );
    assert!(
        world
            .bucket()
            .await
            .head(CHALLENGE)
            .await
            .expect("followed")
            .is_some()
    );
    let bucket = world.bucket().await;
    let created = put(&bucket, "a/1", "x").await;
    assert!(matches!(created, PutOutcome::Created { .. }), "{created:?}");
    world.store.script(Vec::new());
    bucket.head(CHALLENGE).await.expect("head");
    assert_eq!(world.store.requests().len(), 1, "the region is remembered");
}

#[tokio::test]
async fn a_wrong_fixed_region_is_told_with_the_right_one() {
    let world = World::in_region("eu-central-1").await;
    let config = S3Config {
        region: Some("us-east-1".to_owned()),
        ..world.config()
    };
    let bucket = S3Bucket::open(config, world.options()).await;
    let here = FaultKind::Redirect {
        region: Some("eu-central-1".to_owned()),
    };
    let cases = [
        (
            bucket.head_bucket().await.map(drop),
            "An error occurred (301) when calling the HeadBucket operation: Moved Permanently",
        ),
        (
            bucket.head(CHALLENGE).await.map(drop),
            "An error occurred (301) when calling the HeadObject operation: Moved Permanently",
        ),
        (
            bucket.list("", 1).await.map(drop),
            "An error occurred (AuthorizationHeaderMalformed) when calling the ListObjectsV2 operation: \
             The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'",
        ),
    ];
    for (answer, message) in cases {
        let refusal = answer.expect_err(message);
        assert_eq!(refusal.raw_message(), message);
        assert_eq!(*refusal.kind(), here, "{message}");
        assert_eq!(refusal.reaction(), Reaction::AskOperator, "{message}");
    }
}

#[tokio::test]
async fn wrong_keys_are_told_apart() {
    let world = World::new().await;
    let with = |access_key_id: &str| S3Config {
        credentials: Credentials::Static {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: "not the secret".to_owned(),
            session_token: None,
        },
        ..world.config()
    };
    let unknown = S3Bucket::open(with("AKIDUNKNOWN"), world.options()).await;
    let refusal = unknown.list("", 1).await.expect_err("an unknown key");
    assert_eq!(*refusal.kind(), FaultKind::InvalidAccessKeyId);
    assert_eq!(
        refusal.raw_message(),
        "An error occurred (InvalidAccessKeyId) when calling the ListObjectsV2 operation: The AWS Access Key Id \
         you provided does not exist in our records."
    );
    let wrong = S3Bucket::open(with(ACCESS_KEY_ID), world.options()).await;
    let refusal = wrong.list("", 1).await.expect_err("a wrong secret");
    assert_eq!(*refusal.kind(), FaultKind::SignatureDoesNotMatch);
    assert!(!format!("{refusal} {refusal:?} {wrong:?}").contains("not the secret"));
}

#[tokio::test]
async fn answers_become_the_facts_and_the_texts_of_the_catalogue() {
    let refuse = |status, code, message| Fault::Refuse {
        status,
        code,
        message,
    };
    let kms = "User is not authorized to perform: kms:GenerateDataKey on the resource";
    let cases = [
        (
            refuse(403, "AccessDenied", "Access Denied"),
            FaultKind::AccessDenied,
            "(AccessDenied) Access Denied",
        ),
        (
            refuse(403, "AccessDenied", kms),
            FaultKind::KmsDenied,
            &format!("(AccessDenied) {kms}"),
        ),
        (
            refuse(400, "KMS.DisabledException", "Off"),
            FaultKind::KmsDenied,
            "(KMS.DisabledException) Off",
        ),
        (
            refuse(400, "ExpiredToken", "The provided token has expired."),
            FaultKind::ExpiredToken,
            "(ExpiredToken) The provided token has expired.",
        ),
        (
            refuse(403, "RequestTimeTooSkewed", "Too large."),
            FaultKind::ClockSkew,
            "(RequestTimeTooSkewed) Too large.",
        ),
        (
            refuse(404, "NoSuchBucket", "None."),
            FaultKind::NoSuchBucket,
            "(NoSuchBucket) None.",
        ),
        (
            refuse(400, "EntityTooLarge", "Your proposed upload exceeds the maximum."),
            FaultKind::ObjectTooLarge,
            "(EntityTooLarge) Your proposed upload exceeds the maximum.",
        ),
        (
            refuse(400, "KeyTooLongError", "Your key is too long."),
            FaultKind::NameTooLong,
            "(KeyTooLongError) Your key is too long.",
        ),
        (
            refuse(400, "XMinioInvalidObjectName", "No such name."),
            FaultKind::InvalidKey,
            "(XMinioInvalidObjectName) No such name.",
        ),
        (
            Fault::not_implemented(),
            FaultKind::NotImplemented,
            "(NotImplemented) A header you provided implies functionality that is not implemented",
        ),
        (
            Fault::slow_down(),
            FaultKind::Throttled,
            "(SlowDown) Please reduce your request rate.",
        ),
    ];
    for (fault, kind, text) in cases {
        let world = World::new().await;
        let rule = FaultRule {
            kind: RequestKind::ListObjectsV2,
            occurrence: Occurrence::Every,
            fault,
        };
        world.store.script(vec![rule]);
        let refusal = world.bucket().await.list("", 1).await.expect_err(text);
        assert_eq!(*refusal.kind(), kind, "{text}");
        let (code, text) = text.split_once(' ').expect("code and text");
        let message = format!("An error occurred {code} when calling the ListObjectsV2 operation: {text}");
        assert_eq!(refusal.raw_message(), message);
    }
}

#[tokio::test]
async fn head_requests_are_told_by_their_status() {
    let cases = [
        (
            403,
            FaultKind::Forbidden,
            "(403) when calling the HeadBucket operation: Forbidden",
        ),
        (
            404,
            FaultKind::NoSuchBucket,
            "(404) when calling the HeadBucket operation: Not Found",
        ),
        (
            400,
            FaultKind::BadRequest,
            "(400) when calling the HeadBucket operation: Bad Request",
        ),
        (
            503,
            FaultKind::ServerError,
            "(503) when calling the HeadBucket operation: Service Unavailable",
        ),
    ];
    for (status, kind, text) in cases {
        let world = World::new().await;
        let fault = Fault::Refuse {
            status,
            code: "Hidden",
            message: "hidden",
        };
        let rule = FaultRule {
            kind: RequestKind::HeadBucket,
            occurrence: Occurrence::Every,
            fault,
        };
        world.store.script(vec![rule]);
        let refusal = world.bucket().await.head_bucket().await.expect_err(text);
        assert_eq!(*refusal.kind(), kind, "{status}");
        assert_eq!(refusal.raw_message(), format!("An error occurred {text}"));
    }
}

#[tokio::test]
async fn no_answer_is_told_with_the_address() {
    let world = World::new().await;
    let closed = "http://127.0.0.1:9".to_owned();
    let config = S3Config {
        endpoint_url: Some(closed.clone()),
        ..world.config()
    };
    let refusal = S3Bucket::open(config, world.options())
        .await
        .head(CHALLENGE)
        .await
        .expect_err("nobody");
    assert_eq!(*refusal.kind(), FaultKind::Connect);
    assert_eq!(
        refusal.raw_message(),
        format!("Could not connect to the endpoint URL: \"{closed}\"")
    );

    let unencrypted = world.store.endpoint_url().replace("http:", "https:");
    let config = S3Config {
        endpoint_url: Some(unencrypted.clone()),
        ..world.config()
    };
    let refusal = S3Bucket::open(config, world.options())
        .await
        .head(CHALLENGE)
        .await
        .expect_err("no TLS");
    assert_eq!(*refusal.kind(), FaultKind::Tls, "{refusal:?}");
    assert_eq!(
        refusal.raw_message(),
        format!("SSL validation failed for {unencrypted}")
    );
}

#[tokio::test]
async fn a_store_that_keeps_the_condition_is_asked_only_once_per_object() {
    let world = World::new().await;
    let bucket = world.bucket().await;
    world.store.script(Vec::new());
    put(&bucket, "a/1", "first").await;
    assert_eq!(
        count(&world, RequestKind::PutObject),
        2,
        "the object, and the trial of the condition"
    );
    world.store.script(Vec::new());
    put(&bucket, "a/2", "second").await;
    let requests = world.store.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert!(
        requests[0].is_conditional && requests[0].has_new_checksum,
        "{requests:?}"
    );
}

#[tokio::test]
async fn a_store_without_conditional_writes_is_looked_at_first() {
    for conditional in [ConditionalHabit::Ignored, ConditionalHabit::Refused] {
        for checksums in [ChecksumHabit::Kept, ChecksumHabit::Refused] {
            let case = format!("{conditional:?}, checksums {checksums:?}");
            let world = World::with_habits(StoreHabits {
                conditional,
                checksums,
                e_tags: ETagHabit::Md5,
                ..StoreHabits::like_aws()
            })
            .await;
            world.store.place(BUCKET, "a/taken", b"someone else's");
            let bucket = world.bucket().await;
            assert_eq!(put(&bucket, "a/taken", "ours").await, PutOutcome::Taken, "{case}");
            put(&bucket, "a/1", "first").await;
            world.store.script(Vec::new());
            put(&bucket, "a/2", "second").await;
            let kinds: Vec<_> = world.store.requests().iter().map(|seen| seen.kind).collect();
            assert_eq!(kinds, [RequestKind::HeadObject, RequestKind::PutObject], "{case}");
            assert!(!world.store.requests()[1].is_conditional, "{case}");
            assert_eq!(
                put(&bucket, "a/2", "second").await,
                PutOutcome::AlreadyOurs,
                "{case}"
            );
            assert_eq!(put(&bucket, "a/taken", "ours").await, PutOutcome::Taken, "{case}");
            let taken = bucket.head("a/taken").await.expect("head").expect("it stays");
            assert_eq!(taken.size_bytes, 14, "{case}");
        }
    }
}

#[tokio::test]
async fn a_store_without_the_new_checksums_gets_content_md5() {
    for checksums in [ChecksumHabit::Ignored, ChecksumHabit::Refused] {
        let habits = StoreHabits {
            checksums,
            e_tags: ETagHabit::Md5,
            ..StoreHabits::like_aws()
        };
        let world = World::with_habits(habits).await;
        let bucket = world.bucket().await;
        put(&bucket, "a/1", "first").await;
        put(&bucket, "a/2", "second").await;
        world.store.script(Vec::new());
        put(&bucket, "a/3", "third").await;
        let requests = world.store.requests();
        assert_eq!(requests.len(), 1, "{checksums:?}: {requests:?}");
        assert!(
            requests[0].has_md5 && !requests[0].has_new_checksum,
            "{checksums:?}: {requests:?}"
        );
        assert_eq!(
            put(&bucket, "a/3", "third").await,
            PutOutcome::AlreadyOurs,
            "{checksums:?}"
        );
        assert_eq!(
            put(&bucket, "a/3", "other").await,
            PutOutcome::Taken,
            "{checksums:?}"
        );
    }
}

#[tokio::test]
async fn a_store_that_confirms_nothing_at_all_is_read_back() {
    let habits = StoreHabits {
        checksums: ChecksumHabit::Ignored,
        e_tags: ETagHabit::Opaque,
        ..StoreHabits::like_aws()
    };
    let world = World::with_habits(habits).await;
    let bucket = world.bucket().await;
    put(&bucket, "a/1", "first").await;
    put(&bucket, "a/2", "second").await;
    world.store.script(Vec::new());
    put(&bucket, "a/3", "third").await;
    assert_eq!(count(&world, RequestKind::PutObject), 1);
    assert_eq!(count(&world, RequestKind::GetObject), 1);
}

#[tokio::test]
async fn a_store_without_multipart_is_probed_with_an_empty_put() {
    let habits = StoreHabits {
        has_multipart: false,
        ..StoreHabits::like_aws()
    };
    let world = World::with_habits(habits).await;
    assert_eq!(
        world.bucket().await.probe_write(CHALLENGE).await.expect("probe"),
        WriteProbe::Clean
    );
    world.store.place(BUCKET, CHALLENGE, b"not empty");
    let refusal = world
        .bucket()
        .await
        .probe_write(CHALLENGE)
        .await
        .expect_err("nothing is overwritten");
    assert_eq!(*refusal.kind(), FaultKind::NotImplemented);
}
