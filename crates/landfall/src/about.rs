//! What `--about` and `--version` print (singer.md §1).

use landfall_core::settings::{settings_json_schema, settings_markdown, settings_text};
use serde_json::json;

use crate::cli::AboutForm;

const NAME: &str = "target-landfall";
const VERSION: &str = env!("CARGO_PKG_VERSION");
const DESCRIPTION: &str =
    "Lands Singer streams in Amazon S3, S3-compatible stores and folders, as JSON Lines or CSV, append-only.";
const CAPABILITIES: [&str; 4] = ["about", "activate-version", "batch", "validate-records"];

/// The line of `--version`.
pub(crate) fn version() -> String {
    format!("{NAME} v{VERSION}")
}

/// The text of `--about`.
pub(crate) fn about(form: Option<AboutForm>) -> String {
    match form {
        None => format!(
            "Name: {NAME}\nDescription: {DESCRIPTION}\nVersion: {VERSION}\nCapabilities: {}\nSettings:\n{}",
            CAPABILITIES.join(", "),
            settings_text()
        ),
        Some(AboutForm::Json) => json!({
            "name": NAME,
            "description": DESCRIPTION,
            "version": VERSION,
            "sdk_version": null,
            "supported_python_versions": null,
            "capabilities": CAPABILITIES,
            "settings": settings_json_schema(),
        })
        .to_string(),
        Some(AboutForm::Markdown) => format!(
            "# {NAME}\n\n{DESCRIPTION}\n\nVersion {VERSION}\n\n## Capabilities\n\n{}\n\n## Settings\n\n{}",
            CAPABILITIES
                .map(|capability| format!("* `{capability}`"))
                .join("\n"),
            settings_markdown()
        ),
    }
}
