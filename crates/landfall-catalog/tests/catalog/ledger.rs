use landfall_catalog::*;
use landfall_core::units::TableVersion;

use crate::world::{PARTITION, Setup, World, act, at, commit, keys, range};

#[tokio::test]
async fn a_load_is_opened_and_closed_once() {
    let (world, setup) = World::with_table().await;
    let intent = setup.intent("one", range(None, 5), 10);
    let open = world.catalog.open_load(&intent, &keys, at(1_000)).await.unwrap();
    assert_eq!(open.loaded_at, at(1_000));
    assert_eq!(open.objects, keys(at(1_000)));
    assert_eq!(open.intent, intent);
    assert_eq!(
        world.catalog.open_loads().await.unwrap(),
        std::slice::from_ref(&open)
    );

    let done = commit(&open, 1, 1_500);
    assert_eq!(world.catalog.commit_load(&done).await.unwrap(), Committed::Now);
    assert_eq!(world.catalog.commit_load(&done).await.unwrap(), Committed::Before);
    assert_eq!(world.catalog.open_loads().await.unwrap(), []);

    let record = world.catalog.load(&intent.id).await.unwrap().unwrap();
    assert_eq!(record.state, LoadState::Done);
    assert_eq!(
        (record.rows_landed, record.rows_rejected, record.records),
        (9, 1, 10)
    );
    assert_eq!(record.facts, Some(done.outcome.facts.clone()));
    assert_eq!(record.took.unwrap().as_millis(), 3);
    assert_eq!(
        (record.source_name.as_str(), record.table_name.as_str()),
        ("shop", "orders")
    );
    let objects = world.catalog.load_objects(record.seq).await.unwrap();
    assert_eq!(objects, done.outcome.objects);
    let table = world.catalog.table(setup.table).await.unwrap().unwrap();
    assert_eq!((table.rows_landed, table.rows_rejected), (9, 1), "counted once");
    assert_eq!(table.last_load_at, Some(at(1_500)));
    assert_eq!(table.highest_bookmark.unwrap().value, "b");
    let progress = world.catalog.progress(setup.table).await.unwrap();
    assert_eq!(progress[0].landed_through, range(None, 5).through);
    assert_eq!(world.catalog.all_progress().await.unwrap(), progress);
    let again = world.catalog.open_load(&intent, &keys, at(2_000)).await;
    assert!(matches!(again, Err(LedgerError::AlreadyDone(id)) if id == intent.id));
}

#[tokio::test]
async fn opening_a_load_again_gives_what_was_opened() {
    let (world, setup) = World::with_table().await;
    let intent = setup.intent("one", range(None, 5), 10);
    let first = world.catalog.open_load(&intent, &keys, at(1_000)).await.unwrap();
    let second = world.catalog.open_load(&intent, &keys, at(9_000)).await.unwrap();
    assert_eq!(first, second);
    let other = setup.intent("one", range(None, 6), 10);
    let refused = world.catalog.open_load(&other, &keys, at(9_000)).await;
    assert!(matches!(refused, Err(LedgerError::OtherRecords(_))));
    let second_load = setup.intent("two", range(None, 5), 10);
    let refused = world.catalog.open_load(&second_load, &keys, at(9_000)).await;
    assert!(matches!(refused, Err(LedgerError::TableBusy { load, .. }) if load == intent.id));
}

#[tokio::test]
async fn load_instants_rise_whatever_the_clock_does() {
    let (world, setup) = World::with_table().await;
    let mut last = at(0);
    for (number, millis) in [5_000, 5_000, 4_000, 1, 5_002, 9_000].into_iter().enumerate() {
        let table = world.table(setup.source, &format!("t{number}")).await;
        let setup = Setup { table, ..setup };
        let intent = setup.intent(&format!("{number}"), range(None, 1), 1);
        let load = world.catalog.open_load(&intent, &keys, at(millis)).await.unwrap();
        assert!(
            load.loaded_at > last && load.loaded_at >= at(millis),
            "{number}: {load:?}"
        );
        last = load.loaded_at;
    }
    assert_eq!(last, at(9_000));
    let restarted = world.crash().await;
    let moved = restarted
        .catalog
        .replan_load(&LoadId::new("0"), &keys, at(3))
        .await
        .unwrap();
    assert_eq!(moved.loaded_at, at(9_001));
    assert_eq!(moved.objects, keys(at(9_001)));
    assert_eq!(restarted.catalog.open_loads().await.unwrap()[0], moved);
    let destination = restarted
        .catalog
        .destination(setup.destination)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(destination.last_load_instant, Some(at(9_001)));
}

