//! `landfall completions` and `landfall man`, made from the definitions that `--help` shows.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::CommandFactory;

use crate::cli::{Cli, CompletionsOptions, ManOptions};
use crate::log::{self, LogLevel};

/// Prints the completions of a shell.
pub(crate) fn run(options: &CompletionsOptions) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(
        options.shell.generator(),
        &mut Cli::command(),
        "landfall",
        &mut script,
    );
    ended(io::stdout().write_all(&script).context("writing to stdout"))
}

/// Prints the man page, or writes one for each command.
pub(crate) fn run_man(options: &ManOptions) -> ExitCode {
    ended(match &options.out {
        Some(folder) => std::fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(Cli::command(), folder))
            .with_context(|| format!("writing man pages to {}", folder.display())),
        None => clap_mangen::Man::new(Cli::command())
            .render(&mut io::stdout())
            .context("writing to stdout"),
    })
}

fn ended(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::start(LogLevel::choose(false, true));
            log::critical(&format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
