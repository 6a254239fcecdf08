//! Templates become keys (object-keys.md §§3, 5, 8, 9).

use std::fmt::{self, Write};

use super::ObjectKeyTemplate;
use super::template::{Extension, KeyPart, LiteralExtension, TableForm};
use crate::clean_name::clean_name;
use crate::time::Timestamp;
use crate::units::TableVersion;

/// The longest key that S3 takes, in bytes of UTF-8.
pub const MAX_KEY_BYTES: usize = 1024;

/// What stands in the place of `[table_name]` in keys of rejected records (object-keys.md §9).
pub const REJECTED_TABLE: &str = "_sdc_rejected";

/// The values that one file's key is made of.
#[derive(Debug, Clone, Copy)]
pub struct KeyContext<'a> {
    /// The source's stored name, as received.
    pub integration: &'a str,
    /// The table's name, then the names of the arrays that lead to a sub-table; as received.
    pub path: &'a [&'a str],
    /// The version of the table.
    pub version: TableVersion,
    /// The load instant, the same for every file of a load.
    pub loaded_at: Timestamp,
    /// What the file holds.
    pub kind: FileKind,
}

/// What a file holds, as far as its key is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Rows of a table or sub-table.
    Data,
    /// Records of a load that were set aside: always JSON Lines, under the table name `_sdc_rejected`.
    Rejects,
}

/// The key of an object: not empty, without a leading or doubled `/`. Whether S3 takes it is another matter: see
/// [`ObjectKey::fits`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// The key itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its length in bytes of UTF-8.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        self.0.len()
    }

    /// Whether it is within [`MAX_KEY_BYTES`]; if not, the table is rejected (rejects.md T3).
    #[must_use]
    pub fn fits(&self) -> bool {
        self.byte_len() <= MAX_KEY_BYTES
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl ObjectKeyTemplate {
    /// The key of the file that `context` describes. The same template and context give the same key.
    #[must_use]
    pub fn render(&self, context: &KeyContext<'_>) -> ObjectKey {
        let mut key = String::with_capacity(self.as_str().len() + 64);
        for part in &self.parts {
            push_part(&mut key, part, context).expect("writing to a String can't fail");
        }
        key.push('.');
        key.push_str(self.extension(context.kind));
        ObjectKey(key)
    }

    fn extension(&self, kind: FileKind) -> &'static str {
        match (kind, self.extension) {
            (FileKind::Rejects, _) => LiteralExtension::Jsonl.as_str(),
            (FileKind::Data, Extension::Literal(literal)) => literal.as_str(),
            (FileKind::Data, Extension::Placeholder | Extension::Appended) => self.format().as_str(),
        }
    }
}

fn push_part(key: &mut String, part: &KeyPart, context: &KeyContext<'_>) -> fmt::Result {
    let loaded_at = context.loaded_at;
    match part {
        KeyPart::Text(text) => key.write_str(text),
        KeyPart::Integration => key.write_str(&clean_name(context.integration)),
        KeyPart::Table(form) => push_table(key, *form, context),
        KeyPart::Version => write!(key, "{}", context.version),
        KeyPart::LoadedMillis => write!(key, "{}", loaded_at.as_millis()),
        KeyPart::LoadedYear => write!(key, "{:04}", loaded_at.calendar().year),
        KeyPart::LoadedMonth => write!(key, "{:02}", loaded_at.calendar().month),
        KeyPart::LoadedDay => write!(key, "{:02}", loaded_at.calendar().day),
        KeyPart::LoadedHour => write!(key, "{:02}", loaded_at.calendar().hour),
    }
}

fn push_table(key: &mut String, form: TableForm, context: &KeyContext<'_>) -> fmt::Result {
    let separator = match form {
        TableForm::Folder => "/",
        TableForm::Joined => "__",
    };
    match (context.kind, context.path) {
        (FileKind::Rejects, _) => key.write_str(REJECTED_TABLE),
        // A nameless table is cleaned like the empty name, so that it makes no empty segment.
        (FileKind::Data, []) => key.write_str(&clean_name("")),
        (FileKind::Data, [table, arrays @ ..]) => {
            key.write_str(&clean_name(table))?;
            arrays
                .iter()
                .try_for_each(|array| write!(key, "{separator}{}", clean_name(array)))
        }
    }
}