#[tokio::test]
async fn instants_of_different_destinations_do_not_push_each_other() {
    let (world, setup) = World::with_table().await;
    let intent = setup.intent("one", range(None, 5), 1);
    world.catalog.open_load(&intent, &keys, at(9_000)).await.unwrap();
    let other = world.active_destination("Pond").await;
    let source = world.source("crm").await;
    let remap = SourceChange {
        destination: Some(Some(other)),
        ..SourceChange::default()
    };
    world.catalog.update_source(source, &remap, act(5)).await.unwrap();
    let setup = Setup {
        destination: other,
        source,
        table: world.table(source, "people").await,
    };
    let intent = setup.intent("two", range(None, 5), 1);
    let load = world.catalog.open_load(&intent, &keys, at(1_000)).await.unwrap();
    assert_eq!(load.loaded_at, at(1_000));
}

#[tokio::test]
async fn ranges_of_a_table_follow_each_other() {
    let (world, setup) = World::with_table().await;
    world.land(setup, range(None, 5), 10, 100).await;
    let in_entry = |ordinal| Point {
        position: Position::new(7),
        ordinal,
    };
    let cases = [
        ("gap", range(Some(6), 8)),
        ("overlap", range(Some(4), 8)),
        ("from the beginning", range(None, 8)),
    ];
    for (case, range) in cases {
        let refused = world
            .catalog
            .open_load(&setup.intent(case, range, 1), &keys, at(200))
            .await;
        assert!(
            matches!(refused, Err(LedgerError::NotNext { .. })),
            "{case}: {refused:?}"
        );
    }
    let backward = range(Some(5), 5);
    let refused = world
        .catalog
        .open_load(&setup.intent("b", backward, 1), &keys, at(200))
        .await;
    assert!(matches!(refused, Err(LedgerError::Backward(_))));

    let middle = LogRange {
        through: in_entry(3),
        ..range(Some(5), 7)
    };
    world.land(setup, middle, 10, 300).await;
    let rest = LogRange {
        after: Some(in_entry(3)),
        ..range(None, 7)
    };
    world.land(setup, rest, 10, 400).await;
    let elsewhere = LogRange {
        partition: Partition::new(9),
        ..range(None, 2)
    };
    world.land(setup, elsewhere, 10, 500).await;
    let accounts = world.catalog.accounts(None, 10).await.unwrap();
    let links: Vec<_> = accounts
        .iter()
        .map(|account| (account.partition, account.records))
        .collect();
    assert_eq!(links, [(PARTITION, 30), (Partition::new(9), 10)]);
}

#[tokio::test]
async fn what_does_not_add_up_is_refused() {
    let (world, setup) = World::with_table().await;
    let intent = setup.intent("one", range(None, 5), 10);
    let open = world.catalog.open_load(&intent, &keys, at(1_000)).await.unwrap();
    let mut wrong = commit(&open, 1, 1_500);
    wrong.outcome.rows_landed = 8;
    let refused = world.catalog.commit_load(&wrong).await;
    assert!(matches!(
        refused,
        Err(LedgerError::CountsDiffer {
            records: 10,
            landed: 8,
            ..
        })
    ));
    assert_eq!(world.catalog.open_loads().await.unwrap().len(), 1);
    wrong.id = LoadId::new("unknown");
    assert!(matches!(
        world.catalog.commit_load(&wrong).await,
        Err(LedgerError::UnknownLoad(_))
    ));
    let strange = Setup {
        table: TableId::new(77),
        ..setup
    };
    let refused = world
        .catalog
        .open_load(&strange.intent("x", range(None, 5), 1), &keys, at(1))
        .await;
    assert!(matches!(refused, Err(LedgerError::UnknownTable(_))));
}

#[tokio::test]
async fn a_load_goes_where_its_source_goes() {
    let (world, setup) = World::with_table().await;
    let other = world.active_destination("Pond").await;
    let setup = Setup {
        destination: other,
        ..setup
    };
    let refused = world
        .catalog
        .open_load(&setup.intent("one", range(None, 5), 1), &keys, at(1))
        .await;
    assert!(matches!(refused, Err(LedgerError::NotMapped { destination, .. }) if destination == other));
}

