//! Settings files and the environment become settings (singer.md §2).

use std::path::PathBuf;

use landfall_core::settings::{RawSettings, TargetSettings};

use crate::cli::is_environment;

/// Reads and judges all settings. Warnings are logged.
///
/// # Errors
/// Every problem, one text each.
pub(crate) fn read(configs: &[PathBuf]) -> Result<TargetSettings, Vec<String>> {
    let mut raw = RawSettings::default();
    let mut problems = Vec::new();
    for path in configs {
        if is_environment(path) {
            let named =
                std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
            raw.add_environment(named.map(|(name, value)| (name, value.to_string_lossy().into_owned())));
            continue;
        }
        let shown = path.display();
        match std::fs::read_to_string(path) {
            Ok(text) => {
                if let Err(error) = raw.add_file(&text) {
                    problems.push(format!("settings file {shown}: {error}"));
                }
            }
            Err(error) => problems.push(format!(
                "settings file {shown}: {error}: check the path after --config"
            )),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    match TargetSettings::parse(raw) {
        Ok((settings, warnings)) => {
            warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
            Ok(settings)
        }
        Err(found) => Err(found.iter().map(ToString::to_string).collect()),
    }
}
