//! What is fixed for the records of a table under one schema.

use std::sync::Arc;

use landfall_core::object_key::{FileKind, KeyContext, ObjectKey, ObjectKeyTemplate};
use landfall_core::schema::{DeclaredTable, Formats, RecordPlan, Schema};
use landfall_core::settings::FileFormat;
use landfall_core::time::Timestamp;
use landfall_core::units::TableVersion;

use crate::reject::Reason;

/// The key column of tables without a key (files.md §3).
pub(crate) const GENERATED_KEY: &str = "__sdc_primary_key";

/// How objects are named and written: the same for every table of a run.
#[derive(Debug, PartialEq, Eq)]
pub struct Naming {
    /// The integration's stored name.
    pub integration: String,
    /// The template of all keys.
    pub template: ObjectKeyTemplate,
    /// JSONL, or CSV and its style.
    pub format: FileFormat,
    /// The most bytes between two `/` of a key; `None` where only whole keys are limited, as in S3.
    pub max_key_part_bytes: Option<usize>,
}

impl Naming {
    /// The key of a table's file, or of a sub-table's (object-keys.md §8).
    #[must_use]
    pub fn key(&self, path: &[&str], version: i64, loaded_at: Timestamp) -> ObjectKey {
        self.render(path, version, loaded_at, FileKind::Data)
    }

    /// The key of a table's `_sdc_rejected` file (object-keys.md §9).
    #[must_use]
    pub fn rejects_key(&self, table: &str, version: i64, loaded_at: Timestamp) -> ObjectKey {
        self.render(&[table], version, loaded_at, FileKind::Rejects)
    }

    fn render(&self, path: &[&str], version: i64, loaded_at: Timestamp, kind: FileKind) -> ObjectKey {
        let integration = self.integration.as_str();
        self.template.render(&KeyContext {
            integration,
            path,
            version: TableVersion::new(version),
            loaded_at,
            kind,
        })
    }

    /// Whether a key with that path fits the store, whatever the load instant (all have 13 digits until 2286).
    pub(crate) fn fits(&self, path: &[&str], version: i64) -> bool {
        let key = self.key(path, version, Timestamp::from_millis(1_000_000_000_000));
        let most = self.max_key_part_bytes.unwrap_or(usize::MAX);
        key.fits() && key.as_str().split('/').all(|part| part.len() <= most)
    }
}

/// What a [`TablePlan`] is made of.
#[derive(Debug)]
pub struct PlanParts {
    /// How objects are named and written.
    pub naming: Arc<Naming>,
    /// Table name as received.
    pub table: String,
    /// Key columns, each once, in key order. Empty: the table has no key.
    pub keys: Vec<String>,
    /// Replication-key columns.
    pub bookmarks: Vec<String>,
    /// The schema records must conform to. `None`: none was given, or none is enforced.
    pub schema: Option<Schema>,
    /// Whether formats are enforced: by the Import API only.
    pub formats: Formats,
    /// The columns that the schema declares.
    pub declared: DeclaredTable,
    /// What is wrong with the table itself (rejects.md T1, T2): every record is rejected with it.
    pub problem: Option<Reason>,
}

/// What is fixed for the records of one table under one schema. Compiled once, used for every record.
#[derive(Debug)]
pub struct TablePlan {
    parts: PlanParts,
    rules: Option<RecordPlan>,
}

impl TablePlan {
    /// Compiles a plan.
    #[must_use]
    pub fn new(parts: PlanParts) -> Self {
        let rules = parts
            .schema
            .as_ref()
            .map(|schema| RecordPlan::new(schema, parts.formats));
        Self { parts, rules }
    }

    /// How objects are named and written.
    #[must_use]
    pub fn naming(&self) -> &Arc<Naming> {
        &self.parts.naming
    }

    /// Table name as received.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.parts.table
    }

    /// Key columns; empty if the table has no key.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        &self.parts.keys
    }

    /// Replication-key columns.
    #[must_use]
    pub fn bookmarks(&self) -> &[String] {
        &self.parts.bookmarks
    }

    pub(crate) fn format(&self) -> FileFormat {
        self.parts.naming.format
    }

    pub(crate) fn declared(&self) -> &DeclaredTable {
        &self.parts.declared
    }

    pub(crate) fn rules(&self) -> Option<(&Schema, &RecordPlan)> {
        self.parts.schema.as_ref().zip(self.rules.as_ref())
    }

    pub(crate) fn formats(&self) -> Formats {
        self.parts.formats
    }

    /// What keeps every record of this version of the table from being landed (T1 to T3), if anything does.
    pub(crate) fn table_problem(&self, version: i64) -> Option<Reason> {
        if let Some(problem) = &self.parts.problem {
            return Some(problem.clone());
        }
        let table = self.table();
        (!self.parts.naming.fits(&[table], version)).then(|| Reason::LongTableName {
            table: table.to_owned(),
        })
    }
}
