//! The reference page of check errors is that of the catalogue.

// A test that can't go on says so by panicking.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use landfall_setup::catalogue::{entries, reference_markdown};

#[test]
fn the_page_is_made_from_the_catalogue() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/reference/check-errors.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, reference_markdown()).expect("the folder is writable");
    }
    let page = fs::read_to_string(&path).expect("the page is there");
    assert_eq!(page, reference_markdown(), "UPDATE_DOCS=1 writes it");
}

#[test]
fn at_least_twenty_five_kinds_are_told_apart() {
    let ids: HashSet<&str> = entries().iter().map(|entry| entry.id).collect();
    let texts: HashSet<(&str, &str)> = entries()
        .iter()
        .map(|entry| (entry.cause, entry.remedy))
        .collect();
    assert!(ids.len() >= 25, "{}", ids.len());
    assert_eq!(ids.len(), entries().len(), "ids are unique");
    assert_eq!(texts.len(), entries().len(), "no two have the same texts");
}
