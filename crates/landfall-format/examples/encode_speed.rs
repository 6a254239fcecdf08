//! Speed of encoding alone.
use std::sync::Arc;
use landfall_core::json::*;
use landfall_core::object_key::*;
use landfall_core::schema::*;
use landfall_core::settings::*;
use landfall_core::time::Timestamp;
use landfall_format::*;
fn main() {
    let mut args = std::env::args().skip(1);
    let data = std::fs::read(args.next().unwrap()).unwrap();
    let csv = args.next().as_deref() == Some("csv");
    let text = std::str::from_utf8(&data).unwrap();
    let of = if csv { OutputFormat::Csv } else { OutputFormat::Jsonl };
    let format = if csv { FileFormat::Csv { delimiter: Delimiter::Comma, force_quote: false } } else { FileFormat::Jsonl };
    let naming = Arc::new(Naming { integration: "x".into(), template: ObjectKeyTemplate::parse(ObjectKeyTemplate::DEFAULT, of).unwrap(), format, max_key_part_bytes: None });
    for _ in 0..5 {
        let mut keys = RandomKeys::default();
        let mut enc: Option<TableEncoder> = None;
        let mut batch = TableBatch::new(0);
        let t = std::time::Instant::now();
        let mut n = 0i64;
        let mut out = 0;
        let mut parse = std::time::Duration::ZERO;
        for line in text.lines() {
            if line.contains("\"SCHEMA\"") && enc.is_none() {
                let m = Json::parse(line.as_bytes()).unwrap();
                let schema = Schema::compile(m.member("schema").unwrap()).unwrap();
                let declared = DeclaredTable::of(&schema);
                let keys = m.member("key_properties").unwrap().as_array().unwrap().iter().map(|k| k.as_str().unwrap().to_owned()).collect();
                let plan = TablePlan::new(PlanParts { naming: naming.clone(), table: "t".into(), keys, bookmarks: vec![], schema: Some(schema), formats: Formats::Ignore, declared, problem: None });
                let mut e = TableEncoder::new(Arc::new(plan)); e.begin(0, Arc::default()); enc = Some(e);
                continue;
            }
            let Some(at) = line.find("\"record\"") else { continue };
            let at = at + line[at..].find('{').unwrap();
            let e = enc.as_mut().unwrap();
            e.parse(line, at, 1, NonFinite::AsNull).unwrap();
            e.accept(line, RecordMeta { received_at: Timestamp::from_millis(1_700_000_000_000), sequence: 1_700_000_000_000_000_000 + n, extracted: None }, &mut keys);
            n += 1;
            if n % 2000 == 0 { batch.push(e.finish()); e.begin(0, Arc::default()); }
        }
        batch.push(enc.as_mut().unwrap().finish());
        let encode = t.elapsed();
        let _ = &mut parse;
        let closed = Arc::new(batch.close().unwrap());
        let w = std::time::Instant::now();
        for f in closed.files() { let c = closed.content(f.kind, Timestamp::from_millis(1_700_000_000_500)); for p in c.pieces() { out += p.len(); } }
        println!("{n} records rejected {} encode {:?} ({:.0} MB/s) alloc {} MB write {:?} out {} MB", closed.rows_rejected(), encode, data.len() as f64/1e6/encode.as_secs_f64(), closed.allocated_bytes()/1000000, w.elapsed(), out/1000000);
    }
}
