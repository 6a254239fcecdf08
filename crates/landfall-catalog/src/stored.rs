//! Forms in which things are stored as JSON. Each has its version in it, and every version stays readable for ever.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// Properties of a destination that are no secrets.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form")]
pub(crate) enum StoredDestination {
    #[serde(rename = "1")]
    V1 { properties: BTreeMap<String, String> },
}

/// Properties of a destination that are secrets, before they are sealed.
#[derive(Serialize, Deserialize)]
#[serde(tag = "form")]
pub(crate) enum StoredSecrets {
    #[serde(rename = "1")]
    V1 { properties: BTreeMap<String, String> },
}

/// Properties of a source.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form")]
pub(crate) enum StoredSource {
    #[serde(rename = "1")]
    V1 { properties: BTreeMap<String, String> },
}

/// What a change altered, for the audit log.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form")]
pub(crate) enum StoredChanges {
    #[serde(rename = "1")]
    V1 { fields: Vec<StoredChange> },
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum StoredChange {
    Secret {
        field: String,
    },
    Value {
        field: String,
        from: Option<String>,
        to: Option<String>,
    },
}

/// A connection check.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form")]
pub(crate) enum StoredCheck {
    #[serde(rename = "1")]
    V1 {
        name: String,
        started_at: i64,
        completed_at: Option<i64>,
        errors: Vec<StoredCheckError>,
        warnings: Vec<StoredCheckWarning>,
    },
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredCheckError {
    pub(crate) code: String,
    pub(crate) step: String,
    pub(crate) message: String,
    pub(crate) cause: String,
    pub(crate) remedy: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredCheckWarning {
    pub(crate) code: String,
    pub(crate) message: String,
}

/// What fixes the objects of a load.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form")]
pub(crate) enum StoredPlan {
    #[serde(rename = "1")]
    V1 {
        encoding: String,
        objects: Vec<StoredPlannedObject>,
    },
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredPlannedObject {
    pub(crate) kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sub_table: Option<String>,
    pub(crate) key: String,
}

/// What was in a load.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form")]
pub(crate) enum StoredFacts {
    #[serde(rename = "1")]
    V1 {
        reasons: Vec<(String, u64)>,
        sequences: Option<(i64, i64)>,
        received: Option<(i64, i64)>,
        bookmarks: Vec<StoredBookmark>,
        max_extracted: Option<String>,
    },
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredBookmark {
    pub(crate) column: String,
    pub(crate) min_and_max: Option<(String, String)>,
}

/// The highest bookmark of a table.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form")]
pub(crate) enum StoredHighest {
    #[serde(rename = "1")]
    V1 { column: String, value: String },
}

/// How people are told of events, but for the password of the mail server.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form")]
pub(crate) enum StoredNotificationSettings {
    #[serde(rename = "1")]
    V1 {
        suppress_raw_errors: bool,
        row_budget: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        idle_days: Option<u32>,
        smtp: Option<StoredSmtp>,
    },
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredSmtp {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: String,
    pub(crate) username: Option<String>,
    pub(crate) from: String,
}

/// What is told of a condition.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form")]
pub(crate) enum StoredCondition {
    #[serde(rename = "1")]
    V1 {
        about: String,
        destination: Option<u32>,
        source: Option<u32>,
        tables: Vec<String>,
        message: String,
        raw_error: Option<String>,
        since: Option<i64>,
    },
}

pub(crate) fn to_json<T: Serialize>(stored: &T) -> String {
    serde_json::to_string(stored).expect("stored forms have text for keys")
}

pub(crate) fn from_json<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, StoreError> {
    // The text may hold secrets, so the reason stays out of the message.
    serde_json::from_str(text).map_err(|_| StoreError::damaged(format!("{what} has an unknown form")))
}

#[cfg(test)]
mod tests;
