//! The questions of screens 2 and 3 (setup-flow.md §3, §4).

use landfall_core::bucket_name::BucketName;
use landfall_core::object_key::{ObjectKeyTemplate, OutputFormat};
use landfall_core::settings::{SettingFault, SettingName};

use super::interview::{Interview, Question};
use super::sign_in;
use super::terminal::{Answer, Choice};
use crate::key;

const FORMATS: [(&str, Choice); 2] = [
    (
        "jsonl",
        Choice::new("json", "JSON Lines (.jsonl): nested data stays as it is"),
    ),
    (
        "csv",
        Choice::new(
            "csv",
            "CSV (.csv): objects become columns, arrays files of their own",
        ),
    ),
];
const DELIMITERS: [(&str, Choice); 3] = [
    (",", Choice::new("comma", ",")),
    ("|", Choice::new("pipe", "|")),
    ("\\t", Choice::new("tab", "a tab")),
];

impl Interview<'_> {
    /// Asks everything, in the order of the screens. The draft is saved after each.
    pub(super) fn run(&mut self) -> anyhow::Result<()> {
        self.terminal.title("Bucket settings");
        self.ask_bucket()?;
        self.ask(
            &Question::new(SettingName::IntegrationName, "Integration name")
                .with_help("the source, such as shop"),
        )?;
        self.ask_format()?;
        self.save()?;
        sign_in::ask(self)?;
        self.terminal.title("S3 Key");
        self.ask_key()?;
        self.save()
    }

    fn ask_bucket(&mut self) -> anyhow::Result<()> {
        if self.is_given(SettingName::S3Bucket, "Bucket name") {
            return Ok(());
        }
        self.ask_bucket_name()
    }

    fn ask_bucket_name(&mut self) -> anyhow::Result<()> {
        let question =
            Question::new(SettingName::S3Bucket, "Bucket name").with_help("only the name, such as com-test");
        loop {
            let current = self.draft.text(question.setting);
            let typed = self.terminal.ask(&question.text(), current.as_deref())?;
            let answer = if typed.is_empty() {
                current.clone().unwrap_or_default()
            } else {
                typed
            };
            if self.take(&question, &answer, current)?.is_empty() {
                return Ok(());
            }
            let Some(name) = BucketName::suggest(&answer) else {
                continue;
            };
            if self.terminal.confirm(&format!("Use \"{name}\"?"))? {
                return self.keep(question.setting, name);
            }
        }
    }

    /// The name was judged before it was known where the bucket is.
    pub(super) fn ask_bucket_again_if_refused(&mut self) -> anyhow::Result<()> {
        let faults = self.draft.faults_of(SettingName::S3Bucket);
        if faults.is_empty() {
            return Ok(());
        }
        faults
            .iter()
            .for_each(|fault| self.terminal.complain(&fault.to_string()));
        self.ask_bucket_name()
    }

    fn ask_format(&mut self) -> anyhow::Result<()> {
        let question = "\nStore data in this format:";
        self.ask_choice(SettingName::OutputFileFormat, ("Format", question), &FORMATS)?;
        if !self.draft.is(SettingName::OutputFileFormat, "csv") {
            return Ok(());
        }
        self.ask_choice(
            SettingName::CsvDelimiter,
            ("Delimiter", "\nDelimiter:"),
            &DELIMITERS,
        )?;
        if self.is_given(SettingName::CsvForceQuote, "Quote all elements") {
            return Ok(());
        }
        let default = if self.draft.is(SettingName::CsvForceQuote, "true") {
            Answer::Yes
        } else {
            Answer::No
        };
        let answer = self
            .terminal
            .decide("Quote all elements, so that numbers become \"123\"?", default)?;
        self.keep(SettingName::CsvForceQuote, answer == Answer::Yes)
    }

    fn ask_key(&mut self) -> anyhow::Result<()> {
        let setting = SettingName::S3KeyFormatString;
        self.terminal.say(
            "How objects are named. Needed: [integration_name] [table_name] [table_version] [timestamp_loaded]\n\
             Possible: [year_loaded] [month_loaded] [day_loaded] [hour_loaded] and text of your own",
        );
        if !self.is_given(setting, "S3 Key") {
            let question = Question::new(setting, "S3 Key").with_default(ObjectKeyTemplate::DEFAULT);
            loop {
                let (format, integration) = (self.format(), self.integration());
                let faults =
                    self.ask_once_judged(&question, &|typed| judge_key(typed, format, &integration))?;
                if faults.is_empty() || self.accept_suggestion(&faults)? {
                    break;
                }
            }
        }
        self.preview();
        Ok(())
    }

    /// The one-click fix of a key (setup-flow.md §4).
    fn accept_suggestion(&mut self, faults: &[SettingFault]) -> anyhow::Result<bool> {
        let [SettingFault::Key(problem)] = faults else {
            return Ok(false);
        };
        let Some(suggestion) = problem.suggestion() else {
            return Ok(false);
        };
        let is_accepted = self.terminal.confirm(&format!("Use \"{suggestion}\"?"))?;
        if is_accepted {
            self.draft.set(SettingName::S3KeyFormatString, suggestion);
        }
        Ok(is_accepted)
    }

    fn format(&self) -> OutputFormat {
        let format = self.draft.text(SettingName::OutputFileFormat).unwrap_or_default();
        OutputFormat::from_spelling(&format).unwrap_or(OutputFormat::Jsonl)
    }

    fn integration(&self) -> String {
        let named = self.draft.text(SettingName::IntegrationName);
        named.unwrap_or_else(|| key::INTEGRATION.to_owned())
    }

    fn preview(&self) {
        let text = self
            .draft
            .text(SettingName::S3KeyFormatString)
            .unwrap_or_default();
        if let Ok(template) = ObjectKeyTemplate::parse(&text, self.format()) {
            self.terminal.say("Files will be named like this:");
            self.terminal
                .say(&key::example_lines(&template, &self.integration()));
        }
    }
}

/// What stands below a key while it is typed: its problems, or the names it makes (setup-flow.md §4).
fn judge_key(typed: &str, format: OutputFormat, integration: &str) -> Vec<String> {
    match ObjectKeyTemplate::parse(typed, format) {
        Ok(template) => key::example_lines(&template, integration)
            .lines()
            .map(str::to_owned)
            .collect(),
        Err(problems) => problems.iter().map(|problem| format!("  ! {problem}")).collect(),
    }
}
