//! What a server does over days, and with thousands of tables.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test whose world can't be built has failed"
)]

#[path = "support/service_world.rs"]
mod service_world;

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use landfall_catalog::{Chain, DestinationChange, Pause};
use landfall_core::intake::{AcceptedItem, AcceptedRecord};
use landfall_core::settings::BatchLimits;
use landfall_core::units::ByteCount;
use landfall_load::service::{Conductor, HELD_BY_LANDFALL, WaitingTable};
use landfall_log::{Log, Partition};
use service_world::{End, Leaping, ServiceWorld, append, part, request};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn limits(rows: u64) -> BatchLimits {
    BatchLimits {
        rows: NonZeroU64::new(rows).unwrap(),
        bytes: ByteCount::new(64 << 20),
        wait: Duration::from_secs(300),
    }
}

/// A world in which no wait takes time.
fn world(rows: u64) -> ServiceWorld {
    let mut world = ServiceWorld::new(limits(rows));
    world.sleep = Arc::new(Leaping(world.clock.clone()));
    world
}

fn let_days_pass(world: &ServiceWorld, days: i64) {
    *world.clock.now_ms.lock().unwrap() += days * DAY_MS;
}

#[test]
fn records_without_a_way_out_are_announced_and_after_thirty_days_lost_and_counted() {
    let world = world(10);
    std::fs::remove_file(world.challenge()).unwrap();
    let mut old = part("orders", 1, &[1, 2, 3]);
    old.items.insert(2, AcceptedItem::ActivateVersion);
    world.accept(vec![old]);
    let_days_pass(&world, 20);
    world.push("orders", 10..14, 4);
    world.push("late", 20..22, 2);
    let_days_pass(&world, 8);
    world.live(async |catalog, log| {
        world
            .beside(catalog.clone(), log.clone(), async |_| {
                world.heard.until("expiring", 1).await;
                assert_eq!(world.heard.of("lost").len(), 0);
                let_days_pass(&world, 2);
                world.heard.until("lost", 1).await;
            })
            .await;
        let source = catalog.sources().await.unwrap()[0].id;
        let report = catalog
            .loading_report(source, world.now(), world.now().next())
            .await
            .unwrap();
        let lost: Vec<_> = report
            .iter()
            .map(|table| (table.table.name.as_str(), table.records_lost))
            .collect();
        assert_eq!(lost, [("late", 0), ("orders", 3)]);
        let account = catalog.accounts(None, 10).await.unwrap().remove(0);
        assert!(account.is_balanced(), "{account:?}");
        assert_eq!((account.records, account.lost), (3, 3));
        let chain = catalog.check_chain(&account).await.unwrap();
        assert!(matches!(chain, Chain::Whole { links: 3 }), "{chain:?}");
        let table = catalog.table(account.table).await.unwrap().unwrap();
        assert_eq!(
            table.active_version.unwrap().as_i64(),
            1,
            "activations are no records"
        );
        assert_eq!(table.last_error.unwrap().code, "records_lost");
        let waiting = log.bounds(Partition::FIRST).await.unwrap();
        assert_eq!(waiting.next.as_u64(), 3);
        std::fs::write(world.challenge(), "").unwrap();
        let id = catalog.destinations().await.unwrap()[0].id;
        world.check(&catalog, id).await;
    });
    let expiring = world.heard.of("expiring");
    assert_eq!(expiring, ["expiring shop/orders 2023-12-14T22:13:20.000Z"]);
    assert_eq!(world.heard.of("lost"), ["lost shop/orders 3"]);
    assert_eq!(world.run(None), End::Drained);
    assert_eq!(world.ids("orders"), [10, 11, 12, 13], "what is younger lands");
    assert_eq!(world.ids("late"), [20, 21]);
}

