//! Buckets that fail in every way: every accepted record still lands once, and nobody waits for another.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test whose world can't be built has failed"
)]

#[path = "support/service_world.rs"]
mod service_world;

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use landfall_bucket::{
    Bucket, BucketError, BucketFacts, FaultKind, ObjectBody, ObjectBytes, ObjectFacts, ObjectSummary,
    Operation, PutOutcome, PutTags, Sleep, WriteProbe,
};
use landfall_catalog::Chain;
use landfall_core::intake::AcceptedItem;
use landfall_core::settings::{BatchLimits, Delimiter, FileFormat};
use landfall_core::units::ByteCount;
use landfall_load::service::{Conductor, Step};
use service_world::{ServiceWorld, TestClock, part};
use tokio::sync::Notify;

/// How many worlds are simulated. Each has five lives, 2,000 in all; in most of them requests fail and the server dies.
const SEEDS: u64 = 400;

/// Numbers that follow from a seed (splitmix64).
#[derive(Debug)]
struct Dice(Mutex<u64>);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    fn below(&self, most: u64) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % most
    }
}

/// How a bucket fails.
#[derive(Debug)]
enum Trouble {
    /// One call in three, in a way that the dice say.
    Dice(Dice, Arc<Notify>),
    /// Keys that hold this text can't be written.
    Poison(&'static str),
}

#[derive(Debug)]
struct FaultyBucket {
    inner: Arc<dyn Bucket>,
    trouble: Arc<Trouble>,
}

fn server_error(operation: Operation) -> BucketError {
    BucketError::new(operation, FaultKind::ServerError)
}

#[async_trait]
impl Bucket for FaultyBucket {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn max_key_part_bytes(&self) -> Option<usize> {
        self.inner.max_key_part_bytes()
    }

    async fn head_bucket(&self) -> Result<BucketFacts, BucketError> {
        self.inner.head_bucket().await
    }

    async fn list(&self, prefix: &str, max: usize) -> Result<Vec<ObjectSummary>, BucketError> {
        self.inner.list(prefix, max).await
    }

    async fn head(&self, key: &str) -> Result<Option<ObjectFacts>, BucketError> {
        if let Trouble::Dice(dice, _) = &*self.trouble
            && dice.below(6) == 0
        {
            return Err(server_error(Operation::HeadObject));
        }
        self.inner.head(key).await
    }

    async fn put_once(
        &self,
        key: &str,
        body: Arc<dyn ObjectBody>,
        tags: &PutTags,
    ) -> Result<PutOutcome, BucketError> {
        let put = |body| self.inner.put_once(key, body, tags);
        match &*self.trouble {
            Trouble::Poison(text) if key.contains(text) => Err(server_error(Operation::PutObject)),
            Trouble::Poison(_) => put(body).await,
            Trouble::Dice(dice, crash) => match dice.below(12) {
                0 => Err(server_error(Operation::PutObject)),
                1 => {
                    put(body).await?; // written, but nobody hears of it
                    Err(BucketError::new(Operation::PutObject, FaultKind::Timeout))
                }
                2 => {
                    let foreign: Arc<dyn ObjectBody> = Arc::new(bytes::Bytes::from_static(b"foreign\n"));
                    put(foreign).await?;
                    put(body).await
                }
                3 => {
                    if dice.below(2) == 0 {
                        put(body).await?;
                    }
                    crash.notify_one();
                    std::future::pending().await
                }
                _ => put(body).await,
            },
        }
    }

    async fn read(&self, key: &str) -> Result<ObjectBytes, BucketError> {
        self.inner.read(key).await
    }

    async fn probe_write(&self, challenge_key: &str) -> Result<WriteProbe, BucketError> {
        self.inner.probe_write(challenge_key).await
    }
}

/// Lets the clock go on instead of waiting.
struct Skipping(Arc<TestClock>);

impl std::fmt::Debug for Skipping {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Skipping")
    }
}

#[async_trait]
impl Sleep for Skipping {
    async fn sleep(&self, wait: Duration) {
        self.0.skip(wait);
        tokio::task::yield_now().await;
    }
}

fn limits(rows: u64) -> BatchLimits {
    BatchLimits {
        rows: NonZeroU64::new(rows).unwrap(),
        bytes: ByteCount::new(64 << 20),
        wait: Duration::from_secs(300),
    }
}

fn troubled(mut world: ServiceWorld, trouble: Trouble) -> ServiceWorld {
    let trouble = Arc::new(trouble);
    world.wrap = Arc::new(move |inner| {
        Arc::new(FaultyBucket {
            inner,
            trouble: trouble.clone(),
        })
    });
    world
}

