//! A catalog in a folder of its own, and short ways to fill it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use landfall_catalog::*;
use landfall_core::ids::{ClientId, DestinationId, SourceId};
use landfall_core::time::Timestamp;
use landfall_core::units::{ByteCount, TableVersion};
use tempfile::TempDir;

pub(crate) const PARTITION: Partition = Partition::new(3);

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn act(millis: i64) -> Act<'static> {
    Act {
        who: "tester",
        at: at(millis),
    }
}

/// Never the same bytes twice.
#[derive(Debug, Default)]
pub(crate) struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        bytes.fill(0);
        let end = bytes.len();
        bytes[end - number.len()..].copy_from_slice(&number);
    }
}

pub(crate) struct World {
    folder: TempDir,
    pub(crate) catalog: Catalog,
}

pub(crate) fn instance() -> Instance {
    Instance {
        id: "3f1c0c0e-5f0e-4b0f-9a55-0f6f6b1f3a77".to_owned(),
        client_id: ClientId::new(116_078),
        created_at: at(0),
    }
}

pub(crate) async fn open(path: &std::path::Path, key: u8) -> Result<Catalog, StoreError> {
    let key = SecretKey::new([key; 32]);
    Catalog::open(path, &key, Box::<Counting>::default(), &instance()).await
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let catalog = open(&folder.path().join("control.db"), 7).await.unwrap();
        Self { folder, catalog }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("control.db")
    }

    /// What a restart after a crash of this moment would see: the files as they are, without an orderly end.
    pub(crate) async fn crash(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in ["control.db", "control.db-wal"] {
            std::fs::copy(self.folder.path().join(file), folder.path().join(file)).unwrap();
        }
        let catalog = open(&folder.path().join("control.db"), 7).await.unwrap();
        Self { folder, catalog }
    }

    /// An active destination, a source that loads to it, and a table.
    pub(crate) async fn with_table() -> (Self, Setup) {
        let world = Self::new().await;
        let destination = world.active_destination("Lake").await;
        let source = world.source("shop").await;
        let table = world.table(source, "orders").await;
        let setup = Setup {
            destination,
            source,
            table,
        };
        (world, setup)
    }

    pub(crate) async fn destination(&self, name: &str) -> DestinationId {
        let new = new_destination(Some(name));
        self.catalog.create_destination(&new, act(1)).await.unwrap().id
    }

    pub(crate) async fn active_destination(&self, name: &str) -> DestinationId {
        let id = self.destination(name).await;
        self.check(id, &Verdict::Succeeded, 2).await;
        id
    }

    pub(crate) async fn check(&self, id: DestinationId, verdict: &Verdict, millis: i64) {
        let destination = self.catalog.destination(id).await.unwrap().unwrap();
        let check = check(millis);
        let end = self
            .catalog
            .finish_check(id, destination.access_revision, &check, verdict, at(millis))
            .await
            .unwrap();
        assert!(matches!(end, CheckEnd::Counted(_)));
    }

    pub(crate) async fn source(&self, name: &str) -> SourceId {
        let new = new_source(name);
        self.catalog.create_source(&new, act(3)).await.unwrap().id
    }

    pub(crate) async fn source_of(&self, name: &str, mapping: Mapping) -> SourceId {
        let new = NewSource {
            mapping,
            ..new_source(name)
        };
        self.catalog.create_source(&new, act(3)).await.unwrap().id
    }

    pub(crate) async fn table(&self, source: SourceId, name: &str) -> TableId {
        let ensured = self.catalog.ensure_table(source, name, name, at(4)).await;
        ensured.unwrap().table.id
    }

    /// Opens and commits a load of `records` records, the last of them rejected.
    pub(crate) async fn land(&self, setup: Setup, range: LogRange, records: u64, millis: i64) -> OpenLoad {
        let intent = setup.intent(&format!("load-{millis}"), range, records);
        let load = self.catalog.open_load(&intent, &keys, at(millis)).await.unwrap();
        let committed = self.catalog.commit_load(&commit(&load, 1, millis + 5)).await;
        assert_eq!(committed.unwrap(), Committed::Now);
        load
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) destination: DestinationId,
    pub(crate) source: SourceId,
    pub(crate) table: TableId,
}

