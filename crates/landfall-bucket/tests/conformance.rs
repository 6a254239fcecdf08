//! The contract, against each kind of bucket.

// A test that can't go on says so by panicking.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use landfall_bucket::{FolderBucket, MultipartPlan, S3Bucket, S3Options, conformance};
use landfall_sim::{ChecksumHabit, ConditionalHabit, ETagHabit, StoreHabits};

use crate::support::{BUCKET, CHALLENGE, SMALL_PARTS, World};

#[tokio::test]
async fn a_folder_keeps_the_contract() {
    let root = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(root.path().join(BUCKET)).expect("the bucket");
    std::fs::write(root.path().join(BUCKET).join(CHALLENGE), b"").expect("the challenge file");
    conformance::suite(&FolderBucket::open(root.path(), BUCKET), CHALLENGE).await;
}

#[tokio::test]
async fn s3_keeps_the_contract_with_single_puts_and_with_parts() {
    for multipart in [MultipartPlan::default(), SMALL_PARTS] {
        let world = World::new().await;
        let options = S3Options {
            multipart,
            ..world.options()
        };
        conformance::suite(&S3Bucket::open(world.config(), options).await, CHALLENGE).await;
        assert_eq!(world.store.unfinished_uploads(), 0, "{multipart:?}");
    }
}

/// Stores without conditional writes are left out: of writers at the same instant, they let several win.
#[tokio::test]
async fn stores_that_lack_another_feature_keep_the_contract() {
    let lacking = |checksums, has_multipart, e_tags| StoreHabits {
        conditional: ConditionalHabit::Kept,
        checksums,
        has_multipart,
        e_tags,
        keeps_contents: true,
    };
    let cases = [
        lacking(ChecksumHabit::Refused, true, ETagHabit::Md5),
        lacking(ChecksumHabit::Ignored, true, ETagHabit::Md5),
        lacking(ChecksumHabit::Ignored, true, ETagHabit::Opaque),
        lacking(ChecksumHabit::Kept, false, ETagHabit::Md5),
        lacking(ChecksumHabit::Refused, false, ETagHabit::Opaque),
    ];
    for habits in cases {
        conformance::suite(&World::with_habits(habits).await.bucket().await, CHALLENGE).await;
    }
}
