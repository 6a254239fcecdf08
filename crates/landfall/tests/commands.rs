//! The commands beside `load`, through the binary: `key`, `check` and `demo`.
#![allow(clippy::unwrap_used, reason = "a test whose surroundings fail has failed")]

mod support;

use serde_json::{Value, json};
use support::place::CHALLENGE;
use support::rows::rows;
use support::{Folder, Landfall, Place, Store};

const GOOD_KEY: &str = "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].[csv|jsonl]";
const BAD_KEY: &str = "my data/[integration_name]/[table_name]/[table_version]";

#[test]
fn the_help_of_every_command_with_codes_of_its_own_says_what_they_mean() {
    let page = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/src/reference/exit-codes.md"
    );
    let page = std::fs::read_to_string(page).unwrap();
    for (command, codes) in [
        ("load", &[0, 1, 2][..]),
        ("serve", &[0, 1, 2]),
        ("setup", &[0, 1, 2]),
        ("check", &[0, 1, 2]),
        ("policy", &[0, 2]),
        ("key", &[0, 2]),
        ("verify", &[0, 1, 2]),
        ("destination", &[0, 1, 2, 3]),
        ("source", &[0, 1, 2, 3]),
    ] {
        let help = Landfall::with([command, "--help"]).run("").succeeded().stdout;
        let said = help
            .split("Exit codes: ")
            .nth(1)
            .unwrap_or_else(|| panic!("{command}: {help}"));
        for code in codes {
            assert!(said.contains(&format!("{code} ")), "{command} {code}: {said}");
        }
        assert!(
            page.contains(&format!("`landfall {command}`")),
            "{command} is not in the reference"
        );
    }
}

#[test]
fn a_good_key_is_shown_with_examples() {
    let ended = Landfall::with(["key", GOOD_KEY]).run("").succeeded();
    assert!(ended.stdout.contains("The S3 Key is valid."), "{}", ended.stdout);
    assert!(
        ended
            .stdout
            .contains("salesforce_prod/account/1_1519235654474.jsonl"),
        "{}",
        ended.stdout
    );
    assert!(
        ended
            .stdout
            .contains("salesforce_prod/_sdc_rejected/1_1519235654474.jsonl"),
        "{}",
        ended.stdout
    );

    let ended = Landfall::with(["key", GOOD_KEY, "--format", "csv", "--json"])
        .run("")
        .succeeded();
    let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
    let expected = json!({"valid": true, "examples": {
        "table": "salesforce_prod/account/1_1519235654474.csv",
        "sub_table": "salesforce_prod/account/items/1_1519235654474.csv",
        "rejected": "salesforce_prod/_sdc_rejected/1_1519235654474.jsonl",
    }});
    assert_eq!(answer, expected);
}

