//! Post-load webhooks of the server: in order for each hook and table, again until they are heard, whatever dies.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test whose world can't be built has failed"
)]

#[path = "support/hook_server.rs"]
mod hook_server;
#[path = "support/service_world.rs"]
mod service_world;

use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use hook_server::{Seen, Server};
use landfall_bucket::Sleep;
use landfall_catalog::{Catalog, HookId, MOST_AT_ONCE, Switch};
use landfall_core::settings::BatchLimits;
use landfall_core::units::ByteCount;
use landfall_load::Jitter;
use landfall_load::service::{ANSWER_WITHIN, NoticeParts, Notices};
use serde_json::Value;
use service_world::{End, ServiceWorld};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;

/// Time passes when the test says so.
#[derive(Debug)]
struct Stepped {
    permits: Semaphore,
    asked: Mutex<Vec<Duration>>,
}

#[async_trait]
impl Sleep for Stepped {
    async fn sleep(&self, wait: Duration) {
        self.asked.lock().unwrap().push(wait);
        self.permits.acquire().await.unwrap().forget();
    }
}

/// A sender in the life it was started in.
struct Sender {
    world: Arc<service_world::TestClock>,
    catalog: Arc<Catalog>,
    sleep: Arc<Stepped>,
    news: Arc<Notify>,
    results: UnboundedReceiver<&'static str>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Sender {
    fn start(world: &ServiceWorld, catalog: &Arc<Catalog>) -> Self {
        let sleep = Arc::new(Stepped {
            permits: Semaphore::new(0),
            asked: Mutex::default(),
        });
        let news = Arc::new(Notify::new());
        let (tell, results) = unbounded_channel();
        let parts = NoticeParts {
            catalog: catalog.clone(),
            clock: world.clock.clone(),
            sleep: sleep.clone(),
            jitter: Jitter::seeded(11),
            answer_within: ANSWER_WITHIN,
            news: news.clone(),
            count: Box::new(move |result| tell.send(result).unwrap_or_default()),
        };
        let (stop, stopped) = watch::channel(false);
        Self {
            world: world.clock.clone(),
            catalog: catalog.clone(),
            sleep,
            news,
            results,
            stop,
            task: tokio::spawn(Notices::new(parts).unwrap().run(stopped)),
        }
    }

    /// The results of so many deliveries.
    async fn results(&mut self, count: usize) -> Vec<&'static str> {
        let mut results = Vec::new();
        while results.len() < count {
            results.push(self.results.recv().await.unwrap());
        }
        results
    }

    /// Lets the time come at which the next request is due, and returns how long that was.
    async fn wait_for_due(&self) -> Duration {
        let due = self.catalog.next_notice_at().await.unwrap().unwrap();
        let mut now = self.world.now_ms.lock().unwrap();
        let waited = due.as_millis() - *now;
        *now = due.as_millis();
        self.news.notify_one();
        Duration::from_millis(waited as u64)
    }

    async fn end(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}

fn world() -> ServiceWorld {
    ServiceWorld::new(BatchLimits {
        rows: NonZeroU64::new(10).unwrap(),
        bytes: ByteCount::new(64 << 20),
        wait: Duration::from_secs(300),
    })
}

/// Where receivers live, which outlive the server.
fn outside() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

fn answering(outside: &Runtime, answers: &'static [&'static str]) -> Server {
    outside.block_on(Server::answering(answers))
}

async fn hook(world: &ServiceWorld, catalog: &Catalog, server: &Server) -> HookId {
    let destination = catalog.destinations().await.unwrap()[0].id;
    let url = server.url("/hook").into();
    catalog
        .create_hook(destination, &url, world.act())
        .await
        .unwrap()
        .id
}

/// The loads of a table that the requests told of, in their order.
fn told(seen: &[Seen], table: &str) -> Vec<String> {
    let body = |seen: &Seen| serde_json::from_str::<Value>(&seen.body).unwrap();
    seen.iter()
        .map(body)
        .filter(|body| body["source_root_table_name"] == table)
        .map(|body| body["minimum_sdc_batched_at"].as_str().unwrap().to_owned())
        .collect()
}

