//! `landfall setup`: connects a bucket, from the first question to a check that passes (setup-flow.md).
//!
//! In a terminal a [`Guide`] asks; otherwise, and with `--yes`, flags and environment must say it all.

mod challenge;
mod draft;
mod flags;
pub(crate) mod folder;
mod grant;
mod guide;
mod interview;
mod live;
mod questions;
mod script;
mod sign_in;
mod terminal;

use std::process::ExitCode;

use self::draft::Draft;
pub(crate) use self::flags::SetupOptions;
use self::guide::Guide;
use self::terminal::Terminal;
use crate::load::run::start_runtime;
use crate::log::{self, LogLevel};

/// Why a set-up ends early.
enum Fault {
    /// What was given can't be used; each text says why.
    Input(Vec<String>),
    /// Something else is in the way.
    Broken(anyhow::Error),
}

impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Broken(error.into())
    }
}

/// Runs the command. Exit 0 when the set-up is done, 1 for a failed check, 2 for input that can't be used.
pub(crate) fn run(options: &SetupOptions) -> ExitCode {
    log::start(LogLevel::choose(false, true));
    match set_up(options) {
        Ok(code) => code,
        Err(Fault::Input(problems)) => {
            problems.iter().for_each(|problem| tracing::error!("{problem}"));
            log::critical(&format_args!(
                "nothing was set up: mend what is said above, or run landfall setup in a terminal, which asks"
            ));
            ExitCode::from(2)
        }
        Err(Fault::Broken(error)) => {
            log::critical(&format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn set_up(options: &SetupOptions) -> Result<ExitCode, Fault> {
    let mut draft = Draft::open(&options.config)?;
    let given = options.apply(&mut draft)?;
    let runtime = start_runtime()?;
    if options.yes || !Terminal::is_there() {
        script::run(options, draft, &runtime)
    } else {
        Guide::new(options, draft, given, &runtime).run()
    }
}

/// Asks for a secret, without showing what is typed; none where nobody can be asked.
pub(crate) fn ask_secret(question: &str) -> Option<anyhow::Result<String>> {
    terminal::Terminal::is_there().then(|| terminal::Terminal.ask_secret(question, None))
}