#[test]
fn a_bad_key_is_refused_with_every_problem() {
    let ended = Landfall::with(["key", BAD_KEY]).run("").failed(2);
    let problems = [
        "The S3 Key is missing the required element [timestamp_loaded]. Add [timestamp_loaded] anywhere in the key.",
        "The S3 Key contains a space at character 3. Remove it, or use \"_\" or \"-\" instead.",
    ];
    for problem in problems {
        assert!(ended.stdout.contains(problem), "{}", ended.stdout);
    }
    // The mark is below the space.
    assert!(
        ended.stdout.starts_with(&format!("{BAD_KEY}\n  ^\n")),
        "{}",
        ended.stdout
    );

    let ended = Landfall::with(["key", "--json", BAD_KEY]).run("").failed(2);
    let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(answer["valid"], false);
    let messages: Vec<&str> = answer["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["message"].as_str().unwrap())
        .collect();
    assert_eq!(messages, problems);
    assert_eq!(answer["problems"][1]["position"], 3);
}

#[test]
fn a_check_passes_where_loads_can_run() {
    let places: [(&str, Box<dyn Place>); 2] = [
        ("folder", Box::new(Folder::new())),
        ("store", Box::new(Store::new())),
    ];
    for (place_name, place) in places {
        let ended = Landfall::with(["check"])
            .config(&place.settings())
            .run("")
            .succeeded();
        assert!(!ended.stdout.is_empty(), "{place_name}");
        let ended = Landfall::with(["check", "--json"])
            .config(&place.settings())
            .run("")
            .succeeded();
        let report: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert!(
            report["errors"].as_array().is_some_and(Vec::is_empty),
            "{place_name}: {report}"
        );
        assert_eq!(place.objects().len(), 0, "{place_name}");
    }
}

#[test]
fn a_check_names_what_is_missing_and_the_remedy() {
    let in_store = "An error occurred (404) when calling the HeadObject operation: Not Found";
    let in_folder = "The challenge file is not in the folder /";
    let places: [(&str, Box<dyn Place>, &str); 2] = [
        ("folder", Box::new(Folder::new()), in_folder),
        ("store", Box::new(Store::new()), in_store),
    ];
    for (place_name, place, raw) in places {
        let settings = place.settings_with(json!({"sentinel_key": format!("{CHALLENGE}-gone")}));
        let ended = Landfall::with(["check"]).config(&settings).run("").failed(1);
        assert!(ended.stdout.contains(raw), "{place_name}: {}", ended.stdout);
        let ended = Landfall::with(["check", "--json"])
            .config(&settings)
            .run("")
            .failed(1);
        let report: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(
            report["errors"][0]["code"], "missing_challenge_file",
            "{place_name}: {report}"
        );
    }
}

#[test]
fn a_check_without_usable_settings_says_so() {
    let ended = Landfall::with(["check"])
        .config(&json!({"s3_bucket": "lake"}))
        .run("")
        .failed(2);
    assert!(ended.stderr.contains("integration_name"), "{}", ended.stderr);
    let ended = Landfall::with(["check", "--json"])
        .config(&json!({"s3_bucket": "lake"}))
        .run("")
        .failed(2);
    let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(answer["status"], "unusable_settings");
    assert!(
        answer["problems"][0]
            .as_str()
            .unwrap()
            .contains("integration_name"),
        "{answer}"
    );
    let folder = Folder::new();
    let ended = Landfall::with(["check"])
        .config(&folder.settings_with(json!({"sentinel_key": null})))
        .run("")
        .failed(1);
    assert!(
        ended.stderr.contains("sentinel_key is not set"),
        "{}",
        ended.stderr
    );
    Landfall::with(["check"]).run("").failed(2);
}

#[test]
fn the_demo_loads_its_sample_twice_and_shows_what_landed() {
    let dir = tempfile::tempdir().unwrap();
    let ended = Landfall::with(["demo", "--dir"])
        .argument(dir.path().join("shop"))
        .run("")
        .succeeded();
    let shown = &ended.stdout;
    for expected in [
        "1. Set-up",
        "2. Check",
        "3. The sample as JSON Lines",
        "4. The sample as CSV",
        "demo-bucket/",
        "── shop/",
        "── orders/",
        "── contacts/",
        "── line_items/",
        "── tax_lines/",
        "── _sdc_rejected/",
        "Rejected records, each with its reason:",
        "landfall load --config",
    ] {
        assert!(shown.contains(expected), "{expected:?} is not in\n{shown}");
    }
    let bucket = dir.path().join("shop/buckets/demo-bucket");
    let rows_of = |folder: &str| -> usize {
        let files = std::fs::read_dir(bucket.join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.is_file());
        files
            .map(|path| rows(path.to_str().unwrap(), &std::fs::read_to_string(&path).unwrap()).len())
            .sum()
    };
    // Once as JSONL and once as CSV; the bad records are rejected both times, the last one by CSV alone or by none.
    let (orders, contacts, rejected) = (
        rows_of("shop/orders"),
        rows_of("shop/contacts"),
        rows_of("shop/_sdc_rejected"),
    );
    assert!(
        orders + contacts + rejected >= 1_800,
        "{orders} + {contacts} + {rejected}"
    );
    assert!(rejected > 0 && rows_of("shop/orders/line_items") > orders / 2);

    // A second demo goes on in the same bucket.
    let again = Landfall::with(["demo", "--dir"])
        .argument(dir.path().join("shop"))
        .run("")
        .succeeded();
    assert!(
        again.stdout.contains("found the bucket folder"),
        "{}",
        again.stdout
    );
    assert_eq!(rows_of("shop/orders"), 2 * orders);
}

#[test]
fn a_demo_that_can_not_be_set_up_says_what_the_system_said() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let ended = Landfall::with(["demo", "--dir"])
        .argument(file.join("demo"))
        .run("")
        .failed(1);
    let last = ended.last_log_line();
    assert!(last.starts_with("CRITICAL making the folder "), "{last}");
    assert!(last.contains(": Not a directory (os error 20)"), "{last}");
}

#[test]
fn what_the_demo_says_to_try_next_can_be_pasted() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("my demo");
    let ended = Landfall::with(["demo", "--dir"])
        .argument(&folder)
        .run("")
        .succeeded();
    let config = folder.canonicalize().unwrap().join("jsonl.json");
    let expected = format!("landfall load --config '{}'", config.display());
    assert!(ended.stdout.contains(&expected), "{}", ended.stdout);
}
