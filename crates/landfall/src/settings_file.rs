//! Settings files as Landfall writes them: whole or not at all, and for their owner only, since they hold secrets.

use std::fs::{File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use landfall_core::settings::SettingName;
use serde_json::{Map, Value};

const OWNER_ONLY: u32 = 0o600;

/// Writes the file: the new one appears whole in the place of the old one, with mode 0600.
///
/// # Errors
/// If the folder is not there or can't be written.
pub(crate) fn write(path: &Path, settings: &Map<String, Value>) -> anyhow::Result<()> {
    // A link stays a link: what it leads to is replaced.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let unfinished = beside(&path);
    let written = write_new(&unfinished, &render(settings))
        .and_then(|()| std::fs::rename(&unfinished, &path))
        .and_then(|()| File::open(folder_of(&path))?.sync_all());
    if written.is_err() {
        // If it was never made there is nothing to take away.
        let _ = std::fs::remove_file(&unfinished);
    }
    written.with_context(|| format!("writing the settings file {}: check its folder", path.display()))
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(OWNER_ONLY);
    let mut file = options.open(path)?;
    // One that a killed process left behind keeps its mode otherwise.
    file.set_permissions(Permissions::from_mode(OWNER_ONLY))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    }
}

/// Whether the file holds a secret, and others than its owner may read it.
pub(crate) fn shows_secret(path: &Path) -> bool {
    let others = |path: &Path| Some(path.metadata().ok()?.permissions().mode() & 0o044 != 0);
    let holds_secret = || {
        let text = std::fs::read_to_string(path).ok()?;
        let settings: Map<String, Value> = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
        let secrets = [SettingName::AwsSecretAccessKey, SettingName::AwsSessionToken];
        let is_set = |name: SettingName| settings.get(name.as_str()).is_some_and(|value| !value.is_null());
        Some(secrets.into_iter().any(is_set))
    };
    others(path) == Some(true) && holds_secret() == Some(true)
}

/// One setting a line, in the order of the reference; settings of others come last.
fn render(settings: &Map<String, Value>) -> String {
    let known = SettingName::ALL.iter().map(|setting| setting.as_str());
    let foreign = settings
        .keys()
        .map(String::as_str)
        .filter(|name| SettingName::from_name(name).is_none());
    let lines: Vec<String> = known
        .chain(foreign)
        .filter_map(|name| Some(format!("  {}: {}", Value::from(name), settings.get(name)?)))
        .collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// The URL of a folder, as `s3_endpoint_url` takes it.
pub(crate) fn folder_url(path: &Path) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let encoded = path.as_os_str().as_bytes().iter().map(|byte| {
        if is_plain(*byte) {
            char::from(*byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    });
    format!("file://{}", encoded.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settings_file_is_replaced_whole_and_belongs_to_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("target.json");
        std::fs::write(&path, "old").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let text = r#"{"integration_name":"shop","s3_bucket":"lake","zeal":[1]}"#;
        write(&path, &serde_json::from_str(text).unwrap()).unwrap();
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, OWNER_ONLY);
        let written = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            written,
            "{\n  \"s3_bucket\": \"lake\",\n  \"integration_name\": \"shop\",\n  \"zeal\": [1]\n}\n"
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_secret_that_others_may_read_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("target.json");
        let secret = r#"{"aws_secret_access_key":"s"}"#;
        let cases = [
            (secret, 0o644, true),
            (secret, 0o600, false),
            (r#"{"s3_bucket":"lake"}"#, 0o644, false),
        ];
        for (text, mode, is_shown) in cases {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(shows_secret(&path), is_shown, "{text} {mode:o}");
        }
    }

    #[test]
    fn a_folder_is_told_as_a_url() {
        assert_eq!(
            folder_url(Path::new("/my buckets/é")),
            "file:///my%20buckets/%C3%A9"
        );
    }
}
