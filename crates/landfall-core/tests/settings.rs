//! Settings, judged by the shared vectors, by tables and by properties.
#![allow(clippy::unwrap_used, reason = "a test that can't read its cases has failed")]

use std::path::Path;
use std::time::Duration;

use landfall_core::settings::{
    Addressing, AuthMode, Delimiter, Endpoint, FileFormat, OnInvalidRecord, RawSettings,
    ServerSideEncryption, SettingDefault, SettingKind, SettingName, SettingsFileError, TargetSettings,
    settings_json_schema, settings_markdown, settings_text,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const MANDATORY: &str = r#"{"s3_bucket":"com-test-stitch-bucket","integration_name":"demo"}"#;

/// The two mandatory settings, and then `more`.
fn with(more: Value) -> RawSettings {
    let mut raw = RawSettings::default();
    raw.add_file(MANDATORY).unwrap();
    raw.add_object(object(more));
    raw
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn accepted(raw: RawSettings) -> TargetSettings {
    TargetSettings::parse(raw).unwrap().0
}

fn problems(raw: RawSettings) -> Vec<String> {
    TargetSettings::parse(raw)
        .err()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn every_faulty_setting_of_the_vectors_is_named() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/singer/settings.json")).unwrap();
    for case in vectors["cases"].as_array().unwrap() {
        let mut raw = RawSettings::default();
        raw.add_object(object(case["settings"].clone()));
        raw.add_object(object(json!({"s3_endpoint_url": "http://127.0.0.1:9000"})));
        let printed = problems(raw).join("\n");
        for text in case["expect"]["stderr_contains"].as_array().unwrap() {
            assert!(
                printed.contains(text.as_str().unwrap()),
                "{}: {text} in {printed}",
                case["name"]
            );
        }
    }
}

#[test]
fn two_settings_are_enough() {
    let settings = accepted(with(json!({})));
    assert_eq!(settings.integration_name.as_str(), "demo");
    assert_eq!(settings.destination.bucket.as_str(), "com-test-stitch-bucket");
    assert_eq!(settings.destination.format, FileFormat::Jsonl);
    assert_eq!(settings.destination.sentinel_key, None);
    assert_eq!(settings.destination.access.endpoint, None);
    assert_eq!(settings.destination.access.addressing, Addressing::VirtualHost);
    assert_eq!(
        settings.destination.access.encryption,
        ServerSideEncryption::BucketDefault
    );
    assert!(matches!(settings.destination.access.auth, AuthMode::Ambient));
    assert_eq!(settings.batch.rows.get(), 100_000);
    assert_eq!(settings.batch.bytes.as_u64(), 67_108_864);
    assert_eq!(settings.batch.wait, Duration::from_secs(300));
    assert_eq!(settings.memory_budget.as_u64(), 268_435_456);
    assert_eq!(settings.on_invalid_record, OnInvalidRecord::Reject);
    assert!(settings.validate_records && settings.process_activate_version_messages);
    assert!(settings.post_load_webhooks.is_empty());
}

#[test]
fn every_fault_has_its_text() {
    let https_only =
        "post_load_webhooks: Invalid URI: number 1 must be a complete URL that begins with https://";
    let integer = "batch_size_rows: is not a whole number from 1 to 9223372036854775807: write one in digits";
    let arn = "is not the ARN of a role: write it as arn:aws:iam::<account of 12 digits>:role/<name>";
    let role = "arn:aws:iam::111122223333:role/loader";
    let cases = [
        (
            json!({"s3_bucket": null}),
            vec!["s3_bucket: Bucket name is required"],
        ),
        (
            json!({"s3_bucket": 7}),
            vec!["s3_bucket: is not a text: write it in double quotes"],
        ),
        (
            json!({"integration_name": null}),
            vec!["integration_name: is required: add it to the settings"],
        ),
        (
            json!({"integration_name": " "}),
            vec!["integration_name: is empty: give it a value, or leave it out"],
        ),
        (
            json!({"output_file_format": "xml"}),
            vec!["output_file_format: \"xml\" is not one of its values: use one of jsonl csv"],
        ),
        (
            json!({"csv_delimiter": ";"}),
            vec!["csv_delimiter: \";\" is not one of its values: use one of , | \\t"],
        ),
        (
            json!({"csv_force_quote": "yes"}),
            vec!["csv_force_quote: is neither true nor false: write one of them"],
        ),
        (
            json!({"validate_records": 1}),
            vec!["validate_records: is neither true nor false: write one of them"],
        ),
        (json!({"batch_size_rows": 0}), vec![integer]),
        (json!({"batch_size_rows": -1}), vec![integer]),
        (json!({"batch_size_rows": 1.5}), vec![integer]),
        (json!({"batch_size_rows": "+1"}), vec![integer]),
        (json!({"batch_size_rows": ""}), vec![integer]),
        (
            json!({"post_load_webhooks": "https://example.com"}),
            vec!["post_load_webhooks: is not a list of texts: write it as [\"…\", \"…\"]"],
        ),
        (
            json!({"post_load_webhooks": ["http://127.0.0.1/x"]}),
            vec![https_only],
        ),
        (
            json!({"post_load_webhooks": ["ftp://example.com"], "allow_insecure_webhooks": true}),
            vec![https_only],
        ),
        (
            json!({"sentinel_key": "challenge"}),
            vec![
                "sentinel_key: is not the name of a challenge file: write stitch-challenge-file- and 1 to 100 letters, digits, - or _",
            ],
        ),
        (
            json!({"aws_auth_mode": "assume_role"}),
            vec![
                "aws_role_arn: is needed when aws_auth_mode is assume_role: add it, or change aws_auth_mode",
            ],
        ),
        (
            json!({"aws_auth_mode": "assume_role", "aws_role_arn": role, "aws_external_id": "x"}),
            vec![
                "aws_external_id: is not an external ID: write 2 to 1224 letters, digits or any of + = , . @ : / _ -",
            ],
        ),
        (
            json!({"aws_auth_mode": "static", "aws_access_key_id": "AKIA"}),
            vec![
                "aws_secret_access_key: is needed when aws_auth_mode is static: add it, or change aws_auth_mode",
            ],
        ),
        (
            json!({"aws_session_token": "t"}),
            vec![
                "aws_session_token: is possible only when aws_auth_mode is static: remove it, or set aws_auth_mode to static",
            ],
        ),
        (
            json!({"aws_auth_mode": "static", "aws_access_key_id": "AKIA", "aws_secret_access_key": "s\n"}),
            vec!["aws_secret_access_key: has blanks or control characters: remove them"],
        ),
        (
            json!({"s3_region": "Frankfurt"}),
            vec!["s3_region: \"Frankfurt\" is not a region: write it as eu-central-1"],
        ),
        (
            json!({"s3_endpoint_url": "http://minio:9000"}),
            vec![
                "s3_endpoint_url: would send records unencrypted: use https, or set allow_insecure_endpoint to true if the network is trusted",
            ],
        ),
        (
            json!({"s3_kms_key_id": "k"}),
            vec![
                "s3_kms_key_id: is possible only when s3_server_side_encryption is aws:kms: remove it, or set s3_server_side_encryption to aws:kms",
            ],
        ),
        (
            json!({"s3_bukket": "x"}),
            vec!["s3_bukket: there is no such setting: the nearest is s3_bucket"],
        ),
        (
            json!({"enable_turbo": true, "region": "eu-central-1"}),
            vec![
                "enable_turbo: there is no such setting: remove it; landfall load --about lists all there are",
                "region: there is no such setting: remove it; landfall load --about lists all there are",
            ],
        ),
        (
            json!({"load_method": "upsert"}),
            vec![
                "load_method: can't be obeyed: Landfall only adds files, so use append-only or leave the setting out",
            ],
        ),
    ];
    for (settings, expected) in cases {
        assert_eq!(problems(with(settings.clone())), expected, "{settings}");
    }
    for faulty in [
        "arn:aws:iam::1:role/x",
        "arn:aws:iam::111122223333:user/x",
        "arn:aws:iam::111122223333:role/",
    ] {
        let printed = problems(with(
            json!({"aws_auth_mode": "assume_role", "aws_role_arn": faulty}),
        ));
        assert_eq!(printed, [format!("aws_role_arn: {faulty:?} {arn}")]);
    }
}

#[test]
fn what_is_no_setting_is_called_as_it_is_where_it_came_from() {
    let mut raw = with(json!({"bucket_s3": "x"}));
    raw.add_environment([
        ("TARGET_LANDFALL_S3_BUKKET", "x"),
        ("TARGET_LANDFALL_load_method", "upsert"),
    ]);
    assert_eq!(
        problems(raw),
        [
            "bucket_s3: there is no such setting: remove it; landfall load --about lists all there are",
            "TARGET_LANDFALL_load_method: can't be obeyed: Landfall only adds files, so use append-only or leave the setting out",
            "TARGET_LANDFALL_S3_BUKKET: there is no such setting: the nearest is s3_bucket",
        ]
    );
}

#[test]
fn all_faults_are_reported_at_once() {
    let raw = with(json!({
        "s3_bucket": "Lake!", "output_file_format": "parquet", "s3_key_format_string": "a b.csv",
        "csv_delimiter": ";", "batch_size_rows": "many", "unheard_of": 1, "hard_delete": true,
    }));
    let printed = problems(raw);
    let settings: Vec<&str> = printed
        .iter()
        .map(|line| line.split(':').next().unwrap())
        .collect();
    assert_eq!(
        settings,
        [
            "s3_bucket",
            "s3_bucket",
            "output_file_format",
            "s3_key_format_string",
            "s3_key_format_string",
            "s3_key_format_string",
            "s3_key_format_string",
            "s3_key_format_string",
            "csv_delimiter",
            "batch_size_rows",
            "hard_delete",
            "unheard_of",
        ]
    );
}

#[test]
fn later_files_override_earlier_ones_and_the_environment_overrides_all() {
    let mut raw = RawSettings::default();
    raw.add_environment([
        ("TARGET_LANDFALL_BATCH_SIZE_ROWS", "7"),
        ("TARGET_LANDFALL_LOGLEVEL", "debug"),
        ("TARGET_LANDFALL__LOAD_SCHEMA", "a runner's own"),
        ("TARGET_LANDFALL_S3_REGION", ""),
        ("PATH", "/bin"),
    ]);
    raw.add_file(MANDATORY).unwrap();
    raw.add_file(r#"{"batch_size_rows": 1, "batch_size_bytes": 2, "s3_region": "eu-central-1"}"#)
        .unwrap();
    raw.add_file(r#"{"batch_size_bytes": "3", "s3_region": null}"#)
        .unwrap();
    let settings = accepted(raw);
    assert_eq!((settings.batch.rows.get(), settings.batch.bytes.as_u64()), (7, 3));
    assert_eq!(settings.destination.access.region, None);
}

#[test]
fn environment_variables_are_converted() {
    for (text, expected) in [
        ("TRUE", true),
        ("1", true),
        ("Yes", true),
        ("on", true),
        ("OFF", false),
        ("0", false),
    ] {
        let mut raw = with(json!({"validate_records": !expected}));
        raw.add_environment([("TARGET_LANDFALL_VALIDATE_RECORDS", text)]);
        assert_eq!(accepted(raw).validate_records, expected, "{text}");
    }
    let mut raw = with(json!({}));
    raw.add_environment([
        (
            "TARGET_LANDFALL_POST_LOAD_WEBHOOKS",
            r#"["https://example.com/a"]"#,
        ),
        ("TARGET_LANDFALL_STREAM_MAPS", "{}"),
        ("TARGET_LANDFALL_HARD_DELETE", "False"),
    ]);
    assert_eq!(
        accepted(raw).post_load_webhooks[0].as_str(),
        "https://example.com/a"
    );
    let mut raw = with(json!({}));
    raw.add_environment([
        ("TARGET_LANDFALL_S3_BUKKET", "x"),
        ("TARGET_LANDFALL_VALIDATE_RECORDS", "maybe"),
    ]);
    assert_eq!(problems(raw).len(), 2);
}

#[test]
fn a_settings_file_is_one_json_object() {
    let mut raw = RawSettings::default();
    assert_eq!(raw.add_file("[]"), Err(SettingsFileError::NotAnObject));
    assert_eq!(
        raw.add_file("{\n  \"a\" 1}"),
        Err(SettingsFileError::NotJson { line: 2, column: 7 })
    );
    assert_eq!(raw.add_file("\u{feff}{}"), Ok(()));
}

#[test]
fn csv_settings_count_only_for_csv() {
    let csv = |delimiter| json!({"output_file_format": "csv", "csv_delimiter": delimiter, "csv_force_quote": "true"});
    for (spelling, delimiter) in [
        (",", Delimiter::Comma),
        ("|", Delimiter::Pipe),
        ("\\t", Delimiter::Tab),
        ("\t", Delimiter::Tab),
    ] {
        let format = accepted(with(csv(spelling))).destination.format;
        assert_eq!(
            format,
            FileFormat::Csv {
                delimiter,
                force_quote: true
            },
            "{spelling:?}"
        );
    }
    let json = accepted(with(json!({"output_file_format": "json", "csv_delimiter": "|"})));
    assert_eq!(json.destination.format, FileFormat::Jsonl);
}

#[test]
fn the_bucket_stands_in_the_path_where_host_names_would_not_work() {
    let cases = [
        (json!({}), Addressing::VirtualHost),
        (json!({"s3_bucket": "my.lake"}), Addressing::Path),
        (
            json!({"s3_endpoint_url": "https://minio.example.com"}),
            Addressing::Path,
        ),
        (
            json!({"s3_endpoint_url": "https://minio.example.com", "s3_force_path_style": false}),
            Addressing::VirtualHost,
        ),
        (json!({"s3_force_path_style": "true"}), Addressing::Path),
    ];
    for (settings, addressing) in cases {
        assert_eq!(
            accepted(with(settings.clone())).destination.access.addressing,
            addressing,
            "{settings}"
        );
    }
}

#[test]
fn an_endpoint_may_be_a_folder_and_lifts_the_reserved_names() {
    let settings = accepted(with(
        json!({"s3_bucket": "xn--lake", "s3_endpoint_url": "file:///tmp/buckets"}),
    ));
    match settings.destination.access.endpoint {
        Some(Endpoint::Folder(folder)) => assert_eq!(folder.as_path(), Path::new("/tmp/buckets")),
        other => panic!("{other:?}"),
    }
    let insecure = json!({"s3_endpoint_url": "http://minio:9000", "allow_insecure_endpoint": "true"});
    assert!(matches!(
        accepted(with(insecure)).destination.access.endpoint,
        Some(Endpoint::Url(_))
    ));
}

#[test]
fn ways_of_signing_in_take_their_own_settings() {
    let role = "arn:aws-us-gov:iam::111122223333:role/path/loader";
    let settings = json!({"aws_auth_mode": "assume_role", "aws_role_arn": role, "aws_external_id": "a/b:c"});
    match accepted(with(settings)).destination.access.auth {
        AuthMode::AssumeRole {
            role_arn,
            external_id,
        } => {
            assert_eq!(role_arn.as_str(), role);
            assert_eq!(external_id.unwrap().as_str(), "a/b:c");
        }
        other => panic!("{other:?}"),
    }
    let (_, warnings) = TargetSettings::parse(with(json!({"aws_role_arn": role}))).unwrap();
    assert_eq!(
        warnings[0].to_string(),
        "aws_role_arn has no effect: it counts only when aws_auth_mode is assume_role"
    );
}

#[test]
fn no_secret_can_be_printed() {
    let raw = with(json!({
        "aws_auth_mode": "static", "aws_access_key_id": "AKIAHIDDEN", "aws_secret_access_key": "hidden",
        "aws_session_token": "hidden", "sentinel_key": "stitch-challenge-file-hidden",
        "post_load_webhooks": ["https://example.com/hidden"],
    }));
    let printed = format!("{raw:?}{:?}", accepted(raw.clone()));
    assert!(!printed.to_lowercase().contains("hidden"), "{printed}");
    let faulty = with(json!({
        "aws_auth_mode": "static", "aws_access_key_id": "hid den", "aws_secret_access_key": 5,
        "sentinel_key": "hidden", "post_load_webhooks": ["hidden"],
        "s3_endpoint_url": "https://user:hidden@example.com",
    }));
    let printed = problems(faulty);
    assert_eq!(printed.len(), 5);
    assert!(!printed.concat().contains("hid"), "{printed:?}");
}

#[test]
fn settings_of_other_targets_are_tolerated_with_one_warning_each() {
    let (_, warnings) = TargetSettings::parse(with(json!({
        "client_id": 5, "token": "x", "small_batch_url": "https://x", "big_batch_url": "https://x",
        "batch_size_preferences": {}, "turbo_boost_factor": 1, "disable_collection": true,
        "add_record_metadata": false, "batch_config": {}, "default_target_schema": "x",
        "load_method": "append-only", "hard_delete": false, "flattening_enabled": false, "stream_maps": {},
    })))
    .unwrap();
    assert_eq!(warnings.len(), 10);
}

#[test]
fn plain_webhooks_are_possible_on_this_machine_only() {
    let local = json!({"post_load_webhooks": ["http://[::1]:8000/x"], "allow_insecure_webhooks": true});
    assert_eq!(accepted(with(local)).post_load_webhooks.len(), 1);
}

#[test]
fn every_choice_and_default_of_the_catalogue_is_accepted() {
    let needed = json!({
        "aws_access_key_id": "AKIA", "aws_secret_access_key": "s",
        "aws_role_arn": "arn:aws:iam::111122223333:role/loader",
    });
    for setting in SettingName::ALL.iter().map(|name| name.describe()) {
        assert_eq!(
            SettingName::from_name(setting.name).map(SettingName::describe),
            Some(setting)
        );
        let values: Vec<Value> = match (setting.kind, setting.default) {
            (SettingKind::Choice(choices), _) => choices.iter().map(|choice| json!(choice)).collect(),
            (_, SettingDefault::Text(text)) => vec![json!(text)],
            (SettingKind::Integer { min, max }, _) => vec![json!(min), json!(max)],
            (SettingKind::Boolean, _) => vec![json!(true), json!(false)],
            _ => continue,
        };
        for value in values {
            let mut raw = with(json!({setting.name: value.clone()}));
            if value == "static" {
                raw.add_object(object(needed.clone()));
            } else if value == "assume_role" {
                raw.add_object(object(json!({"aws_role_arn": needed["aws_role_arn"]})));
            }
            assert_eq!(problems(raw), Vec::<String>::new(), "{} = {value}", setting.name);
        }
    }
}

#[test]
fn the_reference_describes_every_setting() {
    let schema = settings_json_schema();
    assert_eq!(schema["type"], "object");
    assert_eq!(schema["required"], json!(["s3_bucket", "integration_name"]));
    assert_eq!(schema["properties"]["s3_bucket"]["type"], "string");
    assert_eq!(schema["properties"]["batch_size_rows"]["default"], 100_000);
    assert_eq!(schema["properties"]["aws_secret_access_key"]["secret"], true);
    let (markdown, text) = (settings_markdown(), settings_text());
    assert_eq!(markdown.lines().count(), SettingName::ALL.len() + 2);
    for name in SettingName::ALL.iter().map(|name| name.as_str()) {
        assert!(schema["properties"].get(name).is_some(), "{name}");
        assert!(markdown.contains(&format!("| `{name}` |")), "{name}");
        assert!(text.contains(&format!("{name} (")), "{name}");
    }
    let columns = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(markdown.lines().all(|line| columns(line) == 5), "{markdown}");
}

proptest! {
    #[test]
    fn any_text_as_any_setting_is_judged_without_panic(
        name in prop::sample::select(SettingName::ALL.to_vec()),
        text in any::<String>(),
    ) {
        let _ = TargetSettings::parse(with(json!({name.as_str(): text.clone()})));
        let mut raw = with(json!({}));
        raw.add_environment([(format!("TARGET_LANDFALL_{}", name.as_str().to_uppercase()), text)]);
        let _ = TargetSettings::parse(raw);
    }

    #[test]
    fn any_text_as_endpoint_is_judged_without_panic(text in "(https?|file)://[a-z@:/?#\\[\\]%0-9]{0,12}") {
        let _ = TargetSettings::parse(with(json!({"s3_endpoint_url": text.clone()})));
        let _ = TargetSettings::parse(with(json!({"post_load_webhooks": [text]})));
    }
}

#[test]
fn names_that_no_run_could_write_its_rejected_records_under_are_refused() {
    let folder = |more: Value| {
        let mut raw = with(json!({"s3_endpoint_url": "file:///buckets"}));
        raw.add_object(object(more));
        problems(raw)
    };
    let reserved = "puts objects into .landfall-tmp, where a bucket folder keeps what is being written: use another name";
    let under =
        |folder: &str| format!("{folder}/[integration_name]/[table_name]/[table_version]_[timestamp_loaded]");
    assert_eq!(
        folder(json!({"integration_name": ".landfall-tmp"})),
        [format!("integration_name: {reserved}")]
    );
    assert_eq!(
        folder(json!({"s3_key_format_string": under(".landfall-tmp")})),
        [format!("s3_key_format_string: {reserved}")]
    );
    assert_eq!(
        folder(json!({"integration_name": "é".repeat(128)})),
        [
            "integration_name: makes file names of up to 256 bytes, and a bucket folder takes 255: shorten it by 1"
        ]
    );
    assert_eq!(
        folder(json!({"s3_key_format_string": under(&"x".repeat(300))})),
        [
            "s3_key_format_string: makes file names of up to 300 bytes, and a bucket folder takes 255: shorten it by 45"
        ]
    );
    for fine in ["landfall-tmp", ".landfall-tmp2", &"x".repeat(255)] {
        assert_eq!(folder(json!({"integration_name": fine})), [""; 0], "{fine}");
    }
    // In S3 only whole keys are limited, and no name is reserved.
    assert_eq!(
        problems(with(json!({"integration_name": ".landfall-tmp"}))),
        [""; 0]
    );
    assert_eq!(
        problems(with(json!({"integration_name": "x".repeat(900)}))),
        [""; 0]
    );
    assert_eq!(
        problems(with(json!({"integration_name": "x".repeat(1024)}))),
        [
            "integration_name: makes object keys of up to 1079 bytes before any table name, and S3 takes 1024: shorten it by 55"
        ]
    );
}
