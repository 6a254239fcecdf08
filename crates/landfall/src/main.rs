//! The `landfall` binary: arguments, environment, files and wiring. What it does is in the crates below it.

#[macro_use]
mod out;

mod about;
mod caller;
mod check;
mod cli;
mod clock;
mod completions;
mod control;
mod credential_hints;
mod demo;
mod descriptor;
mod environment;
mod file_limit;
mod hooks;
mod key;
mod load;
mod log;
mod memory;
mod policy;
mod remedy;
mod serve;
mod settings_file;
mod setup;
mod verify;
mod wiring;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::command(std::env::args_os()) {
        cli::Command::Load(options) => load::run(&options),
        cli::Command::Serve(options) => serve::run(&options),
        cli::Command::Verify(options) => verify::run(&options),
        cli::Command::Hooks(command) => hooks::run(&command),
        cli::Command::Destination(options) => control::destination(&options),
        cli::Command::Source(options) => control::source(&options),
        cli::Command::Setup(options) => setup::run(&options),
        cli::Command::Policy(options) => policy::run(&options),
        cli::Command::Completions(options) => completions::run(&options),
        cli::Command::Man(options) => completions::run_man(&options),
        cli::Command::Check(options) => check::run(&options),
        cli::Command::Demo(options) => demo::run(&options),
        cli::Command::Key(options) => key::run(&options),
    }
}
