//! The tables of settings in README.md and in the handbook are made from the settings.
#![allow(clippy::unwrap_used, reason = "a test that can't read its pages has failed")]

use std::fs;
use std::path::Path;

use landfall_core::settings::{settings_markdown, settings_overview_markdown};

const BEGIN: &str = "<!-- generated: settings -->\n";
const END: &str = "<!-- end generated: settings -->";

#[test]
fn the_tables_in_the_pages_are_made_from_the_settings() {
    let pages = [
        ("README.md", settings_overview_markdown()),
        ("docs/src/reference/settings.md", settings_markdown()),
    ];
    for (name, table) in pages {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
        let page = fs::read_to_string(&path).unwrap();
        let (before, rest) = page.split_once(BEGIN).unwrap();
        let (found, after) = rest.split_once(END).unwrap();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, format!("{before}{BEGIN}\n{table}\n{END}{after}")).unwrap();
        } else {
            let is_current = found.trim() == table.trim();
            assert!(
                is_current,
                "{name} differs from the settings: `make docs-generated` writes it"
            );
        }
    }
}