#[tokio::test]
async fn records_of_a_deleted_destination_load_to_the_next_one() {
    let (world, setup) = World::with_table().await;
    world.land(setup, range(None, 5), 10, 100).await;
    let open = setup.intent("lost", range(Some(5), 9), 4);
    let lost = world.catalog.open_load(&open, &keys, at(200)).await.unwrap();
    world
        .catalog
        .delete_destination(setup.destination, MappedSources::Pause, act(300))
        .await
        .unwrap();

    let destination = world.active_destination("Pond").await;
    let resume = SourceChange {
        pause: Some(Pause::Resume),
        destination: Some(Some(destination)),
        ..SourceChange::default()
    };
    world
        .catalog
        .update_source(setup.source, &resume, act(400))
        .await
        .unwrap();
    let setup = Setup { destination, ..setup };
    // Once they are on their way to it, the old load comes too late.
    let next = setup.intent("next", range(Some(5), 9), 4);
    let next = world.catalog.open_load(&next, &keys, at(500)).await.unwrap();
    let late = || async { world.catalog.commit_load(&commit(&lost, 0, 510)).await };
    assert!(matches!(late().await, Err(LedgerError::Abandoned(_))));
    world.catalog.commit_load(&commit(&next, 0, 520)).await.unwrap();
    assert!(matches!(late().await, Err(LedgerError::Abandoned(_))));
    let account = world.catalog.accounts(None, 10).await.unwrap().remove(0);
    assert!(account.is_balanced());
    assert_eq!(account.records, 14);
    assert_eq!(
        world.catalog.check_chain(&account).await.unwrap(),
        Chain::Whole { links: 2 }
    );
}

#[tokio::test]
async fn a_load_that_lands_though_its_destination_was_deleted_meanwhile_counts() {
    let (world, setup) = World::with_table().await;
    let intent = setup.intent("one", range(None, 5), 10);
    let load = world.catalog.open_load(&intent, &keys, at(100)).await.unwrap();
    world
        .catalog
        .delete_destination(setup.destination, MappedSources::Pause, act(200))
        .await
        .unwrap();
    let late = commit(&load, 0, 210);
    assert_eq!(world.catalog.commit_load(&late).await.unwrap(), Committed::Now);
    assert_eq!(world.catalog.commit_load(&late).await.unwrap(), Committed::Before);
    let account = world.catalog.accounts(None, 10).await.unwrap().remove(0);
    assert!(account.is_balanced());
    assert_eq!(account.records, 10);
    assert_eq!(
        world.catalog.check_chain(&account).await.unwrap(),
        Chain::Whole { links: 1 }
    );
}

