use landfall_catalog::*;
use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::time::Timestamp;
use landfall_core::units::{ByteCount, TableVersion};
use serde_json::{Value, json};

use crate::world::{MISSING_FILE, NOW, World};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

async fn table(world: &World, name: &str) -> TableId {
    let source = SourceId::new(1);
    let ensured = world.catalog.ensure_table(source, name, name, at(NOW)).await;
    ensured.unwrap().table.id
}

/// A source with one table, of which a batch of 3 records was landed, one of them rejected.
async fn with_load() -> (World, TableId) {
    let world = World::new().await;
    world.destination().await;
    world
        .ok(
            "POST",
            "/v4/sources",
            r#"{"type":"import_api","display_name":"Shop"}"#,
        )
        .await;
    let table = table(&world, "orders").await;
    let intent = Intent {
        id: LoadId::new("load-1"),
        destination: DestinationId::new(1),
        table,
        version: TableVersion::new(0),
        range: LogRange {
            partition: Partition::new(3),
            after: None,
            through: Point::end_of(Position::new(7)),
        },
        records: 3,
        activation: Activation::Stays,
        encoding: "csv".to_owned(),
    };
    let root = |at: Timestamp| PlannedObject {
        kind: ObjectKind::Root,
        key: format!("shop/orders/0_{}.csv", at.as_millis()),
    };
    let load = world
        .catalog
        .open_load(&intent, &|at| vec![root(at)], at(NOW))
        .await
        .unwrap();
    let object = LandedObject {
        kind: ObjectKind::Root,
        key: load.objects[0].key.clone(),
        rows: 2,
        size: ByteCount::new(100),
        checksum: "crc32:00000000".to_owned(),
    };
    let outcome = Outcome {
        objects: vec![object],
        rows_landed: 2,
        rows_rejected: 1,
        facts: LoadFacts {
            reasons: vec![("R3".to_owned(), 1)],
            sequences: Some((1, 3)),
            received: Some((at(NOW), at(NOW))),
            bookmarks: Vec::new(),
            max_extracted: Some("2026-01-05T09:00:00.000Z".to_owned()),
        },
        highest_bookmark: Some(Bookmark {
            column: "updated_at".to_owned(),
            value: "2026-01-04".to_owned(),
        }),
        started_at: at(NOW),
        done_at: at(NOW),
        hook_body: None,
    };
    let commit = Commit {
        id: LoadId::new("load-1"),
        outcome,
    };
    assert_eq!(world.catalog.commit_load(&commit).await.unwrap(), Committed::Now);
    (world, table)
}

#[tokio::test]
async fn the_last_load_of_each_stream_is_told_with_its_error() {
    let (world, _) = with_load().await;
    let failed = table(&world, "accounts").await;
    let attempt = FailedAttempt {
        table: failed,
        load: None,
        started_at: at(NOW),
        failed_at: at(NOW),
        fault: LoadFault {
            code: "missing_challenge_file".to_owned(),
            message: MISSING_FILE.to_owned(),
        },
    };
    world.catalog.fail_attempts(&[attempt]).await.unwrap();
    let expected = concat!(
        r#"{"data":[{"stitch_client_id":116078,"source_name":"shop","stream_name":"accounts","#,
        r#""last_batch_loaded_at":null,"error_state":{"notification_data":{"#,
        r#""message":"establish a connection to your destination","#,
        r#""exception_message":"establish a connection to your destination","warehouse_error_code":null,"#,
        r#""error":"LOADER_WAREHOUSE_ERROR","new_column":null,"status":"ERROR","warehouse_sql_state":null,"#,
        r#""action":"get-connection","#,
        r#""warehouse_message":"An error occurred (404) when calling the HeadObject operation: Not Found","#,
        r#""column":null},"exception_chain":[{"class":"landfall.S3Error","#,
        r#""message":"establish a connection to your destination","chain_sequence_num":0,"#,
        r#""action":"get-connection"}]}},"#,
        r#"{"stitch_client_id":116078,"source_name":"shop","stream_name":"orders","#,
        r#""last_batch_loaded_at":"2026-01-05T10:00:00Z","error_state":null}],"page":1,"total":2,"links":{}}"#,
    );
    assert_eq!(
        world.call("GET", "/v4/116078/loads", "").await,
        (200, expected.to_owned())
    );
    let page = r#"{"error":"InvalidPage","data":{"message":"page must be a positive integer"}}"#;
    let stranger = r#"{"error":"Unauthorized","data":{"message":"invalid or missing access token"}}"#;
    world
        .refuses(&[
            ("GET", "/v4/116078/loads?page=0", "", 400, page),
            ("GET", "/v4/116078/loads?page=-1", "", 400, page),
            ("GET", "/v4/116078/loads?page=", "", 400, page),
            ("GET", "/v4/5/loads", "", 401, stranger),
            ("GET", "/v4/sources/loads", "", 404, r#"{"error":"NotFound"}"#),
            (
                "GET",
                "/v4/116078/loads?page=7",
                "",
                200,
                r#"{"data":[],"page":7,"total":2,"links":{}}"#,
            ),
        ])
        .await;
}

#[tokio::test]
async fn a_loading_report_sums_up_what_was_loaded() {
    let (world, _) = with_load().await;
    let expected = concat!(
        r#"[{"table":"orders","bookmark":{"key":"updated_at","value":"2026-01-04"},"#,
        r#""time_extracted":"2026-01-05T09:00:00.000Z","rows_loaded":2,"rows_rejected":1,"subtables":[],"#,
        r#""status":"ok"}]"#,
    );
    for query in ["", "?range=24h", "?range=this_period"] {
        let path = format!("/v4/sources/1/loading-report{query}");
        assert_eq!(world.call("GET", &path, "").await.1, expected, "{query}");
    }
    let before = world
        .ok("GET", "/v4/sources/1/loading-report?range=previous_period", "")
        .await;
    assert_eq!(before[0]["rows_loaded"], 0);
    let range =
        r#"{"error":"InvalidRange","data":{"message":"range must be 24h, this_period or previous_period"}}"#;
    let unknown = r#"{"error":"InvalidId","data":{"message":"source not found (9)"}}"#;
    world
        .refuses(&[
            ("GET", "/v4/sources/1/loading-report?range=week", "", 400, range),
            ("GET", "/v4/sources/9/loading-report", "", 404, unknown),
        ])
        .await;
}

#[tokio::test]
async fn the_ledger_is_checked_table_by_table() {
    let (world, table) = with_load().await;
    let expected = format!(
        r#"{{"accounts":[{{"source_id":1,"table_id":{table},"table":"orders","partition":3,"landed_through":{{"position":7,"ordinal":4294967295}},"records":3,"landed":2,"rejected":1,"lost":0,"balanced":true,"chain":{{"status":"whole","loads":1}}}}],"next":null}}"#
    );
    assert_eq!(world.call("GET", "/v4/verify", "").await, (200, expected));
    let after = world.ok("GET", &format!("/v4/verify?after={table}.3"), "").await;
    assert_eq!(after, json!({"accounts": [], "next": Value::Null}));
    let refusal =
        r#"{"error":"InvalidPage","data":{"message":"after must be the next of the answer before"}}"#;
    world
        .refuses(&[("GET", "/v4/verify?after=x", "", 400, refusal)])
        .await;
}
