//! A source goes to another destination, or its destination gets another format, while records of it wait.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test whose world can't be built has failed"
)]

#[path = "support/service_world.rs"]
mod service_world;

use std::num::NonZeroU64;
use std::time::Duration;

use landfall_catalog::{
    AccessEffect, Catalog, Chain, Destination, DestinationChange, Form, PropertiesChange, SourceChange,
};
use landfall_core::settings::BatchLimits;
use landfall_core::units::ByteCount;
use landfall_load::service::{ConductorHandle, Step};
use service_world::{End, ServiceWorld, append, part, request};

/// Batches close by their number of records, or when the server ends.
fn world(rows: u64) -> ServiceWorld {
    let world = ServiceWorld::new(BatchLimits {
        rows: NonZeroU64::new(rows).unwrap(),
        bytes: ByteCount::new(64 << 20),
        wait: Duration::from_secs(24 * 60 * 60),
    });
    world.make_bucket("attic");
    world
}

/// The source goes from `lake`, which gets JSONL, to `attic`, which gets CSV.
async fn move_to_attic(world: &ServiceWorld, catalog: &Catalog) {
    let attic = world.destination_of(catalog, "attic", "csv").await;
    let source = catalog.sources().await.unwrap()[0].id;
    let change = SourceChange {
        destination: Some(Some(attic)),
        ..SourceChange::default()
    };
    catalog.update_source(source, &change, world.act()).await.unwrap();
}

/// From now on the objects of a destination hold CSV.
async fn change_to_csv(world: &ServiceWorld, catalog: &Catalog, lake: &Destination) {
    let mut properties = lake.properties.clone();
    properties.set("output_file_format", "csv");
    let change = DestinationChange {
        properties: Some(PropertiesChange {
            properties,
            form: Form::Complete,
            access: AccessEffect::Same,
            read_revision: lake.revision,
        }),
        ..DestinationChange::default()
    };
    catalog
        .update_destination(lake.id, &change, world.act())
        .await
        .unwrap();
}

/// The `id`s in the objects of a bucket, which are all of one format: JSONL in `lake`, CSV elsewhere.
fn ids(world: &ServiceWorld, bucket: &str, extension: &str) -> Vec<u64> {
    let mut ids = Vec::new();
    for (key, content) in world.objects(bucket) {
        assert!(key.ends_with(extension), "{bucket} got {key}");
        let rows = content.lines().filter(|line| !line.is_empty());
        if extension == ".csv" {
            let mut rows = rows.map(|row| row.split(',').collect::<Vec<_>>());
            let header = rows.next().unwrap();
            let column = header.iter().position(|name| *name == "id").unwrap();
            ids.extend(rows.map(|row| row[column].parse::<u64>().unwrap()));
        } else {
            let row = |line| serde_json::from_str::<serde_json::Value>(line).unwrap();
            ids.extend(rows.map(|line| row(line)["id"].as_u64().unwrap()));
        }
    }
    ids.sort_unstable();
    ids
}

async fn assert_books_are_right(catalog: &Catalog, records: u64) {
    let account = catalog.accounts(None, 10).await.unwrap().remove(0);
    assert!(account.is_balanced(), "{account:?}");
    assert_eq!((account.records, account.landed), (records, records));
    let chain = catalog.check_chain(&account).await.unwrap();
    assert!(matches!(chain, Chain::Whole { .. }), "{chain:?}");
}

