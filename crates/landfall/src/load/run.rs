//! One run of the target, from the first line to the last state.

use std::io::Write;
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use landfall_bucket::S3Options;
use landfall_core::settings::{OnInvalidRecord, TargetSettings};
use landfall_format::{Naming, RandomKeys, Reason};
use landfall_load::{
    Clock, InvalidRecords, LoadInstants, Loader, Observer, Pipeline, PipelineParts, PipelineSettings,
    RejectionGroup, RunError, RunInstants, RunSummary,
};
use landfall_setup::CheckContext;
use tokio::runtime::Runtime;

use super::batch_files::Files;
use super::holdups::Holdups;
use super::hooks::HookedNarrator;
use super::input::{Input, Source, Taken};
use super::observer::Narrator;
use super::signals::Signals;
use super::stdio;
use crate::cli::LoadOptions;
use crate::clock::SystemClock;
use crate::descriptor::Patient;
use crate::file_limit;
use crate::log::LogLevel;
use crate::remedy::Remedies;
use crate::wiring::{aws_options, open_bucket};

/// How long the conductor waits for input before it looks after batches and loads.
const PATIENCE: Duration = Duration::from_millis(20);
/// How long the end of a run waits for what blocks after a failure or a signal.
pub(super) const LEAVE: Duration = Duration::from_secs(3);
/// Loads at the same time: enough to overlap waiting, few enough to keep memory flat.
const LOADS_AT_ONCE: usize = 3;

/// A run of the target over any input.
pub(crate) struct TargetRun {
    pub(crate) settings: TargetSettings,
    pub(crate) source: Source,
    pub(crate) is_dry: bool,
    pub(crate) observer: Arc<dyn Observer>,
    /// Takes STATE lines.
    pub(crate) output: Box<dyn Write + Send>,
    /// Waits before requests to the bucket are repeated.
    pub(crate) holdups: Holdups,
}

/// Runs until the input ends or something is in the way.
pub(super) fn run(
    settings: TargetSettings,
    options: &LoadOptions,
    level: LogLevel,
) -> anyhow::Result<ExitCode> {
    if !options.dry_run {
        stdio::check_stdout()?;
    }
    let runtime = start_runtime()?;
    let holdups = Holdups::default();
    let signals = Signals::watch(holdups.clone())?;
    let narrator = Arc::new(Narrator::new(level));
    let hooked = Arc::new(HookedNarrator::new(
        narrator.clone(),
        &settings.post_load_webhooks,
        holdups.clone(),
        &runtime,
    )?);
    let context = CheckContext::of_settings(&settings.destination, None);
    let remedies = Remedies::new(context, settings.destination.sentinel_key.as_ref());
    let target = TargetRun {
        settings,
        source: source(options)?,
        is_dry: options.dry_run,
        observer: hooked.clone(),
        output: holdups.watch(Patient(std::io::stdout())),
        holdups,
    };
    let outcome = target.run(&runtime, &signals);
    // Loads that were done before a failure have their webhooks all the same.
    hooked.deliver(&runtime, signals.begin_delivering());
    // Writes to a folder that are under way come to their end; what hangs, such as looking up a name, does not matter.
    runtime.shutdown_timeout(LEAVE);
    let summary = outcome.inspect_err(|failure| explain(failure, &remedies))?;
    narrator.finish();
    if options.dry_run && summary.rejected > 0 {
        summary.rejections.iter().for_each(tell_rejections);
        anyhow::bail!(
            "{} of {} records would be rejected",
            summary.rejected,
            summary.records
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Logs what the last line of the run does not say.
fn explain(failure: &anyhow::Error, remedies: &Remedies) {
    if let Some(RunError::InvalidRecord { stream, line, reason }) = failure.downcast_ref() {
        tracing::error!(
            "stream '{stream}', line {line}: {}, and on_invalid_record is fail",
            Reason::in_words(reason.number())
        );
    }
    remedies.log(failure);
}

fn tell_rejections(group: &RejectionGroup) {
    let RejectionGroup {
        stream,
        check,
        count,
        first_line,
        first_reason,
    } = group;
    let words = Reason::in_words(check);
    tracing::error!(
        "stream '{stream}': {count} record(s) would be rejected ({words}), the first in line {first_line}: {first_reason}"
    );
}

/// Threads for requests and files.
pub(crate) fn start_runtime() -> std::io::Result<Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    file_limit::fail_instead_of_dying(&runtime);
    Ok(runtime)
}

impl TargetRun {
    /// Runs to the end of the input.
    pub(crate) fn run(self, runtime: &Runtime, signals: &Signals) -> anyhow::Result<RunSummary> {
        let Some((mut pipeline, source)) = self.prepare(runtime, signals)? else {
            return Ok(RunSummary::default());
        };
        let input = Input::start(source)?;
        if !signals.begin_reading(input.stop_handle(), pipeline.give_up()) {
            return Ok(RunSummary::default());
        }
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

    /// Opens the bucket and checks the access to it; `None` if a signal came meanwhile.
    fn prepare(self, runtime: &Runtime, signals: &Signals) -> anyhow::Result<Option<(Pipeline, Source)>> {
        let settings = self.settings;
        let destination = settings.destination;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let instants = Arc::new(LoadInstants::default());
        let options = S3Options {
            sleep: Arc::new(self.holdups),
            ..aws_options()
        };
        let opening = open_bucket(&destination.access, destination.bucket.as_str(), options);
        let Some(bucket) = unless_enough(runtime, signals, opening) else {
            return Ok(None);
        };
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
            let loader = Loader::new(
                bucket,
                challenge,
                Arc::new(RunInstants {
                    instants: instants.clone(),
                    clock: clock.clone(),
                }),
            );
            match unless_enough(runtime, signals, loader.check_access()) {
                Some(checked) => checked?,
                None => return Ok(None),
            }
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
        Ok(Some((pipeline, self.source)))
    }
}

/// What `work` comes to; `None` if a signal comes first.
fn unless_enough<T>(runtime: &Runtime, signals: &Signals, work: impl Future<Output = T>) -> Option<T> {
    runtime.block_on(async {
        tokio::select! {
            biased;
            () = signals.enough() => None,
            done = work => Some(done),
        }
    })
}

fn source(options: &LoadOptions) -> anyhow::Result<Source> {
    match &options.input {
        None => {
            stdio::check_stdin()?;
            Ok(Source::Descriptor(std::io::stdin().as_fd().try_clone_to_owned()?))
        }
        Some(path) => match std::fs::File::open(path) {
            Ok(file) => Ok(Source::Descriptor(file.into())),
            Err(error) => anyhow::bail!(
                "input file {}: {error}: check the path after --input",
                path.display()
            ),
        },
    }
}
