//! How fast records become the bytes of files: `cargo bench -p landfall-format`.

use std::sync::Arc;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use landfall_core::json::{Json, NonFinite};
use landfall_core::object_key::{ObjectKeyTemplate, OutputFormat};
use landfall_core::schema::{DeclaredTable, Formats, Schema};
use landfall_core::settings::{Delimiter, FileFormat};
use landfall_core::time::Timestamp;
use landfall_format::{
    ClosedBatch, Naming, PlanParts, RandomKeys, RecordMeta, TableBatch, TableEncoder, TablePlan,
};

fn main() {
    divan::main();
}

const RECORDS: usize = 1_000;
const RECEIVED_AT: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// What is encoded, and as what.
const CASES: [Case; 4] = [
    Case(Shape::Flat, OutputFormat::Jsonl),
    Case(Shape::Flat, OutputFormat::Csv),
    Case(Shape::Nested, OutputFormat::Jsonl),
    Case(Shape::Nested, OutputFormat::Csv),
];

#[derive(Debug, Clone, Copy)]
struct Case(Shape, OutputFormat);

#[derive(Debug, Clone, Copy)]
enum Shape {
    /// A row of a database table.
    Flat,
    /// An order with its line items and their taxes.
    Nested,
}

impl Shape {
    fn schema(self) -> &'static str {
        match self {
            Self::Flat => {
                r#"{"type":"object","properties":{"id":{"type":"integer"},"carrier":{"type":["null","string"]},"origin":{"type":["null","string"]},"air_time":{"type":["null","number"]},"delay":{"type":["null","integer"]},"at":{"type":["null","string"],"format":"date-time"}}}"#
            }
            Self::Nested => {
                r#"{"type":"object","properties":{"id":{"type":"integer"},"customer":{"type":["null","object"],"properties":{"name":{"type":["null","string"]},"city":{"type":["null","string"]}}},"line_items":{"type":["null","array"],"items":{"type":"object","properties":{"sku":{"type":"string"},"price":{"type":"number"},"tax_lines":{"type":"array","items":{"type":"object","properties":{"rate":{"type":"number"}}}}}}}}}"#
            }
        }
    }

    fn record(self, id: usize) -> String {
        match self {
            Self::Flat => format!(
                r#"{{"id":{id},"carrier":"UA","origin":"EWR","air_time":{}.50,"delay":null,"at":"2013-01-01T05:00:00Z"}}"#,
                id % 400
            ),
            Self::Nested => {
                let items: Vec<String> = (0..1 + id % 4)
                    .map(|item| {
                        format!(r#"{{"sku":"A-{item}","price":{id}.99,"tax_lines":[{{"rate":0.19}}]}}"#)
                    })
                    .collect();
                let items = items.join(",");
                format!(
                    r#"{{"id":{id},"customer":{{"name":"Zoë, \"Z\"","city":"Köln"}},"line_items":[{items}]}}"#
                )
            }
        }
    }

    fn records(self) -> Vec<String> {
        (0..RECORDS).map(|id| self.record(id)).collect()
    }
}

impl Case {
    fn encoder(self) -> TableEncoder {
        let Self(shape, output) = self;
        let schema = Json::parse(shape.schema().as_bytes()).expect("it is JSON");
        let schema = Schema::compile(&schema).expect("it is a schema");
        let format = match output {
            OutputFormat::Jsonl => FileFormat::Jsonl,
            OutputFormat::Csv => FileFormat::Csv {
                delimiter: Delimiter::Comma,
                force_quote: false,
            },
        };
        let naming = Naming {
            integration: "shop".to_owned(),
            template: ObjectKeyTemplate::parse(ObjectKeyTemplate::DEFAULT, output).expect("it is sound"),
            format,
            max_key_part_bytes: None,
        };
        let mut encoder = TableEncoder::new(Arc::new(TablePlan::new(PlanParts {
            naming: Arc::new(naming),
            table: "orders".to_owned(),
            keys: vec!["id".to_owned()],
            bookmarks: Vec::new(),
            declared: DeclaredTable::of(&schema),
            schema: Some(schema),
            formats: Formats::Ignore,
            problem: None,
        })));
        encoder.begin(0, Arc::default());
        encoder
    }

    fn closed_batch(self) -> Arc<ClosedBatch> {
        let mut encoder = self.encoder();
        accept_all(&mut encoder, &self.0.records());
        let mut batch = TableBatch::new(0);
        batch.push(encoder.finish());
        let closed = batch.close().expect("it has records");
        assert_eq!(closed.rows_rejected(), 0);
        Arc::new(closed)
    }
}

fn accept_all(encoder: &mut TableEncoder, records: &[String]) {
    let mut keys = RandomKeys::default();
    for (sequence, record) in (0..).zip(records) {
        encoder
            .parse(record, 0, 0, NonFinite::AsNull)
            .expect("it is JSON");
        let meta = RecordMeta {
            received_at: RECEIVED_AT,
            sequence,
            extracted: None,
        };
        encoder.accept(record, meta, &mut keys);
    }
}

fn total_bytes(records: &[String]) -> usize {
    records.iter().map(String::len).sum()
}

/// The share of parsing in [`encode`].
#[divan::bench(args = CASES)]
fn parse(bencher: Bencher<'_, '_>, case: Case) {
    let (mut encoder, records) = (case.encoder(), case.0.records());
    bencher
        .counter(BytesCount::new(total_bytes(&records)))
        .bench_local(|| {
            for record in &records {
                encoder
                    .parse(record, 0, 0, NonFinite::AsNull)
                    .expect("it is JSON");
            }
        });
}

/// Records into a run: parsed, judged, encoded.
#[divan::bench(args = CASES)]
fn encode(bencher: Bencher<'_, '_>, case: Case) {
    let (mut encoder, records) = (case.encoder(), case.0.records());
    bencher
        .counter(BytesCount::new(total_bytes(&records)))
        .counter(ItemsCount::new(records.len()))
        .bench_local(|| {
            encoder.begin(0, Arc::default());
            accept_all(&mut encoder, &records);
            encoder.finish()
        });
}

/// A closed batch into the bytes of its files; counted are the bytes written.
#[divan::bench(args = CASES)]
fn write_files(bencher: Bencher<'_, '_>, case: Case) {
    let closed = case.closed_batch();
    let write = || -> usize {
        let files = closed.files();
        let contents = files.iter().map(|file| closed.content(file.kind, RECEIVED_AT));
        contents
            .map(|content| content.pieces(1 << 20).map(|piece| piece.len()).sum::<usize>())
            .sum()
    };
    bencher.counter(BytesCount::new(write())).bench_local(write);
}
