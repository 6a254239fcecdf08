//! From the log to the bucket, exactly once.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test whose world can't be built has failed"
)]

#[path = "support/service_world.rs"]
mod service_world;

use std::num::NonZeroU64;
use std::time::Duration;

use landfall_core::intake::AcceptedItem;
use landfall_core::settings::BatchLimits;
use landfall_core::units::ByteCount;
use landfall_load::service::Step;
use service_world::{End, ServiceWorld, part};

fn limits(rows: u64) -> BatchLimits {
    BatchLimits {
        rows: NonZeroU64::new(rows).unwrap(),
        bytes: ByteCount::new(64 << 20),
        wait: Duration::from_secs(300),
    }
}

#[test]
fn what_was_accepted_lands_and_is_forgotten_by_the_log() {
    let world = ServiceWorld::new(limits(100));
    world.push("orders", 0..250, 7);
    assert_eq!(world.run(None), End::Drained);
    assert_eq!(world.ids("orders"), (0..250).collect::<Vec<_>>());
    assert_eq!(world.objects("lake").len(), 3, "100, 100 and 50 rows");
    assert_eq!(world.run(None), End::Drained, "nothing is left");
    assert_eq!(world.ids("orders").len(), 250);
}

#[test]
fn a_crash_after_any_step_lands_every_record_once_under_the_keys_of_before() {
    for step in Step::ALL {
        for count in 1..4 {
            let world = ServiceWorld::new(limits(10));
            world.push("orders", 0..35, 4);
            world.push("customers", 100..125, 4);
            let end = world.run(Some((step, count)));
            let before = world.objects("lake");
            assert_eq!(world.run(None), End::Drained, "after {step:?} {count}");
            let after = world.objects("lake");
            let name = format!("{step:?} {count}, which ended {end:?}");
            assert_eq!(world.ids("orders"), (0..35).collect::<Vec<_>>(), "{name}");
            assert_eq!(world.ids("customers"), (100..125).collect::<Vec<_>>(), "{name}");
            for (key, content) in before {
                assert_eq!(after.get(&key), Some(&content), "{name}: {key} changed");
            }
        }
    }
}

#[test]
fn crashes_at_every_turn_still_land_every_record_once() {
    let world = ServiceWorld::new(limits(10));
    world.push("orders", 0..55, 4);
    let mut lives = 0;
    for round in 0.. {
        let step = Step::OF_A_LOAD[round % Step::OF_A_LOAD.len()];
        lives += 1;
        if world.run(Some((step, 1))) == End::Drained {
            break;
        }
        assert!(lives < 200, "no progress");
    }
    assert_eq!(world.ids("orders"), (0..55).collect::<Vec<_>>());
}

#[test]
fn records_wait_while_their_destination_refuses_and_land_when_it_is_mended() {
    let world = ServiceWorld::new(limits(10));
    world.push("orders", 0..25, 4);
    std::fs::remove_file(world.challenge()).unwrap();
    assert_eq!(world.run(None), End::Drained);
    assert_eq!(
        world.ids("orders"),
        Vec::<u64>::new(),
        "nothing is written without the challenge"
    );
    std::fs::write(world.challenge(), "").unwrap();
    world.push("orders", 25..30, 4);
    world.live(async |catalog, _| {
        let id = catalog.destinations().await.unwrap()[0].id;
        world.check(&catalog, id).await;
    });
    assert_eq!(world.run(None), End::Drained);
    assert_eq!(world.ids("orders"), (0..30).collect::<Vec<_>>());
}

#[test]
fn versions_and_activations_close_batches() {
    let world = ServiceWorld::new(limits(100));
    let mut first = part("orders", 1, &[1, 2]);
    first.items.push(AcceptedItem::ActivateVersion);
    let second = part("orders", 2, &[3]);
    world.accept(vec![first, second]);
    let mut alone = part("orders", 2, &[]);
    alone.items.push(AcceptedItem::ActivateVersion);
    world.accept(vec![alone]);
    assert_eq!(world.run(None), End::Drained);
    assert_eq!(world.ids("orders"), [1, 2, 3]);
    let keys: Vec<String> = world.objects("lake").into_keys().collect();
    assert_eq!(keys.len(), 2, "{keys:?}");
    assert!(
        keys[0].starts_with("shop/orders/1_") && keys[1].starts_with("shop/orders/2_"),
        "{keys:?}"
    );
}

#[test]
fn the_ledger_adds_up() {
    let world = ServiceWorld::new(limits(10));
    world.push("orders", 0..55, 4);
    world.run(None);
    world.live(async |catalog, _| {
        let accounts = catalog.accounts(None, 100).await.unwrap();
        assert_eq!(accounts.len(), 1);
        let chain = catalog.check_chain(&accounts[0]).await.unwrap();
        assert!(
            matches!(chain, landfall_catalog::Chain::Whole { links: 6 }),
            "{chain:?}"
        );
        assert!(accounts[0].is_balanced(), "{accounts:?}");
    });
}

#[test]
fn an_entry_that_can_not_be_read_stops_the_loader_and_stays_in_the_log() {
    let world = ServiceWorld::new(limits(10));
    world.push("orders", 0..5, 5);
    world.corrupt_log(&[9; 9]);
    world.push("orders", 5..10, 5);
    let End::Stopped(why) = world.run(None) else {
        panic!("it was passed over");
    };
    assert!(
        why.contains("entry 1 of the log") && why.contains("another version"),
        "{why}"
    );
    let again = world.run(None);
    assert!(matches!(again, End::Stopped(_)), "the log forgot it: {again:?}");
}
