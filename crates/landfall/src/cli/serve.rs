//! Options of `landfall serve`.

use std::path::PathBuf;

use clap::Args;

/// Options of `landfall serve`. A flag wins over the environment (`LANDFALL_LISTEN` and so on), that over the file.
#[derive(Debug, Args)]
pub(crate) struct ServeOptions {
    /// Settings file (TOML)
    #[arg(long, short = 'c', value_name = "PATH")]
    pub(crate) config: Option<PathBuf>,
    /// Address of everything [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Folder of everything that is kept [default: ./landfall-data]
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// Account number that push clients send [default: 1000]
    #[arg(long, value_name = "NUMBER")]
    client_id: Option<String>,
    /// Records at which a batch closes [default: 100000]
    #[arg(long, value_name = "ROWS")]
    batch_size_rows: Option<String>,
    /// Bytes of records at which a batch closes [default: 67108864]
    #[arg(long, value_name = "BYTES")]
    batch_size_bytes: Option<String>,
    /// Age of its first record at which a batch closes [default: 300]
    #[arg(long, value_name = "SECONDS")]
    batch_wait_seconds: Option<String>,
    /// Memory that batches may take [default: 201326592]
    #[arg(long, value_name = "BYTES")]
    memory_budget_bytes: Option<String>,
    /// Disk that waiting records may take; near it, requests are answered 503 [default: no limit]
    #[arg(long, value_name = "BYTES")]
    log_budget_bytes: Option<String>,
    /// File with the key that waiting records are encrypted with: 32 bytes in hexadecimal or Base64
    #[arg(long, value_name = "PATH")]
    log_key_file: Option<String>,
    /// Days for which records are kept that can't be loaded; then they are deleted and counted as lost [default: 30]
    #[arg(long, value_name = "DAYS")]
    keep_unloaded_days: Option<String>,
    /// Days for which loading reports are kept [default: 60]
    #[arg(long, value_name = "DAYS")]
    keep_reports_days: Option<String>,
    /// Days for which deliveries to post-load webhooks are kept, and can be replayed [default: 30]
    #[arg(long, value_name = "DAYS")]
    keep_deliveries_days: Option<String>,
    /// Days for which loads and their objects are kept, which is what verify looks for [default: 365]
    #[arg(long, value_name = "DAYS")]
    keep_ledger_days: Option<String>,
    /// Days for which the audit log is kept [default: 365]
    #[arg(long, value_name = "DAYS")]
    keep_audit_days: Option<String>,
    /// Host names that are served, with commas between [default: all]
    #[arg(long, value_name = "NAMES")]
    allowed_hosts: Option<String>,
    /// Address under which clients reach this server, for the URLs of webhook sources
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Proxies that clients reach the server through by HTTPS: addresses or networks, with commas between
    #[arg(long, value_name = "NETWORKS")]
    trusted_proxies: Option<String>,
    /// Certificate of the server, with those that vouch for it, in PEM: it speaks HTTPS then
    #[arg(long, value_name = "PATH")]
    tls_certificate: Option<String>,
    /// Private key of the certificate, in PEM
    #[arg(long, value_name = "PATH")]
    tls_key: Option<String>,
    /// Allow plain HTTP for post-load webhooks
    #[arg(long)]
    allow_insecure_webhooks: bool,
    /// Allow plain HTTP for S3 endpoints on other machines
    #[arg(long)]
    allow_insecure_endpoint: bool,
    /// Show metrics by source alone: with thousands of tables, a number for each may be too much for Prometheus
    #[arg(long)]
    metrics_without_tables: bool,
    /// Go on without entries that a damaged log has lost, instead of refusing to start
    #[arg(long)]
    accept_log_loss: bool,
    /// Log more
    #[arg(long, short = 'v', conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Log warnings and errors only
    #[arg(long, short = 'q')]
    pub(crate) quiet: bool,
}

impl ServeOptions {
    /// The settings that were given, by name.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static str, String)> {
        let texts = [
            ("listen", &self.listen),
            ("data_dir", &self.data_dir),
            ("client_id", &self.client_id),
            ("batch_size_rows", &self.batch_size_rows),
            ("batch_size_bytes", &self.batch_size_bytes),
            ("batch_wait_seconds", &self.batch_wait_seconds),
            ("memory_budget_bytes", &self.memory_budget_bytes),
            ("log_budget_bytes", &self.log_budget_bytes),
            ("log_key_file", &self.log_key_file),
            ("keep_unloaded_days", &self.keep_unloaded_days),
            ("keep_reports_days", &self.keep_reports_days),
            ("keep_deliveries_days", &self.keep_deliveries_days),
            ("keep_ledger_days", &self.keep_ledger_days),
            ("keep_audit_days", &self.keep_audit_days),
            ("allowed_hosts", &self.allowed_hosts),
            ("public_url", &self.public_url),
            ("trusted_proxies", &self.trusted_proxies),
            ("tls_certificate", &self.tls_certificate),
            ("tls_key", &self.tls_key),
        ];
        let switches = [
            ("allow_insecure_webhooks", self.allow_insecure_webhooks),
            ("allow_insecure_endpoint", self.allow_insecure_endpoint),
            ("accept_log_loss", self.accept_log_loss),
            ("metrics_without_tables", self.metrics_without_tables),
        ];
        let texts = texts
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.clone()?)));
        let on = switches.into_iter().filter(|(_, is_on)| *is_on);
        texts.chain(on.map(|(name, _)| (name, "true".to_owned())))
    }
}