fn without_repeats(mut list: Vec<String>) -> Vec<String> {
    list.dedup();
    list
}

/// Loads what was pushed, with a hook for each server.
fn load(world: &ServiceWorld, servers: &[&Server]) -> Vec<HookId> {
    world.live(async |catalog, log| {
        let mut hooks = Vec::new();
        for server in servers {
            hooks.push(hook(world, &catalog, server).await);
        }
        assert_eq!(world.conduct(catalog, log, None).await, End::Drained);
        hooks
    })
}

#[test]
fn a_request_is_sent_six_times_with_the_documented_waits_and_then_given_up() {
    let (world, outside) = (world(), outside());
    let server = answering(&outside, &["500 Internal Server Error"]);
    world.push("orders", 0..20, 10);
    let hook = load(&world, &[&server])[0];
    world.live(async |catalog, _| {
        let mut sender = Sender::start(&world, &catalog);
        for seconds in [10, 30, 120, 600, 1_800] {
            assert_eq!(sender.results(1).await, ["failed"]);
            let waited = sender.wait_for_due().await;
            let documented = Duration::from_secs(seconds);
            assert!(
                (documented..=documented * 11 / 10).contains(&waited),
                "{waited:?} instead of {documented:?}"
            );
        }
        assert_eq!(sender.results(1).await, ["given_up"]);
        assert_eq!(
            sender.results(1).await,
            ["failed"],
            "the next load of the table has its turn"
        );
        let log = catalog.deliveries(hook, None, 100).await.unwrap();
        let attempts: Vec<u32> = log.iter().rev().map(|line| line.attempt).collect();
        assert_eq!(attempts, [1, 2, 3, 4, 5, 6, 1]);
        assert!(log[0].failure.as_deref().unwrap().ends_with("it answered 500"));
        sender.end().await;
    });
    assert_eq!(
        server.bodies()[..6],
        vec![server.bodies()[0].clone(); 6],
        "the same body each time"
    );
}

#[test]
fn each_hook_hears_of_the_loads_of_each_table_in_their_order() {
    let (world, outside) = (world(), outside());
    let (sound, frail) = (
        answering(&outside, &["200 OK"]),
        answering(&outside, &["503 Service Unavailable", "302 Found", "200 OK"]),
    );
    for table in ["orders", "customers"] {
        world.push(table, 0..50, 10);
    }
    load(&world, &[&sound, &frail]);
    world.live(async |catalog, _| {
        let mut sender = Sender::start(&world, &catalog);
        // All that goes to the one that is well, and the first of each table to the other.
        let results = sender.results(12).await;
        assert_eq!(results.iter().filter(|result| **result == "failed").count(), 2);
        for _table in 0..2 {
            sender.wait_for_due().await;
            assert_eq!(sender.results(5).await, vec!["delivered"; 5]);
        }
        sender.end().await;
    });
    for (server, name) in [(&sound, "sound"), (&frail, "frail")] {
        for table in ["orders", "customers"] {
            let order = without_repeats(told(&server.seen(), table));
            let mut sorted = order.clone();
            sorted.sort();
            sorted.dedup();
            assert_eq!(order, sorted, "{name}: {table}");
            assert_eq!(order.len(), 5, "{name}: {table}");
        }
    }
    assert_eq!((sound.seen().len(), frail.seen().len()), (10, 12));
}

#[test]
fn a_receiver_that_never_answers_holds_up_neither_other_hooks_nor_loading() {
    let (world, outside) = (world(), outside());
    let dead = outside.block_on(Server::start(|_, _| Box::pin(async { None })));
    let sound = answering(&outside, &["204 No Content"]);
    for table in 0..40 {
        world.push(&format!("t{table}"), 0..5, 5);
    }
    load(&world, &[&dead, &sound]);
    world.live(async |catalog, log| {
        let mut sender = Sender::start(&world, &catalog);
        assert_eq!(sender.results(40).await, vec!["delivered"; 40]);
        sender.task.abort();
        assert_eq!(world.conduct(catalog, log, None).await, End::Drained);
    });
    assert_eq!(sound.seen().len(), 40);
    assert!(
        dead.seen().len() <= MOST_AT_ONCE as usize,
        "{}",
        dead.seen().len()
    );
}