#[test]
fn what_waits_is_told_by_table_until_it_has_landed() {
    let world = world(10);
    let first = world.now();
    world.push("orders", 0..3, 3);
    let_days_pass(&world, 1);
    world.push("orders", 3..5, 2);
    world.push("people", 0..1, 1);
    std::fs::remove_file(world.challenge()).unwrap();
    world.live(async |catalog, log| {
        world
            .beside(catalog.clone(), log.clone(), async |handle| {
                world.heard.until("failed", 1).await;
                let mut waiting = handle.waiting().await.unwrap();
                waiting.sort_by(|one, other| one.table.cmp(&other.table));
                let since: Vec<_> = waiting.iter().map(|table| (&*table.table, table.since)).collect();
                assert_eq!(since, [("orders", Some(first)), ("people", Some(world.now()))]);
                std::fs::write(world.challenge(), "").unwrap();
                let id = catalog.destinations().await.unwrap()[0].id;
                world.check(&catalog, id).await;
                handle.wake();
                let_days_pass(&world, 1);
                world.heard.until("landed", 2).await;
                let waiting = handle.waiting().await.unwrap();
                assert!(waiting.iter().all(|table| table.since.is_none()), "{waiting:?}");
            })
            .await;
    });
    let failed = world.heard.of("failed");
    assert!(
        failed.contains(&"failed shop/orders refused".to_owned()),
        "{failed:?}"
    );
}

#[test]
fn what_is_soon_deleted_is_told_once_the_log_was_read_and_until_it_is_lost() {
    let world = world(10);
    std::fs::remove_file(world.challenge()).unwrap();
    let first = world.now();
    world.push("orders", 0..3, 3);
    let_days_pass(&world, 26);
    world.push("people", 0..1, 1);
    // A server that is started anew knows as much once it has read what there is.
    for (days, expected) in [
        (0, None),
        (1, Some(30 * DAY_MS)),
        (0, Some(30 * DAY_MS)),
        (4, None),
    ] {
        let_days_pass(&world, days);
        world.live(async |catalog, log| {
            let conductor = Conductor::start(world.parts(catalog, log, None)).await.unwrap();
            assert_eq!(
                conductor.handle().all_waiting().await,
                None,
                "nothing is read yet"
            );
            let handle = conductor.handle();
            let (ran, ()) = tokio::join!(conductor.run(), async {
                let deleted_at = loop {
                    let waiting = handle.all_waiting().await.unwrap_or_default();
                    let orders = waiting.iter().find(|table| &*table.table == "orders");
                    let has_settled = |table: &&WaitingTable| days < 4 || table.since.is_none();
                    if let Some(orders) = orders.filter(has_settled) {
                        let people = waiting.iter().find(|table| &*table.table == "people").unwrap();
                        assert_eq!(people.deleted_at, None, "it came late");
                        break orders.deleted_at;
                    }
                    tokio::task::yield_now().await;
                };
                let after = deleted_at.map(|at| at.as_millis() - first.as_millis());
                assert_eq!(after, expected, "after {days} more days");
                handle.drain();
            });
            ran.unwrap();
        });
    }
    assert_eq!(world.heard.of("lost"), ["lost shop/orders 3"]);
}

#[test]
fn a_destination_that_is_resumed_is_checked_before_the_next_load() {
    let world = world(2);
    world.live(async |catalog, log| {
        world
            .beside(catalog.clone(), log.clone(), async |handle| {
                append(&log, &request(&[part("orders", 0, &[1, 2])], world.now())).await;
                world.heard.until("landed", 1).await; // a check succeeded, and would count for another minute
                let id = catalog.destinations().await.unwrap()[0].id;
                let switch = async |pause| {
                    let change = DestinationChange {
                        pause: Some(pause),
                        ..DestinationChange::default()
                    };
                    catalog
                        .update_destination(id, &change, world.act())
                        .await
                        .unwrap();
                    handle.wake();
                };
                switch(Pause::Pause).await;
                append(&log, &request(&[part("orders", 0, &[3, 4])], world.now())).await;
                std::fs::remove_file(world.challenge()).unwrap();
                switch(Pause::Resume).await;
                world.heard.until("failed", 1).await;
                let state = catalog.destination(id).await.unwrap().unwrap().state;
                assert_eq!(state.as_str(), "failing");
            })
            .await;
    });
    assert_eq!(
        world.ids("orders"),
        [1, 2],
        "nothing is written without the challenge"
    );
}

