use super::*;
use std::path::Path;
use std::time::Duration;

use crate::error::Reaction;

async fn open(folder: &Path) -> Store {
    let path = folder.join("control.db");
    Store::open(&path, Duration::from_millis(20)).await.unwrap()
}

#[tokio::test]
async fn a_full_disk_is_told_apart_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut session = store.write().await.unwrap();
    session.next_number("kept").await.unwrap();
    session.commit().await.unwrap();

    let mut session = store.write().await.unwrap();
    session.run("PRAGMA max_page_count = 1", args![]).await.unwrap(); // at least as many as there are
    let long = "x".repeat(1_000_000);
    let fault = session
        .run("INSERT INTO counters (kind, last) VALUES ($1, 1)", args![&long])
        .await
        .unwrap_err();
    assert!(matches!(fault, StoreError::Full(_)), "{fault:?}");
    assert_eq!(fault.reaction(), Reaction::AskOperator);
    drop(session);

    let mut session = store.write().await.unwrap();
    assert_eq!(session.next_number("kept").await.unwrap(), 2);
    session.commit().await.unwrap();
}

#[tokio::test]
async fn a_store_held_by_another_process_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (open(folder.path()).await, open(folder.path()).await);
    let mut held = one.write().await.unwrap();
    held.next_number("kept").await.unwrap();
    let fault = other.write().await.err().unwrap();
    assert!(matches!(fault, StoreError::Busy(_)), "{fault:?}");
    assert_eq!(fault.reaction(), Reaction::Retry);
    held.commit().await.unwrap();
    other.write().await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn a_change_that_is_given_up_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut session = store.write().await.unwrap();
    assert_eq!(session.next_number("load").await.unwrap(), 1);
    drop(session);
    let mut session = store.write().await.unwrap();
    assert_eq!(session.next_number("load").await.unwrap(), 1);
}

#[tokio::test]
async fn a_broken_rule_is_refused_and_readers_can_not_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let sql = "INSERT INTO tokens (id, source_id, digest, created_at) VALUES (1, 99, $1, 0)";
    let mut session = store.write().await.unwrap();
    let fault = session.run(sql, args![b"x".as_slice()]).await.unwrap_err();
    assert!(matches!(fault, StoreError::Refused(_)), "{fault:?}");
    assert_eq!(fault.reaction(), Reaction::Stop);
    drop(session);
    let mut session = store.read().await.unwrap();
    let fault = session.run(sql, args![b"x".as_slice()]).await.unwrap_err();
    assert!(matches!(fault, StoreError::Unusable(_)), "{fault:?}");
}

#[tokio::test]
async fn a_form_that_a_later_version_wrote_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut session = store.write().await.unwrap();
    let sql = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
               VALUES (9000, 'later', 1, $1, 0)";
    session.run(sql, args![b"x".as_slice()]).await.unwrap();
    session.commit().await.unwrap();
    store.close().await;
    let path = folder.path().join("control.db");
    let fault = Store::open(&path, Duration::from_millis(20)).await.unwrap_err();
    let known = sqlx::migrate!("./migrations")
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap();
    assert_eq!(
        fault.to_string(),
        format!(
            "the control state was written by a later version of Landfall (its form is 9000, this one knows up to \
             {known}): start that version, or a later one"
        )
    );
}

#[test]
fn days_are_utc_days() {
    let cases = [(0, 0), (86_399_999, 0), (86_400_000, 1), (-1, -1)];
    for (millis, day) in cases {
        assert_eq!(day_of(Timestamp::from_millis(millis)), day, "{millis}");
    }
}
