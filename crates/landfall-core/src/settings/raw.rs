//! Settings as they come: files and environment, merged but not yet understood.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};
use thiserror::Error;

use super::{SettingKind, SettingName};

/// What the names of environment variables begin with (singer.md §2).
pub const ENVIRONMENT_PREFIX: &str = "TARGET_LANDFALL_";

/// Sets the log level, so it is a variable but not a setting (singer.md §8).
const LOG_LEVEL: &str = "LOGLEVEL";

/// Settings from any number of files and from the environment. Later files override earlier ones, the environment
/// overrides all files, and a `null` takes a setting back.
#[derive(Clone, Default)]
pub struct RawSettings {
    files: Map<String, Value>,
    environment: BTreeMap<String, Variable>,
}

/// A setting from the environment.
#[derive(Clone)]
struct Variable {
    /// What the operator has to look for.
    variable: String,
    value: Value,
}

/// A setting that has a value.
pub(super) struct RawSetting {
    pub(super) name: String,
    /// What it is called where it came from: a variable has a longer name than the setting.
    pub(super) spelled: String,
    pub(super) value: Value,
}

/// A settings file that isn't one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SettingsFileError {
    /// Not JSON.
    #[error("the settings are not JSON: mend line {line}, column {column}")]
    NotJson {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault, from 1.
        column: usize,
    },
    /// JSON, but another value.
    #[error("the settings are not a JSON object: put them between {{ and }}")]
    NotAnObject,
}

impl RawSettings {
    /// Adds the text of a settings file.
    ///
    /// # Errors
    /// [`SettingsFileError`] if the text is not a JSON object; what was there stays as it was.
    pub fn add_file(&mut self, text: &str) -> Result<(), SettingsFileError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match serde_json::from_str(text) {
            Ok(Value::Object(settings)) => {
                self.add_object(settings);
                Ok(())
            }
            Ok(_) => Err(SettingsFileError::NotAnObject),
            Err(fault) => Err(SettingsFileError::NotJson {
                line: fault.line(),
                column: fault.column(),
            }),
        }
    }

    /// Adds settings as a settings file has them.
    pub fn add_object(&mut self, settings: Map<String, Value>) {
        self.files.extend(settings);
    }

    /// Adds every `TARGET_LANDFALL_<SETTING>` of the variables given; others are passed over, and so are those that are
    /// empty, those that begin with a further `_` (which are a runner's own), and the log level.
    pub fn add_environment<N, V>(&mut self, variables: impl IntoIterator<Item = (N, V)>)
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        for (variable, text) in variables {
            let (Some(name), text) = (variable.as_ref().strip_prefix(ENVIRONMENT_PREFIX), text.as_ref())
            else {
                continue;
            };
            if name.starts_with('_') || name == LOG_LEVEL || text.is_empty() {
                continue;
            }
            let name = name.to_lowercase();
            let value = environment_value(&name, text);
            let variable = variable.as_ref().to_owned();
            self.environment.insert(name, Variable { variable, value });
        }
    }

    /// Every setting that has a value, with the value that counts.
    pub(super) fn into_merged(self) -> impl Iterator<Item = RawSetting> {
        let of_file = |(name, value): (String, Value)| RawSetting {
            spelled: name.clone(),
            name,
            value,
        };
        let of_environment = |(name, Variable { variable, value })| RawSetting {
            name,
            spelled: variable,
            value,
        };
        let mut merged: BTreeMap<String, RawSetting> = BTreeMap::new();
        let settings = self.files.into_iter().map(of_file);
        for setting in settings.chain(self.environment.into_iter().map(of_environment)) {
            merged.insert(setting.name.clone(), setting);
        }
        merged.into_values().filter(|setting| !setting.value.is_null())
    }
}

/// Only names: values may be secret.
impl fmt::Debug for RawSettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set()
            .entries(self.files.keys().chain(self.environment.keys()))
            .finish()
    }
}

/// The text as the kind of value that the setting takes. Where it isn't one it stays a text, to be refused like the
/// same text in a file.
fn environment_value(name: &str, text: &str) -> Value {
    let as_text = || Value::String(text.to_owned());
    match SettingName::from_name(name).map(|setting| setting.describe().kind) {
        Some(SettingKind::Boolean) => environment_boolean(text).map_or_else(as_text, Value::Bool),
        Some(SettingKind::Text { .. } | SettingKind::Choice(_) | SettingKind::Integer { .. }) => as_text(),
        Some(SettingKind::TextList { .. }) => serde_json::from_str(text).unwrap_or_else(|_| as_text()),
        None if text.starts_with(['{', '[']) => serde_json::from_str(text).unwrap_or_else(|_| as_text()),
        None => as_text(),
    }
}

/// Booleans as people write them in environment variables, in any case.
pub(super) fn environment_boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}
