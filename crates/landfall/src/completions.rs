//! `landfall completions` and `landfall man`, made from the definitions that `--help` shows.

use std::process::ExitCode;

use anyhow::Context;
use clap::CommandFactory;

use crate::cli::{Cli, CompletionsOptions, ManOptions};
use crate::log::{self, LogLevel};
use crate::out;

/// Prints the completions of a shell.
pub(crate) fn run(options: &CompletionsOptions) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(
        options.shell.generator(),
        &mut Cli::command(),
        "landfall",
        &mut script,
    );
    print(&script);
    ExitCode::SUCCESS
}

/// Prints the man page, or writes one for each command.
pub(crate) fn run_man(options: &ManOptions) -> ExitCode {
    ended(match &options.out {
        Some(folder) => std::fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(documented(), folder))
            .with_context(|| format!("writing man pages to {}", folder.display())),
        None => {
            let mut page = Vec::new();
            let made = clap_mangen::Man::new(documented()).render(&mut page);
            made.map(|()| print(&page)).context("making the man page")
        }
    })
}

/// The commands for man pages, which put a v before the version themselves.
fn documented() -> clap::Command {
    Cli::command().version(env!("CARGO_PKG_VERSION"))
}

/// Prints to readers who may go away, as `head` does.
fn print(text: &[u8]) {
    out::write(format_args!("{}", String::from_utf8_lossy(text)));
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
