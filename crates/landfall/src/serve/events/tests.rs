mod world;

use landfall_catalog::{Event, LoadFault, SourceType};
use landfall_core::ids::SourceId;
use landfall_core::intake::{AcceptedItem, AcceptedPart, AcceptedRecord, AcceptedRequest, encode};
use landfall_core::units::TableVersion;
use landfall_load::service::{HELD_BY_LANDFALL, NEVER_LANDS};
use landfall_log::NewEntry;

use super::*;
use world::{DAY, HOUR, START_MS, World, act};

fn told(event: &str, subject: &str) -> (Vec<String>, Vec<String>) {
    let mail = format!("Landfall Notification - {subject}");
    (vec![event.to_owned()], vec![mail])
}

fn nothing() -> (Vec<String>, Vec<String>) {
    Default::default()
}

#[tokio::test]
async fn an_idle_instance_is_told_of_once_and_only_to_those_who_want_to_know() {
    let mut world = World::new(SourceType::ImportApi).await;
    world.wait(50 * DAY);
    assert_eq!(world.look().await, nothing(), "it is off unless it is set");
    let mut settings = world.events.catalog.notification_settings().await.unwrap();
    settings.idle_days = Some(40);
    let catalog = world.events.catalog.clone();
    catalog
        .set_notification_settings(&settings, act(0))
        .await
        .unwrap();
    let idle = told("instance.idle", "Integrations Paused due to Account Inactivity");
    assert_eq!(world.look().await, idle, "since the instance was made");
    world.wait(DAY);
    assert_eq!(world.look().await, nothing());
    let table = world.table("orders").await;
    world.land(table, 0, None).await;
    assert_eq!(world.look().await, nothing());
    assert_eq!(world.open().await, [], "a load ends it");
    world.wait(40 * DAY - 1);
    assert_eq!(world.look().await, nothing());
    world.wait(1);
    assert_eq!(world.look().await, idle, "forty days after the load");
}

#[tokio::test]
async fn a_batch_that_can_never_be_written_is_told_of_at_once_and_by_mail_after_two_hours() {
    let mut world = World::new(SourceType::ImportApi).await;
    let table = world.table("orders").await;
    let fault = LoadFault {
        code: NEVER_LANDS.to_owned(),
        message: "An error occurred (KeyTooLongError)".to_owned(),
    };
    let mail = "Landfall Notification - We're unable to load some of your data".to_owned();
    let told = [
        (vec!["load.unsupported".to_owned()], Vec::new()),
        (Vec::new(), vec![mail]),
        nothing(),
    ];
    for told in told {
        world.fail(table, &fault).await;
        assert_eq!(world.look().await, told);
        world.wait(2 * HOUR);
    }
    let shown = world.events.catalog.notifications().await.unwrap().remove(0);
    assert_eq!(shown.finding.tables, ["orders"]);
    assert_eq!(shown.finding.raw_error.as_deref(), Some(fault.message.as_str()));
    world.land(table, 0, None).await;
    assert_eq!(world.look().await, nothing());
    assert_eq!(world.open().await, []);
}

#[tokio::test]
async fn a_fault_of_the_catalog_is_told_of_at_once_by_mail_after_three_hours_and_over_with_the_next_load() {
    let mut world = World::new(SourceType::ImportApi).await;
    let table = world.table("orders").await;
    let fault = LoadFault {
        code: HELD_BY_LANDFALL.to_owned(),
        message: "database disk image is malformed".to_owned(),
    };
    world.fail(table, &fault).await;
    let at_once = (vec!["load.delayed".to_owned()], Vec::new());
    assert_eq!(world.look().await, at_once);
    world.wait(3 * HOUR - 1);
    world.fail(table, &fault).await;
    assert_eq!(world.look().await, nothing());
    world.wait(1);
    let mail = vec!["Landfall Notification - Data delays".to_owned()];
    assert_eq!(world.look().await, (Vec::new(), mail));
    let shown = world.events.catalog.notifications().await.unwrap().remove(0);
    assert_eq!(shown.finding.event, Event::LoadDelayed);
    assert_eq!(shown.finding.tables, ["orders"]);
    assert_eq!(shown.finding.raw_error, Some(fault.message.clone()));
    world.land(table, 0, None).await;
    assert_eq!(world.look().await, nothing());
    assert_eq!(world.open().await, []);
    // What is over within three hours is not worth a mail.
    world.fail(table, &fault).await;
    assert_eq!(world.look().await, at_once);
    world.land(table, 1, None).await;
    world.wait(3 * HOUR);
    assert_eq!(world.look().await, nothing());
}

