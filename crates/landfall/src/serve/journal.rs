//! Opens the log beside the catalog, and sees whether it still has what the catalog relies on.

use std::ops::Range;
use std::path::Path;

use landfall_catalog::{Catalog, LogLoss, Partition, Position as LedgerPosition};
use landfall_core::time::Timestamp;
use landfall_load::service::ConductorError;
use landfall_log::{EmbeddedLog, EmbeddedLogSettings, Log, Partition as LogPartition, Position, ReadError};

use super::log_key;
use super::settings::ServeSettings;

/// How to go on without a copy of what is lost.
const ACCEPT: &str = "; where there is no copy, start with --accept-log-loss to go on without these entries";

/// Opens the log. Where the loss of its end is accepted, that is noted in the catalog, as of `now`; what is damaged is
/// noted when the loader comes to it.
///
/// # Errors
/// It can't be opened, or has lost entries that are still needed.
pub(super) async fn open(
    folder: &Path,
    settings: &ServeSettings,
    catalog: &Catalog,
    now: Timestamp,
) -> anyhow::Result<EmbeddedLog> {
    let needed = first_needed(catalog).await?;
    let log_settings = EmbeddedLogSettings {
        budget: settings.log_budget,
        key: settings.log_key.clone(),
        next_at_least: next_at_least(catalog).await?.max(needed),
        ..EmbeddedLogSettings::default()
    };
    let shown = folder.display();
    let log =
        EmbeddedLog::open_folder(folder, log_settings).map_err(|error| log_key::explain(error, folder))?;
    let missing = missing(&log, needed).await?;
    if settings.accept_log_loss {
        if let Some(missing) = missing {
            catalog.record_log_loss(&loss_of(&missing, now)).await?;
        }
        return Ok(log);
    }
    let damages = &log.recovery().damages;
    if let Some(damage) = damages.iter().find(|damage| damage.lost.end > needed) {
        anyhow::bail!("the log in {shown} has lost what was acknowledged: {damage}{ACCEPT}");
    }
    if let Some(missing) = missing
        && !is_accepted(&missing, &catalog.log_losses().await?)
    {
        let (start, end) = (missing.start, missing.end);
        anyhow::bail!(
            "the log in {shown} has lost what was acknowledged: it ends before entry {start}, but there were entries up \
             to, not including, {end}: restore its files from a copy{ACCEPT}"
        );
    }
    Ok(log)
}

/// Entries from `needed` on that no file of the log knows of. A log that was opened before goes on behind them: then it
/// begins later than what is needed.
async fn missing(log: &EmbeddedLog, needed: Position) -> anyhow::Result<Option<Range<Position>>> {
    let first = log.bounds(LogPartition::FIRST).await?.first;
    let at_the_end = log.recovery().missing.clone();
    let missing = at_the_end.or_else(|| (needed < first).then_some(needed..first));
    Ok(missing
        .filter(|missing| missing.end > needed)
        .map(|missing| missing.start.max(needed)..missing.end))
}

fn loss_of(missing: &Range<Position>, now: Timestamp) -> LogLoss {
    LogLoss {
        partition: Partition::new(0),
        first: LedgerPosition::new(missing.start.as_u64()),
        last: LedgerPosition::new(missing.end.as_u64() - 1),
        accepted_at: now,
    }
}

fn is_accepted(missing: &Range<Position>, losses: &[LogLoss]) -> bool {
    let covers = |loss: &LogLoss| {
        loss.first.as_u64() <= missing.start.as_u64() && missing.end.as_u64() <= loss.last.as_u64() + 1
    };
    losses.iter().any(covers)
}

/// What to do about the fault, where it does not say so itself.
pub(super) fn remedy(fault: &ConductorError) -> &'static str {
    match fault {
        ConductorError::Log(ReadError::Damaged(_)) => ACCEPT,
        ConductorError::Log(_) | ConductorError::Catalog(_) | ConductorError::Entry { .. } => "",
    }
}

/// The first entry that was not dealt with for every table.
async fn first_needed(catalog: &Catalog) -> anyhow::Result<Position> {
    let low_waters = catalog.low_waters().await?;
    let first = low_waters.first();
    Ok(first.map_or(Position::FIRST, |(_, low)| behind(*low)))
}

/// The position behind all that any load was made of. Were one of them given to another entry, the ledger would take
/// that for landed.
async fn next_at_least(catalog: &Catalog) -> anyhow::Result<Position> {
    let progress = catalog.all_progress().await?;
    let open = catalog.open_loads().await?;
    let landed = progress.iter().map(|one| one.landed_through.position);
    let opened = open.iter().map(|load| load.intent.range.through.position);
    let last = landed.chain(opened).max();
    Ok(last.map_or(Position::FIRST, behind))
}

fn behind(position: landfall_catalog::Position) -> Position {
    Position::new(position.as_u64()).next()
}
