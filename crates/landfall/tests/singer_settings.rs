//! Settings and options of the Singer target, through the binary (singer.md §1, §2).
#![allow(clippy::unwrap_used, reason = "a test whose surroundings fail has failed")]

mod support;

use serde_json::{Value, json};
use support::{Folder, Landfall, Place, record, schema, state};

const VERSION: &str = concat!("target-landfall v", env!("CARGO_PKG_VERSION"), "\n");

fn one_record() -> String {
    schema("t") + &record("t", &json!({"id": 1})) + &state(&json!({"t": 1}))
}

#[test]
fn settings_that_are_refused_are_named_and_nothing_is_loaded() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/settings.json")).unwrap();
    for case in vectors["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let folder = Folder::new();
        let mut settings = case["settings"].clone();
        settings["s3_endpoint_url"] = folder.settings()["s3_endpoint_url"].clone();
        let input: String = case["input"]["singer"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| format!("{}\n", line.as_str().unwrap()))
            .collect();
        let expect = &case["expect"];

        let ended = Landfall::load(&settings).run(input);

        assert_eq!(
            ended.code,
            expect["exit_code"]
                .as_i64()
                .map(|code| i32::try_from(code).unwrap()),
            "{name}"
        );
        assert_eq!(ended.stdout, "", "{name}");
        for text in expect["stderr_contains"].as_array().unwrap() {
            assert!(
                ended.stderr.contains(text.as_str().unwrap()),
                "{name}: {text} is not in\n{}",
                ended.stderr
            );
        }
        assert!(
            ended.last_log_line().starts_with("CRITICAL "),
            "{name}:\n{}",
            ended.stderr
        );
        assert!(folder.objects().is_empty(), "{name}");
    }
}

#[test]
fn all_problems_are_told_at_once_one_a_line() {
    let settings = json!({"s3_bukket": "lake", "output_file_format": "parquet", "hard_delete": true});
    let ended = Landfall::load(&settings).run("").failed(1);
    for name in [
        "s3_bucket",
        "integration_name",
        "s3_bukket",
        "output_file_format",
        "hard_delete",
    ] {
        let lines = ended.stderr.lines().filter(|line| line.contains(name));
        assert!(lines.count() > 0, "{name} is not in\n{}", ended.stderr);
    }
    assert_eq!(ended.stderr.lines().count(), 5, "{}", ended.stderr);
}

#[test]
fn settings_files_that_cannot_be_read_are_named() {
    let ended = Landfall::with(["load", "--config", "/nowhere/target.json"])
        .run("")
        .failed(1);
    assert!(
        ended.last_log_line().contains("/nowhere/target.json"),
        "{}",
        ended.stderr
    );

    let ended = Landfall::load(&json!(["a list"])).run("").failed(1);
    assert!(
        ended.last_log_line().contains("not a JSON object"),
        "{}",
        ended.stderr
    );
}

#[test]
fn later_settings_files_override_earlier_ones_and_the_environment_all() {
    type Case<'c> = (&'c [Value], &'c [(&'c str, &'c str)], &'c str);
    let cases: [Case<'_>; 4] = [
        (&[], &[], "demo/t/"),
        (
            &[
                json!({"integration_name": "second"}),
                json!({"integration_name": "third"}),
            ],
            &[],
            "third/t/",
        ),
        (
            &[json!({"integration_name": "second"})],
            &[("TARGET_LANDFALL_INTEGRATION_NAME", "from_env")],
            "from_env/t/",
        ),
        (
            &[json!({"output_file_format": "csv", "csv_force_quote": false})],
            &[
                ("TARGET_LANDFALL_CSV_FORCE_QUOTE", "Yes"),
                ("TARGET_LANDFALL_BATCH_SIZE_ROWS", "1"),
            ],
            "demo/t/",
        ),
    ];
    for (files, variables, prefix) in cases {
        let folder = Folder::new();
        let mut call = Landfall::load(&folder.settings());
        for file in files {
            call = call.config(file);
        }
        for (name, value) in variables {
            call = call.variable(name, value);
        }
        // The word ENV overrides files wherever it stands.
        if !variables.is_empty() {
            call = call.argument("--config").argument("ENV").config(&json!({}));
        }
        call.run(one_record()).succeeded();
        let objects = folder.objects();
        let (key, content) = objects.first_key_value().unwrap();
        assert!(key.starts_with(prefix), "{key}, expected {prefix}…");
        assert_eq!(
            key.ends_with(".csv"),
            content.starts_with("\"id\","),
            "{key}: {content}"
        );
    }
}

#[test]
fn settings_may_come_from_the_environment_alone() {
    let folder = Folder::new();
    let mut call = Landfall::with(["load", "--config", "ENV"]);
    for (name, value) in folder.settings().as_object().unwrap() {
        call = call.variable(
            &format!("TARGET_LANDFALL_{}", name.to_uppercase()),
            value.as_str().unwrap(),
        );
    }
    call.run(one_record()).succeeded();
    assert_eq!(folder.objects().len(), 1);
}

#[test]
fn variables_count_only_where_env_is_asked_for() {
    let folder = Folder::new();
    let call = Landfall::load(&folder.settings()).variable("TARGET_LANDFALL_INTEGRATION_NAME", "from_env");
    call.run(one_record()).succeeded();
    assert!(folder.objects().keys().all(|key| key.starts_with("demo/")));
}

