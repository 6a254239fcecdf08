//! Requests of the Import API become objects, to the byte.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test whose world can't be built has failed"
)]

#[path = "../../landfall-load/tests/support/service_world.rs"]
mod service_world;

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use landfall_catalog::Catalog;
use landfall_core::ids::{ClientId, DestinationId, SourceId};
use landfall_core::intake::AcceptedRequest;
use landfall_core::settings::{BatchLimits, Delimiter, FileFormat};
use landfall_core::units::ByteCount;
use landfall_http::import::{Encoding, Intake, PushForm, ReceiptInstant};
use landfall_load::service::{Conductor, EntryKeys};
use landfall_log::EmbeddedLog;
use secrecy::SecretString;
use serde_json::Value;
use service_world::{ServiceWorld, append};

const BUCKET: &str = "com-test-stitch-bucket";

/// Keys of the list, in the order in which they are asked for.
struct ListedKeys(VecDeque<String>);

impl EntryKeys for ListedKeys {
    fn key_of(&mut self, _position: u64, _part: u32, _item: u32) -> [u8; 36] {
        self.0.pop_front().unwrap().as_bytes().try_into().unwrap()
    }
}

fn cases(vectors: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(vectors).unwrap();
    let cases = file["cases"].as_array().unwrap().iter();
    cases
        .filter(|case| case["input"].get("requests").is_some())
        .cloned()
        .collect()
}

fn accepted(intake: &Intake, request: &Value) -> AcceptedRequest {
    let body = request["body_text"].as_str().unwrap().as_bytes().to_vec();
    let source = SourceId::new(1);
    let received = ReceiptInstant {
        nanos: request["received_ms"].as_i64().unwrap() * 1_000_000,
    };
    if request["kind"] == "batch" {
        return intake.read_batch(body, source, received).unwrap();
    }
    let is_transit = request["headers"]["Content-Type"] == "application/transit+json";
    let form = PushForm {
        encoding: if is_transit {
            Encoding::Transit
        } else {
            Encoding::Json
        },
        user_agent: request["headers"]["User-Agent"].as_str().map(str::as_bytes),
        client: ClientId::new(7723),
    };
    intake.read_push(body, form, source, received).unwrap()
}

fn world(case: &Value) -> ServiceWorld {
    let limits = BatchLimits {
        rows: NonZeroU64::new(100_000).unwrap(),
        bytes: ByteCount::new(64 << 20),
        wait: Duration::from_secs(300),
    };
    let settings = &case["settings"];
    let integration = settings["integration_name"].as_str().unwrap();
    let mut world = ServiceWorld::of(limits, BUCKET, integration);
    if settings["output_file_format"] == "csv" {
        world.format = FileFormat::Csv {
            delimiter: Delimiter::from_spelling(",").unwrap(),
            force_quote: false,
        };
    }
    let readings = case["clock"]["load_ms"].as_array().unwrap();
    assert_eq!(readings.len(), 1, "the clock stands still");
    *world.clock.now_ms.lock().unwrap() = readings[0].as_i64().unwrap();
    world
}

/// Accepts the requests of a case, and loads all of them.
async fn load(world: &ServiceWorld, case: &Value, catalog: Arc<Catalog>, log: Arc<EmbeddedLog>) {
    let intake = Intake::new(1 << 20);
    for request in case["input"]["requests"].as_array().unwrap() {
        append(&log, &accepted(&intake, request)).await;
    }
    let keys = case.get("uuids").and_then(Value::as_array);
    let keys = keys
        .into_iter()
        .flatten()
        .map(|key| key.as_str().unwrap().to_owned());
    let conductor = Conductor::start(world.parts(catalog, log, None)).await.unwrap();
    let conductor = conductor.with_keys(Box::new(ListedKeys(keys.collect())));
    conductor.handle().drain();
    conductor.run().await.unwrap();
}

#[test]
fn requests_come_out_to_the_byte() {
    let cases = cases(include_str!("vectors/files/import-api.json"));
    assert!(cases.len() > 20);
    for case in &cases {
        let world = world(case);
        world.live(async |catalog, log| load(&world, case, catalog, log).await);
        let expected: BTreeMap<String, String> = case["expect"]["objects"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, content)| (key.clone(), content.as_str().unwrap().to_owned()))
            .collect();
        assert_eq!(world.objects(BUCKET), expected, "{}", case["name"]);
    }
}

#[test]
fn hooks_are_told_of_their_loads_to_the_byte() {
    let cases = cases(include_str!(
        "../../landfall-load/tests/vectors/webhooks/bodies.json"
    ));
    assert!(cases.len() >= 3);
    for case in &cases {
        let world = world(case);
        let bodies = world.live(async |catalog, log| {
            let url = SecretString::from("http://127.0.0.1:1/");
            let hook = catalog
                .create_hook(DestinationId::new(1), &url, world.act())
                .await;
            hook.unwrap();
            load(&world, case, catalog.clone(), log).await;
            let notices = catalog
                .claim_notices(world.now(), Duration::from_secs(60), 100)
                .await;
            // Those of a table follow each other: the next is due when the one before is heard.
            let mut bodies = Vec::new();
            let mut due = notices.unwrap();
            while let Some(notice) = due.pop() {
                assert!(due.is_empty(), "one table, one request at a time");
                bodies.push(notice.body);
                let heard = landfall_catalog::Delivery::Delivered;
                catalog
                    .record_delivery(notice.id, &heard, world.now())
                    .await
                    .unwrap();
                due = catalog
                    .claim_notices(world.now(), Duration::from_secs(60), 100)
                    .await
                    .unwrap();
            }
            bodies
        });
        let loads = case["expect"]["loads"].as_array().unwrap();
        let expected: Vec<&str> = loads.iter().map(|load| load["body"].as_str().unwrap()).collect();
        assert_eq!(bodies, expected, "{}", case["name"]);
    }
}
