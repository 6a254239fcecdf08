//! What a change altered: fields with their values before and after, and of secrets that they changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::error::StoreError;
use crate::properties::{DestinationProperties, SECRET_PROPERTIES};
use crate::stored::{StoredChange, StoredChanges, from_json, to_json};

/// Longer values are cut off.
const MOST_CHARS: usize = 500;

/// Properties of sources that are no secrets. What a tap calls its others, and what it means by them, nobody knows here.
const PLAIN_SOURCE_PROPERTIES: [&str; 6] = [
    "anchor_time",
    "cron_expression",
    "frequency_in_minutes",
    "image_version",
    "start_date",
    "webhookz_primary_key",
];

/// A field that a change altered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Its name, as the management API spells it.
    pub field: String,
    /// How it changed.
    pub altered: Altered,
}

/// How a field changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Altered {
    /// It holds something else, and neither of both is kept: it is a secret.
    Secret,
    /// From one value to another; none where it was or is not set.
    Value {
        /// Before.
        from: Option<String>,
        /// After.
        to: Option<String>,
    },
}

/// What a change altered, as it is found out.
#[derive(Debug, Default)]
pub(crate) struct Changes(Vec<FieldChange>);

impl Changes {
    /// A field with values that may be shown.
    pub(crate) fn field(
        mut self,
        field: &str,
        from: Option<impl fmt::Display>,
        to: Option<impl fmt::Display>,
    ) -> Self {
        let (from, to) = (from.map(shown), to.map(shown));
        if from != to {
            self.push(field, Altered::Value { from, to });
        }
        self
    }

    /// A field whose values are never shown.
    pub(crate) fn secret(
        mut self,
        field: &str,
        from: Option<&SecretString>,
        to: Option<&SecretString>,
    ) -> Self {
        let is_same = match (from, to) {
            (Some(from), Some(to)) => from.expose_secret() == to.expose_secret(),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !is_same {
            self.push(field, Altered::Secret);
        }
        self
    }

    /// Properties of a destination.
    pub(crate) fn destination_properties(
        self,
        from: &DestinationProperties,
        to: &DestinationProperties,
    ) -> Self {
        let changes = self.properties(from.open(), to.open(), |_| true);
        let secret = |changes: Self, name: &&str| changes.secret(name, from.secret(name), to.secret(name));
        SECRET_PROPERTIES.iter().fold(changes, secret)
    }

    /// Properties of a source.
    pub(crate) fn source_properties(
        self,
        from: &BTreeMap<String, String>,
        to: &BTreeMap<String, String>,
    ) -> Self {
        self.properties(from, to, |name| PLAIN_SOURCE_PROPERTIES.contains(&name))
    }

    fn properties(
        mut self,
        from: &BTreeMap<String, String>,
        to: &BTreeMap<String, String>,
        may_be_shown: impl Fn(&str) -> bool,
    ) -> Self {
        let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
        for name in names {
            let (from, to) = (from.get(name), to.get(name));
            if may_be_shown(name) {
                self = self.field(name, from, to);
            } else if from != to {
                self.push(name, Altered::Secret);
            }
        }
        self
    }

    fn push(&mut self, field: &str, altered: Altered) {
        self.0.push(FieldChange {
            field: field.to_owned(),
            altered,
        });
    }

    /// As it is stored; none if nothing was altered.
    pub(super) fn to_stored(&self) -> Option<String> {
        let stored = |change: &FieldChange| {
            let field = change.field.clone();
            match &change.altered {
                Altered::Secret => StoredChange::Secret { field },
                Altered::Value { from, to } => StoredChange::Value {
                    field,
                    from: from.clone(),
                    to: to.clone(),
                },
            }
        };
        let fields: Vec<StoredChange> = self.0.iter().map(stored).collect();
        (!fields.is_empty()).then(|| to_json(&StoredChanges::V1 { fields }))
    }
}

/// Reads what was stored.
pub(super) fn from_stored(stored: &str) -> Result<Vec<FieldChange>, StoreError> {
    let StoredChanges::V1 { fields } = from_json(stored, "a line of the audit log")?;
    let read = |change: StoredChange| match change {
        StoredChange::Secret { field } => FieldChange {
            field,
            altered: Altered::Secret,
        },
        StoredChange::Value { field, from, to } => FieldChange {
            field,
            altered: Altered::Value { from, to },
        },
    };
    Ok(fields.into_iter().map(read).collect())
}

fn shown(value: impl fmt::Display) -> String {
    let mut text = value.to_string();
    if let Some((end, _)) = text.char_indices().nth(MOST_CHARS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_cut_off_between_characters() {
        let changes = Changes::default().field("description", None::<&str>, Some("ä".repeat(600)));
        let Altered::Value { to: Some(to), .. } = &changes.0[0].altered else {
            panic!("{changes:?}");
        };
        assert_eq!(to.chars().count(), MOST_CHARS + 1);
    }

    #[test]
    fn what_a_tap_keeps_for_itself_is_not_shown() {
        let from = BTreeMap::from([("api_key".to_owned(), "one".to_owned())]);
        let to = BTreeMap::from([
            ("api_key".to_owned(), "two".to_owned()),
            ("start_date".to_owned(), "2026-01-01T00:00:00Z".to_owned()),
        ]);
        let changes = Changes::default().source_properties(&from, &to);
        assert_eq!(changes.0[0].altered, Altered::Secret);
        assert!(matches!(
            &changes.0[1].altered,
            Altered::Value {
                from: None,
                to: Some(_)
            }
        ));
        assert!(
            Changes::default()
                .source_properties(&to, &to)
                .to_stored()
                .is_none()
        );
    }
}
