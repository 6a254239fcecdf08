//! Every kind of fault at every kind of request: the object is there exactly once, or the error says why not.

// A test that can't go on says so by panicking.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use landfall_bucket::conformance::{Pieces, content, tags};
use landfall_bucket::{
    Bucket, BucketError, FaultKind, Operation, PutOutcome, Reaction, S3Bucket, S3Options, WriteProbe,
};
use landfall_sim::{ChecksumHabit, ETagHabit, Fault, FaultRule, Occurrence, RequestKind, StoreHabits};

use crate::support::{BUCKET, CHALLENGE, World};

const KEY: &str = "shop/orders/0_1563294550038.jsonl";

/// A content for one request, and one for three parts.
const SMALL: Pieces = Pieces {
    piece_bytes: 1000,
    total_bytes: 10_000,
};
const LARGE: Pieces = Pieces {
    piece_bytes: 10_000,
    total_bytes: 70_000,
};

fn strike(kind: RequestKind, occurrence: Occurrence, fault: Fault) -> Vec<FaultRule> {
    vec![FaultRule {
        kind,
        occurrence,
        fault,
    }]
}

fn passing_faults() -> [Fault; 8] {
    [
        Fault::internal_error(),
        Fault::slow_down(),
        Fault::Refuse {
            status: 429,
            code: "TooManyRequests",
            message: "Slow down.",
        },
        Fault::Refuse {
            status: 408,
            code: "RequestTimeout",
            message: "Idle.",
        },
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::Hang,
        Fault::HangAfter,
    ]
}

fn kinds_of_puts() -> [(RequestKind, Pieces); 5] {
    [
        (RequestKind::PutObject, SMALL),
        (RequestKind::HeadObject, SMALL),
        (RequestKind::CreateMultipartUpload, LARGE),
        (RequestKind::UploadPart, LARGE),
        (RequestKind::CompleteMultipartUpload, LARGE),
    ]
}

/// What a store may be known by.
const FIRST: &str = "a/1";

/// What the store holds besides the challenge file and the first object.
fn landed(world: &World) -> Vec<(String, Bytes)> {
    let objects = world.store.objects(BUCKET).into_iter();
    objects
        .filter(|(key, _)| key != CHALLENGE && key != FIRST)
        .map(|(key, object)| (key, object.content()))
        .collect()
}

async fn put(bucket: &S3Bucket, pieces: Pieces) -> Result<PutOutcome, BucketError> {
    bucket.put_once(KEY, Arc::new(pieces), &tags()).await
}

#[tokio::test]
async fn a_passing_fault_lands_the_object_once() {
    for (kind, pieces) in kinds_of_puts() {
        for fault in passing_faults() {
            for occurrence in [Occurrence::Nth(1), Occurrence::Nth(2)] {
                let world = World::new().await;
                let case = format!("{fault:?} at {occurrence:?} of {kind:?}");
                world.store.script(strike(kind, occurrence, fault.clone()));
                let outcome = put(&world.bucket_under(&fault).await, pieces).await.expect(&case);
                assert_ne!(outcome, PutOutcome::Taken, "{case}");
                assert_eq!(landed(&world), [(KEY.to_owned(), pieces.whole())], "{case}");
            }
        }
    }
}

#[tokio::test]
async fn a_fault_that_does_not_pass_is_told_after_four_waits() {
    let cases = [
        (Fault::internal_error(), FaultKind::ServerError),
        (Fault::slow_down(), FaultKind::Throttled),
        (Fault::ResetBefore, FaultKind::Connect),
        (Fault::Hang, FaultKind::Timeout),
    ];
    for (fault, expected) in cases {
        let world = World::new().await;
        world
            .store
            .script(strike(RequestKind::PutObject, Occurrence::Every, fault.clone()));
        let refusal = put(&world.bucket().await, SMALL)
            .await
            .expect_err("the fault stays");
        assert_eq!(*refusal.kind(), expected, "{fault:?}");
        assert_eq!(refusal.reaction(), Reaction::Retry, "{fault:?}");
        assert_eq!(world.sleep.waits.load(Ordering::Relaxed), 4, "{fault:?}");
        assert_eq!(landed(&world), [], "{fault:?}");
    }
}

#[tokio::test]
async fn a_lasting_refusal_is_told_at_once_and_leaves_nothing() {
    for (kind, pieces) in kinds_of_puts() {
        let world = World::new().await;
        world
            .store
            .script(strike(kind, Occurrence::Every, Fault::access_denied()));
        let refusal = put(&world.bucket().await, pieces)
            .await
            .expect_err("no permission");
        let is_head = kind == RequestKind::HeadObject;
        let expected = if is_head {
            FaultKind::Forbidden
        } else {
            FaultKind::AccessDenied
        };
        assert_eq!(*refusal.kind(), expected, "{kind:?}");
        assert_eq!(refusal.reaction(), Reaction::AskOperator, "{kind:?}");
        assert_eq!(world.sleep.waits.load(Ordering::Relaxed), 0, "{kind:?}");
        assert_eq!(landed(&world), [], "{kind:?}");
        assert_eq!(world.store.unfinished_uploads(), 0, "{kind:?}");
    }
}

