use std::sync::Mutex;

use async_trait::async_trait;
use landfall_catalog::{Act, Entropy, Instance, SecretKey};
use landfall_core::ids::ClientId;
use tokio::sync::Notify;

use super::*;

const START_MS: i64 = 1_700_000_000_000;

#[derive(Debug)]
struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// The time, which goes on when somebody waits.
#[derive(Debug)]
struct Simulated {
    now_ms: Mutex<i64>,
    waits: Mutex<u32>,
    most_waits: u32,
    over: Notify,
}

impl Clock for Simulated {
    fn receiving_nanos(&self) -> i64 {
        *self.now_ms.lock().unwrap() * 1_000_000
    }
    fn closing(&self) -> Timestamp {
        Timestamp::from_millis(*self.now_ms.lock().unwrap())
    }
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

#[async_trait]
impl Sleep for Simulated {
    async fn sleep(&self, wait: Duration) {
        *self.now_ms.lock().unwrap() += wait.as_millis() as i64;
        let waits = {
            let mut waits = self.waits.lock().unwrap();
            *waits += 1;
            *waits
        };
        if waits == self.most_waits {
            self.over.notify_one();
            std::future::pending().await
        }
    }
}

async fn catalog(folder: &std::path::Path) -> Arc<Catalog> {
    let new = Instance {
        id: "instance".to_owned(),
        client_id: ClientId::new(1000),
        created_at: Timestamp::from_millis(START_MS),
    };
    let key = SecretKey::new([1; 32]);
    let path = folder.join("catalog.sqlite");
    Arc::new(Catalog::open(&path, &key, Box::new(Zeros), &new).await.unwrap())
}

/// Leaves a line in the audit log.
async fn act(catalog: &Catalog, at: Timestamp) {
    catalog
        .set_client_id(ClientId::new(1001), Act { who: "test", at })
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_old_is_forgotten_when_its_time_has_come_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = catalog(folder.path()).await;
    for line in 0..3 {
        act(&catalog, Timestamp::from_millis(START_MS + line * 1_000)).await;
    }
    for (hours, left) in [(47, 3), (50, 0)] {
        let time = Arc::new(Simulated {
            now_ms: Mutex::new(START_MS),
            waits: Mutex::new(0),
            most_waits: hours,
            over: Notify::new(),
        });
        let keep = KeepDays {
            audit: 2,
            ..KeepDays::default()
        };
        let job = Forgetting {
            catalog: catalog.clone(),
            clock: time.clone(),
            sleep: time.clone(),
            keep,
        };
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(job.run(stopped));
        time.over.notified().await;
        stop.send_replace(true);
        running.await.unwrap();
        assert_eq!(
            catalog.audit_log(None, 10).await.unwrap().len(),
            left,
            "after {hours} hours"
        );
    }
}

#[test]
fn everything_is_kept_for_as_long_as_operators_are_promised() {
    let now = Timestamp::from_millis(START_MS);
    let days = |before: Timestamp| (now.as_millis() - before.as_millis()) / 86_400_000;
    let old = KeepDays::default().before(now);
    let kept = [
        days(old.attempts_before),
        days(old.deliveries_before),
        days(old.loads_before),
        days(old.audit_before),
    ];
    assert_eq!(kept, [60, 30, 365, 365]);
    assert_eq!(KeepDays::default().unloaded(), Duration::from_secs(30 * 86_400));
}
