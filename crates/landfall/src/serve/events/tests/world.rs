//! A server that is looked at: what it tells, and a time that stands until it is moved.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;
use std::sync::Mutex;

use async_trait::async_trait;
use landfall_catalog::{
    Act, Activation, Commit, DestinationProperties, Entropy, Event, FailedAttempt, Form, Instance, Intent,
    LoadFacts, LoadFault, LoadId, LogRange, Mapping, NewDestination, NewEventHook, NewSource, Outcome,
    Partition, Point, Position, SecretKey, Smtp, SmtpSecurity, Source, SourceType, TableId, UnmappedSources,
};
use landfall_core::ids::DestinationId;
use landfall_core::settings::BatchLimits;
use landfall_core::units::TableVersion;
use landfall_http::manage::{InstanceRules, Mail};
use landfall_load::service::{Conductor, ServiceParts, ServiceSettings, Uninterrupted};
use landfall_log::{EmbeddedLog, EmbeddedLogSettings};
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::Notify;

use super::super::*;
use crate::serve::metrics::{LoadCounter, Metrics, TableLabels};
use crate::serve::places::BucketPlaces;

/// Ten o'clock.
pub(super) const START_MS: i64 = 1_767_607_200_000;
pub(super) const HOUR: i64 = 3_600_000;
pub(super) const DAY: i64 = 24 * HOUR;

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
pub(super) struct World {
    pub(super) events: Events,
    clock: Arc<Standing>,
    ear: Arc<Ear>,
    pub(super) source: Source,
    log: Arc<EmbeddedLog>,
    loading: Option<Conductor>,
    _folder: tempfile::TempDir,
}

pub(super) fn act(millis: i64) -> Act<'static> {
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
    pub(super) async fn new(source_type: SourceType) -> Self {
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

    /// A load of the table fails now.
    pub(super) async fn fail(&self, table: TableId, fault: &LoadFault) {
        let now = Timestamp::from_millis(self.now());
        let attempt = FailedAttempt {
            table,
            load: None,
            started_at: now,
            failed_at: now,
            fault: fault.clone(),
        };
        self.events.catalog.fail_attempts(&[attempt]).await.unwrap();
    }

    /// What the server keeps in memory is gone, as after a restart.
    pub(super) async fn restart(&mut self) {
        let loading = start_loader(&self.events.catalog, &self.log, &self.clock).await;
        self.events.loading = loading.handle();
        self.events.oversized = Arc::default();
        self.events.looked_at = None;
        self.loading = Some(loading);
    }

    pub(super) fn now(&self) -> i64 {
        *self.clock.0.lock().unwrap()
    }

    pub(super) fn wait(&self, millis: i64) {
        *self.clock.0.lock().unwrap() += millis;
    }

    /// Looks three times, and says what was told by then: events to the hook, subjects of mail.
    pub(super) async fn look(&mut self) -> (Vec<String>, Vec<String>) {
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

    pub(super) async fn open(&self) -> Vec<Event> {
        let open = self.events.catalog.notifications().await.unwrap();
        open.iter().map(|condition| condition.finding.event).collect()
    }

    /// Runs the loader until it has read all, while something is done beside it.
    pub(super) async fn load_beside(&mut self, work: impl AsyncFnOnce(&mut Self)) {
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

    pub(super) async fn table(&self, name: &str) -> TableId {
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
    pub(super) async fn land(&self, table: TableId, entry: u64, rejected_for: Option<&str>) {
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