#[tokio::test]
async fn a_record_that_is_too_large_is_told_of_once_a_day() {
    let mut world = World::new(SourceType::ImportApi).await;
    let table = world.table("orders").await;
    world.land(table, 0, Some("R2")).await;
    let rejected = told("records.rejected", "Records were rejected");
    assert_eq!(world.look().await, rejected, "it was not too large");
    let too_large = told("record.too_large", "Error persisting data for table orders");
    world.wait(HOUR);
    world.land(table, 1, Some("R1")).await;
    assert_eq!(world.look().await, too_large);
    world.wait(HOUR);
    world.land(table, 2, Some("R1")).await;
    assert_eq!(world.look().await, nothing(), "of the same day");
    world.restart().await;
    assert_eq!(world.look().await, nothing(), "of the same day");
    world.wait(12 * HOUR);
    assert_eq!(world.look().await, nothing());
    assert_eq!(world.open().await, [], "it is over at midnight");
    world.land(table, 3, Some("R1")).await;
    let (events, _) = world.look().await;
    assert_eq!(events, ["records.rejected", "record.too_large"]);
}

#[tokio::test]
async fn a_request_to_a_webhook_that_is_too_large_is_told_of_once_a_day() {
    let mut world = World::new(SourceType::IncomingWebhook).await;
    let refuse = |world: &World| {
        let day = day_of(Timestamp::from_millis(world.now()));
        world.events.oversized.note(world.source.id, day);
    };
    assert_eq!(world.look().await, nothing());
    refuse(&world);
    let too_large = told("record.too_large", "Error persisting data for table data");
    assert_eq!(world.look().await, too_large);
    let shown = world.events.catalog.notifications().await.unwrap().remove(0);
    assert_eq!(shown.finding.source, Some(world.source.id));
    world.restart().await;
    refuse(&world);
    world.wait(HOUR);
    assert_eq!(world.look().await, nothing(), "of the same day");
    assert_eq!(world.open().await, [Event::RecordTooLarge]);
    world.wait(13 * HOUR);
    assert_eq!(world.look().await, nothing());
    assert_eq!(world.open().await, [], "it is over at midnight");
    refuse(&world);
    assert_eq!(world.look().await, too_large, "of the next day");
}

fn accepted(source: SourceId, at: i64) -> AcceptedRequest {
    let text = r#"{"id":1}"#.to_owned();
    let record = AcceptedRecord {
        sequence: 1,
        extracted_at: None,
        data: 0..text.len(),
    };
    AcceptedRequest {
        source,
        received_at: Timestamp::from_millis(at),
        parts: vec![AcceptedPart {
            table: "orders".to_owned(),
            version: TableVersion::new(0),
            key_names: vec!["id".to_owned()],
            bookmark_names: Vec::new(),
            schema: None,
            text,
            items: vec![AcceptedItem::Record(record)],
        }],
    }
}

#[tokio::test]
async fn records_that_are_soon_deleted_are_told_of_once_however_often_the_server_is_started() {
    let mut world = World::new(SourceType::ImportApi).await;
    let entry = NewEntry {
        bytes: encode(accepted(world.source.id, START_MS)).into(),
        at: Timestamp::from_millis(START_MS),
    };
    world
        .events
        .log
        .append(landfall_log::Partition::FIRST, entry)
        .await
        .unwrap();
    world
        .load_beside(async |world| {
            assert_eq!(world.look().await, nothing());
            world.wait(27 * DAY - 1);
            assert_eq!(world.look().await, nothing());
            world.wait(1);
            let expiring = told("buffer.expiring", "Buffered data will be deleted");
            assert_eq!(world.look().await, expiring, "three days before");
            world.wait(DAY);
            assert_eq!(world.look().await, nothing());
        })
        .await;
    world.restart().await;
    assert_eq!(world.look().await, nothing(), "the loader has read nothing yet");
    assert_eq!(world.open().await, [Event::BufferExpiring]);
    world
        .load_beside(async |world| {
            assert_eq!(world.look().await, nothing());
            let open = world.events.catalog.notifications().await.unwrap().remove(0);
            assert_eq!(open.finding.tables, ["orders"]);
            world.wait(3 * DAY);
            while !world.open().await.is_empty() {
                assert_eq!(world.look().await, nothing(), "they are deleted");
            }
        })
        .await;
}
