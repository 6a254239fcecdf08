use serde_json::json;

use super::*;

const TEMPLATE: &str = "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].csv";

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn complete() -> Value {
    json!({"s3_bucket": "lake", "output_file_format": "csv", "s3_key_format_string": TEMPLATE})
}

fn judge(given: Value) -> Result<Judged, Problems> {
    merge(
        &DestinationProperties::default(),
        &object(given),
        &InstanceRules::default(),
    )
}

fn stored(given: Value) -> DestinationProperties {
    judge(given).unwrap().properties
}

fn with(mut base: Value, name: &str, value: Value) -> Value {
    base.as_object_mut().unwrap().insert(name.to_owned(), value);
    base
}

#[test]
fn each_wrong_value_is_named_with_its_reason() {
    let cases = [
        (
            "s3_bucket",
            json!("s3://lake"),
            "Enter only the bucket name, without s3:// or https://",
        ),
        ("s3_bucket", json!(""), "Bucket name is required"),
        ("s3_bucket", json!(null), "is required: give it a value"),
        (
            "s3_bucket",
            json!(["lake"]),
            "is not a text: write it in double quotes",
        ),
        (
            "output_file_format",
            json!("parquet"),
            "\"parquet\" is not one of its values: use one of jsonl csv",
        ),
        (
            "csv_delimiter",
            json!(";"),
            "\";\" is not one of its values: use one of , | \\t",
        ),
        (
            "csv_force_quote",
            json!("yes"),
            "is neither true nor false: write one of them",
        ),
        (
            "csv_force_quote",
            json!(1.5),
            "is not a text: write it in double quotes",
        ),
        (
            "sentinel_key",
            json!("file.txt"),
            "is not the name of a challenge file: write stitch-challenge-file- and 1 to 100 letters, digits, - or _",
        ),
        (
            "aws_role_arn",
            json!("role/x"),
            "\"role/x\" is not the ARN of a role: write it as arn:aws:iam::<account of 12 digits>:role/<name>",
        ),
        (
            "aws_access_key_id",
            json!("AKIA"),
            "is possible only when aws_auth_mode is static: remove it, or set aws_auth_mode to static",
        ),
        (
            "s3_region",
            json!("EU"),
            "\"EU\" is not a region: write it as eu-central-1",
        ),
        (
            "s3_endpoint_url",
            json!("http://minio:9000"),
            "would send records unencrypted: use https, or set allow_insecure_endpoint to true if the network is trusted",
        ),
        (
            "s3_kms_key_id",
            json!("key"),
            "is possible only when s3_server_side_encryption is aws:kms: remove it, or set s3_server_side_encryption to aws:kms",
        ),
        (
            "s3_key_format_string",
            json!("my data/[integration_name]/[table_name]/[table_version]_[timestamp_loaded].csv"),
            "The S3 Key contains a space at character 3. Remove it, or use \"_\" or \"-\" instead.",
        ),
        ("batch_size_rows", json!("5"), "unknown property"),
        ("integration_name", json!("shop"), "unknown property"),
    ];
    for (name, value, message) in cases {
        let problems = judge(with(complete(), name, value.clone())).unwrap_err();
        let expected = BTreeMap::from([(name.to_owned(), vec![message.to_owned()])]);
        assert_eq!(problems.by_property(), &expected, "{name} = {value}");
    }
}

#[test]
fn all_problems_come_at_once() {
    let problems =
        judge(json!({"s3_bucket": "Lake_", "output_file_format": "xml", "nonsense": "1"})).unwrap_err();
    let properties: Vec<&str> = problems.by_property().keys().map(String::as_str).collect();
    assert_eq!(properties, ["nonsense", "output_file_format", "s3_bucket"]);
    assert_eq!(problems.by_property()["s3_bucket"].len(), 2);
}

#[test]
fn what_is_missing_makes_a_draft_and_what_is_there_is_judged() {
    for missing in REQUIRED {
        let mut given = complete();
        given.as_object_mut().unwrap().remove(missing);
        assert_eq!(judge(given).unwrap().form, Form::Incomplete, "without {missing}");
    }
    assert_eq!(judge(json!({})).unwrap().form, Form::Incomplete);
    assert_eq!(judge(complete()).unwrap().form, Form::Complete);
    assert!(judge(json!({"s3_key_format_string": "[table_name]"})).is_err());
}

#[test]
fn values_are_stored_as_texts_in_one_spelling() {
    let given = json!({
        "s3_bucket": " lake ", "output_file_format": "json", "csv_delimiter": "\t", "csv_force_quote": true,
        "s3_key_format_string": "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].jsonl",
    });
    let properties = stored(given);
    let open = properties.open();
    assert_eq!(open["s3_bucket"], "lake");
    assert_eq!(open["output_file_format"], "jsonl");
    assert_eq!(open["csv_delimiter"], "\\t");
    assert_eq!(open["csv_force_quote"], "true");
}

#[test]
fn a_change_is_merged_and_the_whole_is_judged() {
    let before = stored(with(complete(), "s3_region", json!("eu-central-1")));
    let rules = InstanceRules::default();
    let change = |given: Value| merge(&before, &object(given), &rules);
    assert!(
        !change(json!({"s3_region": null}))
            .unwrap()
            .properties
            .is_set("s3_region")
    );
    let problems = change(json!({"output_file_format": "jsonl"})).unwrap_err();
    assert_eq!(
        problems.by_property()["s3_key_format_string"],
        [
            "The S3 Key ends in \".csv\" but the data storage format is jsonl. End it with .[csv|jsonl] or .jsonl."
        ]
    );
    let problems = change(json!({"aws_auth_mode": "static"})).unwrap_err();
    let missing: Vec<&str> = problems.by_property().keys().map(String::as_str).collect();
    assert_eq!(missing, ["aws_access_key_id", "aws_secret_access_key"]);
}

#[test]
fn only_changes_of_access_ask_for_a_check() {
    let before = stored(complete());
    let cases = [
        (json!({"csv_delimiter": "|"}), AccessEffect::Same),
        (json!({"csv_force_quote": "true"}), AccessEffect::Same),
        (json!({"s3_bucket": "lake"}), AccessEffect::Same),
        (json!({"s3_bucket": "pond"}), AccessEffect::Changed),
        (json!({"s3_region": "eu-central-1"}), AccessEffect::Changed),
        (
            json!({"sentinel_key": "stitch-challenge-file-a"}),
            AccessEffect::Changed,
        ),
        (json!({"aws_auth_mode": "ambient"}), AccessEffect::Changed),
        (
            json!({"s3_server_side_encryption": "AES256"}),
            AccessEffect::Changed,
        ),
    ];
    for (given, expected) in cases {
        let after = merge(&before, &object(given.clone()), &InstanceRules::default()).unwrap();
        assert_eq!(access_effect(&before, &after.properties), expected, "{given}");
    }
}

#[test]
fn only_a_complete_destination_without_a_challenge_gets_one() {
    let challenge = || ChallengeKey::parse("stitch-challenge-file-new").unwrap();
    let own = with(complete(), "sentinel_key", json!("stitch-challenge-file-own"));
    for (given, is_generated) in [(complete(), true), (own, false), (json!({}), false)] {
        let mut judged = judge(given.clone()).unwrap();
        assert_eq!(
            add_challenge(&mut judged, challenge).is_some(),
            is_generated,
            "{given}"
        );
        let settings = settings_of(&judged.properties, &InstanceRules::default());
        assert_eq!(settings.is_some(), judged.form == Form::Complete, "{given}");
    }
}
