//! `landfall check`: the steps of setup-flow.md §6.2, each with its cause and remedy when it fails.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Instant;

use landfall_bucket::{RetryPolicy, S3Options};
use landfall_core::settings::DestinationSettings;
use landfall_setup::{
    BucketProbes, CHECK_LIMIT, Check, CheckContext, CheckEvent, CheckReport, Glyphs, Step, StoreCapabilities,
};
use landfall_setup::catalogue::Failing;
use tokio::runtime::Runtime;

use crate::cli::CheckOptions;
use crate::load::run::start_runtime;
use crate::load::settings;
use crate::log::{self, LogLevel};
use crate::wiring::OpenBucket;

/// Runs the command: exit 0 when loads can run, 1 when not.
pub(crate) fn run(options: &CheckOptions) -> ExitCode {
    log::start(LogLevel::choose(false, true));
    let settings = match settings::read(&options.config) {
        Ok(settings) => settings,
        Err(problems) => {
            problems.iter().for_each(|problem| log::critical(problem));
            return ExitCode::from(2);
        }
    };
    let show_steps = !options.json;
    let outcome = start_runtime().map_err(anyhow::Error::from).and_then(|runtime| {
        run_check(&runtime, &settings.destination, &mut |lines| {
            if show_steps {
                print!("{lines}");
            }
        })
    });
    match outcome {
        Ok(report) => {
            if options.json {
                println!("{}", report.json_text());
            }
            if report.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            log::critical(&error);
            ExitCode::FAILURE
        }
    }
}

/// Checks a destination and shows each step as it ends.
///
/// # Errors
/// If there is no challenge file to look for.
pub(crate) fn run_check(
    runtime: &Runtime,
    settings: &DestinationSettings,
    show: &mut (dyn FnMut(&str) + Send),
) -> anyhow::Result<CheckReport> {
    let Some(challenge) = &settings.sentinel_key else {
        anyhow::bail!(
            "sentinel_key is not set: upload an empty file whose name begins with stitch-challenge-file- to the top of \
             the bucket, and name it in sentinel_key"
        );
    };
    let glyphs = if std::env::var_os("NO_COLOR").is_some() && !std::io::stdout().is_terminal() {
        Glyphs::Ascii
    } else {
        Glyphs::Unicode
    };
    runtime.block_on(async {
        let options = S3Options { retry: RetryPolicy::check(), ..S3Options::default() };
        let bucket = OpenBucket::open(&settings.access, settings.bucket.as_str(), options).await;
        let probes = match &bucket {
            OpenBucket::Folder(bucket) => BucketProbes::of_folder(bucket),
            OpenBucket::Aws(bucket) => BucketProbes::of_aws(bucket),
            OpenBucket::Store(bucket) => BucketProbes::of_store(bucket, StoreCapabilities::UNKNOWN),
        };
        let context = CheckContext::of_settings(settings, None);
        let started = Instant::now();
        let check = Check { context: &context, challenge, probes: &probes, now: &|| started.elapsed() };
        let mut ended = Vec::new();
        let mut observe = |event: CheckEvent<'_>| {
            if let CheckEvent::Ended { result, problem } = event {
                show(&glyphs.step_lines(result, problem));
                ended.push(result.clone());
            }
        };
        let report = tokio::time::timeout(CHECK_LIMIT, check.run(&mut observe)).await;
        let report = report.unwrap_or_else(|_| {
            let next = Step::ALL.into_iter().nth(ended.len());
            let step = next.unwrap_or(Step::WriteProbe);
            CheckReport::out_of_time(std::mem::take(&mut ended), &Failing { context: &context, step, challenge, identity: None })
        });
        show(&glyphs.closing_lines(&report));
        Ok(report)
    })
}

