//! What is written can be read back, by readers that know nothing of how it was written.
//!
//! CSV alone cannot tell apart: numbers, booleans and strings with the same text; null, missing, `{}` and `[]`; and, for
//! readers that do not look at quotes, the empty string from those.
#![allow(clippy::unwrap_used, reason = "a test that can't set itself up has failed")]

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_core::json::{Json, NonFinite};
use landfall_core::object_key::{ObjectKeyTemplate, OutputFormat};
use landfall_core::schema::{DeclaredTable, Formats, Schema};
use landfall_core::settings::{Delimiter, FileFormat};
use landfall_core::time::{Instant, Timestamp};
use landfall_format::{
    Claims, ClosedBatch, KeySource, Naming, PlanParts, RecordMeta, TableBatch, TableEncoder, TablePlan,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A JSON value as the generator made it.
#[derive(Debug, Clone, PartialEq)]
enum Made {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Made>),
    Object(Record),
}

type Record = Vec<(String, Made)>;

impl Made {
    /// As a tap may write it; `style` picks among spellings.
    fn spelled(&self, style: usize) -> String {
        let space = ["", " ", "\t"][style % 3];
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Number(text) => text.clone(),
            Self::Text(text) if style.is_multiple_of(2) => quoted(text),
            Self::Text(text) => escaped(text),
            Self::List(values) => {
                let values: Vec<String> = values.iter().map(|value| value.spelled(style)).collect();
                format!("[{space}{}{space}]", values.join(","))
            }
            Self::Object(members) => {
                let member = |(name, value): &(String, Self)| {
                    format!("{space}{}{space}:{}", quoted(name), value.spelled(style))
                };
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
            }
        }
    }

    /// Compact, in the one form that files have.
    fn compact(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::List(values) => format!(
                "[{}]",
                values.iter().map(Self::compact).collect::<Vec<_>>().join(",")
            ),
            Self::Object(members) => {
                let member = |(name, value): &(String, Self)| format!("{}:{}", quoted(name), value.compact());
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
            }
            Self::Null | Self::Bool(_) | Self::Number(_) => self.spelled(0),
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Every character as an escape.
fn escaped(text: &str) -> String {
    let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
    format!("\"{units}\"")
}

fn made() -> impl Strategy<Value = Made> {
    let number = select(vec![
        "0",
        "-0",
        "1",
        "12.50",
        "1e5",
        "-1.0E-7",
        "12345678901234567890.123456789012345678",
    ]);
    let scalar = prop_oneof![
        Just(Made::Null),
        any::<bool>().prop_map(Made::Bool),
        number.prop_map(|text| Made::Number(text.to_owned())),
        select(vec![
            "",
            " ",
            "a,b",
            "a|b\tc",
            "\"",
            "x\"\"y",
            "line\nbreak\r\n",
            "\u{0}",
            "😀é",
            "\\",
            "1"
        ])
        .prop_map(|text| Made::Text(text.to_owned())),
        any::<String>().prop_map(Made::Text),
    ];
    scalar.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Made::List),
            members(inner).prop_map(Made::Object)
        ]
    })
}

/// Names that flatten without collisions: none holds two underscores, no two clean to the same.
fn members(values: impl Strategy<Value = Made>) -> impl Strategy<Value = Record> {
    let names = select(vec![
        "a",
        "b",
        "c d",
        "é",
        "x,y",
        "q\"r",
        "Ü",
        "value",
        "",
        "line\nbreak",
        "a|b",
    ]);
    vec((names, values), 0..5).prop_map(|members| {
        let mut distinct = Record::new();
        for (name, value) in members {
            if distinct.iter().all(|(known, _)| known != name) {
                distinct.push((name.to_owned(), value));
            }
        }
        distinct
    })
}

/// Records with a key `id` that numbers them.
fn records() -> impl Strategy<Value = Vec<Record>> {
    vec(members(made()), 1..8).prop_map(|records| {
        let with_key = |(id, record): (usize, Record)| {
            std::iter::once(("id".to_owned(), Made::Number(id.to_string())))
                .chain(record)
                .collect()
        };
        records.into_iter().enumerate().map(with_key).collect()
    })
}

struct NoKeys;

impl KeySource for NoKeys {
    fn next_key(&mut self) -> [u8; 36] {
        unreachable!("the table has a key")
    }
}

const TEMPLATE: &str = "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].[csv|jsonl]";

fn loaded_at() -> Timestamp {
    Timestamp::from_millis(1_700_000_000_123)
}

fn plan(format: FileFormat, schema: &str) -> TablePlan {
    let kind = if format == FileFormat::Jsonl {
        OutputFormat::Jsonl
    } else {
        OutputFormat::Csv
    };
    let schema = Schema::compile(&Json::parse(schema.as_bytes()).unwrap()).unwrap();
    TablePlan::new(PlanParts {
        naming: Arc::new(Naming {
            integration: "demo".to_owned(),
            template: ObjectKeyTemplate::parse(TEMPLATE, kind).unwrap(),
            format,
            max_key_part_bytes: None,
        }),
        table: "t".to_owned(),
        keys: vec!["id".to_owned()],
        bookmarks: Vec::new(),
        declared: DeclaredTable::of(&schema),
        schema: None,
        formats: Formats::Ignore,
        problem: None,
    })
}

