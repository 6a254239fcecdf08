use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;
use std::sync::Mutex;

use async_trait::async_trait;
use landfall_catalog::{
    Act, Activation, Commit, DestinationProperties, Entropy, Event, FailedAttempt, Form, Instance, Intent,
    LoadFacts, LoadFault, LoadId, LogRange, Mapping, NewDestination, NewEventHook, NewSource, Outcome,
    Partition, Point, Position, SecretKey, Smtp, SmtpSecurity, Source, SourceType, TableId, UnmappedSources,
};
use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::intake::{AcceptedItem, AcceptedPart, AcceptedRecord, AcceptedRequest, encode};
use landfall_core::settings::BatchLimits;
use landfall_core::units::TableVersion;
use landfall_http::manage::{InstanceRules, Mail};
use landfall_load::service::{Conductor, NEVER_LANDS, ServiceParts, ServiceSettings, Uninterrupted};
use landfall_log::{EmbeddedLog, EmbeddedLogSettings, NewEntry};
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::Notify;

use super::*;
use crate::serve::metrics::{LoadCounter, Metrics, TableLabels};
use crate::serve::places::BucketPlaces;

/// Ten o'clock.
const START_MS: i64 = 1_767_607_200_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

#[derive(Debug, Default)]
struct Counting(Mutex<u8>);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let mut last = self.0.lock().unwrap();
        *last = last.wrapping_add(1);
        bytes.fill(*last);
    }
}

/// The time: it stands until it is moved.
#[derive(Debug)]
struct Standing(Mutex<i64>);

impl Clock for Standing {
    fn receiving_nanos(&self) -> i64 {
        *self.0.lock().unwrap() * 1_000_000
    }
    fn closing(&self) -> Timestamp {
        Timestamp::from_millis(*self.0.lock().unwrap())
    }
    fn elapsed(&self) -> Duration {
        Duration::from_millis(*self.0.lock().unwrap() as u64)
    }
}

#[async_trait]
impl Sleep for Standing {
    async fn sleep(&self, _wait: Duration) {
        tokio::task::yield_now().await;
    }
}

/// Takes everything that is told.
#[derive(Debug, Default)]
struct Ear {
    posts: Mutex<Vec<Value>>,
    mails: Mutex<Vec<Mail>>,
}

#[async_trait]
impl Messenger for Ear {
    async fn mail(&self, _server: &Smtp, mail: &Mail) -> Result<(), String> {
        self.mails.lock().unwrap().push(mail.clone());
        Ok(())
    }

    async fn post(&self, _url: &SecretString, _secret: &SecretString, body: &str) -> Result<(), String> {
        let body = serde_json::from_str(body).unwrap();
        self.posts.lock().unwrap().push(body);
        Ok(())
    }
}

/// A server that is looked at, with a source, an event hook for all events, and an address for mail.
struct World {
    events: Events,
    clock: Arc<Standing>,
    ear: Arc<Ear>,
    source: Source,
    log: Arc<EmbeddedLog>,
    loading: Option<Conductor>,
    _folder: tempfile::TempDir,
}

fn act(millis: i64) -> Act<'static> {
    Act {
        who: "test",
        at: Timestamp::from_millis(millis),
    }
}

async fn open_catalog(folder: &std::path::Path) -> Arc<Catalog> {
    let new = Instance {
        id: "instance".to_owned(),
        client_id: ClientId::new(1000),
        created_at: Timestamp::from_millis(START_MS),
    };
    let path = folder.join("catalog.sqlite");
    let key = SecretKey::new([1; 32]);
    Arc::new(
        Catalog::open(&path, &key, Box::<Counting>::default(), &new)
            .await
            .unwrap(),
    )
}

async fn add_recipients(catalog: &Catalog) {
    let settings = NotificationSettings {
        smtp: Some(Smtp {
            host: "mail.test".to_owned(),
            port: 587,
            security: SmtpSecurity::StartTls,
            username: None,
            password: None,
            from: "l@mail.test".to_owned(),
        }),
        ..NotificationSettings::default()
    };
    catalog
        .set_notification_settings(&settings, act(START_MS))
        .await
        .unwrap();
    catalog
        .create_custom_email("ops@example.com", act(START_MS))
        .await
        .unwrap();
    let hook = NewEventHook {
        url: SecretString::from("https://example.com/e"),
        secret: SecretString::from("whsec_1"),
        events: BTreeSet::from(Event::ALL),
        delay: Duration::ZERO,
    };
    catalog.create_event_hook(&hook, act(START_MS)).await.unwrap();
}

