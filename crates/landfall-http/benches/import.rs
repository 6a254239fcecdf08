//! How fast one core takes in bodies: `cargo bench -p landfall-http`.

use divan::Bencher;
use divan::counter::BytesCount;
use landfall_core::ids::{ClientId, SourceId};
use landfall_core::intake::encode;
use landfall_core::json::{NonFinite, Paths, Tape};
use landfall_http::import::{Encoding, Intake, PushForm, ReceiptInstant};

fn main() {
    divan::main();
}

/// Bytes of the bodies: what a script sends, and what target-stitch sends.
const SIZES: [usize; 2] = [1_000, 4_000_000];

/// Transit is shorter: no more records fit into one request.
const TRANSIT_SIZES: [usize; 2] = [1_000, 1_600_000];

const SCHEMA: &str = r#"{"type":"object","properties":{"id":{"type":"integer"},"name":{"type":["null","string"]},"email":{"type":["null","string"],"maxLength":255},"amount":{"type":["null","number"]},"is_active":{"type":"boolean"},"updated_at":{"type":["null","string"],"format":"date-time"}}}"#;

/// About 200 bytes, as target-stitch writes them.
fn data(id: usize) -> String {
    format!(
        r#"{{"id": {id}, "name": "Customer number {id}", "email": "customer.{id}@example.com", "amount": {id}.25, "is_active": true, "updated_at": "2024-03-01T12:34:56.000000Z", "note": "paid by card"}}"#
    )
}

fn until_full(size: usize, mut one: impl FnMut(usize) -> String) -> String {
    let mut text = one(1);
    for id in 2.. {
        if text.len() >= size {
            break;
        }
        text.push_str(", ");
        text.push_str(&one(id));
    }
    text
}

fn batch(size: usize) -> Vec<u8> {
    let messages = until_full(size.saturating_sub(SCHEMA.len() + 80), |id| {
        format!(
            r#"{{"action": "upsert", "data": {}, "sequence": 17953608388727{id:05}}}"#,
            data(id)
        )
    });
    let body = format!(
        r#"{{"table_name": "customers", "schema": {SCHEMA}, "key_names": ["id"], "messages": [{messages}]}}"#
    );
    body.into_bytes()
}

fn push(size: usize) -> Vec<u8> {
    let record = |id| {
        let data = data(id);
        format!(
            r#"{{"client_id": 7723, "table_name": "customers", "sequence": {id}, "action": "upsert", "key_names": ["id"], "data": {data}}}"#
        )
    };
    format!("[{}]", until_full(size, record)).into_bytes()
}

fn transit(size: usize) -> Vec<u8> {
    let record = |id| {
        let amount = id + 1;
        if id == 1 {
            r#"["^ ","client_id",7723,"table_name","customers","sequence",1,"action","upsert","key_names",["id"],"data",["^ ","id",1,"name","Customer number 1","amount","~f1.25","updated_at","~m1525107600000"]]"#.to_owned()
        } else {
            format!(
                r#"["^ ","^0",7723,"^1","customers","^2",{id},"^3","upsert","^4",["id"],"^5",["^ ","id",{id},"^6","Customer number {id}","^7","~f{amount}.25","^8","~m1525107600000"]]"#
            )
        }
    };
    format!("[{}]", until_full(size, record)).into_bytes()
}

const SOURCE: SourceId = SourceId::new(1);
const NOW: ReceiptInstant = ReceiptInstant { nanos: 0 };

/// The floor: the body on the tape, and nothing else.
#[divan::bench(args = SIZES)]
fn parse_alone(bencher: Bencher<'_, '_>, size: usize) {
    let body = batch(size);
    let (mut tape, mut paths) = (Tape::new(), Paths::new());
    bencher
        .counter(BytesCount::of_slice(&body))
        .bench_local(|| tape.parse_document(&body, NonFinite::Refuse, &mut paths).is_ok());
}

/// Parsed, judged by the schema, and written as an entry of the log.
#[divan::bench(args = SIZES)]
fn take_in_a_batch(bencher: Bencher<'_, '_>, size: usize) {
    let (intake, body) = (Intake::new(40_000_000), batch(size));
    bencher
        .counter(BytesCount::of_slice(&body))
        .with_inputs(|| body.clone())
        .bench_local_values(|body| encode(intake.read_batch(body, SOURCE, NOW).expect("it is a batch")));
}

#[divan::bench(args = SIZES)]
fn take_in_a_push(bencher: Bencher<'_, '_>, size: usize) {
    take_in(bencher, push(size), Encoding::Json);
}

#[divan::bench(args = TRANSIT_SIZES)]
fn take_in_transit(bencher: Bencher<'_, '_>, size: usize) {
    take_in(bencher, transit(size), Encoding::Transit);
}

fn take_in(bencher: Bencher<'_, '_>, body: Vec<u8>, encoding: Encoding) {
    let intake = Intake::new(40_000_000);
    let form = PushForm {
        encoding,
        user_agent: Some(b"python-requests/2.32"),
        client: ClientId::new(7723),
    };
    bencher
        .counter(BytesCount::of_slice(&body))
        .with_inputs(|| body.clone())
        .bench_local_values(|body| encode(intake.read_push(body, form, SOURCE, NOW).expect("it is a push")));
}