/// Waits until the loader holds records in an open batch.
async fn until_gathered(handle: &ConductorHandle) {
    while handle.all_waiting().await.is_none_or(|tables| tables.is_empty()) {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_batch_that_is_open_while_its_source_moves_lands_as_its_new_destination_wants_it() {
    let world = world(100);
    world.push("orders", 0..3, 3);
    world.live(async |catalog, log| {
        world
            .beside(catalog.clone(), log, async |handle| {
                until_gathered(handle).await;
                move_to_attic(&world, &catalog).await;
            })
            .await;
        assert_books_are_right(&catalog, 3).await;
    });
    assert!(world.objects("lake").is_empty(), "nothing landed before the move");
    assert_eq!(ids(&world, "attic", ".csv"), [0, 1, 2]);
}

#[test]
fn records_before_and_after_a_move_that_were_not_loaded_go_to_the_new_destination_together() {
    let world = world(100);
    world.push("orders", 0..3, 3);
    world.live(async |catalog, log| {
        world
            .beside(catalog.clone(), log.clone(), async |handle| {
                until_gathered(handle).await;
                move_to_attic(&world, &catalog).await;
                append(&log, &request(&[part("orders", 0, &[3, 4])], world.now())).await;
            })
            .await;
        assert_books_are_right(&catalog, 5).await;
    });
    assert!(world.objects("lake").is_empty());
    assert_eq!(ids(&world, "attic", ".csv"), [0, 1, 2, 3, 4]);
}

#[test]
fn an_open_batch_lands_in_the_format_that_its_destination_has_when_it_is_loaded() {
    let world = world(100);
    world.push("orders", 0..3, 3);
    world.live(async |catalog, log| {
        world
            .beside(catalog.clone(), log, async |handle| {
                until_gathered(handle).await;
                let lake = catalog.destinations().await.unwrap().remove(0);
                change_to_csv(&world, &catalog, &lake).await;
            })
            .await;
    });
    assert_eq!(ids(&world, "lake", ".csv"), [0, 1, 2]);
}

#[test]
fn a_change_that_is_none_of_its_objects_leaves_a_batch_open() {
    let world = world(100);
    world.push("orders", 0..3, 3);
    world.live(async |catalog, log| {
        world
            .beside(catalog.clone(), log.clone(), async |handle| {
                until_gathered(handle).await;
                let lake = catalog.destinations().await.unwrap()[0].id;
                let change = DestinationChange {
                    description: Some(Some("where all goes".to_owned())),
                    ..DestinationChange::default()
                };
                catalog
                    .update_destination(lake, &change, world.act())
                    .await
                    .unwrap();
                append(&log, &request(&[part("orders", 0, &[3])], world.now())).await;
            })
            .await;
    });
    assert_eq!(ids(&world, "lake", ".jsonl"), [0, 1, 2, 3]);
    assert_eq!(world.objects("lake").len(), 1, "one batch, one object");
}

/// Every record lands once, whenever the process dies around a move, twice: what the ledger had opened in the bucket it
/// was opened for, and as it was opened; all else in the new one.
#[test]
fn a_process_that_dies_before_and_after_a_move_leaves_each_record_once_and_each_bucket_its_own_format() {
    // The log is freed once all has landed: there is nothing left to move then.
    let steps = [
        Step::Opened,
        Step::ObjectPut,
        Step::Put,
        Step::Committed,
        Step::Freed,
    ];
    for before in &steps[..4] {
        for after in &steps {
            let world = world(4);
            world.push("orders", 0..18, 3);
            assert_eq!(world.run(Some((*before, 2))), End::Crashed, "{before:?}");
            world.live(async |catalog, _| move_to_attic(&world, &catalog).await);
            let ended = world.run(Some((*after, 1)));
            assert_eq!(ended, End::Crashed, "{before:?}, {after:?}");
            assert_eq!(world.run(None), End::Drained, "{before:?}, {after:?}");
            let (lake, attic) = (ids(&world, "lake", ".jsonl"), ids(&world, "attic", ".csv"));
            assert!(!lake.is_empty() && !attic.is_empty(), "{before:?}, {after:?}");
            let all: Vec<u64> = lake.into_iter().chain(attic).collect();
            assert_eq!(all, (0..18).collect::<Vec<_>>(), "{before:?}, {after:?}");
            world.live(async |catalog, _| assert_books_are_right(&catalog, 18).await);
        }
    }
}

#[test]
fn what_waits_of_a_deleted_source_lands_where_it_was_to_go_and_never_without_a_destination() {
    for (is_mapped, landed) in [(true, vec![0, 1, 2]), (false, vec![])] {
        let world = world(100);
        world.push("orders", 0..3, 3);
        world.live(async |catalog, log| {
            world
                .beside(catalog.clone(), log, async |handle| {
                    until_gathered(handle).await;
                    let source = catalog.sources().await.unwrap()[0].id;
                    let change = SourceChange {
                        destination: (!is_mapped).then_some(None),
                        ..SourceChange::default()
                    };
                    catalog.update_source(source, &change, world.act()).await.unwrap();
                    catalog.delete_source(source, world.act()).await.unwrap();
                    // The next destination takes over no source that is deleted.
                    world.destination_of(&catalog, "attic", "csv").await;
                })
                .await;
        });
        assert_eq!(ids(&world, "lake", ".jsonl"), landed, "{is_mapped}");
        assert!(world.objects("attic").is_empty(), "{is_mapped}");
    }
}
