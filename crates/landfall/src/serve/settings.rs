//! Settings of `landfall serve`: a TOML file, the environment over it, flags over both.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use landfall_core::ids::ClientId;
use landfall_core::settings::BatchLimits;
use landfall_core::units::ByteCount;
use landfall_http::manage::Network;
use landfall_log::LogKey;
use secrecy::SecretString;

use super::accept::TlsFiles;
use super::data_folder::DEFAULT_FOLDER;
use super::log_key;
use super::metrics::TableLabels;
use super::retention::KeepDays;
use crate::cli::ServeOptions;
use crate::environment::variable;

/// What the server is told.
#[derive(Debug)]
pub(crate) struct ServeSettings {
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// Where it keeps everything.
    pub(crate) data_dir: PathBuf,
    /// A management key that works from the start.
    pub(crate) admin_key: Option<SecretString>,
    /// The account number of push clients; of a new instance alone, unless it is given.
    pub(crate) client_id: Option<ClientId>,
    /// When batches close.
    pub(crate) limits: BatchLimits,
    /// Memory for batches.
    pub(crate) memory_budget: ByteCount,
    /// What the log may take on disk.
    pub(crate) log_budget: Option<ByteCount>,
    /// What waiting records are encrypted with, if they are.
    pub(crate) log_key: Option<LogKey>,
    /// How long things are kept.
    pub(crate) keep: KeepDays,
    /// Whether metrics tell tables apart.
    pub(crate) table_labels: TableLabels,
    /// Host names that are served; none serves all.
    pub(crate) allowed_hosts: Vec<String>,
    /// Where clients reach the server, if not at the host they name.
    pub(crate) public_url: Option<String>,
    /// Proxies that clients reach the server through by HTTPS.
    pub(crate) trusted_proxies: Vec<Network>,
    /// Certificate and key, if the server itself speaks TLS.
    pub(crate) tls: Option<TlsFiles>,
    /// Plain HTTP for post-load webhooks.
    pub(crate) allow_insecure_webhooks: bool,
    /// Plain HTTP for S3 endpoints on other machines.
    pub(crate) allow_insecure_endpoint: bool,
    /// Goes on without what a damaged log has lost.
    pub(crate) accept_log_loss: bool,
}

/// Names of all settings.
const NAMES: [&str; 25] = [
    "listen",
    "data_dir",
    "admin_key",
    "client_id",
    "batch_size_rows",
    "batch_size_bytes",
    "batch_wait_seconds",
    "memory_budget_bytes",
    "log_budget_bytes",
    "log_key",
    "log_key_file",
    "keep_unloaded_days",
    "keep_reports_days",
    "keep_deliveries_days",
    "keep_ledger_days",
    "keep_audit_days",
    "metrics_without_tables",
    "allowed_hosts",
    "public_url",
    "trusted_proxies",
    "tls_certificate",
    "tls_key",
    "allow_insecure_webhooks",
    "allow_insecure_endpoint",
    "accept_log_loss",
];

/// Values as text, by name, and all problems with them.
#[derive(Debug, Default)]
struct Raw {
    values: BTreeMap<String, String>,
    problems: Vec<String>,
}

/// Reads all settings.
///
/// # Errors
/// Every problem, one text each.
pub(crate) fn read(options: &ServeOptions) -> Result<ServeSettings, Vec<String>> {
    let mut raw = Raw::default();
    if let Some(path) = &options.config {
        raw.add_file(path);
    }
    for name in NAMES {
        if let Some(value) = variable(&format!("LANDFALL_{}", name.to_ascii_uppercase())) {
            raw.values.insert(name.to_owned(), value);
        }
    }
    for (name, value) in options.values() {
        raw.values.insert(name.to_owned(), value);
    }
    let settings = raw.settings();
    if raw.problems.is_empty() {
        Ok(settings)
    } else {
        Err(raw.problems)
    }
}

