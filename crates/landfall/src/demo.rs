//! `landfall demo`: the whole trip without account or network.

mod show;
mod site;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use landfall_load::{LoadError, LoadFacts, LoadReport, Observer};

use crate::cli::DemoOptions;
use crate::load::holdups::Holdups;
use crate::load::input::Source;
use crate::load::run::{TargetRun, start_runtime};
use crate::load::settings;
use crate::load::signals::Signals;
use crate::log::{self, LogLevel};
use site::Site;

/// About 1,000 records of a shop: orders with line items and tax lines, contacts, and a few that are wrong.
const SAMPLE: &[u8] = include_bytes!("../demo-data/sample.singer");

/// Runs the command.
pub(crate) fn run(options: &DemoOptions) -> ExitCode {
    log::start(LogLevel::choose(false, true));
    match demo(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::critical(&log::Chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn demo(options: &DemoOptions) -> anyhow::Result<()> {
    let started = Instant::now();
    let site = Site::set_up(&options.dir)?;
    show::set_up(&site);
    let runtime = start_runtime()?;
    for (index, (title, config)) in site.configs().enumerate() {
        let settings = settings::read(std::slice::from_ref(config));
        let settings = settings.map_err(|problems| anyhow::anyhow!(problems.join("; ")))?;
        if index == 0 {
            show::check(&runtime, &settings.destination)?;
        }
        let collector = Arc::new(Collector::default());
        let target = TargetRun {
            settings,
            source: Source::Bytes(SAMPLE),
            is_dry: false,
            observer: collector.clone(),
            // Nobody resumes a demo.
            output: Box::new(std::io::sink()),
            holdups: Holdups::default(),
        };
        let summary = target.run(&runtime, &Signals::unwatched())?;
        let reports = std::mem::take(&mut *collector.reports.lock().unwrap_or_else(PoisonError::into_inner));
        show::load(&site, title, &summary, &reports)?;
    }
    show::next_steps(&site, started.elapsed());
    Ok(())
}

/// Keeps what loads report.
#[derive(Debug, Default)]
struct Collector {
    reports: Mutex<Vec<LoadReport>>,
}

impl Observer for Collector {
    fn warn(&self, message: &str) {
        tracing::warn!("{message}");
    }

    fn prepared(&self, _stream: &str, _records: u64, _record_bytes: u64) {}

    fn loaded(&self, report: &LoadReport, _facts: &LoadFacts) {
        self.reports
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(report.clone());
    }

    fn failed(&self, _table: &str, _took: Duration, _error: &LoadError) {}
}
