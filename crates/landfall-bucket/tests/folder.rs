//! What only folders do.

// A test that can't go on says so by panicking.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use landfall_bucket::conformance::tags;
use landfall_bucket::{Bucket, BucketError, FaultKind, FolderBucket, PutOutcome, Reaction};
use tempfile::TempDir;

use crate::support::BUCKET;

struct Folder {
    root: TempDir,
    bucket: FolderBucket,
}

impl Folder {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(root.path().join(BUCKET)).expect("the bucket");
        let bucket = FolderBucket::open(root.path(), BUCKET);
        Self { root, bucket }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.root.path().join(BUCKET).join(key)
    }

    async fn put(&self, key: &str) -> Result<PutOutcome, BucketError> {
        self.bucket
            .put_once(key, Arc::new(Bytes::from_static(b"ours")), &tags())
            .await
    }

    fn temporary_files(&self) -> usize {
        fs::read_dir(self.path(".landfall-tmp")).map_or(0, Iterator::count)
    }
}

#[tokio::test]
async fn keys_that_cannot_be_files_are_refused() {
    let too_long = format!("shop/{}", "x".repeat(256));
    let longest = format!("shop/{}", "x".repeat(255));
    let cases = [
        (longest.as_str(), None),
        (too_long.as_str(), Some(FaultKind::NameTooLong)),
        ("../outside", Some(FaultKind::InvalidKey)),
        (".landfall-tmp/1", Some(FaultKind::InvalidKey)),
        ("a file/below", Some(FaultKind::InvalidKey)),
    ];
    let folder = Folder::new();
    folder.put("a file").await.expect("put");
    for (key, expected) in cases {
        let refusal = folder.put(key).await.err();
        assert_eq!(
            refusal.as_ref().map(|refusal| refusal.kind().clone()),
            expected,
            "key: {key}"
        );
        assert!(
            refusal.is_none_or(|refusal| refusal.reaction() == Reaction::Stop),
            "key: {key}"
        );
    }
    assert_eq!(folder.temporary_files(), 0);
}

#[tokio::test]
async fn a_file_in_the_way_of_a_folder_is_named() {
    let folder = Folder::new();
    folder.put("a file").await.expect("put");
    for key in ["a file/below", "a file/far/below"] {
        let refusal = folder.put(key).await.expect_err("it can't be put");
        let expected = format!(
            "{} is a file where a folder is needed",
            folder.path("a file").display()
        );
        assert_eq!(refusal.message(), Some(expected.as_str()), "key: {key}");
        assert_eq!(
            refusal.reaction(),
            Reaction::Stop,
            "only what goes there is held up: {key}"
        );
    }
    assert_eq!(folder.temporary_files(), 0);
    fs::remove_dir(folder.path(".landfall-tmp")).expect("the reserved folder");
    fs::write(folder.path(".landfall-tmp"), "").expect("a file in its place");
    let refusal = folder.put("shop/1").await.expect_err("it can't be put");
    assert_eq!(
        refusal.reaction(),
        Reaction::AskOperator,
        "nothing can be written"
    );
    let message = refusal.message().expect("it says why");
    assert!(
        message.contains(".landfall-tmp is a file where a folder is needed"),
        "{message}"
    );
}

/// `/dev/shm` is a file system of its own on Linux.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_on_another_file_system_is_named() {
    let elsewhere = TempDir::new_in("/dev/shm").expect("a folder in memory");
    let folder = Folder::new();
    std::os::unix::fs::symlink(elsewhere.path(), folder.path("crm")).expect("a link");
    let refusal = folder.put("crm/orders/1").await.expect_err("it can't be put");
    let expected = format!(
        "{} is on another file system than the rest of the bucket",
        folder.path("crm").display()
    );
    assert_eq!(refusal.message(), Some(expected.as_str()));
    assert_eq!(refusal.reaction(), Reaction::Stop);
    assert_eq!(folder.temporary_files(), 0);
}

#[tokio::test]
async fn a_missing_bucket_is_told_as_s3_does() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let bucket = FolderBucket::open(root.path(), BUCKET);
    let refusal = bucket.head_bucket().await.expect_err("there is none");
    assert_eq!(
        refusal.raw_message(),
        "An error occurred (404) when calling the HeadBucket operation: Not Found"
    );
    assert_eq!(bucket.head("stitch-challenge-file-1").await.expect("head"), None);
    assert_eq!(
        BucketError::missing_object().raw_message(),
        "An error occurred (404) when calling the HeadObject operation: Not Found"
    );
    let body = Arc::new(Bytes::from_static(b"x"));
    let refusal = bucket
        .put_once("a/1", body, &tags())
        .await
        .expect_err("there is none");
    assert_eq!(*refusal.kind(), FaultKind::NoSuchBucket);
    assert_eq!(
        refusal.raw_message(),
        "An error occurred (NoSuchBucket) when calling the PutObject operation: The specified bucket does not exist"
    );
    assert!(
        !root.path().join(BUCKET).exists(),
        "a mistyped name creates nothing"
    );
}

#[tokio::test]
async fn a_folder_in_the_way_is_foreign() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path("shop/orders")).expect("a folder");
    assert_eq!(
        folder.put("shop/orders").await.expect("an answer"),
        PutOutcome::Taken
    );
}

#[tokio::test]
async fn what_crashed_runs_left_is_removed_when_nobody_holds_it_or_it_is_old() {
    let folder = Folder::new();
    fs::create_dir(folder.path(".landfall-tmp")).expect("the reserved folder");
    let made = |name: &str, age_minutes: u64| {
        let path = folder.path(&format!(".landfall-tmp/{name}"));
        let file = File::create(&path).expect("a file");
        file.set_modified(SystemTime::now() - Duration::from_secs(age_minutes * 60))
            .expect("its age");
        (path, file)
    };
    let lock = |file: &File| {
        rustix::fs::flock(file, rustix::fs::FlockOperation::NonBlockingLockExclusive).expect("a lock");
    };
    let (recent, _) = made("1-1", 1);
    let (abandoned, _) = made("1-2", 20);
    let (being_written, writer) = made("1-3", 20);
    let (old, old_writer) = made("1-4", 8 * 24 * 60);
    lock(&writer);
    lock(&old_writer);
    folder.put("a/1").await.expect("put");
    let stays = [recent, abandoned, being_written, old].map(|path| path.exists());
    assert_eq!(stays, [true, false, true, false]);
    assert_eq!(
        folder.bucket.list("", 10).await.expect("list").len(),
        1,
        "unfinished files are not listed"
    );
}
