//! What `/metrics` shows (operations.md §10), in the text form of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use landfall_core::ids::SourceId;
use landfall_load::LoadReport;
use landfall_load::service::ServiceObserver;

/// Numbers that only grow since the start, by name and labels.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    counters: Mutex<BTreeMap<(&'static str, String), u64>>,
    is_read_only: AtomicBool,
}

/// Name, kind and help of each metric.
const HELP: [(&str, &str, &str); 13] = [
    (
        "landfall_import_requests_total",
        "counter",
        "Requests to the Import API, by endpoint and status code.",
    ),
    (
        "landfall_import_records_total",
        "counter",
        "Records accepted, by source.",
    ),
    (
        "landfall_import_bytes_total",
        "counter",
        "Bytes accepted into the log.",
    ),
    (
        "landfall_import_refused_total",
        "counter",
        "Requests that the log had no room for.",
    ),
    ("landfall_journal_bytes", "gauge", "Bytes of the log on disk."),
    (
        "landfall_journal_oldest_seconds",
        "gauge",
        "Age of the oldest entry of the log.",
    ),
    ("landfall_load_objects_total", "counter", "Objects written."),
    (
        "landfall_load_rows_total",
        "counter",
        "Rows landed, by source and table.",
    ),
    (
        "landfall_rejected_rows_total",
        "counter",
        "Records rejected, by source and table.",
    ),
    (
        "landfall_load_failures_total",
        "counter",
        "Loads that failed, by source and table.",
    ),
    (
        "landfall_load_lag_seconds",
        "gauge",
        "Seconds from the receipt of the oldest waiting record until now.",
    ),
    (
        "landfall_destination_state",
        "gauge",
        "1 for the state that a destination is in.",
    ),
    (
        "landfall_hook_deliveries_total",
        "counter",
        "Requests to post-load webhooks, by result.",
    ),
];

impl Metrics {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(&'static str, String), u64>> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, name: &'static str, labels: &[(&str, &str)], count: u64) {
        *self.lock().entry((name, render_labels(labels))).or_default() += count;
    }

    /// A request of the Import API was answered.
    pub(crate) fn answered(&self, endpoint: &str, code: u16) {
        let labels = [("endpoint", endpoint), ("code", &code.to_string())];
        self.add("landfall_import_requests_total", &labels, 1);
    }

    /// A request was made durable.
    pub(crate) fn accepted(&self, source: SourceId, records: u64, bytes: u64) {
        self.add(
            "landfall_import_records_total",
            &[("source", &source.to_string())],
            records,
        );
        self.add("landfall_import_bytes_total", &[], bytes);
    }

    /// A request was refused for lack of room.
    pub(crate) fn refused(&self) {
        self.add("landfall_import_refused_total", &[], 1);
    }

    /// A request to a hook ended.
    pub(crate) fn delivered(&self, result: &'static str) {
        self.add("landfall_hook_deliveries_total", &[("result", result)], 1);
    }

    /// Notes whether the log can be written.
    pub(crate) fn note_writable(&self, is_writable: bool) {
        self.is_read_only.store(!is_writable, Ordering::SeqCst);
    }

    pub(crate) fn is_writable(&self) -> bool {
        !self.is_read_only.load(Ordering::SeqCst)
    }

    /// All metrics; `gauges` are those of now.
    pub(crate) fn render(&self, gauges: &[(&'static str, String, f64)]) -> String {
        let counters = self.lock().clone();
        let mut out = String::new();
        for (name, kind, help) in HELP {
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for ((_, labels), count) in counters.iter().filter(|((found, _), _)| *found == name) {
                let _ = writeln!(out, "{name}{labels} {count}");
            }
            for (_, labels, value) in gauges.iter().filter(|(found, _, _)| *found == name) {
                let _ = writeln!(out, "{name}{labels} {value}");
            }
        }
        out
    }
}

/// Labels as they stand behind a name.
pub(crate) fn render_labels(labels: &[(&str, &str)]) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let escape = |text: &str| {
        text.replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n")
    };
    let pairs: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", escape(value)))
        .collect();
    format!("{{{}}}", pairs.join(","))
}

/// Counts loads and logs them.
#[derive(Debug)]
pub(crate) struct LoadCounter(pub(crate) std::sync::Arc<Metrics>);

impl ServiceObserver for LoadCounter {
    fn landed(&self, source: &str, report: &LoadReport) {
        let labels = [("source", source), ("table", report.table.as_str())];
        self.0
            .add("landfall_load_rows_total", &labels, report.rows_landed);
        if report.rows_rejected > 0 {
            self.0
                .add("landfall_rejected_rows_total", &labels, report.rows_rejected);
        }
        self.0
            .add("landfall_load_objects_total", &[], report.files.len() as u64);
        tracing::info!(
            table.name = %report.table,
            "{source}/{}: {} row(s) landed, {} rejected, {} object(s), {} bytes, {} ms",
            report.table,
            report.rows_landed,
            report.rows_rejected,
            report.files.len(),
            report.size_bytes(),
            report.took.as_millis()
        );
    }

    fn failed(&self, source: &str, table: &str, fault: &str) {
        self.0.add(
            "landfall_load_failures_total",
            &[("source", source), ("table", table)],
            1,
        );
        tracing::warn!(table.name = %table, "{source}/{table}: the load waits, its records are safe in the log: {fault}");
    }
}