async fn add_source(catalog: &Catalog, source_type: SourceType) -> Source {
    let new = NewSource {
        source_type,
        name: "shop".to_owned(),
        display_name: "Shop".to_owned(),
        properties: BTreeMap::new(),
        mapping: Mapping::OnlyDestination,
    };
    catalog.create_source(&new, act(START_MS)).await.unwrap()
}

async fn start_loader(catalog: &Arc<Catalog>, log: &Arc<EmbeddedLog>, clock: &Arc<Standing>) -> Conductor {
    let parts = ServiceParts {
        settings: ServiceSettings {
            limits: BatchLimits {
                rows: NonZeroU64::new(10).unwrap(),
                bytes: ByteCount::new(1 << 20),
                wait: Duration::from_secs(300),
            },
            memory_budget: ByteCount::new(1 << 20),
            loads_at_once: 1,
            keep_unloaded: Duration::from_secs(30 * 24 * 60 * 60),
        },
        instance: "instance".to_owned(),
        log: log.clone(),
        catalog: catalog.clone(),
        places: Arc::new(BucketPlaces::new(InstanceRules::default())),
        clock: clock.clone(),
        sleep: clock.clone(),
        steps: Arc::new(Uninterrupted),
        observer: Arc::new(LoadCounter(Arc::new(Metrics::new(TableLabels::Shown)))),
        notices: Arc::new(Notify::new()),
    };
    Conductor::start(parts).await.unwrap()
}

impl World {
    async fn new(source_type: SourceType) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let catalog = open_catalog(folder.path()).await;
        add_recipients(&catalog).await;
        let source = add_source(&catalog, source_type).await;
        let settings = EmbeddedLogSettings::default();
        let log = Arc::new(EmbeddedLog::open_folder(&folder.path().join("log"), settings).unwrap());
        let clock = Arc::new(Standing(Mutex::new(START_MS)));
        let loading = start_loader(&catalog, &log, &clock).await;
        let ear = Arc::<Ear>::default();
        let events = Events {
            catalog,
            log: log.clone(),
            log_budget: None,
            clock: clock.clone(),
            messenger: ear.clone(),
            client: ClientId::new(1000),
            created_at: Timestamp::from_millis(START_MS),
            loading: loading.handle(),
            oversized: Arc::default(),
            looked_at: None,
        };
        Self {
            events,
            clock,
            ear,
            source,
            log,
            loading: Some(loading),
            _folder: folder,
        }
    }

    /// What the server keeps in memory is gone, as after a restart.
    async fn restart(&mut self) {
        let loading = start_loader(&self.events.catalog, &self.log, &self.clock).await;
        self.events.loading = loading.handle();
        self.events.oversized = Arc::default();
        self.events.looked_at = None;
        self.loading = Some(loading);
    }

    fn now(&self) -> i64 {
        *self.clock.0.lock().unwrap()
    }

    fn wait(&self, millis: i64) {
        *self.clock.0.lock().unwrap() += millis;
    }

    /// Looks three times, and says what was told by then: events to the hook, subjects of mail.
    async fn look(&mut self) -> (Vec<String>, Vec<String>) {
        for _ in 0..3 {
            self.events.look().await.unwrap();
        }
        let posts = std::mem::take(&mut *self.ear.posts.lock().unwrap());
        let mails = std::mem::take(&mut *self.ear.mails.lock().unwrap());
        let events = posts
            .iter()
            .map(|post| post["event"].as_str().unwrap().to_owned());
        let subjects = mails.into_iter().map(|mail| mail.subject);
        (events.collect(), subjects.collect())
    }

    async fn open(&self) -> Vec<Event> {
        let open = self.events.catalog.notifications().await.unwrap();
        open.iter().map(|condition| condition.finding.event).collect()
    }

    /// Runs the loader until it has read all, while something is done beside it.
    async fn load_beside(&mut self, work: impl AsyncFnOnce(&mut Self)) {
        let conductor = self.loading.take().unwrap();
        let handle = conductor.handle();
        let (ran, ()) = tokio::join!(conductor.run(), async {
            while handle.all_waiting().await.is_none() {
                tokio::task::yield_now().await;
            }
            work(self).await;
            handle.drain();
        });
        ran.unwrap();
    }

    async fn table(&self, name: &str) -> TableId {
        let now = Timestamp::from_millis(self.now());
        let ensured = self
            .events
            .catalog
            .ensure_table(self.source.id, name, name, now)
            .await;
        ensured.unwrap().table.id
    }

    async fn destination(&self) -> DestinationId {
        let new = NewDestination {
            name: Some("Lake".to_owned()),
            description: None,
            properties: DestinationProperties::default(),
            form: Form::Complete,
            unmapped_sources: UnmappedSources::Map,
            most_destinations: 10,
        };
        let made = self
            .events
            .catalog
            .create_destination(&new, act(self.now()))
            .await;
        made.unwrap().id
    }

    /// A load of one record, which is landed, or rejected for a reason.
    async fn land(&self, table: TableId, entry: u64, rejected_for: Option<&str>) {
        let destinations = self.events.catalog.destinations().await.unwrap();
        let destination = match destinations.first() {
            Some(destination) => destination.id,
            None => self.destination().await,
        };
        let end_of = |entry| Point {
            position: Position::new(entry),
            ordinal: 0,
        };
        let id = LoadId::new(format!("load-{entry}"));
        let intent = Intent {
            id: id.clone(),
            destination,
            table,
            version: TableVersion::new(0),
            range: LogRange {
                partition: Partition::new(0),
                after: entry.checked_sub(1).map(end_of),
                through: end_of(entry),
            },
            records: 1,
            activation: Activation::Stays,
            encoding: "jsonl".to_owned(),
        };
        let now = Timestamp::from_millis(self.now());
        let catalog = &self.events.catalog;
        catalog.open_load(&intent, &|_| Vec::new(), now).await.unwrap();
        let rejected = u64::from(rejected_for.is_some());
        let outcome = Outcome {
            objects: Vec::new(),
            rows_landed: 1 - rejected,
            rows_rejected: rejected,
            facts: LoadFacts {
                reasons: rejected_for
                    .iter()
                    .map(|reason| ((*reason).to_owned(), 1))
                    .collect(),
                sequences: None,
                received: None,
                bookmarks: Vec::new(),
                max_extracted: None,
            },
            highest_bookmark: None,
            started_at: now,
            done_at: now,
            hook_body: None,
        };
        catalog.commit_load(&Commit { id, outcome }).await.unwrap();
    }
}