/// Accepts records of three tables, with versions and activations.
fn push(world: &ServiceWorld, dice: &Dice) -> Vec<u64> {
    let mut next = 0;
    let mut version = 1;
    let mut requests = Vec::new();
    for _ in 0..4 + dice.below(4) {
        let tables = ["orders", "customers", "items"];
        let parts = (0..1 + dice.below(3)).map(|_| {
            let ids: Vec<u64> = (next..next + 1 + dice.below(9)).collect();
            next += ids.len() as u64;
            version += i64::from(dice.below(5) == 0);
            let mut part = part(tables[dice.below(3) as usize], version, &ids);
            if dice.below(4) == 0 {
                part.items.push(AcceptedItem::ActivateVersion);
            }
            part
        });
        requests.push(parts.collect());
    }
    world.accept_all(&requests);
    (0..next).collect()
}

/// The `id`s of all rows but foreign ones, sorted.
fn landed(world: &ServiceWorld) -> Vec<u64> {
    let objects = world.objects("lake");
    let own = objects.values().filter(|content| *content != "foreign\n");
    let id = |line: &str| {
        let text = line.trim_start_matches("{\"id\":");
        let end = text.find(|char: char| !char.is_ascii_digit()).unwrap();
        text[..end].parse::<u64>().ok()
    };
    let mut ids: Vec<u64> = own.flat_map(|content| content.lines()).filter_map(id).collect();
    ids.sort_unstable();
    ids
}

fn simulate(seed: u64) {
    let dice = Dice::new(seed);
    let mut world = ServiceWorld::new(limits(3 + dice.below(12)));
    if dice.below(2) == 0 {
        world.format = FileFormat::Csv {
            delimiter: Delimiter::from_spelling(",").unwrap(),
            force_quote: false,
        };
    }
    world.sleep = Arc::new(Skipping(world.clock.clone()));
    let accepted = push(&world, &dice);
    let mut before = world.objects("lake");
    let crashed = world.crashed.clone();
    let faulty = troubled(world, Trouble::Dice(Dice::new(seed ^ 0xfa17), crashed));
    for _ in 0..4 {
        let crash =
            (dice.below(2) == 0).then(|| (Step::ALL[dice.below(11) as usize], 1 + dice.below(4) as usize));
        faulty.run(crash);
        *faulty.clock.now_ms.lock().unwrap() -= 7; // T rises even so
        let after = faulty.objects("lake");
        for (key, content) in &before {
            assert_eq!(after.get(key), Some(content), "seed {seed}: {key} changed");
        }
        before = after;
    }
    let mut mended = faulty;
    mended.wrap = Arc::new(|bucket| bucket);
    mended.crashed = Arc::default();
    mended.run(None);
    check_books(&mended, &accepted, seed);
    assert_eq!(
        landed(&mended),
        accepted,
        "seed {seed}: every record is in the bucket once"
    );
}

fn check_books(world: &ServiceWorld, accepted: &[u64], seed: u64) {
    world.live(async |catalog, _| {
        let accounts = catalog.accounts(None, 100).await.unwrap();
        for account in &accounts {
            let chain = catalog.check_chain(account).await.unwrap();
            assert!(matches!(chain, Chain::Whole { .. }), "seed {seed}: {chain:?}");
            assert!(account.is_balanced(), "seed {seed}: {account:?}");
        }
        let landed: u64 = accounts.iter().map(|account| account.landed).sum();
        assert_eq!(landed, accepted.len() as u64, "seed {seed}");
        assert_eq!(catalog.open_loads().await.unwrap().len(), 0, "seed {seed}");
    });
}

#[test]
fn whatever_fails_every_record_lands_and_the_books_are_right() {
    // Each thread takes the next seed: most of the time goes into opening catalogs, which wait for the disk.
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from).max(2);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= SEEDS {
                        break;
                    }
                    simulate(seed);
                }
            });
        }
    });
}

#[test]
fn a_table_that_can_not_be_written_holds_up_no_other() {
    let mut world = troubled(ServiceWorld::new(limits(5)), Trouble::Poison("/poison/"));
    world.sleep = Arc::new(Skipping(world.clock.clone()));
    world.push("poison", 0..50, 10);
    for table in 0..20 {
        world.push(&format!("t{table}"), 0..10, 10);
    }
    // One life, in which nothing is waited for: what rests longer than the poison would be left over.
    world.live(async |catalog, log| {
        let conductor = Conductor::start(world.parts(catalog, log, None)).await.unwrap();
        conductor.handle().drain();
        conductor.run().await.unwrap();
    });
    for table in 0..20 {
        assert_eq!(world.ids(&format!("t{table}")).len(), 10, "t{table}");
    }
    assert_eq!(world.ids("poison").len(), 0);
}
