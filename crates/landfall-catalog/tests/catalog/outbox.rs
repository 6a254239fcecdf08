use std::time::Duration;

use landfall_catalog::*;
use landfall_core::ids::DestinationId;
use secrecy::{ExposeSecret, SecretString};

use crate::world::{Setup, World, act, at, range};

const LEASE: Duration = Duration::from_secs(60);

fn url(number: u32) -> SecretString {
    format!("https://example.com/{number}").into()
}

async fn hook(world: &World, setup: Setup, number: u32) -> HookId {
    let hook = world
        .catalog
        .create_hook(setup.destination, &url(number), act(5))
        .await;
    hook.unwrap().id
}

async fn claim(world: &World, millis: i64) -> Vec<Notice> {
    world.catalog.claim_notices(at(millis), LEASE, 100).await.unwrap()
}

fn loads(notices: &[Notice]) -> Vec<&str> {
    notices.iter().map(|notice| notice.load.as_str()).collect()
}

#[tokio::test]
async fn a_destination_has_ten_hooks_at_most() {
    let (world, setup) = World::with_table().await;
    for number in 0..MOST_HOOKS {
        let id = hook(&world, setup, number).await;
        world.catalog.switch_hook(id, Switch::Off, act(6)).await.unwrap();
    }
    let eleventh = world
        .catalog
        .create_hook(setup.destination, &url(11), act(5))
        .await
        .unwrap_err();
    assert_eq!(eleventh.to_string(), "You have exceeded the limit of 10 hooks.");
    let nowhere = DestinationId::new(9);
    let refused = world.catalog.create_hook(nowhere, &url(1), act(5)).await;
    assert!(matches!(refused, Err(HookError::UnknownDestination(id)) if id == nowhere));
    let hooks = world.catalog.hooks().await.unwrap();
    assert_eq!(hooks.len(), 10);
    assert!(hooks.iter().all(|hook| hook.disabled_at == Some(at(6))));
    world.catalog.delete_hook(hooks[0].id, act(7)).await.unwrap();
    let again = world.catalog.delete_hook(hooks[0].id, act(7)).await;
    assert!(matches!(again, Err(HookError::NotFound(_))));
    assert_eq!(hook(&world, setup, 11).await, HookId::new(11));
}

