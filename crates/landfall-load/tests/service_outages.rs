//! Hours without a bucket, destinations that refuse, clocks that are set back: everything lands once, in order, and
//! nobody waits for another. Hours are simulated: waits let the clock go on.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test whose world can't be built has failed"
)]

#[path = "support/failing_bucket.rs"]
mod failing_bucket;
#[path = "support/service_world.rs"]
mod service_world;

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use failing_bucket::{Dice, Fate, Judge, Refusal, Skipping, failing};
use landfall_bucket::Operation;
use landfall_catalog::{Catalog, Chain, LoadFilter, Mapping, NewSource, SourceType};
use landfall_core::ids::SourceId;
use landfall_core::settings::BatchLimits;
use landfall_core::units::ByteCount;
use landfall_load::Clock;
use landfall_load::service::{
    Conductor, ExpiringRecords, FailedLoad, LandedLoad, LostRecords, NEVER_LANDS, ServiceObserver,
};
use landfall_log::{EmbeddedLog, Log, Partition};
use service_world::{End, ServiceWorld, TestClock, append, part, request};
use tokio::sync::Notify;

const HOUR: Duration = Duration::from_secs(3600);

fn limits(rows: u64) -> BatchLimits {
    BatchLimits {
        rows: NonZeroU64::new(rows).unwrap(),
        bytes: ByteCount::new(64 << 20),
        wait: Duration::from_secs(300),
    }
}

fn world_without_waiting(rows: u64) -> ServiceWorld {
    let mut world = ServiceWorld::new(limits(rows));
    world.sleep = Arc::new(Skipping(world.clock.clone()));
    world
}

/// Tells when so many rows have landed, and counts the loads that failed.
struct Landings {
    rows: AtomicU64,
    expected: u64,
    failures: AtomicU64,
    all: Notify,
    clock: Arc<TestClock>,
    /// When the last load of each table landed.
    last: Mutex<BTreeMap<String, Duration>>,
}

impl Landings {
    fn of(world: &ServiceWorld, expected: u64) -> Arc<Self> {
        Arc::new(Self {
            rows: AtomicU64::new(0),
            expected,
            failures: AtomicU64::new(0),
            all: Notify::new(),
            clock: world.clock.clone(),
            last: Mutex::default(),
        })
    }

    fn last_of(&self, table: &str) -> Duration {
        self.last.lock().unwrap()[table]
    }
}

impl ServiceObserver for Landings {
    fn landed(&self, load: &LandedLoad<'_>) {
        let report = load.report;
        let now = self.clock.elapsed();
        self.last.lock().unwrap().insert(report.table.clone(), now);
        let rows = self.rows.fetch_add(report.rows_landed, Ordering::SeqCst) + report.rows_landed;
        if rows >= self.expected {
            self.all.notify_one();
        }
    }

    fn failed(&self, _load: &FailedLoad<'_>) {
        self.failures.fetch_add(1, Ordering::SeqCst);
    }

