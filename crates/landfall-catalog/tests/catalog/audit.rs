use landfall_catalog::*;
use secrecy::SecretString;

use crate::world::{World, act, at};

/// The changes of the newest line, as `field: from > to`.
async fn newest(world: &World) -> (String, Vec<String>) {
    let entry = world.catalog.audit_log(None, 1).await.unwrap().remove(0);
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let line = |change: &FieldChange| match &change.altered {
        Altered::Secret => format!("{}: secret", change.field),
        Altered::Value { from, to } => format!("{}: {} > {}", change.field, text(from), text(to)),
    };
    (entry.action.clone(), entry.changes.iter().map(line).collect())
}

#[tokio::test]
async fn a_change_to_a_destination_is_told_field_by_field_and_its_secrets_only_as_changed() {
    let world = World::new().await;
    let lake = world.destination("Lake").await;
    let (action, made) = newest(&world).await;
    assert_eq!(action, "destination.create");
    let expected = [
        "name: - > Lake",
        "s3_bucket: - > com-test-stitch-bucket",
        "aws_secret_access_key: secret",
        "sentinel_key: secret",
    ];
    assert_eq!(made, expected);
    let stored = world.catalog.destination(lake).await.unwrap().unwrap();
    let mut properties = stored.properties.clone();
    properties.set("output_file_format", "csv");
    properties.set("aws_secret_access_key", "another-secret");
    let change = DestinationChange {
        name: Some("Pond".to_owned()),
        properties: Some(PropertiesChange {
            properties,
            form: Form::Complete,
            access: AccessEffect::Changed,
            read_revision: stored.revision,
        }),
        pause: Some(Pause::Pause),
        ..DestinationChange::default()
    };
    world
        .catalog
        .update_destination(lake, &change, act(10))
        .await
        .unwrap();
    let (action, changed) = newest(&world).await;
    assert_eq!(action, "destination.update");
    let expected = [
        "name: Lake > Pond".to_owned(),
        format!("paused_at: - > {}", at(10)),
        "output_file_format: - > csv".to_owned(),
        "aws_secret_access_key: secret".to_owned(),
    ];
    assert_eq!(changed, expected);
    world
        .catalog
        .delete_destination(lake, MappedSources::Pause, act(20))
        .await
        .unwrap();
    let removed = ["name: Pond > -".to_owned(), "sources: - > pause".to_owned()];
    assert_eq!(newest(&world).await.1, removed);
}

#[tokio::test]
async fn changes_to_sources_hooks_users_and_settings_are_told() {
    let world = World::new().await;
    let lake = world.destination("Lake").await;
    let source = world.source("shop").await;
    let change = SourceChange {
        display_name: Some("Store".to_owned()),
        destination: Some(None),
        ..SourceChange::default()
    };
    world
        .catalog
        .update_source(source, &change, act(10))
        .await
        .unwrap();
    let expected = [
        "display_name: The shop > Store".to_owned(),
        format!("destination_id: {lake} > -"),
    ];
    assert_eq!(newest(&world).await.1, expected);
    world
        .catalog
        .update_source(source, &SourceChange::default(), act(11))
        .await
        .unwrap();
    assert!(newest(&world).await.1.is_empty(), "nothing was altered");
    let url = SecretString::from("https://user:topsecret@example.com/hook");
    let hook = world.catalog.create_hook(lake, &url, act(12)).await.unwrap();
    let expected = [format!("destination_id: - > {lake}"), "url: secret".to_owned()];
    assert_eq!(newest(&world).await.1, expected);
    world
        .catalog
        .switch_hook(hook.id, Switch::Off, act(13))
        .await
        .unwrap();
    assert_eq!(newest(&world).await.1, [format!("disabled_at: - > {}", at(13))]);
    let settings = NotificationSettings {
        idle_days: Some(40),
        smtp: Some(Smtp {
            host: "mail.test".to_owned(),
            port: 587,
            security: SmtpSecurity::StartTls,
            username: None,
            password: Some("hunter2".into()),
            from: "l@mail.test".to_owned(),
        }),
        ..NotificationSettings::default()
    };
    world
        .catalog
        .set_notification_settings(&settings, act(14))
        .await
        .unwrap();
    let expected = [
        "idle_days: - > 40",
        "smtp_host: - > mail.test",
        "smtp_port: - > 587",
        "smtp_security: - > starttls",
        "smtp_password: secret",
        "smtp_from: - > l@mail.test",
    ];
    assert_eq!(newest(&world).await.1, expected);
    let log = format!("{:?}", world.catalog.audit_log(None, 100).await.unwrap());
    for secret in ["hunter2", "topsecret", "wJalrXUtnFEMI", "stitch-challenge-file"] {
        assert!(!log.contains(secret), "{secret}");
    }
}
