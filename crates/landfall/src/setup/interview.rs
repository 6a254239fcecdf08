//! Asking for one setting at a time, until the answer is valid.

use std::collections::BTreeSet;

use landfall_core::object_key::KeyProblem;
use landfall_core::settings::{SettingFault, SettingName};
use serde_json::Value;

use super::draft::Draft;
use super::terminal::{Choice, Terminal};

/// A question for one setting that is a text.
pub(super) struct Question {
    pub(super) setting: SettingName,
    label: &'static str,
    help: Option<&'static str>,
    default: Option<String>,
    is_optional: bool,
}

impl Question {
    pub(super) fn new(setting: SettingName, label: &'static str) -> Self {
        Self {
            setting,
            label,
            help: None,
            default: None,
            is_optional: false,
        }
    }

    pub(super) fn with_help(self, help: &'static str) -> Self {
        Self {
            help: Some(help),
            ..self
        }
    }

    pub(super) fn with_default(self, default: &str) -> Self {
        Self {
            default: Some(default.to_owned()),
            ..self
        }
    }

    /// The setting may stay unset; `-` takes it back.
    pub(super) fn optional(self) -> Self {
        Self {
            is_optional: true,
            ..self
        }
    }

    /// What is shown.
    pub(super) fn text(&self) -> String {
        match self.help {
            Some(help) => format!("{} ({help})", self.label),
            None => self.label.to_owned(),
        }
    }
}

/// Asks, and puts the answers into the draft.
pub(super) struct Interview<'a> {
    pub(super) terminal: Terminal,
    pub(super) draft: &'a mut Draft,
    /// What flags said already, which isn't asked.
    pub(super) given: BTreeSet<SettingName>,
}

impl Interview<'_> {
    /// Keeps what was answered.
    pub(super) fn save(&self) -> anyhow::Result<()> {
        self.draft.save()
    }

    /// Whether a flag gave the setting, and nothing is wrong with it.
    pub(super) fn is_given(&self, setting: SettingName, label: &str) -> bool {
        let is_given = self.given.contains(&setting) && self.draft.faults_of(setting).is_empty();
        if is_given {
            let text = self.draft.text(setting).unwrap_or_default();
            self.terminal.say(&format!("{label}: {text}"));
        }
        is_given
    }

    /// Asks until the answer is valid.
    pub(super) fn ask(&mut self, question: &Question) -> anyhow::Result<()> {
        if self.is_given(question.setting, question.label) {
            return Ok(());
        }
        while !self.ask_once(question)?.is_empty() {}
        Ok(())
    }

    /// Asks once. An answer that is at fault is told, and doesn't count.
    pub(super) fn ask_once(&mut self, question: &Question) -> anyhow::Result<Vec<SettingFault>> {
        let current = self.draft.text(question.setting);
        let default = current.clone().or_else(|| question.default.clone());
        let typed = self.terminal.ask(&question.text(), default.as_deref())?;
        let answer = if typed.is_empty() {
            default.unwrap_or_default()
        } else {
            typed
        };
        self.take(question, &answer, current)
    }

    /// Asks once, like [`Interview::ask_once`], with what `judge` says of the answer below it while it is typed.
    pub(super) fn ask_once_judged(
        &mut self,
        question: &Question,
        judge: &dyn Fn(&str) -> Vec<String>,
    ) -> anyhow::Result<Vec<SettingFault>> {
        let current = self.draft.text(question.setting);
        let default = current.clone().or_else(|| question.default.clone());
        let or_default = |typed: &str| match (typed, &default) {
            ("", Some(default)) => default.clone(),
            (typed, _) => typed.to_owned(),
        };
        let judge_answer = |typed: &str| judge(&or_default(typed.trim()));
        let typed = self
            .terminal
            .ask_judged(&question.text(), default.as_deref(), &judge_answer)?;
        self.take(question, &or_default(&typed), current)
    }

    /// Asks for a text that is not secret but isn't shown again either.
    pub(super) fn ask_hidden_default(&mut self, question: &Question) -> anyhow::Result<()> {
        self.ask_unshown(question, |terminal, shown| terminal.ask(&question.text(), shown))
    }

    /// Asks for a secret.
    pub(super) fn ask_secret(&mut self, question: &Question) -> anyhow::Result<()> {
        self.ask_unshown(question, |terminal, shown| {
            terminal.ask_secret(&question.text(), shown)
        })
    }

    fn ask_unshown(
        &mut self,
        question: &Question,
        ask: impl Fn(Terminal, Option<&str>) -> anyhow::Result<String>,
    ) -> anyhow::Result<()> {
        loop {
            let current = self.draft.text(question.setting);
            let shown = match (&current, question.is_optional) {
                (Some(_), true) => Some("Enter keeps it, - takes it back"),
                (Some(_), false) => Some("Enter keeps it"),
                (None, true) => Some("none"),
                (None, false) => None,
            };
            let typed = ask(self.terminal, shown)?;
            let answer = if typed.is_empty() {
                current.clone().unwrap_or_default()
            } else {
                typed
            };
            if self.take(question, &answer, current)?.is_empty() {
                return Ok(());
            }
        }
    }

    /// Puts an answer into the draft and the file, unless it is at fault: then the setting stays as it was.
    pub(super) fn take(
        &mut self,
        question: &Question,
        answer: &str,
        before: Option<String>,
    ) -> anyhow::Result<Vec<SettingFault>> {
        let setting = question.setting;
        if question.is_optional && matches!(answer, "" | "-") {
            self.draft.unset(&[setting]);
            self.save()?;
            return Ok(Vec::new());
        }
        self.draft.set(setting, answer);
        let faults = self.draft.faults_of(setting);
        for fault in &faults {
            self.terminal.complain(&match fault {
                SettingFault::Bucket(problem) => problem.to_string(),
                SettingFault::Key(problem) => key_complaint(answer, problem),
                other => format!("{} {other}", question.label),
            });
        }
        if !faults.is_empty() {
            match before {
                Some(before) => self.draft.set(setting, before),
                None => self.draft.unset(&[setting]),
            }
        } else {
            self.save()?;
        }
        Ok(faults)
    }

    /// Takes an answer in that needs no judgement.
    pub(super) fn keep(&mut self, setting: SettingName, value: impl Into<Value>) -> anyhow::Result<()> {
        self.draft.set(setting, value);
        self.save()
    }

    /// Asks for one of several values.
    pub(super) fn ask_choice(
        &mut self,
        setting: SettingName,
        (label, question): (&str, &str),
        choices: &[(&'static str, Choice)],
    ) -> anyhow::Result<()> {
        if self.is_given(setting, label) {
            return Ok(());
        }
        let current = self.draft.text(setting).unwrap_or_default();
        let index = choices
            .iter()
            .position(|(value, _)| *value == current)
            .unwrap_or(0);
        let shown: Vec<Choice> = choices.iter().map(|(_, choice)| *choice).collect();
        let chosen = self.terminal.choose(question, &shown, index)?;
        self.keep(setting, choices[chosen].0)
    }
}

fn key_complaint(answer: &str, problem: &KeyProblem) -> String {
    match problem.position() {
        Some(position) => format!(
            "{problem}\n      {answer}\n      {}^",
            " ".repeat(position.saturating_sub(1))
        ),
        None => problem.to_string(),
    }
}
