//! Reads settings one by one and remembers everything that is wrong with them.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::Value;

use super::foreign::{self, Foreign};
use super::problem::{SettingFault, SettingProblem, SettingWarning};
use super::{RawSettings, SettingDefault, SettingKind, SettingName};

/// Settings that are being read. Every reader gives what it can and reports the rest, so that all faults come to light
/// at once; what it gives in place of a faulty value is never used, because [`Draft::finish`] refuses the whole.
#[derive(Debug)]
pub(super) struct Draft {
    values: BTreeMap<SettingName, Value>,
    problems: Vec<SettingProblem>,
    foreign_problems: Vec<SettingProblem>,
    warnings: Vec<SettingWarning>,
}

impl Draft {
    pub(super) fn new(raw: RawSettings) -> Self {
        let mut draft = Self {
            values: BTreeMap::new(),
            problems: vec![],
            foreign_problems: vec![],
            warnings: vec![],
        };
        for setting in raw.into_merged() {
            match SettingName::from_name(&setting.name) {
                Some(name) => {
                    draft.values.insert(name, setting.value);
                }
                None => match foreign::judge(&setting.name, &setting.value) {
                    Foreign::Harmless => {}
                    Foreign::WithoutEffect(warning) => draft.warnings.push(warning),
                    Foreign::Refused(fault) => draft.foreign_problems.push(SettingProblem {
                        setting: setting.spelled,
                        fault,
                    }),
                },
            }
        }
        draft
    }

    /// `whole`, unless anything was reported.
    pub(super) fn finish<T>(self, whole: Option<T>) -> Result<(T, Vec<SettingWarning>), Vec<SettingProblem>> {
        match whole {
            Some(whole) if self.problems.is_empty() && self.foreign_problems.is_empty() => {
                Ok((whole, self.warnings))
            }
            _ => Err(self.problems.into_iter().chain(self.foreign_problems).collect()),
        }
    }

    pub(super) fn report(&mut self, setting: SettingName, fault: impl Into<SettingFault>) {
        self.problems.push(SettingProblem {
            setting: setting.as_str().to_owned(),
            fault: fault.into(),
        });
    }

    pub(super) fn warn(&mut self, setting: SettingName, reason: &'static str) {
        self.warnings.push(SettingWarning {
            setting: setting.as_str(),
            reason,
        });
    }

    pub(super) fn is_set(&self, setting: SettingName) -> bool {
        self.values.contains_key(&setting)
    }

    /// The text given, or that of the default. None if there is neither, or if the value is at fault.
    pub(super) fn text(&mut self, setting: SettingName) -> Option<String> {
        match (self.values.get(&setting), setting.describe().default) {
            (Some(Value::String(text)), _) => return Some(text.clone()),
            (Some(_), _) => self.report(setting, SettingFault::NotText),
            (None, SettingDefault::Required) => self.report(setting, SettingFault::Missing),
            (None, SettingDefault::Text(text)) => return Some(text.to_owned()),
            (None, _) => {}
        }
        None
    }

    /// What `parse` makes of the text given.
    pub(super) fn parsed<T, F>(
        &mut self,
        setting: SettingName,
        parse: impl FnOnce(&str) -> Result<T, F>,
    ) -> Option<T>
    where
        F: Into<SettingFault>,
    {
        let text = self.text(setting)?;
        parse(&text).map_err(|fault| self.report(setting, fault)).ok()
    }

    pub(super) fn secret(&mut self, setting: SettingName) -> Option<SecretString> {
        self.parsed(setting, |text| without_blanks(text).map(SecretString::from))
    }

    /// What `read` makes of the choice given, or of the default.
    pub(super) fn choice<T>(
        &mut self,
        setting: SettingName,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let SettingKind::Choice(choices) = setting.describe().kind else {
            unreachable!("only settings that are a choice are read as one")
        };
        self.parsed(setting, |text| {
            read(text).ok_or_else(|| SettingFault::NotAChoice {
                found: text.to_owned(),
                choices,
            })
        })
    }

    /// True, false, or neither where the setting isn't given and has no default.
    pub(super) fn boolean(&mut self, setting: SettingName) -> Option<bool> {
        match self.values.get(&setting) {
            Some(Value::Bool(value)) => return Some(*value),
            Some(Value::String(text)) if text == "true" => return Some(true),
            Some(Value::String(text)) if text == "false" => return Some(false),
            Some(_) => self.report(setting, SettingFault::NotBoolean),
            None => {}
        }
        match setting.describe().default {
            SettingDefault::Boolean(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn is_true(&mut self, setting: SettingName) -> bool {
        self.boolean(setting) == Some(true)
    }

    pub(super) fn integer(&mut self, setting: SettingName) -> u64 {
        let (SettingKind::Integer { min, max }, SettingDefault::Integer(default)) =
            (setting.describe().kind, setting.describe().default)
        else {
            unreachable!("only settings that are whole numbers are read as such")
        };
        let number = match self.values.get(&setting) {
            None => return default,
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
            Some(_) => None,
        };
        number
            .filter(|number| (min..=max).contains(number))
            .unwrap_or_else(|| {
                self.report(setting, SettingFault::NotInteger { min, max });
                default
            })
    }

    pub(super) fn texts(&mut self, setting: SettingName) -> Vec<String> {
        let Some(value) = self.values.get(&setting) else {
            return Vec::new();
        };
        let texts = value.as_array().and_then(|items| {
            items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect::<Option<Vec<String>>>()
        });
        texts.unwrap_or_else(|| {
            self.report(setting, SettingFault::NotTextList);
            Vec::new()
        })
    }
}

/// Refuses what can't be part of a credential or an identifier, such as the line break of a careless paste.
pub(super) fn without_blanks(text: &str) -> Result<&str, SettingFault> {
    if text.is_empty() {
        return Err(SettingFault::Empty);
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(SettingFault::HasBlanks);
    }
    Ok(text)
}
