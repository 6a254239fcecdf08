//! `landfall hooks`: the delivery log of post-load webhooks, and replaying them (loading.md §8.3, operations.md §3).
//!
//! Both work on the catalog, whether a server runs on it or not: SQLite lets a second process in, and a running server
//! looks for requests that it was not told of.

use std::process::ExitCode;

use landfall_catalog::{Catalog, DeliveryRecord, Hook, HookError, HookId};
use landfall_core::time::{Instant, Timestamp};
use landfall_load::Clock;
use serde_json::json;

use crate::cli::{DeliveriesOptions, HooksCommand, ReplayOptions};
use crate::clock::SystemClock;
use crate::log::{self, LogLevel};
use crate::serve::data_folder::DataFolder;

/// Runs the command: exit 0 if it was done, 1 if not.
pub(crate) fn run(command: &HooksCommand) -> ExitCode {
    log::start(LogLevel::choose(false, true));
    let done = crate::load::run::start_runtime()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| {
            runtime.block_on(async {
                match command {
                    HooksCommand::Replay(options) => replay(options).await,
                    HooksCommand::Deliveries(options) => deliveries(options).await,
                }
            })
        });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::critical(&log::Chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// An instant, or a day.
pub(crate) fn parse_since(text: &str) -> Result<Timestamp, String> {
    let day = format!("{text}T00:00:00Z");
    Instant::parse(text.as_bytes())
        .or_else(|| Instant::parse(day.as_bytes()))
        .map(Instant::timestamp)
        .ok_or_else(|| "write it as 2026-01-05T10:00:00Z or 2026-01-05".to_owned())
}

async fn replay(options: &ReplayOptions) -> anyhow::Result<()> {
    let catalog = DataFolder::existing_catalog(options.data_dir.as_deref()).await?;
    let now = SystemClock::new().closing();
    for hook in chosen(&catalog, options.hook).await? {
        let count = catalog.replay_notices(hook.id, options.since, now).await?;
        let waits = match hook.disabled_at {
            Some(_) => ", which are sent once the hook is enabled",
            None => "",
        };
        say!("{}: {count} request(s) lined up again{waits}", named(&hook));
    }
    catalog.close().await;
    Ok(())
}

async fn deliveries(options: &DeliveriesOptions) -> anyhow::Result<()> {
    let catalog = DataFolder::existing_catalog(options.data_dir.as_deref()).await?;
    let mut all = Vec::new();
    for hook in chosen(&catalog, options.hook).await? {
        let lines = catalog.deliveries(hook.id, None, options.limit).await?;
        if options.json {
            all.extend(lines.iter().map(|line| to_json(&hook, line)));
            continue;
        }
        say!("{}", named(&hook));
        for line in &lines {
            let outcome = line.failure.as_deref().unwrap_or("delivered");
            let (at, attempt, table, load) = (line.tried_at, line.attempt, line.table, &line.load);
            say!("  {at}  table {table}  load {load}  try {attempt}  {outcome}");
        }
        if lines.is_empty() {
            say!("  nothing was sent");
        }
    }
    if options.json {
        say_json!(serde_json::Value::Array(all));
    }
    catalog.close().await;
    Ok(())
}

/// The hooks that are asked for.
async fn chosen(catalog: &Catalog, wanted: Option<u32>) -> anyhow::Result<Vec<Hook>> {
    let mut hooks = catalog.hooks().await?;
    if let Some(id) = wanted.map(HookId::new) {
        hooks.retain(|hook| hook.id == id);
        anyhow::ensure!(!hooks.is_empty(), HookError::NotFound(id));
    }
    Ok(hooks)
}

/// A hook without its URL, which may be a secret.
fn named(hook: &Hook) -> String {
    format!(
        "hook {} of destination {} ({})",
        hook.id, hook.destination, hook.fingerprint
    )
}

fn to_json(hook: &Hook, line: &DeliveryRecord) -> serde_json::Value {
    json!({
        "hook": hook.id.to_string(),
        "number": line.number,
        "table": line.table.to_string(),
        "load": line.load.as_str(),
        "attempt": line.attempt,
        "tried_at": line.tried_at.to_string(),
        "delivered": line.failure.is_none(),
        "failure": line.failure,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_and_days_are_understood() {
        let cases = [
            ("2026-01-05T10:00:00Z", Some(1_767_607_200_000)),
            ("2026-01-05T12:00:00+02:00", Some(1_767_607_200_000)),
            ("2026-01-05", Some(1_767_571_200_000)),
            ("yesterday", None),
        ];
        for (text, millis) in cases {
            assert_eq!(parse_since(text).ok().map(Timestamp::as_millis), millis, "{text}");
        }
    }
}
