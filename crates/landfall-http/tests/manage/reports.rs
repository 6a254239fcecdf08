use landfall_catalog::*;
use landfall_core::ids::{DestinationId, SourceId};
use landfall_core::time::Timestamp;
use landfall_core::units::{ByteCount, TableVersion};
use landfall_http::manage::{Backlog, LoadingNow, WaitingTable};
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
        r#""status":"ok","rows_waiting":0}]"#,
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
        r#"{{"accounts":[{{"source_id":1,"table_id":{table},"table":"orders","partition":3,"landed_through":{{"position":7,"ordinal":4294967295}},"records":3,"landed":2,"rejected":1,"lost":0,"balanced":true,"chain":{{"status":"whole","loads":1}}}}],"log_losses":[],"next":null}}"#
    );
    assert_eq!(world.call("GET", "/v4/verify", "").await, (200, expected));
    let loss = LogLoss {
        partition: Partition::new(3),
        first: Position::new(8),
        last: Position::new(9),
        accepted_at: at(0),
    };
    world.catalog.record_log_loss(&loss).await.unwrap();
    let after = world.ok("GET", &format!("/v4/verify?after={table}.3"), "").await;
    let lost =
        json!({"partition": 3, "first": 8, "last": 9, "entries": 2, "accepted_at": "1970-01-01T00:00:00Z"});
    assert_eq!(
        after,
        json!({"accounts": [], "log_losses": [lost], "next": Value::Null})
    );
    let refusal =
        r#"{"error":"InvalidPage","data":{"message":"after must be the next of the answer before"}}"#;
    world
        .refuses(&[("GET", "/v4/verify?after=x", "", 400, refusal)])
        .await;
}

#[tokio::test]
async fn a_load_is_told_with_its_objects() {
    let (world, _) = with_load().await;
    let history = world.ok("GET", "/v4/116078/loads/history", "").await;
    assert_eq!(history["next"], Value::Null);
    let load = &history["data"][0];
    assert_eq!(
        (load["id"].as_str(), load["state"].as_str()),
        (Some("load-1"), Some("done"))
    );
    assert_eq!(load["reject_reasons"], json!([{"code": "R3", "records": 1}]));
    let one = world.ok("GET", "/v4/loads/load-1", "").await;
    assert_eq!(one["rows_loaded"], 2);
    let object = json!([{
        "kind": "root", "sub_table": null, "bucket": "lake", "key": format!("shop/orders/0_{NOW}.csv"),
        "rows": 2, "bytes": 100, "checksum": "crc32:00000000",
    }]);
    assert_eq!(one["objects"], object);
    let mine = world
        .ok(
            "GET",
            "/v4/116078/loads/history?source_id=1&table=orders&destination_id=1&limit=1",
            "",
        )
        .await;
    assert_eq!(mine["data"].as_array().unwrap().len(), 1);
    let older = format!("/v4/116078/loads/history?before={}", mine["next"]);
    assert_eq!(world.ok("GET", &older, "").await["data"], json!([]));
    let stranger = r#"{"error":"Unauthorized","data":{"message":"invalid or missing access token"}}"#;
    let not_found = r#"{"error":"NotFound"}"#;
    let limit = r#"{"error":"InvalidLimit","data":{"message":"limit must be a number from 1 to 100"}}"#;
    let before =
        r#"{"error":"InvalidPage","data":{"message":"before must be the next of the answer before"}}"#;
    let table = r#"{"error":"InvalidFilter","data":{"message":"table needs a source_id beside it"}}"#;
    world
        .refuses(&[
            ("GET", "/v4/5/loads/history", "", 401, stranger),
            ("GET", "/v4/loads/load-9", "", 404, not_found),
            (
                "GET",
                "/v4/116078/loads/history?source_id=1&table=x",
                "",
                404,
                not_found,
            ),
            ("GET", "/v4/116078/loads/history?limit=101", "", 400, limit),
            ("GET", "/v4/116078/loads/history?before=x", "", 400, before),
            ("GET", "/v4/116078/loads/history?table=orders", "", 400, table),
        ])
        .await;
}

