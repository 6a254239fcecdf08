use landfall_catalog::*;
use landfall_core::units::ByteCount;

use crate::world::{Setup, World, act, at, commit, keys, range};

const DAY: i64 = 86_400_000;

fn failed(setup: Setup, millis: i64) -> FailedAttempt {
    FailedAttempt {
        table: setup.table,
        load: None,
        started_at: at(millis - 1),
        failed_at: at(millis),
        fault: LoadFault {
            code: "missing_challenge_file".to_owned(),
            message: "Not Found".to_owned(),
        },
    }
}

#[tokio::test]
async fn every_attempt_is_in_the_report_of_its_day() {
    let (world, setup) = World::with_table().await;
    world
        .catalog
        .fail_attempts(&[failed(setup, 500), failed(setup, 700)])
        .await
        .unwrap();
    let table = world.catalog.table(setup.table).await.unwrap().unwrap();
    assert_eq!(table.last_error.unwrap().message, "Not Found");
    world.land(setup, range(None, 1), 5, 1_000).await;
    world.land(setup, range(Some(1), 2), 7, DAY).await;

    let first_day = world.catalog.attempts(setup.table, 0).await.unwrap();
    let rows: Vec<_> = first_day
        .iter()
        .map(|attempt| {
            (
                attempt.rows_loaded,
                attempt.rows_rejected,
                attempt.error.is_some(),
            )
        })
        .collect();
    assert_eq!(rows, [(4, 1, false), (0, 0, true), (0, 0, true)]);
    assert_eq!(
        first_day[0].facts.as_ref().unwrap().bookmarks[0].column,
        "updated_at"
    );
    let second_day = world.catalog.attempts(setup.table, 1).await.unwrap();
    assert_eq!(second_day.len(), 1);
}

#[tokio::test]
async fn a_stream_in_error_shows_no_last_load() {
    let (world, setup) = World::with_table().await;
    world.land(setup, range(None, 1), 5, 1_000).await;
    let other = Setup {
        table: world.table(setup.source, "accounts").await,
        ..setup
    };
    world.table(setup.source, "never tried").await;
    world.land(other, range(None, 2), 5, 2_000).await;
    world
        .catalog
        .fail_attempts(&[failed(other, 3_000)])
        .await
        .unwrap();
    let page = world.catalog.stream_loads(at(0), 0, 100).await.unwrap();
    assert_eq!(page.total, 2);
    let streams: Vec<_> = page
        .loads
        .iter()
        .map(|load| {
            (
                load.stream_name.as_str(),
                load.last_batch_loaded_at,
                load.error.is_some(),
            )
        })
        .collect();
    assert_eq!(
        streams,
        [("accounts", None, true), ("orders", Some(at(1_005)), false)]
    );
    let second = world.catalog.stream_loads(at(0), 1, 1).await.unwrap();
    assert_eq!(second.loads[0].stream_name, "orders");
    assert_eq!(
        world.catalog.stream_loads(at(2_500), 0, 100).await.unwrap().total,
        1
    );
}

#[tokio::test]
async fn a_report_sums_what_landed_in_its_span() {
    let (world, setup) = World::with_table().await;
    world.land(setup, range(None, 1), 5, 1_000).await;
    let with_items = setup.intent("items", range(Some(1), 2), 3);
    let open = world
        .catalog
        .open_load(&with_items, &keys, at(2_000))
        .await
        .unwrap();
    let mut done = commit(&open, 0, 2_100);
    done.outcome.objects.push(LandedObject {
        kind: ObjectKind::SubTable("orders__items".to_owned()),
        key: "shop/orders/items/0_2000.csv".to_owned(),
        rows: 11,
        size: ByteCount::new(50),
        checksum: "crc32:0".to_owned(),
    });
    world.catalog.commit_load(&done).await.unwrap();
    let later = setup.intent("later", range(Some(2), 3), 3);
    world.catalog.open_load(&later, &keys, at(3_000)).await.unwrap();

    let reports = world
        .catalog
        .loading_report(setup.source, at(1_500), at(9_000))
        .await
        .unwrap();
    assert_eq!(reports.len(), 1);
    let report = &reports[0];
    assert_eq!((report.rows_loaded, report.rows_rejected), (3, 0));
    assert_eq!(report.sub_tables["orders__items"], 11);
    assert_eq!(report.status, TableStatus::Loading);
    assert_eq!(report.time_extracted.as_deref(), Some("2015-01-01T00:05:00.000Z"));
    world
        .catalog
        .fail_attempts(&[failed(setup, 3_500)])
        .await
        .unwrap();
    let reports = world
        .catalog
        .loading_report(setup.source, at(0), at(9_000))
        .await
        .unwrap();
    assert_eq!((reports[0].rows_loaded, reports[0].rows_rejected), (7, 1));
    assert_eq!(reports[0].status, TableStatus::Error);

    let usage = world.catalog.usage(0, 0).await.unwrap();
    assert_eq!(usage.len(), 1);
    assert_eq!(
        (usage[0].rows_replicated, usage[0].rows_rejected),
        (4 + 3 + 11, 1)
    );
    assert_eq!(world.catalog.usage(1, 9).await.unwrap(), []);
    let last = world
        .catalog
        .last_loaded_table(setup.source)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(last.last_load_at, Some(at(2_100)));
}

