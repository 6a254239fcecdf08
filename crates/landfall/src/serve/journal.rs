//! Opens the log beside the catalog, and sees whether it still has what the catalog relies on.

use std::path::Path;

use landfall_catalog::Catalog;
use landfall_load::service::ConductorError;
use landfall_log::{EmbeddedLog, EmbeddedLogSettings, Position, ReadError};

use super::log_key;
use super::settings::ServeSettings;

/// How to go on without a copy of what is lost.
const ACCEPT: &str = "; where there is no copy, start with --accept-log-loss to go on without these entries";

/// Opens the log.
///
/// # Errors
/// It can't be opened, or has lost entries that are still needed.
pub(super) async fn open(
    folder: &Path,
    settings: &ServeSettings,
    catalog: &Catalog,
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
    if settings.accept_log_loss {
        return Ok(log);
    }
    let recovery = log.recovery();
    if let Some(damage) = recovery.damages.iter().find(|damage| damage.lost.end > needed) {
        anyhow::bail!("the log in {shown} has lost what was acknowledged: {damage}{ACCEPT}");
    }
    if let Some(missing) = recovery.missing.as_ref().filter(|missing| missing.end > needed) {
        let (start, end) = (missing.start.max(needed), missing.end);
        anyhow::bail!(
            "the log in {shown} has lost what was acknowledged: it ends before entry {start}, but there were entries up \
             to, not including, {end}: restore its files from a copy{ACCEPT}"
        );
    }
    Ok(log)
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
