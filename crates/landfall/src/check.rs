//! `landfall check`: the steps of setup-flow.md §6.2, each with its cause and remedy when it fails.

use std::io::IsTerminal;
use std::process::ExitCode;

use landfall_bucket::{RetryPolicy, S3Options};
use landfall_core::settings::{ChallengeKey, DestinationSettings};
use landfall_core::visible::visible;
use landfall_load::Clock;
use landfall_setup::catalogue::Failing;
use landfall_setup::principal::PrincipalArn;
use landfall_setup::{
    BucketProbes, CHECK_LIMIT, Check, CheckContext, CheckEvent, CheckReport, Glyphs, SURVEY_LIMIT, Step,
    StepResult, Survey,
};
use tokio::runtime::Runtime;

use crate::cli::{CheckOptions, is_environment};
use crate::clock::SystemClock;
use crate::credential_hints;
use crate::environment::variable;
use crate::load::run::start_runtime;
use crate::load::settings;
use crate::log::{self, LogLevel};
use crate::out;
use crate::settings_file;
use crate::wiring::{MovedS3, OpenBucket, aws_options};

/// What is shown of a check while it runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shown<'a> {
    /// A step begins.
    Begun(Step),
    /// The steps have passed, and what else is worth knowing is looked at.
    LookingAround,
    /// A step has ended; its lines follow.
    Ended(&'a StepResult),
    /// Lines that stay: a step that has ended, or the verdict.
    Lines(&'a str),
}

/// Prints lines as they come; on a terminal also the step that is under way.
pub(crate) fn print_steps(shown: Shown<'_>) {
    let is_live = std::io::stdout().is_terminal();
    match shown {
        Shown::Begun(step) if is_live => show_live(step.title()),
        Shown::LookingAround if is_live => show_live("Look around"),
        Shown::Begun(_) | Shown::LookingAround | Shown::Ended(_) => {}
        Shown::Lines(lines) if is_live => {
            log::keep_below(None);
            out::write(format_args!("\r\x1b[2K{}", visible(lines)));
        }
        Shown::Lines(lines) => out::write(format_args!("{}", visible(lines))),
    }
}

fn show_live(title: &str) {
    let line = format!("… {title}");
    out::write(format_args!("{line}"));
    log::keep_below(Some(line));
}

/// Runs the command: exit 0 when loads can run, 1 when not, 2 for settings that can't be used.
pub(crate) fn run(options: &CheckOptions) -> ExitCode {
    log::start(LogLevel::choose(false, true));
    let settings = match settings::read(&options.config) {
        Ok(settings) => settings,
        Err(problems) => {
            problems.iter().for_each(|problem| log::critical(problem));
            if options.json {
                let answer = serde_json::json!({"status": "unusable_settings", "problems": problems});
                say_json!(format!("{answer:#}"));
            }
            return ExitCode::from(2);
        }
    };
    let mut ignore = |_: Shown<'_>| {};
    let mut print = print_steps;
    let show: &mut (dyn FnMut(Shown<'_>) + Send) = if options.json { &mut ignore } else { &mut print };
    let readable = options.config.iter().filter(|path| !is_environment(path));
    for path in readable.filter(|path| settings_file::shows_secret(path)) {
        tracing::warn!(
            "{0} holds secrets and others may read it: chmod 600 {0}",
            path.display()
        );
    }
    if let Some(moved) = MovedS3::for_access(&settings.destination.access) {
        show(Shown::Lines(&format!("{}\n", moved.line())));
    }
    let outcome = start_runtime()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| run_check(&runtime, &settings.destination, options.principal.clone(), show));
    match outcome {
        Ok(report) => {
            if options.json {
                say_json!(report.json_text());
            }
            if report.is_success() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            log::critical(&log::Chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn challenge_of(destination: &DestinationSettings) -> anyhow::Result<&ChallengeKey> {
    match &destination.sentinel_key {
        Some(challenge) => Ok(challenge),
        None => anyhow::bail!(
            "sentinel_key is not set: run landfall setup, which makes a name for the challenge file, or name an empty \
             file at the top of the bucket that begins with stitch-challenge-file-"
        ),
    }
}

/// Checks a destination and shows each step as it ends. `shown_principal` is whom the policy that was shown names.
///
/// # Errors
/// If there is no challenge file to look for.
pub(crate) fn run_check(
    runtime: &Runtime,
    settings: &DestinationSettings,
    shown_principal: Option<PrincipalArn>,
    show: &mut (dyn FnMut(Shown<'_>) + Send),
) -> anyhow::Result<CheckReport> {
    let challenge = challenge_of(settings)?;
    for hint in credential_hints::hints(&settings.access.auth) {
        tracing::warn!("{hint}");
    }
    Ok(runtime.block_on(check_destination(settings, challenge, shown_principal, show)))
}

/// Checks a destination within a runtime that is there already.
pub(crate) async fn check_destination(
    settings: &DestinationSettings,
    challenge: &ChallengeKey,
    shown_principal: Option<PrincipalArn>,
    show: &mut (dyn FnMut(Shown<'_>) + Send),
) -> CheckReport {
    let glyphs = glyphs();
    let options = S3Options {
        retry: RetryPolicy::check(),
        ..aws_options()
    };
    let bucket = OpenBucket::open(&settings.access, settings.bucket.as_str(), options).await;
    let probes = match &bucket {
        OpenBucket::Folder(bucket) => BucketProbes::of_folder(bucket),
        OpenBucket::Aws(bucket) => BucketProbes::of_aws(bucket),
        OpenBucket::Store(bucket) => BucketProbes::of_store(bucket),
    };
    let context = CheckContext::of_settings(settings, shown_principal);
    let clock = SystemClock::new();
    let check = Check {
        context: &context,
        challenge,
        probes: &probes,
        now: &|| clock.elapsed(),
        clock: &|| clock.closing(),
    };
    let mut report = run_steps(&check, glyphs, show).await;
    let mut survey = Survey::default();
    if report.is_success() {
        show(Shown::LookingAround);
        // What was found by then is kept, the rest is told as not measured.
        let _ = tokio::time::timeout(SURVEY_LIMIT, check.survey(&report, &mut survey)).await;
    }
    report.conclude(&context, &survey);
    show(Shown::Lines(&glyphs.closing_lines(&report)));
    report
}

/// Runs the steps, which have [`CHECK_LIMIT`] altogether.
async fn run_steps(
    check: &Check<'_>,
    glyphs: Glyphs,
    show: &mut (dyn FnMut(Shown<'_>) + Send),
) -> CheckReport {
    let mut ended = Vec::new();
    let mut observe = |event: CheckEvent<'_>| match event {
        CheckEvent::Started(step) => show(Shown::Begun(step)),
        CheckEvent::Ended { result, problem } => {
            show(Shown::Ended(result));
            show(Shown::Lines(&glyphs.step_lines(result, problem)));
            ended.push(result.clone());
        }
    };
    let report = tokio::time::timeout(CHECK_LIMIT, check.run(&mut observe)).await;
    report.unwrap_or_else(|_| {
        let next = Step::ALL.into_iter().nth(ended.len());
        let step = next.unwrap_or(Step::WriteProbe);
        let failing = Failing {
            context: check.context,
            step,
            challenge: check.challenge,
            identity: None,
        };
        let report = CheckReport::out_of_time(std::mem::take(&mut ended), &failing);
        // The steps that had ended are shown already.
        for result in report.steps.iter().skip_while(|result| result.step != step) {
            let problem = report
                .errors
                .first()
                .filter(|problem| problem.step == result.step);
            show(Shown::Lines(&glyphs.step_lines(result, problem)));
        }
        report
    })
}

/// Marks that every terminal shows where `TERM=dumb` or the locale asks for them.
fn glyphs() -> Glyphs {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable);
    let is_plain = locale.is_some_and(|locale| matches!(locale.as_str(), "C" | "POSIX"));
    if is_plain || variable("TERM").is_some_and(|terminal| terminal == "dumb") {
        Glyphs::Ascii
    } else {
        Glyphs::Unicode
    }
}
