//! What the loader tells of what waits, and what it does when it is asked to load now.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test whose world can't be built has failed"
)]

#[path = "support/service_world.rs"]
mod service_world;

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use landfall_catalog::Catalog;
use landfall_core::ids::SourceId;
use landfall_core::intake::{AcceptedItem, AcceptedRequest};
use landfall_core::settings::BatchLimits;
use landfall_core::units::ByteCount;
use landfall_load::service::{Conductor, ConductorHandle, LoadingNow, WaitingTable};
use landfall_log::EmbeddedLog;
use service_world::{ServiceWorld, append, part, request};

const WAIT: Duration = Duration::from_secs(300);
const SHOP: SourceId = SourceId::new(1);

/// A world in which batches of a hundred records close, or after five minutes.
fn world() -> ServiceWorld {
    ServiceWorld::new(BatchLimits {
        rows: NonZeroU64::new(100).unwrap(),
        bytes: ByteCount::new(64 << 20),
        wait: WAIT,
    })
}

/// Does something beside a loader, which is then given up as it is.
fn beside(world: &ServiceWorld, work: impl AsyncFnOnce(&ConductorHandle, Arc<Catalog>, Arc<EmbeddedLog>)) {
    world.live(async |catalog, log| {
        let parts = world.parts(catalog.clone(), log.clone(), None);
        let conductor = Conductor::start(parts).await.unwrap();
        let handle = conductor.handle();
        tokio::select! {
            ran = conductor.run() => panic!("the loader ended: {ran:?}"),
            () = work(&handle, catalog, log) => {}
        }
    });
}

/// What waits once all that is in the log was read and `is_settled`.
async fn settled(
    handle: &ConductorHandle,
    is_settled: impl Fn(&[WaitingTable]) -> bool,
) -> Vec<WaitingTable> {
    loop {
        let mut backlog = handle.backlog().await.unwrap();
        backlog.tables.sort_by(|one, other| one.table.cmp(&other.table));
        if !backlog.has_unread && is_settled(&backlog.tables) {
            return backlog.tables;
        }
        tokio::task::yield_now().await;
    }
}

fn rows(tables: &[WaitingTable]) -> Vec<(&str, u64)> {
    tables.iter().map(|table| (&*table.table, table.rows)).collect()
}

#[test]
fn an_open_batch_is_counted_and_tells_when_it_closes_by_age() {
    let world = world();
    beside(&world, async |handle, _, log| {
        let first = world.now();
        let mut orders = part("orders", 0, &[1, 2, 3]);
        orders.items.insert(1, AcceptedItem::ActivateVersion);
        append(&log, &request(&[orders, part("people", 0, &[1])], first)).await;
        settled(handle, |tables| tables.len() == 2).await;
        *world.clock.now_ms.lock().unwrap() += 10_000;
        let later = world.now();
        append(&log, &request(&[part("people", 0, &[2, 3])], later)).await;
        world.heard.until("landed", 1).await; // what was before the activation
        let tables = settled(handle, |tables| rows(tables) == [("orders", 2), ("people", 3)]).await;
        for (table, last) in tables.iter().zip([first, later]) {
            assert_eq!(table.last_received, Some(last), "{table:?}");
            assert_eq!(table.closes_at, Some(first.plus(WAIT)), "{table:?}");
            assert_eq!((table.rows_closed, table.is_held), (0, false), "{table:?}");
        }
        // A clock that is set back does not put the end off.
        *world.clock.now_ms.lock().unwrap() -= 3_600_000;
        let tables = settled(handle, |_| true).await;
        assert!(
            tables[0].closes_at.unwrap() <= world.now().plus(WAIT),
            "{tables:?}"
        );
    });
}

#[test]
fn load_now_closes_the_batches_of_one_source_with_all_that_was_accepted_before() {
    let world = world();
    beside(&world, async |handle, catalog, log| {
        let other = world.source(&catalog, "other").await;
        let of_other = AcceptedRequest {
            source: other,
            ..request(&[part("orders", 0, &[1])], world.now())
        };
        append(&log, &of_other).await;
        append(&log, &request(&[part("orders", 0, &[1, 2])], world.now())).await;
        append(&log, &request(&[part("people", 0, &[3])], world.now())).await;
        let expected = LoadingNow {
            rows: 3,
            tables: 2,
            rows_held: 0,
        };
        assert_eq!(handle.load_now(SHOP).await, Some(expected));
        world.heard.until("landed", 2).await;
        let tables = settled(handle, |tables| {
            tables.iter().map(|table| table.rows).sum::<u64>() == 1
        })
        .await;
        let left: Vec<_> = tables
            .iter()
            .filter(|table| table.rows > 0)
            .map(|table| table.source)
            .collect();
        assert_eq!(left, [other], "the other source's batch stays open");
        assert_eq!(
            handle.load_now(SHOP).await,
            Some(LoadingNow::default()),
            "nothing waits"
        );
    });
    assert_eq!((world.ids("orders"), world.ids("people")), (vec![1, 2], vec![3]));
}

#[test]
fn what_a_failing_destination_holds_up_is_counted_once_and_promised_for_no_time() {
    let world = world();
    beside(&world, async |handle, _, log| {
        append(&log, &request(&[part("orders", 0, &[1, 2])], world.now())).await;
        handle.load_now(SHOP).await.unwrap();
        world.heard.until("landed", 1).await;
        append(&log, &request(&[part("orders", 0, &[3, 4, 5])], world.now())).await;
        settled(handle, |tables| rows(tables) == [("orders", 3)]).await;
    });
    world.accept(vec![part("orders", 0, &[6])]);
    std::fs::remove_file(world.challenge()).unwrap();
    beside(&world, async |handle, catalog, log| {
        let tables = settled(handle, |tables| rows(tables) == [("orders", 4)]).await;
        assert!(!tables[0].is_held, "nobody knows yet: {tables:?}");
        handle.load_now(SHOP).await.unwrap();
        world.heard.until("failed", 1).await;
        let held = |tables: &[WaitingTable]| tables.first().is_some_and(|table| table.is_held);
        append(&log, &request(&[part("orders", 0, &[7])], world.now())).await;
        let tables = settled(handle, |tables| held(tables) && tables[0].rows == 5).await;
        assert_eq!(
            (tables[0].closes_at, tables[0].rows_closed),
            (None, 0),
            "{tables:?}"
        );
        let refused = LoadingNow {
            rows_held: 5,
            ..LoadingNow::default()
        };
        assert_eq!(handle.load_now(SHOP).await, Some(refused));
        std::fs::write(world.challenge(), "").unwrap();
        let id = catalog.destinations().await.unwrap()[0].id;
        world.check(&catalog, id).await;
        handle.wake();
        // The load that was opened is made again as it was; what came later waits for more.
        let tables = settled(handle, |tables| rows(tables) == [("orders", 1)]).await;
        assert!(tables[0].closes_at.is_some(), "{tables:?}");
        assert_eq!(handle.load_now(SHOP).await.unwrap().rows, 1);
        settled(handle, |tables| tables[0].rows == 0).await;
    });
    assert_eq!(world.ids("orders"), [1, 2, 3, 4, 5, 6, 7]);
}
