//! Bodies of post-load webhooks: the facts of a load give exact bytes (loading.md §8.2, §8.5).

// A test that can't go on says so by panicking.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_core::json::{Json, NonFinite, Paths, Tape};
use landfall_core::object_key::{ObjectKeyTemplate, OutputFormat};
use landfall_core::schema::{DeclaredTable, Formats};
use landfall_core::settings::{Delimiter, FileFormat};
use landfall_core::time::{Instant, Timestamp};
use landfall_format::{
    BookmarkRange, ClosedBatch, KeySource, Naming, PlanParts, RandomKeys, RecordMeta, TableBatch,
    TableEncoder, TablePlan,
};
use landfall_load::{BookmarkFacts, LoadFacts, SubTableFacts, hook_body};

const VECTORS: &str = include_str!("vectors/webhooks/bodies.json");

fn vectors() -> Vec<Json> {
    let document = Json::parse(VECTORS.as_bytes()).unwrap();
    items(&document, "cases").to_vec()
}

fn member<'j>(value: &'j Json, name: &str) -> &'j Json {
    value.member(name).unwrap_or_else(|| panic!("{name} is missing"))
}

fn text(value: &Json, name: &str) -> String {
    member(value, name)
        .as_str()
        .unwrap_or_else(|| panic!("{name} is no string"))
        .to_owned()
}

fn items<'j>(value: &'j Json, name: &str) -> &'j [Json] {
    member(value, name)
        .as_array()
        .unwrap_or_else(|| panic!("{name} is no array"))
}

fn texts(value: &Json, name: &str) -> Vec<String> {
    items(value, name)
        .iter()
        .map(|item| item.as_str().unwrap().to_owned())
        .collect()
}

fn number<T: std::str::FromStr<Err: std::fmt::Debug>>(value: &Json, name: &str) -> T {
    member(value, name).to_compact_text().parse().unwrap()
}

/// Facts as the vectors give them; ranges are made of the values by the rules that records go by.
fn facts(given: &Json) -> LoadFacts {
    let sub_table = |sub_table: &Json| SubTableFacts {
        path: texts(sub_table, "path"),
        key: text(sub_table, "key"),
        num_rows: number(sub_table, "num_rows"),
    };
    let extracted = items(given, "extracted_at").iter().filter_map(Json::as_str);
    let instants = extracted.map(|text| Instant::parse(text.as_bytes()).unwrap());
    LoadFacts {
        bucket: text(given, "bucket"),
        integration_name: text(given, "integration_name"),
        table: text(given, "table"),
        table_version: number(given, "table_version"),
        loaded_at: Timestamp::from_millis(number(given, "T")),
        new_version: number(given, "new_version"),
        key_names: texts(given, "key_names"),
        num_rows: number(given, "num_rows"),
        num_rows_rejected: number(given, "num_rows_rejected"),
        root_key: member(given, "root_key").as_str().map(str::to_owned),
        sub_tables: items(given, "sub_tables").iter().map(sub_table).collect(),
        bookmarks: member(given, "bookmark_values")
            .as_object()
            .unwrap()
            .iter()
            .map(bookmark)
            .collect(),
        max_time_extracted: instants
            .max_by_key(|instant| instant.as_nanos())
            .map(Instant::to_utc_text),
    }
}

fn bookmark((column, values): &(String, Json)) -> BookmarkFacts {
    let mut range = None;
    for value in values.as_array().unwrap() {
        let (mut tape, mut paths) = (Tape::new(), Paths::new());
        let value = value.as_str().unwrap().as_bytes();
        BookmarkRange::extend(
            &mut range,
            tape.parse_document(value, NonFinite::Refuse, &mut paths).unwrap(),
        );
    }
    let min_and_max = range.map(|range| (range.min().text().to_owned(), range.max().text().to_owned()));
    BookmarkFacts {
        column: column.clone(),
        min_and_max,
    }
}

#[test]
fn the_facts_of_a_load_give_its_body() {
    let cases = vectors();
    assert_eq!(cases.len(), 33);
    for case in &cases {
        let name = text(case, "name");
        for (index, load) in items(member(case, "expect"), "loads").iter().enumerate() {
            let body = hook_body(&facts(member(load, "facts")));
            assert_eq!(body, text(load, "body"), "{name}, load {index}");
        }
    }
}

