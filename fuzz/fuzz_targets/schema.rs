//! Any JSON as a schema, any other as a record: no panic, no hang, and the quick judge accepts nothing that the
//! thorough one refuses. The input is the schema, a line break, and the record.
#![no_main]

use landfall_core::json::Json;
use landfall_core::schema::{DeclaredTable, Formats, RecordPlan, Schema};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut lines = data.splitn(2, |byte| *byte == b'\n');
    let (Some(schema), Some(record)) = (lines.next(), lines.next()) else {
        return;
    };
    let Ok(schema) = Json::parse(schema) else { return };
    let schema = match Schema::compile(&schema) {
        Ok(schema) => schema,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let _ = DeclaredTable::of(&schema);
    let Ok(record) = Json::parse(record) else { return };
    for formats in [Formats::Ignore, Formats::Enforce] {
        let is_accepted = RecordPlan::new(&schema, formats).accepts_record(&record);
        let violations = schema.violations(&record, formats);
        assert_eq!(violations, schema.violations(&record, formats), "judged twice");
        if is_accepted {
            assert_eq!(violations, None, "{formats:?}");
        }
        if let Some(violations) = violations {
            assert!(violations.starts_with('#'), "{violations}");
        }
    }
});