#[test]
fn a_disabled_hook_is_sent_nothing_until_it_is_enabled_and_a_deleted_one_never_again() {
    let (world, outside) = (world(), outside());
    let servers = [
        answering(&outside, &["500 Internal Server Error"]),
        answering(&outside, &["200 OK"]),
        answering(&outside, &["500 Internal Server Error"]),
    ];
    world.push("orders", 0..10, 10);
    let hooks = load(&world, &[&servers[0], &servers[1], &servers[2]]);
    world.live(async |catalog, _| {
        catalog
            .switch_hook(hooks[1], Switch::Off, world.act())
            .await
            .unwrap();
        let mut sender = Sender::start(&world, &catalog);
        assert_eq!(sender.results(2).await, ["failed", "failed"]);
        catalog.delete_hook(hooks[2], world.act()).await.unwrap();
        sender.wait_for_due().await;
        assert_eq!(sender.results(1).await, ["failed"]);
        catalog
            .switch_hook(hooks[1], Switch::On, world.act())
            .await
            .unwrap();
        sender.news.notify_one();
        assert_eq!(sender.results(1).await, ["delivered"]);
        sender.end().await;
    });
    let heard: Vec<usize> = servers.iter().map(|server| server.seen().len()).collect();
    assert_eq!(heard, [2, 1, 1]);
}

#[test]
fn what_was_heard_when_the_server_died_before_it_could_note_that_is_sent_again() {
    let (world, outside) = (world(), outside());
    let heard = Arc::new(Notify::new());
    let tell = heard.clone();
    let server = outside.block_on(Server::start(move |_, before| {
        let tell = tell.clone();
        Box::pin(async move {
            tell.notify_one();
            (before > 0).then_some("200 OK")
        })
    }));
    world.push("orders", 0..20, 10);
    let hook = load(&world, &[&server])[0];
    world.live(async |catalog, _| {
        let _dies_with_this_life = Sender::start(&world, &catalog);
        heard.notified().await;
    });
    world.live(async |catalog, _| {
        let mut sender = Sender::start(&world, &catalog);
        assert_eq!(sender.results(2).await, ["delivered", "delivered"]);
        assert_eq!(catalog.deliveries(hook, None, 10).await.unwrap().len(), 2);
        assert_eq!(catalog.next_notice_at().await.unwrap(), None);
        sender.end().await;
    });
    let bodies = server.bodies();
    assert_eq!(bodies.len(), 3);
    assert_eq!(bodies[0], bodies[1], "the one nobody noted");
    assert_ne!(bodies[1], bodies[2]);
}

#[test]
fn what_another_process_lines_up_again_is_sent_without_being_told() {
    let (world, outside) = (world(), outside());
    let server = answering(&outside, &["200 OK"]);
    world.push("orders", 0..30, 10);
    let hook = load(&world, &[&server])[0];
    world.live(async |catalog, _| {
        let mut sender = Sender::start(&world, &catalog);
        assert_eq!(sender.results(3).await, vec!["delivered"; 3]);
        let another = world.catalog().await;
        assert_eq!(
            another
                .replay_notices(hook, world.now(), world.now())
                .await
                .unwrap(),
            3
        );
        sender.sleep.permits.add_permits(1);
        assert_eq!(sender.results(3).await, vec!["delivered"; 3]);
        let longest = sender.sleep.asked.lock().unwrap().iter().max().copied();
        assert!(longest <= Some(Duration::from_secs(5)), "{longest:?}");
        sender.end().await;
    });
    let order = told(&server.seen(), "orders");
    assert_eq!(order[..3], order[3..]);
}