impl Setup {
    pub(crate) fn intent(&self, id: &str, range: LogRange, records: u64) -> Intent {
        Intent {
            id: LoadId::new(id),
            destination: self.destination,
            table: self.table,
            version: TableVersion::new(0),
            range,
            records,
            activation: Activation::Stays,
            encoding: "jsonl".to_owned(),
        }
    }
}

/// From the end of one entry, or from the beginning, to the end of another.
pub(crate) fn range(after: Option<u64>, through: u64) -> LogRange {
    LogRange {
        partition: PARTITION,
        after: after.map(|position| Point::end_of(Position::new(position))),
        through: Point::end_of(Position::new(through)),
    }
}

pub(crate) fn keys(instant: Timestamp) -> Vec<PlannedObject> {
    let millis = instant.as_millis();
    vec![
        PlannedObject {
            kind: ObjectKind::Rejects,
            key: format!("shop/_sdc_rejected/0_{millis}.jsonl"),
        },
        PlannedObject {
            kind: ObjectKind::Root,
            key: format!("shop/orders/0_{millis}.jsonl"),
        },
    ]
}

pub(crate) fn commit(load: &OpenLoad, rejected: u64, done_millis: i64) -> Commit {
    let landed = load.intent.records - rejected;
    let object = |planned: &PlannedObject| LandedObject {
        kind: planned.kind.clone(),
        key: planned.key.clone(),
        rows: match planned.kind {
            ObjectKind::Rejects => rejected,
            ObjectKind::Root | ObjectKind::SubTable(_) => landed,
        },
        size: ByteCount::new(100),
        checksum: "crc32:00000000".to_owned(),
    };
    Commit {
        id: load.intent.id.clone(),
        outcome: Outcome {
            objects: load.objects.iter().map(object).collect(),
            rows_landed: landed,
            rows_rejected: rejected,
            facts: LoadFacts {
                reasons: vec![("R3".to_owned(), rejected)],
                sequences: Some((1, 9)),
                received: Some((at(1), at(2))),
                bookmarks: vec![BookmarkRange {
                    column: "updated_at".to_owned(),
                    min_and_max: Some(("a".to_owned(), "b".to_owned())),
                }],
                max_extracted: Some("2015-01-01T00:05:00.000Z".to_owned()),
            },
            highest_bookmark: Some(Bookmark {
                column: "updated_at".to_owned(),
                value: "b".to_owned(),
            }),
            started_at: at(done_millis - 3),
            done_at: at(done_millis),
            hook_body: Some(format!(r#"{{"load":"{}"}}"#, load.intent.id)),
        },
    }
}

pub(crate) fn check(millis: i64) -> ConnectionCheck {
    ConnectionCheck {
        name: format!("116078.1.check.{millis}"),
        started_at: at(millis),
        completed_at: Some(at(millis)),
        errors: Vec::new(),
        warnings: Vec::new(),
    }
}

pub(crate) fn fault() -> AccessFault {
    AccessFault {
        code: "missing_challenge_file".to_owned(),
        message: "Not Found".to_owned(),
    }
}

pub(crate) fn new_destination(name: Option<&str>) -> NewDestination {
    let mut properties = DestinationProperties::default();
    properties.set("s3_bucket", "com-test-stitch-bucket");
    properties.set("sentinel_key", "stitch-challenge-file-topsecret");
    properties.set("aws_secret_access_key", "wJalrXUtnFEMI");
    NewDestination {
        name: name.map(str::to_owned),
        description: None,
        properties,
        form: Form::Complete,
        unmapped_sources: UnmappedSources::Leave,
        most_destinations: 10,
    }
}

pub(crate) fn new_source(name: &str) -> NewSource {
    NewSource {
        source_type: SourceType::ImportApi,
        name: name.to_owned(),
        display_name: format!("The {name}"),
        properties: BTreeMap::new(),
        mapping: Mapping::OnlyDestination,
    }
}
