use std::collections::BTreeSet;
use std::time::Duration;

use landfall_catalog::*;
use landfall_core::ids::DestinationId;
use secrecy::{ExposeSecret, SecretString};

use crate::world::{World, act, at};

const HOUR: i64 = 3_600_000;

fn failing() -> Finding {
    Finding {
        event: Event::DestinationFailing,
        subject: "destination/1".to_owned(),
        about: "Lake".to_owned(),
        destination: Some(DestinationId::new(1)),
        source: None,
        tables: Vec::new(),
        message: "Landfall cannot write to the bucket".to_owned(),
        raw_error: None,
        since: None,
    }
}

async fn with_recipients() -> World {
    let world = World::new().await;
    let smtp = Smtp {
        host: "mail.test".to_owned(),
        port: 587,
        security: SmtpSecurity::StartTls,
        username: Some("user".to_owned()),
        password: Some("secret".to_owned().into()),
        from: "l@mail.test".to_owned(),
    };
    let settings = NotificationSettings {
        smtp: Some(smtp),
        ..NotificationSettings::default()
    };
    world
        .catalog
        .set_notification_settings(&settings, act(1))
        .await
        .unwrap();
    world
        .catalog
        .create_custom_email("ops@example.com", act(1))
        .await
        .unwrap();
    let hook = NewEventHook {
        url: "https://example.com/e".to_owned().into(),
        secret: SecretString::from("whsec_1".to_owned()),
        events: BTreeSet::from([Event::DestinationFailing, Event::DestinationRecovered]),
        delay: Duration::ZERO,
    };
    world.catalog.create_event_hook(&hook, act(1)).await.unwrap();
    world
}

/// Who is to be told what at an instant.
async fn due(world: &World, millis: i64) -> Vec<(String, AnnouncementEnd)> {
    let due = world.catalog.due_announcements(at(millis), 100).await.unwrap();
    let told = |announcement: Announcement| {
        let to = match announcement.to {
            Recipient::Hook { url, .. } => url.expose_secret().to_owned(),
            Recipient::Mail(address) => address,
        };
        (to, announcement.end)
    };
    due.into_iter().map(told).collect()
}

async fn deliver_all(world: &World, millis: i64) {
    for announcement in world.catalog.due_announcements(at(millis), 100).await.unwrap() {
        let delivered = world
            .catalog
            .record_announcement(announcement.number, &Delivery::Delivered)
            .await;
        delivered.unwrap();
    }
}

fn hook(end: AnnouncementEnd) -> (String, AnnouncementEnd) {
    ("https://example.com/e".to_owned(), end)
}

fn mail(end: AnnouncementEnd) -> (String, AnnouncementEnd) {
    ("ops@example.com".to_owned(), end)
}

#[tokio::test]
async fn hooks_hear_at_once_and_mail_waits_for_its_delay() {
    let world = with_recipients().await;
    for _ in 0..3 {
        world
            .catalog
            .settle_conditions(&[failing()], at(0))
            .await
            .unwrap();
    }
    assert_eq!(due(&world, 0).await, [hook(AnnouncementEnd::Raised)]);
    deliver_all(&world, 0).await;
    assert_eq!(due(&world, 2 * HOUR - 1).await, []);
    assert_eq!(due(&world, 2 * HOUR).await, [mail(AnnouncementEnd::Raised)]);
}

#[tokio::test]
async fn a_condition_that_ends_in_time_is_not_mailed() {
    let world = with_recipients().await;
    world
        .catalog
        .settle_conditions(&[failing()], at(0))
        .await
        .unwrap();
    deliver_all(&world, 0).await;
    world.catalog.settle_conditions(&[], at(HOUR)).await.unwrap();
    assert_eq!(due(&world, 9 * HOUR).await, [hook(AnnouncementEnd::Resolved)]);
}

#[tokio::test]
async fn who_heard_of_a_condition_hears_of_its_end_once() {
    let world = with_recipients().await;
    world
        .catalog
        .settle_conditions(&[failing()], at(0))
        .await
        .unwrap();
    deliver_all(&world, 2 * HOUR).await;
    world.catalog.settle_conditions(&[], at(3 * HOUR)).await.unwrap();
    let expected = [hook(AnnouncementEnd::Resolved), mail(AnnouncementEnd::Resolved)];
    assert_eq!(due(&world, 3 * HOUR).await, expected);
    deliver_all(&world, 3 * HOUR).await;
    world.catalog.settle_conditions(&[], at(4 * HOUR)).await.unwrap();
    assert_eq!(due(&world, 9 * HOUR).await, []);
}

#[tokio::test]
async fn what_nobody_heard_of_ends_in_silence() {
    let world = with_recipients().await;
    world
        .catalog
        .settle_conditions(&[failing()], at(0))
        .await
        .unwrap();
    world.catalog.settle_conditions(&[], at(1)).await.unwrap();
    assert_eq!(due(&world, 9 * HOUR).await, []);
}

#[tokio::test]
async fn a_mail_counts_its_delay_from_where_the_trouble_began() {
    let world = with_recipients().await;
    let finding = Finding {
        since: Some(at(HOUR)),
        ..failing()
    };
    world
        .catalog
        .settle_conditions(&[finding], at(3 * HOUR))
        .await
        .unwrap();
    assert_eq!(due(&world, 3 * HOUR).await.len(), 2);
}

#[tokio::test]
async fn a_message_that_failed_is_due_again_and_one_that_is_given_up_is_not() {
    let world = with_recipients().await;
    world
        .catalog
        .settle_conditions(&[failing()], at(0))
        .await
        .unwrap();
    let announcement = world.catalog.due_announcements(at(0), 1).await.unwrap().remove(0);
    let failed = Delivery::Failed {
        reason: "it answered 500".to_owned(),
        again_at: at(10),
    };
    world
        .catalog
        .record_announcement(announcement.number, &failed)
        .await
        .unwrap();
    assert_eq!(due(&world, 9).await, []);
    assert_eq!(due(&world, 10).await, [hook(AnnouncementEnd::Raised)]);
    let again = world
        .catalog
        .due_announcements(at(10), 1)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(again.tries, 1);
    let given_up = Delivery::GivenUp {
        reason: "it answered 500".to_owned(),
    };
    world
        .catalog
        .record_announcement(announcement.number, &given_up)
        .await
        .unwrap();
    assert_eq!(due(&world, 11).await, []);
}

#[tokio::test]
async fn settings_and_secrets_survive_a_crash() {
    let world = with_recipients().await.crash().await;
    let settings = world.catalog.notification_settings().await.unwrap();
    let password = settings.smtp.unwrap().password.unwrap();
    assert_eq!(password.expose_secret(), "secret");
    let hooks = world.catalog.event_hooks().await.unwrap();
    assert_eq!(hooks[0].secret.expose_secret(), "whsec_1");
    assert!(world.catalog.deaf_hooks().await.unwrap().is_empty());
}
