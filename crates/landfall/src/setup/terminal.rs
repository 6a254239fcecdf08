//! Questions and answers, line by line.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::bail;

use super::live;
use crate::out;

/// The terminal in front of the person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal;

/// One answer of several.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    /// What may be typed besides the number.
    pub(super) word: &'static str,
    /// What it means.
    pub(super) text: &'static str,
}

impl Choice {
    pub(super) const fn new(word: &'static str, text: &'static str) -> Self {
        Self { word, text }
    }
}

impl Terminal {
    /// Whether somebody can be asked.
    pub(super) fn is_there() -> bool {
        io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    /// Tells something.
    pub(super) fn say(self, text: &str) {
        say!("{text}");
    }

    /// Begins a screen.
    pub(super) fn title(self, text: &str) {
        say!("\n{text}\n{}", "-".repeat(text.chars().count()));
    }

    /// Says what is wrong with an answer.
    pub(super) fn complain(self, text: &str) {
        say!("  ! {text}");
    }

    /// Asks for a line; Enter answers `shown_default`, which the caller knows.
    pub(super) fn ask(self, question: &str, shown_default: Option<&str>) -> anyhow::Result<String> {
        out::write(format_args!("{}", prompt(question, shown_default)));
        io::stdout().flush()?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            say!("");
            bail!("the input ended: run landfall setup again, it goes on after the last answer");
        }
        Ok(line.trim().to_owned())
    }

    /// Asks for a line, and shows below it what `judge` says while it is typed, where the terminal can.
    pub(super) fn ask_judged(
        self,
        question: &str,
        shown_default: Option<&str>,
        judge: &dyn Fn(&str) -> Vec<String>,
    ) -> anyhow::Result<String> {
        if !live::is_possible() {
            return self.ask(question, shown_default);
        }
        live::read_line(&prompt(question, shown_default), judge)
    }

    /// Asks for a secret, without showing what is typed.
    pub(super) fn ask_secret(self, question: &str, shown_default: Option<&str>) -> anyhow::Result<String> {
        live::read_secret(&prompt(&format!("{question} (not shown)"), shown_default))
    }

    /// Asks for yes or no; Enter says yes.
    pub(super) fn confirm(self, question: &str) -> anyhow::Result<bool> {
        Ok(self.decide(question, Answer::Yes)? == Answer::Yes)
    }

    /// Asks for yes or no; Enter says `default`.
    pub(super) fn decide(self, question: &str, default: Answer) -> anyhow::Result<Answer> {
        let shown = match default {
            Answer::Yes => "Y/n",
            Answer::No => "y/N",
        };
        loop {
            match self.ask(question, Some(shown))?.to_lowercase().as_str() {
                "" => return Ok(default),
                "y" | "yes" => return Ok(Answer::Yes),
                "n" | "no" => return Ok(Answer::No),
                _ => self.complain("Type y or n"),
            }
        }
    }

    /// Asks for one of several; Enter takes number `default`, counted from 0. Numbers and words are answers.
    pub(super) fn choose(self, question: &str, choices: &[Choice], default: usize) -> anyhow::Result<usize> {
        self.say(question);
        for (index, choice) in choices.iter().enumerate() {
            self.say(&format!("  {}) {:<8} {}", index + 1, choice.word, choice.text));
        }
        loop {
            let typed = self
                .ask("Choice", Some(&(default + 1).to_string()))?
                .to_lowercase();
            if typed.is_empty() {
                return Ok(default);
            }
            let by_number = typed
                .parse::<usize>()
                .ok()
                .and_then(|number| number.checked_sub(1));
            let by_word = || choices.iter().position(|choice| choice.word == typed);
            match by_number.filter(|index| *index < choices.len()).or_else(by_word) {
                Some(index) => return Ok(index),
                None => self.complain(&format!("Type a number from 1 to {}", choices.len())),
            }
        }
    }
}

fn prompt(question: &str, shown_default: Option<&str>) -> String {
    match shown_default {
        Some(default) => format!("{question} [{default}]: "),
        None => format!("{question}: "),
    }
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
}