/// Encodes records into runs of `run_length` and closes their batch.
fn batch(format: FileFormat, records: &[Record], schema: &str, run_length: usize) -> Arc<ClosedBatch> {
    batch_with(format, records, schema, run_length, |index| RecordMeta {
        received_at: Timestamp::from_millis(0),
        sequence: index as i64,
        extracted: None,
    })
}

/// [`batch`], with what comes with the record of that number.
fn batch_with(
    format: FileFormat,
    records: &[Record],
    schema: &str,
    run_length: usize,
    meta: impl Fn(usize) -> RecordMeta,
) -> Arc<ClosedBatch> {
    let mut encoder = TableEncoder::new(Arc::new(plan(format, schema)));
    let mut batch = TableBatch::new(0);
    for (number, run) in records.chunks(run_length).enumerate() {
        encoder.begin(0, Arc::new(Claims::default()));
        for (index, record) in run.iter().enumerate() {
            let text = Made::Object(record.clone()).spelled(number + index);
            encoder.parse(&text, 0, 0, NonFinite::Refuse).unwrap();
            encoder.accept(&text, meta(number * run_length + index), &mut NoKeys);
        }
        batch.push(encoder.finish());
    }
    Arc::new(batch.close().unwrap())
}

fn files(batch: &Arc<ClosedBatch>) -> BTreeMap<String, String> {
    let content = |kind| {
        batch
            .content(kind, loaded_at())
            .pieces(1 << 20)
            .flatten()
            .collect()
    };
    let text = |kind| String::from_utf8(content(kind)).unwrap();
    batch
        .files()
        .iter()
        .map(|file| (batch.key(file, loaded_at()).to_string(), text(file.kind)))
        .collect()
}

/// A place in a record: sub-table, id of the record, element numbers, column.
type Leaf = (String, String, Vec<usize>, String);

/// A row of the table or of a sub-table, by the rules of files.md §6 and §7.
#[derive(Clone)]
struct Row {
    table: String,
    id: String,
    levels: Vec<usize>,
}

impl Row {
    fn spread(&self, object: &Record, prefix: &str, leaves: &mut BTreeMap<Leaf, String>) {
        for (name, value) in object {
            self.place(&format!("{prefix}{name}"), value, leaves);
        }
    }

    fn place(&self, column: &str, value: &Made, leaves: &mut BTreeMap<Leaf, String>) {
        let text = match value {
            Made::Null => return,
            Made::Bool(value) => value.to_string(),
            Made::Number(text) => text.clone(),
            Made::Text(text) => text.replace('\u{0}', "\u{FFFD}"),
            Made::Object(members) => return self.spread(members, &format!("{column}__"), leaves),
            Made::List(elements) => return self.spread_list(column, elements, leaves),
        };
        if !text.is_empty() {
            leaves.insert(
                (
                    self.table.clone(),
                    self.id.clone(),
                    self.levels.clone(),
                    column.to_owned(),
                ),
                text,
            );
        }
    }

    fn spread_list(&self, column: &str, elements: &[Made], leaves: &mut BTreeMap<Leaf, String>) {
        for (index, element) in elements.iter().enumerate() {
            let mut row = self.clone();
            row.table = format!("{}/{column}", self.table);
            row.levels.push(index);
            match element {
                Made::Object(members) => row.spread(members, "", leaves),
                other => row.place("value", other, leaves),
            }
        }
    }
}

/// The leaves that a file shows to a reader of CSV.
fn read_leaves(path: &[String], content: &[u8], delimiter: u8) -> BTreeMap<Leaf, String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(content);
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let table: String = path.iter().map(|name| format!("/{name}")).collect();
    let system = [
        "_sdc_received_at",
        "_sdc_batched_at",
        "_sdc_table_version",
        "_sdc_sequence",
    ];
    let mut leaves = BTreeMap::new();
    for row in reader.records() {
        let row = row.unwrap();
        let cell = |name: &str| {
            names
                .iter()
                .position(|known| known == name)
                .map(|at| row[at].to_owned())
                .unwrap()
        };
        let id = cell(if path.is_empty() {
            "id"
        } else {
            "_sdc_source_key_id"
        });
        assert_eq!(cell("_sdc_sequence"), id, "sequences and ids run alike");
        let level = |level| cell(&format!("_sdc_level_{level}_id")).parse().unwrap();
        let levels: Vec<usize> = (0..path.len()).map(level).collect();
        for (name, text) in names.iter().zip(&row) {
            let is_ours = name.starts_with("_sdc_source_key_") || name.starts_with("_sdc_level_");
            if !is_ours && !system.contains(&name.as_str()) && !text.is_empty() {
                leaves.insert(
                    (table.clone(), id.clone(), levels.clone(), name.clone()),
                    text.to_owned(),
                );
            }
        }
    }
    leaves
}

