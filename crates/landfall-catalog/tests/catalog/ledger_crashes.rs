//! A loader that dies after each step, and starts again from what the files hold.

use landfall_catalog::*;

use crate::world::{Setup, World, act, at, commit, keys, range};

/// What the bucket would hold in the end, and what the catalog says of it.
async fn finish(world: &World, setup: Setup) -> (Vec<String>, Account) {
    let intent = setup.intent("one", range(None, 5), 10);
    let open = world.catalog.open_loads().await.unwrap();
    let load = match open.into_iter().next() {
        Some(load) => Some(load),
        None => match world.catalog.open_load(&intent, &keys, at(5_000)).await {
            Ok(load) => Some(load),
            Err(LedgerError::AlreadyDone(_)) => None,
            Err(fault) => panic!("{fault}"),
        },
    };
    if let Some(load) = load {
        world.catalog.commit_load(&commit(&load, 1, 6_000)).await.unwrap();
    }
    let objects = world
        .catalog
        .landed_objects(setup.destination, None, 10)
        .await
        .unwrap();
    let account = world.catalog.accounts(None, 10).await.unwrap().remove(0);
    let keys = objects.into_iter().map(|object| object.object.key).collect();
    (keys, account)
}

#[tokio::test]
async fn a_crash_after_any_step_ends_in_one_load() {
    for step in ["before", "opened", "replanned", "committed"] {
        let (world, setup) = World::with_table().await;
        let url = "https://example.com/hook".to_owned().into();
        world
            .catalog
            .create_hook(setup.destination, &url, act(5))
            .await
            .unwrap();
        let intent = setup.intent("one", range(None, 5), 10);
        let mut instant = 5_000;
        if step != "before" {
            let mut load = world.catalog.open_load(&intent, &keys, at(1_000)).await.unwrap();
            instant = 1_000;
            if step != "opened" {
                load = world
                    .catalog
                    .replan_load(&intent.id, &keys, at(1_200))
                    .await
                    .unwrap();
                instant = 1_200;
            }
            if step == "committed" {
                world.catalog.commit_load(&commit(&load, 1, 1_500)).await.unwrap();
            }
        }
        let world = world.crash().await;
        let (objects, account) = finish(&world, setup).await;
        let expected = [
            format!("shop/_sdc_rejected/0_{instant}.jsonl"),
            format!("shop/orders/0_{instant}.jsonl"),
        ];
        assert_eq!(objects, expected, "crash after {step}");
        assert!(account.is_balanced(), "crash after {step}");
        assert_eq!((account.landed, account.rejected), (9, 1), "crash after {step}");
        assert_eq!(
            world.catalog.check_chain(&account).await.unwrap(),
            Chain::Whole { links: 1 }
        );
        let notices = world
            .catalog
            .claim_notices(at(9_000), std::time::Duration::from_secs(30), 10)
            .await
            .unwrap();
        assert_eq!(notices.len(), 1, "crash after {step}");
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_all_or_nothing() {
    let (world, setup) = World::with_table().await;
    let mut landed = None;
    for number in 0..40_u64 {
        let table = world.table(setup.source, &format!("t{number}")).await;
        let setup = Setup { table, ..setup };
        let intent = setup.intent(&format!("{number}"), range(None, 1), 2);
        // Polled a few times, then dropped wherever it is.
        let mut opening = Box::pin(world.catalog.open_load(&intent, &keys, at(1)));
        for _ in 0..number {
            tokio::select! {
                biased;
                load = &mut opening => {
                    landed = Some(load.unwrap());
                    break;
                }
                () = tokio::task::yield_now() => {}
            }
        }
        drop(opening);
        let record = world.catalog.load(&intent.id).await.unwrap();
        let reopened = world.catalog.open_load(&intent, &keys, at(1)).await.unwrap();
        if let Some(record) = record {
            assert_eq!(record.seq, reopened.seq);
        }
        let committed = world.catalog.commit_load(&commit(&reopened, 0, 2)).await;
        assert_eq!(committed.unwrap(), Committed::Now);
    }
    drop(landed);
    let accounts = world.catalog.accounts(None, 100).await.unwrap();
    assert_eq!(accounts.len(), 40);
    assert!(accounts.iter().all(Account::is_balanced));
}