impl Raw {
    fn add_file(&mut self, path: &Path) {
        let shown = path.display();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                self.problems.push(format!(
                    "settings file {shown}: {error}: check the path after --config"
                ));
                return;
            }
        };
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                self.problems
                    .push(format!("settings file {shown}: {}", error.message()));
                return;
            }
        };
        for (name, value) in table {
            if !NAMES.contains(&name.as_str()) {
                let known = NAMES.join(", ");
                self.problems.push(format!(
                    "settings file {shown}: there is no setting {name}: use one of {known}"
                ));
                continue;
            }
            self.values.insert(name, text_of(&value));
        }
    }

    fn settings(&mut self) -> ServeSettings {
        ServeSettings {
            listen: self
                .parsed("listen", "an address and port such as 127.0.0.1:8080")
                .unwrap_or(DEFAULT_LISTEN),
            data_dir: self
                .text("data_dir")
                .map_or_else(|| PathBuf::from(DEFAULT_FOLDER), PathBuf::from),
            admin_key: self.text("admin_key").map(SecretString::from),
            client_id: self
                .parsed("client_id", "a number such as 1000")
                .map(ClientId::new),
            limits: BatchLimits {
                rows: self
                    .parsed("batch_size_rows", "a whole number from 1")
                    .unwrap_or(DEFAULT_ROWS),
                bytes: self.bytes("batch_size_bytes").unwrap_or(DEFAULT_BYTES),
                wait: Duration::from_secs(
                    self.parsed("batch_wait_seconds", "a whole number of seconds")
                        .unwrap_or(DEFAULT_WAIT_SECONDS),
                ),
            },
            memory_budget: self.bytes("memory_budget_bytes").unwrap_or(DEFAULT_MEMORY),
            log_budget: self.bytes("log_budget_bytes"),
            log_key: self.log_key(),
            keep: self.keep(),
            table_labels: match self.parsed("metrics_without_tables", "true or false") {
                Some(true) => TableLabels::Hidden,
                Some(false) | None => TableLabels::Shown,
            },
            allowed_hosts: self
                .text("allowed_hosts")
                .map(|hosts| split(&hosts))
                .unwrap_or_default(),
            public_url: self.text("public_url"),
            trusted_proxies: self.trusted_proxies(),
            tls: self.tls(),
            allow_insecure_webhooks: self
                .parsed("allow_insecure_webhooks", "true or false")
                .unwrap_or(false),
            allow_insecure_endpoint: self
                .parsed("allow_insecure_endpoint", "true or false")
                .unwrap_or(false),
            accept_log_loss: self.parsed("accept_log_loss", "true or false").unwrap_or(false),
        }
    }

    fn trusted_proxies(&mut self) -> Vec<Network> {
        let given = self.text("trusted_proxies").unwrap_or_default();
        let mut networks = Vec::new();
        for text in split(&given) {
            match text.parse() {
                Ok(network) => networks.push(network),
                Err(fault) => self.problems.push(format!("trusted_proxies: {fault}")),
            }
        }
        networks
    }

    fn tls(&mut self) -> Option<TlsFiles> {
        let files = (self.text("tls_certificate"), self.text("tls_key"));
        match files {
            (Some(certificate), Some(key)) => Some(TlsFiles {
                certificate: certificate.into(),
                key: key.into(),
            }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                self.problems
                    .push("TLS needs both: give tls_certificate and tls_key".to_owned());
                None
            }
        }
    }

    fn log_key(&mut self) -> Option<LogKey> {
        let text = self.text("log_key").map(SecretString::from);
        let file = self.text("log_key_file").map(PathBuf::from);
        let read = log_key::read(text.as_ref(), file.as_deref());
        read.unwrap_or_else(|fault| {
            self.problems.push(fault.to_string());
            None
        })
    }

    fn keep(&mut self) -> KeepDays {
        let usual = KeepDays::default();
        let keep = KeepDays {
            reports: self.days("keep_reports_days", usual.reports),
            deliveries: self.days("keep_deliveries_days", usual.deliveries),
            ledger: self.days("keep_ledger_days", usual.ledger),
            audit: self.days("keep_audit_days", usual.audit),
            unloaded: self.days("keep_unloaded_days", usual.unloaded),
        };
        if keep.ledger < keep.reports {
            self.problems.push(format!(
                "keep_ledger_days is {}, but reports tell of loads for {} days: give keep_ledger_days at least that",
                keep.ledger, keep.reports
            ));
        }
        keep
    }

    fn days(&mut self, name: &str, usual: u32) -> u32 {
        let days: Option<NonZeroU32> = self.parsed(name, "a whole number of days from 1");
        days.map_or(usual, NonZeroU32::get)
    }

    fn text(&mut self, name: &str) -> Option<String> {
        self.values.get(name).filter(|value| !value.is_empty()).cloned()
    }

    fn bytes(&mut self, name: &str) -> Option<ByteCount> {
        let bytes: Option<NonZeroU64> = self.parsed(name, "a whole number of bytes from 1");
        bytes.map(|bytes| ByteCount::new(bytes.get()))
    }

    fn parsed<T: FromStr>(&mut self, name: &str, expected: &str) -> Option<T> {
        let text = self.text(name)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.problems.push(format!("{name} is {text:?}: give {expected}"));
        }
        parsed
    }
}

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);
const DEFAULT_ROWS: NonZeroU64 = NonZeroU64::new(100_000).expect("it is not zero");
const DEFAULT_BYTES: ByteCount = ByteCount::new(64 << 20);
const DEFAULT_WAIT_SECONDS: u64 = 300;
const DEFAULT_MEMORY: ByteCount = ByteCount::new(128 << 20);

fn text_of(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(list) => list.iter().map(text_of).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn split(list: &str) -> Vec<String> {
    list.split(',')
        .map(|item| item.trim().to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}
