use super::*;

/// Every form ever written, with what it must still be read as. Lines are added, never changed.
#[test]
fn everything_ever_stored_stays_readable() {
    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    let destination: StoredDestination = read(include_str!("../../tests/fixtures/destination-v1.json"));
    let expected = StoredDestination::V1 {
        properties: map(&[
            ("csv_delimiter", "\\t"),
            ("output_file_format", "csv"),
            ("s3_bucket", "com-test-stitch-bucket"),
        ]),
    };
    assert_eq!(destination, expected);

    let StoredSecrets::V1 { properties } = read(include_str!("../../tests/fixtures/secrets-v1.json"));
    assert_eq!(properties, map(&[("sentinel_key", "stitch-challenge-file-1")]));

    let source: StoredSource = read(include_str!("../../tests/fixtures/source-v1.json"));
    let expected = StoredSource::V1 {
        properties: map(&[("webhookz_primary_key", "id")]),
    };
    assert_eq!(source, expected);

    let changes: StoredChanges = read(include_str!("../../tests/fixtures/changes-v1.json"));
    let expected = StoredChanges::V1 {
        fields: vec![
            StoredChange::Secret {
                field: "sentinel_key".to_owned(),
            },
            StoredChange::Value {
                field: "name".to_owned(),
                from: Some("Lake".to_owned()),
                to: Some("Pond".to_owned()),
            },
        ],
    };
    assert_eq!(changes, expected);

    let check: StoredCheck = read(include_str!("../../tests/fixtures/check-v1.json"));
    let expected = StoredCheck::V1 {
        name: "116078.155582.check.7bc049a4".to_owned(),
        started_at: 1_767_607_500_000,
        completed_at: Some(1_767_607_502_000),
        errors: vec![StoredCheckError {
            code: "missing_challenge_file".to_owned(),
            step: "head_challenge".to_owned(),
            message: "Not Found".to_owned(),
            cause: "The challenge file is not in the bucket.".to_owned(),
            remedy: "Upload it.".to_owned(),
        }],
        warnings: vec![StoredCheckWarning {
            code: "abort_failed".to_owned(),
            message: "Add a lifecycle rule.".to_owned(),
        }],
    };
    assert_eq!(check, expected);
}

#[test]
fn every_plan_ever_stored_stays_readable() {
    let plan: StoredPlan = read(include_str!("../../tests/fixtures/plan-v1.json"));
    let object = |kind: &str, sub_table: Option<&str>, key: &str| StoredPlannedObject {
        kind: kind.to_owned(),
        sub_table: sub_table.map(str::to_owned),
        key: key.to_owned(),
    };
    let expected = StoredPlan::V1 {
        encoding: "csv".to_owned(),
        objects: vec![
            object("sub_table", Some("orders__items"), "shop/orders/items/1_2.csv"),
            object("rejects", None, "shop/_sdc_rejected/1_2.jsonl"),
            object("root", None, "shop/orders/1_2.csv"),
        ],
    };
    assert_eq!(plan, expected);

    let facts: StoredFacts = read(include_str!("../../tests/fixtures/facts-v1.json"));
    let expected = StoredFacts::V1 {
        reasons: vec![("R3".to_owned(), 2)],
        sequences: Some((1, 9)),
        received: Some((1_000, 2_000)),
        bookmarks: vec![StoredBookmark {
            column: "updated_at".to_owned(),
            min_and_max: Some(("2018-03-01".to_owned(), "2018-03-02".to_owned())),
        }],
        max_extracted: None,
    };
    assert_eq!(facts, expected);

    let highest: StoredHighest = read(include_str!("../../tests/fixtures/highest-v1.json"));
    let expected = StoredHighest::V1 {
        column: "updated_at".to_owned(),
        value: "2018-03-02".to_owned(),
    };
    assert_eq!(highest, expected);
}

#[test]
fn an_unknown_form_is_damage_and_is_not_quoted() {
    let fault = from_json::<StoredSource>(r#"{"form":"99","secret":"x1"}"#, "a source").unwrap_err();
    assert_eq!(
        fault.to_string(),
        "the control state is damaged (a source has an unknown form): restore it from a backup"
    );
}

/// Reads a fixture, and sees to it that what is written now is the same.
fn read<T: Serialize + DeserializeOwned>(fixture: &str) -> T {
    let fixture = fixture.trim_end();
    let stored: T = from_json(fixture, "a fixture").unwrap();
    assert_eq!(to_json(&stored), fixture);
    stored
}