#[tokio::test]
async fn one_load_of_each_activation_is_the_switch() {
    let (world, setup) = World::with_table().await;
    let mut through = 0;
    // Version of the load, whether it ends in an activation, whether it is the switch.
    let load = [
        (1, Activation::Stays, false),
        (1, Activation::Activates, true),
        (1, Activation::Stays, false),
        (1, Activation::Activates, false),
        (2, Activation::Stays, false),
        (2, Activation::Activates, true),
    ];
    for (version, activation, is_switch) in load {
        let after = (through > 0).then_some(through);
        through += 1;
        let intent = Intent {
            version: TableVersion::new(version),
            activation,
            ..setup.intent(&format!("{through}"), range(after, through), 1)
        };
        let open = world.catalog.open_load(&intent, &keys, at(1)).await.unwrap();
        assert_eq!(open.new_version, is_switch, "load {through}");
        world.catalog.commit_load(&commit(&open, 0, 2)).await.unwrap();
    }
    let skip = |after, through, version| Skip {
        table: setup.table,
        range: range(Some(after), through),
        reason: SkipReason::Activated(TableVersion::new(version)),
    };
    world.catalog.skip(&skip(6, 7, 3), at(3)).await.unwrap();
    world.catalog.skip(&skip(7, 8, 4), at(3)).await.unwrap();
    let table = world.catalog.table(setup.table).await.unwrap().unwrap();
    assert_eq!(table.active_version, Some(TableVersion::new(4)));
    let after_skips = [(3, false), (4, true), (4, false)];
    for (through, (version, is_switch)) in (9..).zip(after_skips) {
        let intent = Intent {
            version: TableVersion::new(version),
            ..setup.intent(&format!("{through}"), range(Some(through - 1), through), 1)
        };
        let open = world.catalog.open_load(&intent, &keys, at(1)).await.unwrap();
        assert_eq!(open.new_version, is_switch, "version {version} up to {through}");
        world.catalog.commit_load(&commit(&open, 0, 2)).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_lost_is_accounted_for() {
    let (world, setup) = World::with_table().await;
    world.land(setup, range(None, 5), 10, 100).await;
    let lost = Skip {
        table: setup.table,
        range: range(Some(5), 8),
        reason: SkipReason::Lost { records: 3 },
    };
    world.catalog.skip(&lost, at(200)).await.unwrap();
    let again = world.catalog.skip(&lost, at(200)).await;
    assert!(matches!(again, Err(LedgerError::NotNext { .. })));
    let account = world.catalog.accounts(None, 10).await.unwrap().remove(0);
    assert_eq!(
        (account.records, account.landed, account.rejected, account.lost),
        (13, 9, 1, 3)
    );
    assert!(account.is_balanced());
}

#[tokio::test]
async fn many_loads_are_opened_and_closed_at_the_cost_of_one() {
    let (world, setup) = World::with_table().await;
    let mut intents = Vec::new();
    for number in 0..300 {
        let table = world.table(setup.source, &format!("t{number}")).await;
        let setup = Setup { table, ..setup };
        intents.push(setup.intent(&format!("load {number}"), range(None, 1), 2));
    }
    intents.push(setup.intent("out of order", range(Some(3), 4), 1));
    let plans: Vec<(Intent, PlanObjects<'_>)> = intents
        .iter()
        .map(|intent| (intent.clone(), &keys as PlanObjects<'_>))
        .collect();
    let opened = world
        .catalog
        .open_loads_together(&plans, at(1_000))
        .await
        .unwrap();
    let (good, bad): (Vec<_>, Vec<_>) = opened.into_iter().partition(Result::is_ok);
    assert_eq!((good.len(), bad.len()), (300, 1));
    let loads: Vec<OpenLoad> = good.into_iter().map(Result::unwrap).collect();
    assert!(loads.windows(2).all(|pair| pair[0].loaded_at < pair[1].loaded_at));
    let mut commits: Vec<Commit> = loads.iter().map(|load| commit(load, 1, 2_000)).collect();
    commits[7].outcome.rows_landed = 99;
    let committed = world.catalog.commit_loads(&commits).await.unwrap();
    assert_eq!(committed.iter().filter(|outcome| outcome.is_err()).count(), 1);
    assert_eq!(world.catalog.open_loads().await.unwrap(), [loads[7].clone()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_at_the_same_time_get_their_own_instants() {
    let (world, setup) = World::with_table().await;
    let world = std::sync::Arc::new(world);
    let mut tasks = Vec::new();
    for number in 0..20 {
        let world = world.clone();
        tasks.push(tokio::spawn(async move {
            let table = world.table(setup.source, &format!("t{number}")).await;
            let setup = Setup { table, ..setup };
            let mut instants = Vec::new();
            for step in 0..5_u64 {
                let after = (step > 0).then_some(step);
                let intent = setup.intent(&format!("{number}/{step}"), range(after, step + 1), 2);
                let load = world.catalog.open_load(&intent, &keys, at(1_000)).await.unwrap();
                world.catalog.commit_load(&commit(&load, 1, 2_000)).await.unwrap();
                instants.push(load.loaded_at);
            }
            instants
        }));
    }
    let mut instants = Vec::new();
    for task in tasks {
        instants.extend(task.await.unwrap());
    }
    instants.sort_unstable();
    instants.dedup();
    assert_eq!(instants.len(), 100);
    assert_eq!(instants[99], at(1_099));
    for account in world.catalog.accounts(None, 100).await.unwrap() {
        assert!(account.is_balanced());
        assert_eq!(
            world.catalog.check_chain(&account).await.unwrap(),
            Chain::Whole { links: 5 }
        );
    }
}

#[tokio::test]
async fn low_water_only_rises() {
    let (world, _) = World::with_table().await;
    for position in [5, 9, 7] {
        world
            .catalog
            .raise_low_water(PARTITION, Position::new(position))
            .await
            .unwrap();
    }
    assert_eq!(
        world.catalog.low_waters().await.unwrap(),
        [(PARTITION, Position::new(9))]
    );
}

#[tokio::test]
async fn objects_are_listed_page_by_page() {
    let (world, setup) = World::with_table().await;
    for number in 0..5 {
        let after = (number > 0).then_some(number);
        world
            .land(setup, range(after, number + 1), 3, 100 * (number as i64 + 1))
            .await;
    }
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = world
            .catalog
            .landed_objects(setup.destination, after, 3)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.load, last.number));
        seen.extend(page.into_iter().map(|object| object.object.key));
    }
    assert_eq!(seen.len(), 10);
    assert_eq!(seen[0], "shop/_sdc_rejected/0_100.jsonl");
    assert_eq!(seen[9], "shop/orders/0_500.jsonl");
    let filter = LoadFilter {
        table: Some(setup.table),
        source: Some(setup.source),
        destination: Some(setup.destination),
        before: Some(LoadSeq::new(4)),
    };
    let loads = world.catalog.loads(filter, 2).await.unwrap();
    let seqs: Vec<_> = loads.iter().map(|load| load.seq.number()).collect();
    assert_eq!(seqs, [3, 2]);
}

#[tokio::test]
async fn objects_of_removed_destinations_are_counted() {
    let (world, setup) = World::with_table().await;
    for number in 0..3 {
        let after = (number > 0).then_some(number);
        world
            .land(setup, range(after, number + 1), 3, 100 * (number as i64 + 1))
            .await;
    }
    assert_eq!(world.catalog.objects_out_of_sight().await.unwrap(), 0);
    world
        .catalog
        .delete_destination(setup.destination, MappedSources::Pause, act(900))
        .await
        .unwrap();
    assert_eq!(world.catalog.objects_out_of_sight().await.unwrap(), 6);
}

#[tokio::test]
async fn records_that_are_lost_take_an_open_load_with_them_and_are_counted() {
    let (world, setup) = World::with_table().await;
    let intent = setup.intent("one", range(None, 5), 10);
    let open = world.catalog.open_load(&intent, &keys, at(1_000)).await.unwrap();
    assert_eq!(
        world.catalog.open_load_of(setup.table).await.unwrap(),
        Some(open.clone())
    );
    let lost = |range, records| Skip {
        table: setup.table,
        range,
        reason: SkipReason::Lost { records },
    };
    let gap = [lost(range(None, 5), 10), lost(range(Some(6), 7), 1)];
    let refused = world.catalog.lose(setup.table, &gap, at(2_000)).await;
    assert!(matches!(refused, Err(LedgerError::NotNext { .. })), "{refused:?}");
    let still = world.catalog.open_load_of(setup.table).await.unwrap();
    assert_eq!(still, Some(open.clone()), "nothing was changed");

    let losses = [lost(range(None, 5), 10), lost(range(Some(5), 7), 3)];
    world.catalog.lose(setup.table, &losses, at(2_000)).await.unwrap();
    assert_eq!(world.catalog.open_load_of(setup.table).await.unwrap(), None);
    let late = world.catalog.commit_load(&commit(&open, 1, 2_500)).await;
    assert!(matches!(late, Err(LedgerError::Abandoned(_))), "{late:?}");
    let account = world.catalog.accounts(None, 10).await.unwrap().remove(0);
    assert_eq!(
        (account.records, account.lost, account.is_balanced()),
        (13, 13, true)
    );
    let chain = world.catalog.check_chain(&account).await.unwrap();
    assert_eq!(chain, Chain::Whole { links: 2 });
    let report = world
        .catalog
        .loading_report(setup.source, at(0), at(3_000))
        .await
        .unwrap();
    assert_eq!((report[0].records_lost, report[0].rows_loaded), (13, 0));
}

#[tokio::test]
async fn entries_of_the_log_that_are_given_up_are_counted_once_however_they_are_found() {
    let world = World::new().await;
    let loss = |first, last, millis| LogLoss {
        partition: Partition::new(0),
        first: Position::new(first),
        last: Position::new(last),
        accepted_at: at(millis),
    };
    let finds = [
        (loss(3, 5, 10), true),
        (loss(3, 5, 20), false),
        (loss(4, 4, 30), false),
        (loss(5, 9, 40), true),
        (loss(10, 11, 50), true),
        (loss(20, 20, 60), true),
    ];
    for (find, is_new) in finds {
        let recorded = world.catalog.record_log_loss(&find).await.unwrap();
        assert_eq!(recorded, is_new, "{find:?}");
    }
    let losses = world.catalog.log_losses().await.unwrap();
    assert_eq!(losses, [loss(3, 11, 10), loss(20, 20, 60)]);
    assert_eq!(losses[0].entries(), 9);
}
