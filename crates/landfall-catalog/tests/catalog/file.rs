use landfall_catalog::*;
use landfall_core::ids::ClientId;
use secrecy::ExposeSecret;

use crate::world::{World, act, at, instance, open};

#[tokio::test]
async fn a_new_file_is_the_owners_alone_and_opens_again() {
    let world = World::new().await;
    assert_eq!(world.catalog.instance().await.unwrap(), instance());
    world.destination("Lake").await;
    for suffix in ["", "-wal", "-shm"] {
        use std::os::unix::fs::PermissionsExt;
        let file = format!("{}{suffix}", world.path().display());
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    world.catalog.close().await;

    let again = open(&world.path(), 7).await.unwrap();
    assert_eq!(again.instance().await.unwrap(), instance());
    assert_eq!(again.destinations().await.unwrap()[0].name, "Lake");
    again.check_writable().await.unwrap();
}

#[tokio::test]
async fn a_file_with_another_key_is_refused() {
    let world = World::new().await;
    let fault = open(&world.path(), 8).await.unwrap_err();
    assert!(matches!(fault, StoreError::WrongKey));
    assert_eq!(fault.reaction(), Reaction::AskOperator);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.db");
    std::fs::write(
        &path,
        "not a database at all, but long enough for a header ".repeat(100),
    )
    .unwrap();
    let fault = open(&path, 7).await.unwrap_err();
    assert!(matches!(fault, StoreError::Damaged { .. }), "{fault:?}");
    assert_eq!(fault.reaction(), Reaction::Stop);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let fault = open(&folder.path().join("missing/control.db"), 7)
        .await
        .unwrap_err();
    assert!(matches!(fault, StoreError::NotCreated(_)), "{fault:?}");
}

#[tokio::test]
async fn secrets_come_back_and_are_not_in_the_files() {
    let world = World::new().await;
    let id = world.destination("Lake").await;
    let url = "https://example.com/hook?token=hookhookhook".to_owned().into();
    world.catalog.create_hook(id, &url, act(5)).await.unwrap();
    let source = world.source("shop").await;
    let token = Digest::of("at_tokentokentoken");
    let created = world
        .catalog
        .create_token(source, &SourceType::ImportApi, &token, act(6));
    created.await.unwrap();

    let destination = world.catalog.destination(id).await.unwrap().unwrap();
    let secret = destination.properties.secret("aws_secret_access_key").unwrap();
    assert_eq!(secret.expose_secret(), "wJalrXUtnFEMI");
    let hook = &world.catalog.hooks().await.unwrap()[0];
    assert_eq!(hook.url.expose_secret(), url.expose_secret());
    assert_eq!(hook.fingerprint.len(), 16);
    assert!(!format!("{destination:?}{hook:?}").contains("wJalr"));

    let mut bytes = std::fs::read(world.path()).unwrap();
    bytes.extend(std::fs::read(format!("{}-wal", world.path().display())).unwrap());
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(
        holds("com-test-stitch-bucket"),
        "what is no secret can be found this way"
    );
    for secret in ["wJalrXUtnFEMI", "topsecret", "hookhookhook", "tokentokentoken"] {
        assert!(!holds(secret), "{secret}");
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_crash() {
    let world = World::new().await;
    for number in 0..20_u32 {
        let client = ClientId::new(number);
        world.catalog.set_client_id(client, act(1)).await.unwrap();
        let restarted = world.crash().await;
        assert_eq!(restarted.catalog.instance().await.unwrap().client_id, client);
    }
}

#[tokio::test]
async fn every_change_by_a_user_is_in_the_audit_log() {
    let world = World::new().await;
    world.destination("Lake").await;
    world.source("shop").await;
    world
        .catalog
        .record_audit(act(9), "access_key.refused", "f332")
        .await
        .unwrap();
    let log = world.catalog.audit_log(None, 10).await.unwrap();
    let lines: Vec<_> = log
        .iter()
        .map(|line| (line.who.as_str(), line.action.as_str(), line.subject.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            ("tester", "access_key.refused", "f332"),
            ("tester", "source.create", "1"),
            ("tester", "destination.create", "1"),
        ]
    );
    assert_eq!(log[0].at, at(9));
    let older = world.catalog.audit_log(Some(log[0].number), 1).await.unwrap();
    assert_eq!(older[0].action, "source.create");
}