#[tokio::test]
async fn a_refused_abort_is_ignored() {
    let world = World::new().await;
    let denied = |kind| FaultRule {
        kind,
        occurrence: Occurrence::Every,
        fault: Fault::access_denied(),
    };
    world.store.script(vec![
        denied(RequestKind::UploadPart),
        denied(RequestKind::AbortMultipartUpload),
    ]);
    let refusal = put(&world.bucket().await, LARGE)
        .await
        .expect_err("no permission");
    assert_eq!(refusal.operation(), Operation::UploadPart);
    assert_eq!(world.store.unfinished_uploads(), 1);
}

#[tokio::test]
async fn a_lost_reply_is_recognised_as_our_own_upload() {
    for (kind, pieces) in [
        (RequestKind::PutObject, SMALL),
        (RequestKind::CompleteMultipartUpload, LARGE),
    ] {
        for fault in [Fault::ResetAfter, Fault::HangAfter] {
            let world = World::new().await;
            world
                .store
                .script(strike(kind, Occurrence::Nth(1), fault.clone()));
            let outcome = put(&world.bucket().await, pieces)
                .await
                .expect("the retry finds it");
            assert_eq!(outcome, PutOutcome::AlreadyOurs, "{fault:?} at {kind:?}");
            let writes = world
                .store
                .requests()
                .into_iter()
                .filter(|seen| seen.kind == kind)
                .count();
            assert!(writes <= 2, "{fault:?} at {kind:?}: {writes} writes");
        }
    }
}

#[tokio::test]
async fn a_foreign_object_stays_as_it_is() {
    for pieces in [SMALL, LARGE] {
        let world = World::new().await;
        world.store.place(BUCKET, KEY, b"someone else's");
        let bucket = world.bucket().await;
        assert_eq!(put(&bucket, pieces).await.expect("an answer"), PutOutcome::Taken);
        assert_eq!(
            landed(&world),
            [(KEY.to_owned(), Bytes::from_static(b"someone else's"))]
        );
        assert_eq!(world.store.unfinished_uploads(), 0);
    }
}

#[tokio::test]
async fn an_upload_that_the_store_confirms_wrongly_is_not_taken_for_landed() {
    for (kind, pieces) in [(RequestKind::PutObject, SMALL), (RequestKind::UploadPart, LARGE)] {
        let world = World::new().await;
        world
            .store
            .script(strike(kind, Occurrence::Nth(1), Fault::WrongChecksum));
        // The retry compares what is stored, which is whole here.
        put(&world.bucket().await, pieces).await.expect("the retry");
        assert_eq!(world.sleep.waits.load(Ordering::Relaxed), 1, "{kind:?}");
        assert_eq!(landed(&world), [(KEY.to_owned(), pieces.whole())], "{kind:?}");
    }
}

/// A store like S3, one that knows only `Content-MD5` and says so in ETags, and one that confirms nothing.
fn ways_to_confirm() -> [StoreHabits; 3] {
    let old = StoreHabits {
        checksums: ChecksumHabit::Ignored,
        e_tags: ETagHabit::Md5,
        ..StoreHabits::like_aws()
    };
    let silent = StoreHabits {
        e_tags: ETagHabit::Opaque,
        ..old
    };
    [StoreHabits::like_aws(), old, silent]
}

/// `test` for each store, each request of an upload, and with a store that was written to before or not.
async fn for_each_upload<F: Future<Output = ()>>(
    fault: Fault,
    test: impl Fn(String, World, S3Bucket, RequestKind, Pieces) -> F,
) {
    for habits in ways_to_confirm() {
        for (kind, pieces) in [(RequestKind::PutObject, SMALL), (RequestKind::UploadPart, LARGE)] {
            for (is_known, nth) in [(false, 1), (true, 1), (false, 2), (true, 2)] {
                let world = World::with_habits(habits).await;
                let bucket = world.bucket().await;
                if is_known {
                    bucket
                        .put_once(FIRST, Arc::new(SMALL), &tags())
                        .await
                        .expect("the first");
                }
                world
                    .store
                    .script(strike(kind, Occurrence::Nth(nth), fault.clone()));
                let case = format!("{habits:?}, known: {is_known}, no. {nth} of {kind:?}");
                test(case, world, bucket, kind, pieces).await;
            }
        }
    }
}

#[tokio::test]
async fn an_answer_that_confirms_nothing_is_not_taken_for_a_landed_object() {
    for_each_upload(Fault::Swallow, |case, world, bucket, _, pieces| async move {
        let outcome = put(&bucket, pieces).await.expect(&case);
        assert_ne!(outcome, PutOutcome::Taken, "{case}");
        assert_eq!(landed(&world), [(KEY.to_owned(), pieces.whole())], "{case}");
    })
    .await;
}

#[tokio::test]
async fn a_store_that_keeps_nothing_is_found_out() {
    for_each_upload(Fault::Swallow, |case, world, bucket, kind, pieces| async move {
        world
            .store
            .script(strike(kind, Occurrence::Every, Fault::Swallow));
        let refusal = put(&bucket, pieces).await.expect_err(&case);
        assert_eq!(*refusal.kind(), FaultKind::NotKept, "{case}");
        assert_eq!(landed(&world), [], "{case}");
    })
    .await;
}

