//! The `landfall` binary: arguments, environment, files and wiring. What it does is in the crates below it.

mod about;
mod check;
mod cli;
mod clock;
mod demo;
mod key;
mod load;
mod log;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = cli::arguments(std::env::args_os());
    match cli::Cli::parse_from(arguments).command {
        cli::Command::Load(options) => load::run(&options),
        cli::Command::Check(options) => check::run(&options),
        cli::Command::Demo(options) => demo::run(&options),
        cli::Command::Key(options) => key::run(&options),
    }
}