fn schema() -> impl Strategy<Value = &'static str> {
    select(vec![
        r#"{"properties":{}}"#,
        r#"{"properties":{"b":{"type":"string"},"id":{"type":"integer"},"a":{"type":"object","properties":{"b":{},"a":{}}}}}"#,
        r#"{"properties":{"a":{"type":"array","items":{"type":"object","properties":{"value":{},"b":{"type":"string"}}}},"q\"r":{}}}"#,
    ])
}

fn formats() -> impl Strategy<Value = FileFormat> {
    let csv = |delimiter, force_quote| FileFormat::Csv {
        delimiter,
        force_quote,
    };
    select(vec![
        FileFormat::Jsonl,
        csv(Delimiter::Comma, false),
        csv(Delimiter::Tab, true),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_lines_hold_the_records_to_the_letter(records in records(), schema in schema(), run_length in 1..9_usize) {
        let mut expected = String::new();
        for (sequence, record) in records.iter().enumerate() {
            let record = Made::Object(record.clone()).compact();
            let record = &record[..record.len() - 1];
            expected.push_str(&format!(
                "{record},\"_sdc_received_at\":\"1970-01-01T00:00:00.000Z\",\"_sdc_batched_at\":\"2023-11-14T22:13:20.123Z\",\"_sdc_table_version\":0,\"_sdc_sequence\":{sequence}}}\n"
            ));
        }
        let files = files(&batch(FileFormat::Jsonl, &records, schema, run_length));
        prop_assert_eq!(files.into_values().collect::<Vec<_>>(), [expected]);
    }

    #[test]
    fn csv_files_hold_every_leaf(
        records in records(),
        schema in schema(),
        run_length in 1..9_usize,
        delimiter in select(vec![Delimiter::Comma, Delimiter::Pipe, Delimiter::Tab]),
        force_quote in any::<bool>(),
    ) {
        let batch = batch(FileFormat::Csv { delimiter, force_quote }, &records, schema, run_length);
        prop_assert_eq!(batch.rows_rejected(), 0);
        let mut expected = BTreeMap::new();
        for (id, record) in records.iter().enumerate() {
            let row = Row { table: String::new(), id: id.to_string(), levels: Vec::new() };
            row.spread(record, "", &mut expected);
        }
        let mut found = BTreeMap::new();
        for file in batch.files() {
            let content: Vec<u8> = batch.content(file.kind, loaded_at()).pieces(1 << 20).flatten().collect();
            found.extend(read_leaves(&file.path, &content, delimiter.as_byte()));
        }
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn files_have_the_length_they_announce_and_rows_their_own_end(
        records in records(),
        schema in schema(),
        run_length in 1..9_usize,
        format in formats(),
        first_sequence in select(vec![-12, -1, 0, 1, 7, 95, 999_996, i64::MAX - 64]),
        step in select(vec![0, 1, 3]),
        instants in 1..4_i64,
        extracted_every in select(vec![1, 3, usize::MAX]),
        piece_bytes in select(vec![0, 1 << 16, usize::MAX]),
        stretches in 1..5_usize,
    ) {
        let meta = |index: usize| RecordMeta {
            received_at: Timestamp::from_millis(index as i64 % instants),
            sequence: first_sequence + step * index as i64,
            extracted: index.is_multiple_of(extracted_every)
                .then(|| Instant::parse(b"2024-02-29T12:00:00.5Z").unwrap()),
        };
        let (before, after) = match format {
            FileFormat::Csv { force_quote: true, .. } => ("\t", "\n"),
            FileFormat::Csv { .. } => (",", "\n"),
            FileFormat::Jsonl => (",_sdc_sequence:", "}"),
        };
        let batch = batch_with(format, &records, schema, run_length, meta);
        let mut lacking = Vec::new();
        for file in batch.files() {
            let content = batch.content(file.kind, loaded_at());
            let announced = content.size_bytes();
            let content: Vec<u8> = content.pieces(piece_bytes).flatten().collect();
            prop_assert_eq!(announced, content.len() as u64);
            let in_stretches = batch.content(file.kind, loaded_at());
            let in_stretches = in_stretches.stretches(stretches, 1, piece_bytes);
            prop_assert_eq!(in_stretches.into_iter().flatten().flatten().collect::<Vec<u8>>(), &content[..]);
            if file.path.is_empty() {
                let text = String::from_utf8(content).unwrap().replace('"', "");
                let own_end = |index: usize| format!("0{before}{}{after}", meta(index).sequence);
                lacking.extend((0..records.len()).filter(|index| !text.contains(&own_end(*index))));
            }
        }
        prop_assert_eq!(lacking, Vec::<usize>::new());
    }

    #[test]
    fn files_do_not_show_where_runs_ended_nor_how_records_were_spelled(
        records in records(),
        schema in schema(),
        run_length in 1..9_usize,
        format in formats(),
    ) {
        let in_one = files(&batch(format, &records, schema, records.len()));
        prop_assert_eq!(files(&batch(format, &records, schema, run_length)), in_one);
    }
}