fn told(event: &str, subject: &str) -> (Vec<String>, Vec<String>) {
    let mail = format!("Landfall Notification - {subject}");
    (vec![event.to_owned()], vec![mail])
}

fn nothing() -> (Vec<String>, Vec<String>) {
    Default::default()
}

#[tokio::test]
async fn an_idle_instance_is_told_of_once_and_only_to_those_who_want_to_know() {
    let mut world = World::new(SourceType::ImportApi).await;
    world.wait(50 * DAY);
    assert_eq!(world.look().await, nothing(), "it is off unless it is set");
    let mut settings = world.events.catalog.notification_settings().await.unwrap();
    settings.idle_days = Some(40);
    let catalog = world.events.catalog.clone();
    catalog
        .set_notification_settings(&settings, act(0))
        .await
        .unwrap();
    let idle = told("instance.idle", "Integrations Paused due to Account Inactivity");
    assert_eq!(world.look().await, idle, "since the instance was made");
    world.wait(DAY);
    assert_eq!(world.look().await, nothing());
    let table = world.table("orders").await;
    world.land(table, 0, None).await;
    assert_eq!(world.look().await, nothing());
    assert_eq!(world.open().await, [], "a load ends it");
    world.wait(40 * DAY - 1);
    assert_eq!(world.look().await, nothing());
    world.wait(1);
    assert_eq!(world.look().await, idle, "forty days after the load");
}

#[tokio::test]
async fn a_batch_that_can_never_be_written_is_told_of_at_once_and_by_mail_after_two_hours() {
    let mut world = World::new(SourceType::ImportApi).await;
    let table = world.table("orders").await;
    let fault = LoadFault {
        code: NEVER_LANDS.to_owned(),
        message: "An error occurred (KeyTooLongError)".to_owned(),
    };
    let mail = "Landfall Notification - We're unable to load some of your data".to_owned();
    let told = [
        (vec!["load.unsupported".to_owned()], Vec::new()),
        (Vec::new(), vec![mail]),
        nothing(),
    ];
    for told in told {
        let now = Timestamp::from_millis(world.now());
        let attempt = FailedAttempt {
            table,
            load: None,
            started_at: now,
            failed_at: now,
            fault: fault.clone(),
        };
        world.events.catalog.fail_attempts(&[attempt]).await.unwrap();
        assert_eq!(world.look().await, told);
        world.wait(2 * HOUR);
    }
    let shown = world.events.catalog.notifications().await.unwrap().remove(0);
    assert_eq!(shown.finding.tables, ["orders"]);
    assert_eq!(shown.finding.raw_error.as_deref(), Some(fault.message.as_str()));
    world.land(table, 0, None).await;
    assert_eq!(world.look().await, nothing());
    assert_eq!(world.open().await, []);
}

