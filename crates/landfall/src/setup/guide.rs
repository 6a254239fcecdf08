//! The set-up as a conversation: questions, "Grant & Verify Access", and the check until it passes.

use std::collections::BTreeSet;
use std::process::ExitCode;

use landfall_core::settings::{DestinationSettings, SettingName};
use landfall_setup::CheckContext;
use landfall_setup::challenge::{accept, upload_command};
use tokio::runtime::Runtime;

use super::draft::Draft;
use super::grant::{Granting, shown_principal};
use super::interview::Interview;
use super::terminal::{Choice, Terminal};
use super::{Fault, SetupOptions, challenge, folder};
use crate::check;
use crate::wiring::MovedS3;

const FIRST_CHALLENGE: [Choice; 2] = [
    Choice::new("new", "make a new name"),
    Choice::new("mine", "I have such a file already, for example from Stitch"),
];
const LATER_CHALLENGE: [Choice; 3] = [
    Choice::new("keep", "keep it (its name was shown once and is not shown again)"),
    Choice::new("new", "make a new name, which replaces it"),
    Choice::new("mine", "enter the name of another file that exists"),
];
const AFTER_FAILURE: [Choice; 4] = [
    Choice::new("check", "check again"),
    Choice::new("change", "change something"),
    Choice::new("new", "make a new challenge file name"),
    Choice::new("stop", "stop here; landfall setup goes on later"),
];

/// What comes after a check.
enum Next {
    End(ExitCode),
    Change,
    NewChallenge,
}

/// Whether there is something to wait for.
enum Left {
    /// The person has to do something elsewhere.
    Work,
    Nothing,
}

/// Leads through the set-up.
pub(super) struct Guide<'a> {
    options: &'a SetupOptions,
    draft: Draft,
    given: BTreeSet<SettingName>,
    runtime: &'a Runtime,
    terminal: Terminal,
}

impl<'a> Guide<'a> {
    pub(super) fn new(
        options: &'a SetupOptions,
        draft: Draft,
        given: BTreeSet<SettingName>,
        runtime: &'a Runtime,
    ) -> Self {
        Self {
            options,
            draft,
            given,
            runtime,
            terminal: Terminal,
        }
    }

    pub(super) fn run(mut self) -> Result<ExitCode, Fault> {
        self.welcome();
        self.interview()?;
        loop {
            let left = self.grant()?;
            if self.options.no_check {
                return Ok(self.farewell());
            }
            if matches!(left, Left::Work) && !self.wait()? {
                return Ok(self.farewell());
            }
            match self.check()? {
                Next::End(code) => return Ok(code),
                Next::Change => {
                    self.given.clear();
                    self.interview()?;
                }
                Next::NewChallenge => {
                    self.given.remove(&SettingName::SentinelKey);
                    self.draft.unset(&[SettingName::SentinelKey]);
                }
            }
        }
    }

    fn welcome(&self) {
        let path = self.draft.path().display();
        self.terminal.say(&if self.draft.is_resumed {
            format!("Going on with the settings in {path}. Enter keeps what stands in brackets.")
        } else {
            format!(
                "This connects a bucket to Landfall. You need a bucket, and the right to edit its policy and to upload \
                 a file.\nAnswers go to {path}, which only you can read. Enter takes what stands in brackets; Ctrl-C \
                 stops, and\nthe next landfall setup goes on from there."
            )
        });
        if !self.draft.is_set(SettingName::S3EndpointUrl)
            && let Some(moved) = MovedS3::of_environment()
        {
            self.terminal.say(&moved.line());
        }
    }

    fn interview(&mut self) -> Result<(), Fault> {
        let mut interview = Interview {
            terminal: self.terminal,
            draft: &mut self.draft,
            given: self.given.clone(),
        };
        interview.run()?;
        // What is left concerns settings that aren't asked for.
        self.draft.finished()?;
        Ok(())
    }

    /// Screen 4: the policy, then the challenge file.
    fn grant(&mut self) -> Result<Left, Fault> {
        self.terminal.title("Grant & Verify Access");
        let destination = self.draft.finished()?.destination;
        let granting = Granting {
            runtime: self.runtime,
            destination: &destination,
            chosen: self.options.principal.as_ref(),
            config: self.draft.path(),
        };
        let steps = granting.steps();
        steps.iter().for_each(|step| self.terminal.say(step));
        let is_new = self.settle_challenge()?;
        let destination = self.draft.finished()?.destination;
        if let Some(bucket) = folder::bucket_folder(&destination)
            && self.make_in_folder(&bucket, &destination)?
        {
            return Ok(Left::Nothing);
        }
        if is_new {
            self.show_challenge(steps.len() + 1, &destination);
        }
        Ok(Left::Work)
    }

