//! What a server would have loaded, put into the catalog directly.

use landfall_catalog::*;
use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::time::Timestamp;
use landfall_core::units::{ByteCount, TableVersion};

use crate::world::{Browser, NOW, World};

/// The load of [`land`].
pub(crate) const LOAD: &str = "load-1";

fn now() -> Timestamp {
    Timestamp::from_millis(NOW)
}

fn intent(id: &str, table: TableId, position: u64) -> Intent {
    Intent {
        id: LoadId::new(id),
        destination: DestinationId::new(1),
        table,
        version: TableVersion::new(0),
        range: LogRange {
            partition: Partition::new(3),
            after: (position > 1).then(|| Point::end_of(Position::new(position - 1))),
            through: Point::end_of(Position::new(position)),
        },
        records: 1234,
        activation: Activation::Stays,
        encoding: "jsonl".to_owned(),
    }
}

fn outcome(key: &str) -> Outcome {
    let object = |kind: ObjectKind, key: String, rows: u64| LandedObject {
        kind,
        key,
        rows,
        size: ByteCount::new(20_480),
        checksum: "crc32:0badcafe".to_owned(),
    };
    Outcome {
        objects: vec![
            object(ObjectKind::Root, key.to_owned(), 1233),
            object(
                ObjectKind::SubTable("items".to_owned()),
                format!("{key}.items"),
                12,
            ),
            object(ObjectKind::Rejects, format!("{key}.rejects"), 1),
        ],
        rows_landed: 1233,
        rows_rejected: 1,
        facts: LoadFacts {
            reasons: vec![("R3".to_owned(), 1)],
            sequences: Some((41, 4100)),
            received: Some((now(), now())),
            bookmarks: vec![BookmarkRange {
                column: "updated_at".to_owned(),
                min_and_max: Some(("2026-01-01".to_owned(), "2026-01-04".to_owned())),
            }],
            max_extracted: Some("2026-01-05T09:00:00.000Z".to_owned()),
        },
        highest_bookmark: Some(Bookmark {
            column: "updated_at".to_owned(),
            value: "2026-01-04".to_owned(),
        }),
        started_at: now(),
        done_at: now(),
        hook_body: Some("{}".to_owned()),
    }
}

/// A destination named `name`.
pub(crate) async fn add_destination(world: &World, name: &str) {
    let new = NewDestination {
        name: Some(name.to_owned()),
        description: None,
        properties: DestinationProperties::default(),
        form: Form::Incomplete,
        unmapped_sources: UnmappedSources::Leave,
        most_destinations: 10,
    };
    let act = Act {
        who: "tester",
        at: now(),
    };
    world.catalog.create_destination(&new, act).await.unwrap();
}

async fn add_integration(admin: &Browser, name: &str) {
    let form = [
        ("type", "import_api"),
        ("display_name", name),
        ("destination", "1"),
    ];
    let added = admin.post_and_follow("/integrations", &form).await;
    assert_eq!(added.status, 200, "{}", added.body);
}

/// A destination and an integration, all named `name`.
pub(crate) async fn connect(world: &World, admin: &Browser, name: &str) {
    add_destination(world, name).await;
    add_integration(admin, name).await;
}

/// The same with a destination that works, named by its bucket.
#[allow(dead_code, reason = "not every test binary has one")]
pub(crate) async fn connect_working(world: &World, admin: &Browser, bucket: &str, name: &str) {
    let mut properties = DestinationProperties::default();
    properties.set("s3_bucket", bucket);
    let new = NewDestination {
        name: Some(bucket.to_owned()),
        description: None,
        properties,
        form: Form::Complete,
        unmapped_sources: UnmappedSources::Leave,
        most_destinations: 10,
    };
    let act = Act {
        who: "tester",
        at: now(),
    };
    let catalog = &world.catalog;
    let made = catalog.create_destination(&new, act).await.unwrap();
    catalog.start_check(made.id, "check", now()).await.unwrap();
    let check = ConnectionCheck {
        name: "check".to_owned(),
        started_at: now(),
        completed_at: Some(now()),
        errors: Vec::new(),
        warnings: Vec::new(),
    };
    catalog
        .finish_check(made.id, made.access_revision, &check, &Verdict::Succeeded, now())
        .await
        .unwrap();
    add_integration(admin, name).await;
}

/// One load of a table that is done, one that is on its way, and a failed attempt for it.
pub(crate) async fn land(world: &World, table: &str) {
    let catalog = &world.catalog;
    let ensured = catalog.ensure_table(SourceId::new(1), table, table, now()).await;
    let id = ensured.unwrap().table.id;
    for (load, position) in [(LOAD, 1), ("load-2", 2)] {
        let key = |at: Timestamp| format!("{table}/0_{}.jsonl", at.as_millis());
        let root = |at: Timestamp| PlannedObject {
            kind: ObjectKind::Root,
            key: key(at),
        };
        let opened = catalog
            .open_load(&intent(load, id, position), &|at| vec![root(at)], now())
            .await
            .unwrap();
        if load == LOAD {
            let commit = Commit {
                id: LoadId::new(LOAD),
                outcome: outcome(&opened.objects[0].key),
            };
            catalog.commit_load(&commit).await.unwrap();
        } else {
            let attempt = FailedAttempt {
                table: id,
                load: Some(opened.seq),
                started_at: now(),
                failed_at: now(),
                fault: LoadFault {
                    code: "access_denied".to_owned(),
                    message: format!("the bucket said: {table}"),
                },
            };
            catalog.fail_attempts(&[attempt]).await.unwrap();
        }
    }
}

/// One load of a table, all of whose records were set aside.
#[allow(dead_code, reason = "not every test binary rejects")]
pub(crate) async fn reject_all(world: &World, table: &str) {
    let catalog = &world.catalog;
    let ensured = catalog.ensure_table(SourceId::new(1), table, table, now()).await;
    let id = ensured.unwrap().table.id;
    let root = |at: Timestamp| PlannedObject {
        kind: ObjectKind::Root,
        key: format!("{table}/0_{}.jsonl", at.as_millis()),
    };
    let load = "load-rejected";
    let opened = catalog
        .open_load(&intent(load, id, 1), &|at| vec![root(at)], now())
        .await
        .unwrap();
    let mut outcome = outcome(&opened.objects[0].key);
    outcome
        .objects
        .retain(|object| object.kind == ObjectKind::Rejects);
    (outcome.rows_landed, outcome.rows_rejected) = (0, 1234);
    let commit = Commit {
        id: LoadId::new(load),
        outcome,
    };
    catalog.commit_load(&commit).await.unwrap();
}