#[tokio::test]
async fn bytes_that_were_stored_wrongly_are_not_taken_for_ours() {
    for_each_upload(Fault::Garble, |case, world, bucket, _, pieces| async move {
        let outcome = put(&bucket, pieces).await.expect(&case);
        let is_whole = landed(&world) == [(KEY.to_owned(), pieces.whole())];
        assert!(outcome == PutOutcome::Taken || is_whole, "{case}: {outcome:?}");
    })
    .await;
}

#[tokio::test]
async fn every_object_carries_its_load_and_its_type() {
    for pieces in [SMALL, LARGE] {
        let world = World::new().await;
        let bucket = world.bucket().await;
        put(&bucket, pieces).await.expect("put");
        let facts = bucket.head(KEY).await.expect("head").expect("the object");
        assert_eq!(facts.load_id.as_deref(), Some("load-1"));
        assert_eq!(facts.part.as_deref(), Some("root"));
        assert_eq!(facts.content_type.as_deref(), Some("application/x-ndjson"));
        assert_eq!(facts.crc32, Some(crc32fast::hash(&pieces.whole())));
    }
}

#[tokio::test]
async fn reading_survives_passing_faults() {
    let mut faults = passing_faults().to_vec();
    faults.push(Fault::CutBody);
    for fault in faults {
        let world = World::new().await;
        let bucket = world.bucket_under(&fault).await;
        put(&bucket, LARGE).await.expect("put");
        world
            .store
            .script(strike(RequestKind::GetObject, Occurrence::Nth(1), fault.clone()));
        assert_eq!(content(&bucket, KEY).await, LARGE.whole(), "{fault:?}");
        assert!(world.sleep.waits.load(Ordering::Relaxed) > 0, "{fault:?}");
    }
}

#[tokio::test]
async fn the_steps_of_the_check_survive_passing_faults() {
    for fault in passing_faults() {
        let kinds = [
            RequestKind::HeadBucket,
            RequestKind::ListObjectsV2,
            RequestKind::HeadObject,
        ];
        let first = |kind| FaultRule {
            kind,
            occurrence: Occurrence::Nth(1),
            fault: fault.clone(),
        };
        let world = World::new().await;
        world.store.script(kinds.map(first).to_vec());
        let bucket = world.bucket_under(&fault).await;
        bucket.head_bucket().await.expect("the retry");
        assert_eq!(
            bucket.list("stitch", 10).await.expect("the retry").len(),
            1,
            "{fault:?}"
        );
        assert!(
            bucket.head(CHALLENGE).await.expect("the retry").is_some(),
            "{fault:?}"
        );
        assert!(world.sleep.waits.load(Ordering::Relaxed) >= 3, "{fault:?}");
    }
}

#[tokio::test]
async fn probing_survives_passing_faults_and_warns_of_a_refused_abort() {
    for fault in passing_faults() {
        let world = World::new().await;
        world.store.script(strike(
            RequestKind::CreateMultipartUpload,
            Occurrence::Nth(1),
            fault.clone(),
        ));
        let probe = world
            .bucket()
            .await
            .probe_write(CHALLENGE)
            .await
            .expect("the retry");
        assert_eq!(probe, WriteProbe::Clean, "{fault:?}");
    }
    let world = World::new().await;
    world.store.script(strike(
        RequestKind::AbortMultipartUpload,
        Occurrence::Every,
        Fault::access_denied(),
    ));
    let probe = world
        .bucket()
        .await
        .probe_write(CHALLENGE)
        .await
        .expect("writing works");
    let WriteProbe::AbortFailed(refusal) = probe else {
        panic!("{probe:?}")
    };
    assert_eq!(*refusal.kind(), FaultKind::AccessDenied);
}

#[tokio::test]
async fn content_of_another_length_than_announced_is_refused() {
    #[derive(Debug)]
    struct Liar(u64);
    impl landfall_bucket::ObjectBody for Liar {
        fn size_bytes(&self) -> u64 {
            self.0
        }
        fn open(&self, _piece_bytes: usize) -> Box<dyn Iterator<Item = Bytes> + Send + '_> {
            Box::new((0..100).map(|_| Bytes::from_static(&[b'x'; 1000])))
        }
    }
    // Shorter and longer than the 100,000 bytes, below and above the size for parts.
    for promised_bytes in [50, 99_999, 100_001] {
        let world = World::new().await;
        for multipart in [world.options().multipart, Default::default()] {
            let options = S3Options {
                multipart,
                ..world.options()
            };
            let bucket = S3Bucket::open(world.config(), options).await;
            let refusal = bucket
                .put_once(KEY, Arc::new(Liar(promised_bytes)), &tags())
                .await;
            let refusal = refusal.expect_err("a broken promise");
            assert_eq!(
                *refusal.kind(),
                FaultKind::BodyLength { promised_bytes },
                "{refusal}"
            );
            assert_eq!(refusal.reaction(), Reaction::Stop);
            assert_eq!(landed(&world), []);
        }
    }
}