    /// Makes, keeps or asks for the name of the challenge file. True if it is new and must be shown.
    fn settle_challenge(&mut self) -> Result<bool, Fault> {
        if self.given.contains(&SettingName::SentinelKey) {
            return Ok(false);
        }
        let choice = if self.options.new_challenge && !self.draft.is_set(SettingName::SentinelKey) {
            FIRST_CHALLENGE[0]
        } else if self.draft.is_set(SettingName::SentinelKey) {
            let question = "\nA challenge file is set. It proves that the bucket is yours.";
            LATER_CHALLENGE[self.terminal.choose(question, &LATER_CHALLENGE, 0)?]
        } else {
            let question = "\nAn empty challenge file in the bucket proves that the bucket is yours.";
            FIRST_CHALLENGE[self.terminal.choose(question, &FIRST_CHALLENGE, 0)?]
        };
        match choice.word {
            "keep" => return Ok(false),
            "new" => self
                .draft
                .set(SettingName::SentinelKey, challenge::make()?.as_str()),
            _ => self.ask_challenge_name()?,
        }
        self.draft.save()?;
        Ok(choice.word == "new")
    }

    fn ask_challenge_name(&mut self) -> anyhow::Result<()> {
        loop {
            let typed = self.terminal.ask("Name of the file", None)?;
            match accept(&typed) {
                Ok(key) => {
                    self.draft.set(SettingName::SentinelKey, key.as_str());
                    return Ok(());
                }
                Err(refusal) => self.terminal.complain(&refusal.to_string()),
            }
        }
    }

    /// Offers to make what is missing in a bucket folder. True if all is there in the end.
    fn make_in_folder(
        &self,
        bucket: &std::path::Path,
        destination: &DestinationSettings,
    ) -> anyhow::Result<bool> {
        let Some(name) = &destination.sentinel_key else {
            return Ok(false);
        };
        if !bucket.is_dir() {
            if !self
                .terminal
                .confirm(&format!("\nMake the bucket folder {}?", bucket.display()))?
            {
                return Ok(false);
            }
            folder::make(bucket)?;
        }
        if !bucket.join(name.as_str()).exists() {
            if !self.terminal.confirm("Make the challenge file in it?")? {
                return Ok(false);
            }
            folder::make_challenge(bucket, name.as_str())?;
        }
        Ok(true)
    }

    fn show_challenge(&self, number: usize, destination: &DestinationSettings) {
        if let Some(key) = &destination.sentinel_key {
            let place = CheckContext::of_settings(destination, None).place;
            let command = upload_command(&destination.bucket, key, &place);
            self.terminal
                .say(&challenge::instructions(number, key.as_str(), &command));
        }
    }

    /// False if the person wants to go on another time.
    fn wait(&self) -> anyhow::Result<bool> {
        let typed = self
            .terminal
            .ask("\nWhen that is done press Enter to check (s to stop here)", None)?;
        Ok(!typed.eq_ignore_ascii_case("s"))
    }

    fn check(&self) -> Result<Next, Fault> {
        let destination = self.draft.finished()?.destination;
        loop {
            self.terminal.say("");
            let report = check::run_check(
                self.runtime,
                &destination,
                shown_principal(self.options, &destination),
                &mut check::print_steps,
            )?;
            if report.is_success() {
                self.next_steps();
                return Ok(Next::End(ExitCode::SUCCESS));
            }
            let chosen = self.terminal.choose("\nWhat now?", &AFTER_FAILURE, 0)?;
            match AFTER_FAILURE[chosen].word {
                "check" => {}
                "change" => return Ok(Next::Change),
                "new" => return Ok(Next::NewChallenge),
                _ => return Ok(Next::End(ExitCode::FAILURE)),
            }
        }
    }

    fn next_steps(&self) {
        let path = self.draft.path().display();
        self.terminal.say(&format!(
            "\nThe settings are in {path}. Load with\n  tap-… | landfall load --config {path} >> state.json"
        ));
    }

    fn farewell(&self) -> ExitCode {
        let path = self.draft.path().display();
        self.terminal.say(&format!(
            "\nThe settings are in {path}. Check with\n  landfall check --config {path}"
        ));
        ExitCode::SUCCESS
    }
}