    fn expiring(&self, _records: &ExpiringRecords<'_>) {}

    fn lost(&self, records: &LostRecords<'_>) {
        panic!("records were given up: {records:?}");
    }
}

/// Loads until so many rows have landed as `landings` expects, while `meanwhile` runs.
async fn load_all(
    world: &ServiceWorld,
    (catalog, log): (Arc<Catalog>, Arc<EmbeddedLog>),
    landings: &Arc<Landings>,
    meanwhile: impl Future<Output = ()>,
) {
    let mut parts = world.parts(catalog, log, None);
    parts.observer = landings.clone();
    let conductor = Conductor::start(parts).await.unwrap();
    let handle = conductor.handle();
    let until_all_landed = async {
        meanwhile.await;
        landings.all.notified().await;
        handle.drain();
    };
    let (ran, ()) = tokio::join!(conductor.run(), until_all_landed);
    ran.unwrap();
}

/// All ids of a table, in the order of their loads. Within a load they are in the order of the object.
async fn in_order_of_loads(world: &ServiceWorld, catalog: &Catalog, bucket: &str, table: &str) -> Vec<u64> {
    let mut loads = catalog.loads(LoadFilter::default(), 10_000).await.unwrap();
    loads.sort_by_key(|load| load.seq);
    let instants: Vec<_> = loads
        .iter()
        .map(|load| (load.destination, load.loaded_at))
        .collect();
    for (index, (destination, instant)) in instants.iter().enumerate() {
        let later = instants[index + 1..]
            .iter()
            .filter(|(other, _)| other == destination);
        assert!(
            later.clone().all(|(_, later)| later > instant),
            "load instants rise with the ledger"
        );
    }
    let objects = world.objects(bucket);
    let mut ids = Vec::new();
    for load in loads.iter().filter(|load| load.table_name == table) {
        for object in catalog.load_objects(load.seq).await.unwrap() {
            let lines = objects[&object.key].lines();
            let rows = lines.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            ids.extend(rows.map(|row| row["id"].as_u64().unwrap()));
        }
    }
    ids
}

async fn assert_books_are_right(catalog: &Catalog, records: u64) {
    let accounts = catalog.accounts(None, 100).await.unwrap();
    for account in &accounts {
        let chain = catalog.check_chain(account).await.unwrap();
        assert!(matches!(chain, Chain::Whole { .. }), "{chain:?}");
        assert!(account.is_balanced(), "{account:?}");
    }
    assert_eq!(
        accounts.iter().map(|account| account.landed).sum::<u64>(),
        records
    );
    assert_eq!(catalog.open_loads().await.unwrap().len(), 0);
}

/// All requests fail until `until` has passed on the clock, each in one of the ways in which S3 does.
fn outage(world: &ServiceWorld, until: Duration, seed: u64) -> Judge {
    let (clock, dice) = (world.clock.clone(), Dice::new(seed));
    Arc::new(move |_, operation, _| {
        if clock.elapsed() >= until {
            return Fate::Answered;
        }
        match dice.below(4) {
            0 => Fate::Refused(Refusal::Internal),
            1 => Fate::Refused(Refusal::SlowDown),
            2 => Fate::Refused(Refusal::Reset),
            _ if operation == Operation::PutObject => Fate::Unheard,
            // Sometimes it is seen for a moment, so that loads come as far as the puts.
            _ => Fate::Answered,
        }
    })
}

#[test]
fn hours_without_a_bucket_are_waited_out_and_everything_lands_once_in_order() {
    const TABLES: [&str; 3] = ["orders", "customers", "items"];
    for (seed, hours) in [(0, 6), (1, 1), (2, 1)] {
        let pushes = 10 * u64::from(hours);
        let world = world_without_waiting(20);
        let judge = outage(&world, hours * HOUR, seed);
        let world = failing(world, judge);
        let landings = Landings::of(&world, pushes * 7);
        world.live(async |catalog, log| {
            let (clock, pushed) = (world.clock.clone(), log.clone());
            let push_all_day = async {
                // One every 7 minutes, for longer than it lasts.
                for push in 0..pushes {
                    while clock.elapsed() < Duration::from_secs(7 * 60) * push as u32 {
                        tokio::task::yield_now().await;
                    }
                    let ids: Vec<u64> = (push * 7..push * 7 + 7).collect();
                    let table = TABLES[push as usize % TABLES.len()];
                    append(&pushed, &request(&[part(table, 0, &ids)], world.now())).await;
                }
            };
            load_all(&world, (catalog.clone(), log), &landings, push_all_day).await;
            let mut all = Vec::new();
            for table in TABLES {
                let ids = in_order_of_loads(&world, &catalog, "lake", table).await;
                assert!(ids.is_sorted(), "seed {seed}: {table}: {ids:?}");
                all.extend(ids);
            }
            all.sort_unstable();
            assert_eq!(all, (0..pushes * 7).collect::<Vec<_>>(), "seed {seed}");
            assert_books_are_right(&catalog, pushes * 7).await;
        });
        // Waits grow to a minute: a bucket that is away is not beset.
        let failures = landings.failures.load(Ordering::SeqCst);
        assert!(
            (3 * u64::from(hours)..=3 * 60 * u64::from(hours) + 60).contains(&failures),
            "seed {seed}: {failures} failed loads"
        );
    }
}

/// A second source, whose records go to a bucket of their own.
async fn second_destination(world: &ServiceWorld, catalog: &Catalog) -> SourceId {
    world.make_bucket("attic");
    let destination = world.destination(catalog, "attic").await;
    let source = NewSource {
        source_type: SourceType::ImportApi,
        name: "archive".to_owned(),
        display_name: "Archive".to_owned(),
        properties: BTreeMap::new(),
        mapping: Mapping::To(destination),
    };
    catalog.create_source(&source, world.act()).await.unwrap().id
}

#[test]
fn a_destination_that_refuses_holds_up_no_other_even_where_its_records_fill_the_memory() {
    let world = world_without_waiting(10);
    let judge: Judge = Arc::new(|bucket, _, _| match bucket {
        "lake" => Fate::Refused(Refusal::Denied),
        _ => Fate::Answered,
    });
    let mut world = failing(world, judge);
    world.memory_budget = ByteCount::new(200_000);
    world.live(async |catalog, log| {
        let archive = second_destination(&world, &catalog).await;
        for push in 0..200 {
            let ids: Vec<u64> = (push * 40..push * 40 + 40).collect();
            let mut held = request(&[part("orders", 0, &ids), part("returns", 0, &ids)], world.now());
            append(&log, &held).await;
            held.source = archive;
            if push % 10 == 0 {
                append(&log, &held).await;
            }
        }
        // Their own are 20 requests of 2 tables with 40 records each.
        load_all(
            &world,
            (catalog.clone(), log),
            &Landings::of(&world, 20 * 80),
            async {},
        )
        .await;
        assert!(world.objects("lake").is_empty(), "nothing went there");
        let expected: Vec<u64> = (0..200)
            .step_by(10)
            .flat_map(|push| push * 40..push * 40 + 40)
            .collect();
        for table in ["orders", "returns"] {
            assert_eq!(
                in_order_of_loads(&world, &catalog, "attic", table).await,
                expected,
                "{table}"
            );
        }
    });
    // Once it lets Landfall in again, all that waited lands.
    world.wrap = Arc::new(|bucket| bucket);
    world.live(async |catalog, _| {
        let lake = catalog.destinations().await.unwrap()[0].clone();
        assert_eq!(lake.state.as_str(), "failing");
        world.check(&catalog, lake.id).await;
    });
    assert_eq!(world.run(None), End::Drained);
    for table in ["orders", "returns"] {
        assert_eq!(world.ids(table), (0..200 * 40).collect::<Vec<_>>(), "{table}");
    }
}

#[test]
fn a_poisoned_batch_is_tried_again_for_an_hour_and_longer_while_the_tables_beside_it_land() {
    let world = world_without_waiting(5);
    let landings = Landings::of(&world, 400);
    let (clock, seen) = (world.clock.clone(), landings.clone());
    let judge: Judge = Arc::new(move |_, operation, key| {
        let is_poison = operation == Operation::PutObject && key.contains("/poison/");
        // Were the others to wait for it, it would never end.
        let is_bad = clock.elapsed() < HOUR || seen.rows.load(Ordering::SeqCst) < 200;
        match is_poison && is_bad {
            true => Fate::Refused(Refusal::Internal),
            false => Fate::Answered,
        }
    });
    let world = failing(world, judge);
    world.live(async |catalog, log| {
        for push in 0..40_u64 {
            let ids: Vec<u64> = (push * 5..push * 5 + 5).collect();
            let parts = [part("poison", 0, &ids), part("orders", 0, &ids)];
            append(&log, &request(&parts, world.now())).await;
        }
        load_all(&world, (catalog.clone(), log), &landings, async {}).await;
        assert!(landings.last_of("orders") < landings.last_of("poison"));
        assert!(landings.last_of("poison") >= HOUR);
        for table in ["poison", "orders"] {
            let ids = in_order_of_loads(&world, &catalog, "lake", table).await;
            assert_eq!(ids, (0..200).collect::<Vec<_>>(), "{table}");
        }
        assert_books_are_right(&catalog, 400).await;
    });
}

#[test]
fn what_has_landed_leaves_the_log_when_a_loader_starts_even_if_nothing_more_comes() {
    let world = world_without_waiting(5);
    world.push("orders", 0..5, 5);
    assert_eq!(world.run(None), End::Drained);
    world.live(async |catalog, log| {
        let conductor = Conductor::start(world.parts(catalog, log.clone(), None))
            .await
            .unwrap();
        conductor.handle().drain();
        conductor.run().await.unwrap();
        let bounds = log.bounds(Partition::FIRST).await.unwrap();
        assert_eq!(bounds.first, bounds.next, "nothing waits");
    });
}

/// One more attempt is no news: whoever watches would be told that all is well each time.
#[test]
fn rows_are_held_up_from_the_first_failure_until_they_have_landed() {
    let world = world_without_waiting(5);
    let landings = Landings::of(&world, 5);
    let clock = world.clock.clone();
    let judge: Judge =
        Arc::new(
            move |_, operation, _| match operation == Operation::PutObject && clock.elapsed() < HOUR {
                true => Fate::Refused(Refusal::Reset),
                false => Fate::Answered,
            },
        );
    let world = failing(world, judge);
    world.live(async |catalog, log| {
        append(
            &log,
            &request(&[part("orders", 0, &[1, 2, 3, 4, 5])], world.now()),
        )
        .await;
        let mut parts = world.parts(catalog.clone(), log.clone(), None);
        parts.observer = landings.clone();
        let conductor = Conductor::start(parts).await.unwrap();
        let handle = conductor.handle();
        let watching = async {
            let mut looks = 0;
            loop {
                let has_failed = landings.failures.load(Ordering::SeqCst) > 0;
                let table = handle.backlog().await.unwrap().tables.pop();
                let Some(table) = table.filter(|table| has_failed && table.rows > 0) else {
                    if landings.rows.load(Ordering::SeqCst) == 5 {
                        break handle.drain();
                    }
                    tokio::task::yield_now().await;
                    continue;
                };
                let has_landed = landings.rows.load(Ordering::SeqCst) == 5;
                assert!(table.is_held || has_landed, "look no. {looks}: {table:?}");
                looks += 1;
            }
            assert!(looks > 3, "{looks} looks");
        };
        let (ran, ()) = tokio::join!(conductor.run(), watching);
        ran.unwrap();
        assert_books_are_right(&catalog, 5).await;
    });
}

#[test]
fn a_batch_that_its_bucket_never_takes_leaves_the_destination_and_its_other_tables_alone() {
    let world = world_without_waiting(5);
    let landings = Landings::of(&world, 20);
    let (clock, failures) = (world.clock.clone(), landings.clone());
    let judge: Judge = Arc::new(move |_, operation, key| {
        let is_poison = operation == Operation::PutObject && key.contains("/poison/");
        match is_poison && clock.elapsed() < HOUR {
            true => Fate::Refused(Refusal::KeyTooLong),
            false => Fate::Answered,
        }
    });
    let world = failing(world, judge);
    world.live(async |catalog, log| {
        let ids: Vec<u64> = (0..10).collect();
        let parts = [part("poison", 0, &ids), part("orders", 0, &ids)];
        append(&log, &request(&parts, world.now())).await;
        let looked = async {
            while failures.failures.load(Ordering::SeqCst) < 3 {
                tokio::task::yield_now().await;
            }
            let source = catalog.sources().await.unwrap()[0].id;
            let tables = catalog.tables(source).await.unwrap();
            let poison = tables.iter().find(|table| table.name == "poison").unwrap();
            assert_eq!(poison.last_error.as_ref().unwrap().code, NEVER_LANDS);
            let destination = catalog.destinations().await.unwrap().remove(0);
            assert_eq!(destination.state.as_str(), "active");
        };
        load_all(&world, (catalog.clone(), log), &landings, looked).await;
        assert!(landings.last_of("orders") < HOUR && landings.last_of("poison") >= HOUR);
        let source = catalog.sources().await.unwrap()[0].id;
        let tables = catalog.tables(source).await.unwrap();
        assert!(
            tables.iter().all(|table| table.last_error.is_none()),
            "{tables:?}"
        );
        assert_books_are_right(&catalog, 20).await;
    });
}

#[test]
fn load_instants_rise_and_no_key_is_used_twice_however_the_clock_is_set_back() {
    const HOUR_MS: i64 = 3_600_000;
    let world = world_without_waiting(10);
    let mut next = 0;
    for step in [0, -5 * HOUR_MS, HOUR_MS, -26 * HOUR_MS, -1, 3 * HOUR_MS] {
        *world.clock.now_ms.lock().unwrap() += step;
        world.push("orders", next..next + 25, 4);
        world.push("customers", next..next + 25, 4);
        next += 25;
        let before = world.objects("lake");
        assert_eq!(world.run(None), End::Drained);
        let after = world.objects("lake");
        for (key, content) in before {
            assert_eq!(
                after.get(&key),
                Some(&content),
                "{key} changed after a step of {step} ms"
            );
        }
    }
    world.live(async |catalog, _| {
        for table in ["orders", "customers"] {
            let ids = in_order_of_loads(&world, &catalog, "lake", table).await;
            assert_eq!(ids, (0..next).collect::<Vec<_>>(), "{table}");
        }
        assert_books_are_right(&catalog, 2 * next).await;
    });
}

#[test]
fn a_batch_closes_in_time_though_the_clock_was_set_back_after_it_was_opened() {
    let world = world_without_waiting(100);
    world.push("orders", 0..5, 5);
    *world.clock.now_ms.lock().unwrap() -= 5 * 3_600_000;
    world.live(async |catalog, log| {
        let before = world.clock.elapsed();
        load_all(&world, (catalog, log), &Landings::of(&world, 5), async {}).await;
        let took = world.clock.elapsed() - before;
        // Simulated time runs fast while a load is made, so only the order of magnitude says something.
        assert!(took < 4 * HOUR, "it took {took:?}");
    });
    assert_eq!(world.ids("orders"), (0..5).collect::<Vec<_>>());
}