#[tokio::test]
async fn a_record_that_is_too_large_is_told_of_once_a_day() {
    let mut world = World::new(SourceType::ImportApi).await;
    let table = world.table("orders").await;
    world.land(table, 0, Some("R2")).await;
    let rejected = told("records.rejected", "Records were rejected");
    assert_eq!(world.look().await, rejected, "it was not too large");
    let too_large = told("record.too_large", "Error persisting data for table orders");
    world.wait(HOUR);
    world.land(table, 1, Some("R1")).await;
    assert_eq!(world.look().await, too_large);
    world.wait(HOUR);
    world.land(table, 2, Some("R1")).await;
    assert_eq!(world.look().await, nothing(), "of the same day");
    world.restart().await;
    assert_eq!(world.look().await, nothing(), "of the same day");
    world.wait(12 * HOUR);
    assert_eq!(world.look().await, nothing());
    assert_eq!(world.open().await, [], "it is over at midnight");
    world.land(table, 3, Some("R1")).await;
    let (events, _) = world.look().await;
    assert_eq!(events, ["records.rejected", "record.too_large"]);
}

#[tokio::test]
async fn a_request_to_a_webhook_that_is_too_large_is_told_of_once_a_day() {
    let mut world = World::new(SourceType::IncomingWebhook).await;
    let refuse = |world: &World| {
        let day = day_of(Timestamp::from_millis(world.now()));
        world.events.oversized.note(world.source.id, day);
    };
    assert_eq!(world.look().await, nothing());
    refuse(&world);
    let too_large = told("record.too_large", "Error persisting data for table data");
    assert_eq!(world.look().await, too_large);
    let shown = world.events.catalog.notifications().await.unwrap().remove(0);
    assert_eq!(shown.finding.source, Some(world.source.id));
    world.restart().await;
    refuse(&world);
    world.wait(HOUR);
    assert_eq!(world.look().await, nothing(), "of the same day");
    assert_eq!(world.open().await, [Event::RecordTooLarge]);
    world.wait(13 * HOUR);
    assert_eq!(world.look().await, nothing());
    assert_eq!(world.open().await, [], "it is over at midnight");
    refuse(&world);
    assert_eq!(world.look().await, too_large, "of the next day");
}

fn accepted(source: SourceId, at: i64) -> AcceptedRequest {
    let text = r#"{"id":1}"#.to_owned();
    let record = AcceptedRecord {
        sequence: 1,
        extracted_at: None,
        data: 0..text.len(),
    };
    AcceptedRequest {
        source,
        received_at: Timestamp::from_millis(at),
        parts: vec![AcceptedPart {
            table: "orders".to_owned(),
            version: TableVersion::new(0),
            key_names: vec!["id".to_owned()],
            bookmark_names: Vec::new(),
            schema: None,
            text,
            items: vec![AcceptedItem::Record(record)],
        }],
    }
}

#[tokio::test]
async fn records_that_are_soon_deleted_are_told_of_once_however_often_the_server_is_started() {
    let mut world = World::new(SourceType::ImportApi).await;
    let entry = NewEntry {
        bytes: encode(accepted(world.source.id, START_MS)).into(),
        at: Timestamp::from_millis(START_MS),
    };
    world
        .events
        .log
        .append(landfall_log::Partition::FIRST, entry)
        .await
        .unwrap();
    world
        .load_beside(async |world| {
            assert_eq!(world.look().await, nothing());
            world.wait(27 * DAY - 1);
            assert_eq!(world.look().await, nothing());
            world.wait(1);
            let expiring = told("buffer.expiring", "Buffered data will be deleted");
            assert_eq!(world.look().await, expiring, "three days before");
            world.wait(DAY);
            assert_eq!(world.look().await, nothing());
        })
        .await;
    world.restart().await;
    assert_eq!(world.look().await, nothing(), "the loader has read nothing yet");
    assert_eq!(world.open().await, [Event::BufferExpiring]);
    world
        .load_beside(async |world| {
            assert_eq!(world.look().await, nothing());
            let open = world.events.catalog.notifications().await.unwrap().remove(0);
            assert_eq!(open.finding.tables, ["orders"]);
            world.wait(3 * DAY);
            while world.open().await != [] {
                assert_eq!(world.look().await, nothing(), "they are deleted");
            }
        })
        .await;
}
