//! What a run shows: log lines, metrics, and on a terminal a live line.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use landfall_format::Reason;
use landfall_load::{LoadError, LoadFacts, LoadReport, Observer};
use serde_json::json;
use tracing::{info, warn};

use crate::log::{self, LogLevel};

/// How often the live line is drawn.
const DRAW_EVERY: Duration = Duration::from_millis(100);
/// Streams that the live line names.
const STREAMS_SHOWN: usize = 4;

#[derive(Debug, Default)]
struct Totals {
    records: u64,
    record_bytes: u64,
    landed_bytes: u64,
    streams: BTreeMap<String, u64>,
    last_drawn: Option<Instant>,
}

/// Tells the person, or the log, what happens.
pub(crate) struct Narrator {
    started: Instant,
    progress: Option<ProgressBar>,
    totals: Mutex<Totals>,
}

impl Narrator {
    pub(crate) fn new(level: LogLevel) -> Self {
        let is_watched = level.shows_info() && std::io::stderr().is_terminal();
        let progress = is_watched.then(|| {
            let progress = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                progress.set_style(style);
            }
            log::show_progress(progress.clone());
            progress
        });
        Self {
            started: Instant::now(),
            progress,
            totals: Mutex::default(),
        }
    }

    /// Takes the live line away and sums up.
    pub(crate) fn finish(&self) {
        if let Some(progress) = &self.progress {
            progress.finish_and_clear();
        }
        let totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        info!("{}", summary(&totals, self.started.elapsed()));
    }

    fn draw(&self, totals: &mut Totals) {
        let Some(progress) = &self.progress else { return };
        if totals.last_drawn.is_some_and(|last| last.elapsed() < DRAW_EVERY) {
            return;
        }
        totals.last_drawn = Some(Instant::now());
        progress.set_message(live_line(totals, self.started.elapsed()));
        progress.tick();
    }
}

fn live_line(totals: &Totals, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64().max(0.001);
    let mut line = format!(
        "{} records ({}/s), {}/s in, {} landed",
        HumanCount(totals.records),
        HumanCount((totals.records as f64 / seconds) as u64),
        HumanBytes((totals.record_bytes as f64 / seconds) as u64),
        HumanBytes(totals.landed_bytes),
    );
    let mut streams: Vec<_> = totals.streams.iter().collect();
    streams.sort_by(|one, other| other.1.cmp(one.1));
    for (stream, records) in streams.iter().take(STREAMS_SHOWN) {
        line.push_str(&format!(" · {stream} {}", HumanCount(**records)));
    }
    if streams.len() > STREAMS_SHOWN {
        line.push_str(&format!(" · and {} more streams", streams.len() - STREAMS_SHOWN));
    }
    line
}

fn summary(totals: &Totals, elapsed: Duration) -> String {
    format!(
        "done: {} records of {} streams, {} written, {:.1} s",
        totals.records,
        totals.streams.len(),
        HumanBytes(totals.landed_bytes),
        elapsed.as_secs_f64()
    )
}

impl Observer for Narrator {
    fn warn(&self, message: &str) {
        warn!("{message}");
    }

    fn prepared(&self, stream: &str, records: u64, record_bytes: u64) {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        totals.records += records;
        totals.record_bytes += record_bytes;
        match totals.streams.get_mut(stream) {
            Some(count) => *count += records,
            None => {
                totals.streams.insert(stream.to_owned(), records);
            }
        }
        self.draw(&mut totals);
    }

    fn loaded(&self, report: &LoadReport, _facts: &LoadFacts) {
        for (number, count) in &report.reasons {
            let words = Reason::in_words(number);
            warn!(
                "{}: {count} record(s) rejected: {words} ({number}); see _sdc_rejected",
                report.table
            );
        }
        let objects: Vec<&str> = report.files.iter().map(|file| file.key.as_str()).collect();
        info!(
            "loaded {}: {} rows, {} rejected, {} in {} object(s), {:.2} s: {}",
            report.table,
            report.rows_landed,
            report.rows_rejected,
            HumanBytes(report.size_bytes()),
            objects.len(),
            report.took.as_secs_f64(),
            objects.join(" "),
        );
        metric(
            "counter",
            "record_count",
            json!(report.rows_landed),
            json!({"stream": report.table}),
        );
        timer(&report.table, report.took, "succeeded");
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        totals.landed_bytes += report.size_bytes();
        self.draw(&mut totals);
    }

    fn failed(&self, table: &str, took: Duration, _error: &LoadError) {
        timer(table, took, "failed");
    }
}

fn timer(stream: &str, took: Duration, status: &str) {
    let seconds = (took.as_secs_f64() * 1e6).round() / 1e6;
    metric(
        "timer",
        "batch_processing_time",
        json!(seconds),
        json!({"stream": stream, "status": status}),
    );
}

/// Singer's metrics (singer.md §8).
fn metric(kind: &str, name: &str, value: serde_json::Value, tags: serde_json::Value) {
    info!(
        "METRIC: {}",
        MetricLine {
            kind,
            name,
            value,
            tags
        }
    );
}

struct MetricLine<'m> {
    kind: &'m str,
    name: &'m str,
    value: serde_json::Value,
    tags: serde_json::Value,
}

impl std::fmt::Display for MetricLine<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, name) = (self.kind, self.name);
        write!(
            out,
            r#"{{"type":"{kind}","metric":"{name}","value":{},"tags":{}}}"#,
            self.value, self.tags
        )
    }
}
