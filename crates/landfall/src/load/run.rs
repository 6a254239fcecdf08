//! One run of the target, from the first line to the last state.

use std::io::{Read, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use landfall_core::settings::{OnInvalidRecord, TargetSettings};
use landfall_format::{Naming, RandomKeys};
use landfall_load::{
    Clock, InvalidRecords, LoadInstants, Loader, Observer, Pipeline, PipelineParts, PipelineSettings,
    RunError, RunSummary,
};
use landfall_setup::CheckContext;
use tokio::runtime::Runtime;

use super::batch_files::Files;
use super::hooks::HookedNarrator;
use super::input::{Input, StopHandle, Taken};
use super::observer::Narrator;
use crate::cli::LoadOptions;
use crate::clock::SystemClock;
use crate::log::LogLevel;
use crate::remedy::Remedies;
use crate::wiring::open_bucket;

/// How long the conductor waits for input before it looks after batches and loads.
const PATIENCE: Duration = Duration::from_millis(20);
/// Loads at the same time: enough to overlap waiting, few enough to keep memory flat.
const LOADS_AT_ONCE: usize = 3;

/// A run of the target over any input.
pub(crate) struct TargetRun {
    pub(crate) settings: TargetSettings,
    pub(crate) source: Box<dyn Read + Send>,
    pub(crate) is_dry: bool,
    pub(crate) observer: Arc<dyn Observer>,
    /// Takes STATE lines.
    pub(crate) output: Box<dyn Write + Send>,
}

/// Runs until the input ends or something is in the way.
pub(super) fn run(
    settings: TargetSettings,
    options: &LoadOptions,
    level: LogLevel,
) -> anyhow::Result<ExitCode> {
    let runtime = start_runtime()?;
    let narrator = Arc::new(Narrator::new(level));
    let hooked = Arc::new(HookedNarrator::new(
        narrator.clone(),
        &settings.post_load_webhooks,
        &runtime,
    )?);
    let context = CheckContext::of_settings(&settings.destination, None);
    let remedies = Remedies::new(context, settings.destination.sentinel_key.as_ref());
    let target = TargetRun {
        settings,
        source: source(options)?,
        is_dry: options.dry_run,
        observer: hooked.clone(),
        output: Box::new(std::io::stdout()),
    };
    let outcome = target.run(&runtime);
    // Loads that were done before a failure have their webhooks all the same.
    hooked.deliver(&runtime);
    let summary = outcome.inspect_err(|failure| remedies.log(failure))?;
    narrator.finish();
    if options.dry_run && summary.rejected > 0 {
        anyhow::bail!(
            "{} of {} records would be rejected",
            summary.rejected,
            summary.records
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Threads for requests and files.
pub(crate) fn start_runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
}

impl TargetRun {
    /// Runs to the end of the input.
    pub(crate) fn run(self, runtime: &Runtime) -> anyhow::Result<RunSummary> {
        let (mut pipeline, source) = self.prepare(runtime)?;
        let input = Input::start(source)?;
        stop_on_signals(runtime, &input.stop_handle());
        loop {
            match input.take(PATIENCE).map_err(RunError::Input)? {
                Taken::Bytes(bytes) => pipeline.feed(bytes)?,
                Taken::Nothing => pipeline.tick(Duration::ZERO)?,
                Taken::End => break,
                Taken::Stopped => {
                    pipeline.drop_unfinished_line();
                    break;
                }
            }
        }
        Ok(pipeline.finish()?)
    }

    fn prepare(self, runtime: &Runtime) -> anyhow::Result<(Pipeline, Box<dyn Read + Send>)> {
        let settings = self.settings;
        let destination = settings.destination;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let instants = Arc::new(LoadInstants::default());
        let bucket = runtime.block_on(open_bucket(&destination.access, destination.bucket.as_str()));
        let naming = Naming {
            integration: settings.integration_name.as_str().to_owned(),
            template: destination.key_template,
            format: destination.format,
            max_key_part_bytes: bucket.max_key_part_bytes(),
        };
        let loader = if self.is_dry {
            None
        } else {
            let challenge = destination.sentinel_key.map(|key| key.as_str().to_owned());
            let loader = Loader::new(bucket, challenge, instants.clone(), clock.clone());
            runtime.block_on(loader.check_access())?;
            Some(Arc::new(loader))
        };
        let pipeline = Pipeline::start(PipelineParts {
            settings: PipelineSettings {
                naming: Arc::new(naming),
                bucket: destination.bucket.as_str().to_owned(),
                limits: settings.batch,
                memory_budget: settings.memory_budget,
                validates_records: settings.validate_records,
                invalid_records: match settings.on_invalid_record {
                    OnInvalidRecord::Reject => InvalidRecords::Reject,
                    OnInvalidRecord::Fail => InvalidRecords::Fail,
                },
                processes_activate_version: settings.process_activate_version_messages,
                workers: std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
                loads_at_once: LOADS_AT_ONCE,
            },
            loader,
            instants,
            runtime: runtime.handle().clone(),
            clock,
            keys: Box::new(|| Box::new(RandomKeys::default())),
            files: Box::new(Files {
                access: destination.access,
                runtime: runtime.handle().clone(),
            }),
            output: self.output,
            observer: self.observer,
        })?;
        Ok((pipeline, self.source))
    }
}

fn source(options: &LoadOptions) -> anyhow::Result<Box<dyn Read + Send>> {
    match &options.input {
        None => Ok(Box::new(std::io::stdin())),
        Some(path) => match std::fs::File::open(path) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) => anyhow::bail!(
                "input file {}: {error}: check the path after --input",
                path.display()
            ),
        },
    }
}

/// The first SIGINT or SIGTERM ends the input; what was read is loaded. Runners deliver them twice, so further ones
/// change nothing (singer.md §8).
fn stop_on_signals(runtime: &Runtime, stop: &StopHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    let _guard = runtime.enter();
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        // Where signals can't be watched the default applies.
        let Ok(mut signals) = signal(kind) else { continue };
        let stop = stop.clone();
        runtime.spawn(async move {
            while signals.recv().await.is_some() {
                tracing::info!("signal received: loading what was read, then ending");
                stop.stop();
            }
        });
    }
}
