//! What `/metrics` shows (operations.md §10), in the text form of Prometheus.

mod families;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use landfall_core::ids::SourceId;
use landfall_core::settings::FileFormat;
use landfall_load::service::{ExpiringRecords, FailedLoad, LandedLoad, LostRecords, ServiceObserver};

pub(crate) use self::families::Family;

/// Whether series tell tables apart. There are as many as tables, which may be too many for a Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum TableLabels {
    /// A series for each table.
    #[default]
    Shown,
    /// One for all tables of a source.
    Hidden,
}

/// A series: its family, and its labels as they are written.
type Series = (Family, String);

/// Numbers that only grow since the start.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    counters: Mutex<BTreeMap<Series, u64>>,
    /// Records accepted: intake knows sources by their numbers.
    accepted: Mutex<BTreeMap<SourceId, u64>>,
    table_labels: TableLabels,
    is_read_only: AtomicBool,
}

/// A number of now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gauge {
    pub(crate) family: Family,
    pub(crate) labels: String,
    pub(crate) value: f64,
}

impl Metrics {
    pub(crate) fn new(table_labels: TableLabels) -> Self {
        Self {
            table_labels,
            ..Self::default()
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Series, u64>> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, family: Family, labels: &[(&str, &str)], count: u64) {
        *self.lock().entry((family, render_labels(labels))).or_default() += count;
    }

    /// Labels of what belongs to a table.
    pub(crate) fn table_labels(&self, source: &str, table: &str) -> String {
        match self.table_labels {
            TableLabels::Shown => render_labels(&[("source", source), ("table", table)]),
            TableLabels::Hidden => render_labels(&[("source", source)]),
        }
    }

    fn add_of_table(&self, family: Family, source: &str, table: &str, count: u64) {
        let labels = self.table_labels(source, table);
        *self.lock().entry((family, labels)).or_default() += count;
    }

    /// A request of the Import API was answered.
    pub(crate) fn answered(&self, endpoint: &str, code: u16) {
        let labels = [("endpoint", endpoint), ("code", &code.to_string())];
        self.add(Family::ImportRequests, &labels, 1);
    }

    /// A request was made durable.
    pub(crate) fn accepted(&self, source: SourceId, records: u64, bytes: u64) {
        let mut accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        *accepted.entry(source).or_default() += records;
        drop(accepted);
        self.add(Family::ImportBytes, &[], bytes);
    }

    /// A request was refused for lack of room.
    pub(crate) fn refused(&self) {
        self.add(Family::ImportRefused, &[], 1);
    }

    /// A request to a hook ended.
    pub(crate) fn delivered(&self, result: &'static str) {
        self.add(Family::HookDeliveries, &[("result", result)], 1);
    }

    /// Notes whether the log can be written.
    pub(crate) fn note_writable(&self, is_writable: bool) {
        self.is_read_only.store(!is_writable, Ordering::SeqCst);
    }

    pub(crate) fn is_writable(&self) -> bool {
        !self.is_read_only.load(Ordering::SeqCst)
    }

    /// All metrics; `gauges` are those of now, and `source_name` names sources.
    pub(crate) fn render(&self, gauges: &[Gauge], source_name: impl Fn(SourceId) -> String) -> String {
        let mut counters = self.lock().clone();
        let accepted = self
            .accepted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for (source, records) in accepted {
            let labels = render_labels(&[("source", &source_name(source))]);
            *counters.entry((Family::ImportRecords, labels)).or_default() += records;
        }
        let mut out = String::new();
        for family in Family::ALL {
            let (name, kind, help) = (family.name(), family.kind(), family.help());
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for ((_, labels), count) in counters.iter().filter(|((found, _), _)| *found == family) {
                let _ = writeln!(out, "{name}{labels} {count}");
            }
            for gauge in gauges.iter().filter(|gauge| gauge.family == family) {
                let _ = writeln!(out, "{name}{} {}", gauge.labels, gauge.value);
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
pub(crate) struct LoadCounter(pub(crate) Arc<Metrics>);

impl ServiceObserver for LoadCounter {
    fn landed(&self, load: &LandedLoad<'_>) {
        let (source, report) = (load.source, load.report);
        let table = report.table.as_str();
        let metrics = &self.0;
        metrics.add_of_table(Family::LoadRows, source, table, report.rows_landed);
        if report.rows_rejected > 0 {
            metrics.add_of_table(Family::RejectedRows, source, table, report.rows_rejected);
        }
        let format = match load.format {
            FileFormat::Jsonl => "jsonl",
            FileFormat::Csv { .. } => "csv",
        };
        let labels = [
            ("destination", &*load.destination.to_string()),
            ("format", format),
        ];
        metrics.add(Family::LoadObjects, &labels, report.files.len() as u64);
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

    fn failed(&self, load: &FailedLoad<'_>) {
        let (source, table, message) = (load.source, load.table, load.message);
        let destination = load.destination.map_or_else(String::new, |id| id.to_string());
        let labels = [("destination", &*destination), ("code", load.code)];
        self.0.add(Family::LoadFailures, &labels, 1);
        tracing::warn!(table.name = %table, "{source}/{table}: the load waits, its records are safe in the log: {message}");
    }

    fn expiring(&self, records: &ExpiringRecords<'_>) {
        let (source, table) = (records.source, records.table);
        tracing::error!(
            table.name = %table,
            "Buffered data will be deleted: records of {source}/{table} wait since {}, and are deleted from {} on unless \
             they can be loaded: mend their destination, or give the source one",
            records.since,
            records.deleted_at
        );
    }

    fn lost(&self, records: &LostRecords<'_>) {
        let (source, table) = (records.source, records.table);
        self.0
            .add_of_table(Family::LostRecords, source, table, records.records);
        tracing::error!(
            table.name = %table,
            "{source}/{table}: {} record(s) could not be loaded for as long as they are kept, and were deleted",
            records.records
        );
    }
}

#[cfg(test)]
mod tests;
