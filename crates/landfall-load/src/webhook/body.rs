//! The body of a post-load webhook, byte for byte (loading.md §8.2).

use std::fmt::Display;
use std::io::Write;

use landfall_core::clean_name::clean_name;
use landfall_core::json::write_canonical_string;

use super::facts::{BookmarkFacts, LoadFacts, SubTableFacts};

/// What `version` says: the version of this body's form.
const BODY_VERSION: &str = "1.0";
/// The key column of tables without a key (files.md §3).
const GENERATED_KEY: &str = "__sdc_primary_key";
/// What stands between the names of a table and of the arrays below it.
const NAME_SEPARATOR: &str = "__";

/// The body of the request that tells of a load: one compact JSON object, properties in the order of loading.md §8.2.
/// The same facts give the same bytes.
#[must_use]
pub fn hook_body(facts: &LoadFacts) -> String {
    let mut out = Vec::with_capacity(640 * (1 + facts.sub_tables.len()));
    write_object(&mut out, |body| {
        body.text("version", BODY_VERSION);
        body.text("minimum_sdc_batched_at", &facts.loaded_at.to_string());
        body.text("integration_name", &facts.integration_name);
        body.bare("new_version", facts.new_version);
        body.text("source_root_table_name", &facts.table);
        body.text("destination_root_table_name", &clean_name(&facts.table));
        body.bare("table_version", facts.table_version);
        let tables = std::iter::once(None).chain(facts.sub_tables.iter().map(Some));
        write_array(body.name("tables"), tables, |out, table| match table {
            None => write_root_table(out, facts),
            Some(sub_table) => write_sub_table(out, facts, sub_table),
        });
    });
    String::from_utf8(out).expect("only whole strings were written")
}

fn write_root_table(out: &mut Vec<u8>, facts: &LoadFacts) {
    write_object(out, |table| {
        table.text("source_table_name", &facts.table);
        table.text("destination_table_name", &clean_name(&facts.table));
        table.bare("num_rows", facts.num_rows);
        table.bare("num_rows_rejected", facts.num_rows_rejected);
        let objects = facts.root_key.iter().map(|key| format!("{}/{key}", facts.bucket));
        table.texts("s3_objects", objects);
        table.texts("primary_keys", key_columns(facts));
        if facts.num_rows == 0 {
            table.bare("bookmark_metadata", "null");
        } else {
            // A column without values has no entry.
            let ranges = facts.bookmarks.iter().filter_map(with_values);
            write_array(table.name("bookmark_metadata"), ranges, write_bookmark);
        }
        table.text_or_null("max_time_extracted", facts.max_time_extracted.as_deref());
    });
}

fn write_sub_table(out: &mut Vec<u8>, facts: &LoadFacts, sub_table: &SubTableFacts) {
    let path = &sub_table.path;
    // Cleaned part by part, as rejects.md R7 names sub-tables: it begins as `destination_root_table_name` does.
    let names = std::iter::once(&facts.table).chain(path);
    let cleaned: Vec<_> = names.map(|name| clean_name(name)).collect();
    let source_keys = key_columns(facts).map(|key| format!("_sdc_source_key_{key}"));
    let levels = (0..path.len()).map(|level| format!("_sdc_level_{level}_id"));
    write_object(out, |table| {
        table.text("source_table_name", &path.join(NAME_SEPARATOR));
        table.text("destination_table_name", &cleaned.join(NAME_SEPARATOR));
        table.bare("num_rows", sub_table.num_rows);
        table.bare("num_rows_rejected", 0);
        table.texts("s3_objects", [format!("{}/{}", facts.bucket, sub_table.key)]);
        table.texts("primary_keys", source_keys.chain(levels));
        table.texts("bookmark_metadata", [""; 0]);
        table.text_or_null("max_time_extracted", facts.max_time_extracted.as_deref());
    });
}

fn with_values(bookmark: &BookmarkFacts) -> Option<(&str, &str, &str)> {
    bookmark
        .min_and_max
        .as_ref()
        .map(|(min, max)| (bookmark.column.as_str(), min.as_str(), max.as_str()))
}

fn write_bookmark(out: &mut Vec<u8>, (column, min, max): (&str, &str, &str)) {
    write_object(out, |bookmark| {
        bookmark.text("key", column);
        bookmark.text("max_value", max);
        bookmark.text("min_value", min);
    });
}

fn key_columns(facts: &LoadFacts) -> impl Iterator<Item = &str> {
    let generated = facts.key_names.is_empty().then_some(GENERATED_KEY);
    facts.key_names.iter().map(String::as_str).chain(generated)
}

fn write_object(out: &mut Vec<u8>, write_members: impl FnOnce(&mut Members<'_>)) {
    out.push(b'{');
    write_members(&mut Members { out, is_first: true });
    out.push(b'}');
}

fn write_array<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut write_item: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_item(out, item);
    }
    out.push(b']');
}

/// The members of a JSON object that is being written.
struct Members<'o> {
    out: &'o mut Vec<u8>,
    is_first: bool,
}

impl Members<'_> {
    /// Begins a member; its value is to be written next.
    fn name(&mut self, name: &str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(b',');
        }
        write_canonical_string(name, self.out);
        self.out.push(b':');
        self.out
    }

    fn text(&mut self, name: &str, value: &str) {
        write_canonical_string(value, self.name(name));
    }

    fn texts<T: AsRef<str>>(&mut self, name: &str, values: impl IntoIterator<Item = T>) {
        write_array(self.name(name), values, |out, value| {
            write_canonical_string(value.as_ref(), out)
        });
    }

    fn text_or_null(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(name, value),
            None => self.bare(name, "null"),
        }
    }

    /// A member whose value is printed without quotes: a number, `true`, `false` or `null`.
    fn bare(&mut self, name: &str, value: impl Display) {
        write!(self.name(name), "{value}").expect("a vector takes all bytes");
    }
}