#[tokio::test]
async fn the_attempts_of_a_table_are_told_day_by_day() {
    let (world, _) = with_load().await;
    let path = "/v4/sources/1/loading-report/orders";
    let expected = json!([{
        "started_at": "2026-01-05T10:00:00Z", "completed_at": "2026-01-05T10:00:00Z", "status": "success",
        "bookmark": null, "rows_loaded": 2, "rows_rejected": 1,
        "s3_objects": [format!("lake/shop/orders/0_{NOW}.csv")], "error": null, "load": "load-1",
    }]);
    assert_eq!(world.ok("GET", path, "").await, expected);
    assert_eq!(
        world.ok("GET", &format!("{path}?date=2026-01-05"), "").await,
        expected
    );
    assert_eq!(
        world.ok("GET", &format!("{path}?date=2026-01-04"), "").await,
        json!([])
    );
    let date = r#"{"error":"InvalidDate","data":{"message":"date must be a day such as 2018-02-03"}}"#;
    world
        .refuses(&[
            ("GET", &format!("{path}?date=today"), "", 400, date),
            (
                "GET",
                "/v4/sources/1/loading-report/x",
                "",
                404,
                r#"{"error":"NotFound"}"#,
            ),
        ])
        .await;
}

#[tokio::test]
async fn rows_are_counted_by_hour_and_by_day() {
    let (world, _) = with_load().await;
    let series = world.ok("GET", "/v4/series", "").await;
    let points = series["data"].as_array().unwrap();
    assert_eq!(points.len(), 25);
    let last = json!({"start": "2026-01-05T10:00:00Z", "rows_loaded": 2, "rows_rejected": 1});
    assert_eq!(points[24], last);
    let days = "/v4/series?source_id=1&step=day&from=2026-01-04&to=2026-01-06";
    let expected = json!({"step": "day", "data": [
        {"start": "2026-01-04T00:00:00Z", "rows_loaded": 0, "rows_rejected": 0},
        {"start": "2026-01-05T00:00:00Z", "rows_loaded": 2, "rows_rejected": 1},
    ]});
    assert_eq!(world.ok("GET", days, "").await, expected);
    let usage = world
        .ok("GET", "/v4/usage?group=table&from=2026-01-05&to=2026-01-05", "")
        .await;
    assert_eq!(usage["data"][0]["table"], "orders");
    assert_eq!(usage["rows_replicated"], 2);
    let by_day = world.ok("GET", "/v4/usage", "").await;
    assert_eq!(by_day["data"][0]["day"], "2026-01-05");
    for path in [
        "/v4/series?step=week",
        "/v4/series?from=2020-01-01&step=hour",
        "/v4/series?from=2026-01-06&to=2026-01-05",
        "/v4/usage?group=hour",
        "/v4/usage?from=2026-01-06&to=2026-01-05",
        "/v4/usage?from=2020-01-01",
    ] {
        assert_eq!(world.call("GET", path, "").await.0, 400, "{path}");
    }
}