fn before(millis: i64) -> Retention {
    Retention {
        attempts_before: at(millis),
        loads_before: at(millis),
        deliveries_before: at(millis),
        audit_before: at(millis),
    }
}

#[tokio::test]
async fn what_is_old_is_forgotten_and_its_sums_stay() {
    let (world, setup) = World::with_table().await;
    let url = "https://example.com/hook".to_owned().into();
    world
        .catalog
        .create_hook(setup.destination, &url, act(5))
        .await
        .unwrap();
    for number in 1..=6_u64 {
        let after = (number > 1).then_some(number - 1);
        let millis = i64::try_from(number).unwrap() * 1_000;
        world.land(setup, range(after, number), 10, millis).await;
        let notice = world
            .catalog
            .claim_notices(at(millis + 10), std::time::Duration::ZERO, 1)
            .await
            .unwrap();
        let delivered = Delivery::Delivered;
        world
            .catalog
            .record_delivery(notice[0].id, &delivered, at(millis + 20))
            .await
            .unwrap();
    }
    let (mut rounds, mut total) = (0, 0);
    loop {
        let forgotten = world.catalog.forget(&before(4_500), 2).await.unwrap();
        if forgotten.is_nothing() {
            break;
        }
        assert!(forgotten.loads <= 2);
        (rounds, total) = (rounds + 1, total + forgotten.loads);
    }
    assert!(rounds >= 2);
    assert_eq!(total, 4);
    let account = world.catalog.accounts(None, 10).await.unwrap().remove(0);
    assert_eq!((account.records, account.landed, account.rejected), (60, 54, 6));
    assert!(account.is_balanced());
    assert_eq!(account.chain_begins_after, Some(range(None, 4).through));
    assert_eq!(
        world.catalog.check_chain(&account).await.unwrap(),
        Chain::Whole { links: 2 }
    );
    assert_eq!(world.catalog.attempts(setup.table, 0).await.unwrap().len(), 2);
    assert_eq!(
        world
            .catalog
            .deliveries(HookId::new(1), None, 99)
            .await
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        world
            .catalog
            .landed_objects(setup.destination, None, 99)
            .await
            .unwrap()
            .len(),
        4
    );
    assert!(world.catalog.audit_log(None, 99).await.unwrap().is_empty());
    assert_eq!(world.catalog.usage(0, 0).await.unwrap()[0].rows_replicated, 54);
}

#[tokio::test]
async fn a_line_that_looks_old_after_one_that_is_not_stays() {
    let (world, setup) = World::with_table().await;
    world.land(setup, range(None, 1), 10, 9_000).await;
    world.land(setup, range(Some(1), 2), 10, 1_000).await; // the clock stepped back
    assert_eq!(world.catalog.forget(&before(5_000), 99).await.unwrap().loads, 0);
    let account = world.catalog.accounts(None, 10).await.unwrap().remove(0);
    assert_eq!(
        world.catalog.check_chain(&account).await.unwrap(),
        Chain::Whole { links: 2 }
    );
}

#[tokio::test]
async fn a_chain_with_a_missing_line_is_broken() {
    let (world, setup) = World::with_table().await;
    world.land(setup, range(None, 1), 10, 1_000).await;
    let mut account = world.catalog.accounts(None, 10).await.unwrap().remove(0);
    account.landed_through = range(None, 2).through;
    let chain = world.catalog.check_chain(&account).await.unwrap();
    assert!(matches!(chain, Chain::Broken { at: None, .. }), "{chain:?}");
    account.chain_begins_after = Some(range(None, 9).through);
    let chain = world.catalog.check_chain(&account).await.unwrap();
    assert!(matches!(chain, Chain::Broken { at: Some(_), .. }), "{chain:?}");
}
