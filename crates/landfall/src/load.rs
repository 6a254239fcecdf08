//! `landfall load`: the Singer target (singer.md).

mod batch_files;
pub(crate) mod holdups;
mod hooks;
pub(crate) mod input;
mod observer;
pub(crate) mod run;
pub(crate) mod settings;
pub(crate) mod signals;
mod stdio;

use std::process::ExitCode;

use crate::about;
use crate::cli::LoadOptions;
use crate::log::{self, LogLevel};

/// Runs the command. Exit codes: singer.md §8.
pub(crate) fn run(options: &LoadOptions) -> ExitCode {
    if options.version {
        say!("{}", about::version());
        return ExitCode::SUCCESS;
    }
    if options.about {
        say!("{}", about::about(options.format));
        return ExitCode::SUCCESS;
    }
    let level = LogLevel::choose(options.verbose, options.quiet);
    log::start(level);
    let settings = match settings::read(&options.config) {
        Ok(settings) => settings,
        Err(problems) => {
            let (last, others) = problems
                .split_last()
                .map_or(("", &[][..]), |(last, others)| (last.as_str(), others));
            others.iter().for_each(|problem| tracing::error!("{problem}"));
            log::critical(&last);
            return ExitCode::FAILURE;
        }
    };
    match run::run(settings, options, level) {
        Ok(code) => code,
        Err(error) => {
            log::critical(&log::Chain(&error));
            ExitCode::FAILURE
        }
    }
}