#[tokio::test]
async fn a_source_is_summed_up() {
    let (world, _) = with_load().await;
    let expected = json!({
        "last_sync_started": null, "last_sync_completed": null, "sync_status": "succeeded", "next_sync": null,
        "last_rows_received": "2026-01-05T10:00:00Z", "rows_to_be_loaded": 0, "tables_to_be_loaded": 0,
        "has_unread": false, "rows_held": 0, "next_load_at": null,
        "rows_loaded_today": 2, "rows_rejected_today": 1, "last_table_loaded": "orders", "last_table_loaded_at": "2026-01-05T10:00:00Z",
    });
    assert_eq!(world.ok("GET", "/v4/sources/1/stats", "").await, expected);
    world
        .ok("PUT", "/v4/sources/1", r#"{"paused_at":"2026-01-05T10:00:00Z"}"#)
        .await;
    assert_eq!(
        world.ok("GET", "/v4/sources/1/stats", "").await["sync_status"],
        "not_syncing"
    );
}

/// Two tables of source 1 and one of source 2.
fn waiting(closes_after: i64) -> Backlog {
    let at = |seconds: i64| Timestamp::from_millis(NOW + seconds * 1_000);
    let table = |source, name: &str, rows, last: i64, closes: i64| WaitingTable {
        source: SourceId::new(source),
        table: name.into(),
        rows,
        rows_closed: 0,
        last_received: Some(at(last)),
        closes_at: Some(at(closes)),
        is_held: false,
    };
    Backlog {
        tables: vec![
            table(1, "orders", 3, 7, closes_after + 5),
            table(1, "people", 2, 5, closes_after),
            table(2, "orders", 40, 9, closes_after - 5),
        ],
        has_unread: false,
    }
}

#[tokio::test]
async fn what_waits_of_a_source_is_told_with_when_it_is_loaded() {
    let (world, _) = with_load().await;
    let told = async |fields: [&str; 6]| {
        let stats = world.ok("GET", "/v4/sources/1/stats", "").await;
        fields.map(|field| stats[field].clone())
    };
    let numbers = [
        "rows_to_be_loaded",
        "tables_to_be_loaded",
        "rows_held",
        "has_unread",
        "next_load_at",
        "sync_status",
    ];
    *world.loader.backlog.lock().unwrap() = Some(waiting(300));
    let expected = [
        json!(5),
        json!(2),
        json!(0),
        json!(false),
        json!("2026-01-05T10:05:00Z"),
        json!("succeeded"),
    ];
    assert_eq!(told(numbers).await, expected);
    let stats = world.ok("GET", "/v4/sources/1/stats", "").await;
    assert_eq!(
        stats["last_rows_received"], "2026-01-05T10:00:07Z",
        "not the latest that landed"
    );
    let buffer = world.ok("GET", "/v4/buffer", "").await;
    let report = world.ok("GET", "/v4/sources/1/loading-report", "").await;
    assert_eq!(
        (&report[0]["table"], &report[0]["rows_waiting"]),
        (&json!("orders"), &json!(3))
    );
    let in_all = (&buffer["rows"], &buffer["tables"], &buffer["next_load_at"]);
    assert_eq!(
        in_all,
        (&json!(5 + 40), &json!(3), &json!("2026-01-05T10:05:00Z")),
        "source 2 has no destination"
    );

    // A batch that is closed is on its way, and one that is held up is promised for no time.
    let mut busy = waiting(300);
    busy.has_unread = true;
    busy.tables[0].is_held = true;
    busy.tables[1].rows_closed = 2;
    busy.tables[1].closes_at = None;
    *world.loader.backlog.lock().unwrap() = Some(busy);
    let expected = [
        json!(5),
        json!(2),
        json!(3),
        json!(true),
        json!(null),
        json!("in_progress"),
    ];
    assert_eq!(told(numbers).await, expected);

    // The ledger has no open load; that nothing waits is not said.
    *world.loader.backlog.lock().unwrap() = None;
    let expected = [
        json!(0),
        json!(0),
        json!(0),
        json!(true),
        json!(null),
        json!("succeeded"),
    ];
    assert_eq!(told(numbers).await, expected);
    assert_eq!(world.ok("GET", "/v4/buffer", "").await["rows"], json!(null));

    *world.loader.backlog.lock().unwrap() = Some(waiting(300));
    let pause = r#"{"paused_at":"2026-01-05T10:00:00Z"}"#;
    world.ok("PUT", "/v4/destinations/1", pause).await;
    let expected = [
        json!(5),
        json!(2),
        json!(5),
        json!(false),
        json!(null),
        json!("succeeded"),
    ];
    assert_eq!(told(numbers).await, expected, "the destination is paused");
}

#[tokio::test]
async fn a_source_is_loaded_now_where_it_can_be() {
    let (world, _) = with_load().await;
    let code = async |path: &str| {
        let (status, body) = world.call("POST", path, "").await;
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        (status, body["error"].as_str().unwrap_or_default().to_owned())
    };
    let load = "/v4/sources/1/load";
    assert_eq!(code(load).await, (400, "LoaderBusy".to_owned()));
    *world.loader.loading.lock().unwrap() = Some(LoadingNow {
        rows: 5,
        tables: 2,
        rows_held: 0,
    });
    let expected = json!({"source_id": 1, "rows": 5, "tables": 2});
    assert_eq!(world.ok("POST", load, "").await, expected);
    assert_eq!(*world.loader.wishes.lock().unwrap(), [SourceId::new(1); 2]);
    let log = world.ok("GET", "/v4/audit-log?limit=1", "").await;
    let line = (&log["data"][0]["action"], &log["data"][0]["subject"]);
    assert_eq!(line, (&json!("source.load"), &json!("1")));

    *world.loader.loading.lock().unwrap() = Some(LoadingNow {
        rows: 0,
        tables: 0,
        rows_held: 5,
    });
    assert_eq!(
        code(load).await,
        (400, "DestinationNotReady".to_owned()),
        "out of reach"
    );
    let asked = world.loader.wishes.lock().unwrap().len();
    let pause = r#"{"paused_at":"2026-01-05T10:00:00Z"}"#;
    world.ok("PUT", "/v4/destinations/1", pause).await;
    assert_eq!(
        code(load).await,
        (400, "DestinationNotReady".to_owned()),
        "paused"
    );
    world.ok("DELETE", "/v4/destinations/1?sources=pause", "").await;
    assert_eq!(code(load).await, (400, "NoDestination".to_owned()));
    assert_eq!(code("/v4/sources/9/load").await, (400, "InvalidId".to_owned()));
    world.ok("DELETE", "/v4/sources/1", "").await;
    assert_eq!(code(load).await, (400, "InvalidId".to_owned()), "deleted");
    assert_eq!(
        world.loader.wishes.lock().unwrap().len(),
        asked,
        "the loader is not asked"
    );
}

#[tokio::test]
async fn rejected_records_are_read_back_from_the_bucket() {
    let (world, table) = with_load().await;
    let intent = Intent {
        id: LoadId::new("load-2"),
        destination: DestinationId::new(1),
        table,
        version: TableVersion::new(0),
        range: LogRange {
            partition: Partition::new(3),
            after: Some(Point::end_of(Position::new(7))),
            through: Point::end_of(Position::new(8)),
        },
        records: 1,
        activation: Activation::Stays,
        encoding: "csv".to_owned(),
    };
    let rejects = |_: Timestamp| PlannedObject {
        kind: ObjectKind::Rejects,
        key: "shop/_sdc_rejected/0_1.jsonl".to_owned(),
    };
    world
        .catalog
        .open_load(&intent, &|at| vec![rejects(at)], at(NOW))
        .await
        .unwrap();
    let line =
        r#"{"_sdc_rejected_at":"2026-01-05T10:00:00.000Z","table_name":"orders","reason":"r","record":"{}"}"#;
    let object = LandedObject {
        kind: ObjectKind::Rejects,
        key: "shop/_sdc_rejected/0_1.jsonl".to_owned(),
        rows: 1,
        size: ByteCount::new(line.len() as u64 + 1),
        checksum: "crc32:00000000".to_owned(),
    };
    let outcome = Outcome {
        objects: vec![object],
        rows_landed: 0,
        rows_rejected: 1,
        facts: LoadFacts {
            reasons: vec![("R3".to_owned(), 1)],
            ..LoadFacts::default()
        },
        highest_bookmark: None,
        started_at: at(NOW),
        done_at: at(NOW),
        hook_body: None,
    };
    let id = LoadId::new("load-2");
    world.catalog.commit_load(&Commit { id, outcome }).await.unwrap();
    let path = "/v4/sources/1/rejects?table=orders";
    let unread = world.ok("GET", path, "").await;
    assert_eq!(unread["unreadable"], MISSING_FILE);
    let objects = &world.checker.objects;
    objects
        .lock()
        .unwrap()
        .insert("shop/_sdc_rejected/0_1.jsonl".to_owned(), format!("{line}\n"));
    let report = world.ok("GET", path, "").await;
    assert_eq!(report["records"], 2);
    assert_eq!(report["reasons"], json!([{"code": "R3", "records": 2}]));
    assert_eq!(report["objects"][0]["key"], "shop/_sdc_rejected/0_1.jsonl");
    assert_eq!(report["samples"][0]["line"]["reason"], "r");
    assert_eq!(report["unreadable"], Value::Null);
    let none = world.ok("GET", "/v4/sources/1/rejects?table=x", "").await;
    assert_eq!((&none["records"], &none["samples"]), (&json!(0), &json!([])));
}
