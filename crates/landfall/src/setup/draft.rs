//! Settings on their way to be complete, kept in their file from the first answer on.

use std::path::{Path, PathBuf};

use landfall_core::settings::{RawSettings, SettingFault, SettingName, SettingProblem, TargetSettings};
use serde_json::{Map, Value};

use super::Fault;
use crate::settings_file;

/// Settings, valid or not yet.
pub(super) struct Draft {
    path: PathBuf,
    settings: Map<String, Value>,
    /// Whether there was a settings file to go on with.
    pub(super) is_resumed: bool,
}

impl Draft {
    /// Reads the file, if there is one.
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        let shown = path.display();
        let refused = |reason: String| {
            Fault::Input(vec![format!(
                "settings file {shown}: {reason}: mend or move it, or name another with --config"
            )])
        };
        let (settings, is_resumed) = match std::fs::read_to_string(path) {
            Ok(text) if text.trim().is_empty() => (Map::new(), false),
            Ok(text) => match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
                Ok(Value::Object(settings)) => (settings, true),
                Ok(_) => return Err(refused("it is not a JSON object".to_owned())),
                Err(error) => {
                    let place = format!("line {}, column {}", error.line(), error.column());
                    return Err(refused(format!("it is not JSON, see {place}")));
                }
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (Map::new(), false),
            Err(error) => return Err(refused(error.to_string())),
        };
        Ok(Self {
            path: path.to_owned(),
            settings,
            is_resumed,
        })
    }

    /// The settings file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the settings file.
    pub(super) fn save(&self) -> anyhow::Result<()> {
        settings_file::write(&self.path, &self.settings)
    }

    /// A setting as it would be typed; none if it isn't set.
    pub(super) fn text(&self, setting: SettingName) -> Option<String> {
        match self.settings.get(setting.as_str())? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    /// Whether a setting is set.
    pub(super) fn is_set(&self, setting: SettingName) -> bool {
        self.text(setting).is_some()
    }

    /// Whether a setting is set to that text.
    pub(super) fn is(&self, setting: SettingName, text: &str) -> bool {
        self.text(setting).is_some_and(|set| set == text)
    }

    /// Sets a setting.
    pub(super) fn set(&mut self, setting: SettingName, value: impl Into<Value>) {
        self.settings.insert(setting.as_str().to_owned(), value.into());
    }

    /// Takes settings back.
    pub(super) fn unset(&mut self, settings: &[SettingName]) {
        for setting in settings {
            self.settings.remove(setting.as_str());
        }
    }

    /// All settings, if nothing is wrong with them.
    pub(super) fn settings(&self) -> Result<TargetSettings, Vec<SettingProblem>> {
        let mut raw = RawSettings::default();
        raw.add_object(self.settings.clone());
        TargetSettings::parse(raw).map(|(settings, _warnings)| settings)
    }

    /// All settings, or all their problems.
    pub(super) fn finished(&self) -> Result<TargetSettings, Fault> {
        self.settings()
            .map_err(|problems| Fault::Input(problems.iter().map(ToString::to_string).collect()))
    }

    /// What is wrong with one setting.
    pub(super) fn faults_of(&self, setting: SettingName) -> Vec<SettingFault> {
        let problems = self.settings().err().unwrap_or_default();
        let own = problems
            .into_iter()
            .filter(|problem| problem.setting == setting.as_str());
        own.map(|problem| problem.fault).collect()
    }
}
