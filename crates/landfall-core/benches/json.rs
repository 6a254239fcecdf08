//! How fast a line is read, judged and written again: `cargo bench -p landfall-core`.

use divan::Bencher;
use divan::counter::BytesCount;
use landfall_core::json::{Json, NonFinite, Paths, Tape, write_compact};
use landfall_core::schema::{Formats, RecordPlan, Schema};

fn main() {
    divan::main();
}

/// Lines as taps send them, with records of two shapes.
const LINES: [(&str, &str); 2] = [
    (
        "flat",
        r#"{"type": "RECORD", "stream": "flights", "record": {"id": 4711, "year": 2013, "month": 1, "carrier": "UA", "tailnum": "N14228", "origin": "EWR", "dest": "IAH", "air_time": 227.0, "dep_delay": null, "time_hour": "2013-01-01T05:00:00Z"}, "time_extracted": "2024-01-01T00:00:00.000000Z"}"#,
    ),
    (
        "nested",
        r#"{"type":"RECORD","stream":"orders","record":{"id":4711,"customer":{"name":"Zoë \"Z\" Ångström","address":{"city":"Köln","zip":"50667"}},"line_items":[{"sku":"A-1","price":12.50,"tax_lines":[{"rate":0.19,"title":"VAT"}]},{"sku":"B-2","price":3,"tax_lines":[]}],"tags":["new","gift"]},"time_extracted":"2024-01-01T00:00:00Z"}"#,
    ),
];

const SCHEMA: &str = r#"{"type":"object","required":["id"],"properties":{
    "id":{"type":"integer"},"carrier":{"type":["null","string"],"maxLength":2},"air_time":{"type":["null","number"]},
    "customer":{"type":["null","object"],"properties":{"name":{"type":"string"}}},
    "line_items":{"type":"array","items":{"type":"object","properties":{"price":{"type":"number"}}}}}}"#;

fn line(shape: &str) -> &'static str {
    let found = LINES.iter().find(|(name, _)| *name == shape);
    found.expect("it is one of the shapes").1
}

fn record(shape: &str) -> Json {
    let message = Json::parse(line(shape).as_bytes()).expect("it is JSON");
    message.member("record").expect("it has a record").clone()
}

#[divan::bench(args = ["flat", "nested"])]
fn read_onto_a_tape(bencher: Bencher<'_, '_>, shape: &str) {
    let text = line(shape).as_bytes();
    let (mut tape, mut paths) = (Tape::new(), Paths::new());
    bencher
        .counter(BytesCount::of_slice(text))
        .bench_local(|| tape.parse_document(text, NonFinite::AsNull, &mut paths).is_ok());
}

#[divan::bench(args = ["flat", "nested"])]
fn read_into_a_tree(bencher: Bencher<'_, '_>, shape: &str) {
    let text = line(shape).as_bytes();
    bencher
        .counter(BytesCount::of_slice(text))
        .bench_local(|| Json::parse(text));
}

#[divan::bench(args = ["flat", "nested"])]
fn write_value_by_value(bencher: Bencher<'_, '_>, shape: &str) {
    let text = line(shape);
    let (mut tape, mut paths, mut out) = (Tape::new(), Paths::new(), Vec::new());
    tape.parse_document(text.as_bytes(), NonFinite::AsNull, &mut paths)
        .expect("it is JSON");
    bencher.counter(BytesCount::of_str(text)).bench_local(|| {
        out.clear();
        write_compact(tape.document(text, &paths), &mut out);
        out.len()
    });
}

#[divan::bench(args = ["flat", "nested"])]
fn write_as_copy_with_edits(bencher: Bencher<'_, '_>, shape: &str) {
    let text = line(shape);
    let (mut tape, mut paths, mut out) = (Tape::new(), Paths::new(), Vec::new());
    tape.parse_document(text.as_bytes(), NonFinite::AsNull, &mut paths)
        .expect("it is JSON");
    bencher.counter(BytesCount::of_str(text)).bench_local(|| {
        out.clear();
        tape.write_compact_document(text, (0, text.len()), &paths, &mut out);
        out.len()
    });
}

/// Over a tree, where members are found by name; readers of records find them by place, which the benches of
/// landfall-format show.
#[divan::bench(args = ["flat", "nested"])]
fn judge_by_plan(bencher: Bencher<'_, '_>, shape: &str) {
    let schema = schema();
    let (plan, record) = (RecordPlan::new(&schema, Formats::Ignore), record(shape));
    assert!(plan.accepts_record(&record));
    bencher.bench_local(|| plan.accepts_record(&record));
}

#[divan::bench(args = ["flat", "nested"])]
fn judge_by_interpreter(bencher: Bencher<'_, '_>, shape: &str) {
    let (schema, record) = (schema(), record(shape));
    bencher.bench_local(|| schema.violations(&record, Formats::Ignore));
}

#[divan::bench]
fn compile_a_schema() -> Schema {
    schema()
}

fn schema() -> Schema {
    let schema = Json::parse(SCHEMA.as_bytes()).expect("it is JSON");
    Schema::compile(&schema).expect("it is a schema")
}
