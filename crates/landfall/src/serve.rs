//! `landfall serve`: Import API, management API and loader in one process.

mod accept;
pub(crate) mod data_folder;
mod events;
mod gate;
mod http;
mod journal;
#[cfg(debug_assertions)]
mod kill_point;
pub(crate) mod log_key;
mod metrics;
mod ops;
mod oversized;
mod parts;
mod places;
mod retention;
mod run;
mod settings;
mod waiting;

use std::process::ExitCode;

use crate::cli::ServeOptions;
use crate::file_limit;
use crate::log::{self, LogLevel};

/// Runs the command: exit 0 after a signal, 1 when it can't go on, 2 for settings that can't be used.
pub(crate) fn run(options: &ServeOptions) -> ExitCode {
    log::start(LogLevel::choose(options.verbose, options.quiet));
    let settings = match settings::read(options) {
        Ok(settings) => settings,
        Err(problems) => {
            problems.iter().for_each(|problem| log::critical(problem));
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .on_thread_start(let_landing_go_first)
        .build();
    let served = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        file_limit::fail_instead_of_dying(&runtime);
        runtime.block_on(run::serve(settings))
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::critical(&log::Chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// Requests are read by threads that yield to the one that lands what they took in. Where both want more than the
/// machine has, taking in slows down to what can be landed, instead of getting ever further ahead.
fn let_landing_go_first() {
    const STEPS: i32 = 5;
    // If the system refuses, all threads are equals, as they were.
    let _ = rustix::process::nice(STEPS);
}