#[test]
fn every_body_is_compact_json() {
    let odd = "\"\\\n\u{1}\u{7f}é🚀";
    let facts = LoadFacts {
        bucket: odd.to_owned(),
        integration_name: odd.to_owned(),
        table: odd.to_owned(),
        table_version: i64::MIN,
        loaded_at: Timestamp::from_millis(0),
        new_version: false,
        key_names: vec![odd.to_owned()],
        num_rows: u64::MAX,
        num_rows_rejected: u64::MAX,
        root_key: Some(odd.to_owned()),
        sub_tables: vec![SubTableFacts {
            path: vec![odd.to_owned(), String::new()],
            key: odd.to_owned(),
            num_rows: 1,
        }],
        bookmarks: vec![BookmarkFacts {
            column: odd.to_owned(),
            min_and_max: Some((odd.to_owned(), odd.to_owned())),
        }],
        max_time_extracted: Some(odd.to_owned()),
    };
    let body = hook_body(&facts);
    let parsed = Json::parse(body.as_bytes()).unwrap();
    assert_eq!(parsed.to_compact_text(), body);
    let sub_table = &items(&parsed, "tables")[1];
    assert_eq!(text(sub_table, "source_table_name"), format!("{odd}__"));
    let cleaned = "_____é_"; // and the empty name is cleaned to one more
    assert_eq!(
        text(sub_table, "destination_table_name"),
        format!("{cleaned}__{cleaned}___")
    );
}

/// `orders` of loading.md §8.5, encoded as records are.
fn batch(table: &str, keys: &[&str], bookmarks: &[&str], records: &[(&str, Option<&str>)]) -> ClosedBatch {
    let template = "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].csv";
    let naming = Naming {
        integration: "shopify".to_owned(),
        max_key_part_bytes: None,
        template: ObjectKeyTemplate::parse(template, OutputFormat::Csv).unwrap(),
        format: FileFormat::Csv {
            delimiter: Delimiter::Comma,
            force_quote: false,
        },
    };
    let plan = Arc::new(TablePlan::new(PlanParts {
        naming: Arc::new(naming),
        table: table.to_owned(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        bookmarks: bookmarks.iter().map(|bookmark| (*bookmark).to_owned()).collect(),
        schema: None,
        formats: Formats::Ignore,
        declared: DeclaredTable::default(),
        problem: None,
    }));
    let mut encoder = TableEncoder::new(plan);
    encoder.begin(1, Arc::default());
    let mut keys: Box<dyn KeySource> = Box::new(RandomKeys::default());
    for (sequence, (record, extracted)) in records.iter().enumerate() {
        encoder.parse(record, 0, 0, NonFinite::AsNull).unwrap();
        let meta = RecordMeta {
            received_at: Timestamp::from_millis(1_420_070_701_000),
            sequence: sequence as i64,
            extracted: extracted.map(|text| Instant::parse(text.as_bytes()).unwrap()),
        };
        encoder.accept(record, meta, &mut *keys);
    }
    let mut batch = TableBatch::new(1);
    batch.push(encoder.finish());
    batch.close().unwrap()
}

#[test]
fn a_batch_with_sub_tables_tells_its_facts() {
    let order = r#"{"order_id":102,"created_at":"2015-01-01 00:00:00","line_items":[{"tax_lines":[{"rate":0.06}]},{"tax_lines":[{"rate":0.06}]}]}"#;
    let batch = batch(
        "orders",
        &["order_id"],
        &["created_at"],
        &[(order, Some("2015-01-01T00:05:00Z"))],
    );
    let facts = LoadFacts::of(
        &batch,
        "com-test-stitch-bucket",
        Timestamp::from_millis(1_420_070_703_500),
        false,
    );
    let bodies: BTreeMap<String, String> = vectors()
        .iter()
        .map(|case| {
            (
                text(case, "name"),
                text(&items(member(case, "expect"), "loads")[0], "body"),
            )
        })
        .collect();
    assert_eq!(hook_body(&facts), bodies["orders, csv, with sub-tables"]);
}

#[test]
fn a_batch_of_rejects_has_no_object_and_no_bookmarks() {
    let batch = batch(
        "orders",
        &["order_id"],
        &["created_at"],
        &[(r#"{"created_at":1}"#, None)],
    );
    let facts = LoadFacts::of(&batch, "lake", Timestamp::from_millis(0), true);
    assert_eq!((facts.num_rows, facts.num_rows_rejected), (0, 1));
    assert_eq!(
        (facts.root_key.as_deref(), facts.sub_tables.as_slice()),
        (None, &[][..])
    );
    assert_eq!(facts.max_time_extracted, None);
    assert!(facts.new_version);
    assert!(
        hook_body(&facts).contains(r#""s3_objects":[],"primary_keys":["order_id"],"bookmark_metadata":null"#)
    );
}