#[tokio::test]
async fn requests_of_a_table_go_out_one_by_one_in_load_order() {
    let (world, setup) = World::with_table().await;
    hook(&world, setup, 1).await;
    world.land(setup, range(None, 1), 2, 100).await;
    world.land(setup, range(Some(1), 2), 2, 200).await;
    let other = Setup {
        table: world.table(setup.source, "people").await,
        ..setup
    };
    world.land(other, range(None, 3), 2, 300).await;

    assert_eq!(world.catalog.next_notice_at().await.unwrap(), Some(at(105)));
    let first = claim(&world, 1_000).await;
    assert_eq!(loads(&first), ["load-100", "load-300"]);
    assert_eq!(first[0].body, r#"{"load":"load-100"}"#);
    assert_eq!(first[0].url.expose_secret(), "https://example.com/1");
    assert_eq!(claim(&world, 1_000).await.len(), 0, "they are somebody's already");
    assert_eq!(world.catalog.next_notice_at().await.unwrap(), Some(at(61_000)));

    let again = Delivery::Failed {
        reason: "500".to_owned(),
        again_at: at(11_000),
    };
    world
        .catalog
        .record_delivery(first[0].id, &again, at(1_100))
        .await
        .unwrap();
    assert_eq!(
        claim(&world, 10_999).await.len(),
        0,
        "the second waits for the first"
    );
    let retried = claim(&world, 11_000).await;
    assert_eq!(loads(&retried), ["load-100"]);
    assert_eq!(retried[0].tries, 1);
    world
        .catalog
        .record_delivery(retried[0].id, &Delivery::Delivered, at(11_100))
        .await
        .unwrap();
    let second = claim(&world, 11_100).await;
    assert_eq!(loads(&second), ["load-200"]);
    let log = world.catalog.deliveries(HookId::new(1), None, 10).await.unwrap();
    let tries: Vec<_> = log
        .iter()
        .map(|line| (line.attempt, line.failure.as_deref()))
        .collect();
    assert_eq!(tries, [(2, None), (1, Some("500"))]);
}

#[tokio::test]
async fn one_that_is_given_up_lets_the_next_go() {
    let (world, setup) = World::with_table().await;
    hook(&world, setup, 1).await;
    world.land(setup, range(None, 1), 2, 100).await;
    world.land(setup, range(Some(1), 2), 2, 200).await;
    let first = claim(&world, 1_000).await.remove(0);
    let given_up = Delivery::GivenUp {
        reason: "no connection".to_owned(),
    };
    world
        .catalog
        .record_delivery(first.id, &given_up, at(1_000))
        .await
        .unwrap();
    world
        .catalog
        .record_delivery(first.id, &Delivery::Delivered, at(1_001))
        .await
        .unwrap();
    assert_eq!(
        world
            .catalog
            .deliveries(first.hook, None, 10)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(loads(&claim(&world, 1_000).await), ["load-200"]);
}

#[tokio::test]
async fn a_claim_ends_with_its_lease_or_with_a_restart() {
    let (world, setup) = World::with_table().await;
    hook(&world, setup, 1).await;
    world.land(setup, range(None, 1), 2, 100).await;
    assert_eq!(claim(&world, 1_000).await.len(), 1);
    let world = world.crash().await;
    assert_eq!(claim(&world, 60_999).await.len(), 0);
    assert_eq!(claim(&world, 61_000).await.len(), 1);
    world.catalog.release_notices().await.unwrap();
    assert_eq!(claim(&world, 61_000).await.len(), 1);
}

#[tokio::test]
async fn a_disabled_hook_is_told_nothing() {
    let (world, setup) = World::with_table().await;
    let id = hook(&world, setup, 1).await;
    world.land(setup, range(None, 1), 2, 100).await;
    world
        .catalog
        .switch_hook(id, Switch::Off, act(150))
        .await
        .unwrap();
    world.land(setup, range(Some(1), 2), 2, 200).await;
    assert_eq!(claim(&world, 1_000).await.len(), 0);
    assert_eq!(world.catalog.next_notice_at().await.unwrap(), None);
    world
        .catalog
        .switch_hook(id, Switch::On, act(1_100))
        .await
        .unwrap();
    assert_eq!(
        loads(&claim(&world, 1_200).await),
        ["load-100"],
        "what waited before"
    );
}

#[tokio::test]
async fn what_was_told_can_be_told_again() {
    let (world, setup) = World::with_table().await;
    let id = hook(&world, setup, 1).await;
    for (number, millis) in [(1, 100), (2, 200), (3, 300)] {
        let after = (number > 1).then_some(number - 1);
        world.land(setup, range(after, number), 2, millis).await;
        let notice = claim(&world, 1_000).await.remove(0);
        world
            .catalog
            .record_delivery(notice.id, &Delivery::Delivered, at(1_000))
            .await
            .unwrap();
    }
    assert_eq!(
        world
            .catalog
            .replay_notices(id, at(200), at(2_000))
            .await
            .unwrap(),
        2
    );
    assert_eq!(
        world
            .catalog
            .replay_notices(id, at(200), at(2_000))
            .await
            .unwrap(),
        0,
        "on their way"
    );
    for expected in ["load-200", "load-300"] {
        let notice = claim(&world, 3_000).await.remove(0);
        assert_eq!(notice.load.as_str(), expected);
        world
            .catalog
            .record_delivery(notice.id, &Delivery::Delivered, at(3_000))
            .await
            .unwrap();
    }
    assert_eq!(
        world.catalog.replay_notices(id, at(0), at(4_000)).await.unwrap(),
        3,
        "each load once"
    );
    let unknown = HookId::new(9);
    let refused = world.catalog.replay_notices(unknown, at(0), at(0)).await;
    assert!(matches!(refused, Err(HookError::NotFound(_))));
}

#[tokio::test]
async fn a_hook_gets_few_requests_at_a_time_and_leaves_room_for_others() {
    let (world, setup) = World::with_table().await;
    let (busy, other) = (hook(&world, setup, 1).await, hook(&world, setup, 2).await);
    for number in 0..6_u64 {
        let table = world.table(setup.source, &format!("t{number}")).await;
        let lane = Setup { table, ..setup };
        world
            .land(lane, range(None, number + 1), 2, 100 + number as i64)
            .await;
    }
    let hooks = |notices: &[Notice]| notices.iter().map(|notice| notice.hook).collect::<Vec<_>>();
    let two = world.catalog.claim_notices(at(1_000), LEASE, 2).await.unwrap();
    assert_eq!(
        hooks(&two),
        [busy, other],
        "the first of each before the second of any"
    );
    let rest = claim(&world, 1_000).await;
    assert_eq!(rest.len(), 2 * MOST_AT_ONCE as usize - 2);
    assert_eq!(claim(&world, 1_000).await.len(), 0, "both have enough to do");
    let over = rest.iter().find(|notice| notice.hook == other).unwrap();
    world
        .catalog
        .record_delivery(over.id, &Delivery::Delivered, at(1_001))
        .await
        .unwrap();
    assert_eq!(hooks(&claim(&world, 1_002).await), [other]);
}