/// A part with two records of a kilobyte.
fn large_part(table: u64, round: u64) -> landfall_core::intake::AcceptedPart {
    let mut large = part(&format!("t{table}"), 0, &[]);
    for id in [2 * round, 2 * round + 1] {
        let start = large.text.len();
        let text = "x".repeat(1_000);
        large
            .text
            .push_str(&format!("{{\"id\":{id},\"text\":\"{text}\"}}"));
        large.items.push(AcceptedItem::Record(AcceptedRecord {
            sequence: id as i64,
            extracted_at: None,
            data: start..large.text.len(),
        }));
    }
    large
}

#[test]
fn three_thousand_tables_land_every_record_within_the_memory_they_may_take() {
    const TABLES: u64 = 3_000;
    const ROUNDS: u64 = 4;
    const BUDGET: u64 = 4 << 20;
    /// What is read at once, as batches hold it.
    const CHUNK: u64 = 12 << 20;
    let mut world = world(100_000);
    world.memory_budget = ByteCount::new(BUDGET);
    world.live(async |_, log| {
        for round in 0..ROUNDS {
            for first in (0..TABLES).step_by(50) {
                let parts: Vec<_> = (first..first + 50)
                    .map(|table| large_part(table, round))
                    .collect();
                append(&log, &request(&parts, world.now())).await;
            }
        }
    });
    let started = std::time::Instant::now();
    let most_held = world.live(async |catalog, log| {
        let conductor = Conductor::start(world.parts(catalog, log, None)).await.unwrap();
        let handle = conductor.handle();
        handle.drain();
        conductor.run().await.unwrap();
        handle.most_held().as_u64()
    });
    eprintln!(
        "landed after {:?}, {most_held} bytes held at most",
        started.elapsed()
    );
    assert!(most_held <= BUDGET + CHUNK, "{most_held} bytes were held");
    let mut ids: HashMap<String, Vec<u64>> = HashMap::new();
    for (key, content) in world.objects("lake") {
        let table = key.split('/').nth(1).unwrap().to_owned();
        let id = |line: &str| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["id"]
                .as_u64()
                .unwrap()
        };
        ids.entry(table).or_default().extend(content.lines().map(id));
    }
    assert_eq!(ids.len() as u64, TABLES);
    for (table, mut ids) in ids {
        ids.sort_unstable();
        assert_eq!(ids, (0..2 * ROUNDS).collect::<Vec<_>>(), "{table}");
    }
}

/// Changes the catalog behind its back.
async fn alter(world: &ServiceWorld, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(world.catalog_path());
    let mut connection = options.connect().await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[test]
fn a_fault_of_the_catalog_holds_up_a_table_as_a_fault_of_landfall_until_it_is_gone() {
    let world = world(10);
    world.push("orders", 0..3, 3);
    world.live(async |catalog, log| {
        alter(
            &world,
            "CREATE TRIGGER broken BEFORE INSERT ON loads BEGIN SELECT RAISE(ABORT, 'the disk has a fault'); END",
        )
        .await;
        world.beside(catalog.clone(), log, async |handle| {
            world.heard.until("failed", 2).await;
            let source = catalog.sources().await.unwrap()[0].id;
            let table = catalog.tables(source).await.unwrap().remove(0);
            let fault = table.last_error.unwrap();
            assert_eq!(fault.code, HELD_BY_LANDFALL);
            assert!(fault.message.contains("the control state"), "{}", fault.message);
            let lake = catalog.destinations().await.unwrap().remove(0);
            assert!(lake.state.can_load(), "the destination is not to blame");
            assert!(world.objects("lake").is_empty());
            alter(&world, "DROP TRIGGER broken").await;
            handle.wake();
            world.heard.until("landed", 1).await;
            let table = catalog.table(table.id).await.unwrap().unwrap();
            assert!(table.last_error.is_none(), "{table:?}");
        })
        .await;
    });
    assert!(
        world
            .heard
            .of("failed")
            .iter()
            .all(|line| line == "failed shop/orders internal")
    );
    assert_eq!(world.ids("orders"), [0, 1, 2]);
}
