//! Any number of tables within the memory budget (`memory_budget_bytes`).
#![allow(clippy::unwrap_used, reason = "a test whose surroundings fail has failed")]

mod support;

use serde_json::json;
use support::lines::numbered_run;
use support::rows::{counts, numbers};
use support::{Folder, Landfall, Place};

#[test]
fn thousands_of_interleaved_tables_land_within_a_small_budget() {
    // Each object is synced to disk, which is what limits their number here.
    const TABLES: u64 = 4_000;
    let folder = Folder::new();
    let settings = folder.settings_with(json!({"memory_budget_bytes": 1 << 20}));
    let input = numbered_run(2 * TABLES, TABLES, TABLES);
    let ended = Landfall::load(&settings).argument("-q").run(input).succeeded();
    let objects = folder.objects();
    assert_eq!(numbers(&objects), (0..2 * TABLES).collect::<Vec<_>>());
    assert_eq!(counts(&objects).len() as u64, TABLES);
    assert_eq!(ended.states().last(), Some(&"{\"done\":8000}"));
}