#[test]
fn settings_of_other_targets_are_tolerated_with_one_warning_each() {
    let folder = Folder::new();
    let tolerated = [
        "client_id",
        "token",
        "small_batch_url",
        "big_batch_url",
        "batch_size_preferences",
        "turbo_boost_factor",
        "disable_collection",
        "add_record_metadata",
        "batch_config",
        "default_target_schema",
    ];
    let mut settings = folder.settings_with(json!({
        "load_method": "append-only", "hard_delete": false, "flattening_enabled": "false", "stream_maps": {},
        "batch_size_rows": "10", "validate_records": "true",
    }));
    for name in tolerated {
        settings[name] = json!("s3cr3t");
    }
    let ended = Landfall::load(&settings).run(one_record()).succeeded();
    let warnings = ended.logged("WARNING");
    for name in tolerated {
        assert_eq!(
            warnings.iter().filter(|line| line.contains(name)).count(),
            1,
            "{name}:\n{}",
            ended.stderr
        );
    }
    assert_eq!(warnings.len(), tolerated.len(), "{}", ended.stderr);
    assert!(!ended.stderr.contains("s3cr3t"), "{}", ended.stderr);
    assert_eq!(folder.objects().len(), 1);
}

#[test]
fn version_and_about_are_printed_without_settings() {
    assert_eq!(
        Landfall::with(["load", "--version"]).run("").succeeded().stdout,
        VERSION
    );

    let text = Landfall::with(["load", "--about"]).run("").succeeded().stdout;
    for expected in [
        "target-landfall",
        env!("CARGO_PKG_VERSION"),
        "activate-version",
        "s3_bucket",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    let markdown = Landfall::with(["load", "--about", "--format=markdown"])
        .run("")
        .succeeded()
        .stdout;
    assert!(markdown.starts_with("# target-landfall\n"), "{markdown}");
    assert!(markdown.contains("`s3_bucket`"), "{markdown}");
}

#[test]
fn about_as_json_is_complete() {
    let ended = Landfall::with(["load", "--about", "--format", "json"])
        .run("")
        .succeeded();
    let about: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(about["name"], "target-landfall");
    assert_eq!(about["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        (&about["sdk_version"], &about["supported_python_versions"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        about["capabilities"],
        json!(["about", "activate-version", "batch", "validate-records"])
    );
    let settings = &about["settings"];
    assert_eq!(
        (&settings["type"], &settings["required"]),
        (&json!("object"), &json!(["s3_bucket", "integration_name"]))
    );
    let named = [
        "s3_bucket",
        "integration_name",
        "output_file_format",
        "s3_key_format_string",
        "csv_delimiter",
        "csv_force_quote",
        "sentinel_key",
        "batch_size_rows",
        "batch_size_bytes",
        "batch_wait_seconds",
        "validate_records",
        "on_invalid_record",
        "process_activate_version_messages",
        "post_load_webhooks",
        "aws_auth_mode",
        "aws_role_arn",
        "aws_external_id",
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "s3_region",
        "s3_endpoint_url",
        "s3_force_path_style",
        "s3_server_side_encryption",
        "s3_kms_key_id",
    ];
    for name in named {
        let setting = &settings["properties"][name];
        assert!(
            setting["type"].is_string() || setting["type"].is_array(),
            "{name}: {setting}"
        );
        assert!(
            setting["description"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{name}: {setting}"
        );
    }
}

#[test]
fn help_is_printed_and_wrong_options_are_refused() {
    let help = Landfall::with(["load", "--help"]).run("").succeeded().stdout;
    for option in [
        "--config",
        "--input",
        "--about",
        "--version",
        "--dry-run",
        "--verbose",
        "--quiet",
    ] {
        assert!(help.contains(option), "{option} is not in\n{help}");
    }
    let wrong: [&[&str]; 6] = [
        &["load", "--konfig", "x"],
        &["load", "--config"],
        &["load", "--about", "--format", "xml"],
        &["load", "--verbose", "--quiet"],
        &["load", "file.singer"],
        &["unload"],
    ];
    for arguments in wrong {
        let ended = Landfall::with(arguments).run("").failed(2);
        assert_eq!(ended.stdout, "", "{arguments:?}");
        assert!(!ended.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn the_binary_is_the_target_under_the_targets_name() {
    let folder = Folder::new();
    let call = Landfall::with(["--version"]);
    let name = call.dir().join("target-landfall");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_landfall"), &name).unwrap();
    assert_eq!(call.program(name).run("").succeeded().stdout, VERSION);

    let call = Landfall::with(["-n"; 0]).config(&folder.settings());
    let name = call.dir().join("target-landfall");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_landfall"), &name).unwrap();
    assert_eq!(
        call.program(name).run(one_record()).succeeded().stdout,
        "{\"t\":1}\n"
    );
    assert_eq!(folder.objects().len(), 1);
}

#[test]
fn help_under_the_targets_name_is_that_of_the_target() {
    let under_its_name = |arguments: &[&str]| {
        let call = Landfall::with(arguments.iter().copied());
        let name = call.dir().join("target-landfall");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_landfall"), &name).unwrap();
        call.program(name).run("")
    };
    let help = under_its_name(&["--help"]).succeeded().stdout;
    assert!(help.contains("Usage: target-landfall [OPTIONS]"), "{help}");
    assert!(!help.contains("landfall load"), "{help}");
    let refusal = under_its_name(&["--no-such-option"]).failed(2).stderr;
    assert!(refusal.contains("Usage: target-landfall [OPTIONS]"), "{refusal}");
    let help = Landfall::with(["load", "--help"]).run("").succeeded().stdout;
    assert!(help.contains("Usage: landfall load [OPTIONS]"), "{help}");
}
